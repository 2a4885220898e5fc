"""Pixels to palette indices: each pixel gets its nearest palette colour."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc.clustering.alpha import build_tree, expand_labels, merge_transparent, merge_values
from kmc.colors.arrays import promoted
from kmc.colors.spaces import SpaceName, to_centroids
from kmc.core import _core
from kmc.errors import ImageShapeError
from kmc.mapping.dithering import Dither, diffused, dithered

# Comparing a pixel with so few palette colours is faster than looking up its colour.
COMPARED_COLORS = 24

# In noise nearly every pixel has a colour of its own, so that looking up hardly pays: with so many
# palette colours comparing is still faster than finding labels, and than using labels that exist.
COMPARED_IN_NOISE, COMPARED_DESPITE_LABELS = 256, 48

# So many distinct colours are labelled at a time, so that memory does not grow with their number.
LABEL_CHUNK = 1 << 20


class Mapped(NamedTuple):
    """Palette indices (H, W), and their sum of squared errors in 8-bit levels squared."""

    indices: NDArray[np.uint8] | NDArray[np.uint16]
    error: float

    @property
    def mse(self) -> float:
        """The mean over the pixels, summed over the channels."""
        return self.error / self.indices.size


def remap(
    pixels: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    space: SpaceName,
    dither: Dither | None,
    threads: int,
) -> Mapped:
    """Map pixels to a given palette.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, C)
        Promoted to the channels of the palette where they have fewer.
    palette : ndarray of uint8, shape (k, C)
    space : str
        Where distances are measured.
    dither : Dither, optional
    threads : int

    Raises
    ------
    ImageShapeError
        The pixels have more channels than the palette.
    """
    pixels = promoted(pixels, palette.shape[1])
    if pixels.shape[2] != palette.shape[1]:
        kinds = {1: "grey", 3: "RGB", 4: "RGBA"}
        raise ImageShapeError(
            f"a palette of {kinds[palette.shape[1]]} colours cannot serve a picture in "
            f"{kinds[pixels.shape[2]]}; convert the picture first"
        )
    if dither is not None and dither.diffuses:
        return Mapped(*diffused(dither, pixels, palette, space, threads))
    comparable = dither is None and compares_levels(palette, space)
    if comparable and len(palette) <= COMPARED_COLORS:
        return _compared(pixels, palette, threads)
    colors, counts = _core.histogram(pixels, threads)
    if comparable and len(palette) <= COMPARED_IN_NOISE and is_noise(pixels, colors):
        return _compared(pixels, palette, threads)
    labels, error = _labelled(palette, space, colors, counts, threads)
    return map_labels(pixels, colors, labels, error, palette, space, dither, threads)


def map_labels(
    pixels: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    labels: NDArray[np.uint16],
    error: float,
    palette: NDArray[np.uint8],
    space: SpaceName,
    dither: Dither | None,
    threads: int,
) -> Mapped:
    """Map pixels whose distinct colours have their labels, and `error` in all, already."""
    if dither is not None:
        return Mapped(*dithered(dither, pixels, colors, labels, palette, space, threads))
    few = compares_levels(palette, space) and len(palette) <= COMPARED_DESPITE_LABELS
    if few and is_noise(pixels, colors):
        return _compared(pixels, palette, threads)
    return Mapped(_core.remap(pixels, colors, labels, len(palette), threads), error)


def is_noise(pixels: NDArray[np.uint8], colors: NDArray[np.uint8]) -> bool:
    """Whether there are more than half as many distinct colours as pixels."""
    return 2 * len(colors) > int(pixels.shape[0]) * int(pixels.shape[1])


def compares_levels(palette: NDArray[np.uint8], space: SpaceName) -> bool:
    """Whether distances are those of the 8-bit levels themselves."""
    return space == "rgb" and palette.shape[1] < 4


def _labelled(
    palette: NDArray[np.uint8],
    space: SpaceName,
    colors: NDArray[np.uint8],
    counts: NDArray[np.int64],
    threads: int,
) -> tuple[NDArray[np.uint16], float]:
    """The nearest palette colour of every distinct colour, and the sum of squared errors."""
    labels, error = np.empty(len(colors), np.uint16), 0.0
    for start in range(0, len(colors), LABEL_CHUNK):
        part = slice(start, start + LABEL_CHUNK)
        labels[part], more = _labelled_part(palette, space, colors[part], counts[part], threads)
        error += more
    return labels, error


def _labelled_part(
    palette: NDArray[np.uint8],
    space: SpaceName,
    colors: NDArray[np.uint8],
    counts: NDArray[np.int64],
    threads: int,
) -> tuple[NDArray[np.uint16], float]:
    visible = np.ones(len(colors), bool)
    if colors.shape[1] == 4:
        colors, visible = merge_transparent(colors)
        counts = merge_values(counts, visible)
    tree = build_tree(colors, counts, space, threads, palette)
    labels, _, error = tree.label(to_centroids(palette, space), threads)
    if space != "rgb":
        error = _core.color_error(colors, counts, palette, labels, threads)
    return expand_labels(labels, visible), error


def _compared(pixels: NDArray[np.uint8], palette: NDArray[np.uint8], threads: int) -> Mapped:
    """Map by comparing every pixel with every palette colour."""
    height, width, channels = pixels.shape
    indices, error = _core.assign(pixels.reshape(-1, channels), palette, threads)
    return Mapped(indices.reshape(height, width), error)
