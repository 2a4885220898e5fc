"""Palettes as pictures: the colours of one, and a strip of all colours."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import MAX_COLORS
from kmc.errors import PaletteReadError
from kmc.images.reading import FORMATS, read


def colors_of(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """The palette of an indexed picture, in order, or else its colours as they come, row by row.

    Without the black entries at the end that fill up the tables of GIF and TIFF and that no pixel
    uses.

    Examples
    --------
    >>> import kmc, os, tempfile
    >>> from kmc.formats.palette_pictures import colors_of
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "two.png")
    ...     kmc.Palette([(9, 9, 9), (1, 2, 3)]).save(file)
    ...     colors_of(file).tolist()
    [[9, 9, 9, 255], [1, 2, 3, 255]]
    """
    from PIL import Image

    pixels = read(path).pixels
    with Image.open(path, formats=FORMATS) as picture:
        if picture.mode == "P":
            return _entries(picture)
    flat = pixels.reshape(-1, pixels.shape[2])
    place = 256 ** np.arange(flat.shape[1])
    _, first = np.unique(flat @ place, return_index=True)
    if len(first) > MAX_COLORS:
        raise PaletteReadError(
            f"{os.fsdecode(path)}: a picture of {len(first)} colours; a palette has up to "
            f"{MAX_COLORS}: kmc.fit finds the best ones"
        )
    found: NDArray[np.uint8] = flat[np.sort(first)]
    return found


def _entries(picture: Any) -> NDArray[np.uint8]:
    used = int(np.asarray(picture).max())
    colors = np.array(picture.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        colors[transparent, 3] = 0
    elif transparent is not None:
        colors[: len(transparent), 3] = np.frombuffer(transparent, np.uint8)[: len(colors)]
    named = np.flatnonzero(colors[:, :3].any(axis=1))
    return colors[: max(used, int(named.max(initial=0))) + 1]


def strip(
    colors: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], NDArray[np.uint8]]:
    """An indexed image of one row that shows each palette colour once: indices and colours.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.palette_pictures import strip
    >>> strip(np.array([[9], [7]], np.uint8))[0]
    array([[0, 1]], dtype=uint8)
    """
    numbers = np.arange(len(colors))[None]
    indices = numbers.astype(np.uint8) if len(colors) <= 256 else numbers.astype(np.uint16)
    return indices, colors
