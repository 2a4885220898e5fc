"""Indexed images from files as they are, not quantized anew: `kmc.open`."""

from __future__ import annotations

import os
from typing import BinaryIO

from kmc.formats.kmc.codec import DEFAULT_MAX_MEMORY, DEFAULT_MAX_PIXELS, decode
from kmc.formats.kmc.container import SIGNATURE
from kmc.images.reading import read_bytes
from kmc.indexed_image import IndexedImage
from kmc.palette import Palette
from kmc.utils.arguments import whole


def open(
    file: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    partial: bool = False,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    max_memory: int = DEFAULT_MAX_MEMORY,
    threads: int | None = None,
) -> IndexedImage:
    """Open a .kmc file.

    Parameters
    ----------
    file : path, bytes or binary file object
        The file, or all of its bytes.
    partial : bool, default False
        Whether to make do with the rows that survived where a file is damaged: the others get index
        0, and a FormatWarning says which they are.
    max_pixels : int, default 2**28
        The most pixels that the picture may have. A small file can claim very many pixels, each of
        which takes up to a microsecond to decode: raise the limit for files that you trust.
    max_memory : int, default 2**30
        The most bytes of memory that the picture, its metadata and the tables for decoding them may
        take, and the most bytes that are read of the file. Fewer threads are used where tables for
        all of them would take more.
    threads : int, optional
        The most threads to use.

    Returns
    -------
    IndexedImage
        Indices, palette and metadata as they were saved; its `mse` is 0, since the file does not
        know of another picture.

    Raises
    ------
    FormatError
        The file is damaged, cut short, goes on after its end, wants more memory than `max_memory`,
        or is none; the message says what and where.
    ImageTooLargeError
        The picture has more than `max_pixels` pixels, or the file more than `max_memory` bytes.
    ImageReadError, ImageNotFoundError
        The file cannot be read.
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
    """
    limit = whole("max_memory", max_memory, 1)
    data, name = read_bytes(file, signature=SIGNATURE, limit=limit)
    found = decode(
        data,
        name,
        partial=partial,
        max_pixels=max_pixels,
        max_memory=limit,
        threads=threads,
    )
    return IndexedImage(found.indices, Palette(found.colors), 0.0, found.metadata)
