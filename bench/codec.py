"""The size of .kmc files beside PNG, GIF, WebP, JPEG XL, and JPEG of the same PSNR.

Every picture is reduced to k colours once, and each contender writes the same indexed picture
losslessly; its file is decoded again and compared before it counts. JPEG XL gets it twice, painted
and as grey indices in the order of luma, plus the palette's bytes; the others with the palette in
that order, but .kmc has pictures that are written as they are in the order that kmc gives them.
Times are of one thread, each once: the files are far apart. Bytes are compared picture by picture,
as a share of the smallest file of all the standard ones.

With --graphics it is sprites, icons, text, drawings, gradients and noise that are written as they
are, each with a line of its own. With --lossy, bench/loss.py compares files with a loss.
"""

from __future__ import annotations

import argparse
import importlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import kmc
from bench import graphics, loss, pictures, report
from bench.equal_psnr import smallest_jpeg
from kmc.formats.kmc.codec import encode
from kmc.images.reading import read_indexed
from kmc.mapping.dithering import DitherName

TABLE = report.Table(
    ("", "k", "bytes", "of best", "encode MP/s", "decode MP/s", "< JPEG"), (18, 5, 11, 8, 12, 12, 8)
)
DEFAULT_KS = (16, 64, 256)
LUMA = np.array([299, 587, 114], np.int64)


@dataclass(frozen=True)
class Coder:
    """How a contender writes an indexed picture, and paints what it wrote."""

    write: Callable[[kmc.IndexedImage], bytes]
    paint: Callable[[bytes, kmc.IndexedImage], NDArray[np.uint8]]
    ours: bool = False
    extra: Callable[[kmc.IndexedImage], int] = lambda image: 0  # bytes that must go beside it


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder of pictures")
    parser.add_argument("--k", type=int, nargs="+", help="by default 16, 64 and 256")
    parser.add_argument("--levels", type=int, nargs="+", default=[1, 5, 9])
    parser.add_argument("--dither", help="as in kmc.quantize")
    parser.add_argument("--lossless", action="store_true", help="pictures of few colours, as is")
    parser.add_argument("--graphics", action="store_true", help="drawn pictures, made here, as is")
    parser.add_argument("--lossy", action="store_true", help="files with a loss, at equal error")
    parser.add_argument("--look", choices=("plain", "best"), help="with --lossy: plain, or as seen")
    parser.add_argument("--figure", type=Path, help="with --lossy: an SVG file of all rates")
    parser.add_argument("--results", type=Path, nargs="+", help="with --lossy: saved ones, no run")
    parser.add_argument("--times", action="store_true", help="with --lossy: of choosing")
    parser.add_argument("--quick", action="store_true", help="no oxipng, no JPEG XL 9")


def run(options: argparse.Namespace) -> None:
    """Write, verify and time every file, then the means."""
    if options.lossy:
        if options.times and (options.figure or options.results):
            raise SystemExit("--times go without --figure and --results")
        loss.run(options)
        return
    if options.look or options.figure or options.results or options.times:
        raise SystemExit("--look, --figure, --results and --times go with --lossy")
    as_they_are = options.lossless or options.graphics
    if as_they_are and (options.k or options.dither):
        raise SystemExit("pictures that are written as they are take neither --k nor --dither")
    if options.graphics and options.images:
        raise SystemExit("--graphics and --images exclude each other")
    ks = [None] if as_they_are else options.k or DEFAULT_KS
    about = report.machine()
    report.title(about)
    coders = contenders(options.levels, options.quick)
    rows: list[dict[str, Any]] = []
    for picture in graphics.load() if options.graphics else pictures.load(options.images):
        for k in ks:
            image = indexed(picture, k, options.dither)
            own = measured(picture.name, image, coders)
            if k is not None and not options.dither:
                size = smallest_jpeg(picture.pixels, image.psnr)
                for row in own:
                    row["of_jpeg"] = row["bytes"] / size if size else None
            rows += own
            if as_they_are:
                show_picture(own)
    TABLE.head()
    for k in [None] if as_they_are else sorted({row["k"] for row in rows}):
        show([row for row in rows if k in (None, row["k"])], k)
    report.save("codec", about, rows)


def indexed(
    picture: pictures.Picture, k: int | None, dither: DitherName | None
) -> kmc.IndexedImage:
    """The picture of k colours in the order of luma, or of all it has, as kmc converts it."""
    if k is None:
        grey = (picture.pixels == picture.pixels[..., :1]).all()
        pixels = picture.pixels[..., 0] if grey else picture.pixels
        found = read_indexed(Image.fromarray(pixels))
        return kmc.IndexedImage(found.indices, kmc.Palette(found.colors), 0.0, found.metadata)
    return by_luma(kmc.quantize(picture.pixels, k, dither=dither, threads=1))


def by_luma(image: kmc.IndexedImage) -> kmc.IndexedImage:
    """The same picture with its palette from dark to light."""
    channels = min(image.palette.colors.shape[1], 3)
    order = np.argsort(image.palette.colors[:, :channels] @ LUMA[:channels], kind="stable")
    rank = np.argsort(order)
    palette = kmc.Palette(image.palette.colors[order])
    indices: Any = np.take(rank, image.indices).astype(image.indices.dtype)
    return kmc.IndexedImage(indices, palette, image.mse)


