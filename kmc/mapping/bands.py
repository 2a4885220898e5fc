"""Mapping band by band: a picture of which a few rows at a time are in memory gets its indices.

They are those of the whole picture. Ordered dithering repeats after so many rows. Error diffusion
treats bands of 32 rows independently, each from five rows before it on, and looks one row ahead.
Adaptive dithering looks nine rows further, both ways. src_c/dither has the reasons.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.colors.spaces import SpaceName
from kmc.mapping.dithering import Dither, dithered_rows, squared_error

# Bands begin at multiples of so many rows, where the patterns of all dithering begin anew.
BAND_ROWS = 64


class Margins(NamedTuple):
    """The rows before and after a band that its indices depend on, where the picture has them."""

    above: int
    below: int


_NONE = Margins(0, 0)
# Above, a whole band of the engine, so that all others begin as before.
_DIFFUSED = Margins(32, 1)
_ADAPTED = Margins(32, 10)


class BandMapper:
    """Maps the bands of a picture to palette indices.

    Parameters
    ----------
    colors : ndarray of uint8, shape (n, C)
        All distinct colours of the picture, in Morton order.
    labels : ndarray of uint16, shape (n,)
        The nearest palette entry of each.
    palette : ndarray of uint8, shape (k, C)
    space : str
        The colour space of the distances.
    dither : Dither, optional
    threads : int

    Attributes
    ----------
    margins : Margins
        What rows beside those of a band `map` needs.
    """

    def __init__(
        self,
        colors: NDArray[np.uint8],
        labels: NDArray[np.uint16],
        palette: NDArray[np.uint8],
        space: SpaceName,
        dither: Dither | None,
        threads: int,
    ) -> None:
        self._labels = core.colors.Labels(colors, labels, len(palette), threads)
        self._palette = palette
        self._space = space
        self._dither = dither
        self._threads = threads
        self.margins = _NONE
        if dither is not None and dither.diffuses:
            self.margins = _DIFFUSED
        elif dither is not None and dither.name == "adaptive":
            self.margins = _ADAPTED

    def map(
        self, rows: NDArray[np.uint8], above: int = 0, below: int = 0
    ) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """The indices of a band.

        Parameters
        ----------
        rows : ndarray of uint8, shape (above + h + below, W, C)
            The band, which begins at a multiple of BAND_ROWS in the picture and ends at one or with
            it, between its margins.
        above, below : int
            How many rows the margins have: those of `margins`, or fewer where the picture ends.

        Returns
        -------
        ndarray of uint8 or uint16, shape (h, W)
        """
        if self._dither is None:
            return self._labels.remap(rows[above : len(rows) - below], self._threads)
        found = dithered_rows(
            self._dither, rows, self._labels, self._palette, self._space, self._threads
        )
        return found[above : len(rows) - below]

    def error(
        self, rows: NDArray[np.uint8], indices: NDArray[np.uint8] | NDArray[np.uint16]
    ) -> float:
        """The sum of squared distances of a band's indices to its pixels, in levels squared."""
        return squared_error(rows, indices, self._palette, self._threads)
