"""``kmc convert``: pictures of few colours in another format, losslessly."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit
from kmc.cli.inputs import STDIO, Input, single_input
from kmc.cli.layout import Command
from kmc.cli.options import LEVEL, group, named
from kmc.cli.outputs import Naming, check_level, display_name, output_format, write
from kmc.cli.parameter_types import whole
from kmc.display.wording import color_count

if TYPE_CHECKING:
    from kmc.indexed_image import IndexedImage


@click.command(cls=Command)
@named("source")
@named("target")
@group(
    "Options",
    ("--frame N", "The frame of an animation, or the page, from 0.", {"type": whole(0)}),
    ("--format NAME", "The format, if no name says it.", {}),
    LEVEL,
    ("--strip", "Keep no metadata.", {}),
    ("-f --force", "Replace a file that exists.", {}),
    ("-q --quiet", "Print nothing but errors.", {}),
)
def convert(
    source: str,
    target: str,
    frame: int | None,
    format: str | None,
    level: int | None,
    strip: bool,
    force: bool,
    quiet: bool,
) -> Exit:
    """Write a picture of few colours in another format, losslessly.

    Palette and indices stay as they are, turned upright; a picture without a palette gets one of
    all its colours. What cannot be kept as it is, as 16 bits a channel, is refused. The suffix of
    TARGET names the format. Either may be - for standard input or output.

    \b
      kmc convert chart.png chart.kmc --level 9
      kmc convert chart.kmc chart.png
      kmc convert chart.kmc - --format png | viewer
    """
    from kmc.formats.registry import encode

    if quiet:
        warnings.simplefilter("ignore")
    if target == STDIO and format is None:
        raise click.UsageError("standard output has no suffix: give --format")
    kind = output_format(target, format)
    if kind.loss:
        raise click.UsageError(f"{display_name(target)}: {kind.loss}")
    check_level(level, kind)
    read = single_input(source)
    Naming(overwrite=force).check(target)
    with console.working_on(read.name, display_name(target)):
        image, before = _opened(read, frame)
        settings: dict[str, Any] = {} if level is None else {"level": level}
        kept, colors = None if strip else image.metadata, image.palette.colors
        data = encode(image.indices, colors, kept, kind, display_name(target), **settings)
    write(target, data, overwrite=force)
    if not quiet:
        names = f"{console.printable(source)} -> {console.printable(target)}"
        change = console.size_change(before, len(data))
        console.note(f"{names}: {change}, {color_count(len(image.palette))}")
    return Exit.DONE


def _opened(source: Input, frame: int | None) -> tuple[IndexedImage, int]:
    """The indexed image in a file, and the size of the file in bytes."""
    from kmc.cli.opening import warn_of
    from kmc.formats.indexed_files import is_kmc
    from kmc.images.files import read_bytes
    from kmc.images.reading import read_indexed
    from kmc.indexed_image import IndexedImage, Palette

    data, name = read_bytes(source.source()[0])
    stream = io.BytesIO(data)
    stream.name = name  # for error messages
    if is_kmc(data):
        return IndexedImage.open(stream, frame=frame), len(data)
    found = read_indexed(stream, frame=frame)
    warn_of(found.changes)
    palette = Palette(found.colors)
    return IndexedImage(found.indices, palette, 0.0, found.metadata), len(data)
