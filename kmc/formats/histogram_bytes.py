"""Histograms as bytes; `kmc.Histogram.to_bytes` describes the format."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import CHANNELS, check_counts, morton_keys
from kmc.errors import ArgumentError, ArgumentTypeError

_MAGIC, _VERSION = b"KMCH", 1
_HEADER = struct.Struct("<4sBBBxQ")  # magic, version, channels, bytes per count, number of colours
_CHECKSUM = struct.Struct("<I")


def pack(colors: NDArray[np.uint8], counts: NDArray[np.int64]) -> bytes:
    """Serialize distinct colours in Morton order with their counts."""
    n, channels = colors.shape
    width = _count_width(counts)
    data = b"".join(
        (
            _HEADER.pack(_MAGIC, _VERSION, channels, width, n),
            colors.tobytes(),
            counts.astype(f"<u{width}").tobytes(),
        )
    )
    return data + _CHECKSUM.pack(zlib.crc32(data))


def unpack(
    data: bytes | bytearray | memoryview,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read colours and counts, and check every rule of the format."""
    try:
        data = memoryview(data).cast("B")
    except TypeError as error:
        raise ArgumentTypeError(f"expected bytes, got {type(data).__name__}") from error
    if len(data) < _HEADER.size or data[: len(_MAGIC)] != _MAGIC:
        raise ArgumentError("not a histogram: it does not begin with KMCH")
    _, version, channels, width, n = _HEADER.unpack_from(data)
    if version != _VERSION:
        raise ArgumentError(f"a histogram of version {version}; this kmc reads version {_VERSION}")
    if channels not in CHANNELS or width not in (1, 2, 4, 8) or n < 1:
        raise ArgumentError("a damaged histogram: its header is invalid")
    at_counts = _HEADER.size + n * channels
    end = at_counts + n * width
    if len(data) != end + _CHECKSUM.size:
        raise ArgumentError(
            f"not a whole histogram: expected {end + _CHECKSUM.size} bytes, got {len(data)}"
        )
    if zlib.crc32(data[:end]) != _CHECKSUM.unpack_from(data, end)[0]:
        raise ArgumentError("a damaged histogram: the checksum does not match")
    colors = np.frombuffer(data, np.uint8, n * channels, _HEADER.size).reshape(n, channels).copy()
    counts = np.frombuffer(data, f"<u{width}", n, at_counts)
    check_counts(counts)
    counts = counts.astype(np.int64)
    keys = morton_keys(colors)
    if (keys[1:] <= keys[:-1]).any() or width != _count_width(counts) or data[7]:
        raise ArgumentError(
            "a damaged histogram: colours out of order, or counts wider than necessary"
        )
    return colors, counts


def _count_width(counts: NDArray[np.int64]) -> int:
    return int(np.min_scalar_type(int(counts.max())).itemsize)
