"""Files that hold indices, read as they are: .kmc, PNG, GIF, BMP, TIFF, JPEG 2000."""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from kmc.cpu import thread_count
from kmc.errors import ArgumentError, ImageReadError, ImageTooLargeError, ImageTypeError
from kmc.formats.kmc.codec import DEFAULT_MAX_MEMORY, DEFAULT_MAX_PIXELS, decode
from kmc.formats.kmc.container import SIGNATURE
from kmc.images.files import format_begun, is_unidentified, read_bytes
from kmc.images.reading import IndexedPicture, check_frame, open_source
from kmc.utils.arguments import whole

# The first bytes of the formats that hold indices: .kmc, PNG, GIF, BMP, TIFF and JPEG 2000; and of
# PPM, which only Pillow tells from other files.
_SIGNATURES = (SIGNATURE, b"\x89PNG", b"GIF8", b"BM", b"II", b"MM", b"\0\0\0\x0cjP", b"P")


def open_indexed(
    file: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    frame: int | None = None,
    partial: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    max_memory: int = DEFAULT_MAX_MEMORY,
    threads: int | None = None,
) -> IndexedPicture:
    """Indices, palette and metadata of a file; `kmc.open` explains the arguments and errors."""
    limit, threads = whole("max_memory", max_memory, 1), thread_count(threads)
    data, name = read_bytes(file, signature=_SIGNATURES, limit=limit)
    if is_kmc(data):
        check_frame(frame, 1, name)
        found = decode(
            data,
            name,
            partial=partial,
            max_pixels=max_pixels,
            max_memory=limit,
            threads=threads,
        )
        return IndexedPicture(found.indices, found.colors, found.metadata)
    if not data.startswith(_SIGNATURES) and (format := format_begun(data)):
        raise ImageTypeError(
            f"{name}: {format} files hold no palette indices; kmc.quantize(image) finds a palette"
        )
    try:
        read = _indexed(data, name, frame, whole("max_pixels", max_pixels, 1))
    except ImageReadError as error:
        if is_unidentified(error):
            decode(data, name)  # raises: it is no .kmc file either
        raise
    if partial:
        raise ArgumentError(f"{name}: partial is for .kmc files")
    return read


def is_kmc(data: bytes) -> bool:
    """Whether a file is meant to be a .kmc file, be it damaged."""
    return data.startswith(SIGNATURE)


def _indexed(data: bytes, name: str, frame: int | None, max_pixels: int) -> IndexedPicture:
    stream = io.BytesIO(data)
    stream.name = name  # what error messages call it
    with open_source(stream, frame) as source:
        width, height = source.pillow.size
        if width * height > max_pixels:
            raise ImageTooLargeError(
                f"{name}: {width} x {height} pixels are more than max_pixels, {max_pixels}"
            )
        if not source.is_indexed:
            raise ImageTypeError(
                f"{name}: holds no palette indices (mode {source.pillow.mode}); "
                "kmc.quantize(image) finds a palette"
            )
        return source.indexed()
