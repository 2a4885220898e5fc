"""``kmc plot``: figures of a reduction to few colours, drawn by matplotlib."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, Any

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit
from kmc.cli.inputs import single_input
from kmc.cli.layout import Command
from kmc.cli.options import (
    adapting,
    dithering,
    group,
    named,
    number_of_colors,
    opening,
    refuse,
    refuse_contradictions,
    search,
)
from kmc.cli.outputs import Naming, write
from kmc.cli.parameter_types import losses, numbers_of_colors

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kmc.images.reading import Picture

SUFFIXES = ("png", "pdf", "svg", "jpg", "webp")
DPI = 150

# The figures other than the default one, by their options.
KINDS = ("clusters", "history", "curve", "rate_distortion", "choices")

# Those of several numbers of colours, which they are given.
OF_SEVERAL = ("curve", "rate_distortion", "choices")


@click.command(cls=Command)
@named("file")
@group(
    "Figure",
    ("-o --output FILE", "The figure: png, pdf, svg. With --clusters, a folder.",
     {"required": True}),
    ("-f --force", "Replace what exists: a file, or all figures of earlier --clusters.", {}),
    ("--clusters", "Pixels in colour space, a figure for each iteration.", {}),
    ("--history", "Error and largest shift of each iteration.", {}),
    ("--curve KS", "Error and file size for numbers of colours: 2-256, or 4,8,12.",
     {"type": numbers_of_colors(15)}),
    ("--rate-distortion KS", "Error against file size, a line for each loss, and the envelope.",
     {"type": numbers_of_colors(8)}),
    ("--losses LIST", "The losses of --rate-distortion, from 0 to 100; by default 0,15,30,45.",
     {"type": losses}),
    ("--format NAME", "The files of --rate-distortion: png (default), gif or kmc.",
     {"type": click.Choice(["png", "gif", "kmc"])}),
    ("--choices KS", "The picture in numbers of colours, plain and dithered, in oklab.",
     {"type": numbers_of_colors(4)}),
)  # fmt: skip
@number_of_colors(16)
@adapting
@search
@dithering
@opening
def plot(file: str, output: str, **given: Any) -> Exit:
    """Draw a picture and its reduction to few colours.

    By default both side by side. This needs matplotlib, an extra:

    \b
      pip install "kmc-quantize[plot]"
      kmc plot photo.jpg -k 15 -o figure.png
      kmc plot photo.jpg -k 8 --clusters -o steps/
      kmc plot photo.jpg --curve 2-256 -o curve.png
      kmc plot photo.jpg --rate-distortion 8-256 -o rates.png
      kmc plot photo.jpg --choices 4-256 -o choices.png
    """
    from kmc.cli.fit_options import dither_options, fit_options
    from kmc.cli.opening import Opener, check_mask

    _refuse_exclusions(given)
    source = single_input(file)
    folder, first = (output, _first(output)) if given["clusters"] else (None, output)
    Naming(folder=folder, overwrite=given["force"]).check(first)
    suffix = os.path.splitext(output)[1].removeprefix(".").lower()
    if not given["clusters"] and suffix not in SUFFIXES:
        raise click.UsageError(f"{output}: a figure's name ends in .{', .'.join(SUFFIXES)}")
    opener = Opener(given["frame"], given["resize"], pyramid=given["pyramid"])
    options, dithered = fit_options(given, opener), dither_options(given)
    with console.working_on(source.name, output):
        picture = opener(source)
        check_mask(options, picture)
        if given["clusters"]:
            import kmc

            kmc.plot.steps(picture, given["k"], output, **options)
        else:
            figure = _encoded(_drawn(picture, given, options, dithered), suffix)
            write(output, figure, overwrite=given["force"])
    console.note(f"{console.printable(source.path)} -> {console.printable(output)}")
    return Exit.DONE


def _refuse_exclusions(given: dict[str, Any]) -> None:
    kinds = [name for name in KINDS if given[name]]
    if len(kinds) > 1:
        first, second = (f"--{name.replace('_', '-')}" for name in kinds[:2])
        raise click.UsageError(f"{first} and {second} are different figures")
    if not given["rate_distortion"]:
        refuse(["losses", "format"], "{option} is for the files of --rate-distortion")
    refuse_contradictions(given)
    if given["clusters"] and given["n_init"] not in (None, 1):
        raise click.UsageError("--clusters draws the iterations of one run: it excludes --n-init")
    for name in kinds:
        option = f"--{name.replace('_', '-')}"
        if name in OF_SEVERAL:
            refuse(["k"], f"{option} gives the numbers of colours: it excludes {{option}}")
            refuse(["deadline"], f"{option} needs all of its fits: it excludes {{option}}")
        if name == "rate_distortion":
            refuse(["importance"], f"a loss counts all pixels alike: {option} excludes {{option}}")
        if name == "choices":
            refuse(["dither_strength"], "--choices shows full strength: it excludes {option}")
        else:
            refuse(["dither"], f"{option} shows k-means, before dithering: it excludes {{option}}")


def _drawn(
    picture: Picture, given: dict[str, Any], options: dict[str, Any], dithered: dict[str, Any]
) -> Axes:
    import kmc
    from kmc.pipeline import LOOKS

    with contextlib.suppress(ImportError):  # kmc.plot reports it
        import matplotlib

        matplotlib.use("Agg")  # no windows
    if given["curve"]:
        return kmc.plot.curve(picture, given["curve"], **options)
    if given["rate_distortion"]:
        files = {"lossy": given["losses"], "format": given["format"]}
        return kmc.plot.rate_distortion(picture, given["rate_distortion"], **files, **options)
    if given["choices"]:
        dithers = [given["dither"]] if given["dither"] else None
        best = LOOKS["best"]  # as the program quantizes
        seen = {"space": best.space, "weights": best.weights, **options}
        return kmc.plot.choices(picture, given["choices"], dithers, **seen)
    result = kmc.quantize(picture, given["k"], **options, **dithered)
    if given["history"]:
        return kmc.plot.history(result)
    return kmc.plot.side_by_side(picture, result)


def _first(folder: str) -> str:
    """The first figure that is in a folder, or will be."""
    from kmc.plot.iterations import figures

    return str(next(iter(figures(folder)), os.path.join(folder, "iteration-000.png")))


def _encoded(axes: Axes, suffix: str) -> bytes:
    file = io.BytesIO()
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.savefig(file, format=suffix, dpi=DPI)
    return file.getvalue()
