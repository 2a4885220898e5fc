"""``kmc convert``: a picture of few colours from one format to another, as it is."""

from __future__ import annotations

import io
from typing import Any

import click

from kmc.commands import console
from kmc.commands.exits import Exit
from kmc.commands.inputs import Input, expand
from kmc.commands.kinds import whole
from kmc.commands.layout import Command
from kmc.commands.options import group


@click.command(cls=Command)
@click.argument("source")
@click.argument("target")
@group(
    "Options",
    ("--level N", "Of .kmc: 1, the fastest, to 9, the smallest.", {"type": whole(1, 9)}),
    ("--strip", "No metadata.", {}),
    ("-f --force", "Replace a file that exists.", {}),
    ("-q --quiet", "Print nothing; the exit code tells.", {}),
)
def convert(
    source: str, target: str, level: int | None, strip: bool, force: bool, quiet: bool
) -> Exit:
    """Write a picture of few colours in another format, losslessly.

    Palette and indices stay as they are; a picture without a palette gets one of all its colours.
    The suffix of TARGET says the format.

    \b
      kmc convert chart.png chart.kmc --level 9
      kmc convert chart.kmc chart.png
    """
    from kmc.files import find_format, write

    kind = find_format(target)
    if kind.loss:
        raise click.UsageError(f"{target}: {kind.loss}")
    if level is not None and kind.name != "kmc":
        raise click.UsageError("--level is for .kmc files")
    read = expand([source], recursive=False)[0]
    image = _opened(read)
    settings: dict[str, Any] = {} if level is None else {"level": level}
    write(image, target, metadata=not strip, overwrite=force, **settings)
    if not quiet:
        console.say(f"{console.printable(read.name)}: {image!r}, written to {target}")
    return Exit.DONE


def _opened(source: Input) -> Any:
    """The indexed image that a file holds."""
    import kmc
    from kmc.image import open_picture, read_bytes
    from kmc.lossless import indexed
    from kmc.signature import SIGNATURE

    data, name = read_bytes(source.source()[0])
    stream = io.BytesIO(data)
    stream.name = name  # what errors call it
    if data.startswith(SIGNATURE[:4]):
        return kmc.open(stream)
    with open_picture(stream, name) as picture:
        return indexed(picture)
