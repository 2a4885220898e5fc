"""``kmc info``: format, size, colours and metadata of picture files."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import click

from kmc.cli import console
from kmc.cli.exit_codes import Exit, code_of, worst
from kmc.cli.inputs import Input, expand
from kmc.cli.layout import Command
from kmc.cli.options import folders, group, named
from kmc.display.wording import byte_count, color_count
from kmc.errors import KmcError

# Names of Pillow's modes.
MODES = {
    "1": "bilevel",
    "L": "grey",
    "LA": "grey with alpha",
    "P": "palette",
    "PA": "palette with alpha",
    "RGB": "RGB",
    "RGBA": "RGB with alpha",
    "CMYK": "CMYK",
    "YCbCr": "YCbCr",
    "LAB": "Lab",
    "I;16": "16-bit grey",
    "I;16B": "16-bit grey",
}


@dataclass(frozen=True)
class Description:
    """What a file holds; `palette` is None where it has none, `colors` are those in use."""

    file: str
    format: str
    bytes: int
    width: int
    height: int
    mode: str
    frames: int
    palette: int | None
    colors: int
    bits_per_pixel: float
    metadata: str
    changes: tuple[str, ...]

    def __str__(self) -> str:
        mode = MODES.get(self.mode, self.mode)
        parts = [
            self.format,
            f"{self.width} x {self.height}",
            f"palette of {self.palette}" if self.palette is not None else mode,
            f"{self.frames} frames, the first of " * (self.frames > 1) + color_count(self.colors),
            byte_count(self.bytes),
            f"{self.bits_per_pixel:.2f} bits a pixel",
            self.metadata,
            *self.changes,
        ]
        return console.printable(f"{self.file}: {', '.join(part for part in parts if part)}")


@click.command(cls=Command)
@named("files", nargs=-1, required=True)
@folders
@group("Other options", ("--json", "Print a line of JSON for each file.", {"dest": "as_json"}))
def info(files: tuple[str, ...], recursive: bool, as_json: bool) -> Exit:
    """Describe picture files.

    Format, size, mode or palette, colours in use, bytes, metadata, and what kmc changes when it
    reads the picture. Of an animation, the colours are those of its first frame.

    \b
      kmc info *.png
      kmc info -r photos/ --json
    """
    codes = []
    for source in expand(files, recursive):
        try:
            with console.working_on(source.name):
                found = described(source)
        except KmcError as error:
            console.error(error)
            codes.append(code_of(error))
        else:
            console.result(console.json_line(asdict(found)) if as_json else str(found))
    return worst(codes)


def described(source: Input) -> Description:
    """Open a file and count its colours.

    Raises
    ------
    ImageError
        It cannot be read.
    """
    from kmc.color_histogram import histogram
    from kmc.images.reading import open_source

    stream, n_bytes = source.source()
    with open_source(stream, frame=0) as opened:
        picture, pillow, frames = opened.picture(), opened.pillow, opened.n_frames
        format, mode = pillow.format or "", pillow.mode
        palette = len(pillow.getpalette()) // 3 if mode in ("P", "PA") else None
    height, width = picture.pixels.shape[:2]
    said = repr(picture.metadata).removeprefix("<kmc.Metadata: ").removesuffix(">")
    return Description(
        source.path,
        format,
        n_bytes,
        width,
        height,
        mode,
        frames,
        palette,
        len(histogram(picture)),
        round(8 * n_bytes / (width * height * frames), 4),
        said if said != "none" else "",
        picture.changes,
    )
