"""Rich display of indexed images and palettes in notebooks, as HTML and PNG."""

from __future__ import annotations

import base64
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.goals import psnr_of
from kmc.clustering.options import checked_options
from kmc.clustering.problem import ClusteringProblem
from kmc.clustering.weighted_colors import WeightedColors
from kmc.cpu import thread_count
from kmc.display.swatches import Swatch, swatches
from kmc.display.wording import byte_count, color_count
from kmc.formats.painting import painted_image
from kmc.formats.png_compression import Plan
from kmc.formats.registry import encode, find_format
from kmc.mapping.remapping import map_labels
from kmc.metadata import Metadata

Indices = NDArray[np.uint8] | NDArray[np.uint16]
Colors = NDArray[np.uint8]

# Images are scaled down to fit this box, and small ones enlarged to about this many pixels.
BOX = (800, 600)
ENLARGED = 200

# Larger images are not encoded only to report the file size.
MAX_ENCODED_PIXELS = 1 << 22

# Palettes of up to this many colours have hex codes; of larger ones at most this many are shown.
MAX_CAPTIONED, MAX_SHOWN = 32, 1024

# A grey that is visible on white and on black; text has the colour of the theme.
BORDER = "1px solid rgba(128,128,128,.55)"
CHECKERBOARD = "repeating-conic-gradient(#ccc 0 25%,#fff 0 50%) 0 0/16px 16px"


def image_bundle(
    indices: Indices,
    colors: Colors,
    mse: float,
    metadata: Metadata,
    text: str,
    plan: Plan | None = None,
) -> dict[str, str | bytes]:
    """Representations of an indexed image by media type: text, HTML, and PNG scaled to a page."""
    import html  # loaded late: its table of entities is large

    height, width = indices.shape
    color_only = replace(metadata, exif=None, xmp=None)
    encodes = indices.size <= MAX_ENCODED_PIXELS
    file = _png(indices, colors, color_only, plan) if encodes else None
    scale = min(1, BOX[0] / width, BOX[1] / height)
    shown = (max(1, round(width * scale)), max(1, round(height * scale)))
    data = _thumbnail(indices, colors, shown, color_only) if scale < 1 or not file else file
    zoom = max(1, ENLARGED // max(width, height))
    picture = (
        f'<img src="data:image/png;base64,{base64.b64encode(data).decode()}" '
        f'alt="{html.escape(text)}" '
        f'width="{shown[0] * zoom}" height="{shown[1] * zoom}" '
        f'style="max-width:100%;height:auto;{"image-rendering:pixelated;" * (zoom > 1)}'
        f'background:{CHECKERBOARD}">'
    )
    size = f"{width} × {height} pixels"
    if shown != (width, height):
        size += f", shown as {shown[0]} × {shown[1]}"
    facts = "<br>".join([size, *_facts(indices.size, colors, mse, file)])
    counts = np.bincount(indices.reshape(-1), minlength=len(colors))
    page = (
        f'<div>{picture}<div style="margin:.4em 0 .6em">{facts}</div>'
        f"{_swatches_html(swatches(colors, counts))}</div>"
    )
    return {"text/plain": text, "text/html": page, "image/png": data}


def palette_html(colors: Colors, counts: NDArray[np.int64]) -> str:
    """The colours of a palette with their shares of the pixels, as HTML."""
    title = f'<div style="margin-bottom:.4em">{color_count(len(colors))}</div>'
    return f"<div>{title}{_swatches_html(swatches(colors, counts))}</div>"


def _png(indices: Indices, colors: Colors, metadata: Metadata, plan: Plan | None = None) -> bytes:
    return encode(indices, colors, metadata, find_format("thumbnail.png"), plan=plan)


def _thumbnail(
    indices: Indices, colors: Colors, size: tuple[int, int], metadata: Metadata
) -> bytes:
    """A PNG file of the image scaled to `size`; colours mixed by scaling are reduced to 256."""
    from PIL import Image

    scaled = painted_image(indices, colors).resize(size, Image.Resampling.BOX)
    pixels = np.asarray(scaled).reshape(size[1], size[0], -1)
    threads = thread_count(None)
    distinct, counts = core.colors.histogram(pixels, threads)
    options = checked_options(256, {"effort": "fast"})
    found = ClusteringProblem(WeightedColors(distinct, counts), options).solve(256)
    mapped = map_labels(
        pixels, distinct, found.labels, found.error, found.colors, "rgb", None, threads
    )
    return _png(mapped.indices, found.colors, metadata)


def _facts(n_pixels: int, colors: Colors, mse: float, file: bytes | None) -> list[str]:
    k, channels = colors.shape
    sizes = f"{byte_count(n_pixels * channels)} as {8 * channels}-bit pixels"
    if file is not None:
        sizes = f"{byte_count(len(file))} as PNG, {sizes}"
    error = "lossless"
    if mse:
        error = f"MSE {mse:.1f}, PSNR {psnr_of(mse, channels):.1f} dB"
    return [f"{color_count(k)}, {error}", sizes]


def _swatches_html(found: list[Swatch]) -> str:
    """A grid of swatches; those of small palettes have captions with hex code and share."""
    fitted = any(swatch.share for swatch in found)
    captioned = len(found) <= MAX_CAPTIONED
    cells = []
    for swatch in found[:MAX_SHOWN]:
        share = f"{100 * swatch.share:.1f} %" if fitted else ""
        fill = swatch.hex
        if len(fill) > 7:  # not opaque
            fill = f"linear-gradient({fill},{fill}),{CHECKERBOARD}"
        if captioned:
            block = f'<div style="height:2em;background:{fill};border:{BORDER}"></div>'
            cells.append(f"<div>{block}{swatch.hex}<br>{share}</div>")
        else:
            title = f"{swatch.index}: {swatch.hex} {share}".rstrip()
            cells.append(f'<i title="{title}" style="height:1.2em;background:{fill}"></i>')
    columns = "repeat(8,max-content);gap:6px" if captioned else "repeat(auto-fill,1.2em);gap:1px"
    style = f"display:grid;grid-template-columns:{columns};font:12px/1.4 monospace"
    grid = f'<div style="{style};max-width:{BOX[0]}px">{"".join(cells)}</div>'
    left_out = len(found) - MAX_SHOWN
    return grid + (f"<div>and {left_out} more</div>" if left_out > 0 else "")
