"""Pictures mapped to a palette: each pixel the index of its nearest colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmc import _core
from kmc.clustering.alpha import gathered, merged_transparent, tree_of
from kmc.colors.spaces import places
from kmc.errors import ImageShapeError
from kmc.images.arrays import promoted
from kmc.indexed_image import IndexedImage, made_of
from kmc.mapping.dithering import Dither, diffused, dithered
from kmc.metadata import Metadata

if TYPE_CHECKING:
    from kmc.images.reading import Picture
    from kmc.palette import Palette

# So few colours are compared with every pixel, 2.3 ns a pixel at 16 and 2.7 at 24; the histogram,
# labels and looking them up take 2.7 to 6 on photographs and 36 on noise.
COMPARED_COLORS = 24

# Noise has nearly as many colours as pixels. Once they are counted, so few are still compared: 14.5
# ns a pixel at 256, where finding labels and looking them up takes 25; at 48, 4 where looking up
# labels that are there takes 4.5.
COMPARED_WITH_NOISE, COMPARED_NOT_LOOKED_UP = 256, 48


def remapped(
    palette: Palette, picture: Picture, dither: Dither | None, threads: int
) -> IndexedImage:
    """What `Palette.remap` makes of a picture.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.images.reading import Picture
    >>> from kmc.palette import Palette
    >>> from kmc.mapping.remapping import remapped
    >>> pixels = np.array([[[10], [50], [51]]], np.uint8)
    >>> remapped(Palette([[0], [100]]), Picture(pixels), None, threads=1).indices
    array([[0, 0, 1]], dtype=uint8)
    """
    pixels = promoted(picture.pixels, palette.colors.shape[1])
    if pixels.shape[2] != palette.colors.shape[1]:
        kinds = {1: "grey", 3: "RGB", 4: "RGBA"}
        raise ImageShapeError(
            f"a palette of {kinds[palette.colors.shape[1]]} colours cannot serve a picture in "
            f"{kinds[pixels.shape[2]]}; convert the picture first"
        )
    if dither is not None and dither.diffuses:
        indices, error = diffused(dither, pixels, palette, threads)
        return made_of(indices, palette, error / indices.size, picture.metadata)
    comparable = dither is None and compares_levels(palette)
    if comparable and len(palette) <= COMPARED_COLORS:
        return _compared(pixels, palette, threads, picture.metadata)
    colors, counts = _core.histogram(pixels, threads)
    if comparable and len(palette) <= COMPARED_WITH_NOISE and is_noise(pixels, colors):
        return _compared(pixels, palette, threads, picture.metadata)
    labels, error = _labelled(palette, colors, counts, threads)
    return indexed(pixels, colors, labels, palette, error, threads, picture.metadata, dither)


def _labelled(
    palette: Palette, colors: NDArray[np.uint8], counts: NDArray[np.int64], threads: int
) -> tuple[NDArray[np.uint16], float]:
    """The index of each of these distinct colours, and the squared error in all."""
    place: Any = slice(None)
    if colors.shape[1] == 4:
        colors, place = merged_transparent(colors)
        counts = gathered(counts, place)
    tree = tree_of(colors, counts, palette.space, threads, palette.colors)
    labels, _, error = tree.label(places(palette.colors, palette.space), threads)
    if palette.space != "rgb":
        error = _core.color_error(colors, counts, palette.colors, labels, threads)
    return labels[place], error


def is_noise(pixels: NDArray[np.uint8], colors: NDArray[np.uint8]) -> bool:
    """Whether more than half as many colours as pixels were met.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.mapping.remapping import is_noise
    >>> is_noise(np.zeros((2, 2, 1), np.uint8), np.zeros((1, 1), np.uint8))
    False
    """
    return 2 * len(colors) > int(pixels.shape[0]) * int(pixels.shape[1])


def _compared(
    pixels: NDArray[np.uint8], palette: Palette, threads: int, metadata: Metadata | None
) -> IndexedImage:
    """Every pixel compared with every colour."""
    height, width, channels = pixels.shape
    indices, error = _core.assign(pixels.reshape(-1, channels), palette.colors, threads)
    return made_of(indices.reshape(height, width), palette, error / indices.size, metadata)


def indexed(
    pixels: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    labels: NDArray[np.uint16],
    palette: Palette,
    error: float,
    threads: int,
    metadata: Metadata | None = None,
    dither: Dither | None = None,
) -> IndexedImage:
    """The indexed image of pixels whose distinct colours have these labels.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.palette import Palette
    >>> from kmc.mapping.remapping import indexed
    >>> pixels = np.array([[[5], [9]]], np.uint8)
    >>> colors, labels = np.array([[5], [9]], np.uint8), np.array([1, 0], np.uint16)
    >>> indexed(pixels, colors, labels, Palette([[9], [5]]), 0.0, threads=1).indices
    array([[1, 0]], dtype=uint8)
    """
    if dither is not None:
        indices, error = dithered(dither, pixels, colors, labels, palette, threads)
        return made_of(indices, palette, error / indices.size, metadata)
    few = compares_levels(palette) and len(palette) <= COMPARED_NOT_LOOKED_UP
    if few and is_noise(pixels, colors):
        return _compared(pixels, palette, threads, metadata)
    indices = _core.remap(pixels, colors, labels, len(palette), threads)
    return made_of(indices, palette, error / indices.size, metadata)


def compares_levels(palette: Palette) -> bool:
    """Whether the nearest colour is that by the bytes themselves.

    Examples
    --------
    >>> from kmc.palette import Palette
    >>> from kmc.mapping.remapping import compares_levels
    >>> compares_levels(Palette([[7]])), compares_levels(Palette([[7]], space="lab"))
    (True, False)
    """
    return palette.space == "rgb" and palette.colors.shape[1] < 4
