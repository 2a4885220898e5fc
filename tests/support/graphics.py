"""Small flat pictures, as programs draw them: letters, charts, icons.

Whole numbers alone make them, so that sizes of files can be compared to the byte on any machine.
`bench.graphics` has larger ones, with fonts and curves, some of them from other packages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from scenes import Pixels, noise, scattered

import kmc


def icon(size: int, seed: int = 0) -> Pixels:
    """Discs on a ground, their edges averaged over 4 x 4 points."""
    y, x = np.mgrid[0 : 4 * size, 0 : 4 * size]
    colors = noise(7, 1, 3, seed)[:, 0].astype(int)
    picture = np.broadcast_to(colors[0], (*x.shape, 3)).copy()
    for color, place in zip(colors[1:], scattered((6, 3), 4 * size, seed + 1), strict=True):
        inside = (y - place[0]) ** 2 + (x - place[1]) ** 2 < (place[2] // 2 + 4) ** 2
        picture[inside] = color
    return (picture.reshape(size, 4, size, 4, 3).sum(axis=(1, 3)) // 16).astype(np.uint8)


def letters(height: int, width: int, colors: int = 1) -> Pixels:
    """Lines of made-up letters, a few of them again and again."""
    page = np.full((height, width, 3), 255, np.uint8)
    shapes = scattered((26, 7, 5), 2).astype(bool)
    inks = noise(colors, 1, 3, 3)[:, 0] // 2
    text = scattered((height // 11, width // 6), 60, 4)
    for (row, place), letter in np.ndenumerate(text):
        if letter < 40:  # or a space
            y, x = 11 * row + 2, 6 * place
            page[y : y + 7, x : x + 5][shapes[letter % 26]] = inks[row % colors]
    return page


def chart(height: int, width: int) -> Pixels:
    """Bars before lines of a grid."""
    picture = np.full((height, width, 3), 250, np.uint8)
    picture[::20] = picture[:, ::20] = 220
    heights = scattered((width // 25,), height - 20, 7)
    colors = noise(width // 25, 1, 3)[:, 0]
    for place, (high, color) in enumerate(zip(heights, colors, strict=True)):
        picture[height - 10 - high : height - 10, 25 * place + 4 : 25 * place + 21] = color
    return picture


def cells(height: int, width: int, n: int) -> Pixels:
    """Each pixel in the colour of the nearest of n points."""
    y, x = np.mgrid[0:height, 0:width]
    at = scattered((n, 2), 1 << 16) * (height, width) >> 16
    away = (y[..., None] - at[:, 0]) ** 2 + (x[..., None] - at[:, 1]) ** 2
    return noise(n, 1, 3, 5)[:, 0][away.argmin(axis=-1)]


def sprites() -> Pixels:
    """Mirrored figures, each in four colours of its own."""
    sheet = np.zeros((96, 96, 3), np.uint8)
    for number in range(36):
        half = scattered((16, 8), 4, number % 20)
        colors = noise(4, 1, 3, number % 20)[:, 0]
        y, x = 16 * (number // 6), 16 * (number % 6)
        sheet[y : y + 16, x : x + 16] = colors[np.concatenate((half, half[:, ::-1]), axis=1)]
    return sheet


@cache
def graphics() -> Mapping[str, Pixels]:
    """One of each kind."""
    y, x = np.mgrid[0:96, 0:120]
    bayer = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])
    levels = {
        "rings": ((y - 48) ** 2 + (x - 60) ** 2) // 300 % 2 * 255,
        "waves": (x * x + y * y) // 16 % 256,
        "checks": (x // 8 + y // 8) % 2 * 255,
        "stripes": x * 7 % 256,
        "diagonals": (x + y) % 256,
        "carpet": x ^ y,
        "across": x * 255 // 119,
        "down": y * 255 // 95,
        "dithered": (x * 112 // 120 + bayer[y % 4, x % 4]) // 16 * 32,
        "coins": scattered((60, 60), 2) * 255,
        "magnified": np.kron(scattered((12, 16), 2) * 255, np.ones((7, 5), int)),
        "one row": np.arange(3000)[None] % 256,
        "one column": np.arange(3000)[:, None] // 9 % 256,
    }
    made = {name: np.repeat(level[..., None], 3, axis=2) for name, level in levels.items()}
    made |= {
        "weave": np.stack((x & y, x | y, x ^ y), axis=-1),
        "tiles": np.tile(noise(13, 17), (6, 7, 1)),
        "blocks": np.kron(noise(6, 8), np.ones((15, 20, 1), np.uint8)),
        "letters": letters(120, 200),
        "coloured letters": letters(120, 160, 8),
        "chart": chart(120, 200),
        "few cells": cells(90, 120, 20),
        "many cells": cells(70, 100, 200),
        "sprites": sprites(),
        **{f"icon {size}": icon(size, size) for size in (16, 32, 48, 64)},
    }
    return {name: pixels.astype(np.uint8) for name, pixels in made.items()}


def with_numbers(pictures: Mapping[str, Pixels], numbers: Sequence[int]) -> list[tuple[str, int]]:
    """The name of each picture with each number of colours, but one at most that is enough for all.

    >>> with_numbers({"grey": np.full((1, 1, 3), 9, np.uint8)}, (2, 4))
    [('grey', 2)]
    """
    found = []
    for name, pixels in pictures.items():
        n_colors = len(kmc.histogram(pixels))
        enough = sum(k < n_colors for k in numbers) + 1
        found += [(name, k) for k in numbers[:enough]]
    return found
