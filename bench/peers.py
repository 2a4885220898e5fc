"""Error and time of kmc and of the other tools, on the same pictures in the same run.

Every answer is verified before anything is timed. kmc runs on one thread and on all of them, the
other tools on as many as they like. Contenders take turns, and the median of the rounds counts;
tools that need seconds run fewer rounds and are warmed up on a small part of the picture. Times
begin with pixels in the form the tool takes and end with indices and a palette. MSE is per pixel,
summed over the channels: of the repainted picture, and of the real-valued centroids before
rounding. The time of plain NumPy is measured over a few iterations and scaled to as many as
kmc's default effort took.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from bench import clock, ours, pictures, report, rivals, summary
from bench.contender import Answer, Contender, Score, score, verify
from bench.pictures import Picture

TABLE = report.Table(
    ("", "ms", "runs", "it.", "MSE", "unrounded", "over best"), (34, 11, 5, 5, 10, 10, 10)
)
EFFORTS = ("fast", "default", "best")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder of pictures")
    parser.add_argument("--k", type=int, nargs="+", default=[16, 256])
    parser.add_argument("--only", nargs="+", metavar="NAME", help="labels that contain a NAME")
    parser.add_argument("--efforts", nargs="+", choices=EFFORTS, default=["fast", "default"])
    parser.add_argument("--repeat", type=int, default=5, help="rounds of the fast contenders")
    parser.add_argument("--slow-repeat", type=int, default=1, help="rounds of the slow ones")
    parser.add_argument("--numpy-iterations", type=int, default=2)
    parser.add_argument("--best", type=Path, help="CSV of the best known MSE: image, mse_k16, ...")


def run(options: argparse.Namespace) -> None:
    """Run the whole comparison and print its tables."""
    about = report.machine()
    shown = pictures.load(options.images)
    best = summary.read_best(options.best) if options.best else {}
    contenders, missing = chosen(options)
    report.title(about, missing)
    print()
    TABLE.head()
    rows = [
        row
        for picture, k in product(shown, options.k)
        for row in compare(picture, k, contenders, options, best.get((picture.name, k)))
    ]
    summary.show(rows, options.k)
    report.save("peers", about, rows, missing=missing)


def chosen(options: argparse.Namespace) -> tuple[list[Contender], list[str]]:
    """The contenders to run, and the packages that are missing."""
    peers, missing = rivals.available(options.numpy_iterations)
    everyone = [*ours.contenders(options.efforts, options.numpy_iterations), *peers]
    if options.only:
        wanted = [name.lower() for name in options.only]
        everyone = [c for c in everyone if any(name in c.label.lower() for name in wanted)]
    if not everyone:
        raise SystemExit("--only leaves no contender")
    return everyone, missing


def compare(
    picture: Picture,
    k: int,
    contenders: list[Contender],
    options: argparse.Namespace,
    best: float | None,
) -> list[dict[str, Any]]:
    """Verify, time and print all contenders on one picture at one k."""
    print(f"{picture.name}, {picture.size}, {picture.n_colors} colours, k = {k}", flush=True)
    playing = [contender for contender in contenders if k <= contender.max_k]
    answers, times = {}, {}
    for contender in (c for c in playing if not c.slow):
        answers[contender.label] = once(contender, picture, k)
    calls = {c.label: call(c, picture, k) for c in playing if not c.slow}
    times.update(clock.rounds(calls, options.repeat))
    for contender in (c for c in playing if c.slow):
        answers[contender.label], times[contender.label] = slowly(
            contender, picture, k, options.slow_repeat
        )
    reference = next((answers[c.label] for c in playing if "kmc default" in c.label), None)
    rows = []
    for contender in playing:
        answer, taken = answers[contender.label], times[contender.label]
        scale = 1.0
        if contender.per_iteration and reference is not None:
            scale = (reference.iterations or 1) / (answer.iterations or 1)
        row = describe(contender, answer, score(answer, picture), taken, scale)
        rows.append({"picture": picture.name, "size": picture.size, "k": k, "best": best, **row})
        show(rows[-1])
    TABLE.rule()
    return rows


def call(contender: Contender, picture: Picture, k: int) -> Callable[[], Any]:
    """What is timed: the contender on its own form of the pixels."""
    prepared = contender.prepare(picture.pixels)
    return lambda: contender.run(prepared, k)


def once(contender: Contender, picture: Picture, k: int) -> Answer:
    """A verified answer, which warms the contender up as well."""
    answer = contender.read(call(contender, picture, k)())
    verify(answer, picture, k)
    return answer


def slowly(
    contender: Contender, picture: Picture, k: int, repeat: int
) -> tuple[Answer, list[float]]:
    """Times and a verified answer of a contender too slow to be warmed up at full size."""
    corner = Picture("corner", np.ascontiguousarray(picture.pixels[:64, :64]))
    contender.run(contender.prepare(corner.pixels), min(k, 4))
    results: list[Any] = []
    whole = call(contender, picture, k)
    times = [clock.seconds(lambda: results.append(whole())) for _ in range(repeat)]
    answer = contender.read(results[0])
    verify(answer, picture, k)
    return answer, times


def describe(
    contender: Contender, answer: Answer, scored: Score, times: list[float], scale: float
) -> dict[str, Any]:
    """One row of the results."""
    return {
        "label": contender.label,
        "version": contender.version,
        "ms": 1e3 * scale * statistics.median(times),
        "ms_all": [1e3 * scale * taken for taken in times],
        "time_scale": scale,
        "iterations": answer.iterations,
        "mse": scored.mse,
        "unrounded": scored.unrounded,
    }


def show(row: dict[str, Any]) -> None:
    """One line of the table; `over best` compares unrounded errors where there are such."""
    error = row["mse"] if row["unrounded"] is None else row["unrounded"]
    over = "-" if row["best"] is None else f"{100 * (error / row['best'] - 1):+.2f} %"
    TABLE.row(
        f"  {row['label']}",
        report.number(row["ms"]) + ("*" if row["time_scale"] != 1.0 else ""),
        len(row["ms_all"]),
        row["iterations"] or "-",
        report.number(row["mse"], 5),
        report.number(row["unrounded"], 5),
        over,
    )
