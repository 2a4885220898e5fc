"""Metadata in .kmc files: a chunk for each kind, which readers may skip."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import Any

from kmc.core import _core
from kmc.errors import ArgumentError, ArgumentTypeError, FormatError
from kmc.formats.kmc.container import Chunk, chunk, read_varint, varint
from kmc.metadata import Metadata

# Blocks are byte strings, coded or stored; numbers are doubles, lowest byte first.
_BLOCKS = {b"c": "icc_profile", b"e": "exif", b"x": "xmp"}
_NUMBERS = {b"d": ("dpi", 2), b"g": ("gamma", 1), b"w": ("chromaticity", 8)}

# A coded block has at most this many times the bytes of its code, so that a small file cannot ask
# for much memory or time. A writer appends zeros to shorter code: they do not change it.
_MAX_EXPANSION = 64


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
            if not isinstance(block, bytes | bytearray | memoryview):
                raise ArgumentTypeError(f"{field} must be bytes, not {block.__class__.__name__}")
            made.append(chunk(type, _coded(bytes(block))))
    for type, (field, _) in _NUMBERS.items():
        if (value := getattr(metadata, field)) is not None:
            numbers = value if isinstance(value, tuple) else (value,)
            made.append(chunk(type, struct.pack(f"<{len(numbers)}d", *numbers)))
    return made


def metadata_bytes(metadata: Metadata) -> int:
    """The bytes of the blocks of metadata.

    Examples
    --------
    >>> import kmc
    >>> from kmc.formats.kmc.metadata_chunks import metadata_bytes
    >>> metadata_bytes(kmc.Metadata(dpi=(300.0, 300.0), xmp=b"<x/>"))
    4
    """
    blocks = (getattr(metadata, field) for field in _BLOCKS.values())
    return sum(len(block) for block in blocks if block is not None)


def read_metadata(
    chunks: Iterable[Chunk], name: str, most: int, *, partial: bool = False
) -> Metadata:
    """The metadata that the chunks hold; all blocks together take at most `most` bytes of memory.

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


def _coded(block: bytes) -> bytes:
    """A block as its chunk holds it: its size and code, or 0 and the bytes themselves."""
    code = _core.block_write(block) if block else b""
    code = code.ljust(-(-len(block) // _MAX_EXPANSION), b"\0")
    coded, stored = varint(len(block)) + code, varint(0) + block
    return coded if len(coded) < len(stored) else stored


def _block(found: Chunk, name: str, most: int) -> tuple[str, bytes]:
    where = f"{name}: chunk {found.type!r} at byte {found.at}"
    size, start = read_varint(found.data, 0, where)
    code = found.data[start:]
    if size == 0:
        size, tables = len(code), 0
    elif size > _MAX_EXPANSION * len(code):
        raise FormatError(
            f"{where} claims {size} bytes in a code of {len(code)}, which holds at most "
            f"{_MAX_EXPANSION * len(code)}"
        )
    else:
        tables = _core.block_bytes(size)
    if size + tables > most:
        raise FormatError(
            f"{where} takes {size + tables} bytes of memory, and max_memory leaves {most} for it"
        )
    return _BLOCKS[found.type], _core.block_read(code, size) if tables else code


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
