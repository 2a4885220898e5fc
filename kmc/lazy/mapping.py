"""Dask arrays of palette indices: every chunk is mapped when it is computed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import index_dtype, promoted
from kmc.colors.spaces import SpaceName
from kmc.errors import ArgumentError
from kmc.images.arrays import DaskArray
from kmc.lazy.images import LazyImage, checked_block, lazy_image, refuse_threads
from kmc.mapping.dithering import Dither, squared_error
from kmc.mapping.remapping import check_channels, remap

ORDERED = ("bayer", "blue-noise")


def refuse_diffusion(dither: Dither | None) -> None:
    """Raise ArgumentError for dithering whose error passes from one chunk to the next."""
    if dither is not None and dither.name not in ORDERED:
        chosen = ', which look="best" chooses,' if dither.name == "adaptive" else ""
        raise ArgumentError(
            f'dither="{dither.name}"{chosen} passes errors on from pixel to pixel, across chunks: '
            'a Dask array can be dithered by "bayer" or "blue-noise"; an array in memory, '
            "image.compute(), in any way"
        )


def remapped_image(
    image: Any,
    palette: NDArray[np.uint8],
    space: SpaceName,
    dither: Dither | None,
    threads: int | None,
) -> Any:
    """What `kmc.Palette.remap` gives for a Dask array, or for a DataArray of one."""
    refuse_threads(threads)
    lazy = lazy_image(image)
    return lazy.named(remapped(lazy, palette, space, dither))


def remapped(
    image: LazyImage, palette: NDArray[np.uint8], space: SpaceName, dither: Dither | None
) -> DaskArray:
    """The index of the nearest palette colour of every pixel, (H, W) or (T, H, W).

    Raises
    ------
    ImageShapeError
        The pixels have more channels than the palette.
    ArgumentError
        The dithering is not local, or the palette has no alpha and the pixels have.
    """
    refuse_diffusion(dither)
    pixels = image.pixels
    channels = pixels.shape[-1]
    if (channels, palette.shape[1]) == (4, 3):
        raise ArgumentError(
            "whether a palette of RGB colours gets a transparent entry depends on all pixels: for "
            "a Dask array with alpha, give the palette alpha, or take image[..., :3]"
        )
    check_channels(channels, palette.shape[1])
    dtype = index_dtype(len(palette))
    return pixels.map_blocks(
        _remap,
        palette=palette,
        space=space,
        dither=dither,
        drop_axis=pixels.ndim - 1,
        dtype=dtype,
        meta=np.empty((0,) * (pixels.ndim - 1), dtype),
        token="kmc-remap",
    )


def _remap(
    block: Any,
    palette: NDArray[np.uint8],
    space: SpaceName,
    dither: Dither | None,
    block_info: dict[Any, Any],
) -> NDArray[Any]:
    """The task of one chunk. Images of a stack are dithered one by one."""
    location = block_info[0]["array-location"]
    pixels = np.ascontiguousarray(checked_block(block, np.uint8, location))
    if pixels.size == 0:
        return np.empty(pixels.shape[:-1], index_dtype(len(palette)))
    height, width, channels = pixels.shape[-3:]
    images = pixels.reshape(-1, height, width, channels)
    if dither is None:
        images = images.reshape(1, -1, width, channels)
    else:
        (y, _), (x, _) = location[-3:-1]
        dither = replace(dither, origin=(y, x))
    found = [remap(each, palette, space, dither, 1).indices for each in images]
    return np.stack(found).reshape(pixels.shape[:-1])


def mean_error(image: LazyImage, indices: DaskArray, palette: NDArray[np.uint8]) -> DaskArray:
    """The mean squared error of indices, in levels squared, as an array without axes."""
    import dask.array as da

    errors = da.map_blocks(
        _error,
        image.pixels,
        indices[..., None],
        palette=palette,
        dtype=np.float64,
        meta=np.empty((0,) * image.pixels.ndim, np.float64),
        chunks=tuple((1,) * n for n in image.pixels.numblocks),
        token="kmc-error",
    )
    return errors.sum() / indices.size


def _error(block: Any, indices: Any, palette: NDArray[np.uint8]) -> NDArray[np.float64]:
    pixels, found = np.ascontiguousarray(promoted(block, palette.shape[1])), indices[..., 0]
    error = squared_error(pixels, found, palette, 1) if pixels.size else 0.0
    return np.full((1,) * block.ndim, error)
