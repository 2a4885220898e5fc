"""Makes blue_noise.h: a blue-noise mask by the void-and-cluster method.

R. Ulichney, "The void-and-cluster method for dither array generation", Human Vision, Visual
Processing, and Digital Display IV, SPIE 1913, 1993. All sums are of whole numbers, so that the mask
is the same wherever it is made: ``python src_c/dither/make_blue_noise.py``.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIDE = 64
SIGMA = 1.5  # Ulichney's choice
ONE = 1 << 20
FEW = SIDE * SIDE // 10
TARGET = Path(__file__).with_name("blue_noise.h")

Grid = NDArray[np.int64]


def bump() -> Grid:
    """How near each place is to the first one, on a torus: a Gaussian in whole numbers."""
    away = np.minimum(np.arange(SIDE), SIDE - np.arange(SIDE))
    square = away[:, None] ** 2 + away**2
    weights = [round(ONE * math.exp(-d / (2 * SIGMA**2))) for d in range(int(square.max()) + 1)]
    return np.array(weights, np.int64)[square]


class Pattern:
    """Some places of a torus that are taken, and how crowded it is everywhere."""

    def __init__(self, taken: NDArray[np.bool_]) -> None:
        self.bump = bump()
        self.taken = np.zeros_like(taken)
        self.crowd = np.zeros(taken.shape, np.int64)
        for place in np.flatnonzero(taken).tolist():
            self.flip(place)

    def flip(self, place: int) -> None:
        """Take a place, or leave it."""
        y, x = divmod(place, SIDE)
        sign = -1 if self.taken[y, x] else 1
        self.taken[y, x] = sign > 0
        self.crowd += sign * np.roll(self.bump, (y, x), axis=(0, 1))

    def tightest(self) -> int:
        """The taken place in the tightest cluster, the first of several."""
        return int(np.where(self.taken, self.crowd, -1).argmax())

    def emptiest(self) -> int:
        """The free place in the largest void, the first of several."""
        return int(np.where(self.taken, np.iinfo(np.int64).max, self.crowd).argmin())


def scattered() -> NDArray[np.bool_]:
    """A few places without a pattern, by a linear congruential generator."""
    taken, state = np.zeros(SIDE * SIDE, bool), 1
    while taken.sum() < FEW:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        taken[(state >> 33) % taken.size] = True
    return taken.reshape(SIDE, SIDE)


def spread(pattern: Pattern) -> None:
    """Move places from clusters to voids until the one just left is the largest void."""
    while True:
        left = pattern.tightest()
        pattern.flip(left)
        void = pattern.emptiest()
        pattern.flip(void)
        if void == left:
            return


def ranks() -> Grid:
    """In which order places are taken: the mask, 0 to SIDE * SIDE - 1."""
    pattern = Pattern(scattered())
    spread(pattern)
    rank, start = np.zeros(SIDE * SIDE, np.int64), pattern.taken.copy()
    for number in range(FEW - 1, -1, -1):
        place = pattern.tightest()
        pattern.flip(place)
        rank[place] = number
    pattern = Pattern(start)
    for number in range(FEW, SIDE * SIDE):
        place = pattern.emptiest()
        pattern.flip(place)
        rank[place] = number
    return rank.reshape(SIDE, SIDE)


def header() -> str:
    """The text of blue_noise.h."""
    values = (ranks() * 256 // (SIDE * SIDE)).reshape(-1).tolist()
    lines = [", ".join(map(str, values[i : i + 24])) for i in range(0, len(values), 24)]
    return "\n".join(
        [
            "/* A blue-noise mask, 64 x 64 thresholds of 0 to 255; made by make_blue_noise.py. */",
            "#ifndef KMC_DITHER_BLUE_NOISE_H",
            "#define KMC_DITHER_BLUE_NOISE_H",
            "",
            "#include <stdint.h>",
            "",
            f"#define KMC_MASK_SIDE {SIDE}",
            "",
            "static const uint8_t kmc_dither_mask[KMC_MASK_SIDE * KMC_MASK_SIDE] = {",
            *(f"    {line}," for line in lines),
            "};",
            "",
            "#endif",
            "",
        ]
    )


if __name__ == "__main__":
    TARGET.write_text(header(), encoding="utf-8")
