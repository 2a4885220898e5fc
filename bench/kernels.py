"""Time of the same work on every instruction set, after checking that results match plain C.

One thread. `assign` is the plain nearest-colour kernel over pixels, `quantize` the whole pipeline.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import kmc
from bench import clock, pictures, report
from bench.contender import Pixels
from bench.pictures import Picture

Arrays = tuple[NDArray[Any], ...]
Work = Callable[[], Arrays]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder; its first picture is taken")
    parser.add_argument("--k", type=int, nargs="+", default=[16, 256])
    parser.add_argument("--repeat", type=int, default=7)


def run(options: argparse.Namespace) -> None:
    """Verify and time every piece of work on every instruction set."""
    about = report.machine()
    picture = pictures.load(options.images)[0]
    names = kmc.cpu.available()
    report.title(about)
    print(f"{picture.name}, {picture.size}, {picture.n_colors} colours; in use: {kmc.cpu.name()}\n")
    table = report.Table(("ms, one thread", *names), (26, *([18] * len(names))))
    table.head()
    rows = []
    for label, work in everything(picture, options.k).items():
        verify(label, work, names)
        times = clock.rounds({name: under(name, work) for name in names}, options.repeat)
        ms = {name: 1e3 * statistics.median(taken) for name, taken in times.items()}
        rows.append({"work": label, "ms": ms})
        cells = [f"{report.number(ms[n])} {ms['c'] / ms[n]:7.2f}x" for n in names]
        table.row(label, *cells)
    report.save("kernels", about, rows, picture=picture.name)


def everything(picture: Picture, ks: list[int]) -> dict[str, Work]:
    """The pieces of work by label; each returns the arrays that must not differ."""
    pixels = picture.pixels
    works: dict[str, Work] = {"histogram": partial(counted, pixels)}
    for k in ks:
        palette = kmc.fit(pixels, k, threads=1)
        works[f"assign, k = {k}"] = partial(assigned, pixels, palette)
        works[f"assign with sums, k = {k}"] = partial(accumulated, pixels, palette)
        works[f"remap, k = {k}"] = partial(remapped, pixels, palette)
        works[f"quantize, k = {k}"] = partial(quantized, pixels, k)
    return works


def counted(pixels: Pixels) -> Arrays:
    histogram = kmc.histogram(pixels, threads=1)
    return histogram.colors, histogram.counts


def assigned(pixels: Pixels, palette: kmc.Palette) -> Arrays:
    return (kmc.assign(pixels, palette, threads=1),)


def accumulated(pixels: Pixels, palette: kmc.Palette) -> Arrays:
    return kmc.assign(pixels, palette, return_sums=True, threads=1)


def remapped(pixels: Pixels, palette: kmc.Palette) -> Arrays:
    return (palette.remap(pixels, threads=1).indices,)


def quantized(pixels: Pixels, k: int) -> Arrays:
    result = kmc.quantize(pixels, k, threads=1)
    return result.indices, result.palette.centroids


def under(name: str, work: Work) -> Work:
    """The same work on one instruction set."""

    def forced() -> Arrays:
        with kmc.cpu.use(name):
            return work()

    return forced


def verify(label: str, work: Work, names: tuple[str, ...]) -> None:
    """Raise unless all instruction sets give the same arrays; warms each of them up."""
    expected = under("c", work)()
    for name in names:
        actual = under(name, work)()
        if not all(np.array_equal(a, b) for a, b in zip(actual, expected, strict=True)):
            raise ValueError(f"{name} differs from plain C in {label}")
