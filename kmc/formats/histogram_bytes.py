"""A histogram in a few bytes a colour; `kmc.Histogram.to_bytes` describes the format."""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import CHANNELS, check_counts, morton_keys
from kmc.errors import ArgumentError, ArgumentTypeError

_MAGIC, _VERSION = b"KMCH", 1
_HEADER = struct.Struct("<4sBBBxQ")  # magic, version, channels, bytes a count, number of colours
_CHECKSUM = struct.Struct("<I")


def pack(colors: NDArray[np.uint8], counts: NDArray[np.int64]) -> bytes:
    """The bytes of distinct colours in Morton order, and of their counts.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.histogram_bytes import pack
    >>> pack(np.array([[7]], np.uint8), np.array([3]))[:8]
    b'KMCH\\x01\\x01\\x01\\x00'
    """
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
    """The arrays in the bytes of a histogram, once every rule of the format has been checked.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.histogram_bytes import pack, unpack
    >>> colors, counts = unpack(pack(np.array([[7], [9]], np.uint8), np.array([3, 300])))
    >>> colors.tolist(), counts.tolist()
    ([[7], [9]], [3, 300])
    """
    try:
        data = memoryview(data).cast("B")
    except TypeError as error:
        raise ArgumentTypeError(f"expected bytes, got {type(data).__name__}") from error
    if len(data) < _HEADER.size or data[: len(_MAGIC)] != _MAGIC:
        raise ArgumentError("not a histogram: the bytes do not begin as one does")
    _, version, channels, width, n = _HEADER.unpack_from(data)
    if version != _VERSION:
        raise ArgumentError(f"a histogram of version {version}; this kmc reads version {_VERSION}")
    if channels not in CHANNELS or width not in (1, 2, 4, 8) or n < 1:
        raise ArgumentError("a damaged histogram: its header makes no sense")
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
        raise ArgumentError("a damaged histogram: out of order, or wider than it needs to be")
    return colors, counts


def _count_width(counts: NDArray[np.int64]) -> int:
    return int(np.min_scalar_type(int(counts.max())).itemsize)
