"""Original and result side by side, and a palette as a bar of its shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmc.color_histogram import histogram
from kmc.display.swatches import swatches
from kmc.display.wording import byte_count
from kmc.errors import ArgumentTypeError, ImageShapeError
from kmc.images.reading import ImageInput, as_pixels
from kmc.indexed_image import IndexedImage, Palette
from kmc.plot.axes import DPI, GREY, colors_text, drawing_axes, exact_axes, grouped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Pixels and the lines of their caption.
Cell = tuple[NDArray[np.uint8], tuple[str, ...]]

# Dots: of a new figure's pictures the longer side, the narrowest column for a picture and its
# caption, the gap between the columns, and the margins above, for the caption, and elsewhere.
MAX_DOTS = 1000
COLUMN, GAP, CAPTION, MARGIN = 480, 30, 124, 15

# In points: the first line of a caption, and the others.
TITLE_SIZE, DETAIL_SIZE = 12, 9.5
LINE = 1.4  # times the size of the letters

# The width of a letter and the space for a hex code that runs upwards, in the height of letters.
LETTER, CODE_LINE = 0.6, 1.2
CODE_SIZE = 8  # points
CODES_ABOVE = 28  # points above the bar, for codes of narrow swatches
LEAST_BAR = 0.3  # inches

# From the lower end of a hex code to its swatch.
LEADER = {
    "arrowstyle": "-",
    "color": GREY,
    "linewidth": 0.6,
    "relpos": (0.5, 0),
    "shrinkA": 0,
    "shrinkB": 0,
}

DITHER_NAMES = {
    "adaptive": "adaptive",
    "floyd-steinberg": "Floyd–Steinberg",
    "atkinson": "Atkinson",
    "bayer": "Bayer",
    "blue-noise": "blue-noise",
}

# Luminance of sRGB, near enough to choose between black and white letters.
LUMINANCE = (0.299, 0.587, 0.114)

BAR_SIZE, BAR_SIZE_WITH_CODES_ABOVE = (10, 1.5), (10, 2.4)  # inches

CHECKS = 64  # squares of the checkerboard along the longer side


def side_by_side(original: ImageInput, result: IndexedImage, *, ax: Axes | None = None) -> Axes:
    """Draw a picture and its quantized version side by side.

    Parameters
    ----------
    original : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        The original picture.
    result : IndexedImage
        The quantized picture.
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
        `result` is not an IndexedImage.
    MissingPackageError
        Matplotlib is not installed.

    Notes
    -----
    In a new figure, every pixel takes a whole number of dots at the figure's own resolution, 150
    dpi, so that dithering patterns appear as they are; pictures of more than 1000 pixels are
    averaged in squares first. Transparent pixels are laid over a checkerboard. The file size is
    that of the result as PNG, without metadata.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> from matplotlib.figure import Figure
    >>> ax = kmc.plot.side_by_side(ramp, kmc.quantize(ramp, 4), ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.texts[:5]]
    ['Original', '16 × 16 pixels', '256 colours', '4 colours', 'no dithering']
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
    size = f"{grouped(width)} × {grouped(height)} pixels"
    caption = ("Original", size, colors_text(len(histogram(pixels))))
    return draw_table(ax, [[(pixels, caption), quantized_cell(result)]])


def quantized_cell(result: IndexedImage) -> Cell:
    """The pixels of a quantized image, and a caption of its colours, dithering and quality."""
    pixels = np.asarray(result).reshape(*result.indices.shape, -1)
    dithering = f"{DITHER_NAMES[result.dither]} dithering" if result.dither else "no dithering"
    quality = "exact" if result.mse == 0 else f"PSNR {result.psnr:.1f} dB"
    size = byte_count(len(result.to_bytes("png", metadata=False)))
    return pixels, (colors_text(len(result.palette)), dithering, f"{quality}, {size} as PNG")


