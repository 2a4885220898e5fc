"""PNG files written chunk by chunk, and a plain decoder to compare with: neither knows Pillow.

The decoder follows the W3C Recommendation (third edition) literally, a pixel at a time.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SAMPLES = {GREY: 1, RGB: 3, INDEXED: 1, GREY_ALPHA: 2, RGBA: 4}
DEPTHS = {
    GREY: (1, 2, 4, 8, 16),
    RGB: (8, 16),
    INDEXED: (1, 2, 4, 8),
    GREY_ALPHA: (8, 16),
    RGBA: (8, 16),
}
KINDS = [(kind, depth) for kind, depths in DEPTHS.items() for depth in depths]

# First column, first row, steps across and down of the seven passes of Adam7.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2))  # fmt: skip

Samples = NDArray[np.uint16]


def chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I4s", len(content), name)
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def png_file(
    samples: Samples,
    kind: int,
    depth: int,
    *before: tuple[bytes, bytes],
    interlaced: bool = False,
    after: tuple[tuple[bytes, bytes], ...] = (),
) -> bytes:
    """A file of samples (H, W, C); `before` and `after` are chunks around the pixels."""
    height, width, _ = samples.shape
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced))
    parts = [samples]
    if interlaced:
        parts = [samples[y::down, x::across] for x, y, across, down in ADAM7]
    data = b"".join(_filtered(part, depth) for part in parts if part.size)
    chunks = [(b"IHDR", header), *before, (b"IDAT", zlib.compress(data)), *after, (b"IEND", b"")]
    return SIGNATURE + b"".join(chunk(*each) for each in chunks)


def _filtered(samples: Samples, depth: int) -> bytes:
    """Rows with their filters, which take turns."""
    rows = []
    step = max(1, samples.shape[2] * depth // 8)
    above: bytes = b""
    for y, values in enumerate(samples):
        row = _packed(values.ravel(), depth)
        above = above or bytes(len(row))
        kind = y % 5
        filtered = bytearray([kind])
        for i, value in enumerate(row):
            filtered.append((value - _predicted(kind, row, above, i, step)) & 255)
        rows.append(bytes(filtered))
        above = row
    return b"".join(rows)


def _packed(values: Samples, depth: int) -> bytes:
    if depth == 16:
        return values.astype(">u2").tobytes()
    bits = "".join(f"{value:0{depth}b}" for value in values.tolist())
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def _predicted(kind: int, row: bytes | bytearray, above: bytes, i: int, step: int) -> int:
    a = row[i - step] if i >= step else 0
    b = above[i]
    c = above[i - step] if i >= step else 0
    if kind == 4:
        distances = [abs(b - c), abs(a - c), abs(a + b - 2 * c)]
        return (a, b, c)[distances.index(min(distances))]
    return (0, a, b, (a + b) // 2)[kind]


class DecodedPng(NamedTuple):
    samples: Samples  # (H, W, C) as stored
    kind: int
    depth: int
    chunks: dict[bytes, bytes]


def chunks_of(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        yield name, data[at + 8 : at + 8 + length]
        at += 12 + length


def decoded_png(data: bytes) -> DecodedPng:
    content = b"".join(part for name, part in chunks_of(data) if name == b"IDAT")
    chunks = dict(chunks_of(data))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    rest = zlib.decompress(content)
    samples = np.zeros((height, width, SAMPLES[kind]), np.uint16)
    for x, y, across, down in ADAM7 if interlaced else ((0, 0, 1, 1),):
        part = samples[y::down, x::across]
        if part.size:
            rest = _unfilter(rest, part, depth)
    assert rest == b""
    return DecodedPng(samples, kind, depth, chunks)


def _unfilter(data: bytes, out: Samples, depth: int) -> bytes:
    """Fill samples from the beginning of the data, and return what follows."""
    height, width, channels = out.shape
    length = -(-width * channels * depth // 8)
    step = max(1, channels * depth // 8)
    above = bytes(length)
    for y in range(height):
        kind, filtered, data = data[0], data[1 : 1 + length], data[1 + length :]
        row = bytearray()
        for i, value in enumerate(filtered):
            row.append((value + _predicted(kind, row, above, i, step)) & 255)
        above = bytes(row)
        if depth == 16:
            values = np.frombuffer(above, ">u2")
        else:
            bits = "".join(f"{byte:08b}" for byte in above)
            values = np.array([int(bits[depth * i :][:depth], 2) for i in range(width * channels)])
        out[y] = values.reshape(width, channels)
    return data


def rgba_of(data: bytes) -> NDArray[np.float64]:
    """The picture as RGBA from 0 to 255, with the fractions that 16 bits have."""
    png = decoded_png(data)
    key = png.chunks.get(b"tRNS")
    rgba = np.full((*png.samples.shape[:2], 4), 255.0)
    if png.kind == INDEXED:
        table = np.frombuffer(png.chunks[b"PLTE"], np.uint8).reshape(-1, 3)
        rgba[..., :3] = table[png.samples[..., 0]]
        alpha = np.full(256, 255)
        alpha[: len(key or b"")] = list(key or b"")
        rgba[..., 3] = alpha[png.samples[..., 0]]
        return rgba
    scaled = png.samples * (255 / ((1 << png.depth) - 1))
    colors = 1 if png.kind in (GREY, GREY_ALPHA) else 3
    rgba[..., :3] = scaled[..., :colors]
    if png.kind in (GREY_ALPHA, RGBA):
        rgba[..., 3] = scaled[..., -1]
    elif key is not None:
        wanted = np.frombuffer(key, ">u2")
        rgba[..., 3] = np.where((png.samples == wanted).all(axis=2), 0, 255)
    return rgba
