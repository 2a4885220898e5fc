"""The order of a palette's colours; the indices of a picture follow.

No order changes what a picture looks like, but for the size of a PNG file it matters. The first
twelve of Kodak, bytes on average of files as `IndexedImage.save` writes them (with filters where
these pay):

===========  ======  ======  =======  =======  =======
k                 4      16       64      128      256
===========  ======  ======  =======  =======  =======
None         28 700  71 400  132 800  171 800  215 800
luminance    28 400  71 400  132 300  171 800  215 600
popularity   28 600  71 800  132 900  171 800  215 800
compact      28 300  69 900  127 400  164 700  202 000
===========  ======  ======  =======  =======  =======

"compact" makes indices that are adjacent in the picture neighbours in the palette, so
that filters leave small numbers; it takes 1 ms up to 64 colours and 18 ms for 256. Without filters
all orders are within 0.1 %. Growing the order by adjacency alone, without the exchanges after
it, gives 130 300 at 64 and 208 700 at 256 colours; a short tour through the colours, however near
its neighbours are, 133 000 and 215 100.

What is small or drawn may repeat better in another order, a gradient in that of luminance. There
"compact" compresses the picture, or of a large one a sample, in all orders but that of hue, the
given one among them, and takes the smallest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.errors import ArgumentError
from kmc.formats.png_compression import SMALL, best_plan
from kmc.utils.arguments import one_of

Indices = NDArray[np.uint8] | NDArray[np.uint16]
Colors = NDArray[np.uint8]
Entries = NDArray[np.intp]

OrderName = Literal["luminance", "popularity", "hue", "compact"]
ORDERS = ("luminance", "popularity", "hue", "compact")

MOST_COMPACT = 256

# Where more neighbours than this share differ, no large picture compresses as drawings do.
MOST_CHANGES = 0.3

# Of red, green and blue in luma (ITU-R BT.709), in ten-thousandths.
LUMA = np.array([2126, 7152, 722])


def checked_order(order: Any, *, picture: bool = True) -> str | None:
    """The order, or the error that says what is wrong; without a picture nothing is compact.

    Examples
    --------
    >>> from kmc.formats.palette_order import checked_order
    >>> checked_order("hue")
    'hue'
    >>> checked_order("compact", picture=False)
    Traceback (most recent call last):
    ...
    kmc.errors.ArgumentError: order="compact" is that of one picture: give it to kmc.quantize
    """
    if order is None:
        return None
    name = one_of("order", order, ORDERS)
    if name == "compact" and not picture:
        raise ArgumentError('order="compact" is that of one picture: give it to kmc.quantize')
    return name


def sorted_entries(
    colors: Colors, counts: NDArray[np.int64], order: str, n_fixed: int = 0
) -> Entries:
    """The palette entries in another order; the first `n_fixed` stay where they are.

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
        The entry that comes to each place.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.palette_order import sorted_entries
    >>> colors = np.array([(255, 255, 255), (9, 9, 9), (0, 0, 8)], np.uint8)
    >>> sorted_entries(colors, np.ones(3, np.int64), "luminance", 1).tolist()
    [0, 2, 1]
    """
    return _by_groups(colors, n_fixed, _key(colors, counts, order))


def image_entries(
    indices: Indices,
    colors: Colors,
    counts: NDArray[np.int64],
    order: str,
    n_fixed: int = 0,
    threads: int = 1,
) -> Entries:
    """The palette entries of one image in another order, ``"compact"`` among them.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.palette_order import image_entries
    >>> indices, colors = np.array([[1, 0, 0]], np.uint8), np.array([[9], [5]], np.uint8)
    >>> image_entries(indices, colors, np.array([2, 1]), "luminance").tolist()
    [1, 0]
    """
    if order == "compact" and len(colors) <= MOST_COMPACT:
        return _compact_entries(indices, colors, counts, n_fixed, threads)
    # No file format holds more indices than that: any order will do.
    name = "luminance" if order == "compact" else order
    return sorted_entries(colors, counts, name, n_fixed)


def renumbered(indices: Indices, entries: Entries) -> Indices:
    """The indices of an image whose palette entries have come to other places.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.palette_order import renumbered
    >>> renumbered(np.array([[1, 0, 0]], np.uint8), np.array([1, 0]))
    array([[0, 1, 1]], dtype=uint8)
    """
    table = np.zeros(max(256, len(entries)), indices.dtype)
    table[entries] = np.arange(len(entries), dtype=indices.dtype)
    if indices.dtype == np.uint8:  # a dozen times quicker than NumPy's own look-up
        data = indices.tobytes().translate(table.tobytes())
        return np.frombuffer(bytearray(data), np.uint8).reshape(indices.shape)
    return np.take(table, indices)


def _compact_entries(
    indices: Indices, colors: Colors, counts: NDArray[np.int64], n_fixed: int, threads: int
) -> Entries:
    k = len(colors)
    pixels = np.ascontiguousarray(indices, np.uint8)
    adjacency = core.png.adjacency(pixels, k, threads)
    compact = _by_groups(colors, n_fixed, lambda group: _arranged(adjacency, group, counts))
    changes = int(adjacency.sum()) // 2  # from pixel to pixel, rightwards and downwards
    if pixels.size > SMALL and changes > MOST_CHANGES * 2 * pixels.size:
        return compact
    sorts: list[_Sort] = [_key(colors, counts, name) for name in ("luminance", "popularity")]
    sorts.append(lambda group: group)
    others = [_by_groups(colors, n_fixed, sort) for sort in sorts]
    orders = [*dict.fromkeys(tuple(order.tolist()) for order in (compact, *others))]
    entries = [np.array(order) for order in orders]
    best = best_plan(pixels, k, [_new_indices(each) for each in entries], threads).order
    return entries[best]


def _new_indices(entries: Entries) -> bytes:
    """For each old index the new one, as a table of 256 bytes."""
    table = np.zeros(256, np.uint8)
    table[entries] = np.arange(len(entries))
    return table.tobytes()


# What puts the entries of a group, given in ascending order, into theirs.
_Sort = Callable[[NDArray[np.intp]], NDArray[np.intp]]


def _by_groups(colors: Colors, n_fixed: int, sort: _Sort) -> Entries:
    """Which entry comes to each place: fixed ones, then transparent, translucent, opaque ones.

    In PNG and GIF, what is not opaque costs a byte less the earlier it comes.
    """
    k, channels = colors.shape
    kind = np.full(k, 2)
    if channels == 4:
        kind = np.digitize(colors[:, 3], (1, 255))
    free = np.arange(n_fixed, k)
    groups = [free[kind[n_fixed:] == each] for each in range(3)]
    return np.concatenate([np.arange(n_fixed), *(sort(each) for each in groups if len(each))])


def _key(palette: Colors, counts: NDArray[np.int64], order: str) -> _Sort:
    """Sorting by whole numbers, equal ones as they were."""
    colors = palette.astype(np.int64)
    luma = colors[:, :3] @ LUMA if colors.shape[1] > 1 else colors[:, 0]
    keys = [luma]
    if order == "popularity":
        keys = [-counts]
    elif order == "hue" and colors.shape[1] > 1:
        keys = [luma, _hues(colors)]  # the last one decides first
    return lambda group: group[np.lexsort([key[group] for key in keys])]


def _hues(colors: NDArray[np.int64]) -> NDArray[np.int64]:
    """The hue in 65 536ths of a sixth of the circle, red being 0; that of grey -1."""
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
    """Either way round it is as compact, but rows are filled up with zeros, and begin with one."""
    arranged = group[
        core.png.palette_order(np.ascontiguousarray(adjacency[np.ix_(group, group)]), 1)
    ]
    return arranged[::-1] if counts[arranged[-1]] > counts[arranged[0]] else arranged
