"""``kmc palette``: the best colours of a picture, with their shares."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit
from kmc.cli.inputs import expand
from kmc.cli.layout import Command
from kmc.cli.options import adapting, folders, group, how_many, named, opening, search
from kmc.cli.outputs import Naming

if TYPE_CHECKING:
    from kmc.display.swatches import Swatch
    from kmc.palette import Palette

SWATCH_WIDTH = 8


@click.command(cls=Command)
@named("files", nargs=-1, required=True)
@how_many(8)
@adapting
@search
@folders
@opening
@group(
    "Output",
    ("--format WORD", "hex, rgb, json, css or gpl, in place of a table.",
     {"type": click.Choice(["hex", "rgb", "json", "css", "gpl"])}),
    ("-o --output FILE", "Write gpl, hex, json, act, pal, or a picture of swatches.", {}),
    ("-f --force", "Replace a file that exists.", {}),
)  # fmt: skip
def palette(files: tuple[str, ...], **given: Any) -> Exit:
    """Print the best colours of a picture.

    One a line, largest share first, with swatches on a terminal. Of several pictures: the colours
    that serve all of them best.

    \b
      kmc palette photo.jpg -k 8
      kmc palette photo.jpg -k 5 --format css > colors.css
      kmc palette *.jpg -k 32 -o all.gpl
    """
    import kmc
    from kmc.cli.fit_options import fit_options
    from kmc.cli.opening import Opener
    from kmc.display.swatches import swatches

    inputs = expand(files, given["recursive"])
    output, opener = given["output"], Opener(given["frame"], given["resize"])
    if output is not None and given["format"] is not None:
        raise click.UsageError("-o says the format by its suffix, without --format")
    if output is not None:
        Naming(overwrite=given["force"]).check(inputs[0], output)
    options = fit_options(given, opener)
    pictures = opener(inputs[0]) if len(inputs) == 1 else map(opener, inputs)
    palette = kmc.fit(pictures, given["k"], **options)
    found = swatches(palette.colors, palette.counts)
    if output is not None:
        sorted_palette(found).save(output)
    else:
        console.result("\n".join(FORMATS[given["format"]](found)))
    return Exit.DONE


def table(swatches: list[Swatch]) -> list[str]:
    """A line for each colour: what it looks like where that can be shown, its codes, its share.

    Examples
    --------
    >>> from kmc.cli.commands.palette import table
    >>> from kmc.display.swatches import Swatch
    >>> table([Swatch(0, "#ff8000", 0.25)])
    ['#ff8000  255 128   0   25.0 %']
    """
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
    """The levels of a colour.

    Examples
    --------
    >>> from kmc.cli.commands.palette import channels
    >>> from kmc.display.swatches import Swatch
    >>> channels(Swatch(0, "#ff800010", 1.0))
    (255, 128, 0, 16)
    """
    return tuple(bytes.fromhex(swatch.hex[1:]))


def css(swatches: list[Swatch]) -> list[str]:
    """Custom properties of CSS.

    Examples
    --------
    >>> from kmc.cli.commands.palette import css
    >>> from kmc.display.swatches import Swatch
    >>> print("\\n".join(css([Swatch(0, "#ff8000", 0.25)])))
    :root {
      --color-1: #ff8000; /* 25.0 % */
    }
    """
    lines = [
        f"  --color-{number}: {swatch.hex}; /* {100 * swatch.share:.1f} % */"
        for number, swatch in enumerate(swatches, 1)
    ]
    return [":root {", *lines, "}"]


def as_json(swatches: list[Swatch]) -> list[str]:
    """An object that `Palette.load` reads, too.

    Examples
    --------
    >>> from kmc.cli.commands.palette import as_json
    >>> from kmc.display.swatches import Swatch
    >>> as_json([Swatch(0, "#ff8000", 0.25)])
    ['{"colors": ["#ff8000"], "shares": [0.25]}']
    """
    shares = [round(swatch.share, 6) for swatch in swatches]
    return [console.json_line({"colors": [swatch.hex for swatch in swatches], "shares": shares})]


def gpl(swatches: list[Swatch]) -> list[str]:
    """A palette of GIMP's.

    Examples
    --------
    >>> from kmc.cli.commands.palette import gpl
    >>> from kmc.display.swatches import Swatch
    >>> gpl([Swatch(0, "#ff8000", 0.25)])[0]
    'GIMP Palette'
    """
    from kmc.formats.palette_files import encoded

    return encoded(sorted_palette(swatches).colors, "gpl", "kmc").decode().splitlines()


def sorted_palette(swatches: list[Swatch]) -> Palette:
    """A palette of the colours in this order.

    Examples
    --------
    >>> from kmc.cli.commands.palette import sorted_palette
    >>> from kmc.display.swatches import Swatch
    >>> sorted_palette([Swatch(3, "#ff8000", 0.25)]).colors.tolist()
    [[255, 128, 0]]
    """
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
