"""The options of the commands, grouped under the headings of ``--help``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from kmc.cli.layout import Option
from kmc.cli.parameter_types import (
    alpha_threshold,
    colors,
    loss,
    n_bytes,
    name_of,
    opaque_color,
    positive,
    quality,
    real,
    size,
    whole,
)

if TYPE_CHECKING:
    from kmc.pipeline import LookName

F = TypeVar("F", bound=Callable[..., Any])

# How many files are processed at a time by default: each is in memory.
MAX_JOBS = 4

# The kinds of names that shells complete, by the placeholder of an option's value.
COMPLETED = {"FILE": "file", "MASK": "file", "DIR": "dir"}


def named(name: str, **settings: Any) -> Callable[[F], F]:
    """An argument that is a file name."""
    return click.argument(name, shell_complete=name_of("file"), **settings)


def group(heading: str, *options: tuple[str, str, dict[str, Any]]) -> Callable[[F], F]:
    """Options under one heading.

    Each is given as its names and the placeholder of its value, ``"-o --output FILE"``; its help;
    and further settings of `click.option`. One without a placeholder is a flag.
    """

    def add(function: F) -> F:
        for names, text, settings in reversed(options):
            words = names.split()
            value: dict[str, Any] = {"is_flag": True}
            if not words[-1].startswith("-"):
                value = {"metavar": words.pop()}
                if value["metavar"] in COMPLETED:
                    value["shell_complete"] = name_of(COMPLETED[value["metavar"]])
            if "dest" in settings:
                words.append(settings["dest"])
            more = {key: each for key, each in settings.items() if key != "dest"}
            function = click.option(
                *words, cls=Option, heading=heading, help=text, **(value | more)
            )(function)
        return function

    return add


def number_of_colors(default: int) -> Callable[[F], F]:
    """``-k``, with the default of a command."""
    return group(
        "Colours",
        ("-k --colors N", "The number of colours.",
         {"dest": "k", "type": whole(1, 65536), "default": default, "show_default": True}),
    )  # fmt: skip


given_palette = group(
    "Colours",
    ("--palette FILE", "Use these: gpl, hex, json, act, pal, a picture, or pico-8, nord, ...",
     {}),
)  # fmt: skip

adapting = group(
    "Colours",
    ("--fixed COLORS", "Keep these exactly, as '#ffffff,#c00'; k includes them.",
     {"type": colors}),
    ("--space NAME", "Where distances are measured: rgb, linear, oklab or lab.",
     {"type": click.Choice(["rgb", "linear", "oklab", "lab"])}),
    ("--importance MASK", "A picture: the lighter a pixel, the more that pixel counts.", {}),
)  # fmt: skip

order = group(
    "Colours",
    ("--order NAME", "compact (default: for small files), luminance, popularity, hue or none.",
     {"type": click.Choice(["compact", "luminance", "popularity", "hue", "none"])}),
)  # fmt: skip

# Options of a fit, by their names in `kmc.quantize`.
SEARCH = ("space", "effort", "init", "n_init", "max_iter", "tol", "seed", "deadline")

search = group(
    "k-means",
    ("--effort NAME", "fast, default or best: how much time to spend on a lower error.",
     {"type": click.Choice(["fast", "default", "best"])}),
    ("--init NAME", "The initial centroids: k-means++, random or bisecting.",
     {"type": click.Choice(["k-means++", "random", "bisecting"])}),
    ("--n-init N", "The number of random restarts; the best run is kept.", {"type": whole(1)}),
    ("--max-iter N", "The largest number of iterations over all colours.", {"type": whole(1)}),
    ("--tol X", "Stop when no centroid moves further: levels, squared.", {"type": real(0)}),
    ("--seed N", "Seed of the random numbers: the same one gives the same file.",
     {"type": whole(0)}),
    ("--deadline SECONDS", "Take the best palette found by then: not reproducible.",
     {"type": positive}),
)  # fmt: skip

GOALS = ("psnr", "max_mse", "quality")

goals = group(
    "Goals: the fewest colours, at most -k, that reach one; exit code 99 if none do",
    ("--quality MIN-MAX", "Reach MAX, or MIN with all colours: 0 to 100, for what people see.",
     {"type": quality}),
    ("--psnr DB", "The lowest peak signal-to-noise ratio, in dB.", {"type": real(0)}),
    ("--max-mse X", "The highest mean squared error, summed over the channels.", {"type": real(0)}),
)  # fmt: skip

# Options of the size of files, by their names in `kmc.quantize`.
SIZES = ("lossy", "max_bytes")

sizes = group(
    "Size, of .png, .gif and .kmc files: not dithered; exit code 99 if nothing fits",
    ("--lossy N", "Smaller files for a loss from 1 to 100; or for auto, the one that a goal "
     "allows: indices that cost less.",
     {"type": loss}),
    ("--max-bytes SIZE", "The best result in so many bytes, as 40K or 1.5M.",
     {"type": n_bytes}),
)  # fmt: skip

DITHERING = ("dither", "dither_strength")

look = group(
    "Colours",
    ("--look NAME", "best: for the eye, oklab, balanced weights and adaptive dithering; plain: the "
     "lowest error, rgb and no dithering. The default is best, and plain with --psnr or "
     "--max-mse.",
     {"type": click.Choice(["best", "plain"])}),
)  # fmt: skip

dithering = group(
    "Dithering",
    ("--dither NAME", "adaptive, floyd-steinberg, atkinson, bayer, blue-noise or none.",
     {"type": click.Choice(["adaptive", "floyd-steinberg", "atkinson", "bayer", "blue-noise",
                            "none"])}),
    ("--dither-strength X", "How much of the error to compensate, 0 to 1.", {"type": real(0, 1)}),
)  # fmt: skip

opening = group(
    "Input",
    ("--frame N", "The frame of an animation, or the page, from 0.", {"type": whole(0)}),
    ("--pyramid N", "The level of a pyramid in a TIFF (SVS, OME-TIFF): 0 is the largest.",
     {"type": whole(0)}),
    ("--resize SIZE", "Scale first: 700 (at most so wide), x465 (high), 700x465 or 50%.",
     {"type": size}),
)  # fmt: skip

transparency = group(
    "Input",
    ("--background COLOR", "Lay transparent pictures over a colour.", {"type": opaque_color}),
    ("--alpha-threshold N", "Make pixels of alpha N and more opaque, others clear; or dither it.",
     {"type": alpha_threshold}),
)  # fmt: skip

folders = group("Input", ("-r --recursive", "Take the pictures in folders, too.", {}))

LEVEL = (
    "--level N",
    "Compression of .png and .kmc, from 1 (fastest) to 9 (smallest).",
    {"type": whole(1, 9)},
)

outputs = group(
    "Output",
    ("-o --output FILE", "The name of the only result; - is standard output.", {}),
    ("--out-dir DIR", "A folder for all results, under their inputs' names.", {}),
    ("--suffix TEXT", "What is added to names: by default -kmc, or nothing with --out-dir.", {}),
    ("--ext EXT", "The ending of results' names, and their format; by default png.", {}),
    ("--format NAME", "The format, if no name says it: png, gif, webp, tiff, ...", {}),
    LEVEL,
    ("-f --force", "Replace files that exist.", {}),
    ("-i --in-place", "Replace the pictures themselves by their results.", {}),
    ("--if-newer", "Take pictures newer than their results, and replace these.", {}),
    ("--preserve", "Give results the time stamps and permissions of their pictures.", {}),
    ("-n --dry-run", "Do everything but write.", {}),
    ("--check", "Write nothing; exit code 1 if --in-place would change a file.", {}),
    ("--optimize", "Compress PNG files further with oxipng: an extra package, slow.", {}),
    ("--skip-if-larger", "Write nothing larger than its original; exit code 98.", {}),
    ("--keep/--strip", "Whether to keep profile, resolution, EXIF and XMP.",
     {"default": True, "show_default": True}),
)  # fmt: skip

running = group(
    "Running",
    ("--jobs N", f"Files at a time; by default one per processor, at most {MAX_JOBS}.",
     {"type": whole(1, 1024)}),
    ("--threads N", "The largest number of threads for one file; never changes results.",
     {"type": whole(1, 1024)}),
    ("--scheduler ADDRESS", "A Dask cluster, tcp://host:8786, for zarr arrays in and out.", {}),
    ("--json", "Print a line of JSON for each file on standard output.", {"dest": "as_json"}),
    ("-q --quiet", "Print nothing but errors.", {}),
    ("-v --verbose", "Print each iteration; one file at a time.", {}),
)  # fmt: skip


def given_options(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Those of the options that have a value."""
    return {name: given[name] for name in names if given.get(name) is not None}


