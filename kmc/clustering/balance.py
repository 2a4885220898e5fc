"""Balanced weights: in crowded parts of the colour space, each colour counts less.

Large areas of many similar shades, such as sand, skin or foliage, would otherwise take palette
entries that small areas of a colour of their own need more. A flat area is one colour, however
large it is, so in drawings the weights stay nearly proportional to the pixel counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmc.clustering.importance import limit_total
from kmc.colors.chunks import chunks
from kmc.colors.spaces import SpaceName, coordinates

# Crowds are counted in cells of the colour space, 8 levels wide: by the upper five bits of each
# coordinate.
BITS, SHIFT = 5, 9

# The weight of a colour that is alone in its cell while others are not, for each pixel.
SCALE = 1024


def balanced(
    colors: NDArray[np.uint8], weights: NDArray[np.int64], space: SpaceName, threads: int
) -> NDArray[np.int64]:
    """Divide weights by the fourth root of the number of distinct colours in the same cell.

    Parameters
    ----------
    colors : ndarray of uint8, shape (n, C)
        Distinct.
    weights : ndarray of int64, shape (n,)
        0 or more.
    space : str
        The colour space of the cells.
    threads : int

    Returns
    -------
    ndarray of int64, shape (n,)
        `weights` themselves where each colour is alone; else 1024 times as much, rounded, and
        positive where `weights` are.
    """
    axes = 4 if colors.shape[1] == 4 else 3
    cells = np.empty(len(colors), np.int32)
    crowds = np.zeros(1 << axes * BITS, np.int64)
    for part in chunks(len(colors)):
        at = coordinates(colors[part], space, threads)[:, :axes].astype(np.int32) >> SHIFT
        cells[part] = at @ (1 << BITS * np.arange(axes, dtype=np.int32))
        crowds += np.bincount(cells[part], minlength=len(crowds))
    if crowds.max() <= 1:
        return weights
    factors = SCALE / np.sqrt(np.sqrt(np.maximum(crowds, 1)))
    found = np.empty(len(colors), np.int64)
    for part in chunks(len(colors)):
        found[part] = np.floor(weights[part] * np.take(factors, cells[part]) + 0.5)
    return limit_total(found)
