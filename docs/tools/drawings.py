"""Draws the figures of "How it works" and of the benchmarks, as SVG.

What they show is computed by kmc: the points are colours without blue, so that two axes suffice.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).resolve().parents[2]))  # at the end: the installed kmc is first

import kmc
from bench import rate_figure
from bench.loss import TITLES
from bench.rate_figure import BLUE, FAINT, GREEN, INK, PURPLE, VERMILION

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks.md"
# One more of Okabe and Ito's colours, and a grey.
ORANGE, GREY = "#e69f00", "#9a9a9a"
CLUSTERS = (BLUE, ORANGE, GREEN, PURPLE, VERMILION)

Points = NDArray[np.uint8]
Floats = NDArray[np.float64]


def groups(centres: list[tuple[int, int]], n: int = 60, spread: float = 13) -> Points:
    """Colours (x, y, 0) around some centres."""
    random = np.random.default_rng(3)
    points = [random.normal(centre, spread, (n, 2)) for centre in centres]
    plane = np.concatenate(points).clip(4, 251).round()
    return np.column_stack([plane, np.zeros(len(plane))]).astype(np.uint8)[:, None]


def iterated(points: Points, start: Floats | list[tuple[int, int]], n: int) -> Floats:
    """The centroids after n of Lloyd's iterations."""
    init = np.column_stack([start, np.zeros(len(start))])
    if n == 0:
        return init
    return kmc.fit(points, len(init), init=init, max_iter=n, tol=0).centroids


def scatter(axes: Axes, points: Points, centroids: Floats, title: str) -> None:
    """Points in the colours of their clusters, and the centroids."""
    plane = points[:, 0, :2].astype(float)
    nearest = ((plane[:, None] - centroids[None, :, :2]) ** 2).sum(axis=2).argmin(axis=1)
    for i, centroid in enumerate(centroids):
        axes.plot(*plane[nearest == i].T, "o", ms=3, color=CLUSTERS[i], alpha=0.55, mew=0)
        axes.plot(*centroid[:2], "X", ms=11, color=CLUSTERS[i], mec="white", mew=1.4)
    bare(axes, title)


def bare(axes: Axes, title: str = "") -> None:
    axes.set(xlim=(0, 255), ylim=(0, 255), xticks=[], yticks=[], aspect="equal")
    axes.set_title(title, fontsize=10, color=INK)
    for spine in axes.spines.values():
        spine.set_color(FAINT)


def lloyd() -> Figure:
    """From four poor centroids to four good ones."""
    figure = Figure(figsize=(8.4, 2.4), layout="constrained")
    points = groups([(60, 60), (70, 190), (190, 180), (185, 70)])
    start = [(105, 100), (100, 150), (150, 140), (130, 75)]
    titles = ("start", "1 iteration", "2 iterations", "8 iterations")
    for axes, n, title in zip(figure.subplots(1, 4), (0, 1, 2, 8), titles, strict=True):
        scatter(axes, points, iterated(points, start, n), title)
    return figure


def weighted() -> Figure:
    """The pixels of a small picture, and the distinct colours with their counts."""
    figure = Figure(figsize=(6.6, 2.5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.45, 1))
    colors = ["#fee8a6", "#e69b5a", "#c21d12", "#222139"]
    index = np.array([[0, 0, 0, 0, 1, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 1, 3],
                      [0, 0, 1, 1, 2, 2, 1, 3, 3], [0, 1, 1, 2, 2, 3, 3, 3, 3],
                      [1, 1, 1, 3, 3, 3, 3, 3, 3]])  # fmt: skip
    height, width = index.shape
    for (y, x), i in np.ndenumerate(index):
        left.add_patch(Rectangle((x, height - 1 - y), 0.94, 0.94, color=colors[i], lw=0))
    left.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    left.set_title(f"{index.size} pixels", fontsize=11, color=INK)
    for row, (color, count) in enumerate(zip(colors, np.bincount(index.ravel()), strict=True)):
        right.add_patch(Rectangle((0, 3 - row), 0.7, 0.7, color=color, lw=0))
        text = f"counts {count} times"
        right.text(1.0, 3.35 - row, text, va="center", fontsize=11, color=INK)
    right.set(xlim=(0, 4), ylim=(-0.1, 4), aspect="equal")
    right.set_title("4 weighted colours", fontsize=11, color=INK)
    left.axis("off")
    right.axis("off")
    return figure


