"""How indexed images and palettes show themselves in notebooks: as HTML, and as PNG."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kmc.display.swatches import Swatch, swatches
from kmc.display.wording import byte_count, color_count
from kmc.indexed_image import IndexedImage
from kmc.metadata import Metadata
from kmc.pipeline import quantize

if TYPE_CHECKING:
    from kmc.palette import Palette

# Pictures are shown no larger than this box, and small ones enlarged to about so many pixels.
BOX = (800, 600)
ENLARGED = 200

# A picture of more pixels is not encoded only to say how large its file would be.
MOST_ENCODED = 1 << 22

# Up to so many colours are written out; of larger palettes so many are shown, largest share first.
WRITTEN, SHOWN = 32, 1024

# Grey that is seen on white and on black alike; what has no colour of its own takes the theme's.
BORDER = "1px solid rgba(128,128,128,.55)"
CHECKERBOARD = "repeating-conic-gradient(#ccc 0 25%,#fff 0 50%) 0 0/16px 16px"


def image_bundle(image: IndexedImage) -> dict[str, str | bytes]:
    """All that a notebook may show, by media type.

    As HTML for light and dark pages, the picture, what it is, and its palette; as PNG, the picture,
    scaled down to fit a page.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> from kmc.display.notebook import image_bundle
    >>> shown = image_bundle(kmc.quantize(np.array([[0, 2], [9, 9]], np.uint8), 2))
    >>> sorted(shown), "MSE 0.5" in shown["text/html"], shown["image/png"][1:4]
    (['image/png', 'text/html', 'text/plain'], True, b'PNG')
    """
    height, width = image.indices.shape
    data, shown = _display_png(image)
    zoom = max(1, ENLARGED // max(width, height))
    picture = (
        f'<img src="data:image/png;base64,{base64.b64encode(data).decode()}" '
        f'alt="{html.escape(repr(image))}" '
        f'width="{shown[0] * zoom}" height="{shown[1] * zoom}" '
        f'style="max-width:100%;height:auto;{"image-rendering:pixelated;" * (zoom > 1)}'
        f'background:{CHECKERBOARD}">'
    )
    facts = "<br>".join(_facts(image, shown))
    text = (
        f'<div>{picture}<div style="margin:.4em 0 .6em">{facts}</div>'
        f"{_swatches_html(swatches(image))}</div>"
    )
    return {"text/plain": repr(image), "text/html": text, "image/png": data}


def palette_html(palette: Palette) -> str:
    """The colours with their shares, as HTML for light and dark pages.

    Examples
    --------
    >>> import kmc
    >>> from kmc.display.notebook import palette_html
    >>> "#ff0000" in palette_html(kmc.Palette([[255, 0, 0]]))
    True
    """
    title = f'<div style="margin-bottom:.4em">{color_count(len(palette))}</div>'
    return f"<div>{title}{_swatches_html(swatches(palette))}</div>"


def _display_png(image: IndexedImage) -> tuple[bytes, tuple[int, int]]:
    """The file, and the width and height that it is shown at."""
    from PIL import Image

    height, width = image.indices.shape
    scale = min(1, BOX[0] / width, BOX[1] / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shown = image
    if scale < 1:
        # Scaling makes new colours, but few: 256 serve them within half a level, in half the bytes.
        picture = Image.fromarray(np.asarray(image)).resize(size, Image.Resampling.BOX)
        shown = quantize(np.asarray(picture), 256, effort="fast")
    colors_only = replace(image.metadata or Metadata(), exif=None, xmp=None)
    return _png(IndexedImage(shown.indices, shown.palette, shown.mse, colors_only)), size


def _png(image: IndexedImage) -> bytes:
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


def _facts(image: IndexedImage, shown: tuple[int, int]) -> list[str]:
    height, width = image.indices.shape
    size = f"{width} × {height} pixels"
    if shown != (width, height):
        size += f", shown as {shown[0]} × {shown[1]}"
    channels = image.palette.colors.shape[1]
    sizes = f"{byte_count(height * width * channels)} as {8 * channels}-bit pixels"
    if height * width <= MOST_ENCODED:
        sizes = f"{byte_count(len(_png(image)))} as PNG, {sizes}"
    error = "lossless" if image.mse == 0 else f"MSE {image.mse:.1f}, PSNR {image.psnr:.1f} dB"
    return [size, f"{color_count(len(image.palette))}, {error}", sizes]


def _swatches_html(found: list[Swatch]) -> str:
    """Little squares; those of a small palette are larger, with hex code and share beneath."""
    fitted = any(swatch.share for swatch in found)
    written = len(found) <= WRITTEN
    cells = []
    for swatch in found[:SHOWN]:
        share = f"{100 * swatch.share:.1f} %" if fitted else ""
        fill = swatch.hex
        if len(fill) > 7:  # not opaque
            fill = f"linear-gradient({fill},{fill}),{CHECKERBOARD}"
        if written:
            block = f'<div style="height:2em;background:{fill};border:{BORDER}"></div>'
            cells.append(f"<div>{block}{swatch.hex}<br>{share}</div>")
        else:
            title = f"{swatch.index}: {swatch.hex} {share}".rstrip()
            cells.append(f'<i title="{title}" style="height:1.2em;background:{fill}"></i>')
    columns = "repeat(8,max-content);gap:6px" if written else "repeat(auto-fill,1.2em);gap:1px"
    style = f"display:grid;grid-template-columns:{columns};font:12px/1.4 monospace"
    grid = f'<div style="{style};max-width:{BOX[0]}px">{"".join(cells)}</div>'
    left_out = len(found) - SHOWN
    return grid + (f"<div>and {left_out} more</div>" if left_out > 0 else "")
