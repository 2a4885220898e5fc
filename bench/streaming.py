"""Pictures larger than memory: time and memory of each process, from 0.05 gigapixels to 2.

A mosaic of real pictures with noise on top, a BigTIFF of tiles, is quantized by `kmc quantize` to a
TIFF; beside it, the same pieces are counted and mapped in memory one after the other, without
reading and writing: what streaming cannot be faster than. Then frames of 0.1 megapixels get one
palette in one call of the program. Memory is the peak of the process by the kernel's accounting.
It takes the extra `large`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bench import pictures, report
from bench.contender import Pixels
from bench.scale import peak_bytes

TABLE = report.Table(
    ("gigapixels", "colours", "s", "CPU", "ns/pixel", "in pieces, s", "CPU", "ratio", "MB"),
    (12, 10, 9, 9, 9, 13, 9, 7, 7),
)
FRAMES = report.Table(("files", "s", "ms/file", "MB"), (8, 9, 9, 7))
TILE = 512
FRAME = (365, 274)  # 0.1 megapixels


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder of pictures to tile from")
    parser.add_argument("--k", type=int, default=256)
    parser.add_argument("--gigapixels", type=float, nargs="*", default=[0.05, 0.1, 0.3])
    parser.add_argument("--files", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--noise", type=int, default=12, help="levels up and down")
    parser.add_argument("--child", type=json.loads, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> None:
    """Measure every size in processes of their own; a child measures one."""
    if options.child is not None:
        print(json.dumps(CHILDREN[options.child["job"]](options.child)))
        return
    about, rows = report.machine(), []
    tiles = pictures.load(options.images)
    report.title(about)
    if options.gigapixels:
        TABLE.head()
    for gigapixels in options.gigapixels:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(gigapixels, options, tiles, Path(folder)))
    if options.files:
        print("\none palette for frames of 0.1 megapixels")
        FRAMES.head()
    for n in options.files:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured_frames(n, options, tiles, Path(folder)))
    report.save("streaming", about, rows)


def measured(
    gigapixels: float, options: argparse.Namespace, tiles: list[pictures.Picture], folder: Path
) -> dict[str, Any]:
    """A row of the first table."""
    k = options.k
    side = int((gigapixels * 1e9) ** 0.5) // TILE * TILE
    name = str(folder / "mosaic.tif")
    write_mosaic(name, side, tiles, options.noise)
    program = [name, "-k", k, "-o", str(folder / "result.tif"), "-q"]
    streamed = spawn({"job": "program", "arguments": program})
    pieces = spawn({"job": "pieces", "name": name, "k": k})
    row = {
        "pixels": side * side,
        "k": k,
        "colors": pieces["colors"],
        "seconds": streamed["seconds"],
        "cpu": streamed["cpu"],
        "pieces_seconds": pieces["seconds"],
        "pieces_cpu": pieces["cpu"],
        "peak_bytes": streamed["peak_bytes"],
    }
    TABLE.row(
        f"{row['pixels'] / 1e9:.3f}",
        row["colors"],
        report.number(row["seconds"]),
        report.number(row["cpu"]),
        report.number(1e9 * row["seconds"] / row["pixels"], 3),
        report.number(row["pieces_seconds"]),
        report.number(row["pieces_cpu"]),
        report.number(row["seconds"] / row["pieces_seconds"], 3),
        report.number(row["peak_bytes"] / 1e6, 3),
    )
    return row


def measured_frames(
    n: int, options: argparse.Namespace, tiles: list[pictures.Picture], folder: Path
) -> dict[str, Any]:
    """A row of the second table."""
    k = options.k
    source, random = tiles[0].pixels, np.random.default_rng(0)
    width, height = (min(each) for each in zip(FRAME, source.shape[1::-1], strict=True))
    frames = folder / "frames"
    frames.mkdir()
    for i in range(n):
        y = random.integers(0, source.shape[0] - height + 1)
        x = random.integers(0, source.shape[1] - width + 1)
        frame = noisy(source[y : y + height, x : x + width], options.noise, random)
        Image.fromarray(frame).save(frames / f"{i:05}.png", compress_level=1)
    program = ["-r", str(frames), "--shared-palette", "-k", k, "--out-dir", str(folder / "out")]
    found = spawn({"job": "program", "arguments": [*program, "-q"]})
    row = {"files": n, "k": k, **found}
    FRAMES.row(
        n,
        report.number(found["seconds"]),
        report.number(1e3 * found["seconds"] / n),
        report.number(found["peak_bytes"] / 1e6, 3),
    )
    return row


def write_mosaic(name: str, side: int, tiles: list[pictures.Picture], noise: int) -> None:
    """A square BigTIFF of parts of the pictures, noise on top, so that colours seldom repeat."""
    import tifffile

    def parts() -> Iterator[Pixels]:
        random = np.random.default_rng(0)
        large = [
            np.pad(tile.pixels, [(0, max(0, TILE - n)) for n in tile.pixels.shape[:2]] + [(0, 0)],
                   "symmetric")
            for tile in tiles
        ]  # fmt: skip
        for _ in range((side // TILE) ** 2):
            source = large[random.integers(len(large))]
            y, x = (random.integers(0, n - TILE + 1) for n in source.shape[:2])
            yield noisy(source[y : y + TILE, x : x + TILE], noise, random)

    with tifffile.TiffWriter(name, bigtiff=True) as file:
        shape = (side, side, 3)
        file.write(parts(), shape=shape, dtype=np.uint8, tile=(TILE, TILE), photometric="rgb")


def noisy(pixels: Pixels, noise: int, random: np.random.Generator) -> Pixels:
    added = random.integers(-noise, noise + 1, pixels.shape, np.int16)
    found: Pixels = (pixels + added).clip(0, 255).astype(np.uint8)
    return found


def spawn(task: dict[str, Any]) -> dict[str, Any]:
    """Run one task in a fresh process and return what it measured."""
    command = [sys.executable, "-m", "bench", "streaming", "--child", json.dumps(task)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout))


class Stopwatch:
    """Adds up the seconds of its `with` blocks, and those of all processors in them."""

    seconds = cpu = 0.0

    def __enter__(self) -> None:
        self.begun = time.perf_counter(), time.process_time()

    def __exit__(self, *error: object) -> None:
        self.seconds += time.perf_counter() - self.begun[0]
        self.cpu += time.process_time() - self.begun[1]


def program(task: dict[str, Any]) -> dict[str, Any]:
    """One call of the program."""
    from kmc.cli.main import main

    work = Stopwatch()
    with work:
        code = main(["quantize", *map(str, task["arguments"])])
    if code:
        raise ValueError(f"kmc quantize ended with code {code}")
    return {"seconds": work.seconds, "cpu": work.cpu, "peak_bytes": peak_bytes()}


def pieces(task: dict[str, Any]) -> dict[str, Any]:
    """The same work in memory, piece by piece: only the work is timed, not reading."""
    import kmc
    from kmc.streaming.raster import bands
    from kmc.streaming.tiff_raster import TiffRaster

    raster = TiffRaster(task["name"], threads=kmc.cpu.threads())
    total: kmc.Histogram | None = None
    work = Stopwatch()
    for band in bands(raster):
        with work:
            here = kmc.histogram(band.rows)
            total = here if total is None else total + here
    assert total is not None
    with work:
        palette = kmc.fit(total, task["k"], space="oklab", weights="balanced")
    for band in bands(raster):
        with work:
            palette.remap(band.rows, dither="adaptive")
    return {"seconds": work.seconds, "cpu": work.cpu, "colors": len(total)}


CHILDREN = {"program": program, "pieces": pieces}
