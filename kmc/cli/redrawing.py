"""Palettes for displays of few bits a channel, and without entries that no pixel has."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import kmc
from kmc.images.reading import Picture


def posterized(
    picture: Picture, image: kmc.IndexedImage, bits: int, **remap: Any
) -> kmc.IndexedImage:
    """Remap a picture to the nearest colours of an image's palette without the lowest bits.

    A level is kept as its highest bits, which displays repeat in place of the lowest ones.

    Parameters
    ----------
    picture : Picture
    image : IndexedImage
        The picture in its best colours.
    bits : int
        How many of the 8 bits a channel does without, 1 to 4.
    **remap
        Arguments of `kmc.Palette.remap`.
    """
    colors = nearest_levels(bits)[image.palette.colors]
    if np.array_equal(colors, image.palette.colors):
        return image
    if colors.shape[1] == 4:
        colors[colors[:, 3] == 0] = 0
    palette = kmc.Palette(np.unique(colors, axis=0), space=image.palette.space)
    return without_unused(palette.remap(picture, **remap), order="compact")


def nearest_levels(bits: int) -> NDArray[np.uint8]:
    """For every level, the nearest whose lowest bits repeat its highest ones, the lower on ties."""
    every = np.arange(256)
    levels = np.unique(every >> bits << bits | every >> 8 - bits)
    nearest = np.abs(every[:, None] - levels).argmin(axis=1)
    found: NDArray[np.uint8] = levels[nearest].astype(np.uint8)
    return found


def without_unused(image: kmc.IndexedImage, **options: Any) -> kmc.IndexedImage:
    """The same image with a palette of no other colours than its own.

    Its file is then the same once it is read and quantized again. `options` are the order and the
    fixed colours as of `kmc.quantize`.
    """
    drawn = kmc.quantize(np.asarray(image), len(image.palette), **options)
    palette = kmc.Palette(drawn.palette.colors, n_iter=image.n_iter, converged=image.converged)
    result = kmc.IndexedImage(
        drawn.indices, palette, image.mse, image.metadata, dither=image.dither
    )
    return result._with_png_plan(drawn._png_plan)
