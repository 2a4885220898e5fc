"""Fifty small pictures in seven groups: photographs, and others that are drawn here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bench import kinds
from bench.graphics import ART, colored
from bench.pictures import Picture

Pixels = NDArray[np.uint8]
Pen = ImageDraw.ImageDraw
SIZE = WIDTH, HEIGHT = 384, 256
FINE = 4  # drawn so many times larger, and scaled down: edges become smooth


def load(photographs: list[Picture]) -> dict[str, dict[str, Pixels]]:
    """The pictures by group and name; photographs are cut to the size of the others."""
    photos = {picture.name: crop(picture.pixels) for picture in photographs[:12]}
    return {
        "photographs": photos,
        "cut-outs": dict(cut_outs(list(photos.values()))),
        "glows": numbered(glow, 4) | numbered(clouds, 2) | numbered(sky, 2) | numbered(bokeh, 2),
        "charts": numbered(chart, 3) | numbered(heat_map, 3),
        "maps": numbered(regions, 3) | numbered(relief, 3),
        "screens": numbered(code, 3) | {"windows": kinds.screen(*SIZE)} | numbered(cartoon, 2),
        "pixel art": numbered(sprites, 6),
    }


def numbered(make: Callable[[np.random.Generator], Pixels], n: int) -> dict[str, Pixels]:
    """Several pictures of one kind, each from a seed of its own."""
    return {f"{make.__name__} {i}": make(np.random.default_rng(i)) for i in range(1, n + 1)}


def crop(pixels: Pixels) -> Pixels:
    """The middle of a photograph."""
    top, left = (pixels.shape[0] - HEIGHT) // 2, (pixels.shape[1] - WIDTH) // 2
    return np.ascontiguousarray(pixels[max(top, 0) :, max(left, 0) :][:HEIGHT, :WIDTH])


def smooth(random: np.random.Generator, rows: int = 5, columns: int = 7) -> NDArray[np.float64]:
    """Random hills, 0 to 1."""
    cells = Image.fromarray(random.integers(0, 256, (rows, columns), np.uint8))
    hills: NDArray[np.float64] = np.asarray(cells.resize(SIZE, Image.Resampling.BICUBIC)) / 255
    return hills


def drawn(draw: Callable[[Pen], None], mode: str = "RGB", color: object = "white") -> Pixels:
    """A drawing with smooth edges."""
    canvas = Image.new(mode, (WIDTH * FINE, HEIGHT * FINE), color)  # type: ignore[arg-type]
    draw(ImageDraw.Draw(canvas))
    return np.asarray(canvas.resize(SIZE, Image.Resampling.BOX))


def glow(random: np.random.Generator) -> Pixels:
    """Two lights in the dark."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    light = np.zeros((HEIGHT, WIDTH, 3)) + random.integers(0, 40, 3)
    for _ in range(2):
        middle = random.uniform(0.2, 0.8, 2) * (HEIGHT, WIDTH)
        distance = (y - middle[0]) ** 2 + (x - middle[1]) ** 2
        wide = np.exp(-distance / random.uniform(3000, 20000))
        light += wide[..., None] * random.integers(30, 230, 3)
    return colored(*np.moveaxis(light, 2, 0))


def clouds(random: np.random.Generator) -> Pixels:
    """Three channels that change slowly, each on its own."""
    return colored(*(255 * smooth(random) for _ in range(3)))


def sky(random: np.random.Generator) -> Pixels:
    """A blue gradient behind soft clouds."""
    down = np.linspace(0, 1, HEIGHT)[:, None]
    blue = np.dstack(np.broadcast_arrays(90 + 130 * down, 140 + 80 * down, 220 - 10 * down))
    white = np.clip(1.8 * smooth(random, 8, 11) - 0.8, 0, 0.7)[..., None]
    return colored(*np.moveaxis(blue * np.ones((1, WIDTH, 1)) * (1 - white) + 250 * white, 2, 0))


