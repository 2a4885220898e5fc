"""Dithering: quality and time of mapping a picture to a palette, beside the other tools.

Every tool maps the picture to a palette that is ready: kmc, Pillow and one row of libimagequant to
the palette of kmc's default effort, the other rows of libimagequant to its own. Answers are
verified before anything is timed; contenders take turns, and the median of the rounds counts. MSE
is per pixel, summed over the channels. Dithering makes it worse and the picture better: PSNR after
a Gaussian blur of 1.5 pixels stands for the eye from some distance, SSIMULACRA2 (the package of
that name, where it is installed) for one nearby.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import kmc
from bench import clock, ours, pictures, report, sight
from bench.contender import Answer, Contender, Pixels, score, verify
from bench.pictures import Picture
from bench.rivals import installed
from kmc.mapping.dithering import DITHERS

TABLE = report.Table(("", "ms", "MSE", "blurred PSNR", "SSIMULACRA2"), (40, 10, 10, 13, 12))
FIGURES = ("ms", "mse", "blurred_psnr", "ssimulacra2")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--images", type=Path, help="a folder of pictures")
    parser.add_argument("--k", type=int, nargs="+", default=[16, 256])
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--threads", type=int, default=1, help="of kmc")


def run(options: argparse.Namespace) -> None:
    """Run the whole comparison and print its tables."""
    about = report.machine()
    shown = pictures.load(options.images)
    missing = [name for name in ("libimagequant", "ssimulacra2") if installed(name) is None]
    report.title(about, missing)
    print()
    TABLE.head()
    rows = []
    for picture in shown:
        for k in options.k:
            rows += compare(picture, k, options.threads, options.repeat)
    for k in options.k:
        summarize([row for row in rows if row["k"] == k], k)
    report.save("palette", about, rows, missing=missing)


def compare(picture: Picture, k: int, threads: int, repeat: int) -> list[dict[str, Any]]:
    """Verify, time and print everything on one picture at one k."""
    print(f"{picture.name}, {picture.size}, k = {k}", flush=True)
    palette = kmc.fit(picture.pixels, k)
    playing = [c for c in contenders(picture.pixels, palette, threads) if k <= c.max_k]
    calls: dict[str, Callable[[], Any]] = {}
    answers = {}
    for contender in playing:
        prepared = contender.prepare(picture.pixels)
        calls[contender.label] = partial(contender.run, prepared, k)
        answers[contender.label] = contender.read(calls[contender.label]())
        verify(answers[contender.label], picture, k)
    times = clock.rounds(calls, repeat)
    rows = []
    for contender in playing:
        figures = measured(answers[contender.label], picture)
        taken = [1e3 * seconds for seconds in times[contender.label]]
        row = {"picture": picture.name, "size": picture.size, "k": k, "label": contender.label}
        row |= {"version": contender.version, "ms": statistics.median(taken), "ms_all": taken}
        rows.append(row | figures)
        show(contender.label, rows[-1])
    TABLE.rule()
    return rows


def measured(answer: Answer, picture: Picture) -> dict[str, float | None]:
    """The error of an answer, and how it looks."""
    painted = answer.palette()[np.asarray(answer.indices).reshape(picture.pixels.shape[:2])]
    return {
        "mse": score(answer, picture).mse,
        "blurred_psnr": sight.blurred_psnr(picture.pixels, painted),
        "ssimulacra2": sight.ssimulacra2(picture.pixels, painted),
    }


def contenders(pixels: Pixels, palette: kmc.Palette, threads: int) -> list[Contender]:
    """kmc with every dithering and without, and the other tools that are installed."""
    found = [
        Contender(f"kmc, {name or 'no dithering'}", kmc.__version__, mapper(palette, name, threads))
        for name in (None, *DITHERS)
    ]
    found += pillow(palette)
    if installed("libimagequant") is not None:
        found += libimagequant(pixels, palette)
    return found


def mapper(palette: kmc.Palette, name: Any, threads: int) -> Callable[[Any, int], Answer]:
    """kmc's mapping as a contender runs it."""
    return lambda pixels, _: ours.answer(palette.remap(pixels, dither=name, threads=threads))


def pillow(palette: kmc.Palette) -> list[Contender]:
    """Image.quantize to the palette, by Floyd and Steinberg. Pillow keeps a table of what it has
    looked up beside a palette, so that each round takes a fresh one."""

    def run(image: Image.Image, k: int) -> Answer:
        given = Image.new("P", (1, 1))
        given.putpalette(palette.colors.tobytes())
        painted = image.quantize(palette=given, dither=Image.Dither.FLOYDSTEINBERG)
        return Answer(np.asarray(painted), colors=palette.colors)

    version = importlib.import_module("PIL").__version__
    label = "Pillow, Floyd-Steinberg"
    return [Contender(label, version, run, Image.fromarray, max_k=256)]


def libimagequant(pixels: Pixels, palette: kmc.Palette) -> list[Contender]:
    """Its mapping at speed 4, its default: to its own palette without dithering and with, and with
    it to kmc's palette, given as fixed colours."""
    library = importlib.import_module("libimagequant")
    opaque = np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]).tobytes()

    def maker(level: float, fixed: bool) -> Contender:
        attributes = library.Attr()
        attributes.max_colors = max(2, len(palette))
        attributes.speed = 4
        image = attributes.create_rgba(opaque, pixels.shape[1], pixels.shape[0], 0.0)
        for color in palette.colors.tolist() if fixed else []:
            image.add_fixed_color(library.Color(*color, 255))
        result = image.quantize(attributes)
        result.dithering_level = level

        def run(_: Any, k: int) -> Answer:
            indices = np.frombuffer(result.remap_image(image), dtype=np.uint8)
            colors = np.array([(c.r, c.g, c.b) for c in result.get_palette()], dtype=np.uint8)
            return Answer(indices, colors=colors)

        label = "libimagequant, " + ("no dithering" if level == 0 else "dithering")
        label += " of kmc's palette" if fixed else ""
        return Contender(label, library.LIQ_VERSION_STRING, run, max_k=256)

    return [maker(0.0, False), maker(1.0, False), maker(1.0, True)]


def summarize(rows: list[dict[str, Any]], k: int) -> None:
    """Means over the pictures: geometric ones of time and MSE, arithmetic ones of the others."""
    print(f"\nk = {k}, means over {len({row['picture'] for row in rows})} pictures")
    TABLE.head()
    for label in dict.fromkeys(row["label"] for row in rows):
        own = [row for row in rows if row["label"] == label]
        means: dict[str, float | None] = {}
        for name in FIGURES:
            values = [row[name] for row in own if row[name] is not None]
            geometric = name in ("ms", "mse")
            mean = clock.geometric_mean if geometric else statistics.fmean
            means[name] = mean([v for v in values if v > 0 or not geometric]) if values else None
        show(label, means)


def show(label: str, figures: dict[str, Any]) -> None:
    """One line of the table."""
    TABLE.row(f"  {label}", *(report.number(figures[name], 4) for name in FIGURES))
