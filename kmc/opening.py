"""Indexed images from files as they are, not quantized anew: `kmc.open`."""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from kmc.cpu import thread_count
from kmc.errors import ArgumentError, ImageReadError, ImageTooLargeError, ImageTypeError
from kmc.formats.kmc.codec import DEFAULT_MAX_MEMORY, DEFAULT_MAX_PIXELS, decode
from kmc.formats.kmc.container import SIGNATURE
from kmc.images.files import is_unidentified, read_bytes
from kmc.images.reading import IndexedPicture, check_frame, open_source
from kmc.indexed_image import IndexedImage
from kmc.palette import Palette
from kmc.utils.arguments import whole

# The first bytes of the formats that hold indices: .kmc, PNG, GIF, BMP, TIFF and JPEG 2000.
_SIGNATURES = (SIGNATURE, b"\x89PNG", b"GIF8", b"BM", b"II", b"MM", b"\0\0\0\x0cjP")


def open(
    file: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    frame: int | None = None,
    partial: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    max_memory: int = DEFAULT_MAX_MEMORY,
    threads: int | None = None,
) -> IndexedImage:
    """Open an indexed file as it is: .kmc, PNG, GIF, BMP, TIFF, or JPEG 2000 with a palette.

    Parameters
    ----------
    file : path, bytes or binary file object
        The file, or all of its bytes.
    frame : int, optional
        Which frame of an animation, or page of several, counted from 0; see `kmc.read`.
    partial : bool, default False
        For .kmc: whether to accept the rows that survived where a file is damaged; the others get
        index 0, and a FormatWarning says which they are.
    max_pixels : int, default 2**28
        The most pixels that the picture may have. A small file can claim very many pixels, each of
        which takes up to a microsecond to decode: raise the limit for files that you trust. For
        other formats than .kmc, Pillow has a limit of its own; see `kmc.read`.
    max_memory : int, default 2**30
        The most bytes that are read of the file; and, for .kmc, the most bytes of memory that the
        picture, its metadata and the tables for decoding them may take. Fewer threads are used
        where tables for all of them would take more.
    threads : int, optional
        The most threads to use.

    Returns
    -------
    IndexedImage
        Indices, palette and metadata of the file: the palette in its order, with duplicates and
        unused entries, the indices turned upright as EXIF asks. Its `mse` is 0, since the file does
        not know of another picture.

    Raises
    ------
    FormatError
        A .kmc file is damaged, cut short, goes on after its end, or wants more memory than
        `max_memory`; or the file is of no known format. The message says what and where.
    ImageTooLargeError
        The picture has more than `max_pixels` pixels, or the file more than `max_memory` bytes.
    ImageTypeError
        The file holds no indices, but levels or colours; `kmc.quantize` finds a palette.
    ImageError
        The file cannot be read, or holds several frames.
    ArgumentError
        There is no such frame, `partial` is given for another format, or the palette has 16 bits a
        channel.
    OutOfMemoryError
        There is less memory than `max_memory`.

    Warns
    -----
    FormatWarning
        With `partial`, rows are missing.

    Examples
    --------
    >>> import io, kmc, numpy as np
    >>> file = io.BytesIO()
    >>> kmc.quantize(np.array([[0, 2], [9, 9]], np.uint8), 3).save(file, "kmc")
    >>> kmc.open(file.getvalue()).palette.colors.ravel().tolist()
    [0, 2, 9]

    Exchange the palette of a sprite, and keep its indices:

    >>> sprite = kmc.open(kmc.quantize([[0, 255], [255, 0]], 2).to_bytes("gif"))
    >>> night = kmc.Palette(["#001133", "#ffee88"])
    >>> np.asarray(kmc.IndexedImage(sprite.indices, night, 0.0))[0].tolist()
    [[0, 17, 51], [255, 238, 136]]
    """
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
        return IndexedImage(found.indices, Palette(found.colors), 0.0, found.metadata)
    try:
        found_indexed = _indexed(data, name, frame, whole("max_pixels", max_pixels, 1))
    except ImageReadError as error:
        if is_unidentified(error):
            decode(data, name)  # raises: it is no .kmc file either
        raise
    if partial:
        raise ArgumentError(f"{name}: partial is for .kmc files")
    return indexed_image(found_indexed)


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


def indexed_image(found: IndexedPicture) -> IndexedImage:
    """Indices and palette that were read, as an IndexedImage."""
    return IndexedImage(found.indices, Palette(found.colors), 0.0, found.metadata)
