"""What k-means is given: the distinct colours of one image or several, and what each weighs."""

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
        Pixels of each colour, at least 1. Errors are always measured over these.
    weights : ndarray of int64, shape (n,), optional
        Replaces the counts where colours are clustered; 0 or more.
    """

    colors: NDArray[np.uint8]
    counts: NDArray[np.int64]
    weights: NDArray[np.int64] | None = None

    @property
    def n_pixels(self) -> int:
        """The number of pixels, of which there may be more than an int64 array can index."""
        return int(self.counts.sum())
