"""Error and time of initialization methods and searches, on one thread.

Every initialization is followed by Lloyd's algorithm until convergence (tol = 1e-4); `fast`,
`default` and `best` are the efforts of `kmc.fit`. Errors are those of unrounded centroids, in
percent above the best known ones if a table of these is given, else above the lowest of the run,
as geometric means over the pictures. Times are processor time, without counting the histogram.
Methods marked with * are written in NumPy: their errors are comparable, their times are not.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import kmc
from bench import clock, divide, pictures, report, summary
from bench.divide import Floats
from bench.pictures import Picture
from kmc import core
from kmc.colors.spaces import pad_to_four

TOLERANCE = 1e-4
Fitted = tuple[Floats, float]  # centroids, (k, 3), and their inertia
Way = Callable[[kmc.Histogram, int], Fitted]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder of pictures")
    parser.add_argument("--k", type=int, nargs="+", default=[4, 16, 64, 256])
    parser.add_argument("--best", type=Path, help="CSV of the best known MSE: image, mse_k16, ...")
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))


def run(options: argparse.Namespace) -> None:
    """Fit every picture with every method and print one line for each method."""
    about = report.machine()
    known = summary.read_best(options.best) if options.best else {}
    loaded = pictures.load(options.images)
    report.title(about)
    table = report.Table(("over best, ms", *map(str, options.k)), (26, *([20] * len(options.k))))
    table.head()
    rows = [
        measured(picture, k, way) for way in options.ways for picture in loaded for k in options.k
    ]
    for picture in loaded:
        for k in options.k:
            here = [row for row in rows if (row["picture"], row["k"]) == (picture.name, k)]
            least = known.get((picture.name, k), min(float(row["mse"]) for row in here))
            for row in here:
                row["over"] = float(row["mse"]) / least
    for way in options.ways:
        cells = []
        for k in options.k:
            here = [row for row in rows if (row["way"], row["k"]) == (way, k)]
            over = 100 * (clock.geometric_mean([float(row["over"]) for row in here]) - 1)
            ms = sum(float(row["ms"]) for row in here) / len(here)
            cells.append(f"{over:+.2f} % {report.number(ms):>8}")
        table.row(way, *cells)
    report.save("seeding", about, rows)


def measured(picture: Picture, k: int, way: str) -> dict[str, str | float]:
    """One fit; raises unless NumPy finds the same error."""
    histogram = kmc.histogram(picture.pixels)
    begun = time.thread_time()
    centroids, inertia = WAYS[way](histogram, k)
    ms = 1e3 * (time.thread_time() - begun)
    _, distances = divide.two_nearest(histogram.colors.astype(np.float64), centroids)
    if len(centroids) != k or not np.isclose(
        histogram.counts @ distances[:, 0], inertia, rtol=5e-3
    ):
        raise ValueError(f"{way}: an inertia of {inertia} is claimed for {len(centroids)} colours")
    return {
        "way": way,
        "picture": picture.name,
        "k": k,
        "ms": ms,
        "mse": inertia / picture.n_pixels,
    }


def converged(tree: core.kmeans.Tree, start: Floats) -> Fitted:
    """Centroids and inertia after Lloyd's algorithm has converged from `start`, (k, 3)."""
    centroids = pad_to_four(start)
    history, _ = tree.lloyd(centroids, 1000, TOLERANCE, None, 1)
    return centroids[:, :3], history[-1][0]


def from_seeds(
    seed: Callable[[core.kmeans.Tree, int], Floats], counted: kmc.Histogram, k: int
) -> Fitted:
    tree = core.kmeans.tree(counted.colors, counted.counts, 1)
    return converged(tree, seed(tree, k)[:, :3])


def by_division(cut: divide.Cut, counted: kmc.Histogram, k: int) -> Fitted:
    tree = core.kmeans.tree(counted.colors, counted.counts, 1)
    colors = counted.colors.astype(np.float64)
    return converged(tree, divide.divided(colors, counted.counts, k, cut))


def breathing(counted: kmc.Histogram, k: int) -> Fitted:
    tree = core.kmeans.tree(counted.colors, counted.counts, 1)
    colors = counted.colors.astype(np.float64)
    start = tree.seed_plusplus(k, 0, 1)[:, :3]
    found = divide.breathe(colors, counted.counts, start, partial(converged, tree))
    return converged(tree, found)


def by_effort(effort: str, counted: kmc.Histogram, k: int) -> Fitted:
    palette = kmc.fit(counted, k, effort=effort, threads=1)  # type: ignore[arg-type]
    return palette.centroids, palette.inertia


WAYS: dict[str, Way] = {
    "random colours": partial(from_seeds, lambda tree, k: tree.seed_random(k, 0, 1)),
    "greedy k-means++": partial(from_seeds, lambda tree, k: tree.seed_plusplus(k, 0, 1)),
    "binary splitting": partial(from_seeds, lambda tree, k: tree.seed_split(k, 1)),
    "PCA division *": partial(by_division, divide.along_the_principal_axis),
    "Wu *": partial(by_division, divide.across_a_channel),
    "breathing *": breathing,
    "swap search, fast": partial(by_effort, "fast"),
    "swap search, default": partial(by_effort, "default"),
    "swap search, best": partial(by_effort, "best"),
}
