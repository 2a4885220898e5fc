"""The colours of a palette for display: sorted by share, with hex codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import hex_codes


@dataclass(frozen=True, slots=True)
class Swatch:
    """A palette colour: its index, its hex code, and its share of the pixels, 0 to 1."""

    index: int
    hex: str
    share: float


def swatches(colors: NDArray[np.uint8], counts: NDArray[np.int64]) -> list[Swatch]:
    """The colours of a palette, largest share first.

    Parameters
    ----------
    colors : ndarray of uint8, shape (k, C)
    counts : ndarray of int64, shape (k,)
        Pixels of each colour. If all are 0, the order is unchanged and every share is 0.

    Returns
    -------
    list of Swatch
        One for each colour; equal shares keep their order. Hex codes are ``#rrggbb``, or
        ``#rrggbbaa`` for colours that are not opaque.
    """
    total = max(int(counts.sum()), 1)
    order = np.argsort(-counts, kind="stable").tolist()
    codes = hex_codes(colors)
    return [Swatch(i, codes[i], int(counts[i]) / total) for i in order]
