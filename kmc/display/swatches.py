"""The colours of a palette as people look at them: largest share first, with their hex codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ArgumentTypeError
from kmc.indexed_image import IndexedImage
from kmc.palette import Palette


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


def swatches(source: Palette | IndexedImage) -> list[Swatch]:
    """The colours of a palette or of an indexed image, largest share first.

    Shares are those of the image itself, or of the pixels that the palette was fitted to. A palette
    that was fitted to none keeps its order, every share being 0. Equal shares keep theirs, too.

    Parameters
    ----------
    source : Palette or IndexedImage

    Returns
    -------
    list of Swatch
        One for each entry of the palette. Hex codes are ``#rrggbb``, and ``#rrggbbaa`` where the
        colour is not opaque.

    Raises
    ------
    ArgumentTypeError
        `source` is neither.

    Examples
    --------
    >>> import kmc
    >>> from kmc.display.swatches import swatches
    >>> for swatch in swatches(kmc.Palette([[0], [255]], counts=[1, 3])):
    ...     print(swatch.index, swatch.hex, f"{swatch.share:.0%}")
    1 #ffffff 75%
    0 #000000 25%
    """
    if isinstance(source, IndexedImage):
        palette = source.palette
        counts = np.bincount(source.indices.reshape(-1), minlength=len(palette))
    elif isinstance(source, Palette):
        palette, counts = source, source.counts
    else:
        raise ArgumentTypeError(
            f"expected a Palette or an IndexedImage, not {type(source).__name__}"
        )
    total = max(int(counts.sum()), 1)
    order = np.argsort(-counts, kind="stable").tolist()
    codes = hex_codes(palette.colors)
    return [Swatch(i, codes[i], int(counts[i]) / total) for i in order]


def hex_codes(colors: NDArray[np.uint8]) -> list[str]:
    """The hex codes of colours (k, C), C = 1, 3 or 4: alpha only where it is not 255.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.display.swatches import hex_codes
    >>> hex_codes(np.array([[7]], np.uint8)), hex_codes(np.array([[1, 2, 3, 128]], np.uint8))
    (['#070707'], ['#01020380'])
    """
    wide = np.repeat(colors, 3, axis=1) if colors.shape[1] == 1 else colors
    return ["#" + color.tobytes().hex()[: 6 if color[3:].sum() == 255 else 8] for color in wide]