def measured(name: str, image: kmc.IndexedImage, coders: dict[str, Coder]) -> list[dict[str, Any]]:
    """A row for each contender; its file decodes to the same picture."""
    painted = np.asarray(image)
    sorted_image = by_luma(image)
    k = len(image.palette)
    rows: list[dict[str, Any]] = []
    for label, coder in coders.items():
        given = image if coder.ours else sorted_image
        start = time.perf_counter()
        data = coder.write(given)
        between = time.perf_counter()
        again = coder.paint(data, given)
        end = time.perf_counter()
        if not np.array_equal(again, painted):
            raise ValueError(f"{label} changes {name} at k = {k}")
        row = {"coder": label, "picture": name, "k": k, "bytes": len(data) + coder.extra(image)}
        row |= {"encode_s": between - start, "decode_s": end - between, "ours": coder.ours}
        rows.append(row | {"pixels": image.indices.size})
    best = min(row["bytes"] for row in rows if not row["ours"])
    for row in rows:
        row["of_best"] = row["bytes"] / best
    return rows


def show_picture(rows: list[dict[str, Any]]) -> None:
    """The best of the standard files of one picture, and ours."""
    best = min((row for row in rows if not row["ours"]), key=lambda row: row["bytes"])
    sizes = (f"{row['bytes']:7} {row['of_best']:6.3f}" for row in rows if row["ours"])
    print(f"{best['picture']:32} {best['bytes']:7} {best['coder']:20}", *sizes)


def show(rows: list[dict[str, Any]], k: int | None) -> None:
    """The means of each contender over the pictures of one k, or over all."""
    for label in dict.fromkeys(row["coder"] for row in rows):
        own = [row for row in rows if row["coder"] == label]
        speeds = [
            fmean(row["pixels"] / 1e6 / row[f"{way}_s"] for row in own)
            for way in ("encode", "decode")
        ]
        mean_bytes, share = fmean(row["bytes"] for row in own), fmean(row["of_best"] for row in own)
        jpegs = [row["of_jpeg"] for row in own if row.get("of_jpeg")]
        smaller = f"{sum(ratio < 1 for ratio in jpegs)}/{len(jpegs)}" if jpegs else "-"
        cells = round(mean_bytes), f"{share:.3f}", *map(report.number, speeds), smaller
        TABLE.row(label, k or "own", *cells)
    TABLE.rule()


# ---- contenders ----------------------------------------------------------------------------------


def contenders(levels: list[int], quick: bool) -> dict[str, Coder]:
    """All that are installed."""
    found = {
        "PNG, kmc": Coder(lambda image: image.to_bytes("png"), paint),
        "PNG, Pillow": by_pillow(indices_mode, "PNG", compress_level=9),
        "GIF": by_pillow(indices_mode, "GIF", optimize=False, interlace=0),
        "WebP, lossless": by_pillow(
            painted_mode, "WEBP", lossless=True, quality=100, method=6, exact=True
        ),
    }
    if not quick and report.version("pyoxipng"):
        found["PNG, oxipng max"] = Coder(oxipng_write, paint)
    if report.version("pillow-jxl-plugin"):
        importlib.import_module("pillow_jxl")  # it registers itself
        for effort in (7,) if quick else (7, 9):
            settings = {"lossless": True, "effort": effort, "num_threads": 1}
            found[f"JPEG XL {effort}, RGB"] = by_pillow(painted_mode, "JXL", **settings)
            found[f"JPEG XL {effort}, indices"] = jxl_of_indices(settings)
    for level in levels:
        found[f"kmc, level {level}"] = ours(level)
    return found


def ours(level: int) -> Coder:
    return Coder(
        lambda image: encode(image.indices, image.palette.colors, level=level, threads=1),
        lambda data, image: np.asarray(kmc.open(data, threads=1)),
        ours=True,
    )


def indices_mode(image: kmc.IndexedImage) -> Image.Image:
    return image.to_pil()


def painted_mode(image: kmc.IndexedImage) -> Image.Image:
    return Image.fromarray(np.asarray(image))


def paint(data: bytes, image: kmc.IndexedImage) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as picture:
        mode = "L" if np.asarray(image).ndim == 2 else "RGB"
        return np.asarray(picture.convert(mode))


def by_pillow(
    mode: Callable[[kmc.IndexedImage], Image.Image], format: str, **settings: Any
) -> Coder:
    def write(image: kmc.IndexedImage) -> bytes:
        file = io.BytesIO()
        mode(image).save(file, format, **settings)
        return file.getvalue()

    return Coder(write, paint)


def jxl_of_indices(settings: dict[str, Any]) -> Coder:
    def write(image: kmc.IndexedImage) -> bytes:
        file = io.BytesIO()
        Image.fromarray(image.indices.astype(np.uint8)).save(file, "JXL", **settings)
        return file.getvalue()

    def repaint(data: bytes, image: kmc.IndexedImage) -> NDArray[np.uint8]:
        with Image.open(io.BytesIO(data)) as picture:
            indices = np.asarray(picture.convert("L"))
        return np.asarray(kmc.IndexedImage(indices, image.palette, 0.0))

    return Coder(write, repaint, extra=lambda image: image.palette.colors.size)


def oxipng_write(image: kmc.IndexedImage) -> bytes:
    import oxipng

    file = io.BytesIO()
    image.to_pil().save(file, "PNG")
    data: bytes = oxipng.optimize_from_memory(file.getvalue(), level=6)
    return data
