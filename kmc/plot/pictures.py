"""Pictures as they are: original and result side by side, and a palette as a bar of its shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmc.color_histogram import histogram
from kmc.display.swatches import swatches
from kmc.errors import ArgumentTypeError, ImageShapeError
from kmc.images.reading import ImageInput, as_pixels
from kmc.indexed_image import IndexedImage
from kmc.palette import Palette
from kmc.plot.axes import drawing_axes, grouped

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Inches: the most a picture takes, the room for its two lines of text, the gap to the other one.
WIDTH, HEIGHT = 5.0, 7.0
TEXT_WIDTH, TEXT_HEIGHT = 3.2, 0.62
GAP = 0.2

# A share as wide as this has room for a hex code that runs upwards; one line for each.
LABELLED = 0.025

# Luminance of sRGB, near enough to choose between black and white letters.
LUMINANCE = (0.299, 0.587, 0.114)

MOST_SHOWN = 2000  # pixels along the longer side: 400 dpi of a picture as wide as it may be
CHECKS = 64  # squares of the checkerboard along the longer side


def side_by_side(original: ImageInput, result: IndexedImage, *, ax: Axes | None = None) -> Axes:
    """Draw a picture and what became of it, side by side.

    Parameters
    ----------
    original : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        The picture as it was.
    result : IndexedImage
        The same in few colours.
    ax : matplotlib.axes.Axes, optional
        Where to draw both; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ImageError
        The original cannot be read, or is of another size than the result.
    ArgumentTypeError
        `result` is something else.
    MissingPackageError
        Matplotlib is not installed.

    Notes
    -----
    Transparent pixels are laid over a checkerboard.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> from matplotlib.figure import Figure
    >>> ax = kmc.plot.side_by_side(ramp, kmc.quantize(ramp, 4), ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.texts]
    ['Original', '16 × 16 pixels, 256 colours', '4 colours', 'MSE 341.5, PSNR 22.8 dB']
    """
    if not isinstance(result, IndexedImage):
        raise ArgumentTypeError(f"result must be an IndexedImage, not {type(result).__name__}")
    pixels = as_pixels(original)
    height, width, _ = pixels.shape
    if (height, width) != result.indices.shape:
        raise ImageShapeError(
            f"the original is {width} x {height} pixels and the result "
            f"{result.indices.shape[1]} x {result.indices.shape[0]}"
        )
    inch = max(width / WIDTH, height / HEIGHT)  # so many pixels
    slot = max(width + GAP * inch, TEXT_WIDTH * inch)  # a picture stands in the middle of its own
    alone = ax is None
    ax = drawing_axes(ax, (2 * slot / inch, height / inch + TEXT_HEIGHT))
    if alone:
        ax.set_anchor("S")  # the room is above, for the text
    size = f"{grouped(width)} × {grouped(height)} pixels"
    error = "no error" if result.mse == 0 else f"MSE {result.mse:.1f}, PSNR {result.psnr:.1f} dB"
    draw_picture(ax, pixels, slot / 2, "Original", f"{size}, {_colors(len(histogram(pixels)))}")
    painted = np.asarray(result).reshape(height, width, -1)
    draw_picture(ax, painted, 1.5 * slot, _colors(len(result.palette)), error)
    ax.set(xlim=(0, 2 * slot), ylim=(height, 0), aspect="equal")
    ax.set_axis_off()
    return ax


def palette_bar(palette: Palette | IndexedImage, *, ax: Axes | None = None) -> Axes:
    """Draw the colours of a palette as a bar, largest first, as wide as their shares of the pixels.

    Parameters
    ----------
    palette : Palette or IndexedImage
        The shares are those of the image, or of what the palette was fitted to. A palette that was
        fitted to nothing has equal shares.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentTypeError
        `palette` is something else.
    MissingPackageError
        Matplotlib is not installed.

    Examples
    --------
    >>> import kmc
    >>> from matplotlib.figure import Figure
    >>> palette = kmc.Palette([[0, 0, 0], [255, 0, 0]], counts=[1, 3])
    >>> ax = kmc.plot.palette_bar(palette, ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.texts]
    ['#ff0000', '#000000']
    """
    if isinstance(palette, IndexedImage):
        image, palette = palette, palette.palette
        counts = np.bincount(image.indices.reshape(-1), minlength=len(palette))
    elif isinstance(palette, Palette):
        counts = palette.counts
    else:
        raise ArgumentTypeError(
            f"expected a Palette or an IndexedImage, not {type(palette).__name__}"
        )
    found = swatches(palette.colors, counts)
    ax = drawing_axes(ax, (10, 1.5))
    fitted = any(swatch.share for swatch in found)
    shares = np.array([swatch.share for swatch in found]) if fitted else 1 / len(found)
    widths = np.broadcast_to(100 * shares, len(found))
    left = np.concatenate(([0], np.cumsum(widths)[:-1]))
    codes = [swatch.hex for swatch in found]
    if any(len(code) > 7 for code in codes):
        ax.imshow(_board(8, 80), extent=(0, 100, 0, 1), aspect="auto", interpolation="nearest")
    spans = list(zip(left, widths, strict=True))
    # Between smoothed edges the ground would shine through.
    ax.broken_barh(spans, (0, 1), facecolors=codes, linewidth=0, antialiased=False)
    for code, (start, width) in zip(codes, spans, strict=True):
        if width >= 100 * LABELLED:
            _label(ax, code, start + width / 2)
    ax.set(xlim=(0, 100), ylim=(0, 1), yticks=[], xlabel="share of the pixels (%)")
    if not fitted:
        ax.set(xticks=[], xlabel=_colors(len(found)))
    ax.spines[:].set_visible(False)
    return ax


def draw_picture(
    ax: Axes, pixels: NDArray[np.uint8], center: float, title: str, detail: str, top: float = 0
) -> None:
    """Draw a picture with two lines of text above it, in units of its pixels."""
    height, width, _ = pixels.shape
    shown = _visible(_reduced(pixels))
    ax.imshow(shown, extent=(center - width / 2, center + width / 2, top + height, top))
    line: dict[str, Any] = {"ha": "center", "textcoords": "offset points", "annotation_clip": False}
    ax.annotate(title, (center, top), (0, 19), fontsize=12, weight="bold", **line)
    ax.annotate(detail, (center, top), (0, 6), fontsize=9.5, **line)


def _label(ax: Axes, code: str, place: float) -> None:
    """A hex code that runs upwards, in black or white letters."""
    *rgb, alpha = bytes.fromhex(code[1:].ljust(8, "f"))
    light = alpha / 255 * np.dot(LUMINANCE, rgb) + (255 - alpha) > 128
    align: dict[str, Any] = {"ha": "center", "va": "center", "rotation": 90}
    ink = "black" if light else "white"
    ax.text(place, 0.5, code, color=ink, fontsize=9, family="monospace", **align)


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pixels averaged in squares where there are more of them than a figure can show."""
    factor = -(-max(pixels.shape) // MOST_SHOWN)
    if factor == 1:
        return pixels
    from PIL import Image

    picture = Image.fromarray(pixels.squeeze(axis=2) if pixels.shape[2] == 1 else pixels)
    reduced = np.asarray(picture.reduce(factor))
    return reduced.reshape(*reduced.shape[:2], pixels.shape[2])


def _visible(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGB pixels: grey as equal channels, transparent ones over a checkerboard."""
    height, width, channels = pixels.shape
    if channels == 1:
        return np.repeat(pixels, 3, axis=2)
    if channels == 3:
        return pixels
    square = max(1, max(height, width) // CHECKS)
    board = _board(height, width, square)
    alpha = pixels[:, :, 3:] / 255
    return np.rint(pixels[:, :, :3] * alpha + board * (1 - alpha)).astype(np.uint8)


def _board(height: int, width: int, square: int = 1) -> NDArray[np.uint8]:
    """A checkerboard in white and light grey, RGB."""
    y, x = np.arange(height) // square, np.arange(width) // square
    return np.where((y[:, None] + x) % 2, 204, 255)[:, :, None].repeat(3, 2).astype(np.uint8)


def _colors(count: int) -> str:
    return "1 colour" if count == 1 else f"{grouped(count)} colours"
