"""One thread against all of them, on an idle machine and with one busy process per core.

Using all threads must never take more than 10 % longer than one thread, whatever the load. The
busy processes are started and stopped here; calls on one thread and on all threads alternate.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import kmc
from bench import clock, pictures, report
from bench.pictures import Picture

TABLE = report.Table(
    ("MP, k", "1 thread", "all", "speedup", "1 thread", "all", "speedup"),
    (14, 11, 11, 9, 11, 11, 9),
)
SPIN = "print(flush=True)\nwhile True: pass"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder of pictures to tile from")
    parser.add_argument("--k", type=int, nargs="+", default=[16, 256])
    parser.add_argument("--megapixels", type=float, nargs="+", default=[0.01, 0.1, 0.4, 2.0, 12.0])
    parser.add_argument("--repeat", type=int, default=9)


def run(options: argparse.Namespace) -> None:
    """Time every size and k on an idle and on a busy machine."""
    about = report.machine()
    tiles = pictures.load(options.images)
    jobs = [pictures.mosaic(tiles, size) for size in options.megapixels]
    report.title(about)
    print(f"\nmilliseconds, 1 thread and {kmc.cpu.threads()}")
    print(f"{'':14} {' idle ':-^33} {' one busy process a core ':-^33}")
    TABLE.head()
    rows = []
    for picture in jobs:
        for k in options.k:
            verify(picture, k)
            idle = measure(picture, k, options.repeat)
            with busy_processes(about["cores"]):
                loaded = measure(picture, k, options.repeat)
            rows.append({"pixels": picture.n_pixels, "k": k, "idle": idle, "busy": loaded})
            show(rows[-1])
    report.save("busy", about, rows)


def verify(picture: Picture, k: int) -> None:
    """Raise unless one thread and all of them give the same picture; warms both up."""
    one, many = kmc.quantize(picture.pixels, k, threads=1), kmc.quantize(picture.pixels, k)
    same = np.array_equal(one.indices, many.indices)
    if not same or not np.array_equal(one.palette.centroids, many.palette.centroids):
        raise ValueError(f"threads changed the result on {picture.name}, k = {k}")


def measure(picture: Picture, k: int, repeat: int) -> dict[str, Any]:
    """Median milliseconds on one thread and on all, the two taking turns."""
    calls = {
        "one": lambda: kmc.quantize(picture.pixels, k, threads=1),
        "all": lambda: kmc.quantize(picture.pixels, k),
    }
    times = clock.rounds(calls, repeat)
    return {label: 1e3 * statistics.median(taken) for label, taken in times.items()}


@contextlib.contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Run `count` busy processes inside the `with` block."""
    spinning = [
        subprocess.Popen([sys.executable, "-c", SPIN], stdout=subprocess.PIPE) for _ in range(count)
    ]
    try:
        for process in spinning:
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(clock.PAUSE)
        yield
    finally:
        for process in spinning:
            process.kill()
            process.communicate()


def show(row: dict[str, Any]) -> None:
    cells: list[str] = []
    for state in ("idle", "busy"):
        one, many = row[state]["one"], row[state]["all"]
        cells += [report.number(one), report.number(many), f"{one / many:.2f}x"]
    TABLE.row(f"{row['pixels'] / 1e6:7.2f} {row['k']:5d}", *cells)
