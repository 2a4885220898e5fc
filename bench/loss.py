"""Bytes of files with a loss beside plain ones, other programs', JPEG and WebP of the same error.

A contender makes files along curves: plain ones of more and more colours, with a loss of one number
of colours and more and more loss, JPEG and WebP of more and more quality. Every file is decoded,
and errors are measured on what was decoded. The bytes at an error are interpolated on each curve,
with logarithms of bytes, and the least of all curves of a contender counts. Ratios are to the plain
.kmc files, as geometric means over the pictures on which both reach the error.

Where they are installed, pngquant makes palettes with and without dithering, whose files oxipng
makes smaller, and gifsicle makes plain GIF files of kmc smaller with a loss.
"""

from __future__ import annotations

import argparse
import io
import math
import shutil
import subprocess
from collections.abc import Iterator
from statistics import geometric_mean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import kmc
from bench import pictures, report
from bench.rivals import installed
from bench.sight import ssimulacra2
from kmc.lossy.choice import CHOOSERS

PLAIN_KS = (16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768)
LOSSY_KS = (64, 128, 256, 512)
LOSSES = (15, 25, 35, 45, 60)
GIFSICLE_LOSSES = (3, 6, 10, 15, 20, 30, 40, 60, 80)
QUALITIES = tuple(range(40, 98, 4))

TARGETS: dict[str, tuple[float, ...]] = {"psnr": (34, 36, 38, 40), "ssimulacra2": (75, 80, 85)}
REFERENCE = "kmc, plain"

Point = dict[str, float]
Curves = dict[str, dict[str, list[Point]]]


def run(options: argparse.Namespace) -> None:
    """Make and measure all curves, then a line for each contender and error."""
    about = report.machine()
    report.title(about)
    measures = ["psnr", "ssimulacra2"] if options.look == "best" else ["psnr"]
    rows: list[dict[str, Any]] = []
    for picture in pictures.load(options.images):
        found = curves(picture.pixels, options.look, "ssimulacra2" in measures)
        for name, own in found.items():
            for measure in measures:
                for target in TARGETS[measure]:
                    sizes = bytes_at(own, measure, target)
                    row = {"picture": picture.name, "contender": name, "measure": measure}
                    rows.append(row | {"target": target, "bytes": sizes})
        print(picture.name, flush=True)
    table = report.Table(("", "at", "of plain .kmc", "smaller", "pictures"), (16, 16, 14, 9, 9))
    table.head()
    for measure in measures:
        for target in TARGETS[measure]:
            for cells in compared(
                [r for r in rows if (r["measure"], r["target"]) == (measure, target)]
            ):
                table.row(cells[0], f"{measure} {target:g}", *cells[1:])
            table.rule()
    report.save("loss", about, rows)


def compared(rows: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Of each contender: its bytes as a share of plain .kmc, on how many they are fewer."""
    base = {row["picture"]: row["bytes"] for row in rows if row["contender"] == REFERENCE}
    for name in dict.fromkeys(row["contender"] for row in rows):
        own = {row["picture"]: row["bytes"] for row in rows if row["contender"] == name}
        ratios = [own[each] / base[each] for each in own if own[each] and base[each]]
        if ratios:
            fewer = sum(ratio < 1 for ratio in ratios)
            yield name, f"{geometric_mean(ratios):.3f}", fewer, len(ratios)


def curves(pixels: NDArray[np.uint8], look: str, seen: bool) -> Curves:
    """The curves of all contenders on one picture."""

    def point(data: bytes, shown: NDArray[np.uint8]) -> Point:
        mse = float(np.square(shown.astype(np.int64) - pixels).mean())
        found = {"bytes": len(data), "psnr": 10 * math.log10(255**2 / mse) if mse else 99.0}
        if seen:
            found["ssimulacra2"] = ssimulacra2(pixels, shown) or 0.0
        return found

    made: Curves = {}
    settings: dict[str, Any] = {"look": look, "threads": 1, "order": "compact"}
    for format in CHOOSERS:
        plain = []
        for k in PLAIN_KS[: None if format == "kmc" else 9]:
            plain.append(
                point(*written(kmc.quantize(pixels, k, dither="none", **settings), format))
            )
        made[f"{format}, plain"] = {"": plain}
        lossy = made[f"{format}, lossy"] = {"plain": plain}
        for k in LOSSY_KS[: None if format == "kmc" else 3]:
            lossy[str(k)] = [
                point(*written(kmc.quantize(pixels, k, lossy=n, format=format, **settings), format))
                for n in LOSSES
            ]
    for name, variants in {
        "JPEG": [{"subsampling": 0, "optimize": True}, {"subsampling": 2, "optimize": True}],
        "WEBP": [{"method": 6}],
    }.items():
        made[name] = {
            str(variant): [point(*by_pillow(pixels, name, quality=q, **variant)) for q in QUALITIES]
            for variant in variants
        }
    for name, curves_of_files in rivals(pixels, settings).items():
        made[name] = {
            curve: [point(data, painted(data)) for data in files]
            for curve, files in curves_of_files.items()
        }
    return made


def rivals(
    pixels: NDArray[np.uint8], settings: dict[str, Any]
) -> dict[str, dict[str, list[bytes]]]:
    """The files of other programs that are installed, by curve."""
    found: dict[str, dict[str, list[bytes]]] = {}
    oxipng = installed("oxipng")
    if shutil.which("pngquant") and oxipng:
        source = io.BytesIO()
        Image.fromarray(pixels).save(source, "PNG", compress_level=1)
        for dither in ("--nofs", "--floyd=1"):
            found.setdefault("pngquant, oxipng", {})[dither] = [
                oxipng.optimize_from_memory(
                    output(["pngquant", "--speed", "3", dither, str(k), "-"], source.getvalue()),
                    level=4,
                )
                for k in PLAIN_KS[:9]
            ]
    if shutil.which("gifsicle"):
        for k in LOSSY_KS[:3]:
            plain = kmc.quantize(pixels, k, dither="none", **settings).to_bytes("gif")
            found.setdefault("gifsicle --lossy", {})[str(k)] = [
                output(["gifsicle", "-O3", f"--lossy={loss}"], plain) for loss in GIFSICLE_LOSSES
            ]
    return found


def output(command: list[str], data: bytes) -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def painted(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


def written(image: kmc.IndexedImage, format: str) -> tuple[bytes, NDArray[np.uint8]]:
    """A file, and what it shows, which is the image."""
    data = image.to_bytes(format)
    shown = np.asarray(kmc.open(data))
    if not np.array_equal(shown, np.asarray(image)):
        raise ValueError(f"{format} changes the picture")
    return data, shown


def by_pillow(
    pixels: NDArray[np.uint8], name: str, **settings: Any
) -> tuple[bytes, NDArray[np.uint8]]:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, name, **settings)
    return file.getvalue(), painted(file.getvalue())


def bytes_at(own: dict[str, list[Point]], measure: str, target: float) -> float | None:
    """The fewest bytes at an error, between points of a curve; None if no curve reaches it."""
    found = []
    for curve in own.values():
        points = sorted(curve, key=lambda each: each[measure])
        at = [each[measure] for each in points]
        if at[0] <= target <= at[-1]:
            found.append(math.exp(np.interp(target, at, [math.log(p["bytes"]) for p in points])))
    return min(found, default=None)
