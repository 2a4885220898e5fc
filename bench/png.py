"""PNG files of indexed pictures: bytes and milliseconds beside Pillow, oxipng and pngquant.

All writers are given the same indices and palette, and what they write is decoded and compared.
kmc's files come in k-means's own order and in the compact one, which is timed with it. The last
lines are whole ways from a PNG file in 24 bits to one in k colours, without dithering. Geometric
means over the pictures; kmc on one thread.

With ``--commands``: the time and the file of ``kmc quantize`` beside ``pngquant --speed 3``, each
as a program with all its threads, on forty pictures of all kinds.
"""

from __future__ import annotations

import argparse
import functools
import io
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import kmc
from bench import clock, kinds, pictures, report
from bench.contender import Pixels
from bench.rivals import installed
from kmc.formats.palette_order import image_order, renumbered
from kmc.formats.png import png_bytes

TABLE = report.Table(("", "bytes", "of kmc, compact", "ms"), (44, 12, 16, 10))
COMMANDS = report.Table(
    ("", "k", "kmc, s", "pngquant, s", "kmc, bytes", "pngquant, bytes"), (28, 5, 9, 13, 12, 17)
)
COMPACT = "kmc, compact"
Writer = Callable[[kmc.IndexedImage], bytes]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder; by default the packaged ones")
    parser.add_argument("--k", type=int, nargs="+", default=[2, 4, 16, 64, 256])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--commands", action="store_true", help="whole programs beside pngquant")


def run(options: argparse.Namespace) -> None:
    """Verify every file, then time how it is written."""
    about = report.machine()
    loaded = pictures.load(options.images)
    report.title(about)
    if options.commands:
        report.save("png-commands", about, commands(loaded, options.k, options.repeat))
        return
    print(f"{len(loaded)} pictures, {loaded[0].name} to {loaded[-1].name}\n")
    TABLE.head()
    rows: list[dict[str, Any]] = []
    for k in options.k:
        found: list[dict[str, Any]] = []
        for picture in loaded:
            found += measured(picture.name, picture.pixels, k, options.repeat)
        rows += found
        show(found, k)
    report.save("png", about, rows, pngquant=shutil.which("pngquant") is not None)


def commands(
    photographs: list[pictures.Picture], ks: list[int], repeat: int
) -> list[dict[str, Any]]:
    """A row for each picture and k: the programs kmc and pngquant from file to file."""
    if shutil.which("pngquant") is None:
        raise SystemExit("pngquant is not installed")
    rows = []
    COMMANDS.head()
    with tempfile.TemporaryDirectory() as folder:
        source, ours, theirs = (f"{folder}/{name}.png" for name in ("source", "kmc", "pngquant"))
        kmc_program = [sys.executable, "-m", "kmc", "quantize", source, "-qfo", ours, "-k"]
        pngquant = ["pngquant", "--speed", "3", "--force", "--output", theirs]
        for picture in kinds.load(photographs):
            Image.fromarray(picture.pixels).save(source, compress_level=1)
            for k in ks:
                programs = {"kmc": [*kmc_program, str(k)], "pngquant": [*pngquant, str(k), source]}
                works = {
                    name: functools.partial(subprocess.run, command, check=True)
                    for name, command in programs.items()
                }
                times = clock.rounds(works, repeat)
                seconds = {name: min(found) for name, found in times.items()}
                sizes = Path(ours).stat().st_size, Path(theirs).stat().st_size
                COMMANDS.row(
                    picture.name,
                    k,
                    report.number(seconds["kmc"], 3),
                    report.number(seconds["pngquant"], 3),
                    *sizes,
                )
                row = {
                    "picture": picture.name,
                    "k": k,
                    "kmc": seconds["kmc"],
                    "kmc_bytes": sizes[0],
                }
                rows.append(row | {"pngquant": seconds["pngquant"], "pngquant_bytes": sizes[1]})
    return rows


