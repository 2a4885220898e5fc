"""Arrays of colours: checks, conversion to more channels, Morton order, hex codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.colors.chunks import chunks
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.utils.arguments import array

CHANNELS = (1, 3, 4)

# Sorting more colours would take more than about 100 ms.
SORTED_AT_ONCE = 1 << 19

# Distinct colours, (n, C), and their counts, (n,).
Counted = tuple[NDArray[np.uint8], NDArray[np.int64]]

MAX_COLORS = 65536


def checked_colors(name: str, colors: ArrayLike | Sequence[str]) -> NDArray[np.uint8]:
    """Check and copy the palette colours given by a caller; errors call them `name`.

    They may be an array or hex codes. If only some of the codes have alpha, the others are opaque.
    """
    values = array(name, colors)
    if values.ndim == 1 and values.dtype.kind == "U":
        values = np.array(_colors_of_codes(name, values.tolist()))
    if values.ndim != 2 or values.shape[1] not in CHANNELS or not 1 <= len(values) <= MAX_COLORS:
        raise ArgumentError(
            f"{name} must have shape (k, C), k = 1 to {MAX_COLORS}, C one of 1, 3, 4, "
            f"not {values.shape}"
        )
    if values.dtype.kind not in "iu":
        raise ArgumentTypeError(f"{name} must be uint8, not {values.dtype}")
    if values.min() < 0 or values.max() > 255:
        raise ArgumentError(f"{name} must lie in 0..255")
    return np.array(values, np.uint8, order="C")


def _colors_of_codes(name: str, codes: Sequence[str]) -> list[tuple[int, ...]]:
    try:
        colors = [color_of_code(code) for code in codes]
    except ValueError as error:
        raise ArgumentError(f"{name}: {error}") from None
    channels = max(map(len, colors))
    return [(*color, 255)[:channels] for color in colors]


def color_of_code(code: str) -> tuple[int, ...]:
    """The 3 or 4 channels of ``#rgb``, ``#rgba``, ``#rrggbb`` or ``#rrggbbaa``.

    Raises
    ------
    ValueError
        `code` has none of these forms; the ``#`` may be missing.
    """
    found = re.fullmatch(r"#?((?:[0-9A-Fa-f]{3,4}){1,2})", code)
    if found is None or len(found[1]) == 7:
        raise ValueError(f"{code[:40]!r} is no colour like #ff8000, or #ff800080 with alpha")
    digits = found[1] if len(found[1]) >= 6 else "".join(2 * digit for digit in found[1])
    return tuple(bytes.fromhex(digits))


def promoted(colors: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Convert colours of shape (..., C) to at least `channels` channels.

    Grey becomes equal red, green and blue; an added alpha channel is opaque.
    """
    if colors.shape[-1] == 1 and channels > 1:
        colors = np.repeat(colors, 3, axis=-1)
    if colors.shape[-1] == 3 and channels == 4:
        opaque = np.full((*colors.shape[:-1], 1), 255, np.uint8)
        colors = np.concatenate((colors, opaque), axis=-1)
    return colors


def color_channels(channels: int) -> int:
    """How many of the channels are colours: errors with alpha are those seen over a background."""
    return min(channels, 3)


def rgb_colors(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The colours as RGB, (k, 3): grey is repeated, alpha dropped."""
    return promoted(colors, 3)[:, :3]


def hex_codes(colors: NDArray[np.uint8]) -> list[str]:
    """``#rrggbb`` for opaque colours, ``#rrggbbaa`` for others."""
    return [
        "#" + color.tobytes().hex()[: 6 if color[3:].sum() == 255 else 8]
        for color in promoted(colors, 3)
    ]


def morton_keys(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The Morton key of every colour: the bits of its channels interleaved, highest first."""
    channels = colors.shape[1]
    levels = np.arange(256, dtype=np.uint32)
    spread = np.zeros(256, np.uint32)
    for bit in range(8):
        spread |= (levels >> bit & 1) << (bit * channels)
    keys = np.zeros(len(colors), np.uint32)
    for part in chunks(len(colors)):
        for channel in range(channels):
            keys[part] |= spread[colors[part, channel]] << np.uint32(channels - 1 - channel)
    return keys


def merged(colors: NDArray[np.uint8], counts: NDArray[np.int64]) -> Counted:
    """The distinct colours in Morton order; counts of equal colours are added."""
    if len(colors) <= SORTED_AT_ONCE:
        return _merged_few(morton_keys(colors), colors, counts)
    half = len(colors) // 2
    parts = merged(colors[:half], counts[:half]), merged(colors[half:], counts[half:])
    return added(*parts, threads=1)


def added(a: Counted, b: Counted, threads: int) -> Counted:
    """The sum of two histograms, each of distinct colours in Morton order and their counts."""
    return core.colors.add_histograms(*a, *b, threads)


def _merged_few(
    keys: NDArray[np.uint32], colors: NDArray[np.uint8], counts: NDArray[np.int64]
) -> Counted:
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    return colors[order[first]], np.add.reduceat(counts[order], first)


def placed(colors: NDArray[np.uint8], some: Counted) -> NDArray[np.int64]:
    """The counts of some of the colours as counts of all of them, which is 0 for the others."""
    counts, keys = np.zeros(len(colors), np.int64), morton_keys(colors)
    for part in chunks(len(some[0])):
        counts[np.searchsorted(keys, morton_keys(some[0][part]))] = some[1][part]
    return counts


def checked_counts(name: str, counts: ArrayLike) -> NDArray[np.int64]:
    """Check and copy the pixel counts of palette colours, 0 or more."""
    values = array(name, counts)
    if values.dtype.kind not in "iu":
        raise ArgumentTypeError(f"{name} must be integers, not {values.dtype}")
    if values.size and not 0 <= values.min() <= values.max() < 2**63:
        raise ArgumentError(f"{name} must be 0 or more, and below 2**63")
    return np.array(values, np.int64)


def index_dtype(k: int) -> type[np.uint8] | type[np.uint16]:
    """The type of the indices of k colours."""
    return np.uint8 if k <= 256 else np.uint16


def check_counts(counts: NDArray[Any]) -> None:
    """Raise ArgumentError unless counts are positive and their sum fits 63 bits."""
    if counts.min() < 1:
        raise ArgumentError(f"every count must be at least 1, not {counts.min()}")
    # The exact sum in Python integers is slow, and a float sum mostly rules out an overflow.
    if counts.sum(dtype=np.float64) >= 2.0**62:
        check_total(sum(counts.tolist()))


def check_total(n_pixels: int) -> None:
    """Raise ArgumentError unless the sum of some counts fits 63 bits."""
    if n_pixels >= 2**63:
        raise ArgumentError("the sum of the counts must be below 2**63")
