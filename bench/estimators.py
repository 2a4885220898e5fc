"""kmc.ColorKMeans beside scikit-learn's KMeans: time and inertia of both on the same rows.

Both take the pixels of a picture as rows of uint8 and run with their default settings, from a fixed
seed; kmc on one thread, unless ``--threads`` says otherwise, scikit-learn on as many as it likes.
Inertia is verified by NumPy. The median of the rounds counts.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import kmc
from bench import clock, pictures, report
from bench.contender import nearest_mse
from bench.pictures import Picture

TABLE = report.Table(
    ("picture, k", "scikit-learn ms", "kmc ms", "times as fast", "inertia"), (24, 16, 10, 14, 10)
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder of pictures")
    parser.add_argument("--k", type=int, nargs="+", default=[8, 16, 64])
    parser.add_argument("--threads", type=int, default=1, help="of kmc")
    parser.add_argument("--repeat", type=int, default=5, help="rounds of kmc")
    parser.add_argument("--slow-repeat", type=int, default=1, help="rounds of scikit-learn")


def run(options: argparse.Namespace) -> None:
    """Compare both on every picture and print one line for each, and the geometric means."""
    about = report.machine()
    loaded = pictures.load(options.images)
    report.title(about)
    print("inertia: of kmc, beyond that of scikit-learn\n")
    TABLE.head()
    rows = []
    for k in options.k:
        here = [
            compared(picture, k, options.threads, options.repeat, options.slow_repeat)
            for picture in loaded
        ]
        TABLE.rule()
        show(f"geometric mean, {k}", mean(here))
        TABLE.rule()
        rows += here
    report.save("estimators", about, rows)


def compared(
    picture: Picture, k: int, threads: int, repeat: int, slow_repeat: int
) -> dict[str, Any]:
    """Verify, time and print both on one picture."""
    rows = picture.pixels.reshape(picture.n_pixels, -1)
    means = importlib.import_module("sklearn.cluster").KMeans
    models = {"sklearn": means(k, random_state=0), "kmc": kmc.ColorKMeans(k, threads=threads)}
    models["kmc"].fit(rows)
    times = clock.rounds({"kmc": partial(models["kmc"].fit, rows)}, repeat)
    times |= clock.rounds({"sklearn": partial(models["sklearn"].fit, rows)}, slow_repeat)
    row: dict[str, Any] = {"picture": picture.name, "k": k, "threads": threads}
    for name, model in models.items():
        verify(name, model, picture)
        row[name] = {"ms": 1e3 * statistics.median(times[name]), "inertia": float(model.inertia_)}
    row["times as fast"] = row["sklearn"]["ms"] / row["kmc"]["ms"]
    row["over"] = row["kmc"]["inertia"] / row["sklearn"]["inertia"]
    show(f"{picture.name}, {k}", row)
    return row


def verify(name: str, model: Any, picture: Picture) -> None:
    """Raise ValueError unless the inertia is that of every row at its nearest centre."""
    expected = nearest_mse(picture, np.asarray(model.cluster_centers_)) * picture.n_pixels
    if not np.isclose(model.inertia_, expected, rtol=1e-4):
        raise ValueError(
            f"{name}: an inertia of {model.inertia_} is claimed where it is {expected}"
        )


def mean(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Geometric means over the pictures."""
    found: dict[str, Any] = {
        name: {"ms": clock.geometric_mean([row[name]["ms"] for row in rows])}
        for name in ("sklearn", "kmc")
    }
    for name in ("times as fast", "over"):
        found[name] = clock.geometric_mean([row[name] for row in rows])
    return found


def show(label: str, row: dict[str, Any]) -> None:
    TABLE.row(
        label,
        report.number(row["sklearn"]["ms"]),
        report.number(row["kmc"]["ms"]),
        report.number(row["times as fast"], 3),
        f"{100 * (row['over'] - 1):+.2f} %",
    )
