"""Dithering in plain Python: one pixel after the other, every entry compared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.space import SpaceName, coordinates

BAND, LEAD_IN = 64, 8
FLOYD_STEINBERG = {(1, 0): 7, (-1, 1): 3, (0, 1): 5, (1, 1): 1}
ATKINSON = dict.fromkeys([(1, 0), (2, 0), (-1, 1), (0, 1), (1, 1), (0, 2)], 2)
Ints = NDArray[np.int64]


class Dithering:
    """A picture, its plain indices and a palette, (k, C), as dithering sees them."""

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        plain: Any,
        colors: NDArray[np.uint8],
        space: SpaceName = "rgb",
    ) -> None:
        height, width, channels = pixels.shape
        self.n = channels
        places = coordinates(pixels.reshape(-1, channels), space)
        self.at = places.reshape(height, width, 4)[..., :channels].astype(np.int64)
        self.palette = coordinates(colors, space)[:, :channels].astype(np.int64)
        self.alpha = pixels[..., 3] if channels == 4 else np.full((height, width), 255)
        self.plain = plain
        self.low, self.high = self.palette.min(axis=0), self.palette.max(axis=0)

    def nearest(self, point: Ints, opaque: bool) -> int:
        """The nearest entry, the first on ties; of the opaque ones, if any, for opaque pixels."""
        squares = np.square(self.palette - point).sum(axis=1)
        if self.n == 4 and opaque and (self.palette[:, 3] == 0).any():
            squares[self.palette[:, 3] != 0] = np.iinfo(np.int64).max
        return int(squares.argmin())

    def within(self, value: Ints, own: Ints) -> Ints:
        """Kept in the box of the palette, or where it was."""
        return np.clip(value, np.minimum(own, self.low), np.maximum(own, self.high))


def limits(d: Dithering) -> Ints:
    """Four times the mean error of the plain mapping over 3 x 3 pixels, in 64ths of a level."""
    off = np.abs(d.at - d.palette[d.plain]).sum(axis=2)
    wide = np.pad(off, 1, mode="edge")
    height, width = off.shape
    total = sum(wide[y : y + height, x : x + width] for y in range(3) for x in range(3))
    return (total >> 4) * (4 * 65536 // (9 * d.n)) >> 12


def diffuse(d: Dithering, weights: dict[tuple[int, int], int], strength: int) -> Ints:
    """Error diffusion; weights in sixteenths, x counted the way the row is gone."""
    limit, indices = limits(d), np.empty(d.plain.shape, np.int64)
    for begin in range(0, len(indices), BAND):
        first = max(0, begin - LEAD_IN)
        rows = diffused_rows(d, weights, 208 * strength // 256, limit, first)
        for y, row in zip(range(first, min(begin + BAND, len(indices))), rows, strict=False):
            if y >= begin:
                indices[y] = row
    return indices


def diffused_rows(
    d: Dithering, weights: dict[tuple[int, int], int], passed: int, limit: Ints, first: int
) -> Iterator[Ints]:
    """The indices of the rows from `first` on, where no error is waiting yet."""
    height, width = d.plain.shape
    waiting = np.zeros((height + 2, width + 4, d.n), np.int64)
    for y in range(first, height):
        row = np.empty(width, np.int64)
        step = 1 if y % 2 == 0 else -1
        for x in range(width)[::step]:
            row[x] = d.plain[y, x]
            if d.alpha[y, x] == 0:
                continue
            opaque, own = bool(d.alpha[y, x] == 255), d.at[y, x]
            push = (waiting[y, x + 2] + 8 >> 4) * passed + 128 >> 8
            push = np.clip(push, -limit[y, x], limit[y, x])
            if opaque and d.n == 4 and (d.palette[:, 3] == 0).any():
                push[3] = 0
            point = d.within(own + push, own)
            row[x] = d.nearest(point, opaque)
            error = point - d.palette[row[x]]
            for (dx, dy), weight in weights.items():
                waiting[y + dy, x + 2 + dx * step] += weight * error
        yield row


def mixture(d: Dithering, own: Ints, plain: int, opaque: bool, strength: int) -> list[int]:
    """Sixteen entries that together look like a colour, in the order in which they are found."""
    target = d.palette[plain] + ((own - d.palette[plain]) * strength + 128 >> 8)
    limit = 3 * int(np.abs(target - d.palette[plain]).sum()) // d.n
    if opaque and d.n == 4 and (d.palette[:, 3] == 0).any():
        limit = 3 * int(np.abs(target - d.palette[plain])[:3].sum()) // 3
    owed, found = np.zeros(d.n, np.int64), []
    for _ in range(16):
        owed = np.clip(owed, -limit, limit)
        found.append(d.nearest(d.within(target + owed, target), opaque))
        owed = (owed * 208 + 128 >> 8) + target - d.palette[found[-1]]
    return found


def order(d: Dithering, mask: Ints, light: Ints, strength: int) -> Ints:
    """Ordered dithering: a mask, of thresholds 0 to 15, chooses from mixtures sorted by `light`."""
    indices = np.array(d.plain, np.int64)
    for y, x in np.ndindex(indices.shape):
        if d.alpha[y, x] == 0:
            continue
        opaque = bool(d.alpha[y, x] == 255)
        found = mixture(d, d.at[y, x], int(d.plain[y, x]), opaque, strength)
        found.sort(key=lambda index: light[index])
        indices[y, x] = found[mask[y % len(mask), x % len(mask)]]
    return indices


def bayer() -> Ints:
    """Thresholds 0 to 15 of Bayer's matrix of 8 x 8, by its recursion.

    >>> bayer()[:2, :4].tolist()
    [[0, 8, 2, 10], [12, 4, 14, 6]]
    """
    matrix = np.zeros((1, 1), np.int64)
    for _ in range(3):
        matrix = np.block([[4 * matrix, 4 * matrix + 2], [4 * matrix + 3, 4 * matrix + 1]])
    return matrix // 4
