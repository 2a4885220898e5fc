"""The colours of a palette as people look at them: largest share first, with their hex codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import hex_codes


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour of a palette: its number there, its hex code, its share of the pixels, 0 to 1."""

    index: int
    hex: str
    share: float


def swatches(colors: NDArray[np.uint8], counts: NDArray[np.int64]) -> list[Swatch]:
    """The colours of a palette, largest share first.

    Parameters
    ----------
    colors : ndarray of uint8, shape (k, C)
    counts : ndarray of int64, shape (k,)
        Pixels of each colour; where all are 0, the order stays and every share is 0.

    Returns
    -------
    list of Swatch
        One for each colour, equal shares in their order. Hex codes are ``#rrggbb``, and
        ``#rrggbbaa`` where the colour is not opaque.
    """
    total = max(int(counts.sum()), 1)
    order = np.argsort(-counts, kind="stable").tolist()
    codes = hex_codes(colors)
    return [Swatch(i, codes[i], int(counts[i]) / total) for i in order]