def bokeh(random: np.random.Generator) -> Pixels:
    """Lights out of focus."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    light = plain(18, 14, 30).astype(np.float64)
    for _ in range(25):
        distance = np.hypot(y - random.integers(0, HEIGHT), x - random.integers(0, WIDTH))
        disc = np.clip((random.integers(10, 45) - distance) / 3, 0, 1) * random.uniform(0.3, 0.7)
        light = light * (1 - 0.6 * disc[..., None]) + 0.6 * disc[..., None] * random.integers(
            (120, 60, 20), (256, 220, 160)
        )
    return colored(*np.moveaxis(light, 2, 0))


def chart(random: np.random.Generator) -> Pixels:
    """Bars, a line, a grid and words."""
    font = ImageFont.load_default(11 * FINE)

    def draw(pen: Pen) -> None:
        for y in range(20, HEIGHT, 40):
            pen.line((0, y * FINE, WIDTH * FINE, y * FINE), (220, 220, 220), FINE)
        for i in range(6):
            left, top = 30 + 56 * i, int(random.integers(20, 200))
            color = tuple(ART[(2 + 2 * i) % 16].tolist())
            pen.rectangle([FINE * v for v in (left, top, left + 40, HEIGHT - 24)], color)
            pen.text((left * FINE, (HEIGHT - 20) * FINE), kinds.WORDS[i], (60, 60, 60), font)
        points = [(FINE * (20 + 30 * i), FINE * int(random.integers(30, 150))) for i in range(12)]
        pen.line(points, (20, 20, 20), 2 * FINE)

    return drawn(draw)


def heat_map(random: np.random.Generator) -> Pixels:
    """Dark blue over green to yellow, as figures of measurements have it."""
    at = np.clip(smooth(random), 0, 1)
    stops = np.array([(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)])
    channels = (np.interp(at, np.linspace(0, 1, 5), stops[:, c]) for c in range(3))
    return colored(*channels)


def regions(random: np.random.Generator) -> Pixels:
    """A map of flat colours with names; one region is red."""
    colors = random.integers(90, 256, (16, 3)).astype(np.uint8)
    colors[5] = (230, 30, 30)
    flat = Image.fromarray(colors[(15.99 * np.clip(smooth(random), 0, 1)).astype(int)])
    pen, font = ImageDraw.Draw(flat), ImageFont.load_default(12)
    for _ in range(14):
        at = int(random.integers(0, WIDTH - 60)), int(random.integers(0, HEIGHT - 14))
        pen.text(at, str(random.choice(kinds.WORDS)), (20, 20, 60), font)
    return np.asarray(flat)


def relief(random: np.random.Generator) -> Pixels:
    """A map in the light from one side."""
    heights = 255 * smooth(random, 9, 13)
    down, right = np.gradient(heights)
    light = np.clip(0.6 + 0.2 * (down + right), 0.2, 1)
    channels = heights * 0.8 + 40, 200 - heights * 0.3, 120 - heights * 0.3
    return colored(*(channel * light for channel in channels))


def code(random: np.random.Generator) -> Pixels:
    """A program in coloured words on black."""
    canvas = Image.new("RGB", SIZE, (30, 30, 30))
    pen, font = ImageDraw.Draw(canvas), ImageFont.load_default(13)
    colors = random.integers(80, 240, (8, 3)).tolist()
    for y in range(4, HEIGHT, 17):
        x = 8 + 16 * int(random.integers(0, 3))
        while x < WIDTH - 60:
            word = str(random.choice(kinds.WORDS))
            pen.text((x, y), word, tuple(colors[int(random.integers(0, 8))]), font)
            x += 8 * len(word) + 8
    return np.asarray(canvas)


def cartoon(random: np.random.Generator) -> Pixels:
    """Flat discs with black outlines."""

    def draw(pen: Pen) -> None:
        for _ in range(25):
            x, y, r = (FINE * int(v) for v in random.integers((0, 0, 12), (WIDTH, HEIGHT, 60)))
            color = tuple(random.integers(40, 256, 3).tolist())
            pen.ellipse((x - r, y - r, x + r, y + r), color, (20, 20, 20), 2 * FINE)

    return drawn(draw, color=(120, 190, 240))


def sprites(random: np.random.Generator) -> Pixels:
    """Mirrored figures of a few hues and shades; each of their pixels is eight by eight."""
    rows, columns = HEIGHT // 8, WIDTH // 16
    hills = Image.fromarray(random.integers(0, 256, (8, 6), np.uint8)).resize((columns, rows))
    half = (np.asarray(hills) // 32 + random.integers(0, 2, (rows, columns))) % 16
    shade = 0.6 + 0.4 * np.linspace(0, 1, 4)[np.arange(rows) // 2 % 4, None, None]
    small = ART[np.concatenate((half, half[:, ::-1]), axis=1)] * shade
    return colored(*np.moveaxis(small.repeat(8, axis=0).repeat(8, axis=1), 2, 0))


def cut_outs(photos: list[Pixels]) -> list[tuple[str, Pixels]]:
    """Pictures with soft alpha: cut from photographs, letters, shadows, glows, icons."""
    random = np.random.default_rng(5)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    oval = 1.3 - np.hypot((x - WIDTH / 2) / 150, (y - HEIGHT / 2) / 100)
    fringe = (smooth(random, 64, 96) - 0.5) * 2
    font = ImageFont.load_default(60 * FINE)
    letters = drawn(lambda pen: pen.text((20 * FINE, 90 * FINE), "Palette", 255, font), "L", 0)
    shadow = np.asarray(Image.fromarray(np.roll(letters, (4, 4), (0, 1))).filter(
        ImageFilter.GaussianBlur(4)
    ))  # fmt: skip
    light = np.exp(-(((x - WIDTH / 2) / 90) ** 2) - ((y - HEIGHT / 2) / 70) ** 2)
    icons = Image.new("RGBA", (WIDTH * FINE, HEIGHT * FINE))
    pen = ImageDraw.Draw(icons)
    for i in range(60):
        left, top, size = (FINE * int(v) for v in random.integers((0, 0, 8), (380, 250, 40)))
        shape = pen.ellipse if i % 2 else pen.rectangle
        shape((left, top, left + size, top + size), (*random.integers(0, 256, 3).tolist(), 255))
    return [
        ("oval", with_alpha(photos[0], 255 * np.clip(4 * oval, 0, 1))),
        ("fringe", with_alpha(photos[-1], 255 * np.clip(4 * oval + fringe, 0, 1))),
        ("white letters", with_alpha(plain(255, 255, 255), letters)),
        ("letters with a shadow", over(with_alpha(plain(230, 40, 30), letters),
                                       with_alpha(plain(0, 0, 0), 0.6 * shadow))),
        ("light", with_alpha(colored(255, 180 + 60 * light, 60 + 150 * light), 255 * light)),
        ("icons", shrunk(icons)),
    ]  # fmt: skip


def plain(*color: int) -> Pixels:
    return np.full((HEIGHT, WIDTH, 3), color, np.uint8)


def with_alpha(color: NDArray[np.integer], alpha: NDArray[np.generic]) -> Pixels:
    return np.dstack((color, np.rint(np.asarray(alpha, np.float64)))).astype(np.uint8)


def over(front: Pixels, back: Pixels) -> Pixels:
    return np.asarray(Image.alpha_composite(Image.fromarray(back), Image.fromarray(front)))


def shrunk(image: Image.Image) -> Pixels:
    """Scaled down with its colours premultiplied, so that clear pixels have no part in them."""
    return np.asarray(image.convert("RGBa").resize(SIZE, Image.Resampling.BOX).convert("RGBA"))
