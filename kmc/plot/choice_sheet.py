"""A sheet of choices: an image in several numbers of colours, by several kinds of dithering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.clustering.options import FitOptions, takes_fit_options
from kmc.colors.arrays import MAX_COLORS
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.images.reading import ImageInput, Picture, read
from kmc.mapping.dithering import DitherName, checked_dither
from kmc.pipeline import quantize
from kmc.plot.pictures import Cell, draw_table, quantized_cell
from kmc.utils.arguments import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEFAULT_KS = (4, 16, 64, 256)
DEFAULT_DITHERS: tuple[DitherName | None, ...] = (None, "adaptive", "floyd-steinberg", "bayer")

DETAIL = 360  # pixels of a larger image that are shown, along each side


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
        adaptive, Floyd-Steinberg and Bayer.
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
    The PSNR and the size of the PNG file are those of the whole image. In a new figure, every pixel
    takes a whole number of dots, so that dithering patterns appear as they are.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> from matplotlib.figure import Figure
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> ax = kmc.plot.choices(ramp, [2, 4], [None, "bayer"], ax=Figure().add_subplot())
    >>> [text.get_text() for text in ax.texts[::3]]
    ['2 colours', '4 colours', '2 colours', '4 colours']
    >>> [text.get_text() for text in ax.texts[1::3]]
    ['no dithering', 'no dithering', 'Bayer dithering', 'Bayer dithering']
    """
    numbers = sorted({whole("ks", k, 1, MAX_COLORS) for k in _listed("ks", ks, DEFAULT_KS)})
    rows = _listed("dithers", dithers, DEFAULT_DITHERS)
    for dither in rows:
        checked_dither(dither, 1.0)
    picture = read(image)
    columns = [_column(picture, k, rows, importance, options) for k in numbers]
    return draw_table(ax, list(zip(*columns, strict=True)))


def _listed(name: str, given: Iterable[Any] | None, default: tuple[Any, ...]) -> list[Any]:
    if given is None:
        return list(default)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ArgumentTypeError(f"{name} must be several values, not {given!r}")
    if not (values := list(given)):
        raise ArgumentError(f"{name} must be one value or more")
    return values


def _column(
    picture: Picture, k: int, dithers: list[Any], importance: ArrayLike | None, options: FitOptions
) -> list[Cell]:
    """The image in k colours by each kind of dithering."""
    plain = quantize(picture, k, importance=importance, order="compact", **options)
    threads = options.get("threads")
    cells = []
    for dither in dithers:
        result = plain
        if dither is not None:
            result = plain.palette.remap(picture, dither=dither, threads=threads)
        pixels, caption = quantized_cell(result)
        cells.append((_middle(pixels), caption))
    return cells


def _middle(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    top, left = max(0, (height - DETAIL) // 2), max(0, (width - DETAIL) // 2)
    return pixels[top : top + DETAIL, left : left + DETAIL]
