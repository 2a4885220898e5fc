"""Exact k-means image compression: the k best colours of a picture, in milliseconds."""

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kmc.errors import (
    ArgumentError,
    ArgumentTypeError,
    ClusterError,
    FileWriteError,
    FormatError,
    FormatWarning,
    ImageError,
    ImageNotFoundError,
    ImageReadError,
    ImageShapeError,
    ImageTooLargeError,
    ImageTypeError,
    ImageWarning,
    KmcError,
    MissingPackageError,
    OutOfMemoryError,
    PaletteNotFoundError,
    PaletteReadError,
    QualityError,
    SizeError,
    UnknownPaletteError,
)

if TYPE_CHECKING:
    from kmc import cpu, pillow, plot
    from kmc.color_histogram import Histogram, histogram
    from kmc.color_kmeans import ColorKMeans
    from kmc.colormaps import ind2rgb, rgb2ind
    from kmc.comparison import compare
    from kmc.dominance import dominant_colors
    from kmc.error_curve import curve
    from kmc.fitting import fit
    from kmc.images.reading import Picture, read
    from kmc.indexed_image import IndexedImage, Palette
    from kmc.known_palettes import palettes
    from kmc.lazy_indexed_image import LazyIndexedImage
    from kmc.metadata import Metadata
    from kmc.nearest import assign
    from kmc.opening import open
    from kmc.pipeline import quantize

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "ClusterError",
    "ColorKMeans",
    "FileWriteError",
    "FormatError",
    "FormatWarning",
    "Histogram",
    "ImageError",
    "ImageNotFoundError",
    "ImageReadError",
    "ImageShapeError",
    "ImageTooLargeError",
    "ImageTypeError",
    "ImageWarning",
    "IndexedImage",
    "KmcError",
    "LazyIndexedImage",
    "Metadata",
    "MissingPackageError",
    "OutOfMemoryError",
    "Palette",
    "PaletteNotFoundError",
    "PaletteReadError",
    "Picture",
    "QualityError",
    "SizeError",
    "UnknownPaletteError",
    "__version__",
    "assign",
    "compare",
    "cpu",
    "curve",
    "dominant_colors",
    "fit",
    "histogram",
    "ind2rgb",
    "open",
    "palettes",
    "pillow",
    "plot",
    "quantize",
    "read",
    "rgb2ind",
]

# The modules of names that are loaded when first used, so that `kmc --help` needs no NumPy.
_MODULES = {
    "ColorKMeans": "color_kmeans",
    "Histogram": "color_histogram",
    "IndexedImage": "indexed_image",
    "LazyIndexedImage": "lazy_indexed_image",
    "Metadata": "metadata",
    "Palette": "indexed_image",
    "Picture": "images.reading",
    "assign": "nearest",
    "compare": "comparison",
    "cpu": "cpu",
    "curve": "error_curve",
    "dominant_colors": "dominance",
    "fit": "fitting",
    "histogram": "color_histogram",
    "ind2rgb": "colormaps",
    "open": "opening",
    "palettes": "known_palettes",
    "pillow": "pillow",
    "plot": "plot",
    "quantize": "pipeline",
    "read": "images.reading",
    "rgb2ind": "colormaps",
}

if not TYPE_CHECKING:  # or no misspelled name would be an error to a type checker

    def __getattr__(name: str) -> Any:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = import_module(f"{__name__}.{_MODULES[name]}")
        value = globals()[name] = getattr(module, name, module)
        return value


def __dir__() -> list[str]:
    return list(__all__)


def _is_program() -> bool:
    """Whether the program ``kmc`` is starting, which answers ``--help`` without loading Pillow."""
    arguments = getattr(sys, "argv", None) or [""]
    if arguments[0] == "-m":  # python -m, which has not found the module yet
        return sys.orig_argv[-len(arguments) :][:1] in (["kmc"], ["-mkmc"])
    return os.path.basename(arguments[0]) in ("kmc", "kmc.exe")


if not _is_program():
    from kmc.formats.kmc.pillow_registration import register as _register

    _register()
