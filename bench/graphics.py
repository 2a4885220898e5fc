"""Small pictures that are no photographs: sprites, icons, text, drawings, maps, gradients."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

import kmc
from bench.pictures import Picture, read

# Pictures that the scikit-image wheel contains.
DRAWN = ("text.png", "page.png", "logo.png", "horse.png", "coins.png")

# A palette as pixel artists use: sixteen hues and greys.
ART = np.array(
    [
        *((26, 28, 44), (93, 39, 93), (177, 62, 83), (239, 125, 87), (255, 205, 117)),
        *((167, 240, 112), (56, 183, 100), (37, 113, 121), (41, 54, 111), (59, 93, 201)),
        *((65, 166, 246), (115, 239, 247), (244, 244, 244), (148, 176, 194), (86, 108, 134)),
        (51, 60, 87),
    ],
    np.uint8,
)


def load() -> list[Picture]:
    """All of them, each with 256 colours at most."""
    made = [*sprites(), *patterns(), *gradients(), *shades(), *noises(), *maps(), *drawings()]
    made += [*smooth_drawings(), *screens(), *smooth_text()]
    return [Picture(name, np.ascontiguousarray(pixels)) for name, pixels in made] + packaged()


def art(indices: Any) -> NDArray[np.uint8]:
    """Indices painted with the palette of pixel art."""
    painted: NDArray[np.uint8] = ART[np.asarray(indices) % len(ART)]
    return painted


def grey(values: Any) -> NDArray[np.uint8]:
    """Levels as a grey RGB picture."""
    levels = np.asarray(values).clip(0, 255).astype(np.uint8)
    return np.stack([levels] * 3, axis=-1)


def colored(*channels: Any) -> NDArray[np.uint8]:
    """A picture of three channels, each an array or a number."""
    stacked = np.stack(np.broadcast_arrays(*channels), axis=-1)
    return stacked.round().clip(0, 255).astype(np.uint8)


def shrunk(canvas: Image.Image) -> NDArray[np.uint8]:
    """A quarter of each side: edges become smooth."""
    size = canvas.width // 4, canvas.height // 4
    return np.asarray(canvas.resize(size, Image.Resampling.BOX))


def sprites() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """As in games: noise of few colours, mirrored figures, tile maps."""
    random = np.random.default_rng(1)
    yield "one pixel", art([[3]])
    yield "sprite of noise 16x16, 8 colours", art(random.integers(0, 8, (16, 16)))
    yield "sprite of noise 16x16, 16 colours", art(random.integers(0, 16, (16, 16)))
    yield "sprite of noise 32x32, 4 colours", art(random.integers(0, 4, (32, 32)))
    yield "sprite of noise 8x8, 2 colours", art(random.integers(0, 2, (8, 8)))
    half = random.integers(0, 5, (24, 12)) * (random.random((24, 12)) < 0.6)
    yield "mirrored sprite 24x24", art(np.hstack([half, half[:, ::-1]]))
    sheet = [random.integers(0, 4, (16, 8)) for _ in range(12)]
    yield "sheet of sprites 192x16", art(np.hstack([np.hstack([s, s[:, ::-1]]) for s in sheet]))
    tiles = random.integers(0, 6, (8, 16, 16))
    plan = random.integers(0, 8, (10, 14))
    yield "map of tiles 224x160", art(np.block([[tiles[i] for i in row] for row in plan]))
    land = np.cumsum(random.integers(-1, 2, 160)) + 40
    y = np.arange(80)[:, None]
    world = np.where(y > land, 6 + (y > land + 4) * 3, 10 + (y // 20))
    yield "landscape 160x80", art(world)


def patterns() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Exactly repeating patterns."""
    y, x = np.indices((64, 64))
    yield "checkerboard of pixels", art((x + y) % 2)
    yield "checkerboard of 8x8", art((x // 8 + y // 8) % 2 + 12)
    yield "stripes", art(x // 3 % 4)
    yield "slanted stripes", art((x + 2 * y) // 5 % 6)
    yield "grid of lines", art(np.where((x % 16 == 0) | (y % 16 == 0), 0, 12))
    yield "bricks", art(np.where((y % 8 == 0) | ((x + y // 8 % 2 * 8) % 16 == 0), 13, 2))
    y, x = np.indices((128, 128))
    yield "fractal of carpets", art(np.where((x & y) == 0, 9, 12))


def gradients() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Ramps of several kinds, and two dithered ones."""
    y, x = np.indices((128, 128))
    yield "gradient across", grey(2 * x)
    yield "gradient down", grey(2 * y)
    yield "gradient, diagonal", grey(x + y)
    yield "gradient, slanted", grey((3 * x + y) // 4)
    yield "gradient, round", grey(255 - np.hypot(x - 64, y - 64) * 2)
    sky = np.array([90, 140, 230]) + (y[..., None] // 2) * np.array([2, 1.5, 0.3])
    yield "gradient of the sky", sky.clip(0, 255).astype(np.uint8)
    both = np.stack([x // 8 * 17, y // 8 * 17, 0 * x], axis=-1)
    yield "two gradients of colour", both.astype(np.uint8)
    ramp = np.stack([2 * x] * 3, -1).astype(np.uint8)
    black_and_white = kmc.Palette(np.array([[0] * 3, [255] * 3], np.uint8))
    for dither in ("bayer", "floyd-steinberg"):
        yield f"gradient, {dither}", np.asarray(black_and_white.remap(ramp, dither=dither))


def shades() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Gradients in two directions, around a point, in several colours."""
    y, x = np.indices((128, 128))
    around = np.arctan2(y - 63.5, x - 63.5) / (2 * np.pi) + 0.5
    from_center = np.hypot(x - 63.5, y - 63.5)
    odd = (x // 16 + y // 16) % 2
    yield "conical gradient", grey(around * 255)
    yield "checkered gradients", grey(np.where(odd, 255 - 2 * y, 2 * x))
    checkered = colored(np.where(odd, 0, 2 * x), np.where(odd, y, x), odd * (255 - 2 * y))
    yield "checkered gradients of colour", checkered
    yield "two gradients, 8x8 colours", colored(x // 16 * 36, y // 16 * 36, 128)
    yield "two gradients, red and blue", colored(x // 9 * 18, 40, y // 9 * 18)
    y, x = np.indices((60, 90))
    cube = colored(x // 5 % 6 * 51, y // 5 % 6 * 51, (x // 30 + y // 30 * 2) * 51)
    yield "cube of 180 colours", cube
    y, x = np.indices((128, 128))
    yield "gradient between two colours", colored(*((x + y) * c / 254 for c in (200, 150, 60)))
    yield "slow gradient", grey(np.broadcast_to(np.arange(512) // 4 + 60, (40, 512)))
    light = np.sqrt((1 - (from_center / 60) ** 2).clip(0))
    yield "ball", grey(np.where(light > 0, (light * 0.8 + 0.2 - x / 640) * 240, 10))
    rings = np.floor(from_center / 10)[..., None] / 6
    hues = ART[np.floor(around * 11.99).astype(int)] * rings + 255 * (1 - rings)
    yield "wheel of colours", np.where(rings < 1, hues, 255).astype(np.uint8)


def noises() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Noise, and other pictures that are hard to predict."""
    random = np.random.default_rng(2)
    y, x = np.indices((64, 64))
    yield "noise of greys", grey(random.integers(0, 256, (64, 64)))
    yield "noise of 16 greys", grey(random.integers(0, 16, (64, 64)) * 17)
    yield "noise of two colours", art(random.integers(0, 2, (64, 64)) * 12)
    yield "ramp with noise", grey(2 * x + y + random.integers(0, 9, (64, 64)))
    yield "few specks", art(np.where(random.random((64, 64)) < 0.02, 2, 12))


def maps() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Measurements as colours."""
    random = np.random.default_rng(5)
    y, x = np.indices((128, 128))
    black_to_white = np.arange(256)[:, None] * 3 - np.array([0, 255, 510])
    black_to_white = black_to_white.clip(0, 255).astype(np.uint8)
    hills = np.sin(x / 15) + np.cos(y / 11) + np.sin((x + y) / 23)
    levels = (hills + 3) / 6 * 255
    yield "heat map", black_to_white[levels.astype(int)]
    noisy = (levels + random.normal(0, 6, levels.shape)).clip(0, 255).astype(int)
    yield "heat map with noise", black_to_white[noisy]
    cells = random.integers(0, 256, (16, 20)).repeat(8, 0).repeat(8, 1)
    yield "heat map of cells", black_to_white[cells]
    yield "contours", art((levels // 16).astype(int))
    sky = y // 2 + random.integers(0, 5, y.shape)
    yield "noisy sky", colored(90 + 2 * sky, 140 + 1.5 * sky, 230 + 0.3 * sky)
    centers = random.random((30, 2)) * 128
    away = (y[..., None] - centers[:, 0]) ** 2 + (x[..., None] - centers[:, 1]) ** 2
    yield "map of countries", art(away.argmin(axis=-1))
    loud = np.abs(np.sin(np.arange(300) / 20) * 40 * random.random(300))
    yield "waveform", art(np.where(abs(np.arange(100) - 50)[:, None] <= loud, 9, 12))
    bars = random.integers(0, 2, 95).repeat(2) * 12
    yield "barcode", art(np.broadcast_to(bars, (80, 190)))
    bands = random.integers(0, 256, 40).repeat(4)
    yield "bands of greys", grey(np.broadcast_to(bands, (60, 160)))


def drawings() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Lines, discs, charts, with and without smooth edges."""
    random = np.random.default_rng(3)
    canvas = Image.new("1", (160, 120), 1)
    pen = ImageDraw.Draw(canvas)
    for radius in range(8, 60, 7):
        pen.ellipse((80 - radius, 60 - radius, 80 + radius, 60 + radius), outline=0)
    pen.line([(int(a), int(b)) for a, b in random.integers(0, 120, (14, 2))], fill=0)
    yield "line drawing", np.asarray(canvas.convert("RGB"))
    y, x = np.indices((48, 48))
    disc = (24 - np.hypot(x - 23.5, y - 23.5)).clip(0, 1)[..., None]
    icon = (disc * np.array([41, 98, 255]) + (1 - disc) * 255).round().astype(np.uint8)
    yield "icon with smooth edges 48x48", icon
    yield "icon 16x16", np.asarray(Image.fromarray(icon).resize((16, 16), Image.Resampling.BOX))
    canvas = Image.new("RGB", (200, 120), "white")
    pen = ImageDraw.Draw(canvas)
    for i, height in enumerate(random.integers(10, 110, 9)):
        pen.rectangle((10 + 21 * i, 119 - int(height), 24 + 21 * i, 119), fill=tuple(ART[i + 2]))
    yield "chart of bars", np.asarray(canvas)
    cells = random.random((80, 80)) < 0.4
    for _ in range(12):
        near = sum(np.roll(cells, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1))
        cells = (near == 3) | (cells & (near == 4))
    yield "game of life", art(cells * 12)
    code = random.integers(0, 2, (29, 29)).repeat(4, 0).repeat(4, 1)
    yield "square code", art(code * 12)
    point = np.linspace(-2, 0.6, 160) + 1j * np.linspace(-1.1, 1.1, 120)[:, None]
    z, escape = np.zeros_like(point), np.zeros(point.shape, int)
    for _ in range(15):
        z = np.where(abs(z) < 2, z**2 + point, z)
        escape += abs(z) < 2
    yield "mandelbrot", art(escape)


def smooth_drawings() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Shapes whose edges are shades between the colours on both sides, and blocks without."""
    random = np.random.default_rng(6)
    canvas = Image.new("RGB", (800, 480), "white")
    pen = ImageDraw.Draw(canvas)
    for y in range(0, 480, 80):
        pen.line((0, y, 800, y), (220, 220, 220), 4)
    t = np.arange(0, 200, 0.5)
    curves = 60 + 40 * np.sin(t / 17), 60 + 30 * np.cos(t / 9), 100 - t * 0.4
    for i, curve in enumerate(curves):
        pen.line([*zip(4 * t, 4 * curve, strict=True)], tuple(ART[2 + 3 * i]), 8)
    yield "plot", np.asarray(kmc.quantize(shrunk(canvas), 64, threads=1))
    canvas = Image.new("RGB", (512, 512), "white")
    pen = ImageDraw.Draw(canvas)
    pen.rounded_rectangle((32, 32, 480, 480), 96, tuple(ART[2]))
    pen.ellipse((144, 144, 368, 368), "white")
    yield "sign", shrunk(canvas)
    face = Image.new("RGB", (256, 256), "white")
    pen = ImageDraw.Draw(face)
    pen.ellipse((8, 8, 248, 248), tuple(ART[4]))
    for left in (70, 156):
        pen.ellipse((left, 80, left + 30, 120), tuple(ART[1]))
    pen.arc((70, 90, 186, 200), 20, 160, tuple(ART[1]), 12)
    yield "face", shrunk(face)
    canvas = Image.new("RGB", (160, 120), tuple(ART[10]))
    pen = ImageDraw.Draw(canvas)
    for i, j in np.ndindex(7, 7):
        x, y, up = 80 + (i - j) * 10, 30 + (i + j) * 5, 5 * int(random.integers(0, 5))
        sides = [(-10, 5, 7), (10, 5, 8)]
        for dx, dy, color in sides:
            foot = [(x + dx, y + dy), (x, y + 10)]
            pen.polygon([*foot, (x, y + 10 - up), (x + dx, y + dy - up)], tuple(ART[color]))
        top = [(x, y - up), (x + 10, y + 5 - up), (x, y + 10 - up), (x - 10, y + 5 - up)]
        pen.polygon(top, tuple(ART[6]))
    yield "isometric blocks", np.asarray(canvas)


def screens() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Text and windows."""
    random = np.random.default_rng(4)
    font = ImageFont.load_default_imagefont()
    letters = "etaoin shrdlu etaoin cmfwyp vbgk ,. The OF and"
    lines = ["".join(letters[i] for i in random.integers(0, len(letters), 60)) for _ in range(24)]
    page = Image.new("RGB", (380, 300), "white")
    ImageDraw.Draw(page).multiline_text((6, 4), "\n".join(lines[:20]), "black", font)
    yield "page of text", np.asarray(page)
    terminal = Image.new("RGB", (380, 240), (30, 30, 30))
    pen = ImageDraw.Draw(terminal)
    for i, line in enumerate(lines[:18]):
        pen.text((4, 3 + 13 * i), line, tuple(ART[(4, 5, 11, 12)[i % 4]]), font)
    yield "terminal", np.asarray(terminal)
    desk = Image.new("RGB", (480, 320), (0, 120, 170))
    pen = ImageDraw.Draw(desk)
    for i in range(4):
        left, top = 20 + 90 * i, 16 + 44 * i
        pen.rectangle((left, top, left + 180, top + 130), (240, 240, 240), (90, 90, 90))
        for row in range(16):
            pen.line((left + 1, top + 1 + row, left + 179, top + 1 + row), (40, 60 + 4 * row, 160))
        pen.text((left + 6, top + 3), lines[i][:20], "white", font)
        text = "\n".join(line[:26] for line in lines[i : i + 6])
        pen.multiline_text((left + 8, top + 24), text, "black", font)
    yield "windows on a desk", np.asarray(desk)
    yield "button", np.asarray(desk)[16:34, 20:101]


def smooth_text() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Programs in several colours, buttons, and a form."""
    random = np.random.default_rng(7)
    smooth, plain = ImageFont.load_default(13), ImageFont.load_default_imagefont()
    words = ["def", "return", "for", "in", "if", "else", "class", "self", "value", "range", "None"]
    canvas = Image.new("RGB", (320, 200), (40, 44, 52))
    pen = ImageDraw.Draw(canvas)
    for i in range(12):
        left = 6.0
        for word in random.choice(words, 6):
            pen.text((left, 4 + 16 * i), word, tuple(ART[(4, 5, 11, 12)[len(word) % 4]]), smooth)
            left = round(left + pen.textlength(word + " ", smooth))
    yield "program", np.asarray(kmc.quantize(np.asarray(canvas), 64, threads=1))
    canvas = Image.new("RGB", (160, 120), (236, 236, 236))
    pen = ImageDraw.Draw(canvas)
    for i, label in enumerate(("Open", "Cancel", "Apply")):
        top = 12 + 36 * i
        for row in range(24):
            shade = ART[(9, 3, 6)[i]] * (1 - row / 40)
            pen.line((20, top + row, 140, top + row), tuple(shade.astype(int)))
        pen.rectangle((20, top, 140, top + 23), outline=(60, 60, 60))
        pen.text((50, top + 6), label, "white", plain)
    yield "buttons with gradients", np.asarray(canvas)
    canvas = Image.new("RGB", (320, 240), (240, 240, 240))
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((0, 0, 319, 24), (50, 60, 80))
    pen.text((8, 6), "Settings", "white", plain)
    for i in range(8):
        top = 40 + 24 * i
        pen.rectangle((12, top, 22, top + 10), "white", (120, 120, 120))
        pen.text((30, top), f"Option number {i + 1}: enabled", (20, 20, 20), plain)
        pen.rectangle((200, top - 2, 300, top + 13), "white", (180, 180, 180))
        pen.text((204, top), f"value {17 * i * i}", (60, 60, 60), plain)
    yield "form", np.asarray(canvas)


def packaged() -> list[Picture]:
    """The drawn pictures of scikit-image, if it is installed, at 2, 4 and 16 colours."""
    spec = importlib.util.find_spec("skimage")
    if spec is None or spec.origin is None:
        return []
    found = []
    for path in (Path(spec.origin).parent / "data" / name for name in DRAWN):
        if not path.exists():
            continue
        picture = read(path)
        for k in (2, 4, 16):
            pixels = np.asarray(kmc.quantize(picture.pixels, k, threads=1))
            found.append(Picture(f"{picture.name}, {k} colours", np.ascontiguousarray(pixels)))
    return found
