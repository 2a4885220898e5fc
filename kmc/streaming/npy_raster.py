"""Rasters of .npy files."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ImageReadError
from kmc.images.files import errors_of
from kmc.streaming.array_raster import ArrayRaster

NPY_SIGNATURE = b"\x93NUMPY"


def npy_raster(path: str) -> NpyRaster:
    """The array in a .npy file, of which only the rows that are read are in memory.

    Raises
    ------
    ImageReadError
        It is damaged or cut short.
    ImageTypeError, ImageShapeError
        It is no picture.
    """
    with errors_of(path):
        return NpyRaster(path, np.load(path, mmap_mode="r", allow_pickle=False))


class NpyRaster(ArrayRaster):
    """A raster of a .npy file, whose memory map tells where in it the array lies.

    Rows are read from the file: if that shrinks meanwhile, or its disk fails, reading from the map
    would end the process by a signal.
    """

    def __init__(self, path: str, mapped: np.memmap[tuple[int, ...], np.dtype[np.uint8]]) -> None:
        super().__init__(path, mapped)
        self._offset, self._is_in_rows = mapped.offset, mapped.flags.c_contiguous
        self._file = open(path, "rb")  # noqa: SIM115 - it is closed by close()
        super().close()  # the map is for what the header says

    def rows(self, begin: int, end: int) -> NDArray[np.uint8]:
        n, inner = end - begin, (self.width, self.channels)
        with errors_of(self.name):
            if self._is_in_rows:
                return self._read(begin * math.prod(inner), n * math.prod(inner)).reshape(n, *inner)
            columns = [
                self._read(column * self.height + begin, n) for column in range(math.prod(inner))
            ]
            found = np.stack(columns).reshape((*inner[::-1], n))
            return np.ascontiguousarray(found.transpose(2, 1, 0))

    def _read(self, begin: int, n: int) -> NDArray[np.uint8]:
        found = np.empty(n, np.uint8)
        self._file.seek(self._offset + begin)
        if self._file.readinto(found.data) < n:
            raise ImageReadError(f"{self.name}: has become shorter while it was read")
        return found

    def close(self) -> None:
        self._file.close()
