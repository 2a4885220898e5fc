"""Quality as people see it, 0 to 100: a scale of the error in Oklab.

There are two ways to it. While the number of colours is sought, only colours and their counts are
known: the quality is 100 - 8.6 r, where r is the root of the mean squared distance in Oklab, in
255ths of the lightness of white, and 0 where that is negative. Where there are two pictures, the
differences are known pixel by pixel, and those that cancel out among neighbours are seen less:
dithering is such a difference, and a band is not. On photographs without dithering both are alike.
From 60 on, they are near the SSIMULACRA2 index, and near the quality that pngquant reports:
src_c/README.md says how near.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kmc.colors.chunks import chunks
from kmc.colors.spaces import UNITS_PER_LEVEL, SpaceName, coordinates

MAX_QUALITY = 100

SPACE: SpaceName = "oklab"

# Lost per level of the root mean squared distance.
POINTS_PER_LEVEL = 8.6

# Lost per level of a picture's error, and the part of it that what cancels out has.
POINTS_PER_SEEN_LEVEL = 13.4
NOISE = 0.2


def quality_of(mse: float) -> float:
    """The quality at a mean squared distance in `SPACE`, in levels."""
    return max(0.0, MAX_QUALITY - POINTS_PER_LEVEL * math.sqrt(mse))


def picture_quality(mse: float, local: float) -> float:
    """The quality of a picture.

    Parameters
    ----------
    mse : float
        The mean squared difference from the original in `SPACE`, in levels.
    local : float
        The same of differences that are averaged over the 3 x 3 pixels around each.
    """
    seen = local + NOISE * max(0.0, mse - local)
    return max(0.0, MAX_QUALITY - POINTS_PER_SEEN_LEVEL * math.sqrt(seen))


def mse_of_quality(quality: float) -> float:
    """The largest mean squared distance in `SPACE`, in levels, that has this quality."""
    return ((MAX_QUALITY - quality) / POINTS_PER_LEVEL) ** 2 if quality > 0 else math.inf


def seen_error(
    colors: NDArray[np.uint8],
    counts: NDArray[np.int64],
    palette: NDArray[np.uint8],
    labels: NDArray[np.uint8] | NDArray[np.uint16],
) -> float:
    """The sum of counts times squared distances in `SPACE` to the palette colours of the labels."""
    entries = coordinates(palette, SPACE).astype(np.int64)
    total = 0
    for part in chunks(len(colors)):
        off = coordinates(colors[part], SPACE) - np.take(entries, labels[part], axis=0)
        total += int(np.square(off).sum(axis=1) @ counts[part])
    return total / UNITS_PER_LEVEL**2
