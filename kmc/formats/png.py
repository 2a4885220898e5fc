"""PNG files with a palette (W3C PNG, third edition), written chunk by chunk.

Palette and indices are kept as they are: a PLTE entry for each colour, and tRNS up to the last one
that is not opaque. An index has 1, 2, 4 or 8 bits, as few as the palette allows unless a byte for
each compresses better. The bytes also depend on the version of libdeflate that compresses the rows.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kmc.cpu import thread_count
from kmc.formats.png_compression import SLOW, Plan, compressed_rows, deflated
from kmc.metadata import Metadata

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INDEXED = 3  # the colour type
_LONGEST = 2**31 - 1  # of a chunk, and of a side
_XMP_KEYWORD = b"XML:com.adobe.xmp\0\0\0\0\0"  # not compressed, of no language

_METRES = 0.0254  # in an inch

_HEADER = 8 + 25  # bytes: the signature and IHDR

# The longest profile that Pillow's reader decompresses.
MAX_PROFILE = 1 << 20


def png_bytes(
    indices: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    metadata: Metadata | None = None,
    *,
    level: int | None = None,
    threads: int | None = None,
    plan: Plan | None = None,
) -> bytes:
    """The PNG file of an indexed picture.

    Parameters
    ----------
    indices : ndarray of uint8, shape (H, W)
        Each below k.
    colors : ndarray of uint8, shape (k, 1), (k, 3) or (k, 4)
        The palette: grey, RGB, or RGB with straight alpha; k = 1 to 256.
    metadata : Metadata, optional
        What to keep: cICP, iCCP (or gAMA and cHRM), pHYs, eXIf, text, and XMP in an iTXt chunk.
    level : int, optional
        From 1, the fastest, to 9, the smallest. By default small pictures are compressed as well as
        can be, and large ones faster.
    threads : int, optional
        The most threads to use; by default ``kmc.cpu.threads()``. The bytes never depend on it.
    plan : Plan, optional
        How the rows compress best, where it is known.

    Returns
    -------
    bytes
    """
    height, width = indices.shape
    if max(height, width) > _LONGEST:
        raise ValueError(f"PNG holds at most {_LONGEST} rows and columns")
    layout, data = compressed_rows(indices, len(colors), level, thread_count(threads), plan)
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, layout.bits, _INDEXED, 0, 0, 0))]
    if metadata is not None:
        chunks += _color_chunks(metadata)
    chunks += _palette_chunks(colors)
    if metadata is not None:
        chunks += _other_chunks(metadata)
    chunks += [(b"IDAT", data[at : at + _LONGEST]) for at in range(0, len(data), _LONGEST)]
    chunks += [(b"IEND", b"")]
    return b"".join([_SIGNATURE, *(_chunk(name, content) for name, content in chunks)])


def with_metadata(file: bytes, metadata: Metadata) -> bytes:
    """Insert the metadata chunks after the header of a PNG file without a palette."""
    chunks = (*_color_chunks(metadata), *_other_chunks(metadata))
    return b"".join([file[:_HEADER], *(_chunk(*each) for each in chunks), file[_HEADER:]])


def _chunk(name: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)


def _palette_chunks(colors: NDArray[np.uint8]) -> Iterator[tuple[bytes, bytes]]:
    rgb = np.repeat(colors, 3, axis=1) if colors.shape[1] == 1 else colors[:, :3]
    yield b"PLTE", rgb.tobytes()
    if colors.shape[1] == 4:
        below = np.flatnonzero(colors[:, 3] < 255)
        if len(below):
            yield b"tRNS", colors[: below[-1] + 1, 3].tobytes()


def _color_chunks(metadata: Metadata) -> Iterator[tuple[bytes, bytes]]:
    """The chunks that define the colours of RGB values, which come before the palette."""
    if metadata.cicp is not None:
        yield b"cICP", bytes(metadata.cicp)
    if metadata.icc_profile:
        profile = np.frombuffer(metadata.icc_profile, np.uint8)
        yield b"iCCP", b"ICC profile\0\0" + deflated(profile, SLOW)
    if metadata.gamma is not None:
        yield b"gAMA", struct.pack(">I", _scaled(metadata.gamma))
    if metadata.chromaticity is not None:
        yield b"cHRM", struct.pack(">8I", *map(_scaled, metadata.chromaticity))


def _other_chunks(metadata: Metadata) -> Iterator[tuple[bytes, bytes]]:
    if metadata.dpi is not None:
        across, down = (min(_LONGEST, round(dpi / _METRES)) for dpi in metadata.dpi)
        yield b"pHYs", struct.pack(">IIB", across, down, 1)
    elif metadata.aspect is not None:
        yield b"pHYs", struct.pack(">IIB", *metadata.aspect, 0)
    if metadata.exif is not None:
        yield b"eXIf", metadata.exif
    if metadata.xmp is not None:
        yield b"iTXt", _XMP_KEYWORD + metadata.xmp
    for keyword, text in metadata.text:
        yield _text_chunk(keyword, text)


def _text_chunk(keyword: str, text: str) -> tuple[bytes, bytes]:
    """Encode text as Latin-1 if possible, else as UTF-8; uncompressed and without a language."""
    name = keyword.encode("latin-1")
    try:
        return b"tEXt", name + b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", name + b"\0\0\0\0\0" + text.encode()


def _scaled(value: float) -> int:
    return max(0, min(_LONGEST, round(value * 100000)))