def refuse(names: Iterable[str], reason: str) -> None:
    """Refuse options that another one excludes.

    Raises
    ------
    click.UsageError
        One of them is on the command line; `reason` is formatted with its name as `option`.
    """
    context, names = click.get_current_context(), set(names)
    for parameter in context.command.params:
        name = str(parameter.name)
        if name in names and context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
            raise click.UsageError(reason.format(option=parameter.opts[-1]))


def look_of(given: dict[str, Any]) -> LookName:
    """The look asked for, or the default: "plain" if the goal is a figure, which dithering misses.

    Commands without the option make no pictures to look at.
    """
    is_measured = given.get("psnr") is not None or given.get("max_mse") is not None
    if "look" not in given or (given["look"] is None and is_measured):
        return "plain"
    chosen: LookName = given["look"] or "best"
    return chosen


def loses(given: dict[str, Any]) -> bool:
    """Whether a loss is asked for, by its number or by a size."""
    return bool(given.get("lossy")) or given.get("max_bytes") is not None


def _is_plain(given: dict[str, Any]) -> bool:
    """Whether nothing is dithered."""
    is_default = given["dither"] is None and (look_of(given) == "plain" or loses(given))
    return given["dither"] == "none" or is_default


def refuse_contradictions(given: dict[str, Any]) -> None:
    """Refuse options of a fit that exclude each other, or that have no effect alone.

    Raises
    ------
    click.UsageError
    """
    goals = [f"--{name.replace('_', '-')}" for name in GOALS if given.get(name) is not None]
    if len(goals) > 1:
        raise click.UsageError(f"{goals[0]} and {goals[1]} exclude each other: one goal at a time")
    if given.get("dither_strength") is not None and _is_plain(given):
        raise click.UsageError("--dither-strength needs --dither")
    if given["init"] == "bisecting" and (given["n_init"] or 1) > 1:
        raise click.UsageError("--init bisecting is not random: it excludes --n-init")
