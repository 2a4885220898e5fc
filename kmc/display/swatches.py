"""The colours of a palette as people look at them: largest share first, with their hex codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import hex_codes


@dataclass(frozen=True, slots=True)
class Swatch:
    """A colour of a palette: its number there, its hex code, its share of the pixels, 0 to 1.

    Examples
    --------
    >>> from kmc.display.swatches import Swatch
    >>> Swatch(index=3, hex="#ff0000", share=0.25).hex
    '#ff0000'
    """

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

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.display.swatches import swatches
    >>> for swatch in swatches(np.array([[0], [255]], np.uint8), np.array([1, 3])):
    ...     print(swatch.index, swatch.hex, f"{swatch.share:.0%}")
    1 #ffffff 75%
    0 #000000 25%
    """
    total = max(int(counts.sum()), 1)
    order = np.argsort(-counts, kind="stable").tolist()
    codes = hex_codes(colors)
    return [Swatch(i, codes[i], int(counts[i]) / total) for i in order]
