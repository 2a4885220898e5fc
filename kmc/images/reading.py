"""Pictures come in here: a path, bytes, a file object, a PIL.Image or an array is read.

Pixels are a C-contiguous ``uint8`` array of shape ``(H, W, C)``, C = 1 for grey, 3 for RGB and
4 for RGB with straight alpha. No other file knows how pictures are opened, and Pillow is imported
only when one is. Whatever would silently lose something (all frames but one, values beyond 8 bits
in an array) is refused with the way out in the message.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.errors import (
    ArgumentError,
    ImageNotFoundError,
    ImageReadError,
    ImageShapeError,
    ImageTooLargeError,
    ImageTypeError,
    KmcError,
    OutOfMemoryError,
)
from kmc.images.arrays import array_pixels
from kmc.images.icc import kept_profile, through_grey_profile
from kmc.images.pillow_metadata import pillow_metadata
from kmc.images.pillow_modes import EXIF_ORIENTATION, exif_orientation, pillow_pixels
from kmc.metadata import Metadata
from kmc.utils.arguments import whole
from kmc.utils.os_errors import reading
from kmc.utils.streams import MAX_STREAM_BYTES, read_stream

if TYPE_CHECKING:
    from PIL import Image

ImageInput: TypeAlias = (
    "str | os.PathLike[str] | bytes | BinaryIO | Image.Image | Picture | ArrayLike"
)

# Still pictures only: no page description (EPS, PDF), no layers (PSD), no science (FITS). The
# formats that Pillow has at hand come first, since the others make it load all its plug-ins.
FORMATS = (
    *("PNG", "JPEG", "BMP", "GIF", "PPM", "KMC"),
    *("WEBP", "TIFF", "AVIF", "JPEG2000", "QOI", "ICO"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture that has been read: what `kmc.quantize` and its kin take as they take a path.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> picture = kmc.read(np.zeros((2, 3), np.uint8))
    >>> kmc.quantize(picture, 1).shape
    (2, 3)
    """

    pixels: NDArray[np.uint8]
    metadata: Metadata | None = None


def read(image: ImageInput, *, frame: int | None = None) -> Picture:
    """Read any kind of picture.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image, Picture or array_like of uint8
        A path; the bytes of an encoded picture; a file opened in binary mode (a seekable one is
        read from its beginning, as Pillow does); a Pillow picture; or ``uint8`` values of shape
        (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), of any strides. Nested lists of integers from 0
        to 255 will do.
    frame : int, optional
        Which frame of an animation, or page of several, counted from 0. Without it only a picture
        that has but one is taken.

    Returns
    -------
    Picture
        Its `pixels` are uint8 of shape (H, W, C), C-contiguous, C = 1 for grey, 3 for RGB or 4
        for RGB with straight alpha: the caller's own memory when `image` is a contiguous array, and
        possibly read-only. Its `metadata` is what the file says beside them, None for arrays.

    Raises
    ------
    ImageShapeError
        Not of those shapes, empty, or of several frames.
    ImageTypeError
        Not ``uint8``, or no picture at all.
    ImageReadError, ImageNotFoundError, ImageTooLargeError
        A file that is missing, damaged, of an unknown format, or beyond Pillow's limit for
        decompression bombs.
    ArgumentError, ArgumentTypeError
        There is no such frame.
    OutOfMemoryError
        The decoded picture does not fit.

    Notes
    -----
    Files and Pillow pictures come upright, as their EXIF orientation asks. Grey of 16 bits is
    scaled and rounded to 8; what is transparent anywhere comes as RGBA, grey too; an alpha
    channel that is opaque everywhere is dropped. Of an MPO file (a JPEG with previews or a second
    view) the main picture is taken.

    RGB values stay as they are, and their ICC profile (in PNG also gAMA and cHRM) is kept in
    `metadata`. CMYK and grey go through their profiles to sRGB, where they have one: the files
    that hold palettes have room only for the profiles of RGB spaces.

    A file of more than ``PIL.Image.MAX_IMAGE_PIXELS`` comes with Pillow's DecompressionBombWarning,
    which filters may silence or turn into an ImageTooLargeError; twice as many are always one.

    Examples
    --------
    >>> import io, kmc
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("L", (3, 2), 7).save(file, "PNG", dpi=(300, 300))
    >>> picture = kmc.read(file)
    >>> picture.pixels.shape, picture.metadata
    ((2, 3, 1), <kmc.Metadata: 299.999 x 299.999 dpi>)
    """
    if frame is not None:
        frame = whole("frame", frame, 0)
    if isinstance(image, Picture):
        _check_frame(frame, 1, "the picture given")
        return image
    if isinstance(image, str | os.PathLike):
        return _from_path(image, frame)
    if isinstance(image, memoryview) and image.ndim == 1:
        image = image.tobytes()  # of any stride
    if isinstance(image, bytes | bytearray):
        return _from_stream(io.BytesIO(image), "the bytes given", frame)
    if is_pillow(image):
        with _reading("the PIL.Image given"):
            return _from_pillow(image, "the PIL.Image given", frame)
    if hasattr(image, "read"):
        return _from_file(image, frame)
    _check_frame(frame, 1, "the array given")
    return Picture(array_pixels(image), None)


