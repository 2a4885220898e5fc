"""Rasters of arrays: in memory, and in zarr stores."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import CHANNELS
from kmc.errors import ImageReadError, ImageShapeError, ImageTypeError
from kmc.images.files import errors_of
from kmc.metadata import Metadata
from kmc.streaming.packages import needed
from kmc.utils.os_errors import reading


class ArrayRaster:
    """A raster of an array (H, W) or (H, W, C) whose rows ``array[begin:end]`` can be read.

    Raises
    ------
    ImageTypeError, ImageShapeError
        It is not uint8, or has another shape, or is empty.
    """

    def __init__(
        self, name: str, array: Any, step: int = 1, metadata: Metadata | None = None
    ) -> None:
        shape = tuple(array.shape)
        if array.dtype != np.uint8:
            raise ImageTypeError(
                f"{name}: holds {array.dtype}, and pixels are uint8: convert it first"
            )
        if len(shape) not in (2, 3) or (len(shape) == 3 and shape[2] not in CHANNELS):
            raise ImageShapeError(
                f"{name}: has the shape {shape}; a picture is (H, W), or (H, W, C) with 1, 3 or 4 "
                "channels"
            )
        if 0 in shape:
            raise ImageShapeError(f"{name}: the picture is empty: its shape is {shape}")
        self.name, self.step = name, step
        self.height, self.width = shape[:2]
        self.channels = shape[2] if len(shape) == 3 else 1
        self.metadata = metadata or Metadata()
        self.changes: tuple[str, ...] = ()
        self._array = array

    def rows(self, begin: int, end: int) -> NDArray[np.uint8]:
        with errors_of(self.name):
            found = np.ascontiguousarray(self._array[begin:end], np.uint8)
        return found.reshape(end - begin, self.width, self.channels)

    def close(self) -> None:
        self._array = None


def zarr_raster(path: str) -> ArrayRaster:
    """The array in a zarr store.

    Raises
    ------
    MissingPackageError
        zarr is not installed.
    ImageReadError
        It is damaged, or a group of arrays.
    ImageTypeError, ImageShapeError
        It is no picture.
    """
    zarr = needed("zarr", path)
    with reading(path, ImageReadError, ImageReadError), errors_of(path):
        found = zarr.open(path, mode="r")
    if not isinstance(found, zarr.Array):
        inside = next((name for name, _ in found.arrays()), "0")
        raise ImageReadError(
            f"{path}: is a group of arrays: name one of them, as {os.path.join(path, inside)}"
        )
    return ArrayRaster(path, found, found.chunks[0])
