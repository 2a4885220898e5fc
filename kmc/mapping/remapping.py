"""Remapping: pixels to the indices of their nearest palette colours."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.alpha import label_colors
from kmc.colors.arrays import promoted
from kmc.colors.spaces import SpaceName, are_levels, to_centroids
from kmc.errors import ImageShapeError
from kmc.mapping.dithering import Dither, diffused, dithered
from kmc.utils.os_errors import enough_memory

# Up to this many palette colours, comparing a pixel with all of them is faster than looking up the
# label of its colour.
BRUTE_FORCE_COLORS = 24

# Up to this many where nearly every pixel has a colour of its own: if the labels have to be found
# first, and if they exist.
BRUTE_FORCE_NOISE, BRUTE_FORCE_LABELLED_NOISE = 256, 48

# Distinct colours labelled at a time, so that memory does not grow with their number.
LABEL_CHUNK = 1 << 20


class Mapped(NamedTuple):
    """Palette indices (H, W), and the sum of their squared errors, in levels squared."""

    indices: NDArray[np.uint8] | NDArray[np.uint16]
    error: float

    @property
    def mse(self) -> float:
        """The mean squared error over the pixels, summed over the channels."""
        return self.error / self.indices.size


def fitted_alpha(
    pixels: NDArray[np.uint8], palette: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """RGBA pixels and an RGB palette in channels that fit.

    Where all pixels are opaque, they are RGB; else the palette has one more entry, before its own
    colours, which is fully transparent. Other pixels and palettes stay as they are.
    """
    if (pixels.shape[2], palette.shape[1]) != (4, 3):
        return pixels, palette
    if (pixels[:, :, 3] == 255).all():
        return np.ascontiguousarray(pixels[:, :, :3]), palette
    return pixels, with_clear_entry(palette)


def with_clear_entry(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An RGB palette with alpha, and one more entry in front, which is fully transparent."""
    return np.concatenate((np.zeros((1, 4), np.uint8), promoted(palette, 4)))


@enough_memory()
def remap(
    pixels: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    space: SpaceName,
    dither: Dither | None,
    threads: int,
) -> Mapped:
    """Map pixels to the nearest colours of a palette, or dither them.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, C)
        Converted to the channels of the palette if they have fewer.
    palette : ndarray of uint8, shape (k, C)
    space : str
        The colour space of the distances.
    dither : Dither, optional
    threads : int

    Raises
    ------
    ImageShapeError
        The pixels have more channels than the palette.
    OutOfMemoryError
        There is not enough memory.
    """
    pixels = promoted(pixels, palette.shape[1])
    check_channels(pixels.shape[2], palette.shape[1])
    if dither is not None and dither.diffuses:
        return Mapped(*diffused(dither, pixels, palette, space, threads))
    brute_force = dither is None and are_levels(space, palette.shape[1])
    if brute_force and len(palette) <= BRUTE_FORCE_COLORS:
        return _by_brute_force(pixels, palette, threads)
    colors, counts = core.colors.histogram(pixels, threads)
    if brute_force and len(palette) <= BRUTE_FORCE_NOISE and is_noise(pixels, colors):
        return _by_brute_force(pixels, palette, threads)
    labels, error = labelled(palette, space, colors, counts, threads)
    return map_labels(pixels, colors, labels, error, palette, space, dither, threads)


def check_channels(of_pixels: int, of_palette: int) -> None:
    """Raise ImageShapeError for pixels of more channels than the palette."""
    if of_pixels > of_palette:
        kinds = {1: "grey", 3: "RGB", 4: "RGBA"}
        raise ImageShapeError(
            f"a palette of {kinds[of_palette]} colours cannot represent an image in "
            f"{kinds[of_pixels]}; convert the image first"
        )


def map_labels(
    pixels: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    labels: NDArray[np.uint16],
    error: float,
    palette: NDArray[np.uint8],
    space: SpaceName,
    dither: Dither | None,
    threads: int,
    places: NDArray[np.int16] | None = None,
) -> Mapped:
    """Map pixels whose distinct colours are labelled already, with the total error `error`.

    `places`, (n, 4), are the coordinates of the colours, where they are known.
    """
    core.run.watch().look()  # releasing the trees of the clustering may have taken a while
    if dither is not None:
        return Mapped(*dithered(dither, pixels, colors, labels, palette, space, threads, places))
    few = len(palette) <= BRUTE_FORCE_LABELLED_NOISE
    if few and are_levels(space, palette.shape[1]) and is_noise(pixels, colors):
        return _by_brute_force(pixels, palette, threads)
    return Mapped(core.colors.remap(pixels, colors, labels, len(palette), threads), error)


def is_noise(pixels: NDArray[np.uint8], colors: NDArray[np.uint8]) -> bool:
    """Whether more than half of the pixels have distinct colours."""
    return 2 * len(colors) > int(pixels.shape[0]) * int(pixels.shape[1])


def labelled(
    palette: NDArray[np.uint8],
    space: SpaceName,
    colors: NDArray[np.uint8],
    counts: NDArray[np.int64],
    threads: int,
) -> tuple[NDArray[np.uint16], float]:
    """The nearest palette colour of every distinct colour, and the sum of squared errors."""
    labels, total = np.empty(len(colors), np.uint16), 0.0
    centroids = to_centroids(palette, space)
    for start in range(0, len(colors), LABEL_CHUNK):
        part = slice(start, start + LABEL_CHUNK)
        labels[part], error = label_colors(
            colors[part], counts[part], palette, centroids, space, threads
        )
        total += error
    if space != "rgb":
        _, total = core.colors.color_error(colors, counts, palette, labels, threads)
    return labels, total


def _by_brute_force(pixels: NDArray[np.uint8], palette: NDArray[np.uint8], threads: int) -> Mapped:
    """Map pixels by comparing each with every palette colour."""
    height, width, channels = pixels.shape
    indices, error = core.colors.assign(pixels.reshape(-1, channels), palette, threads)
    return Mapped(indices.reshape(height, width), error)