def measured(name: str, pixels: Pixels, k: int, repeat: int) -> list[dict[str, Any]]:
    """A row for each writer on one picture."""
    result = kmc.quantize(pixels, k)
    painted = np.asarray(result)
    works: dict[str, Callable[[], bytes]] = {}
    for label, write in writers(k).items():
        works[label] = lambda write=write: write(result)  # type: ignore[misc]
        verify(label, works[label](), painted, k)
    works |= whole_ways(pixels, k)
    times = clock.rounds(works, repeat)
    return [
        {
            "writer": label,
            "picture": name,
            "k": k,
            "bytes": len(work()),
            "ms": 1e3 * statistics.median(times[label]),
        }
        for label, work in works.items()
    ]


def writers(k: int) -> dict[str, Writer]:
    """Those that take an indexed picture."""
    found: dict[str, Writer] = {
        "kmc": ours,
        COMPACT: compact,
        "Pillow": pillow(),
        "Pillow, optimize": pillow(optimize=True),
    }
    oxipng = installed("oxipng")
    if oxipng is not None:
        better: Callable[[bytes], bytes] = lambda file: oxipng.optimize_from_memory(file, level=2)  # noqa: E731
        found |= {
            "Pillow, then oxipng -o 2": lambda result: better(pillow()(result)),
            "kmc, compact, then oxipng -o 2": lambda result: better(found[COMPACT](result)),
        }
    return found


def compact(result: kmc.IndexedImage) -> bytes:
    """The same with the palette in the order that makes it small."""
    colors, counts = result.palette.colors, result.palette.counts
    entries, _ = image_order(result.indices, colors, counts, "compact")
    indices = renumbered(result.indices, entries)
    return png_bytes(indices.astype(np.uint8), colors[entries], threads=1)


def ours(result: kmc.IndexedImage) -> bytes:
    """kmc's own file, without metadata."""
    return png_bytes(result.indices.astype(np.uint8), result.palette.colors, threads=1)


def pillow(**params: Any) -> Writer:
    """Pillow's file in the settings given."""

    def write(result: kmc.IndexedImage) -> bytes:
        file = io.BytesIO()
        result.to_pil().save(file, "PNG", **params)
        return file.getvalue()

    return write


def whole_ways(pixels: Pixels, k: int) -> dict[str, Callable[[], bytes]]:
    """From file to file: kmc in one process, pngquant as a program."""
    source = io.BytesIO()
    Image.fromarray(pixels).save(source, "PNG", compress_level=1)
    data = source.getvalue()

    def by_kmc() -> bytes:
        return ours(kmc.quantize(data, k, order="compact", threads=1))

    def by_pngquant() -> bytes:
        command = ["pngquant", "--speed", "4", "--nofs", str(k), "-"]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    found: dict[str, Callable[[], bytes]] = {"from file to file: kmc, compact": by_kmc}
    if shutil.which("pngquant"):
        found["from file to file: pngquant --speed 4"] = by_pngquant
    return found


def verify(label: str, file: bytes, painted: Pixels, k: int) -> None:
    """Raise ValueError unless the file holds just these pixels."""
    with Image.open(io.BytesIO(file)) as picture:
        mode = "L" if painted.ndim == 2 else "RGB"
        same = np.array_equal(np.asarray(picture.convert(mode)), painted)
    if not same:
        raise ValueError(f"{label}: another picture came back at k = {k}")


def show(rows: list[dict[str, Any]], k: int) -> None:
    print(f"k = {k}")
    by_writer: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_writer.setdefault(row["writer"], []).append(row)
    size = {
        label: clock.geometric_mean([row["bytes"] for row in group])
        for label, group in by_writer.items()
    }
    for label, group in by_writer.items():
        ms = clock.geometric_mean([row["ms"] for row in group])
        ratio = f"{size[label] / size[COMPACT]:.3f}"
        TABLE.row(f"  {label}", round(size[label]), ratio, report.number(ms, 3))
