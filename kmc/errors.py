"""The exceptions of kmc. Most are also the built-in exception that one would expect.

::

    KmcError
    ├── ArgumentError         (ValueError)          an option out of range
    ├── ArgumentTypeError     (TypeError)           an option of the wrong type
    ├── ImageError                                  an image that cannot be used
    │   ├── ImageShapeError   (ValueError)          wrong shape, empty, animated
    │   ├── ImageTypeError    (TypeError)           wrong dtype, or not an image
    │   ├── ImageTooLargeError (ValueError)         more pixels than Pillow opens
    │   └── ImageReadError    (OSError)             unreadable, truncated, of an unknown format
    │       ├── FormatError   (ValueError)          damaged, or not a .kmc file
    │       └── ImageNotFoundError (FileNotFoundError)
    ├── PaletteReadError      (OSError)             a palette file that is damaged or unreadable
    │   └── PaletteNotFoundError (FileNotFoundError)
    ├── UnknownPaletteError   (KeyError)            not the name of a well-known palette
    ├── QualityError          (ValueError)          a quality target that k colours do not reach
    ├── SizeError             (ValueError)          a size that no loss reaches
    ├── FileWriteError        (OSError)             a result that could not be written
    ├── MissingPackageError   (ImportError)         an optional package that is not installed
    ├── ClusterError          (RuntimeError)        a Dask cluster that fails
    └── OutOfMemoryError      (MemoryError)

There are two warnings (UserWarning): FormatWarning, for file formats that do not preserve
everything, and ImageWarning, for images that reading changes or that can be interpreted in
several ways.
"""

from __future__ import annotations

import math

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "ClusterError",
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
    "SizeError",
    "UnknownPaletteError",
]


class KmcError(Exception):
    """The base class of all exceptions of kmc.

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
    """An option is out of range, or contradicts another.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.fit([[0, 255]], 0)
    ... except kmc.ArgumentError as error:
    ...     print(error)
    k must be 1 to 65536, not 0
    """


class ArgumentTypeError(KmcError, TypeError):
    """An option has the wrong type.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.fit([[0, 255]], "16")
    ... except kmc.ArgumentTypeError as error:
    ...     print(error)
    k must be an integer, not '16'
    """


class ImageError(KmcError):
    """The image cannot be used, as opposed to an option.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.histogram(b"no image")
    ... except kmc.ImageError as error:
    ...     print(type(error).__name__)
    ImageReadError
    """


class ImageShapeError(ImageError, ValueError):
    """The image has the wrong shape: not two or three axes, empty, or animated.

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
    """The values have the wrong type, or the object is not an image.

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
    """The file cannot be read or decoded.

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
    """The file is damaged or truncated, or not a .kmc file.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.open(b"rubbish")
    ... except kmc.FormatError as error:
    ...     print(error)
    the bytes given: no .kmc file: it begins with b'rubbish'
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
    """The image has more pixels than Pillow opens, which may be a decompression bomb.

    Examples
    --------
    >>> import kmc
    >>> issubclass(kmc.ImageTooLargeError, ValueError)
    True
    """


class PaletteReadError(KmcError, OSError):
    """The palette file cannot be read, or is not in the format of its suffix.

    Examples
    --------
    >>> import kmc, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "empty.gpl")
    ...     _ = path.write_text("")
    ...     try:
    ...         kmc.Palette.load(path)
    ...     except kmc.PaletteReadError as error:
    ...         print(type(error).__name__)
    PaletteReadError
    """


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
    """There is no well-known palette of that name.

    Examples
    --------
    >>> import kmc
    >>> try:
    ...     kmc.palettes["pico-9"]
    ... except kmc.UnknownPaletteError as error:
    ...     print(str(error)[:40])
    no palette 'pico-9'; there are black-and
    """

    def __str__(self) -> str:  # KeyError would put the message in quotes
        return Exception.__str__(self)


class QualityError(KmcError, ValueError):
    """The quality target is not reached even with the maximum number of colours.

    Attributes
    ----------
    psnr : float
        The PSNR reached, in dB.
    mse : float
        The mean squared error reached, summed over the channels.
    k : int
        The number of colours.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> try:
    ...     kmc.quantize(ramp, 16, psnr=40)
    ... except kmc.QualityError as error:
    ...     print(f"{error.k} colours reach {error.psnr:.0f} dB")
    16 colours reach 35 dB
    """

    def __init__(
        self, message: str, psnr: float = math.nan, mse: float = math.nan, k: int = 0
    ) -> None:
        super().__init__(message)
        self.psnr = psnr
        self.mse = mse
        self.k = k


class SizeError(KmcError, ValueError):
    """The file does not fit into the bytes allowed, with the fewest colours and the largest loss.

    Attributes
    ----------
    n_bytes : int
        The smallest size reached.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    >>> try:
    ...     _ = kmc.quantize(noise, max_bytes=10, format="kmc")
    ... except kmc.SizeError as error:
    ...     print(error.n_bytes > 10)
    True
    """

    def __init__(self, message: str, n_bytes: int = 0) -> None:
        super().__init__(message)
        self.n_bytes = n_bytes


class FileWriteError(KmcError, OSError):
    """The output could not be written; an existing file is unchanged.

    Examples
    --------
    >>> import kmc
    >>> result = kmc.quantize([[0, 255]], 2)
    >>> try:
    ...     result.save("no such folder/image.png")
    ... except kmc.FileWriteError as error:
    ...     print(error)
    no such folder/image.png: cannot be written: there is no folder no such folder
    """


class MissingPackageError(KmcError, ImportError):
    """The call needs an optional package that is not installed.

    Examples
    --------
    >>> import kmc
    >>> issubclass(kmc.MissingPackageError, ImportError)
    True
    """


class ClusterError(KmcError, RuntimeError):
    """The workers of a Dask cluster, or their scheduler, fail.

    Examples
    --------
    >>> import kmc
    >>> issubclass(kmc.ClusterError, RuntimeError)
    True
    """


# MemoryError comes first, since distributed makes it anew by __new__, which Python would refuse.
class OutOfMemoryError(MemoryError, KmcError):
    """There is not enough memory.

    The call has released its memory, except for tables that are kept for later calls, at most
    64 MB per process.

    Examples
    --------
    >>> import kmc
    >>> issubclass(kmc.OutOfMemoryError, MemoryError)
    True
    """


class FormatWarning(UserWarning):
    """The file format changes the image, or does not preserve everything that belongs to it.

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
    """Reading changes the image, or the image can be interpreted in several ways.

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
