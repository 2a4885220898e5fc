"""The input of k-means: the distinct colours of one or several images, with weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class WeightedColors(NamedTuple):
    """Distinct colours in Morton order with their pixel counts and, optionally, other weights.

    Attributes
    ----------
    colors : ndarray of uint8, shape (n, C)
    counts : ndarray of int64, shape (n,)
        Number of pixels of each colour, at least 1. The error is always the one over the pixels.
    weights : ndarray of int64, shape (n,), optional
        Weights for the clustering, 0 or more; by default the counts.
    """

    colors: NDArray[np.uint8]
    counts: NDArray[np.int64]
    weights: NDArray[np.int64] | None = None

    @property
    def n_pixels(self) -> int:
        """The total number of pixels."""
        return int(self.counts.sum())
