"""Lossless indexing: the indices and palette of a file, or else a palette of all its colours."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.colors.arrays import MAX_COLORS
from kmc.cpu import thread_count
from kmc.errors import ArgumentError
from kmc.images.decoding import Decoded, is_reduced_palette, palette_entries
from kmc.images.pillow_modes import Changes, pillow_pixels, upright

# Pillow gives the indices of these formats as levels where every palette entry is its own level of
# grey, or black and white.
_GREY_RAMPS = {"GIF": ("L",), "BMP": ("1", "L")}


class IndexedPixels(NamedTuple):
    """An indexed image; the indices are upright."""

    indices: NDArray[np.uint8] | NDArray[np.uint16]
    colors: NDArray[np.uint8]


def is_indexed(picture: Any) -> bool:
    """Whether a Pillow picture holds indices and a palette."""
    return picture.mode == "P" or picture.mode in _GREY_RAMPS.get(picture.format, ())


def picture_indices(decoded: Decoded, changes: Changes) -> IndexedPixels:
    """The indices and palette that a picture has; without these, a palette of all its colours.

    Raises
    ------
    ArgumentError
        Its pixels cannot be kept as they are, or have more than 65 536 colours.
    """
    picture = decoded.picture
    if is_indexed(picture):
        if is_reduced_palette(picture):
            raise _not_kept(decoded, "its palette has 16 bits a channel")
        turned = np.array(upright(picture, decoded.orientation), np.uint8)
        return IndexedPixels(turned, _colors_as_they_are(decoded, int(turned.max())))
    if picture.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        raise ArgumentError(
            f"{decoded.name}: a picture of mode {picture.mode} is not written as it is; "
            "convert it to RGB"
        )
    pixels = pillow_pixels(decoded, changes)
    if changes.lossy:
        raise _not_kept(decoded, f"it has {decoded.bits} bits a channel")
    return _counted(pixels, decoded.name)


def palette_of(decoded: Decoded) -> tuple[NDArray[np.uint8], int]:
    """The palette of an indexed picture, and the last index that is used."""
    highest = int(decoded.picture.getextrema()[1])
    last = min(highest, 1) if decoded.picture.mode == "1" else highest
    return _colors_as_they_are(decoded, last), last


def _not_kept(decoded: Decoded, reason: str) -> ArgumentError:
    return ArgumentError(
        f"{decoded.name}: its pixels cannot be kept as they are: {reason}, and palettes have 8; "
        "quantize reduces them"
    )


def _colors_as_they_are(decoded: Decoded, last: int) -> NDArray[np.uint8]:
    mode = decoded.picture.mode
    if mode == "P":
        return palette_entries(decoded)
    n = 2 if mode == "1" else 1 << last.bit_length()  # tables of GIF have a power of two
    levels = np.arange(n) * (255 if mode == "1" else 1)
    colors = np.repeat(levels.astype(np.uint8)[:, None], 3, axis=1)
    key = decoded.key
    if not isinstance(key, int) or not 0 <= key < n:
        return colors
    alpha = np.where(np.arange(n) == key, 0, 255).astype(np.uint8)
    return np.column_stack([colors, alpha])


def _counted(pixels: NDArray[np.uint8], name: str) -> IndexedPixels:
    """Index the pixels by all their colours, in the order that takes fewer bytes in a .kmc file."""
    threads = thread_count(None)
    colors, _ = core.colors.histogram(pixels, threads)
    k = len(colors)
    if k > MAX_COLORS:
        raise ArgumentError(
            f"{name}: the picture has {k} colours, and a palette at most {MAX_COLORS}: "
            "quantize finds the best"
        )
    order = _order(colors)
    ranks = np.argsort(order).astype(np.uint16)
    return IndexedPixels(core.colors.remap(pixels, colors, ranks, k, threads), colors[order])


def _order(colors: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The colours in the given order or sorted by channel, whichever is coded in fewer bytes.

    The former keeps similar colours together; the latter gives a regular grid even steps.
    """
    keys = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[colors.shape[1]]  # the last counts first
    by_channels = np.lexsort(colors[:, keys].T)
    orders = np.arange(len(colors)), by_channels
    return min(orders, key=lambda order: len(core.codec.palette_write(colors[order])))
