"""Makes the pictures that the examples of the pages read, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "balloons.jpg"
PHOTO = (720, 480)
SCALE = 4  # drawings are made so many times larger, for soft edges


def make(folder: Path) -> None:
    """Write photo.jpg, parts of it, and two drawings."""
    with Image.open(SAMPLE) as file:
        photo = file.convert("RGB").resize(PHOTO, Image.Resampling.LANCZOS)
    width, height = PHOTO
    left, right = (0, 0, width // 2, height), (width // 2, 0, width, height)
    for name in ("photos/trip", "small"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    photo.save(folder / "photo.jpg", quality=95)
    photo.save(folder / "photo.png")
    photo.crop(left).save(folder / "left.png")
    photo.crop(right).save(folder / "right.png")
    photo.crop(left).save(folder / "photos" / "a.png")
    photo.crop(right).save(folder / "photos" / "trip" / "b.jpg", quality=95)
    icon().save(folder / "icon.png")
    chart().save(folder / "chart.png")


def icon() -> Image.Image:
    """A drop with a soft shadow and soft edges, on a transparent ground."""
    side = 192 * SCALE
    drop = Image.new("L", (side, side))
    pen = ImageDraw.Draw(drop)
    pen.ellipse([side * 0.22, side * 0.36, side * 0.78, side * 0.92], 255)
    corners = ((0.245, 0.53), (0.5, 0.06), (0.755, 0.53))
    pen.polygon([(side * x, side * y) for x, y in corners], 255)
    drop = drop.filter(ImageFilter.GaussianBlur(SCALE * 2)).point(lambda v: 255 * (v > 127))
    y, x = np.mgrid[0:side, 0:side] / side
    shade = np.clip(1.25 - np.hypot(x - 0.4, y - 0.52) * 1.5, 0, 1)[..., None]
    body = np.array((20, 60, 150)) * (1 - shade) + np.array((120, 215, 250)) * shade
    figure = Image.fromarray(body.astype(np.uint8)).convert("RGBA")
    figure.putalpha(drop)
    shadow = Image.new("RGBA", (side, side), (10, 10, 40, 0))
    blurred = drop.filter(ImageFilter.GaussianBlur(SCALE * 6)).point(lambda v: v * 0.55)
    shadow.putalpha(blurred)
    ground = Image.new("RGBA", (side, side), (10, 10, 40, 0))
    ground.alpha_composite(shadow, (SCALE * 5, SCALE * 6))
    ground.alpha_composite(figure)
    return ground.resize((192, 192), Image.Resampling.BOX)


def chart() -> Image.Image:
    """Bars on white paper: flat colours and soft edges."""
    width, height = 480, 280
    image = Image.new("RGB", (width * SCALE, height * SCALE), "white")
    pen = ImageDraw.Draw(image)
    colors = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
    for row in range(5):
        y = (40 + 45 * row) * SCALE
        pen.line([30 * SCALE, y, 460 * SCALE, y], "#d8d8d8", SCALE)
    for i, (color, share) in enumerate(zip(colors, (0.4, 0.75, 0.55, 0.9, 0.3, 0.65), strict=True)):
        x = (50 + 68 * i) * SCALE
        box = [x, (250 - 200 * share) * SCALE, x + 48 * SCALE, 250 * SCALE]
        pen.rounded_rectangle(box, 6 * SCALE, color)
    pen.line([30 * SCALE, 250 * SCALE, 460 * SCALE, 250 * SCALE], "#333333", 2 * SCALE)
    return image.resize((width, height), Image.Resampling.BOX)
