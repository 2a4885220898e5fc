"""A Sphinx extension: runs the examples of the Markdown pages and shows what comes out of them.

A ``python`` block is followed by what it prints, the figures it draws, and the value of its last
expression: pictures as pictures, several in a dict side by side with their names below. A ``sh``
block is followed by its standard output. Blocks of the class ``hidden`` only show what comes out.
An example that fails is a warning.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import blocks
import matplotlib as mpl
import numpy as np
import samples
from docutils import nodes
from matplotlib import pyplot
from matplotlib.artist import Artist
from PIL import Image, ImageDraw
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

import kmc

LOGGER = logging.getLogger(__name__)
FOLDER = "_generated/pictures"


class Examples(SphinxTransform):
    """Runs the blocks of one page, in a folder with the samples."""

    default_priority = 400

    def apply(self, **_: Any) -> None:
        if not self.document["source"].endswith(".md"):
            return
        found = [
            node
            for node in self.document.findall(nodes.literal_block)
            if node.get("language") in blocks.RUN
        ]
        if not found:
            return
        source = Path(self.env.srcdir)
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            shutil.copytree(source / "_generated" / "samples", folder, dirs_exist_ok=True)
            namespace: dict[str, Any] = {}
            for i, node in enumerate(found, 1):
                name = f"{self.env.docname.replace('/', '-')}-{i}"
                try:
                    shown = self._outcome(node, namespace, name)
                except Exception as error:  # whatever an example raises is its fault
                    LOGGER.warning("%s: %s", type(error).__name__, error, location=node)
                    return
                hidden = "hidden" in node["classes"]
                place = node.parent.index(node)
                node.parent[place : place + 1] = shown if hidden else [node, *shown]

    def _outcome(self, node: nodes.Node, namespace: dict[str, Any], name: str) -> list[nodes.Node]:
        with warnings.catch_warnings(), mpl.rc_context({"figure.dpi": 100, "savefig.dpi": 130}):
            warnings.simplefilter("error")
            text, value = blocks.run(node["language"], node.astext(), namespace)
            pictures = dict(_pictures(value))
            for number in pyplot.get_fignums():
                pictures |= {f"figure {number}": pyplot.figure(number)}
            if value is not None and not pictures and not isinstance(value, Artist):
                text += f"{value!r}\n"
            shown = [_text(text)] if text else []
            if pictures:
                shown.append(self._row(pictures, name, isinstance(value, dict)))
            pyplot.close("all")
        return shown

    def _row(self, pictures: dict[str, Any], name: str, captions: bool) -> nodes.Node:
        row = nodes.container(classes=["pictures"])
        for i, (caption, picture) in enumerate(pictures.items(), 1):
            file = f"{FOLDER}/{name}-{i}.png"
            path = Path(self.env.srcdir) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            width = _save(picture, path)
            image = nodes.image(uri=f"/{file}", alt=caption, width=f"{width}px")
            shown = nodes.container("", image, classes=["picture"])
            if captions:
                shown += nodes.paragraph(caption, caption)
            row += shown
        return row


def _text(text: str) -> nodes.Node:
    block = nodes.literal_block(text, text, classes=["output"])
    block["language"] = "none"
    return block


def _pictures(value: Any) -> Iterator[tuple[str, Any]]:
    """The pictures in the value of an example, with what to write below each."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, kmc.IndexedImage | Image.Image | kmc.Palette | kmc.Picture):
        yield "what the example makes", value


def _save(picture: Any, path: Path) -> int:
    """Write a picture, and say how wide it is to be shown."""
    if isinstance(picture, pyplot.Figure):
        picture.savefig(path, bbox_inches="tight")
        with Image.open(path) as file:
            return round(file.width / 1.3)
    if isinstance(picture, str):
        shutil.copy(picture, path)
    elif isinstance(picture, kmc.Palette):
        _swatches(picture).save(path)
    elif isinstance(picture, kmc.IndexedImage):
        picture.save(path, level=5)
    elif isinstance(picture, Image.Image):
        picture.save(path)
    else:
        pixels = picture.pixels if isinstance(picture, kmc.Picture) else np.asarray(picture)
        Image.fromarray(pixels.squeeze()).save(path)
    with Image.open(path) as file:
        return file.width


def _swatches(palette: kmc.Palette) -> Image.Image:
    """A square of each colour, sixteen in a row."""
    colors, side, columns = palette.colors, 40, min(len(palette), 16)
    rows = -(-len(colors) // columns)
    mode = {1: "L", 3: "RGB", 4: "RGBA"}[colors.shape[1]]
    sheet = Image.new("RGBA", (columns * side, rows * side))
    for i, color in enumerate(colors):
        square = Image.new(mode, (side, side), tuple(color.tolist())).convert("RGBA")
        sheet.paste(square, (i % columns * side, i // columns * side))
    box = (0, 0, sheet.width - 1, sheet.height - 1)
    ImageDraw.Draw(sheet).rectangle(box, outline="#999999")  # or white would end in the page
    return sheet


def setup(app: Sphinx) -> dict[str, Any]:
    mpl.use("Agg")
    folder = Path(app.srcdir) / "_generated" / "samples"
    samples.make(folder)
    app.add_transform(Examples)
    return {"version": kmc.__version__, "parallel_read_safe": True, "parallel_write_safe": True}
