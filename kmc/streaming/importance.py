"""The importance of a raster's pixels, by a mask of which a few rows at a time are in memory."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from kmc.clustering.importance import checked_range, scaled
from kmc.streaming.raster import BLOCK_PIXELS


class Mask(Protocol):
    """Levels (H, W) of uint8, of which rows are read; an array is one."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, rows: slice) -> NDArray[np.uint8]: ...


class Importance:
    """Integer weights of pixels, as `kmc.clustering.importance.integer_weights` makes them.

    Attributes
    ----------
    divisor : int
        The greatest common one of all weights.
    total : int
        The sum of all weights, divided by it.

    Raises
    ------
    ArgumentError
        All levels are 0.
    """

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        height, width = mask.shape
        step = max(1, BLOCK_PIXELS // width)
        counts = np.zeros(256, np.int64)
        for begin in range(0, height, step):
            counts += np.bincount(mask[begin : begin + step].reshape(-1), minlength=256)
        levels = np.flatnonzero(counts)
        self._range = checked_range("importance", float(levels[0]), float(levels[-1]))
        self.divisor = 1 if len(levels) == 1 else int(np.gcd.reduce(levels))
        weights = np.ones(1, np.int64) if len(levels) == 1 else levels // self.divisor
        self.total = int((weights * counts[levels]).sum())

    def weights(self, begin: int, end: int) -> NDArray[np.uint16]:
        """The weights of some rows, (end - begin, W)."""
        rows = self._mask[begin:end]
        return scaled(rows.reshape(-1), *self._range)[0].reshape(rows.shape)
