"""The arguments of a fit, made of the options of the command line, and palettes for many images."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import Any, cast

import click
import numpy as np

import kmc
from kmc.cli.batch import run_ordered
from kmc.cli.console import without_warnings
from kmc.cli.inputs import Input
from kmc.cli.iterations import error_label, iteration_printer
from kmc.cli.opening import Opener
from kmc.cli.options import DITHERING, GOALS, SEARCH, given_options, look_of, loses
from kmc.clustering.options import FitOptions, checked_options
from kmc.colors.spaces import SpaceName
from kmc.errors import KmcError, PaletteNotFoundError
from kmc.formats.registry import Format
from kmc.indexed_image import Palette
from kmc.lossy.choice import CHOOSERS
from kmc.mapping.dithering import checked_dither
from kmc.pipeline import LOOKS


def loaded_palette(name: str, space: SpaceName | None) -> Palette:
    """The palette in a file, or else the well-known one of that name.

    Raises
    ------
    PaletteReadError, ImageError
        There is neither, or it cannot be read.
    """
    if os.path.exists(name):
        found = Palette.load(name)
    elif name in kmc.palettes:
        found = kmc.palettes[name]
    else:
        raise PaletteNotFoundError(
            f"{name}: no such file, and none of the well-known palettes, "
            f"which are {', '.join(kmc.palettes)}"
        )
    return Palette(found.colors, space=space or "rgb")


def apply_look(given: dict[str, Any]) -> None:
    """Set weights to those of the look; space and dithering, too, where they are not given."""
    look = LOOKS[look_of(given)]
    given["weights"] = look.weights
    given["space"] = given["space"] or look.space
    if not loses(given):
        given["dither"] = given["dither"] or look.dither


def check_loss(given: dict[str, Any], format: Format) -> None:
    """Raise click.UsageError if a loss is asked for in a format that has none."""
    if loses(given) and format.name not in CHOOSERS:
        option = "--lossy" if given["max_bytes"] is None else "--max-bytes"
        known = ", ".join(f".{name}" for name in CHOOSERS)
        raise click.UsageError(
            f"{option} is for {known} files, not {format.name}: -o, --ext or --format names one"
        )


def dither_options(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of dithering for `kmc.quantize` and `Palette.remap`, checked."""
    options = given_options(given, DITHERING)
    checked_dither(options.get("dither"), options.get("dither_strength", 1.0))
    return options


def fit_options(given: dict[str, Any], opener: Opener) -> dict[str, Any]:
    """The arguments of `kmc.fit` and `kmc.quantize` other than the image and k, checked once.

    Raises
    ------
    click.UsageError, ArgumentError
        Options that exclude each other.
    ImageError
        The importance mask cannot be read.
    """
    options, goals = given_options(given, SEARCH), given_options(given, GOALS)
    if given.get("fixed"):
        options["fixed"] = np.array(given["fixed"], np.uint8)
    for name in ("threads", "weights"):
        if given.get(name):
            options[name] = given[name]
    checked = checked_options(given["k"], cast(FitOptions, options), **goals)
    if "seed" in options and not checked.is_random:
        raise click.UsageError("nothing is random with these options: they exclude --seed")
    options |= goals
    if given.get("importance"):
        options["importance"] = opener.mask(given["importance"])
    return options


def shared_palette(
    inputs: Sequence[Input],
    opener: Opener,
    k: int,
    jobs: int,
    verbose: bool,
    **options: Any,
) -> kmc.Palette | None:
    """Fit one palette to all images that can be read; None where there are none."""
    n_pixels = 0

    def count(source: Input) -> kmc.Histogram | None:
        try:
            with without_warnings():
                found = opener.colors(source)
            if isinstance(found, kmc.Histogram):
                return found
            return kmc.histogram(found, threads=options.get("threads"))
        except (KmcError, MemoryError):
            return None  # its own job reports it

    def histograms() -> Iterator[kmc.Histogram]:
        nonlocal n_pixels
        with contextlib.closing(run_ordered(count, inputs, jobs, pending=jobs + 1)) as counted:
            for each in counted:
                if each is not None:
                    n_pixels += each.n_pixels
                    yield each

    found = histograms()
    first = next(found, None)
    if first is None:
        return None
    callback = None
    if verbose:
        label = error_label(options.get("space"))
        callback = iteration_printer("shared palette", lambda: n_pixels, label)
    return kmc.fit(_chained(first, found), k, callback=callback, **options)


def _chained(first: kmc.Histogram, others: Iterator[kmc.Histogram]) -> Iterator[kmc.Histogram]:
    yield first
    del first  # it need not stay in memory while others are counted
    yield from others
