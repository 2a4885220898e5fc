"""Makes contact-sheet.png: pictures in 4 to 256 colours by every dithering, pixel for pixel.

``python docs/make_contact_sheet.py``; needs kmc, and scikit-image for its portrait of an astronaut,
a photograph of NASA in the public domain. The other pictures are the project's own.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from skimage import data

import kmc
from kmc.mapping.dithering import DITHERS

HERE = Path(__file__).resolve().parent
SIZE = (176, 132)  # of each picture, in pixels
GAP, LABEL = 6, 19
KS = (4, 16, 64, 256)
KINDS = (None, *DITHERS)
PAPER, INK = (255, 255, 255), (60, 60, 60)
FONT = ImageFont.load_default(13)  # at the size of 10, spaces between words vanish
SCALE = 4  # drawings are made so many times larger, for soft edges

Pixels = NDArray[np.uint8]


def balloons() -> Pixels:
    """A part of the sample picture, at half its size."""
    with Image.open(HERE.parent / "examples" / "balloons.jpg") as picture:
        part = picture.crop((300, 120, 300 + 3 * SIZE[0], 120 + 3 * SIZE[1]))
        return np.asarray(part.resize(SIZE, Image.Resampling.BOX))


def portrait() -> Pixels:
    """Face and collar of an astronaut."""
    part = Image.fromarray(data.astronaut()).crop((90, 0, 90 + 2 * SIZE[0], 2 * SIZE[1]))
    return np.asarray(part.resize(SIZE, Image.Resampling.BOX))


def dusk() -> Pixels:
    """Nothing but soft gradients: a sky, and the light of a sun that is gone."""
    x, y = np.meshgrid(np.linspace(0, 1, SIZE[0]), np.linspace(0, 1, SIZE[1]))
    glow = np.exp(-6 * ((x - 0.68) ** 2 + (y - 1.05) ** 2))
    sky = np.stack((40 + 110 * y, 60 + 70 * y, 130 + 20 * y), axis=-1)
    return (sky + glow[..., None] * (100, 70, 10)).clip(0, 255).round().astype(np.uint8)


def drawing() -> Image.Image:
    """Line art on a clear ground: flat colours, soft edges."""
    width, height = SIZE
    image = Image.new("RGBA", (width * SCALE, height * SCALE))
    pen = ImageDraw.Draw(image)
    ink = {"outline": (24, 24, 36, 255), "width": 2 * SCALE}

    def scaled(*numbers: int) -> list[int]:
        return [SCALE * number for number in numbers]

    pen.rounded_rectangle(scaled(14, 22, 96, 112), 10 * SCALE, fill=(86, 156, 214, 255), **ink)
    pen.ellipse(scaled(62, 14, 148, 100), fill=(228, 92, 72, 255), **ink)
    pen.polygon(scaled(112, 120, 140, 58, 168, 120), fill=(250, 208, 84, 255), **ink)
    for i in range(5):
        pen.line(scaled(8, 30 + 18 * i, 168, 22 + 20 * i), (24, 24, 36, 255), SCALE)
    return image.resize(SIZE, Image.Resampling.BOX)


def printed(image: Image.Image) -> Pixels:
    """A picture with alpha, on white paper."""
    paper = Image.new("RGBA", image.size, "white")
    paper.alpha_composite(image)
    return np.asarray(paper.convert("RGB"))


def shadow() -> Pixels:
    """A drawing over its soft shadow, with alpha."""
    figure = drawing()
    x, y = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
    away = np.hypot((x - 92) / 84, (y - 74) / 58)
    below = np.zeros((*x.shape, 4), np.uint8)
    below[..., :3] = (20, 20, 60)
    below[..., 3] = (200 * (1.05 - away).clip(0, 1) ** 0.8).clip(0, 200)
    image = Image.fromarray(below)
    image.alpha_composite(figure)
    return np.asarray(image)


def bubble() -> Pixels:
    """A ball of glass, with alpha."""
    x, y = np.meshgrid(np.arange(SIZE[0]) - SIZE[0] / 2, np.arange(SIZE[1]) - SIZE[1] / 2)
    r = np.hypot(x, y) / 60
    light = np.exp(-(((x + 22) / 14) ** 2) - ((y + 24) / 10) ** 2)
    color = np.stack((70 + 120 * r, 150 + 60 * r, 235 - 30 * r), axis=-1) + 200 * light[..., None]
    alpha = 255 * (0.25 + 0.55 * r**3 + 0.7 * light).clip(0, 1) * (60.5 - 60 * r).clip(0, 1)
    ball = np.concatenate((color, alpha[..., None]), axis=-1)
    return ball.clip(0, 255).round().astype(np.uint8)


def painted(pixels: Pixels) -> Image.Image:
    """Pixels as they are shown: those with alpha over a checkerboard."""
    if pixels.shape[2] == 3:
        return Image.fromarray(pixels)
    y, x = np.indices(pixels.shape[:2]) // 8
    board = np.repeat((200 + 40 * ((x + y) % 2))[..., None], 3, axis=2).astype(np.uint8)
    ground = Image.fromarray(board).convert("RGBA")
    ground.alpha_composite(Image.fromarray(pixels))
    return ground.convert("RGB")


def row(pixels: Pixels, k: int) -> list[Image.Image]:
    """One picture in k colours, by every kind of dithering."""
    palette = kmc.fit(pixels, k)
    return [painted(np.asarray(palette.remap(pixels, dither=kind))) for kind in KINDS]


def main(target: Path) -> None:
    """Draw the sheet: a block for each picture, the original first, then a row for each k."""
    blocks: list[tuple[Pixels, tuple[int, ...]]] = [
        (pixels, KS) for pixels in (balloons(), portrait(), dusk(), printed(drawing()))
    ]
    blocks += [(shadow(), (8, 32)), (bubble(), (8, 32))]
    width = len(KINDS) * (SIZE[0] + GAP) + GAP
    rows = sum(len(ks) for _, ks in blocks)
    sheet = Image.new("RGB", (width, GAP + rows * (SIZE[1] + LABEL + GAP)), PAPER)
    pen, y = ImageDraw.Draw(sheet), GAP
    for pixels, ks in blocks:
        for k in ks:
            for i, picture in enumerate(row(pixels, k)):
                x = GAP + i * (SIZE[0] + GAP)
                pen.text((x, y), f"{k} colours, {KINDS[i] or 'no dithering'}", INK, FONT)
                sheet.paste(picture, (x, y + LABEL))
            y += SIZE[1] + LABEL + GAP
    sheet.save(target, optimize=True)


if __name__ == "__main__":
    main(HERE / "contact-sheet.png")
