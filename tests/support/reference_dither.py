"""Dithering in plain Python: one pixel and one colour after the other, every entry compared."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.colors.spaces import SpaceName, coordinates

BAND, LEAD_IN = 32, 4
CELL_BITS = {1: 8, 3: 6, 4: 5}
CELL_BITS_OF_COORDINATES = CELL_BITS | {3: 7}
REACH, STEPS = 2, np.arange(-2, 3)
FLOYD_STEINBERG = {(1, 0): 7, (-1, 1): 3, (0, 1): 5, (1, 1): 1}
ATKINSON = dict.fromkeys([(1, 0), (2, 0), (-1, 1), (0, 1), (1, 1), (0, 2)], 2)
Ints = NDArray[np.int64]


class Dithering:
    """A picture and a palette, (k, C), as dithering sees them."""

    def __init__(
        self,
        pixels: NDArray[np.uint8],
        colors: NDArray[np.uint8],
        space: SpaceName = "rgb",
    ) -> None:
        height, width, channels = pixels.shape
        self.n, self.pixels = channels, pixels
        levels = space == "rgb" and channels < 4
        self.cell_bits = CELL_BITS if levels else CELL_BITS_OF_COORDINATES
        places = coordinates(pixels.reshape(-1, channels), space)
        self.at = places.reshape(height, width, 4)[..., :channels].astype(np.int64)
        self.palette = coordinates(colors, space)[:, :channels].astype(np.int64)
        self.alpha = pixels[..., 3] if channels == 4 else np.full((height, width), 255)
        self.clear = coordinates(np.zeros((1, channels), np.uint8), space)[0, :channels].astype(int)
        self.low, self.high = self.palette.min(axis=0), self.palette.max(axis=0)

    def served(self, opaque: bool) -> tuple[int, NDArray[np.bool_]]:
        """By how many coordinates, and which entries, serve opaque pixels, or others."""
        if self.n == 4 and opaque and (self.palette[:, 3] == 0).any():
            return 3, self.palette[:, 3] == 0
        return self.n, np.ones(len(self.palette), bool)

    def nearest(self, point: Ints, opaque: bool) -> int:
        """The nearest entry, the first on ties; of the opaque ones, if any, for opaque pixels."""
        _, serving = self.served(opaque)
        squares = np.square(self.palette - point).sum(axis=1)
        return int(np.where(serving, squares, np.iinfo(np.int64).max).argmin())

    def looked_up(self, point: Ints, opaque: bool, exact: bool) -> int:
        """The only entry in the cell of a point, or else the nearest to its centre. For an exact
        lookup, cells are subdivided until none contains several entries."""
        n, serving = self.served(opaque)
        shift = 14 - self.cell_bits[n]
        while True:
            same = (self.palette[:, :n] >> shift == point[:n] >> shift).all(axis=1) & serving
            inside = np.flatnonzero(same)
            places = np.unique(self.palette[inside, :n], axis=0)
            if len(places) == 1:
                return int(inside[0])
            if len(places) == 0 or not exact:
                middle = np.zeros_like(point)
                middle[:n] = (point[:n] >> shift << shift) + (1 << shift) // 2
                return self.nearest(middle, opaque)
            shift -= min(shift, 2)

    def within(self, value: Ints, own: Ints) -> Ints:
        """Clamped to the bounding box of the palette, extended to contain the original point."""
        return np.clip(value, np.minimum(own, self.low), np.maximum(own, self.high))


def looked_up(d: Dithering) -> Ints:
    """The exact lookup of every pixel; for fully transparent ones, the entry nearest to these."""
    found = np.empty(d.alpha.shape, np.int64)
    for y, x in np.ndindex(found.shape):
        if d.alpha[y, x] == 0:
            found[y, x] = d.nearest(d.clear, False)
        else:
            found[y, x] = d.looked_up(d.at[y, x], bool(d.alpha[y, x] == 255), True)
    return found


def limits(d: Dithering, plain: Ints) -> Ints:
    """Four times the mean error of nearest-colour mapping over 3 x 3 pixels, in 64ths of a level;
    LEAD_IN rows that repeat the first one come before the picture."""
    off = np.minimum(np.abs(d.at - d.palette[plain]).sum(axis=2), 7281)
    wide = np.pad(off, ((LEAD_IN + 1, 1), (1, 1)), mode="edge")
    height, width = LEAD_IN + len(off), off.shape[1]
    total = sum(wide[y : y + height, x : x + width] for y in range(3) for x in range(3))
    return total * (4 * 65536 // (9 * d.n)) >> 16


def mask(d: Dithering, plain: Ints) -> Ints:
    """How clearly the mean error of 5 x 5 pixels is seen, 0 to 255.

    Its square is above twice the variance, about a plane, of the sum of the coordinates: fully seen
    by (5/4)**2 levels, not at all by (1/2)**2.
    """
    wide = [(REACH, REACH), (REACH, REACH)]
    error = np.pad(d.at - d.palette[plain], [*wide, (0, 0)], mode="edge")
    sums = np.pad(d.at.sum(axis=2) >> 3, wide, mode="edge")
    shares = np.empty(plain.shape, np.int64)
    for y, x in np.ndindex(plain.shape):
        window = slice(y, y + 5), slice(x, x + 5)
        square = int(np.square(error[window].sum(axis=(0, 1))).sum())
        variance = 25 * int(np.square(sums[window]).sum()) - int(sums[window].sum()) ** 2
        least, full = (32 * 25) ** 2, (80 * 25) ** 2
        across, down = int((sums[window] * STEPS).sum()), int((sums[window] * STEPS[:, None]).sum())
        explained = (across**2 + down**2) // 2  # by a gradient
        seen = max(0, square - 2 * (variance - explained << 6) - least)
        shares[y, x] = min(255, seen * 255 // (full - least))
    return flat_areas(d, plain, shares)


def flat_areas(d: Dithering, plain: Ints, shares: Ints) -> Ints:
    """The shares with those in the flat areas of drawings replaced: 255 where the colour is off by
    more than eight levels, else 0.

    Nine of the 5 x 5 pixels around one in a flat area have its colour. No two neighbours among the
    5 x 5 differ by 1 to 6 levels, and less than 17 pairs among the 17 x 17 by 1 or 2; neighbours
    are those to the right and below.
    """
    height, width = plain.shape
    wide = np.pad(d.pixels.astype(int), [(8, 9), (8, 9), (0, 0)], mode="edge")

    def shifted(values: Ints, y: int, x: int) -> Ints:
        return values[8 + y : 8 + y + height, 8 + x : 8 + x + width]

    def window_sum(values: Any, reach: int) -> Any:
        reaches = range(-reach, reach + 1)
        return sum(shifted(values, y, x).astype(int) for y in reaches for x in reaches)

    off = [np.abs(np.diff(wide, axis=axis)).max(axis=2) for axis in (0, 1)]
    pairs = np.stack((off[0][:, :-1], off[1][:-1]), axis=2)
    slight, steps = (((pairs > 0) & (pairs <= most)).sum(axis=2) for most in (6, 2))
    alike = sum((shifted(wide, y, x) == d.pixels).all(axis=2) for y in STEPS for x in STEPS)
    is_flat = (window_sum(slight, REACH) == 0) & (window_sum(steps, 8) < 17) & (alike >= 9)
    is_wrong = np.square(d.at - d.palette[plain]).sum(axis=2) > (8 * 64) ** 2
    return np.where(is_flat, 255 * is_wrong, shares)


def adapt(d: Dithering, plain: Ints, strength: int) -> Ints:
    """Error diffusion where the error of the plain indices is seen."""
    shares = mask(d, plain)
    return np.where(shares == 0, plain, diffuse(d, FLOYD_STEINBERG, strength, shares))


def diffuse(
    d: Dithering, weights: dict[tuple[int, int], int], strength: int, shares: Ints | None = None
) -> Ints:
    """Error diffusion; weights in sixteenths, x in the direction of the row."""
    plain = looked_up(d)
    limit, indices = limits(d, plain), np.empty(plain.shape, np.int64)
    if shares is not None:
        wide = np.pad(shares, ((LEAD_IN, 0), (0, 0)), mode="edge")
        limit = limit * (wide << 7) + (1 << 14) >> 15
    for begin in range(0, len(indices), BAND):
        end = min(begin + BAND, len(indices))
        rows = np.maximum(np.arange(begin - LEAD_IN, end), 0)
        found = diffused_rows(d, weights, 208 * strength // 256, limit[begin:], plain, rows)
        indices[begin:end] = found[LEAD_IN:]
    return indices


def diffused_rows(
    d: Dithering,
    weights: dict[tuple[int, int], int],
    passed: int,
    limit: Ints,
    plain: Ints,
    rows: Ints,
) -> Ints:
    """The indices of these rows of the picture; no error is carried into the first. `limit`
    begins at this row."""
    width = plain.shape[1]
    waiting = np.zeros((len(rows) + 2, width + 4, d.n), np.int64)
    found = plain[rows]
    for i, y in enumerate(rows):
        step = 1 if i % 2 == 0 else -1
        for x in range(width)[::step]:
            if d.alpha[y, x] == 0:
                continue
            opaque, own = bool(d.alpha[y, x] == 255), d.at[y, x]
            push = np.clip(waiting[i, x + 2], -limit[i, x], limit[i, x])
            push[d.served(opaque)[0] :] = 0
            point = d.within(own + push, own)
            if limit[i, x] != 0:
                offset = np.clip(lookup_offset(d, x, i), -limit[i, x], limit[i, x])
                exact = d.served(opaque)[0] == 4
                found[i, x] = d.looked_up(np.clip(point + offset, 0, 16383), opaque, exact)
            error = point - d.palette[found[i, x]]
            for (dx, dy), weight in weights.items():
                waiting[i + dy, x + 2 + dx * step] += error * weight * passed * 8 + 16384 >> 15
    return found


def lookup_offset(d: Dithering, x: int, y: int) -> Ints:
    """Offset added to a pixel before its lookup: one or three sixteenths of a cell."""
    sixteenths, n = np.array([-3, 3, -1, 1]), d.served(True)[0]
    found = np.zeros(d.n, np.int64)
    for c, by_row, first in ((0, 1, 0), (1, 3, 2), (2, 2, 1)):
        if c < n:
            found[c] = sixteenths[(x + by_row * y + first) % 4] * (1 << 14 - d.cell_bits[n]) // 16
    return found


def mixture(d: Dithering, own: Ints, plain: int, opaque: bool, strength: int) -> list[int]:
    """Sixteen entries whose mean approximates a colour, in the order in which they are found."""
    target = d.palette[plain] + ((own - d.palette[plain]) * strength + 128 >> 8)
    if (target == d.palette[plain]).all():
        return [plain] * 16
    limit = 3 * int(np.abs(target - d.palette[plain]).sum()) // d.n
    if opaque and d.n == 4 and (d.palette[:, 3] == 0).any():
        limit = 3 * int(np.abs(target - d.palette[plain])[:3].sum()) // 3
    error, found = np.zeros(d.n, np.int64), []
    for _ in range(16):
        error = np.clip(error, -limit, limit)
        found.append(d.looked_up(d.within(target + error, target), opaque, False))
        error = (error * 208 + 128 >> 8) + target - d.palette[found[-1]]
    return found


def order(d: Dithering, plain: Any, mask: Ints, light: Ints, strength: int) -> Ints:
    """Ordered dithering: a mask, of thresholds 0 to 15, chooses from mixtures sorted by `light`."""
    indices = np.array(plain, np.int64)
    for y, x in np.ndindex(indices.shape):
        if d.alpha[y, x] == 0:
            continue
        opaque = bool(d.alpha[y, x] == 255)
        found = mixture(d, d.at[y, x], int(plain[y, x]), opaque, strength)
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
