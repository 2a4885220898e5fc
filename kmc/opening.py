"""Indexed images from files as they are, not quantized anew: `kmc.open`."""

from __future__ import annotations

import os
from typing import BinaryIO

from kmc.formats.kmc.codec import DEFAULT_MAX_MEMORY, DEFAULT_MAX_PIXELS
from kmc.indexed_image import IndexedImage


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
        `max_memory`; or the file is of no known format, or damaged where it says which. The message
        says what and where.
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
    return IndexedImage.open(
        file,
        frame=frame,
        partial=partial,
        max_pixels=max_pixels,
        max_memory=max_memory,
        threads=threads,
    )
