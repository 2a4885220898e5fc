"""Metadata in .kmc files: a chunk for each kind, which readers may skip."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kmc import core
from kmc.errors import ArgumentError, FormatError
from kmc.formats.kmc.container import Chunk, chunk, read_varint, varint
from kmc.metadata import Metadata

# Blocks are byte strings, coded or stored; numbers have these types, lowest byte first.
_BLOCKS = {b"c": "icc_profile", b"e": "exif", b"x": "xmp", b"t": "text"}
_NUMBERS = {
    b"d": ("dpi", "<2d"),
    b"g": ("gamma", "<d"),
    b"w": ("chromaticity", "<8d"),
    b"p": ("cicp", "<4B"),
    b"a": ("aspect", "<2I"),
}

# A coded block has at most this many times the bytes of its code, so that a small file cannot ask
# for much memory or time. A writer appends zeros to shorter code: they do not change it.
_MAX_EXPANSION = 64


def metadata_chunks(metadata: Metadata) -> list[bytes]:
    """The chunks for all metadata that is present."""
    made = [chunk(type, _coded(block)) for type, block in _blocks(metadata)]
    for type, (field, layout) in _NUMBERS.items():
        if (value := getattr(metadata, field)) is not None:
            numbers = value if isinstance(value, tuple) else (value,)
            made.append(chunk(type, struct.pack(layout, *numbers)))
    return made


def metadata_bytes(metadata: Metadata) -> int:
    """The bytes of the blocks of metadata."""
    return sum(len(block) for _, block in _blocks(metadata))


def _blocks(metadata: Metadata) -> Iterator[tuple[bytes, bytes]]:
    """The blocks that are present, with the types of their chunks."""
    for type, field in _BLOCKS.items():
        block = getattr(metadata, field)
        if field == "text":
            pairs = (f"{keyword}\0{text}\0".encode() for keyword, text in block)
            block = b"".join(pairs) or None
        if block is not None:
            yield type, bytes(block)


def _text(block: bytes) -> tuple[tuple[str, str], ...]:
    """The keywords and texts in a block, each followed by a NUL.

    Raises
    ------
    ValueError
        They are not of UTF-8, or not in pairs.
    """
    *parts, end = block.decode("utf-8").split("\0")
    if end or len(parts) % 2:
        raise ValueError("its keywords and texts are not in pairs")
    return tuple(zip(parts[::2], parts[1::2], strict=True))


def read_metadata(
    chunks: Iterable[Chunk], name: str, most: int, *, partial: bool = False
) -> Metadata:
    """The metadata that the chunks hold; all blocks together take at most `most` bytes of memory.

    Raises
    ------
    FormatError
        One is damaged, or there twice, unless `partial` is given.
    """
    fields: dict[str, Any] = {}
    for found in chunks:
        read: Callable[[Chunk, str, int], tuple[str, Any, int]]
        if found.type in _BLOCKS:
            read = _block
        elif found.type in _NUMBERS:
            read = _numbers
        else:
            continue
        try:
            field, value, size = read(found, name, most)
            if field in fields:
                raise FormatError(f"{name}: a second chunk {found.type!r} at byte {found.at}")
        except FormatError:
            if not partial:
                raise
        else:
            fields[field] = value
            most -= size
    return Metadata(**fields)


def _coded(block: bytes) -> bytes:
    """Encode a block for its chunk: its size and code, or 0 and the bytes themselves."""
    code = core.codec.block_write(block) if block else b""
    code = code.ljust(-(-len(block) // _MAX_EXPANSION), b"\0")
    coded, stored = varint(len(block)) + code, varint(0) + block
    return coded if len(coded) < len(stored) else stored


def _block(found: Chunk, name: str, most: int) -> tuple[str, Any, int]:
    """The field, its value, and the bytes of its block."""
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
        tables = core.codec.block_bytes(size)
    if size + tables > most:
        raise FormatError(
            f"{where} takes {size + tables} bytes of memory, and max_memory leaves {most} for it"
        )
    field, block = _BLOCKS[found.type], core.codec.block_read(code, size) if tables else code
    if field != "text":
        return field, block, size
    try:
        text = _text(block)
        Metadata(text=text)
    except ValueError as error:  # of UTF-8, and ArgumentError
        raise FormatError(f"{where}: {error}") from error
    return field, text, size


def _numbers(found: Chunk, name: str, most: int) -> tuple[str, Any, int]:
    """The field, its value, and 0 bytes of a block."""
    where = f"{name}: chunk {found.type!r} at byte {found.at}"
    field, layout = _NUMBERS[found.type]
    size = struct.calcsize(layout)
    if len(found.data) != size:
        raise FormatError(f"{where} has {len(found.data)} bytes, not {size}")
    values = struct.unpack(layout, found.data)
    value: Any = values if len(values) > 1 else values[0]
    try:
        Metadata(**{field: value})
    except ArgumentError as error:
        raise FormatError(f"{where}: {error}") from error
    return field, value, 0
