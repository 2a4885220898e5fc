"""Makes the picture of the README: originals, kmc, and pngquant's library at equal bytes.

    python -m bench.beside examples/beside.png

Of each subject there is a part at 1:1, and below it a detail at 3:1; with alpha, over light and
dark grey. The columns are the original, kmc with look="best", and libimagequant with oxipng. The
latter gets `K` colours, and kmc as many as fit into as many bytes; both are printed.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from bench import gallery
from bench.contender import Pixels
from bench.look import libimagequant, optimized, ours, png

SAMPLE = Path(__file__).resolve().parents[1] / "examples" / "balloons.jpg"
K = 32
WIDTH, HEIGHT, ZOOM, GAP = 252, 126, 3, 4
LIGHT, DARK = 240, 24


class Subject(NamedTuple):
    """A picture, and the left and top of the part and of the detail of it that are shown."""

    pixels: Pixels
    part: tuple[int, int]
    detail: tuple[int, int]


def subjects() -> dict[str, Subject]:
    with Image.open(SAMPLE) as file:
        photo = np.asarray(file.convert("RGB").reduce(2))
    letters = dict(gallery.cut_outs([gallery.crop(photo)]))["letters with a shadow"]
    lights = gallery.bokeh(np.random.default_rng(1))
    return {
        "photograph": Subject(photo, (60, 70), (116, 130)),
        "cut-out": Subject(letters, (8, 76), (20, 98)),
        "lights": Subject(lights, (130, 60), (188, 82)),
    }


def most_colors(pixels: Pixels, size: int) -> tuple[int, bytes]:
    """The most colours of kmc that fit into a number of bytes, by bisection, and the file."""
    low, high, best = 1, 257, b""
    while high - low > 1:
        k = (low + high) // 2
        file = ours(pixels, k, look="best")
        low, high, best = (k, high, file) if len(file) <= size else (low, k, best)
    return low, best


def decoded(file: bytes) -> Pixels:
    with Image.open(io.BytesIO(file)) as image:
        has_alpha = "transparency" in image.info
        return np.asarray(image.convert("RGBA" if has_alpha else "RGB"))


def shown(pixels: Pixels) -> Pixels:
    """With alpha, over light grey on the left, and over dark grey on the right."""
    if pixels.shape[2] == 3:
        return pixels
    ground = np.full_like(pixels, 255)
    middle = ground.shape[1] // 2
    ground[:, :middle, :3], ground[:, middle:, :3] = LIGHT, DARK
    return gallery.over(pixels, ground)[..., :3]


def cut(pixels: Pixels, at: tuple[int, int], zoom: int) -> Pixels:
    left, top = at
    part = shown(pixels[top : top + HEIGHT // zoom, left : left + WIDTH // zoom])
    return part.repeat(zoom, axis=0).repeat(zoom, axis=1)


def strip(subject: Subject, columns: list[Pixels]) -> Image.Image:
    """The columns side by side, parts above details."""
    views = [(subject.part, 1), (subject.detail, ZOOM)]
    rows = [[Image.fromarray(cut(each, *view)) for each in columns] for view in views]
    return joined([joined(row, 2 * GAP) for row in rows], GAP, down=True)


def joined(images: list[Image.Image], gap: int, down: bool = False) -> Image.Image:
    """Images of one size side by side, or one below the other; the gaps are transparent."""
    width, height = images[0].size
    step = (0, height + gap) if down else (width + gap, 0)
    n = len(images) - 1
    found = Image.new("RGBA", (width + n * step[0], height + n * step[1]))
    for i, image in enumerate(images):
        found.paste(image, (i * step[0], i * step[1]))
    return found


def main(path: Path) -> None:
    strips = []
    for name, subject in subjects().items():
        theirs = libimagequant(subject.pixels, K)
        k, file = most_colors(subject.pixels, len(theirs))
        strips.append(strip(subject, [subject.pixels, decoded(file), decoded(theirs)]))
        print(f"{name}: kmc {k} colours, {len(file) / 1000:.1f} kB; "
              f"libimagequant {K}, {len(theirs) / 1000:.1f} kB")  # fmt: skip
    path.write_bytes(optimized(png(joined(strips, 5 * GAP, down=True))))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
