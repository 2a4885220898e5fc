"""The exceptions kmc raises: one tree, whose leaves are also the built-in errors one would expect.

::

    KmcError
    ├── ArgumentError         (ValueError)          an option outside its range
    ├── ArgumentTypeError     (TypeError)           an option of the wrong type
    ├── ImageError                                  a picture that cannot be used
    │   ├── ImageShapeError   (ValueError)          wrong shape, empty, animated
    │   ├── ImageTypeError    (TypeError)           wrong dtype, or no picture at all
    │   ├── ImageTooLargeError (ValueError)         more pixels than Pillow agrees to open
    │   └── ImageReadError    (OSError)             unreadable, truncated, of an unknown format
    │       ├── FormatError   (ValueError)          a .kmc file that is damaged, or none
    │       └── ImageNotFoundError (FileNotFoundError)
    ├── PaletteReadError      (OSError)             a palette file that is damaged or unreadable
    │   └── PaletteNotFoundError (FileNotFoundError)
    ├── UnknownPaletteError   (KeyError)            no well-known palette has that name
    ├── QualityError          (ValueError)          a goal that k colours do not reach
    ├── FileWriteError        (OSError)             a result that could not be written
    ├── MissingPackageError   (ImportError)         an optional package that is not installed
    └── OutOfMemoryError      (MemoryError)

There are two warnings (UserWarning): FormatWarning, of files that cannot hold everything, and
ImageWarning, of pictures whose pixels are changed by reading or may be meant otherwise.
"""

from __future__ import annotations

import math

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "FileWriteError",
    "FormatError",
    "FormatWarning",
    "ImageError",
    "ImageNotFoundError",
    "ImageReadError",
    "ImageShapeError",
    "ImageTooLargeError",
    "ImageTypeError",
    "ImageWarning",
    "KmcError",
    "MissingPackageError",
    "OutOfMemoryError",
    "PaletteNotFoundError",
    "PaletteReadError",
    "QualityError",
    "UnknownPaletteError",
]


class KmcError(Exception):
    """The root of the tree: catches everything kmc raises on purpose.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.histogram("no such picture.png")
    ... except kmc.KmcError as error:
    ...     print(error)
    no such picture.png: no such file
    """


class ArgumentError(KmcError, ValueError):
    """An option has the right type and a value outside its range."""


class ArgumentTypeError(KmcError, TypeError):
    """An option has the wrong type."""


class ImageError(KmcError):
    """The picture, rather than an option, is what cannot be used."""


class ImageShapeError(ImageError, ValueError):
    """A picture of the wrong shape: not two or three axes, empty, or animated.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> try:
    ...     kmc.histogram(np.zeros((0, 4, 3), np.uint8))
    ... except kmc.ImageShapeError as error:
    ...     print(error)
    the picture is empty: its shape is (0, 4, 3); expected at least one pixel
    """


class ImageTypeError(ImageError, TypeError):
    """Values of the wrong type, or an object that is no picture.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.histogram(None)
    ... except kmc.ImageTypeError as error:
    ...     print(error)
    expected a path, bytes, a binary file object, a PIL.Image or a uint8 array, got NoneType
    """


class ImageReadError(ImageError, OSError):
    """A file that cannot be read or decoded.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.histogram(b"")
    ... except kmc.ImageReadError as error:
    ...     print(error)
    the bytes given: the file is empty (0 bytes)
    """


class FormatError(ImageReadError, ValueError):
    """A .kmc file that is damaged, cut short, or none; the message says what is wrong and where.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.open(b"GIF89a")
    ... except kmc.FormatError as error:
    ...     print(error)
    the bytes given: no .kmc file: it begins with b'GIF89a'
    """


class ImageNotFoundError(ImageReadError, FileNotFoundError):
    """There is no file of that name.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.histogram("no such picture.png")
    ... except FileNotFoundError as error:
    ...     print(error)
    no such picture.png: no such file
    """


class ImageTooLargeError(ImageError, ValueError):
    """More pixels than Pillow agrees to open, a sign of a decompression bomb."""


class PaletteReadError(KmcError, OSError):
    """A palette file that cannot be read, or whose content is none of its kind."""


class PaletteNotFoundError(PaletteReadError, FileNotFoundError):
    """There is no palette file of that name.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.Palette.load("no such palette.gpl")
    ... except FileNotFoundError as error:
    ...     print(error)
    no such palette.gpl: no such file
    """


class UnknownPaletteError(KmcError, KeyError):
    """No well-known palette has that name.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.palettes["pico-9"]
    ... except kmc.UnknownPaletteError as error:
    ...     print(str(error)[:40])
    no palette 'pico-9'; there are black-and
    """

    def __str__(self) -> str:  # KeyError's would show the message in quotes
        return Exception.__str__(self)


class QualityError(KmcError, ValueError):
    """So many colours do not reach the goal that was set.

    Attributes
    ----------
    psnr : float
        What they do reach, in dB.
    mse : float
        The same as mean squared error, summed over the channels.
    k : int
        How many colours they are.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> try:
    ...     kmc.quantize(ramp, 16, psnr=40)
    ... except kmc.QualityError as error:
    ...     print(f"{error.k} colours come to {error.psnr:.0f} dB")
    16 colours come to 35 dB
    """

    def __init__(
        self, message: str, psnr: float = math.nan, mse: float = math.nan, k: int = 0
    ) -> None:
        super().__init__(message)
        self.psnr = psnr
        self.mse = mse
        self.k = k


class FileWriteError(KmcError, OSError):
    """A result could not be written; the target is as it was before."""


class MissingPackageError(KmcError, ImportError):
    """What was asked for needs a package that kmc does without otherwise."""


class OutOfMemoryError(KmcError, MemoryError):
    """Memory ran out; what the call took has been given back or is ready for the next one.

    The latter are tables of counters that a process keeps between calls, 64 MB at most.
    """


class FormatWarning(UserWarning):
    """A file is written in a format that changes the picture, or loses something that matters.

    Examples
    --------
    >>> import io, kmc, numpy as np, warnings
    >>> result = kmc.quantize(np.zeros((8, 8, 3), np.uint8), 1)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     result.save(io.BytesIO(), "jpg")
    >>> caught[0].category.__name__
    'FormatWarning'
    """


class ImageWarning(UserWarning):
    """A picture is changed by reading it, or may be meant otherwise than it is read.

    Examples
    --------
    >>> import kmc, numpy as np, warnings
    >>> colors = np.zeros((1000, 3), np.uint8)
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     palette = kmc.fit(colors, 8)  # rather: colors[:, None]
    >>> caught[0].category.__name__
    'ImageWarning'
    """
