"""Forty pictures of all kinds and sizes: photographs, gradients, drawings, screens, maps, noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.graphics import ART, art, colored
from bench.pictures import Picture

Pixels = NDArray[np.uint8]
SIZES = ((640, 480), (1920, 1080), (3840, 2160))
LARGE = (6000, 4000)
WORDS = ["the", "of", "palette", "return", "class", "import", "value", "colour", "index", "error"]


def load(photographs: list[Picture]) -> Iterator[Picture]:
    """Yield at most twelve photographs, synthetic pictures in three sizes, and large ones."""
    yield from photographs[:12]
    for name, make in DRAWN.items():
        for width, height in SIZES:
            yield Picture(f"{name} {width}x{height}", make(width, height))
    for picture in photographs[:3]:  # without detail, as from a telephone at night
        enlarged = Image.fromarray(picture.pixels).resize(LARGE, Image.Resampling.BICUBIC)
        yield Picture(f"{picture.name}, enlarged", np.asarray(enlarged))
    yield Picture("flat 6000x4000", np.full((*LARGE[::-1], 3), (30, 90, 200), np.uint8))


def across(width: int, height: int) -> Pixels:
    """A gradient whose rows are all alike."""
    ramp = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    return colored(ramp, 255 - ramp, ramp * 0.5 + 40)


def radial(width: int, height: int) -> Pixels:
    """Two round gradients and a straight one."""
    channels = Image.radial_gradient("L"), Image.linear_gradient("L"), Image.radial_gradient("L")
    scaled = Image.merge("RGB", channels).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(scaled)


def glow(width: int, height: int) -> Pixels:
    """Two lights in the dark."""
    y, x = np.mgrid[:height, :width]
    wide = np.exp(-((x - width / 2) ** 2 + (y - height / 2) ** 2) / (width * height / 12))
    narrow = np.exp(-((x - width / 4) ** 2 + (y - height / 3) ** 2) / (width * height / 30))
    return colored(20 + wide * 220, 10 + narrow * 200, 60 + wide * narrow * 120)


def shapes(width: int, height: int) -> Pixels:
    """Discs, boxes and lines of many colours."""
    random = np.random.default_rng(0)
    canvas = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(canvas)
    for i in range(120):
        color = tuple(random.integers(0, 256, 3).tolist())
        x, y = int(random.integers(0, width)), int(random.integers(0, height))
        right, bottom = (np.array([x, y]) + random.integers(5, width // 5, 2)).tolist()
        if i % 3 == 0:
            pen.ellipse((x, y, right, bottom), color)
        elif i % 3 == 1:
            pen.rectangle((x, y, right, bottom), color, "black")
        else:
            pen.line((x, y, right, bottom), color, 3)
    return np.asarray(canvas)


def screen(width: int, height: int) -> Pixels:
    """Windows full of smooth text."""
    random = np.random.default_rng(1)
    font = ImageFont.load_default(14)
    canvas = Image.new("RGB", (width, height), (236, 240, 245))
    pen = ImageDraw.Draw(canvas)
    for left in range(0, width, 640):
        pen.rectangle((left + 10, 10, left + 620, height - 20), "white", (180, 180, 190))
        pen.rectangle((left + 10, 10, left + 620, 40), (50, 70, 120))
        for top in range(50, height - 40, 20):
            line = " ".join(random.choice(WORDS, 12))
            pen.text((left + 20, top), line, tuple(ART[int(random.integers(0, 4))].tolist()), font)
    return np.asarray(canvas)


def hills(width: int, height: int) -> NDArray[np.float64]:
    """Heights, 0 to 1."""
    cells = np.random.default_rng(2).integers(0, 256, (height // 60, width // 60), np.uint8)
    smooth = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
    heights: NDArray[np.float64] = np.asarray(smooth) / 255
    return heights


def layers(width: int, height: int) -> Pixels:
    """A map of eight heights."""
    return art((hills(width, height) * 7.99).astype(int))


def relief(width: int, height: int) -> Pixels:
    """A map in the light from one side."""
    heights = hills(width, height) * 255
    down, right = np.gradient(heights)
    light = np.clip(0.6 + 0.2 * (down + right), 0.2, 1)
    return colored(
        (heights * 0.8 + 40) * light, (200 - heights * 0.3) * light, (120 - heights * 0.3) * light
    )


def noise(width: int, height: int) -> Pixels:
    """What cannot be compressed."""
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), np.uint8)


DRAWN: dict[str, Callable[[int, int], Pixels]] = {
    "gradient across": across,
    "radial gradient": radial,
    "glow": glow,
    "shapes": shapes,
    "screen": screen,
    "map": layers,
    "relief": relief,
    "noise": noise,
}
