"""Draws the README's pictures of the sample, beside this script.

python examples/make_figures.py
"""

import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont

import kmc

HERE = Path(__file__).resolve().parent
SAMPLE = HERE / "balloons.jpg"

# The gallery: every tile is just what kmc makes of the picture shrunk to its size, pixel by pixel,
# and the bytes below are those of the PNG file that holds it.
KS = (2, 4, 8, 16, 64, 256)
COLUMNS = 3
TILE = (400, 267)
GAP, TEXT = (16, 24), 62  # pixels between tiles, and below each for two lines
INK = (110, 118, 129, 255)  # legible on white and on black pages alike, as the ground is clear

FIGURE = (5.2, 4.6)  # inches


def main() -> None:
    """Draw them all, and say how large they are."""
    names = {
        "balloons-16.png": kmc.quantize(SAMPLE, 16, order="compact"),  # as kmc quantize does
        "gallery.png": gallery(),
        "clusters.png": kmc.quantize(clusters(), 128),
        "curve.png": kmc.quantize(curve(), 64),
    }
    for name, picture in names.items():
        picture.save(HERE / name)
        print(f"{name}: {(HERE / name).stat().st_size} bytes")


def gallery() -> Image.Image:
    """The same photograph in ever more colours, with bytes and PSNR."""
    with Image.open(SAMPLE) as file:
        photo = file.resize(TILE, Image.Resampling.LANCZOS)
    rows = len(KS) // COLUMNS
    step = (TILE[0] + GAP[0], TILE[1] + TEXT + GAP[1])
    size = (COLUMNS * step[0] - GAP[0], rows * step[1] - GAP[1])
    sheet = Image.new("RGBA", size, (0, 0, 0, 0))
    for i, k in enumerate(KS):
        x, y = i % COLUMNS * step[0], i // COLUMNS * step[1]
        result = kmc.quantize(photo, k)
        sheet.paste(Image.fromarray(np.asarray(result)), (x, y))
        write_below(sheet, (x + TILE[0] // 2, y + TILE[1]), result)
    return sheet


def write_below(sheet: Image.Image, place: tuple[int, int], result: kmc.IndexedImage) -> None:
    """The number of colours, and what it comes to."""
    file = io.BytesIO()
    result.save(file, "png", metadata=False)
    draw = ImageDraw.Draw(sheet)
    x, y = place
    title, detail = ImageFont.load_default(25), ImageFont.load_default(20)
    draw.text((x, y + 8), f"{len(result.palette)} colours", INK, title, anchor="ma")
    text = f"{file.tell() / 1000:.1f} kB, PSNR {result.psnr:.1f} dB"
    draw.text((x, y + 37), text, INK, detail, anchor="ma")


def clusters() -> Image.Image:
    """Pixels in colour space, and eight centroids on their way."""
    states: list[np.ndarray] = []

    def watch(iteration: int, centroids: np.ndarray, *_: float) -> None:
        if iteration > 0:
            states.append(centroids)

    kmc.fit(SAMPLE, 8, init="random", max_iter=3, tol=0, callback=watch)
    figure = Figure(figsize=FIGURE, layout="constrained")
    kmc.plot.clusters(SAMPLE, states[2], states[1], ax=figure.add_subplot(projection="3d"))
    return drawn(figure)


def curve() -> Image.Image:
    """What each number of colours costs."""
    figure = Figure(figsize=FIGURE, layout="constrained")
    kmc.plot.curve(SAMPLE, ax=figure.add_subplot())
    return drawn(figure)


def drawn(figure: Figure) -> Image.Image:
    file = io.BytesIO()
    figure.savefig(file, dpi=160)
    return Image.open(file).convert("RGB")


if __name__ == "__main__":
    main()