def draw_table(ax: Axes | None, table: Sequence[Sequence[Cell]]) -> Axes:
    """Draw rows of pictures of one size, each under its caption, into axes or a new figure.

    In a new figure, every pixel takes a whole number of dots.
    """
    pictures = [[_visible(_reduced(pixels)) for pixels, _ in row] for row in table]
    height, width, _ = pictures[0][0].shape
    scale = max(1, MAX_DOTS // 4 * 3 // max(height, width) // max(1, len(table[0]) - 1))
    column = max(width * scale + GAP, COLUMN)
    column += (column - width * scale) % 2  # so that pictures begin at whole dots
    step = CAPTION + height * scale
    size = (len(table[0]) * column, len(table) * step - CAPTION)  # the first captions stand above
    if ax is None:
        ax = exact_axes(size, (CAPTION, MARGIN))
    else:
        ax = drawing_axes(ax, (1, 1))
        ax.set_axis_off()
        ax.set_anchor("S")  # the space above is for the captions
    ax.set(xlim=(0, size[0]), ylim=(size[1], 0), aspect="equal")
    letters = _letter_size(ax, table, size)
    for i, row in enumerate(table):
        for j, (_, caption) in enumerate(row):
            place = ((j + 0.5) * column, i * step)
            _draw_picture(ax, pictures[i][j], scale, place, caption, letters)
    return ax


def palette_bar(palette: Palette | IndexedImage, *, ax: Axes | None = None) -> Axes:
    """Draw the colours of a palette as a bar, each as wide as its share of the pixels.

    Parameters
    ----------
    palette : Palette or IndexedImage
        The shares are those in the image, or in the pixels that the palette was fitted to. The
        colours of a palette that was not fitted have equal shares.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentTypeError
        `palette` is neither.
    MissingPackageError
        Matplotlib is not installed.

    Notes
    -----
    The largest share comes first. Hex codes of colours that are too narrow stand above the bar, as
    many as there is space for; below it stands how many are left out.

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
    shares = np.array([swatch.share for swatch in found])
    fitted = bool(shares.any())
    widths = 100 * shares if fitted else np.full(len(found), 100 / len(found))
    codes = [swatch.hex for swatch in found]
    narrow = widths.min() < _code_width(BAR_SIZE[0])
    ax = drawing_axes(ax, BAR_SIZE_WITH_CODES_ABOVE if narrow else BAR_SIZE)
    left = np.concatenate(([0], np.cumsum(widths)[:-1]))
    if any(len(code) > 7 for code in codes):
        ax.imshow(_board(8, 80), extent=(0, 100, 0, 1), aspect="auto", interpolation="nearest")
    spans = list(zip(left, widths, strict=True))
    # Between smoothed edges the ground would shine through.
    ax.broken_barh(spans, (0, 1), facecolors=codes, linewidth=0, antialiased=False)
    omitted = _label_swatches(ax, codes, left + widths / 2, widths)
    more = f"; {grouped(omitted)} smaller ones not labelled" if omitted else ""
    label = "share of the pixels (%)" if fitted else colors_text(len(found))
    ax.set(xlim=(0, 100), ylim=(0, 1), yticks=[], xlabel=label + more)
    if not fitted:
        ax.set_xticks([])
    ax.spines[:].set_visible(False)
    return ax


def _code_width(inches: float) -> float:
    """The width of a line of hex code, in hundredths of axes of this width."""
    return 100 * CODE_LINE * CODE_SIZE / 72 / inches


def _label_swatches(
    ax: Axes, codes: list[str], centers: NDArray[np.float64], widths: NDArray[np.float64]
) -> int:
    """Label swatches inside, narrow ones above; how many found no space."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    step = _code_width(ax.get_position().width * figure.get_figwidth())
    inside = widths >= step
    for i in np.flatnonzero(inside):
        _label(ax, codes[i], centers[i])
    narrow = np.flatnonzero(~inside)
    shown = narrow[: int(100 // step)] if _has_space_above(ax, figure, codes) else narrow[:0]
    # From the right, each as near to its swatch as the one beside it allows.
    place = 100.0
    places = []
    for i in shown[::-1]:
        place = min(float(centers[i]), place)
        places.append(place)
        place -= step
    shift = max(0.0, step / 2 - places[-1]) if places else 0.0
    for i, x in zip(shown[::-1], places, strict=True):
        ax.annotate(
            codes[i],
            (centers[i], 1),
            (x + shift, CODES_ABOVE),
            textcoords=("data", "offset points"),
            rotation=90,
            ha="center",
            va="bottom",
            fontsize=CODE_SIZE,
            family="monospace",
            annotation_clip=False,
            arrowprops=LEADER,
        )
    return len(narrow) - len(shown)


def _has_space_above(ax: Axes, figure: Figure, codes: list[str]) -> bool:
    """Whether codes above the bar leave it a height, where a layout makes space for them."""
    if figure.get_layout_engine() is None:
        return True
    letters = max(len(code) for code in codes)
    above = (CODES_ABOVE + letters * LETTER * CODE_SIZE) / 72
    return ax.get_position().height * figure.get_figheight() >= above + LEAST_BAR


def _letter_size(ax: Axes, table: Sequence[Sequence[Cell]], size: tuple[int, int]) -> float:
    """The size of letters, as a share of the usual one, at which captions stay apart."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    inches = ax.get_position().width * figure.get_figwidth()
    longest = max(len(line) for row in table for _, caption in row for line in caption) + 2
    fitting = inches * 72 / len(table[0]) / (LETTER * DETAIL_SIZE * longest)
    return min(1.0, fitting, inches * DPI / size[0] if len(table) > 1 else 1.0)


def _draw_picture(
    ax: Axes,
    pixels: NDArray[np.uint8],
    scale: int,
    place: tuple[float, float],
    caption: tuple[str, ...],
    letters: float,
) -> None:
    """Draw a picture, the middle of its upper edge at a place, and lines of text above it."""
    height, width, _ = pixels.shape
    x, y = place
    half = width * scale / 2
    ax.imshow(pixels, extent=(x - half, x + half, y + height * scale, y), interpolation="nearest")
    line: dict[str, Any] = {"ha": "center", "va": "baseline", "annotation_clip": False}
    above = 7 + LINE * letters * DETAIL_SIZE * (len(caption) - 1)
    for i, text in enumerate(caption):
        points = letters * (DETAIL_SIZE if i else TITLE_SIZE)
        weight = "normal" if i else "bold"
        offset: dict[str, Any] = {"xytext": (0, above), "textcoords": "offset points"}
        ax.annotate(text, place, fontsize=points, weight=weight, **offset, **line)
        above -= LINE * letters * DETAIL_SIZE


def _label(ax: Axes, code: str, x: float) -> None:
    """A hex code that runs upwards, in black or white letters."""
    *rgb, alpha = bytes.fromhex(code[1:].ljust(8, "f"))
    light = alpha / 255 * np.dot(LUMINANCE, rgb) + (255 - alpha) > 128
    align: dict[str, Any] = {"ha": "center", "va": "center", "rotation": 90}
    ink = "black" if light else "white"
    ax.text(x, 0.5, code, color=ink, fontsize=CODE_SIZE, family="monospace", **align)


def _reduced(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pixels averaged in squares where there are more of them than a figure can show."""
    factor = -(-max(pixels.shape) // MAX_DOTS)
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
