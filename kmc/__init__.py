"""Exact k-means image compression: the k best colours of a picture, in milliseconds."""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from kmc import pillow_hook
from kmc.errors import (
    ArgumentError,
    ArgumentTypeError,
    FileWriteError,
    FormatError,
    FormatWarning,
    ImageError,
    ImageNotFoundError,
    ImageReadError,
    ImageShapeError,
    ImageTooLargeError,
    ImageTypeError,
    KmcError,
    MissingPackageError,
    OutOfMemoryError,
    PaletteNotFoundError,
    PaletteReadError,
    QualityError,
    UnknownPaletteError,
)

if TYPE_CHECKING:
    from kmc import cpu, plot
    from kmc.assign import assign
    from kmc.codec import open
    from kmc.curve import curve
    from kmc.fit import fit
    from kmc.histogram import Histogram, histogram
    from kmc.image import Picture, read
    from kmc.indexed import IndexedImage
    from kmc.known import palettes
    from kmc.metadata import Metadata
    from kmc.palette import Palette
    from kmc.quantize import quantize

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
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
    "IndexedImage",
    "KmcError",
    "Metadata",
    "MissingPackageError",
    "OutOfMemoryError",
    "Palette",
    "PaletteNotFoundError",
    "PaletteReadError",
    "Picture",
    "QualityError",
    "UnknownPaletteError",
    "__version__",
    "assign",
    "cpu",
    "curve",
    "fit",
    "histogram",
    "open",
    "palettes",
    "plot",
    "quantize",
    "read",
]

# Where the names are that are loaded when first asked for, so that `kmc --help` needs no NumPy.
_HOMES = {
    "Histogram": "histogram",
    "IndexedImage": "indexed",
    "Metadata": "metadata",
    "Palette": "palette",
    "Picture": "image",
    "assign": "assign",
    "cpu": "cpu",
    "curve": "curve",
    "fit": "fit",
    "histogram": "histogram",
    "open": "codec",
    "palettes": "known",
    "plot": "plot",
    "quantize": "quantize",
    "read": "image",
}

if not TYPE_CHECKING:  # or no misspelled name would be an error to a type checker

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        module = import_module(f"{__name__}.{_HOMES[name]}")
        value = globals()[name] = getattr(module, name, module)
        return value


def __dir__() -> list[str]:
    return list(__all__)


class _Package(ModuleType):
    """The import system would put the module kmc.fit where the function of that name belongs."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package

pillow_hook.install()
