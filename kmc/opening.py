"""Indexed images from files as they are, not quantized anew: `kmc.open`."""

from __future__ import annotations

import os
from typing import BinaryIO

from kmc.formats.kmc.codec import DEFAULT_MAX_MEMORY, decode
from kmc.images.reading import read_bytes
from kmc.indexed_image import IndexedImage
from kmc.palette import Palette


def open(
    file: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    partial: bool = False,
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
    max_memory : int, default 2**30
        The most bytes that the picture and the tables for decoding it may take, and the metadata
        besides; fewer threads are used where tables for all of them would take more.
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
    data, name = read_bytes(file)
    found = decode(data, name, partial=partial, max_memory=max_memory, threads=threads)
    return IndexedImage(found.indices, Palette(found.colors), 0.0, found.metadata)
