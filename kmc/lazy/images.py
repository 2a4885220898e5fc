"""Dask arrays of images, and xarray DataArrays of such, checked before anything is computed."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ArgumentError, ImageShapeError, ImageTypeError
from kmc.images.arrays import DaskArray, check_shape, dask_array, warn_of_colors


class LazyImage(NamedTuple):
    """Pixels (H, W, C) or (T, H, W, C) in chunks that hold all channels, and what names their axes.

    `labelled` is the DataArray that the pixels come from, if any, and `has_channels` is whether its
    last axis are the channels.
    """

    pixels: DaskArray
    has_channels: bool
    labelled: Any = None

    @classmethod
    def of(cls, image: Any) -> LazyImage:
        """Anything that `dask_array` accepts, with channels, in chunks that hold all of them."""
        pixels: DaskArray = dask_array(image)
        last = pixels.ndim - 1
        joined = pixels if pixels.numblocks[last] == 1 else pixels.rechunk({last: -1})
        return cls(joined, True, None if pixels is image else image)

    @property
    def is_stack(self) -> bool:
        """Whether these are several images."""
        return bool(self.pixels.ndim == 4)

    def without_empty_chunks(self) -> LazyImage:
        """The same image in chunks that have pixels."""
        sizes = tuple(tuple(n for n in axis if n) for axis in self.pixels.chunks)
        same = sizes == self.pixels.chunks
        return self if same else self._replace(pixels=self.pixels.rechunk(sizes))

    def named(self, labels: DaskArray) -> Any:
        """A Dask array of one value a pixel, as a DataArray where the image was one."""
        given = self.labelled
        if given is None:
            return labels
        dims = given.dims[:-1] if self.has_channels else given.dims
        kept = {name: each for name, each in given.coords.items() if set(each.dims) <= set(dims)}
        return type(given)(labels, kept, dims, given.name, given.attrs)


def lazy_image(image: Any) -> LazyImage:
    """A Dask array or a DataArray of one as an image.

    Raises
    ------
    ImageTypeError
        It is not ``uint8``.
    ImageShapeError
        It has another shape than (H, W), (H, W, C) or (T, H, W, C), no pixel, or chunks of unknown
        size.

    Warns
    -----
    ImageWarning
        It is grey, and likely to be meant as a list of colours.
    """
    array: DaskArray = dask_array(image)
    if array.dtype != np.uint8:
        raise ImageTypeError(
            f"expected a Dask array of uint8, got {array.dtype}; bring its values into 0..255, "
            "then image.astype('uint8')"
        )
    check_known("the picture", array)
    if array.size == 0:
        raise ImageShapeError(
            f"the picture is empty: its shape is {array.shape}; expected at least one pixel"
        )
    check_shape(array.shape, stacks=True)
    warn_of_colors(array.shape)
    if array.ndim == 2:
        return LazyImage(array[..., None], False, None if array is image else image)
    return LazyImage.of(image)


def refuse_threads(threads: int | None) -> None:
    """Raise ArgumentError for a number of threads."""
    if threads is not None:
        raise ArgumentError(
            "threads does not apply to Dask arrays: each task has one thread, and the Dask "
            "scheduler decides how many tasks run at a time"
        )


def check_known(name: str, array: DaskArray) -> None:
    """Raise ImageShapeError for chunks whose sizes are not known before they are computed."""
    if any(math.isnan(n) for n in array.shape):
        raise ImageShapeError(
            f"{name}: some chunks have unknown sizes, its shape is {array.shape}; "
            "compute_chunk_sizes() finds them"
        )


def checked_block(block: Any, dtype: Any, location: list[tuple[int, int]]) -> NDArray[Any]:
    """A chunk, which must be what the Dask array says of it.

    Raises
    ------
    ImageTypeError, ImageShapeError
        It is of another type or shape.
    """
    if not isinstance(block, np.ndarray) or block.dtype != dtype:
        kind = block.dtype if isinstance(block, np.ndarray) else type(block).__name__
        raise ImageTypeError(
            f"a chunk is {kind}, although the Dask array says {np.dtype(dtype)}: give the function "
            "that makes the chunks the right dtype and meta"
        )
    shape = tuple(end - begin for begin, end in location)
    if block.shape != shape:
        raise ImageShapeError(
            f"a chunk has shape {block.shape}, although the Dask array says {shape}"
        )
    if np.ma.is_masked(block):
        raise ImageTypeError("some values of a chunk are masked; give them one with filled(value)")
    return block
