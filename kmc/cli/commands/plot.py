"""``kmc plot``: figures of what k-means did, drawn by matplotlib."""

from __future__ import annotations

import contextlib
import io
import os
from typing import TYPE_CHECKING, Any

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit
from kmc.cli.inputs import one
from kmc.cli.layout import Command
from kmc.cli.options import adapting, group, how_many, named, opening, search
from kmc.cli.outputs import Naming
from kmc.cli.parameter_types import whole_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kmc.images.reading import Picture

SUFFIXES = ("png", "pdf", "svg", "jpg", "webp")
DPI = 150
CURVE_POINTS = 15


@click.command(cls=Command)
@named("file")
@group(
    "Figure",
    ("-o --output FILE", "The figure: png, pdf, svg. With --clusters, a folder.",
     {"required": True}),
    ("-f --force", "Replace what exists: a file, or all figures of earlier --clusters.", {}),
    ("--clusters", "Pixels in colour space, a figure for each iteration.", {}),
    ("--history", "Error and largest shift of each iteration.", {}),
    ("--curve MIN-MAX", "Error and file size for numbers of colours.", {"type": whole_range}),
)  # fmt: skip
@how_many(16)
@adapting
@search
@opening
def plot(file: str, output: str, **given: Any) -> Exit:
    """Draw what k-means made of a picture.

    By default both side by side. With matplotlib, which is an extra:

    \b
      pip install "kmc-quantize[plot]"
      kmc plot photo.jpg -k 15 -o figure.png
      kmc plot photo.jpg -k 8 --clusters -o steps/
      kmc plot photo.jpg --curve 2-256 -o curve.png
    """
    from kmc.cli.fit_options import fit_options
    from kmc.cli.opening import Opener
    from kmc.cli.writing import write

    kinds = [name for name in ("clusters", "history", "curve") if given[name]]
    if len(kinds) > 1:
        raise click.UsageError(f"--{kinds[0]} and --{kinds[1]} are different figures")
    if given["curve"] and given["deadline"] is not None:
        raise click.UsageError("--curve needs all of its fits: it goes without --deadline")
    source = one(file)
    Naming(overwrite=given["force"]).check(source, _first(output) if given["clusters"] else output)
    suffix = os.path.splitext(output)[1].removeprefix(".").lower()
    if not given["clusters"] and suffix not in SUFFIXES:
        raise click.UsageError(f"{output}: a figure's name ends in .{', .'.join(SUFFIXES)}")
    opener = Opener(given["frame"], given["resize"])
    options = fit_options(given, opener)
    picture = opener(source)
    if given["clusters"]:
        import kmc

        kmc.plot.steps(picture, given["k"], output, **options)
    else:
        write(output, _encoded(_drawn(picture, given, options), suffix))
    console.say(f"{console.printable(source.path)} -> {console.printable(output)}")
    return Exit.DONE


def _drawn(picture: Picture, given: dict[str, Any], options: dict[str, Any]) -> Axes:
    import kmc

    with contextlib.suppress(ImportError):  # of which kmc.plot says what to do
        import matplotlib

        matplotlib.use("Agg")  # no windows
    if given["curve"]:
        return kmc.plot.curve(picture, spread(*given["curve"]))
    result = kmc.quantize(picture, given["k"], **options)
    if given["history"]:
        return kmc.plot.history(result)
    return kmc.plot.side_by_side(picture, result)


def _first(folder: str) -> str:
    """The first figure that there is or will be in a folder."""
    from kmc.plot.iterations import figures

    return str(next(iter(figures(folder)), os.path.join(folder, "iteration-000.png")))


def _encoded(axes: Axes, suffix: str) -> bytes:
    file = io.BytesIO()
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.savefig(file, format=suffix, dpi=DPI)
    return file.getvalue()


def spread(least: int, most: int) -> list[int]:
    """Numbers of colours from one to another, in equal ratios.

    Examples
    --------
    >>> from kmc.cli.commands.plot import spread
    >>> spread(2, 256)
    [2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256]
    """
    ratio = (most / least) ** (1 / (CURVE_POINTS - 1))
    return sorted({round(least * ratio**step) for step in range(CURVE_POINTS)})