def as_pixels(image: ImageInput) -> NDArray[np.uint8]:
    """The pixels of any kind of picture, as `read` has them.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.images.reading import as_pixels
    >>> grey = np.zeros((2, 3), np.uint8)
    >>> as_pixels(grey).shape
    (2, 3, 1)
    >>> np.shares_memory(as_pixels(grey), grey)
    True
    """
    return read(image).pixels


# ---- files ---------------------------------------------------------------------------------------


def _from_path(path: str | os.PathLike[str], frame: int | None) -> Picture:
    stream, name = _open(path)
    with stream:
        return _from_file(stream, frame, name)


def _open(path: str | os.PathLike[str]) -> tuple[BinaryIO, str]:
    name = os.fsdecode(path) or "''"
    if os.path.isdir(path):
        raise ImageReadError(f"{name}: is a directory; expected a picture file")
    with reading(name, ImageReadError, ImageNotFoundError):
        return open(path, "rb"), name


def read_bytes(
    file: str | os.PathLike[str] | bytes | IO[bytes],
    *,
    signature: bytes = b"",
    limit: int = MAX_STREAM_BYTES,
) -> tuple[bytes, str]:
    """The bytes of a file, and the name of it for error messages.

    Parameters
    ----------
    file : path, bytes or binary file object
        Where to read from.
    signature : bytes, optional
        The first bytes of a file of the right format: of any other, only as many are read.
    limit : int, optional
        The most bytes that are read.

    Raises
    ------
    ImageTooLargeError
        There are more bytes than `limit`.
    ImageReadError, ImageNotFoundError
        It cannot be read.
    ImageTypeError
        It is no path, no bytes and no binary file.

    Examples
    --------
    >>> from kmc.images.reading import read_bytes
    >>> read_bytes(b"abc")
    (b'abc', 'the bytes given')
    """
    if isinstance(file, bytes | bytearray | memoryview):
        return bytes(file), "the bytes given"
    if isinstance(file, str | os.PathLike):
        stream, name = _open(file)
        with stream, _reading(name):
            return read_stream(stream, name, signature=signature, limit=limit), name
    if not hasattr(file, "read"):
        raise ImageTypeError(
            f"expected a path, bytes or a binary file object, got {type(file).__name__}"
        )
    given = getattr(file, "name", None)
    name = given if isinstance(given, str) else "the file object given"
    with _reading(name):
        return read_stream(file, name, signature=signature, limit=limit), name


def _from_file(stream: Any, frame: int | None, name: str | None = None) -> Picture:
    if name is None:
        name = getattr(stream, "name", None)
        name = name if isinstance(name, str) else "the file object given"
    with _reading(name):
        if isinstance(stream, io.TextIOBase):
            raise ImageTypeError(
                f"{name}: expected a file opened in binary mode; open it with open(path, 'rb')"
            )
        if not (
            hasattr(stream, "seekable") and stream.seekable()
        ):  # a pipe, say: Pillow needs to go back
            stream = io.BytesIO(read_stream(stream, name))
    return _from_stream(stream, name, frame)


