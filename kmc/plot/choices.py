"""A sheet of choices: an image in several numbers of colours, by several kinds of dithering."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.clustering.options import FitOptions, takes_fit_options
from kmc.colors.arrays import MAX_COLORS
from kmc.display.wording import byte_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.images.reading import ImageInput, Picture, read
from kmc.indexed_image import IndexedImage
from kmc.mapping.dithering import DitherName, checked_dither
from kmc.pipeline import quantize
from kmc.plot.axes import drawing_axes, grouped
from kmc.plot.pictures import draw_picture
from kmc.utils.arguments import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEFAULT_KS = (4, 16, 64, 256)
DEFAULT_DITHERS: tuple[DitherName | None, ...] = (None, "floyd-steinberg", "bayer")

DETAIL = 360  # pixels of a larger image that are shown, along each side
WIDTH, TEXT_HEIGHT, GAP = 2.4, 0.55, 0.15  # inches


@takes_fit_options
def choices(
    image: ImageInput,
    ks: Iterable[int] | None = None,
    dithers: Iterable[DitherName | None] | None = None,
    *,
    importance: ArrayLike | None = None,
    ax: Axes | None = None,
    **options: Unpack[FitOptions],
) -> Axes:
    """Draw an image in several numbers of colours, by several kinds of dithering, as a table.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        The image to reduce. Of one with more than 360 pixels along a side, the middle is shown.
    ks : iterable of int, optional
        The numbers of colours, one for each column; by default 4, 16, 64 and 256.
    dithers : iterable of str or None, optional
        The kinds of dithering, one for each row, as for `kmc.quantize`; by default none,
        Floyd-Steinberg and Bayer.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    importance, init, n_init, max_iter, tol, seed, weights, effort, threads, fixed, space, deadline
        As for `kmc.quantize`, for each number of colours.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ImageError
        The image cannot be read.
    ArgumentError, ArgumentTypeError
        An option is out of range or of the wrong type, or there is nothing to choose from.
    MissingPackageError
        Matplotlib is not installed.

    Notes
    -----
    The PSNR and the size of the PNG file below each title are those of the whole image.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> from matplotlib.figure import Figure
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> ax = kmc.plot.choices(ramp, [2, 4], [None, "bayer"], ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.texts[::2]]
    ['2 colours', '4 colours', '2, bayer', '4, bayer']
    """
    columns = _listed("ks", ks, DEFAULT_KS)
    numbers = sorted({whole("ks", k, 1, MAX_COLORS) for k in columns})
    rows = _listed("dithers", dithers, DEFAULT_DITHERS)
    for dither in rows:
        checked_dither(dither, 1.0)
    picture = read(image)
    height, width = (min(side, DETAIL) for side in picture.pixels.shape[:2])
    inch = max(width, height) / WIDTH  # in pixels
    slot = WIDTH + GAP, height / inch + TEXT_HEIGHT
    size = len(numbers) * slot[0], len(rows) * slot[1]
    ax = drawing_axes(ax, size)
    table = [_row(picture, k, rows, importance, options) for k in numbers]
    for row in range(len(rows)):
        for column in range(len(numbers)):
            result, title = table[column][row]
            center, top = (column + 0.5) * slot[0] * inch, (row * slot[1] + TEXT_HEIGHT) * inch
            pixels = _middle(np.asarray(result).reshape(*picture.pixels.shape[:2], -1))
            draw_picture(ax, pixels, center, title, _figures(result), top)
    ax.set(xlim=(0, size[0] * inch), ylim=(size[1] * inch, 0), aspect="equal")
    ax.set_axis_off()
    return ax


def _listed(name: str, given: Iterable[Any] | None, default: tuple[Any, ...]) -> list[Any]:
    if given is None:
        return list(default)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ArgumentTypeError(f"{name} must be several values, not {given!r}")
    if not (values := list(given)):
        raise ArgumentError(f"{name} must be one value or more")
    return values


def _row(
    picture: Picture, k: int, dithers: list[Any], importance: ArrayLike | None, options: FitOptions
) -> list[tuple[IndexedImage, str]]:
    """The image in k colours by each kind of dithering, and what to call it."""
    plain = quantize(picture, k, importance=importance, order="compact", **options)
    threads = options.get("threads")
    colors = "1 colour" if k == 1 else f"{grouped(k)} colours"
    return [
        (plain, colors)
        if dither is None
        else (
            plain.palette.remap(picture, dither=dither, threads=threads),
            f"{grouped(k)}, {dither}",
        )
        for dither in dithers
    ]


def _figures(result: IndexedImage) -> str:
    file = io.BytesIO()
    result.save(file, "png", metadata=False)
    return f"PSNR {result.psnr:.1f} dB, {byte_count(file.tell())}"


def _middle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    top, left = max(0, (height - DETAIL) // 2), max(0, (width - DETAIL) // 2)
    return pixels[top : top + DETAIL, left : left + DETAIL]
