"""Balanced weights: in crowded parts of the colour space, each colour counts less.

Large areas of many similar shades, such as sand, skin or foliage, would otherwise take palette
entries that small areas of a colour of their own need more. A flat area is one colour, however
large it is, so in drawings the weights stay nearly proportional to the pixel counts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.importance import limit_total
from kmc.colors.chunks import chunks

# The weight of a colour that is alone in its cell while others are not, for each pixel.
SCALE = 1024


def balanced(
    places: NDArray[np.int16], weights: NDArray[np.int64], axes: int, threads: int
) -> NDArray[np.int64]:
    """Divide weights by the fourth root of the number of distinct colours in the same cell.

    Cells are those of the colour space, 8 levels wide.

    Parameters
    ----------
    places : ndarray of int16, shape (n, 4)
        The coordinates of distinct colours.
    weights : ndarray of int64, shape (n,)
        0 or more.
    axes : int
        How many of the coordinates divide the space into cells: 4 with alpha, else 3.
    threads : int

    Returns
    -------
    ndarray of int64, shape (n,)
        `weights` themselves where each colour is alone; else 1024 times as much, rounded, and
        positive where `weights` are.
    """
    crowds = core.colors.crowds(places, axes, threads)
    largest = int(crowds.max())
    if largest <= 1:
        return weights
    factors = SCALE / np.sqrt(np.sqrt(np.maximum(np.arange(largest + 1), 1)))
    found = np.empty(len(weights), np.int64)
    for part in chunks(len(weights)):
        found[part] = np.floor(weights[part] * np.take(factors, crowds[part]) + 0.5)
    return limit_total(found)
