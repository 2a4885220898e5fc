"""Palettes as pictures: the colours of one, and one row of all colours."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import MAX_COLORS
from kmc.errors import PaletteReadError
from kmc.images.reading import open_source


def colors_of(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """The palette of an indexed picture, in order, or else its distinct colours row by row.

    Without the black entries at the end that no pixel uses: they fill up the tables of GIF and
    TIFF.
    """
    with open_source(path) as source:
        if source.is_indexed:
            return _without_padding(*source.palette())
        pixels = source.picture().pixels
    flat = pixels.reshape(-1, pixels.shape[2])
    place = 256 ** np.arange(flat.shape[1])
    _, first = np.unique(flat @ place, return_index=True)
    if len(first) > MAX_COLORS:
        error = PaletteReadError(
            f"{os.fsdecode(path)}: a picture of {len(first)} colours; a palette has at most "
            f"{MAX_COLORS}"
        )
        error.add_note("kmc.fit finds the best ones")
        raise error
    found: NDArray[np.uint8] = flat[np.sort(first)]
    return found


def _without_padding(colors: NDArray[np.uint8], last: int) -> NDArray[np.uint8]:
    """Entries up to the last that is used or not black."""
    named = np.flatnonzero(colors[:, :3].any(axis=1))
    return colors[: max(last, int(named.max(initial=0))) + 1]


def strip(
    colors: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], NDArray[np.uint8]]:
    """An indexed image of one row that shows each palette colour once: indices and colours."""
    row = np.arange(len(colors))[None]
    return row.astype(np.uint8) if len(colors) <= 256 else row.astype(np.uint16), colors
