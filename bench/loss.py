"""Bytes of files with a loss beside plain ones, other programs', JPEG and WebP of the same error.

Bytes at an error are interpolated on each curve of a contender (bench/loss_curves.py), with
logarithms of bytes; the least of all its curves counts, or of a file that is nearer still. Two
contenders are compared by geometric means over the pictures on which both reach the error. Where
rates are drawn, each is the geometric mean over all pictures: a curve goes as far as it does on
every one of them.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import geometric_mean
from typing import Any

import numpy as np

from bench import loss_times, pictures, report
from bench.loss_curves import Curves, Point, measured
from kmc.pipeline import LookName

TARGETS: dict[str, tuple[float, ...]] = {"psnr": (34, 36, 38, 40), "ssimulacra2": (75, 80, 85)}
PAIRS = (
    (".kmc, lossy", ".kmc, plain"),
    (".kmc, lossy", "JPEG"),
    (".kmc, lossy", "WebP"),
    ("PNG, lossy", "PNG, plain"),
    ("PNG, lossy", "pngquant, oxipng"),
    ("GIF, lossy", "GIF, plain"),
    ("GIF, lossy", "gifsicle --lossy"),
)

# Where rates are shown: PSNR in dB, SSIMULACRA2.
GRIDS: dict[str, tuple[int, ...]] = {
    "psnr": tuple(range(30, 45)),
    "ssimulacra2": tuple(range(50, 91, 5)),
}

TITLES = {"psnr": "PSNR (dB)", "ssimulacra2": "SSIMULACRA2"}

Row = dict[str, Any]


def run(options: argparse.Namespace) -> None:
    """Measure all curves or read saved ones, compare pairs of contenders, and draw a figure."""
    if options.times:
        loss_times.run(options)
        return
    if options.results and (options.images or options.look):
        raise SystemExit("--results are of their own pictures and look")
    sets = saved(options.results) if options.results else [measured_rows(options)]
    rates = {}
    for rows in sets:
        curves = by_picture(rows)
        for measure in measures(rows):
            show_pairs(curves, measure)
            if measure not in rates:
                rates[measure] = mean_rates(rows, measure)
    for measure, table in rates.items():
        show_rates(table, measure)
    if options.figure:
        from bench import rate_figure  # loaded late: matplotlib is optional

        options.figure.write_bytes(rate_figure.svg(rates))


def measured_rows(options: argparse.Namespace) -> list[Row]:
    """A row for each file of all pictures, which are saved too."""
    about = report.machine()
    look: LookName = options.look or "plain"
    report.title(about)
    rows: list[Row] = []
    for picture in pictures.load(options.images):
        for contender, curves in measured(picture.pixels, look).items():
            for curve, points in curves.items():
                own = {"picture": picture.name, "pixels": picture.n_pixels}
                own |= {"contender": contender, "curve": curve}
                rows += [own | point for point in points]
        print(picture.name, flush=True)
    report.save("loss", about, rows, look=look)
    return rows


def saved(paths: Iterable[Path]) -> list[list[Row]]:
    """The rows of earlier runs: those of one look, each on pictures of its own, are one set."""
    sets: dict[str, list[Row]] = {}
    for path in paths:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("benchmark") != "loss":
            raise SystemExit(f"{path} has no results of codec --lossy")
        sets.setdefault(content["look"], []).extend(content["rows"])
    return list(sets.values())


def measures(rows: Iterable[Row]) -> list[str]:
    return [measure for measure in TARGETS if all(measure in row for row in rows)]


def by_picture(rows: Iterable[Row]) -> dict[str, Curves]:
    """Rows as the curves of each contender on each picture."""
    found: dict[str, Curves] = {}
    for row in rows:
        curves = found.setdefault(row["picture"], {}).setdefault(row["contender"], {})
        curves.setdefault(row["curve"], []).append(row)
    return found


def bytes_at(own: dict[str, list[Point]], measure: str, target: float) -> float | None:
    """The fewest bytes at an error or a lower one, between points of a curve.

    None if no curve crosses it.
    """
    found: list[float] = []
    for curve in own.values():
        points = sorted(curve, key=lambda each: each[measure])
        at = [each[measure] for each in points]
        if at[0] <= target <= at[-1]:
            found.append(math.exp(np.interp(target, at, [math.log(p["bytes"]) for p in points])))
    nearer = (
        point["bytes"] for curve in own.values() for point in curve if point[measure] > target
    )
    return min([*found, *nearer]) if found else None


def ratios(
    found: dict[str, Curves], pair: tuple[str, str], measure: str, target: float
) -> Iterator[float]:
    """Bytes of the first contender as a share of the second's, where both reach the error."""
    for curves in found.values():
        first, second = (bytes_at(curves.get(name, {}), measure, target) for name in pair)
        if first and second:
            yield first / second


def show_pairs(found: dict[str, Curves], measure: str) -> None:
    columns = ("", "of the bytes of", "at", "share", "least", "most", "smaller on")
    table = report.Table(columns, (14, 17, 15, 7, 7, 7, 11))
    table.head()
    for pair in PAIRS:
        for target in TARGETS[measure]:
            shares = list(ratios(found, pair, measure, target))
            if shares:
                cells = [f"{f(shares):.3f}" for f in (geometric_mean, min, max)]
                smaller = f"{sum(share < 1 for share in shares)} of {len(shares)}"
                table.row(*pair, f"{measure} {target:g}", *cells, smaller)
    table.rule()


def mean_rates(rows: list[Row], measure: str) -> dict[str, dict[int, float]]:
    """Bits a pixel of each contender at the errors that it reaches on every picture."""
    area = {row["picture"]: row["pixels"] for row in rows}
    found = by_picture(rows)
    rates: dict[str, dict[int, float]] = {}
    for contender in dict.fromkeys(row["contender"] for row in rows):
        for target in GRIDS[measure]:
            sizes = {
                name: bytes_at(curves.get(contender, {}), measure, target)
                for name, curves in found.items()
            }
            bits = [8 * size / area[name] for name, size in sizes.items() if size]
            if len(bits) == len(found):
                rates.setdefault(contender, {})[target] = geometric_mean(bits)
    return rates


def show_rates(rates: dict[str, dict[int, float]], measure: str) -> None:
    """Print the rates in the form of the table in docs/benchmarks.md."""
    print("\n| " + " | ".join([TITLES[measure], *rates]) + " |")
    print("|---" + "|---:" * len(rates) + "|")
    for target in GRIDS[measure]:
        cells = [f"{own[target]:.3f}" if target in own else "–" for own in rates.values()]
        if any(cell != "–" for cell in cells):
            print(f"| {target} | " + " | ".join(cells) + " |")
