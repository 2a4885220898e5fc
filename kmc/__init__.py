"""Exact k-means image compression: the k best colours of a picture, in milliseconds."""

from kmc import cpu
from kmc.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileWriteError,
    ImageError,
    ImageNotFoundError,
    ImageReadError,
    ImageShapeError,
    ImageTooLargeError,
    ImageTypeError,
    KmcError,
    OutOfMemoryError,
)
from kmc.fit import fit
from kmc.histogram import Histogram, histogram
from kmc.indexed import IndexedImage
from kmc.palette import Palette, assign
from kmc.quantize import quantize

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "FileWriteError",
    "Histogram",
    "ImageError",
    "ImageNotFoundError",
    "ImageReadError",
    "ImageShapeError",
    "ImageTooLargeError",
    "ImageTypeError",
    "IndexedImage",
    "KmcError",
    "OutOfMemoryError",
    "Palette",
    "__version__",
    "assign",
    "cpu",
    "fit",
    "histogram",
    "quantize",
]
