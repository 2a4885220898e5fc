"""``kmc palette``: the best colours of pictures, with their shares."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit
from kmc.cli.inputs import expand
from kmc.cli.layout import Command
from kmc.cli.options import (
    adapting,
    folders,
    group,
    named,
    number_of_colors,
    opening,
    refuse,
    refuse_contradictions,
    search,
)
from kmc.cli.outputs import Naming
from kmc.cli.parameter_types import real

if TYPE_CHECKING:
    from kmc.display.swatches import Swatch
    from kmc.indexed_image import Palette

SWATCH_WIDTH = 8


@click.command(cls=Command)
@named("files", nargs=-1, required=True)
@number_of_colors(8)
@adapting
@search
@folders
@opening
@group(
    "Dominant colours",
    (
        "--ignore NAME",
        "Leave out what is white, or transparent; can be repeated.",
        {"type": click.Choice(["white", "transparent"]), "multiple": True},
    ),
    (
        "--merge X",
        "Merge what looks alike: colours nearer than this in CIE Lab, such as 10.",
        {"type": real(0)},
    ),
)
@group(
    "Output",
    ("--format NAME", "Print hex, rgb, json, css or gpl in place of a table.",
     {"type": click.Choice(["hex", "rgb", "json", "css", "gpl"])}),
    ("-o --output FILE", "Write gpl, hex, json, act, pal, or a picture of swatches.", {}),
    ("-f --force", "Replace a file that exists.", {}),
)  # fmt: skip
def palette(files: tuple[str, ...], **given: Any) -> Exit:
    """Print the best colours of a picture.

    A line for each, largest share first, with swatches on terminals. Several pictures get one
    palette. Distances and weights are those of kmc quantize, for the eye.

    \b
      kmc palette photo.jpg -k 8
      kmc palette logo.png -k 5 --ignore white --merge 10
      kmc palette photo.jpg -k 5 --format css > colors.css
      kmc palette *.jpg -k 32 -o all.gpl
    """
    import numpy as np

    import kmc
    from kmc.cli.fit_options import fit_options
    from kmc.cli.opening import Opener, check_mask
    from kmc.colors.arrays import hex_codes
    from kmc.display.swatches import Swatch, swatches
    from kmc.formats.palette_files import checked_format
    from kmc.pipeline import LOOKS

    inputs, best = expand(files, given["recursive"]), LOOKS["best"]
    output = given["output"]
    opener = Opener(given["frame"], given["resize"], pyramid=given["pyramid"])
    refuse_contradictions(given)
    if output is None:
        refuse(["force"], "{option} goes with -o: without it, nothing is replaced")
    else:
        refuse(["format"], "the suffix of -o names the format: it excludes {option}")
        checked_format(output)
        Naming(overwrite=given["force"]).check(output)
    if len(inputs) > 1:
        refuse(["importance"], "{option} is for one picture, and there are several")
    dominant = {name: given[name] for name in ("ignore", "merge") if given[name]}
    if dominant:
        refuse(["importance"], f"--{next(iter(dominant))} excludes {{option}}")
    options = {"space": best.space, "weights": best.weights, **fit_options(given, opener)}
    name = inputs[0].name if len(inputs) == 1 else f"{len(inputs)} pictures"
    with console.working_on(name, *(each.name for each in inputs)):
        if len(inputs) == 1:
            pictures: Any = opener.colors(inputs[0])
            if not isinstance(pictures, kmc.Histogram):
                check_mask(options, pictures)
        else:
            pictures = map(opener.colors, inputs)
        if dominant:
            main = kmc.dominant_colors(pictures, given["k"], **dominant, **options)
            codes = hex_codes(np.array([color for color, _ in main], np.uint8)) if main else []
            found = [Swatch(i, codes[i], share) for i, (_, share) in enumerate(main)]
        else:
            palette = kmc.fit(pictures, given["k"], **options)
            found = swatches(palette.colors, palette.counts)
    if not found:
        raise click.UsageError(f"{name}: nothing is left after --ignore")
    if output is not None:
        sorted_palette(found).save(output)
    else:
        console.result("\n".join(FORMATS[given["format"]](found)))
    return Exit.DONE


def table(swatches: list[Swatch]) -> list[str]:
    """A line for each colour: a swatch on terminals, its codes, its share."""
    shown = console.has_color(sys.stdout)
    lines = []
    for swatch in swatches:
        red, green, blue, *_ = color = channels(swatch)
        line = f"{swatch.hex}  {' '.join(f'{level:3}' for level in color)}  {swatch.share:6.1%}"
        line = line.replace("%", " %")
        if shown:
            line = click.style(" " * SWATCH_WIDTH, bg=(red, green, blue)) + "  " + line
        lines.append(line)
    return lines


def channels(swatch: Swatch) -> tuple[int, ...]:
    """The levels of a colour."""
    return tuple(bytes.fromhex(swatch.hex[1:]))


def css(swatches: list[Swatch]) -> list[str]:
    """Custom properties of CSS."""
    lines = [
        f"  --color-{number}: {swatch.hex}; /* {100 * swatch.share:.1f} % */"
        for number, swatch in enumerate(swatches, 1)
    ]
    return [":root {", *lines, "}"]


def as_json(swatches: list[Swatch]) -> list[str]:
    """A JSON object, which `Palette.load` reads, too."""
    shares = [round(swatch.share, 6) for swatch in swatches]
    return [console.json_line({"colors": [swatch.hex for swatch in swatches], "shares": shares})]


def gpl(swatches: list[Swatch]) -> list[str]:
    """A GIMP palette."""
    from kmc.formats.palette_files import encoded

    return encoded(sorted_palette(swatches).colors, "gpl", "kmc").decode().splitlines()


def sorted_palette(swatches: list[Swatch]) -> Palette:
    """A palette of the colours in this order."""
    import kmc

    colors = [channels(swatch) for swatch in swatches]
    most = max(map(len, colors))
    return kmc.Palette([(*color, 255)[:most] for color in colors])


FORMATS: dict[str | None, Callable[[list[Swatch]], list[str]]] = {
    None: table,
    "hex": lambda swatches: [swatch.hex for swatch in swatches],
    "rgb": lambda swatches: [" ".join(map(str, channels(swatch))) for swatch in swatches],
    "json": as_json,
    "css": css,
    "gpl": gpl,
}