def tree() -> Figure:
    """Which centroids a box of points keeps as candidates."""
    figure = Figure(figsize=(7.6, 3.2), layout="constrained")
    points = groups([(60, 70), (75, 180), (190, 190), (190, 75)], 45, 22)
    plane = points[:, 0, :2].astype(float)
    centroids = kmc.fit(points, 5).centroids[:, :2]
    for axes, levels in zip(figure.subplots(1, 3), (0, 3, 5), strict=True):
        boxes = split([plane], levels)
        for box in boxes:
            low, high = box.min(axis=0) - 2, box.max(axis=0) + 2
            left = candidates(low, high, centroids)
            color = CLUSTERS[left[0]] if len(left) == 1 else GREY
            frame = Rectangle(low, *(high - low), fc=color, alpha=0.16, ec="none")
            axes.add_patch(frame)
            axes.add_patch(Rectangle(low, *(high - low), fc="none", ec=color, lw=1))
        axes.plot(*plane.T, "o", ms=2, color=INK, alpha=0.5, mew=0)
        for color, centroid in zip(CLUSTERS, centroids, strict=True):
            axes.plot(*centroid, "X", ms=10, color=color, mec="white", mew=1.3)
        settled = sum(len(b) for b in boxes if len(candidates(b.min(0), b.max(0), centroids)) == 1)
        share = 100 * settled / len(plane)
        noun = "box" if len(boxes) == 1 else "boxes"
        bare(axes, f"{len(boxes)} {noun}: {share:.0f} % settled")
    return figure


def split(boxes: list[Floats], levels: int) -> list[Floats]:
    """Halve boxes along their longer side."""
    for _ in range(levels):
        halves: list[Floats] = []
        for box in boxes:
            axis = int(np.ptp(box, axis=0).argmax())
            ordered = box[box[:, axis].argsort(kind="stable")]
            halves += [ordered[: len(box) // 2], ordered[len(box) // 2 :]]
        boxes = halves
    return boxes


def candidates(low: Floats, high: Floats, centroids: Floats) -> list[int]:
    """The centroids that can be nearest to a point of a box."""
    inside = centroids.clip(low, high)
    nearest = ((centroids - inside) ** 2).sum(axis=1)
    farthest = (np.maximum(abs(centroids - low), abs(centroids - high)) ** 2).sum(axis=1)
    return [i for i, distance in enumerate(nearest) if distance <= farthest.min()]


def swap() -> Figure:
    """A local optimum of Lloyd's iterations, and the swap that leaves it."""
    figure = Figure(figsize=(7.6, 3.0), layout="constrained")
    points = groups([(55, 65), (65, 195), (140, 125), (205, 195), (200, 60)])
    stuck = iterated(points, [(45, 60), (65, 70), (65, 195), (140, 125), (210, 130)], 60)
    left, middle, right = figure.subplots(1, 3)
    scatter(left, points, stuck, "a local optimum")
    scatter(middle, points, stuck, "the swap")
    arrow = FancyArrowPatch(
        stuck[0, :2], (140, 125), arrowstyle="-|>", mutation_scale=16, color=INK, lw=1.8,
        connectionstyle="arc3,rad=-0.25", zorder=5,
    )  # fmt: skip
    middle.add_patch(arrow)
    moved = stuck[:, :2].copy()
    moved[0] = (140, 125)
    scatter(right, points, iterated(points, moved, 60), "after the swap")
    return figure


def rates() -> Figure:
    """Bits a pixel against PSNR, from the table of the benchmarks."""
    table = re.search(r"\| k \| PSNR.*?\n\n", BENCHMARKS.read_text("utf-8"), re.DOTALL)
    assert table
    rows = [line.strip("| ").split(" | ") for line in table[0].splitlines()[2:] if line]
    numbers = np.array([[float(cell) if cell != "–" else np.nan for cell in row] for row in rows])
    figure = Figure(figsize=(6.4, 3.9), layout="constrained")
    axes = figure.add_subplot()
    looks = ((".kmc", BLUE, "o-"), ("JPEG 4:4:4", VERMILION, "s-"), ("JPEG 4:2:0", PURPLE, "^--"))
    for column, (name, color, mark) in enumerate(looks, 2):
        axes.plot(numbers[:, column], numbers[:, 1], mark, ms=5, lw=1.8, color=color, label=name)
    for k, psnr, rate, *_ in numbers:
        note = f"k = {k:.0f}"
        place, side = ((8, -8), "left") if k <= 32 else ((-8, 5), "right")
        axes.annotate(note, (rate, psnr), place, textcoords="offset points", ha=side, size=9)
    axes.set(xlabel="bits per pixel", ylabel="PSNR (dB)", xlim=(0, None))
    axes.grid(color=FAINT, lw=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    return figure


def loss_rates() -> Figure:
    """Bits a pixel of all formats against errors, from the tables of the benchmarks."""
    text, panels = BENCHMARKS.read_text("utf-8"), {}
    for measure, title in TITLES.items():
        table = re.search(rf"\| {re.escape(title)} \| \.kmc, plain.*?\n\n", text, re.DOTALL)
        assert table
        names, _, *rows = [line.strip("| ").split(" | ") for line in table[0].split("\n") if line]
        panels[measure] = {
            name: {int(row[0]): float(row[i]) for row in rows if row[i] != "–"}
            for i, name in enumerate(names[1:], 1)
        }
    return rate_figure.figure(panels)


DRAWINGS: tuple[Callable[[], Figure], ...] = (weighted, lloyd, tree, swap, rates, loss_rates)


def write(folder: Path) -> None:
    """Write a file for each."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context({"svg.hashsalt": "kmc"}):
        for drawing in DRAWINGS:
            path = folder / f"{drawing.__name__}.svg"
            drawing().savefig(path, facecolor="white", bbox_inches="tight", metadata={"Date": None})
