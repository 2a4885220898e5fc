"""The options of the commands, under the headings that ``--help`` lists them by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from kmc.cli.layout import Option
from kmc.cli.parameter_types import colors, name_of, positive, quality, real, size, whole

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]

# So many files at once, where nothing else is asked for: each holds a picture in memory.
MOST_JOBS = 4


# What Tab completes where a value is called so.
COMPLETED = {"FILE": "file", "MASK": "file", "DIR": "dir"}


def named(name: str, **settings: Any) -> Callable[[F], F]:
    """An argument that is the name of a file.

    Examples
    --------
    >>> import click
    >>> from kmc.cli.options import named
    >>> @click.command
    ... @named("picture")
    ... def show(picture): ...
    >>> [item.type for item in show.params[0].shell_complete(None, "pho")]
    ['file']
    """
    return click.argument(name, shell_complete=name_of("file"), **settings)


def group(heading: str, *options: tuple[str, str, dict[str, Any]]) -> Callable[[F], F]:
    """Options under one heading.

    Each is given as its names and, in capitals, what its value is called, ``"-o --output FILE"``;
    its help; and further settings of click's. One without a value is a flag.

    Examples
    --------
    >>> import click
    >>> from kmc.cli.layout import Command
    >>> from kmc.cli.options import group
    >>> @click.command(cls=Command)
    ... @group("Fruit", ("-a --apple", "Round.", {}), ("--pear N", "How many.", {"type": int}))
    ... def shop(apple, pear): ...
    >>> sorted(shop.make_context("shop", ["--pear", "3"]).params.items())
    [('apple', False), ('pear', 3)]
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


def how_many(default: int) -> Callable[[F], F]:
    """``-k``, with the default of a command."""
    return group(
        "Colours",
        ("-k --colors N", "How many colours.",
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
    ("--space WORD", "rgb, linear, oklab or lab: where distances are taken.",
     {"type": click.Choice(["rgb", "linear", "oklab", "lab"])}),
    ("--importance MASK", "A picture: the lighter a pixel there, the more it counts.", {}),
)  # fmt: skip

order = group(
    "Colours",
    ("--order WORD", "compact (the default: for small files), luminance, popularity, hue or none.",
     {"type": click.Choice(["compact", "luminance", "popularity", "hue", "none"])}),
)  # fmt: skip

# What those of these options that are given are called in `kmc.quantize`, too.
SEARCH = ("space", "effort", "init", "n_init", "max_iter", "tol", "seed", "deadline")

search = group(
    "How colours are found",
    ("--effort WORD", "fast, default or best: how long to look for a lower error.",
     {"type": click.Choice(["fast", "default", "best"])}),
    ("--init WORD", "k-means++, random or bisecting: where k-means starts.",
     {"type": click.Choice(["k-means++", "random", "bisecting"])}),
    ("--n-init N", "How often it starts anew; the best is kept.", {"type": whole(1)}),
    ("--max-iter N", "The most iterations over all colours.", {"type": whole(1)}),
    ("--tol X", "Stop when no colour moves by more: levels, squared.", {"type": real(0)}),
    ("--seed N", "Of the random numbers: the same gives the same file.", {"type": whole(0)}),
    ("--deadline SECONDS", "Take the best found by then: another time, it may be another.",
     {"type": positive}),
)  # fmt: skip

GOALS = ("psnr", "max_mse", "quality")

goals = group(
    "Goals: the fewest colours, -k at most, that reach it; exit with 99 if none do",
    ("--quality MIN-MAX", "Reach MAX, or MIN with all colours; 0 to 100 is 0 to 50 dB.",
     {"type": quality}),
    ("--psnr DB", "Peak signal-to-noise ratio, at least.", {"type": real(0)}),
    ("--max-mse X", "Mean squared error summed over the channels, at most.", {"type": real(0)}),
)  # fmt: skip

DITHERING = ("dither", "dither_strength")

dithering = group(
    "Dithering",
    ("--dither WORD", "floyd-steinberg, atkinson, bayer or blue-noise.",
     {"type": click.Choice(["floyd-steinberg", "atkinson", "bayer", "blue-noise"])}),
    ("--dither-strength X", "How much of it, 0 to 1.", {"type": real(0, 1)}),
)  # fmt: skip

opening = group(
    "Input",
    ("--frame N", "Of an animation, or of pages: which one, from 0.", {"type": whole(0)}),
    ("--resize W[xH]", "Scale first: 700 is the most width, 700x465 the very size.",
     {"type": size}),
)  # fmt: skip

folders = group("Input", ("-r --recursive", "Take the pictures in folders, too.", {}))

places = group(
    "Output",
    ("-o --output FILE", "Where the one result goes; - is standard output.", {}),
    ("--out-dir DIR", "Where results go, under their inputs' names.", {}),
    ("--suffix TEXT", "Put after inputs' names; by default -kmc, and nothing with --out-dir.", {}),
    ("--ext EXT", "The ending of results' names, and so their format.",
     {"default": "png", "show_default": True}),
    ("--format NAME", "The format, where no name says it: png, gif, webp, tiff, ...", {}),
    ("--level N", "Of .png and .kmc: 1, the fastest, to 9, the smallest.", {"type": whole(1, 9)}),
    ("-f --force", "Replace files that exist.", {}),
    ("-n --dry-run", "Do everything but write.", {}),
    ("--optimize", "Squeeze PNG files further by oxipng: slow, and an extra.", {}),
    ("--skip-if-larger", "Write nothing larger than its original; exit with 98.", {}),
    ("--keep/--strip", "Whether profile, resolution, EXIF and XMP come along.",
     {"default": True, "show_default": True}),
)  # fmt: skip

running = group(
    "Running",
    ("--jobs N", f"Files at once; by default one a processor, at most {MOST_JOBS}.",
     {"type": whole(1, 1024)}),
    ("--threads N", "The most threads for one file; results never depend on it.",
     {"type": whole(1, 1024)}),
    ("--json", "A line of JSON for each file, on standard output.", {"dest": "as_json"}),
    ("-q --quiet", "Say nothing but errors.", {}),
    ("-v --verbose", "Tell of each iteration; one file at a time.", {}),
)  # fmt: skip


def chosen(given: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Those of the options that were given.

    Examples
    --------
    >>> from kmc.cli.options import SEARCH, chosen
    >>> chosen({"effort": "best", "seed": None, "force": True}, SEARCH)
    {'effort': 'best'}
    """
    return {name: given[name] for name in names if given.get(name) is not None}
