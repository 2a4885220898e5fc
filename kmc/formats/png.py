"""PNG files with a palette (W3C PNG, third edition), written chunk by chunk.

Palette and indices are kept as they are: a PLTE entry for each colour, and tRNS up to the last one
that is not opaque. An index has 1, 2, 4 or 8 bits, as few as the palette allows unless a byte for
each compresses better. Rows are filtered and compressed by the engine (src_c/png/filter.c,
src_c/png/deflate.c), so that the bytes do not depend on which zlib is installed.
"""

from __future__ import annotations

import itertools
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from kmc.core import _core
from kmc.cpu import thread_count
from kmc.metadata import Metadata

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_INDEXED = 3  # the colour type
_LONGEST = 2**31 - 1  # of a chunk, and of a side
XMP_KEYWORD = b"XML:com.adobe.xmp\0\0\0\0\0"  # not compressed, of no language

# How to put the rows is chosen by compressing so many pixels, in so many bands, in each way.
SAMPLE = 48 * 1024
BANDS = 3
# Up to so many pixels all ways are tried, and beyond where a pixel takes so few bits. Photographs
# of more than four colours take more; for a small picture there is time even so.
TINY, SMALL = 1 << 12, 1 << 15
SMALL_BITS, LARGE_BITS = 1.25, 0.5
# Beyond, rows without filters repeat more of a whole picture than of its sample: there, filters
# save 2.7 % more (deviating by 2.8 %) than of the picture. So they have to save 2 % to be chosen.
MARGIN = 0.98

NONE, SUB, UP, LEAST = 0, 1, 2, -1  # filters, and the choice for each row

_METRES = 0.0254  # in an inch


def png_bytes(
    indices: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    metadata: Metadata | None = None,
    *,
    threads: int | None = None,
) -> bytes:
    """The PNG file of an indexed picture.

    Parameters
    ----------
    indices : ndarray of uint8, shape (H, W)
        Each below k.
    colors : ndarray of uint8, shape (k, 1), (k, 3) or (k, 4)
        The palette: grey, RGB, or RGB with straight alpha; k = 1 to 256.
    metadata : Metadata, optional
        What to keep: iCCP (or gAMA and cHRM), pHYs, eXIf, and XMP in an iTXt chunk.
    threads : int, optional
        The most threads to use; by default ``kmc.cpu.threads()``. The bytes never depend on it.

    Returns
    -------
    bytes

    Examples
    --------
    >>> import io, numpy as np
    >>> from PIL import Image
    >>> from kmc.formats.png import png_bytes
    >>> colors = np.array([[9, 9, 9], [1, 2, 3]], np.uint8)
    >>> file = png_bytes(np.array([[0, 1, 1]], np.uint8), colors)
    >>> picture = Image.open(io.BytesIO(file))
    >>> picture.mode, picture.size, picture.getpalette()
    ('P', (3, 1), [9, 9, 9, 1, 2, 3])
    """
    height, width = indices.shape
    if max(height, width) > _LONGEST:
        raise ValueError(f"PNG holds at most {_LONGEST} rows and columns")
    bits, data = _compressed(indices, index_bits(len(colors)), thread_count(threads))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, _INDEXED, 0, 0, 0))]
    if metadata is not None:
        chunks += _color_chunks(metadata)
    chunks += _palette_chunks(colors)
    if metadata is not None:
        chunks += _other_chunks(metadata)
    chunks += [(b"IDAT", data[at : at + _LONGEST]) for at in range(0, len(data), _LONGEST)]
    chunks += [(b"IEND", b"")]
    return b"".join([_SIGNATURE, *(_chunk(name, content) for name, content in chunks)])


def bits_a_pixel(indices: NDArray[np.uint8], k: int, threads: int = 1) -> float:
    """What the rows of a PNG file take, of a large picture those of its sample, quickly.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.png import bits_a_pixel
    >>> bits_a_pixel(np.zeros((10, 10), np.uint8), 2)
    0.8
    """
    bits = index_bits(k)
    if indices.size <= SMALL:
        return 8 * len(_compressed(indices, bits, threads)[1]) / indices.size
    least = min(map(len, _tried(indices, bits, threads).values()))
    return 8 * least / _tried_pixels(indices).size


