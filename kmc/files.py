"""Indexed images become files: the formats, how each keeps the palette, safe replacement."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from kmc.errors import ArgumentError, ArgumentTypeError, FileWriteError, OutOfMemoryError

if TYPE_CHECKING:
    from PIL import Image

    from kmc.indexed import IndexedImage


@dataclass(frozen=True)
class Format:
    """A kind of file: its suffixes, the first also being its name, and how Pillow is to write it.

    Of `tries`, further settings, the one that makes the smallest file of palette indices is kept.
    """

    pillow: str
    suffixes: tuple[str, ...]
    palette: bool = True
    true_color: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    tries: tuple[dict[str, Any], ...] = ({},)

    @property
    def name(self) -> str:
        return self.suffixes[0]


# zlib strategies 0 (default) and 3 (run lengths): the second wins by 0.5 to 2 % up to some 16
# colours, and costs a tenth of the first. GIF: Pillow would drop and reorder palette entries.
FORMATS = (
    Format(
        "PNG",
        ("png",),
        settings={"compress_level": 9},
        tries=({}, {"compress_type": 3}),
    ),
    Format("GIF", ("gif",), true_color=False, settings={"optimize": False, "interlace": 0}),
    Format("WEBP", ("webp",), palette=False, settings={"lossless": True, "exact": True}),
    Format("TIFF", ("tiff", "tif"), settings={"compression": "tiff_adobe_deflate"}),
    Format("BMP", ("bmp",)),
    Format(
        "JPEG",
        ("jpg", "jpeg"),
        palette=False,
        settings={"quality": 95, "subsampling": 0, "optimize": True},
    ),
)

_BY_SUFFIX = {suffix: kind for kind in FORMATS for suffix in kind.suffixes}


def write(
    image: IndexedImage,
    target: str | os.PathLike[str] | BinaryIO,
    format: str | None = None,
    **params: Any,
) -> None:
    """Write an indexed image; see `kmc.IndexedImage.save`.

    Examples
    --------
    >>> import io, kmc, numpy as np
    >>> from kmc.files import write
    >>> file = io.BytesIO()
    >>> write(kmc.quantize(np.zeros((2, 2, 3), np.uint8), 1), file, "gif")
    >>> file.getvalue()[:6]
    b'GIF87a'
    """
    kind = find_format(target, format)
    if isinstance(target, str | os.PathLike):
        name = os.fsdecode(target)
        data = encode(image, kind, name, **params)
        with _writing(name):
            _replace(os.fspath(target), data)
    else:
        data = encode(image, kind, "the file object given", **params)
        with _writing("the file object given"):
            target.write(data)


def find_format(target: object, format: str | None = None) -> Format:
    """The format that `format` names, or else the suffix of `target`.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        There is none of that name, or there is nothing to go by.

    Examples
    --------
    >>> from kmc.files import find_format
    >>> find_format("Photo.TIF").name
    'tiff'
    """
    known = ", ".join(kind.name for kind in FORMATS)
    if format is not None:
        if not isinstance(format, str):
            raise ArgumentTypeError(f"format must be a string, not {type(format).__name__}")
        wanted, said = format.removeprefix("."), f"format {format!r}"
    elif isinstance(target, str | os.PathLike):
        path = os.fsdecode(target)
        wanted = os.path.splitext(path)[1].removeprefix(".")
        said = f"{path}: suffix {'.' + wanted!r}" if wanted else f"{path}: a name without a suffix"
    elif hasattr(target, "write"):
        raise ArgumentError(f"a file object has no suffix: pass format=, one of {known}")
    else:
        raise ArgumentTypeError(f"expected a path or a file object, got {type(target).__name__}")
    kind = _BY_SUFFIX.get(wanted.lower())
    if kind is None:
        raise ArgumentError(f"{said} is no format kmc writes; it writes {known}")
    return kind


def encode(image: IndexedImage, kind: Format, name: str = "the picture", **params: Any) -> bytes:
    """The content of the file, `name` being what errors call it.

    Raises
    ------
    ArgumentError
        More colours than the format can hold.
    FileWriteError
        Pillow does not agree to `params`, or to the size of the picture.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> from kmc.files import encode, find_format
    >>> encode(kmc.quantize(np.zeros((2, 2), np.uint8), 1), find_format("a.bmp"))[:2]
    b'BM'
    """
    k = len(image.palette)
    if k > 256 and not kind.true_color:
        raise ArgumentError(f"{name}: {kind.name} holds at most 256 colours, and these are {k}")
    with _writing(name):
        if kind.palette and k <= 256:
            picture = image.to_pil()
            tries = kind.tries
        else:
            picture = _painted(image)
            tries = ({},)
        files = (_encoded(picture, kind, {**kind.settings, **more, **params}) for more in tries)
        return min(files, key=len)


def _painted(image: IndexedImage) -> Image.Image:
    from PIL import Image

    return Image.fromarray(np.asarray(image))


def _encoded(picture: Image.Image, kind: Format, params: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind.pillow, **params)
    return buffer.getvalue()


@contextlib.contextmanager
def _writing(name: str) -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise OutOfMemoryError(f"{name}: not enough memory to write the picture") from error
    except Exception as error:  # Pillow's writers raise OSError, ValueError, struct.error, ...
        reason = getattr(error, "strerror", None) or error
        failure = FileWriteError(f"{name}: cannot be written: {reason}")
        failure.errno = getattr(error, "errno", None)
        raise failure from error


def _replace(path: str, data: bytes) -> None:
    """Put `data` in the place of the file at `path`, all of it or nothing.

    The new file is made beside the old one and takes over its permissions; a write-protected one
    stays; symbolic links are followed; what is no ordinary file (a device, a pipe) is written to
    directly.
    """
    path = os.path.realpath(path)
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = None
    if mode is not None and not stat.S_ISREG(mode):
        with open(path, "wb") as file:
            file.write(data)
        return
    if mode is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    temporary = os.path.join(os.path.dirname(path), f".kmc-{secrets.token_hex(8)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data)
        if mode is not None:
            os.chmod(temporary, stat.S_IMODE(mode))
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
