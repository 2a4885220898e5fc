"""Which files are opened as rasters: zarr, .npy, levels of pyramids, and TIFFs beyond Pillow."""

from __future__ import annotations

import os

from kmc.errors import ArgumentError, ImageNotFoundError, ImageReadError
from kmc.streaming.array_raster import zarr_raster
from kmc.streaming.npy_raster import NPY_SIGNATURE, npy_raster
from kmc.streaming.raster import Raster
from kmc.streaming.tiff_raster import TIFF_SIGNATURES, TiffRaster
from kmc.utils.os_errors import reading


def open_raster(path: str, level: int | None = None, threads: int = 1) -> Raster | None:
    """Open a file as a raster; None if it is for `kmc.read`.

    Parameters
    ----------
    path : str
        A folder is taken for a zarr store.
    level : int, optional
        Of the pyramid in a TIFF.
    threads : int, optional
        The most threads that decode.

    Raises
    ------
    MissingPackageError
        It takes a package that is not installed.
    ArgumentError
        There is no such level.
    ImageError
        It cannot be read, or is no picture.
    """
    prefix = b""
    is_folder = os.path.isdir(path)
    if not is_folder:
        with reading(path, ImageReadError, ImageNotFoundError), open(path, "rb") as file:
            prefix = file.read(len(NPY_SIGNATURE))
    is_tiff = prefix.startswith(TIFF_SIGNATURES)
    if level is not None and not is_tiff:
        raise ArgumentError(f"{path}: is no TIFF, which alone has levels of a pyramid")
    if is_folder:
        return zarr_raster(path)
    if prefix == NPY_SIGNATURE:
        return npy_raster(path)
    if is_tiff and (level is not None or _is_beyond_pillow(path)):
        return TiffRaster(path, level, threads)
    return None


def most_pixels() -> float:
    """How many pixels a picture may have to be read whole: twice ``Image.MAX_IMAGE_PIXELS``."""
    from PIL import Image

    return float("inf") if Image.MAX_IMAGE_PIXELS is None else 2 * Image.MAX_IMAGE_PIXELS


def is_large(raster: Raster) -> bool:
    """Whether a raster has more pixels than are read whole."""
    return raster.height * raster.width > most_pixels()


def _is_beyond_pillow(path: str) -> bool:
    """Whether Pillow refuses a TIFF for its number of pixels."""
    from PIL import Image

    try:
        with Image.open(path, formats=["TIFF"]):
            return False
    except Image.DecompressionBombError:
        return True
    except Exception:  # whatever is wrong with it, reading will say
        return False
