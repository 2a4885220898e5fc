"""The order of palette entries, and remapping of the indices accordingly.

The order changes the size of a PNG file and nothing else. "compact" makes indices that are adjacent
in the picture neighbours in the palette, so that filters leave small differences. Drawings and
small pictures may repeat better in another order, and gradients in that of luminance: for them
"compact" compresses the picture, or a sample of a large one, in all orders but that of hue, that of
the colours' values included, and takes the smallest.

Every order follows from the colours and the picture alone, not from the order given: what is read
back from its file and ordered anew gets the same file. Only small pictures, whose trials are final,
are compressed in the given order, too, which is taken if it is smaller than all others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.errors import ArgumentError
from kmc.formats.png_compression import SMALL, Plan, best_order
from kmc.utils.arguments import one_of

Indices = NDArray[np.uint8] | NDArray[np.uint16]
Colors = NDArray[np.uint8]
Entries = NDArray[np.intp]

OrderName = Literal["luminance", "popularity", "hue", "compact"]
ORDERS = ("luminance", "popularity", "hue", "compact")

MAX_COMPACT = 256

# Large pictures in which more than this share of adjacent pixels differ are photographs.
MAX_CHANGES = 0.3

# The weights of red, green and blue in luma (ITU-R BT.709), in ten-thousandths.
LUMA = np.array([2126, 7152, 722])


class ImageOrder(NamedTuple):
    """An order of an image's palette.

    Attributes
    ----------
    entries : ndarray of int, shape (k,)
        The old index of each new one.
    png_plan : Plan or None
        How the indices in this order compress best, if that was tried.
    """

    entries: Entries
    png_plan: Plan | None


def checked_order(order: Any, *, picture: bool = True) -> str | None:
    """The option `order`, checked; "compact" is for a single image."""
    if order is None:
        return None
    name = one_of("order", order, ORDERS)
    if name == "compact" and not picture:
        raise ArgumentError('order="compact" is for one picture: use kmc.quantize')
    return name


def sorted_entries(
    colors: Colors, counts: NDArray[np.int64], order: str, n_fixed: int = 0
) -> Entries:
    """Sort palette entries; the first `n_fixed` keep their positions.

    Parameters
    ----------
    colors : ndarray of uint8, shape (k, C)
    counts : ndarray of int64, shape (k,)
        Pixels of each entry.
    order : {"luminance", "popularity", "hue"}
    n_fixed : int

    Returns
    -------
    ndarray of int, shape (k,)
        The old index of each new one.
    """
    return _by_groups(colors, n_fixed, _key(colors, counts, order))


def image_order(
    indices: Indices,
    colors: Colors,
    counts: NDArray[np.int64],
    order: str,
    n_fixed: int = 0,
    threads: int = 1,
) -> ImageOrder:
    """Sort the palette entries of an image; `order` may also be ``"compact"``."""
    if order == "compact" and len(colors) <= MAX_COMPACT:
        return _compact_order(indices, colors, counts, n_fixed, threads)
    # PNG has no palettes of more colours: any order will do.
    name = "luminance" if order == "compact" else order
    return ImageOrder(sorted_entries(colors, counts, name, n_fixed), None)


def renumbered(indices: Indices, entries: Entries) -> Indices:
    """The indices of an image whose palette entries have been sorted."""
    table = np.zeros(max(256, len(entries)), indices.dtype)
    table[entries] = np.arange(len(entries), dtype=indices.dtype)
    if indices.dtype == np.uint8:  # much faster than NumPy's own look-up
        data = indices.tobytes().translate(table.tobytes())
        return np.frombuffer(bytearray(data), np.uint8).reshape(indices.shape)
    return np.take(table, indices)


def _compact_order(
    indices: Indices, colors: Colors, counts: NDArray[np.int64], n_fixed: int, threads: int
) -> ImageOrder:
    k = len(colors)
    pixels = np.ascontiguousarray(indices, np.uint8)
    given = _by_groups(colors, n_fixed, lambda group: group)
    by_value = _by_groups(colors, n_fixed, _by_value(colors))
    adjacency = core.png.adjacency(pixels, k, threads)[np.ix_(by_value, by_value)]
    colors, counts = colors[by_value], counts[by_value]
    compact = _by_groups(colors, n_fixed, lambda group: _arranged(adjacency, group, counts))
    changes = int(adjacency.sum()) // 2  # from pixel to pixel, rightwards and downwards
    if pixels.size > SMALL and changes > MAX_CHANGES * 2 * pixels.size:
        return ImageOrder(by_value[compact], None)
    sorts: list[_Sort] = [_key(colors, counts, name) for name in ("luminance", "popularity")]
    sorts.append(lambda group: group)
    others = [_by_groups(colors, n_fixed, sort) for sort in sorts]
    tried = [by_value[order] for order in (compact, *others)]
    if pixels.size <= SMALL:
        tried.append(given)
    entries = [np.array(order) for order in dict.fromkeys(tuple(each.tolist()) for each in tried)]
    best, plan = best_order(pixels, k, [_new_indices(each) for each in entries], threads)
    return ImageOrder(entries[best], plan)


def _new_indices(entries: Entries) -> bytes:
    """A table of 256 bytes that maps old indices to new ones."""
    table = np.zeros(256, np.uint8)
    table[entries] = np.arange(len(entries))
    return table.tobytes()


# Sorts the entries of a group, given in ascending order.
_Sort = Callable[[NDArray[np.intp]], NDArray[np.intp]]


def _by_groups(colors: Colors, n_fixed: int, sort: _Sort) -> Entries:
    """Sort entries group by group: fixed, transparent, translucent, opaque.

    PNG stores alpha up to the last entry that is not opaque.
    """
    k, channels = colors.shape
    kind = np.full(k, 2)
    if channels == 4:
        kind = np.digitize(colors[:, 3], (1, 255))
    free = np.arange(n_fixed, k)
    groups = [free[kind[n_fixed:] == each] for each in range(3)]
    return np.concatenate([np.arange(n_fixed), *(sort(each) for each in groups if len(each))])


def _key(palette: Colors, counts: NDArray[np.int64], order: str) -> _Sort:
    """A sort by integer keys, and by values where these are equal."""
    colors = palette.astype(np.int64)
    luma = colors[:, :3] @ LUMA if colors.shape[1] > 1 else colors[:, 0]
    keys = [luma]
    if order == "popularity":
        keys = [-counts]
    elif order == "hue" and colors.shape[1] > 1:
        keys = [luma, _hues(colors)]  # the last one decides first
    return _by_value(colors, *keys)


def _by_value(colors: NDArray[Any], *keys: NDArray[np.int64]) -> _Sort:
    """A sort by the keys, the last one first, and then by the values of the channels."""
    every = [*colors.T[::-1], *keys]
    return lambda group: group[np.lexsort([key[group] for key in every])]


def _hues(colors: NDArray[np.int64]) -> NDArray[np.int64]:
    """The hue in 65 536ths of a sixth of the circle from red; -1 for greys."""
    red, green, blue = colors[:, 0], colors[:, 1], colors[:, 2]
    most, spread = colors[:, :3].max(axis=1), np.ptp(colors[:, :3], axis=1)
    numerators = (green - blue, blue - red, red - green)
    tops = (red == most, green == most, blue == most)
    hue = [2 * i + 6 * (n < 0) * (i == 0) for i, n in enumerate(numerators)]
    angles = [
        sixth * 65536 + n * 65536 // np.maximum(spread, 1)
        for sixth, n in zip(hue, numerators, strict=True)
    ]
    found: NDArray[np.int64] = np.select(tops, angles)
    return np.where(spread == 0, -1, found)


def _arranged(
    adjacency: NDArray[np.int64], group: NDArray[np.intp], counts: NDArray[np.int64]
) -> NDArray[np.intp]:
    """A compact order; index 0, with which rows are padded, is the more frequent end of it."""
    square = np.ascontiguousarray(adjacency[np.ix_(group, group)])
    arranged = group[core.png.palette_order(square, 1)]
    return arranged[::-1] if counts[arranged[-1]] > counts[arranged[0]] else arranged
