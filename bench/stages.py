"""Each stage of the pipeline, relative to one copy of the same pixels (np.copyto).

The stages call the engine's functions directly, each on the output of the previous stage. The time
of Lloyd's algorithm is per iteration, averaged over the first few. The stage `labels` assigns the
distinct colours to centroids, and `remap` maps the pixels to these labels. The last line for each
k relates the default effort to the histogram and the remap, which no exact tool can avoid.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import kmc
from bench import clock, pictures, report
from bench.contender import Pixels, nearest_mse
from bench.pictures import Picture
from kmc import core
from kmc.clustering.options import checked_options
from kmc.clustering.search import _start

TABLE = report.Table(("", "ms", "ns/pixel", "ns/colour", "x memcpy"), (30, 10, 10, 10, 10))
ITERATIONS = 8
PER_ITERATION = "Lloyd, an iteration"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder; its first picture is taken")
    parser.add_argument("--megapixels", type=float, help="a mosaic of that size instead")
    parser.add_argument("--k", type=int, nargs="+", default=[16, 256])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=7)


def run(options: argparse.Namespace) -> None:
    """Verify the stages on one picture, then time each of them."""
    about = report.machine()
    loaded = pictures.load(options.images)
    picture = pictures.mosaic(loaded, options.megapixels) if options.megapixels else loaded[0]
    report.title(about)
    threads = f"{options.threads} thread{'s' if options.threads > 1 else ''}"
    print(f"{picture.name}, {picture.size}, {picture.n_colors} colours; {threads}\n")
    TABLE.head()
    memcpy = 1e3 * clock.median(copying(picture.pixels), options.repeat)
    rows: list[dict[str, Any]] = [{"stage": "memcpy", "k": None, "ms": memcpy}]
    show(rows[0], memcpy, picture)

    def measure(works: dict[str, Callable[[], object]], k: int | None) -> None:
        for row in timed(works, k, options.repeat):
            show(row, memcpy, picture)
            rows.append(row)

    measure(counting(picture, options.threads), None)
    for k in options.k:
        print(f"k = {k}")
        measure(fitting(picture, k, options.threads), k)
        show_ratio(rows, k)
    report.save("stages", about, rows, picture=picture.name, threads=options.threads)


def timed(
    works: dict[str, Callable[[], object]], k: int | None, repeat: int
) -> Iterator[dict[str, Any]]:
    """A row for each stage, with its median time in milliseconds."""
    for stage, taken in clock.rounds(works, repeat).items():
        share = ITERATIONS if stage == PER_ITERATION else 1
        yield {"stage": stage, "k": k, "ms": 1e3 * statistics.median(taken) / share}


def copying(pixels: Pixels) -> Callable[[], None]:
    """Copies the pixels into a preallocated buffer."""
    target = np.empty_like(pixels)
    return lambda: np.copyto(target, pixels)


def counting(picture: Picture, threads: int) -> dict[str, Callable[[], object]]:
    """The stages that do not depend on k, verified against NumPy."""
    colors, counts = core.colors.histogram(picture.pixels, threads)
    if len(colors) != picture.n_colors or counts.sum() != picture.n_pixels:
        raise ValueError("the histogram disagrees with NumPy's")
    return {
        "histogram": lambda: core.colors.histogram(picture.pixels, threads),
        "tree": lambda: core.kmeans.tree(colors, counts, threads),
    }


def fitting(picture: Picture, k: int, threads: int) -> dict[str, Callable[[], object]]:
    """The stages for one k, each on the output of the previous ones."""
    pixels = picture.pixels
    colors, counts = core.colors.histogram(pixels, threads)
    tree = core.kmeans.tree(colors, counts, threads)
    fast = checked_options(k, {"effort": "fast", "threads": threads})
    default = checked_options(k, {"threads": threads})
    unsearched = replace(fast, searches=False)
    seeds = _start(tree, unsearched, 0)
    centroids = seeds.copy()
    tree.lloyd(centroids, ITERATIONS, 0.0, None, threads)
    labels, _, error = tree.label(centroids, threads)
    measured = nearest_mse(picture, centroids[:, :3]) * picture.n_pixels
    if not np.isclose(error, measured, rtol=1e-3):
        raise ValueError(f"an inertia of {error} is claimed where it is {measured}")
    return {
        "seeding": lambda: _start(tree, unsearched, 0),
        "seeding and search, fast": lambda: _start(tree, fast, 0),
        "seeding and search, default": lambda: _start(tree, default, 0),
        PER_ITERATION: lambda: tree.lloyd(seeds.copy(), ITERATIONS, 0.0, None, threads),
        "labels": lambda: tree.label(centroids, threads),
        "remap": lambda: core.colors.remap(pixels, colors, labels, k, threads),
        "all: quantize, fast": lambda: kmc.quantize(pixels, k, effort="fast", threads=threads),
        "all: quantize, default": lambda: kmc.quantize(pixels, k, threads=threads),
    }


def show_ratio(rows: list[dict[str, Any]], k: int) -> None:
    """Print the time of the default effort as a multiple of histogram plus remap."""
    ms = {row["stage"]: row["ms"] for row in rows if row["k"] in (None, k)}
    ratio = ms["all: quantize, default"] / (ms["histogram"] + ms["remap"])
    print(f"  default effort = {ratio:.2f} x (histogram + remap)")


def show(row: dict[str, Any], memcpy: float, picture: Picture) -> None:
    ms = row["ms"]
    TABLE.row(
        row["stage"] if row["k"] is None else f"  {row['stage']}",
        report.number(ms),
        report.number(1e6 * ms / picture.n_pixels, 3),
        report.number(1e6 * ms / picture.n_colors, 3),
        report.number(ms / memcpy, 3),
    )
