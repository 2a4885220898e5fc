"""How k-means came to rest: the inertia and the largest movement of each iteration."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.indexed_image import IndexedImage
from kmc.palette import Palette
from kmc.plot.axes import BLUE, VERMILLION, drawing_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Movements and errors are taken in the palette's space.
IN_SPACE = {"linear": " of linear light", "oklab": " of Oklab", "lab": " of CIE Lab"}


def history(result: Palette | IndexedImage, *, ax: Axes | None = None) -> Axes:
    """Draw the inertia and the largest squared shift of a centroid, iteration by iteration.

    Parameters
    ----------
    result : Palette or IndexedImage
        Of a fit: its `history` is drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw the inertia; by default a new figure. Axes that share its iterations, the
        last in ``ax.figure.axes``, take the shift, to a logarithmic scale where it falls tenfold or
        to nothing.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        There was no iteration: a palette that is given, or a picture of no more than k colours.
    ArgumentTypeError
        `result` is something else.
    MissingPackageError
        Matplotlib is not installed.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> from matplotlib.figure import Figure
    >>> result = kmc.quantize(np.arange(256, dtype=np.uint8).reshape(16, 16), 4)
    >>> ax = kmc.plot.history(result, ax=Figure().add_subplot())
    >>> len(ax.lines[0].get_xdata()) == result.n_iter
    True
    """
    palette = result.palette if isinstance(result, IndexedImage) else result
    if not isinstance(palette, Palette):
        kind = type(palette).__name__
        raise ArgumentTypeError(f"expected a Palette or an IndexedImage, not {kind}")
    if not palette.history:
        raise ArgumentError("there is no history to draw: no iteration was done")
    ax = drawing_axes(ax, (6.4, 4))
    inertia, shift = np.array(palette.history, np.float64).T
    iterations = np.arange(1, len(inertia) + 1)
    many = len(inertia) > 60
    power = 3 * int(math.log10(max(inertia.max(), 1)) // 3)
    ax.plot(iterations, inertia / 10**power, color=BLUE, marker=None if many else "o", markersize=4)
    ax.set_xlabel("iteration")
    squared = "levels²" + IN_SPACE.get(palette.space, "")
    unit = f"$10^{power}$ {squared}" if power else squared
    ax.set_ylabel(f"inertia ({unit})", color=BLUE)
    ax.ticklabel_format(axis="y", useOffset=False)
    ax.tick_params(axis="y", colors=BLUE)
    ax.locator_params(axis="x", integer=True, min_n_ticks=1)
    beside = ax.twinx()
    marker = {"marker": None} if many else {"marker": "^", "markersize": 5}
    beside.plot(iterations, shift, color=VERMILLION, linestyle="--", **marker)
    beside.set_ylabel(f"largest squared shift ({squared})", color=VERMILLION)
    moved = shift[shift > 0]
    if len(moved) == len(shift) and shift.max() >= 10 * shift.min():
        beside.set_yscale("log")
    elif 0 < len(moved) < len(shift):  # a shift of 0 has a place a decade below the others
        beside.set_yscale("symlog", linthresh=10 ** math.floor(math.log10(moved.min())))
    beside.tick_params(axis="y", which="both", colors=VERMILLION)
    for each in (ax, beside):
        each.spines["top"].set_visible(False)
    return ax
