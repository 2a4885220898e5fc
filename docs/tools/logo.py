"""Draws the logo, the icon of the site and the card that other sites show of it.

The logo is what k-means does: a square of colours divided among five centroids, each cell in the
colour of its centroid. The colours are the five that kmc finds in a balloon of the
sample picture.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Polygon
from PIL import Image

import kmc

SAMPLE = Path(__file__).resolve().parents[2] / "examples" / "balloons.jpg"
CENTROIDS = [(0.24, 0.70), (0.70, 0.78), (0.82, 0.36), (0.47, 0.42), (0.20, 0.20)]
SQUARE = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
PAPER, INK = "#fffaf3", "#2b2238"

Point = tuple[float, float]


def cell(centroid: Point) -> list[Point]:
    """The part of the square that is nearer to one centroid than to any other."""
    polygon = SQUARE
    for other in CENTROIDS:
        if other != centroid:
            polygon = _nearer(polygon, centroid, other)
    return polygon


def _nearer(polygon: list[Point], here: Point, there: Point) -> list[Point]:
    """Cut a polygon at the line halfway between two points, and keep the side of the first."""

    def side(p: Point) -> float:
        away = (p[0] - there[0]) ** 2 + (p[1] - there[1]) ** 2
        return away - (p[0] - here[0]) ** 2 - (p[1] - here[1]) ** 2

    kept: list[Point] = []
    for a, b in zip(polygon, polygon[1:] + polygon[:1], strict=True):
        if side(a) >= 0:
            kept.append(a)
        if side(a) * side(b) < 0:
            t = side(a) / (side(a) - side(b))
            kept.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
    return kept


def colors() -> list[str]:
    balloon = kmc.read(SAMPLE).pixels[110:400, 240:430]
    palette = kmc.fit(balloon, len(CENTROIDS), space="oklab", order="luminance").colors
    return [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in palette.tolist()]


def draw(figure: Figure, box: tuple[float, float, float, float]) -> None:
    """The mark, in a part of a figure."""
    axes = figure.add_axes(box)
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    axes.axis("off")
    frame = FancyBboxPatch((0.18, 0.18), 0.64, 0.64, "round,pad=0.18", fc="none", ec="none")
    axes.add_patch(frame)
    dark, *rest = colors()
    for centroid, color in zip(CENTROIDS, [rest[0], rest[3], rest[2], rest[1], dark], strict=True):
        patch = Polygon(cell(centroid), closed=True, fc=color, ec=PAPER, lw=1.6)
        axes.add_patch(patch)
        patch.set_clip_path(frame)
        axes.plot(*centroid, "o", color=PAPER, markersize=0.055 * 72 * axes.bbox.width / figure.dpi)


def write(folder: Path) -> None:
    """Write logo.svg, icon.png and card.png."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = Figure(figsize=(1.0, 1.0))
    draw(mark, (0, 0, 1, 1))
    mark.savefig(folder / "logo.svg", transparent=True, metadata={"Date": None})
    mark.savefig(folder / "icon.png", transparent=True, dpi=64)
    _card().save(folder / "card.png", optimize=True)


def _card() -> Image.Image:
    """1200 by 630 pixels: the mark, what kmc is, and the sample in sixteen colours."""
    figure = Figure(figsize=(12, 6.3), facecolor=PAPER, dpi=100)
    draw(figure, (0.05, 0.60, 0.147, 0.28))
    figure.text(0.215, 0.665, "kmc", fontsize=84, color=INK, weight="bold")
    lines = "the k best colours of a picture,\nexactly, in milliseconds"
    figure.text(0.05, 0.30, lines, fontsize=27, color=INK, linespacing=1.5)
    figure.text(0.05, 0.13, "Python · command line · C with OpenMP", fontsize=17, color="#6b6078")
    with Image.open(SAMPLE) as file:
        part = file.crop((180, 60, 736, 760)).resize((500, 630), Image.Resampling.LANCZOS)
    figure.figimage(np.asarray(kmc.quantize(part, 16)), xo=700, yo=0, origin="upper")
    file = io.BytesIO()
    figure.savefig(file, dpi=100, facecolor=PAPER)
    return Image.open(file).convert("RGB")
