"""The way of one picture through ``kmc quantize``: read, scaled, quantized, encoded, written."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import kmc
from kmc.cli.console import printable, say
from kmc.cli.exit_codes import Exit, code_of
from kmc.cli.inputs import Input
from kmc.cli.opening import Opener
from kmc.cli.outcome import Outcome
from kmc.cli.outputs import Naming
from kmc.cli.writing import called, write
from kmc.errors import KmcError
from kmc.formats.registry import Format, encode
from kmc.images.reading import Picture

Optimizer = Callable[[bytes], bytes]

# An input, its output, and an earlier input that has taken the output's name.
Step = tuple[Input, str, Input | None]


@dataclass(frozen=True)
class Road:
    """What every picture of one call of the program goes through.

    Attributes
    ----------
    naming, format : Naming, Format
        Of the outputs.
    finishing : context manager
        Entered around the writing of a file.
    opener : Opener
        Of the inputs.
    palette : Palette, optional
        The one that pictures are mapped to; by default each gets its own, of `k` colours.
    fit, remap : dict
        Further arguments of `kmc.fit`, and of `Palette.remap`.
    settings : dict
        Parameters of the format's writer.
    keep : bool
        Whether metadata comes along.
    optimizer : callable, optional
        Makes an encoded file smaller.
    skip_if_larger, dry_run, verbose : bool
        As on the command line.
    """

    naming: Naming
    format: Format
    finishing: AbstractContextManager[Any]
    opener: Opener
    k: int = 256
    palette: kmc.Palette | None = None
    fit: dict[str, Any] = field(default_factory=dict)
    remap: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    keep: bool = True
    optimizer: Optimizer | None = None
    skip_if_larger: bool = False
    dry_run: bool = False
    verbose: bool = False

    def travel(self, step: Step) -> Outcome:
        """Take one picture along; what goes wrong is in the outcome."""
        source, target, rival = step
        outcome = Outcome(source.path, target)
        started = time.perf_counter()
        try:
            self.naming.check(source, target, rival)
            self._go(source, outcome)
        except (KmcError, MemoryError) as error:
            outcome.code = code_of(error)
            outcome.message = _about(source.name, target, str(error) or "not enough memory")
        outcome.seconds = time.perf_counter() - started
        return outcome

    def _go(self, source: Input, outcome: Outcome) -> None:
        picture, outcome.before = self.opener.measured(source)
        image = self._quantized(picture, source.name)
        outcome.height, outcome.width = image.indices.shape
        outcome.colors = len(image.palette)
        outcome.mse, outcome.psnr, outcome.iterations = image.mse, image.psnr, image.n_iter
        kept = image.metadata if self.keep else None
        name, colors = called(outcome.target), image.palette.colors
        data = encode(
            image.indices, colors, kept, self.format, name, plan=image.png_plan, **self.settings
        )
        if self.optimizer is not None:
            data = self.optimizer(data)
        outcome.after = len(data)
        if self.skip_if_larger and outcome.after > outcome.before:
            outcome.code = Exit.LARGER
            outcome.message = (
                f"{source.name}: left as it is: the result would be larger, "
                f"{outcome.after} bytes for {outcome.before}"
            )
        elif not self.dry_run:
            folder, overwrite = self.naming.folder, self.naming.overwrite
            with self.finishing:
                write(outcome.target, data, within=folder, overwrite=overwrite)

    def _quantized(self, picture: Picture, name: str) -> kmc.IndexedImage:
        if self.palette is not None:
            return self.palette.remap(picture, **self.remap)
        weighed = picture.pixels.shape[0] * picture.pixels.shape[1]

        def tell(iteration: int, _: Any, inertia: float, shift: float) -> None:
            if iteration > 0:
                say(
                    f"{printable(name)}: iteration {iteration}: largest shift "
                    f"{math.sqrt(shift):.3f} levels, MSE {inertia / weighed:.3f}"
                )

        return kmc.quantize(
            picture,
            self.k,
            callback=tell if self.verbose else None,
            **self.fit | self.remap,
        )


def _about(source: str, target: str, message: str) -> str:
    """An error that says which file it is about."""
    named = source in message or called(target) in message
    return message if named else f"{source}: {message}"