def _from_stream(stream: BinaryIO, name: str, frame: int | None) -> Picture:
    with open_picture(stream, name) as picture:
        return _from_pillow(picture, name, frame)


@contextlib.contextmanager
def open_picture(stream: BinaryIO, name: str) -> Iterator[Image.Image]:
    """The Pillow picture in a file, closed at the end; `name` is what errors call it.

    Raises
    ------
    ImageError
        It is none, or damaged; also where that comes out only later.

    Examples
    --------
    >>> import io
    >>> from kmc.images.reading import open_picture
    >>> with open_picture(io.BytesIO(b"P5 3 2 255 abcdef"), "six.pgm") as picture:
    ...     picture.size
    (3, 2)
    """
    from PIL import Image, UnidentifiedImageError

    with _reading(name):
        try:
            picture = Image.open(stream, formats=FORMATS)
        except UnidentifiedImageError as error:
            stream.seek(0)
            if not stream.read(1):
                raise ImageReadError(f"{name}: the file is empty (0 bytes)") from error
            hint = "; a path is given as str, not bytes" if name == "the bytes given" else ""
            raise ImageReadError(
                f"{name}: not a picture kmc can read; the formats are {', '.join(FORMATS)}{hint}"
            ) from error
        with picture:
            yield picture


@contextlib.contextmanager
def _reading(name: str) -> Iterator[None]:
    """Turn what Pillow raises over a picture into kmc's own errors."""
    from PIL import Image

    try:
        yield
    except KmcError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLargeError(
            f"{name}: {error}; if you trust the file, raise PIL.Image.MAX_IMAGE_PIXELS"
        ) from error
    except MemoryError as error:
        raise OutOfMemoryError(f"{name}: not enough memory to decode the picture") from error
    except Exception as error:  # decoders raise nearly anything: SyntaxError, struct.error, ...
        raise ImageReadError(f"{name}: cannot be decoded: {error}") from error


# ---- Pillow pictures -----------------------------------------------------------------------------


def is_pillow(image: object) -> bool:
    """Whether it is a Pillow picture, which without Pillow nothing is.

    Examples
    --------
    >>> from PIL import Image
    >>> from kmc.images.reading import is_pillow
    >>> is_pillow(Image.new("L", (1, 1))), is_pillow("picture.png")
    (True, False)
    """
    # Another thread may be in the middle of importing it.
    return isinstance(image, getattr(sys.modules.get("PIL.Image"), "Image", ()))


def _from_pillow(picture: Any, name: str, frame: int | None) -> Picture:
    n_frames = getattr(picture, "n_frames", 1)
    _check_frame(frame, n_frames, name)
    if frame is None and n_frames > 1 and picture.format != "MPO":
        raise ImageShapeError(
            f"{name}: holds {n_frames} frames, and kmc takes one still picture; "
            f"choose one, 0 to {n_frames - 1}: kmc.read(image, frame=0), or --frame 0 in a shell"
        )
    if frame is None or n_frames == 1:
        return _still(picture, name)
    shown = picture.tell()
    try:
        picture.seek(frame)
        return _still(picture, name)  # no copy: only the file itself knows a TIFF's tags
    finally:
        picture.seek(shown)


def _check_frame(frame: int | None, n_frames: int, name: str) -> None:
    if frame is not None and frame >= n_frames:
        held = "one frame, 0" if n_frames == 1 else f"frames 0 to {n_frames - 1}"
        raise ArgumentError(f"{name}: has no frame {frame}, but {held}")


def _still(picture: Any, name: str) -> Picture:
    # A TIFF turns itself upright while it is loaded, and says so no more.
    tags = getattr(picture, "tag_v2", {})
    orientation = tags.get(EXIF_ORIENTATION, 1)
    picture.load()
    if 0 in picture.size:
        raise ImageShapeError(
            f"{name}: the picture is empty: {picture.width} x {picture.height} pixels"
        )
    if not tags:
        orientation = exif_orientation(picture)
    pixels = through_grey_profile(pillow_pixels(picture, name), picture)
    return Picture(pixels, pillow_metadata(picture, orientation, kept_profile(picture)))
