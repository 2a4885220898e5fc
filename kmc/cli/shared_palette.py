"""One palette for many pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import kmc
from kmc.cli.batch import in_order
from kmc.cli.inputs import Input
from kmc.errors import KmcError


def shared_palette(
    inputs: Sequence[Input],
    open_: Callable[[Input], kmc.Picture],
    k: int,
    jobs: int,
    **options: Any,
) -> kmc.Palette | None:
    """The palette that serves all of the pictures best.

    Those that cannot be read do not count; None where that is all of them.

    Examples
    --------
    >>> from kmc.cli.inputs import Input
    >>> from kmc.cli.shared_palette import shared_palette
    >>> greys = {"dark": kmc.read([[10]]), "light": kmc.read([[250]])}
    >>> inputs = [Input(name, name) for name in greys]
    >>> palette = shared_palette(inputs, lambda each: greys[each.path], 2, jobs=1)
    >>> palette.colors.tolist()
    [[10], [250]]
    """

    def count(source: Input) -> kmc.Histogram | None:
        try:
            return kmc.histogram(open_(source), threads=options.get("threads"))
        except (KmcError, MemoryError):
            return None  # and will be told of when its turn comes

    def histograms() -> Iterator[kmc.Histogram]:
        with contextlib.closing(in_order(count, inputs, jobs)) as counted:
            yield from (each for each in counted if each is not None)

    found = histograms()
    first = next(found, None)
    if first is None:
        return None
    return kmc.fit(chain((first,), found), k, **options)
