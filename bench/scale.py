"""Time a pixel and peak memory from 0.1 to 100 megapixels.

Every size runs in a process of its own, on a mosaic of real pictures that it reads from a file in
one piece. Memory is what the process holds at most beyond what it held before the call; the
indices that the call returns are counted apart. The first call, from nothing, is the one whose
memory counts and is shown as `first`; `ms` is the median of the calls after it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench import clock, pictures, report

SIZES = [0.1, 0.4, 1.0, 4.0, 12.0, 25.0, 50.0, 100.0]
TABLE = report.Table(
    ("MP, k, threads", "colours", "first", "ms", "ns/pixel", "MB beyond", "bytes/pixel"),
    (20, 10, 10, 10, 10, 10, 12),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder of pictures to tile from")
    parser.add_argument("--k", type=int, nargs="+", default=[16, 256])
    parser.add_argument("--megapixels", type=float, nargs="+", default=SIZES)
    parser.add_argument("--effort", default="default")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> None:
    """Measure every size in a process of its own; a child measures one."""
    if options.child is not None:
        print(json.dumps(child(options.child)))
        return
    about = report.machine()
    tiles = pictures.load(options.images)
    report.title(about)
    print("MB beyond: peak beyond the pixels and the indices\n")
    TABLE.head()
    rows = []
    for megapixels in options.megapixels:
        with tempfile.TemporaryDirectory() as folder:
            raw = Path(folder) / "mosaic.raw"
            picture = pictures.mosaic(tiles, megapixels)
            picture.pixels.tofile(raw)
            job = {"raw": str(raw), "shape": picture.pixels.shape, "repeat": options.repeat}
            del picture
            for k in options.k:
                for threads in (1, None) if about["cores"] > 1 else (1,):
                    task = {**job, "k": k, "threads": threads, "effort": options.effort}
                    rows.append({"megapixels": megapixels, **spawn(task)})
                    show(rows[-1])
    report.save("scale", about, rows)


def spawn(task: dict[str, Any]) -> dict[str, Any]:
    """Run one task in a fresh process and return what it measured."""
    command = [sys.executable, "-m", "bench", "scale", "--child", json.dumps(task)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


def child(task: dict[str, Any]) -> dict[str, Any]:
    """Quantize one mosaic: verified, timed, its memory watched."""
    import kmc

    shape, k, threads = tuple(task["shape"]), task["k"], task["threads"]
    pixels = np.fromfile(task["raw"], dtype=np.uint8).reshape(shape)
    small = np.ascontiguousarray(pixels[:16, :16])
    kmc.quantize(small, 4, threads=threads)  # every import is behind us
    before = peak_bytes()

    results: list[kmc.IndexedImage] = []
    settings = {"effort": task["effort"], "threads": threads}
    first = clock.seconds(lambda: results.append(kmc.quantize(pixels, k, **settings)))
    result = results.pop()
    beyond = max(0, peak_bytes() - before - result.indices.nbytes)
    check(pixels, result)
    times = [
        clock.seconds(lambda: kmc.quantize(pixels, k, **settings)) for _ in range(task["repeat"])
    ]
    return {
        "k": k,
        "threads": threads or kmc.cpu.threads(),
        "pixels": pixels.shape[0] * pixels.shape[1],
        "colors": len(kmc.histogram(pixels).counts),
        "iterations": result.n_iter,
        "mse": result.mse,
        "first_ms": 1e3 * first,
        "ms": 1e3 * statistics.median(times),
        "beyond_bytes": beyond,
    }


def check(pixels: np.ndarray, result: Any) -> None:
    """Raise unless the indices are in range and the error is what the result says it is."""
    if int(result.indices.max()) >= len(result.palette.colors):
        raise ValueError("an index points outside the palette")
    total = 0
    for top in range(0, pixels.shape[0], 256):
        repainted = result.palette.colors[result.indices[top : top + 256]]
        difference = np.subtract(repainted, pixels[top : top + 256], dtype=np.int16)
        total += int(np.square(difference, dtype=np.int32).sum(dtype=np.int64))
    measured = total / (pixels.shape[0] * pixels.shape[1])
    if not np.isclose(measured, result.mse, rtol=1e-9):
        raise ValueError(f"an MSE of {result.mse} is claimed where it is {measured}")


def peak_bytes() -> int:
    """The most memory this process has held so far."""
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count the parent's memory up to the exec
        peaks = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(peaks[0].split()[1]) * 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def show(row: dict[str, Any]) -> None:
    TABLE.row(
        f"{row['megapixels']:6g} {row['k']:5d} {row['threads']:3d}",
        row["colors"],
        report.number(row["first_ms"]),
        report.number(row["ms"]),
        report.number(1e6 * row["ms"] / row["pixels"], 3),
        report.number(row["beyond_bytes"] / 1e6, 3),
        report.number(row["beyond_bytes"] / row["pixels"], 3),
    )
