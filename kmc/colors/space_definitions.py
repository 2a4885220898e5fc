"""Definitions of the colour spaces, and their tables computed in exact arithmetic.

Powers and roots use integers only, so the tables do not depend on a mathematical library.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

# The integers that stand for white, in linear light and after the cube root.
LIGHT, RESPONSE = 1 << 30, 1 << 24

# The table has the cube roots of i / 1024 for these i; smaller ones are scaled by eight.
ROOTS = range(128, 1026)

Matrix = tuple[tuple[Fraction, ...], ...]


def matrix(text: str) -> Matrix:
    """Parse rows of decimal fractions, separated by semicolons."""
    return tuple(tuple(Fraction(number) for number in row.split()) for row in text.split(";"))


@dataclass(frozen=True)
class Definition:
    """A colour space: linear light times `cones`, optionally a cube root, times `axes`.

    `offset` is added to the result; `white` has the coordinates of white; both in levels. With
    `toe` the cube root is replaced by a line below (6/29)**3, as in CIE Lab.
    """

    cones: Matrix
    axes: Matrix
    offset: tuple[int, int, int]
    white: tuple[int, int, int]
    root: bool = True
    toe: bool = False

    def transparent(self, units: int) -> tuple[int, ...]:
        """Where transparent colours lie, (4,), in parts of a level: spaces.py says why there."""
        black = (0, *self.offset[1:])
        middle = (units * (low + high) // 2 for low, high in zip(black, self.white, strict=True))
        square = sum((high - low) ** 2 for low, high in zip(black, self.white, strict=True))
        return (*middle, nearest_root(Fraction(square * units**2, 4), 2))


_IDENTITY = matrix("1 0 0; 0 1 0; 0 0 1")

# sRGB to CIE XYZ under D65, rounded as in IEC 61966-2-1; the row sums are the white point.
_XYZ = matrix("0.4124 0.3576 0.1805; 0.2126 0.7152 0.0722; 0.0193 0.1192 0.9505")

DEFINITIONS = {
    "linear": Definition(
        _IDENTITY,
        tuple(tuple(255 * value for value in row) for row in _IDENTITY),
        offset=(0, 0, 0),
        white=(255, 255, 255),
        root=False,
    ),
    "oklab": Definition(
        matrix(
            "0.4122214708 0.5363325363 0.0514459929;"
            "0.2119034982 0.6806995451 0.1073969566;"
            "0.0883024619 0.2817188376 0.6299787005"
        ),
        tuple(
            tuple(255 * value for value in row)
            for row in matrix(
                "0.2104542553 0.7936177850 -0.0040720468;"
                "1.9779984951 -2.4285922050 0.4505937099;"
                "0.0259040371 0.7827717662 -0.8086757660"
            )
        ),
        offset=(0, 128, 128),
        white=(255, 128, 128),
    ),
    "lab": Definition(
        tuple(tuple(value / sum(row) for value in row) for row in _XYZ),
        matrix("0 116 0; 500 -500 0; 0 200 -200"),
        offset=(-16, 128, 128),
        white=(100, 128, 128),
        toe=True,
    ),
}


def inverse(m: Matrix) -> Matrix:
    """The exact inverse of a 3 x 3 matrix."""

    def minor(i: int, j: int) -> Fraction:
        (a, b), (c, d) = ((r % 3, s % 3) for r, s in ((i + 1, i + 2), (j + 1, j + 2)))
        return m[a][c] * m[b][d] - m[a][d] * m[b][c]

    size = sum(m[0][j] * minor(0, j) for j in range(3))
    return tuple(tuple(minor(j, i) / size for j in range(3)) for i in range(3))


def nearest_root(value: Fraction, degree: int) -> int:
    """The integer nearest to a root of a positive fraction."""
    # Newton's method from above, for twice the root, whose last bit is used for rounding.
    scaled = (value.numerator << degree) // value.denominator
    root = 1 << -(-scaled.bit_length() // degree)
    while (lower := ((degree - 1) * root + scaled // root ** (degree - 1)) // degree) < root:
        root = lower
    return (root + 1) // 2


@cache
def light_of_levels() -> tuple[int, ...]:
    """Linear light of each 8-bit level by the sRGB transfer function, with LIGHT for white."""
    dark = [Fraction(5 * level, 16473) for level in range(11)]  # level / 255 / 12.92
    found = [round(light * LIGHT) for light in dark]
    for level in range(11, 256):  # ((level / 255 + 0.055) / 1.055) ** (12 / 5)
        found.append(nearest_root(Fraction(40 * level + 561, 10761) ** 12 * LIGHT**5, 5))
    return tuple(found)


@cache
def cube_roots() -> NDArray[np.uint32]:
    """The table of cube roots for ROOTS, with RESPONSE for 1."""
    return np.array([nearest_root(Fraction(i, 1024) * RESPONSE**3, 3) for i in ROOTS], np.uint32)


def mixing_table(space: Definition) -> NDArray[np.uint32]:
    """The products of `cones` and linear light, (3, 256, 3): by channel, level and row."""
    light = light_of_levels()
    return np.array(
        [
            [[round(row[channel] * value) for row in space.cones] for value in light]
            for channel in range(3)
        ],
        np.uint32,
    )
