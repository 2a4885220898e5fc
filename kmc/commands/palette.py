"""``kmc palette``: the best colours of a picture, with their shares."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from kmc.commands import console
from kmc.commands.exits import Exit
from kmc.commands.inputs import expand
from kmc.commands.layout import Command
from kmc.commands.options import adapting, group, how_many, opening, search

if TYPE_CHECKING:
    from kmc.swatches import Swatch

SWATCH_WIDTH = 8


@click.command(cls=Command)
@click.argument("file")
@how_many(8)
@adapting
@search
@opening
@group(
    "Output",
    ("--format WORD", "hex, rgb, json or css, in place of a table.",
     {"type": click.Choice(["hex", "rgb", "json", "css"])}),
)  # fmt: skip
def palette(file: str, format: str | None, **given: Any) -> Exit:
    """Print the best colours of a picture.

    One a line, largest share first, with swatches on a terminal.

    \b
      kmc palette photo.jpg -k 8
      kmc palette photo.jpg -k 5 --format css > colors.css
    """
    import kmc
    from kmc.commands.fitting import fit_options
    from kmc.commands.opening import Opener
    from kmc.swatches import swatches

    source = expand([file], recursive=False)[0]
    opener = Opener(given["frame"], given["resize"])
    found = swatches(kmc.fit(opener(source), given["k"], **fit_options(given, opener)))
    for line in FORMATS[format](found):
        console.result(line)
    return Exit.DONE


def table(swatches: list[Swatch]) -> list[str]:
    """A line for each colour: what it looks like where that can be shown, its codes, its share.

    Examples
    --------
    >>> from kmc.commands.palette import table
    >>> from kmc.swatches import Swatch
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
    >>> from kmc.commands.palette import channels
    >>> from kmc.swatches import Swatch
    >>> channels(Swatch(0, "#ff800010", 1.0))
    (255, 128, 0, 16)
    """
    return tuple(bytes.fromhex(swatch.hex[1:]))


def css(swatches: list[Swatch]) -> list[str]:
    """Custom properties of CSS.

    Examples
    --------
    >>> from kmc.commands.palette import css
    >>> from kmc.swatches import Swatch
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
    """A list of colours.

    Examples
    --------
    >>> from kmc.commands.palette import as_json
    >>> from kmc.swatches import Swatch
    >>> as_json([Swatch(0, "#ff8000", 0.25)])
    ['[{"hex": "#ff8000", "rgb": [255, 128, 0], "share": 0.25}]']
    """
    return [
        json.dumps(
            [
                {
                    "hex": swatch.hex,
                    "rgb": channels(swatch)[:3],
                    **({"alpha": channels(swatch)[3]} if len(swatch.hex) > 7 else {}),
                    "share": round(swatch.share, 6),
                }
                for swatch in swatches
            ]
        )
    ]


FORMATS: dict[str | None, Callable[[list[Swatch]], list[str]]] = {
    None: table,
    "hex": lambda swatches: [swatch.hex for swatch in swatches],
    "rgb": lambda swatches: [" ".join(map(str, channels(swatch))) for swatch in swatches],
    "json": as_json,
    "css": css,
}
