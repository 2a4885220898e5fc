"""``kmc pngquant``: the options, names and exit codes of pngquant, for scripts that call it."""

from __future__ import annotations

import sys
from typing import Any

import click

from kmc.cli import console
from kmc.cli.commands.quantize import quantize, run
from kmc.cli.exit_codes import Exit
from kmc.cli.inputs import STDIO, expand
from kmc.cli.layout import Command
from kmc.cli.options import group, named
from kmc.cli.outputs import naming
from kmc.cli.parameter_types import quality, real, whole

# Speeds up to the first are slow ones, up to the second ordinary ones, then fast ones.
SLOW, ORDINARY, NO_DITHERING = 2, 9, 11

MOST = 256  # colours


class _Command(Command):
    """A command whose option ``--floyd`` takes a value only after ``=``, as with getopt."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        options = ["--floyd=1" if each == "--floyd" else each for each in args[:end]]
        return super().parse_args(ctx, options + args[end:])


@click.command(cls=_Command)
@named("files", metavar="[NCOLORS] [FILES]...", nargs=-1)
@group(
    "Options",
    ("-f --force/--no-force", "Replace files that exist.", {"is_flag": True}),
    ("--skip-if-larger", "Write nothing larger than its original; exit code 98.", {}),
    ("-o --output FILE", "The name of the only result; - is standard output.", {}),
    ("--ext EXT", "What results' names end in: -fs8.png, or -or8.png if not dithered.", {}),
    ("-Q --quality MIN-MAX", "As of kmc quantize; exit code 99 if out of reach.",
     {"type": quality}),
    ("-s --speed N", "1 or 2 is --effort best, 10 or 11 fast; 11 does not dither; default 4.",
     {"type": whole(1, 11)}),
    ("--nofs --ordered", "Do not dither; the default is to, where bands would be seen.", {}),
    ("--floyd N", "How much to dither, from 0 to 1: --floyd=0.5.", {"type": real(0, 1)}),
    ("--posterize BITS", "Leave out the lowest bits of the palette's levels, 0 to 4.",
     {"type": whole(0, 4)}),
    ("--map FILE", "Use the colours of this picture or palette, at most 256.", {}),
    ("--strip", "Remove profile, resolution, EXIF and XMP.", {}),
    ("-v --verbose/--quiet", "Print a line per file; otherwise only errors.", {"is_flag": True}),
)  # fmt: skip
def pngquant(files: tuple[str, ...], **given: Any) -> Exit:
    """Quantize as pngquant does: for scripts that are written for it.

    photo.png becomes photo-fs8.png, dithered in 256 colours. Without files, standard input becomes
    standard output. What differs is described in the manual; new scripts should use kmc quantize.

    \b
      kmc pngquant 64 *.png
      kmc pngquant --force --ext .png --skip-if-larger photo.png
      kmc pngquant 16 - < in.png > out.png
    """
    k, names = _colors_and_names(files)
    strength = _dither_strength(given)
    if given["map"] is not None:
        _check_map(given, k)
    if given["posterize"] and given["quality"]:
        raise click.UsageError("--quality is reached before --posterize: they exclude each other")
    suffix = ext = None
    inputs = expand(names, recursive=False)
    if given["output"] is None and all(each.path != STDIO for each in inputs):
        suffix, ext = _ending(given["ext"] or ("-fs8.png" if strength else "-or8.png"))
    elif given["ext"] is not None:
        raise click.UsageError("--ext makes names of files' names: it excludes -o and -")
    target = naming(given["output"], None, suffix, ext, "png", given["force"], inputs)
    # All that kmc quantize can be given, and is not here.
    options: dict[str, Any] = dict.fromkeys(str(each.name) for each in quantize.params)
    options |= {
        "k": k or MOST,
        "palette": given["map"],
        "effort": _effort(given["speed"]),
        "dither": None if strength else "none",
        "dither_strength": strength or None,
        "format": "png",
        "quality": given["quality"],
        "posterize": given["posterize"],
        "skip_if_larger": given["skip_if_larger"],
        "keep": not given["strip"],
        "quiet": not given["verbose"],
    }
    return run(inputs, target, options)


def _colors_and_names(words: tuple[str, ...]) -> tuple[int | None, tuple[str, ...]]:
    """The number of colours, which may come first, and the names of files."""
    k = None
    if words and words[0].isdecimal():
        k, words = whole(2, MOST)(words[0]), words[1:]
    if not words and console.is_terminal(sys.stdin):
        raise click.UsageError("no files are given, and standard input is a terminal")
    return k, words or (STDIO,)


def _check_map(given: dict[str, Any], k: int | None) -> None:
    """Refuse what looks for colours where they are given."""
    for option, is_given in (
        ("a number of colours", k is not None),
        ("--quality", given["quality"]),
        ("--posterize", given["posterize"]),
        ("--speed", given["speed"] not in (None, NO_DITHERING)),
    ):
        if is_given:
            raise click.UsageError(f"--map gives the colours: it excludes {option}")
    from kmc.cli.fit_options import loaded_palette  # NumPy: not for --help

    count = len(loaded_palette(given["map"], None))
    if count > MOST:
        raise click.UsageError(f"--map {given['map']} has {count} colours, more than {MOST}")


def _dither_strength(given: dict[str, Any]) -> float:
    """How much to dither; 0 is not at all."""
    for option, is_given in (
        ("--nofs", given["nofs"]),
        (f"--speed {NO_DITHERING}", given["speed"] == NO_DITHERING),
    ):
        if is_given and given["floyd"] is not None:
            raise click.UsageError(f"{option} does not dither: it excludes --floyd")
        if is_given:
            return 0.0
    return 1.0 if given["floyd"] is None else float(given["floyd"])


def _effort(speed: int | None) -> str | None:
    if speed is None or SLOW < speed <= ORDINARY:
        return None
    return "best" if speed <= SLOW else "fast"


def _ending(ext: str) -> tuple[str, str]:
    """The suffix and the ending of results' names."""
    suffix, dot, end = ext.rpartition(".")
    if not dot:
        raise click.UsageError(f"--ext {ext} has no ending: it is like -new.png or .png")
    return suffix, end
