"""What people see, and bytes: SSIMULACRA2 and Butteraugli of kmc and of other tools.

Fifty pictures in seven groups; with alpha, the worse of over black and over white counts. Every
tool writes a PNG file, which oxipng then compresses for those other than kmc. Butteraugli is
measured where the program butteraugli_main is installed.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import io
import math
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import kmc
from bench import gallery, pictures, report
from bench.clock import geometric_mean
from bench.contender import Pixels
from bench.rivals import installed
from kmc.images.compositing import BLACK, WHITE, over
from kmc.images.ssimulacra2 import ssimulacra2

KMC, PLAIN, PNGQUANT = "kmc", "kmc, plain", "pngquant, oxipng"
BUTTERAUGLI = "butteraugli_main"
OXIPNG_LEVEL = 4
Encoder = Callable[[Pixels, int], bytes]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="photographs; by default the packaged ones")
    parser.add_argument("--k", type=int, nargs="+", default=[8, 16, 32, 64, 128, 256])
    parser.add_argument("--equal", type=float, nargs="+", default=[60, 70, 80],
                        help="SSIMULACRA2 at which bytes are compared")  # fmt: skip
    parser.add_argument("--jobs", type=int, default=report.cores())


def run(options: argparse.Namespace) -> None:
    about = report.machine()
    groups = gallery.load(pictures.load(options.images))
    report.title(about, [] if shutil.which(BUTTERAUGLI) else [BUTTERAUGLI])
    tasks = [
        (group, name, pixels, tool, k)
        for group, found in groups.items()
        for name, pixels in found.items()
        for tool in encoders()
        for k in options.k
    ]
    with ProcessPoolExecutor(options.jobs) as pool:
        rows = list(pool.map(measured, tasks, chunksize=8))
    equal_bytes(rows, options.equal)
    for figure, digits in (("ssimulacra2", 1), ("butteraugli", 2)):
        at_equal_k(rows, figure, digits, [k for k in (16, 64, 256) if k in options.k])
    soft_edges(rows, [k for k in (16, 64, 256) if k in options.k])
    report.save("look", about, rows)


def encoders() -> dict[str, Encoder]:
    """The tools, each with the dithering that it uses by itself."""
    found: dict[str, Encoder] = {
        KMC: functools.partial(ours, look="best"),
        PLAIN: functools.partial(ours, look="plain"),
        "Pillow, oxipng": pillow,
    }
    if shutil.which("pngquant"):
        found[PNGQUANT] = pngquant
    if installed("imagequant"):
        found["libimagequant, oxipng"] = libimagequant
    if shutil.which("convert"):
        found["ImageMagick, oxipng"] = imagemagick
    return found


def ours(pixels: Pixels, k: int, look: Any) -> bytes:
    return kmc.quantize(pixels, k, look=look, order="compact", threads=1).to_bytes("png")


def pillow(pixels: Pixels, k: int) -> bytes:
    image = Image.fromarray(pixels)
    method = Image.Quantize.FASTOCTREE if image.mode == "RGBA" else None
    return optimized(png(image.quantize(k, method)))


def pngquant(pixels: Pixels, k: int) -> bytes:
    return optimized(piped(["pngquant", "--speed", "3", str(k), "-"], pixels))


def libimagequant(pixels: Pixels, k: int) -> bytes:
    quantize = importlib.import_module("imagequant").quantize_pil_image
    return optimized(png(quantize(Image.fromarray(pixels), dithering_level=1.0, max_colors=k)))


def imagemagick(pixels: Pixels, k: int) -> bytes:
    return optimized(piped(["convert", "-", "-colors", str(k), "png:-"], pixels))


def piped(command: list[str], pixels: Pixels) -> bytes:
    source = png(Image.fromarray(pixels))
    return subprocess.run(command, input=source, stdout=subprocess.PIPE, check=True).stdout


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def optimized(file: bytes) -> bytes:
    oxipng = installed("oxipng")
    if oxipng is None:
        raise SystemExit("pyoxipng is not installed")
    smaller: bytes = oxipng.optimize_from_memory(file, level=OXIPNG_LEVEL)
    return smaller


def measured(task: tuple[str, str, Pixels, str, int]) -> dict[str, Any]:
    """A tool on a picture: its bytes, and how its file looks."""
    group, name, pixels, tool, k = task
    file = encoders()[tool](pixels, k)
    with Image.open(io.BytesIO(file)) as image:
        found = np.asarray(image.convert("RGB" if pixels.shape[2] == 3 else "RGBA"))
    return {
        "group": group,
        "picture": name,
        "tool": tool,
        "k": k,
        "bytes": len(file),
        "ssimulacra2": ssimulacra2(pixels, found),
        "butteraugli": butteraugli(pixels, found),
        "soft_mse": soft_mse(pixels, found),
    }


def butteraugli(first: Pixels, second: Pixels) -> float | None:
    """The 3-norm, over the worse background; None where the program is missing."""
    if shutil.which(BUTTERAUGLI) is None:
        return None
    found = []
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{name}.png" for name in ("first", "second")]
        for background in (BLACK, WHITE) if first.shape[2] == 4 else (BLACK,):
            for path, pixels in zip(paths, (first, second), strict=True):
                Image.fromarray(over(pixels, background)).save(path, compress_level=1)
            done = subprocess.run([BUTTERAUGLI, *paths], capture_output=True, check=True, text=True)
            found.append(float(done.stdout.split()[-1]))
    return max(found)


def soft_mse(first: Pixels, second: Pixels) -> float | None:
    """The MSE of soft pixels over the worse background; None where there are none."""
    if first.shape[2] < 4:
        return None
    soft = (first[..., 3] > 0) & (first[..., 3] < 255)
    seen = (
        [over(each, background)[soft].astype(np.float64) for each in (first, second)]
        for background in (BLACK, WHITE)
    )
    return max(float(np.square(a - b).sum(axis=-1).mean()) for a, b in seen)


def bytes_at(points: list[tuple[float, int]], index: float) -> float | None:
    """The logarithm of the bytes at an index, interpolated; None where it is not reached."""
    best: tuple[float, int] | None = None
    for seen, size in sorted(points, key=lambda point: point[1]):
        if best is not None and seen <= best[0]:
            continue
        if seen >= index:
            if best is None:
                return math.log(size)
            share = (index - best[0]) / (seen - best[0])
            return (1 - share) * math.log(best[1]) + share * math.log(size)
        best = seen, size
    return None


def equal_bytes(rows: list[dict[str, Any]], indices: list[float]) -> None:
    """Bytes over those of pngquant at equal SSIMULACRA2, where both reach it."""
    print(f"\nBytes over those of {PNGQUANT}, at SSIMULACRA2 {indices}, geometric means")
    tools, groups = distinct(rows, "tool"), distinct(rows, "group")
    table = report.Table(("", *tools), (14, *(max(14, len(tool) + 2) for tool in tools)))
    table.head()
    curves: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for row in rows:
        curves.setdefault((row["picture"], row["tool"]), []).append(
            (row["ssimulacra2"], row["bytes"])
        )
    for group in groups:
        names = distinct([row for row in rows if row["group"] == group], "picture")
        cells = []
        for tool in tools:
            ratios = []
            for name in names:
                for index in indices:
                    own = bytes_at(curves[name, tool], index)
                    other = bytes_at(curves.get((name, PNGQUANT), []), index)
                    if own is not None and other is not None:
                        ratios.append(math.exp(own - other))
            cells.append(f"{geometric_mean(ratios):.3f}" if ratios else "-")
        table.row(group, *cells)


def at_equal_k(rows: list[dict[str, Any]], figure: str, digits: int, ks: list[int]) -> None:
    """Means of a figure by group."""
    if any(row[figure] is None for row in rows):
        return
    print(f"\nMeans of {figure} at equal k")
    tools = distinct(rows, "tool")
    table = report.Table(("", "k", *tools), (14, 5, *(max(8, len(tool) + 2) for tool in tools)))
    table.head()
    for group in distinct(rows, "group"):
        for k in ks:
            here = [row for row in rows if (row["group"], row["k"]) == (group, k)]
            means = (
                statistics.fmean(row[figure] for row in here if row["tool"] == tool)
                for tool in tools
            )
            table.row(group, k, *(f"{mean:.{digits}f}" for mean in means))


def soft_edges(rows: list[dict[str, Any]], ks: list[int]) -> None:
    """The MSE of soft pixels over the worse background, picture by picture."""
    print("\nMSE of soft pixels, over black or over white, whichever is worse")
    tools = distinct(rows, "tool")
    table = report.Table(("", "k", *tools), (24, 5, *(max(8, len(tool) + 2) for tool in tools)))
    table.head()
    soft = [row for row in rows if row["soft_mse"] is not None]
    for name in distinct(soft, "picture"):
        for k in ks:
            here = {row["tool"]: row["soft_mse"] for row in soft
                    if (row["picture"], row["k"]) == (name, k)}  # fmt: skip
            table.row(name, k, *(f"{here[tool]:.1f}" for tool in tools))


def distinct(rows: list[dict[str, Any]], column: str) -> list[str]:
    return list(dict.fromkeys(row[column] for row in rows))
