"""What ``--verbose`` prints: each iteration of a fit."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from kmc.cli.console import note, printable
from kmc.clustering.options import Callback
from kmc.colors.spaces import SpaceName


def error_label(space: SpaceName | None) -> str:
    """What the inertia per pixel of a fit is called: it is an MSE only in rgb."""
    return "MSE" if space in (None, "rgb") else f"error in {space}"


def iteration_printer(name: str, total: Callable[[], int], label: str) -> Callback:
    """A callback of a fit that prints each iteration; `total` is the weight of all pixels."""

    def show(iteration: int, _: Any, inertia: float, shift: float) -> None:
        if iteration > 0:
            note(
                f"{printable(name)}: iteration {iteration}: largest shift "
                f"{math.sqrt(shift):.3f} levels, {label} {inertia / total():.3f}"
            )

    return show
