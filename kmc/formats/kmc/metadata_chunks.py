"""Metadata in .kmc files: a chunk for each kind, which readers may skip."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable, Iterable
from typing import Any

from kmc.errors import ArgumentError, FormatError
from kmc.formats.kmc.container import Chunk, chunk
from kmc.metadata import Metadata

# Blocks of bytes are compressed by zlib, numbers are doubles, lowest byte first.
_BLOCKS = {b"c": "icc_profile", b"e": "exif", b"x": "xmp"}
_NUMBERS = {b"d": ("dpi", 2), b"g": ("gamma", 1), b"w": ("chromaticity", 8)}


def metadata_chunks(metadata: Metadata) -> list[bytes]:
    """The chunks of what there is.

    Examples
    --------
    >>> import kmc
    >>> from kmc.formats.kmc.metadata_chunks import metadata_chunks
    >>> [made[:2] for made in metadata_chunks(kmc.Metadata(dpi=(300.0, 300.0)))]
    [b'd\\x10']
    """
    made = []
    for type, field in _BLOCKS.items():
        if (block := getattr(metadata, field)) is not None:
            made.append(chunk(type, zlib.compress(block, 9)))
    for type, (field, _) in _NUMBERS.items():
        if (value := getattr(metadata, field)) is not None:
            numbers = value if isinstance(value, tuple) else (value,)
            made.append(chunk(type, struct.pack(f"<{len(numbers)}d", *numbers)))
    return made


def read_metadata(
    chunks: Iterable[Chunk], name: str, most: int, *, partial: bool = False
) -> Metadata:
    """What the chunks say; all blocks together have at most `most` bytes.

    Raises
    ------
    FormatError
        One is damaged, or there twice, unless `partial` lets it be.

    Examples
    --------
    >>> from kmc.formats.kmc.container import Chunk
    >>> from kmc.formats.kmc.metadata_chunks import read_metadata
    >>> read_metadata([Chunk(b"?", b"", 8)], "a.kmc", 1000)
    <kmc.Metadata: none>
    """
    fields: dict[str, Any] = {}
    for found in chunks:
        read: Callable[[Chunk, str, int], tuple[str, Any]]
        if found.type in _BLOCKS:
            read = _block
        elif found.type in _NUMBERS:
            read = _numbers
        else:
            continue
        try:
            field, value = read(found, name, most)
            if field in fields:
                raise FormatError(f"{name}: a second chunk {found.type!r} at byte {found.at}")
        except FormatError:
            if not partial:
                raise
        else:
            fields[field] = value
            most -= len(value) if isinstance(value, bytes) else 0
    return Metadata(**fields)


def _block(found: Chunk, name: str, most: int) -> tuple[str, bytes]:
    stream = zlib.decompressobj()
    try:
        block = stream.decompress(found.data, min(most + 1, sys.maxsize))
    except zlib.error as error:
        raise FormatError(f"{name}: chunk {found.type!r} at byte {found.at}: {error}") from error
    if not stream.eof or stream.unused_data or len(block) > most:
        raise FormatError(
            f"{name}: chunk {found.type!r} at byte {found.at} is not one zlib stream of at most "
            f"{most} bytes"
        )
    return _BLOCKS[found.type], block


def _numbers(found: Chunk, name: str, most: int) -> tuple[str, Any]:
    field, n = _NUMBERS[found.type]
    if len(found.data) != 8 * n:
        raise FormatError(
            f"{name}: chunk {found.type!r} at byte {found.at} has {len(found.data)} bytes, "
            f"not {8 * n}"
        )
    values = struct.unpack(f"<{n}d", found.data)
    value: Any = values if n > 1 else values[0]
    try:
        Metadata(**{field: value})
    except ArgumentError as error:
        raise FormatError(f"{name}: chunk {found.type!r} at byte {found.at}: {error}") from error
    return field, value