def index_bits(k: int) -> int:
    """As few bits as PNG can give to an index below k: 1, 2, 4 or 8.

    Examples
    --------
    >>> from kmc.formats.png import index_bits
    >>> [index_bits(k) for k in (1, 2, 3, 16, 17, 256)]
    [1, 1, 2, 4, 8, 8]
    """
    return next(bits for bits in (1, 2, 4, 8) if k <= 1 << bits)


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
    """Those that say what RGB values mean, which come before the palette."""
    if metadata.icc_profile:
        profile = np.frombuffer(metadata.icc_profile, np.uint8)
        yield b"iCCP", b"ICC profile\0\0" + _core.deflate(profile, 1)
    if metadata.gamma is not None:
        yield b"gAMA", struct.pack(">I", _scaled(metadata.gamma))
    if metadata.chromaticity is not None:
        yield b"cHRM", struct.pack(">8I", *map(_scaled, metadata.chromaticity))


def _other_chunks(metadata: Metadata) -> Iterator[tuple[bytes, bytes]]:
    if metadata.dpi is not None:
        across, down = (min(_LONGEST, round(dpi / _METRES)) for dpi in metadata.dpi)
        yield b"pHYs", struct.pack(">IIB", across, down, 1)
    if metadata.exif is not None:
        yield b"eXIf", metadata.exif
    if metadata.xmp is not None:
        yield b"iTXt", XMP_KEYWORD + metadata.xmp


def _scaled(value: float) -> int:
    return max(0, min(_LONGEST, round(value * 100000)))


# The bits an index and the filter.
_Way = tuple[int, int]


def _compressed(indices: NDArray[np.uint8], bits: int, threads: int) -> tuple[int, bytes]:
    """The bits an index and the rows, in the smallest of some ways, found on a sample."""
    found = _tried(indices, bits, threads)
    best = min(found, key=lambda way: len(found[way]))
    if indices.size > 2 * SAMPLE and len(found) == 2:
        pays = len(found[bits, LEAST]) < MARGIN * len(found[bits, NONE])
        best = (bits, LEAST if pays else NONE)
    whole = indices.size <= TINY
    return best[0], found[best] if whole else _stream(indices, best, threads, quick=False)


def _tried(indices: NDArray[np.uint8], bits: int, threads: int) -> dict[_Way, bytes]:
    """The rows of a sample in each way that may pay.

    Photographs of few colours want filters or not; pictures that compress to next to nothing may
    also want one filter for all rows, or a byte for each index, so that what repeats does so in
    whole bytes. What is tiny is compressed for good in each way.
    """
    sample = _tried_pixels(indices)
    quick = indices.size > TINY
    found = {
        (bits, filter): _stream(sample, (bits, filter), threads, quick) for filter in (NONE, LEAST)
    }
    limit = SMALL_BITS if indices.size <= SMALL else LARGE_BITS
    if not quick or 8 * min(map(len, found.values())) < limit * sample.size:
        ways = set(itertools.product((bits, 8), (NONE, SUB, UP, LEAST))) - set(found)
        found |= {way: _stream(sample, way, threads, quick) for way in sorted(ways)}
    return found


def _tried_pixels(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return indices if indices.size <= 2 * SAMPLE else _sample(indices)


def _stream(pixels: NDArray[np.uint8], way: _Way, threads: int, quick: bool) -> bytes:
    rows = _core.png_filter(_packed(pixels, way[0]), threads, way[1])
    return _core.deflate(rows.reshape(-1), threads, quick)


def _packed(indices: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """The rows with the first index of a byte in its high bits, filled up with zeros."""
    if bits == 8:
        return np.ascontiguousarray(indices)
    height, width = indices.shape
    in_byte = 8 // bits
    padded = np.zeros((height, -(-width // in_byte) * in_byte), np.uint8)
    padded[:, :width] = indices
    rows = np.zeros((height, padded.shape[1] // in_byte), np.uint8)
    for place in range(in_byte):
        rows |= padded[:, place::in_byte] << (8 - bits - bits * place)
    return rows


def _sample(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bands from all over the picture, one above the other."""
    height, width = indices.shape
    wide = min(width, SAMPLE // BANDS)
    high = SAMPLE // BANDS // wide
    bands = []
    for odd in range(1, 2 * BANDS, 2):  # not at the edges, where pictures are flat
        y, x = ((odd * room + BANDS) // (2 * BANDS) for room in (height - high, width - wide))
        bands.append(indices[y : y + high, x : x + wide])
    return np.concatenate(bands)
