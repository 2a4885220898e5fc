"""How long choosing takes: with a loss, and for a size, beside coding the same file.

Processor time of one thread, the least of a few calls that take turns. Choosing is `quantize` with
a loss minus `quantize` without; coding is writing the file. A size is 0.6 times that of the plain
file: as many codings of that as `quantize(max_bytes=)` takes longer than `quantize`.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import geometric_mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

import kmc
from bench import pictures, report
from bench.loss_curves import NAMES
from kmc.pipeline import LookName

KS = (64, 256)
LOSSES = (15, 40)
ROUNDS = 2
SHARE_OF_PLAIN = 0.6

TABLE = report.Table(("", "k", "", "of coding", "least", "most"), (8, 5, 12, 10, 8, 8))


def run(options: argparse.Namespace) -> None:
    """A line for each format, number of colours and choice."""
    about = report.machine()
    look: LookName = options.look or "plain"
    report.title(about)
    rows: list[dict[str, Any]] = []
    for picture in pictures.load(options.images):
        for format in NAMES:
            for k in KS:
                for choice, share in shares(picture.pixels, k, format, look).items():
                    row = {"picture": picture.name, "format": format, "k": k}
                    rows.append(row | {"choice": choice, "of_coding": share})
        print(picture.name, flush=True)
    TABLE.head()
    for format, k, choice in dict.fromkeys((r["format"], r["k"], r["choice"]) for r in rows):
        own = [
            row["of_coding"]
            for row in rows
            if (row["format"], row["k"], row["choice"]) == (format, k, choice)
        ]
        cells = [f"{f(own):.2f}" for f in (geometric_mean, min, max)]
        TABLE.row(NAMES[format], k, choice, *cells)
    report.save("loss-times", about, rows, look=look)


def shares(pixels: NDArray[np.uint8], k: int, format: str, look: LookName) -> dict[str, float]:
    """The time of each choice as a share of coding its file, or of the plain file for a size."""

    def made(**options: Any) -> kmc.IndexedImage:
        return kmc.quantize(pixels, k, look=look, threads=1, **options)

    def coding(image: kmc.IndexedImage) -> Callable[[], object]:
        settings: dict[str, Any] = {} if format == "gif" else {"threads": 1}
        return lambda: image.to_bytes(format, **settings)

    plain = made(dither="none")
    goal = int(SHARE_OF_PLAIN * len(plain.to_bytes(format)))
    calls: dict[str, Callable[[], object]] = {"plain": lambda: made(dither="none")}
    codings = {"plain": coding(plain)}
    for loss in LOSSES:
        name = f"lossy {loss}"
        calls[name] = lambda loss=loss: made(lossy=loss, format=format)  # type: ignore[misc]
        codings[name] = coding(made(lossy=loss, format=format))
    calls["max_bytes"], codings["max_bytes"] = (
        lambda: made(max_bytes=goal, format=format),
        codings["plain"],
    )
    taken, coded = least(calls), least(codings)
    return {
        name: max(taken[name] - taken["plain"], 1e-6) / coded[name]
        for name in calls
        if name != "plain"
    }


def least(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The least processor time of each call, in seconds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.process_time()
            call()
            times[name].append(time.process_time() - start)
    return {name: min(own) for name, own in times.items()}
