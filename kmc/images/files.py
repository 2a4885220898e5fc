"""Opening picture files: paths, bytes and file objects as streams, and streams with Pillow."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import sys
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from kmc.errors import (
    FormatError,
    ImageNotFoundError,
    ImageReadError,
    ImageTooLargeError,
    ImageTypeError,
    KmcError,
    OutOfMemoryError,
)
from kmc.utils.arguments import path_name
from kmc.utils.os_errors import reading
from kmc.utils.streams import MAX_STREAM_BYTES, read_stream

if TYPE_CHECKING:
    from PIL import Image

# Still pictures only: no page description (EPS, PDF), no layers (PSD), no measurements (FITS). The
# formats that Pillow has loaded come first, since the others make it load all its plug-ins.
FORMATS = (
    *("PNG", "JPEG", "BMP", "GIF", "PPM", "KMC"),
    *("WEBP", "TIFF", "AVIF", "JPEG2000", "QOI", "ICO"),
)

_PREFIX = 16  # bytes, by which Pillow identifies a format


def open_stream(image: Any) -> tuple[BinaryIO, str, bool]:
    """A seekable stream, its name for error messages, and whether the caller must close it."""
    if isinstance(image, str | os.PathLike):
        return *_opened(image), True
    if isinstance(image, memoryview) and image.ndim == 1:
        image = image.tobytes()  # of any stride
    if isinstance(image, bytes | bytearray):
        return io.BytesIO(image), "the bytes given", True
    given = getattr(image, "name", None)
    return *_seekable(image, given if isinstance(given, str) else "the file object given"), False


def _seekable(stream: Any, name: str) -> tuple[BinaryIO, str]:
    with errors_of(name):
        if isinstance(stream, io.TextIOBase):
            raise ImageTypeError(
                f"{name}: expected a file opened in binary mode; open it with open(path, 'rb')"
            )
        if hasattr(stream, "seekable") and stream.seekable():
            return stream, name
        return io.BytesIO(read_stream(stream, name)), name  # of a pipe: Pillow needs to go back


def _opened(path: str | os.PathLike[str]) -> tuple[BinaryIO, str]:
    file, name = _open(path)
    try:
        stream, _ = _seekable(file, name)
    except BaseException:
        file.close()
        raise
    if stream is not file:
        file.close()
    return stream, name


def _open(path: str | os.PathLike[str]) -> tuple[BinaryIO, str]:
    name = path_name(path) or "''"
    if os.path.isdir(path):
        raise ImageReadError(f"{name}: is a directory; expected a picture file")
    with reading(name, ImageReadError, ImageNotFoundError):
        return open(path, "rb"), name


def is_unidentified(error: ImageReadError) -> bool:
    """Whether the format of a file was not recognised; False if the file is damaged."""
    from PIL import UnidentifiedImageError

    return isinstance(error.__cause__, UnidentifiedImageError)


def read_bytes(
    file: str | os.PathLike[str] | bytes | IO[bytes],
    *,
    signature: bytes | tuple[bytes, ...] = b"",
    limit: int = MAX_STREAM_BYTES,
) -> tuple[bytes, str]:
    """The bytes of a file, and the name of it for error messages.

    Parameters
    ----------
    file : path, bytes or binary file object
        Where to read from.
    signature : bytes or tuple of bytes, optional
        The first bytes of a file of the right format or formats: of any other, only as many are
        read.
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
    """
    if isinstance(file, bytes | bytearray | memoryview):
        return bytes(file), "the bytes given"
    if isinstance(file, str | os.PathLike):
        stream, name = _open(file)
        with stream, errors_of(name):
            return read_stream(stream, name, signature=signature, limit=limit), name
    if not hasattr(file, "read"):
        raise ImageTypeError(
            f"expected a path, bytes or a binary file object, got {type(file).__name__}"
        )
    given = getattr(file, "name", None)
    name = given if isinstance(given, str) else "the file object given"
    with errors_of(name):
        return read_stream(file, name, signature=signature, limit=limit), name


@contextlib.contextmanager
def open_picture(stream: BinaryIO, name: str) -> Iterator[Image.Image]:
    """The Pillow picture in a file, closed at the end; `name` is what error messages call it.

    Raises
    ------
    ImageError
        The file is no picture, or damaged; also where that is found only while it is decoded.
    """
    from PIL import Image, UnidentifiedImageError

    with errors_of(name):
        try:
            picture = Image.open(stream, formats=FORMATS)
        except UnidentifiedImageError as error:
            stream.seek(0)
            prefix = stream.read(_PREFIX)
            if not prefix:
                raise ImageReadError(f"{name}: the file is empty (0 bytes)") from error
            if format := format_begun(prefix):
                stream.seek(0)
                _explain(stream, name, format)
            hint = "; a path is given as str, not bytes" if name == "the bytes given" else ""
            raise ImageReadError(
                f"{name}: not a picture kmc can read; the formats are {', '.join(FORMATS)}{hint}"
            ) from error
        with picture:
            yield picture


def format_begun(prefix: bytes) -> str:
    """The format of `FORMATS` that these first bytes of a file are those of, or ""."""
    from PIL import Image

    Image.init()
    for format in FORMATS:
        _, accept = Image.OPEN[format]
        if accept is not None and accept(prefix) is True:  # a string: Pillow cannot, and why
            return format
    return ""


def _explain(stream: BinaryIO, name: str, format: str) -> None:
    """Raise FormatError with the reason why Pillow takes a file for none of this format."""
    from PIL import Image

    try:
        Image.OPEN[format][0](stream, name)
    except (SyntaxError, IndexError, TypeError, struct.error) as error:
        reason = str(error).replace("not identified by this driver", "its header is damaged")
        raise FormatError(
            f"{name}: cannot be decoded: it begins as a {format} file, but: {reason}"
        ) from error


@contextlib.contextmanager
def errors_of(name: str) -> Iterator[None]:
    """Turn the exceptions of Pillow's decoders into kmc's own."""
    from PIL import Image

    try:
        yield
    except KmcError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        refusal = ImageTooLargeError(f"{name}: {error}")
        refusal.add_note("if you trust the file, raise PIL.Image.MAX_IMAGE_PIXELS")
        raise refusal from error
    except MemoryError as error:
        raise OutOfMemoryError(f"{name}: not enough memory to decode the picture") from error
    except Exception as error:  # decoders raise nearly anything: SyntaxError, struct.error, ...
        raise ImageReadError(f"{name}: cannot be decoded: {error}") from error


def is_pillow(image: object) -> bool:
    """Whether it is a Pillow picture; does not import Pillow."""
    # Another thread may be in the middle of importing it.
    return isinstance(image, getattr(sys.modules.get("PIL.Image"), "Image", ()))


def is_array(image: object) -> bool:
    """Whether it is read as an array, since it is no other kind of picture source."""
    if isinstance(image, memoryview):
        return image.ndim != 1
    kinds = (str, os.PathLike, bytes, bytearray)
    return not isinstance(image, kinds) and not is_pillow(image) and not hasattr(image, "read")
