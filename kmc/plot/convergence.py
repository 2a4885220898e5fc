"""The convergence of k-means: inertia and largest shift of a centroid in each iteration."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.indexed_image import IndexedImage, Palette
from kmc.plot.axes import BLUE, GREY, VERMILLION, drawing_axes, stacked_below

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Distances are measured in the palette's colour space.
_IN_SPACE = {"linear": " of linear light", "oklab": " of Oklab", "lab": " of CIE Lab"}


def history(result: Palette | IndexedImage, *, ax: Axes | None = None) -> Axes:
    """Draw the inertia and the largest squared shift of a centroid, iteration by iteration.

    Parameters
    ----------
    result : Palette or IndexedImage
        Of a fit: its `history` is drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure. The inertia takes the upper half, from 0; the shift
        takes new axes in the lower half, the last in ``ax.figure.axes``, with a logarithmic scale
        where it falls to a tenth or to 0.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ArgumentError
        There was no iteration: the palette was given, or the picture has at most k colours.
    ArgumentTypeError
        `result` is neither.
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
    ax = drawing_axes(ax, (6.4, 4.8))
    below = stacked_below(ax)
    inertia, shift = np.array(palette.history, np.float64).T
    iterations = np.arange(1, len(inertia) + 1)
    squared = "levels²" + _IN_SPACE.get(palette.space, "")
    power = 3 * int(math.log10(max(inertia.max(), 1)) // 3)
    unit = f"$10^{power}$ {squared}" if power else squared
    marker: dict[str, Any] = {"marker": "o", "markersize": 4} if len(inertia) <= 60 else {}
    ax.plot(iterations, inertia / 10**power, color=BLUE, **marker)
    ax.set(ylim=(0, 1.15 * max(inertia.max(), 1e-9) / 10**power), ylabel=f"inertia\n({unit})")
    ax.set_title("Convergence of k-means", loc="left")
    if inertia[-1] < inertia[0]:
        _say_decrease(ax, inertia[-1] / inertia[0])
    below.plot(iterations, shift, color=VERMILLION, **marker)
    below.set(xlabel="iteration", ylabel=f"largest squared shift\n({squared})")
    below.set_xlim(0.5, len(inertia) + 0.5)
    below.locator_params(axis="x", integer=True, min_n_ticks=1)
    _scale_shifts(below, shift)
    return ax


def _say_decrease(ax: Axes, ratio: float) -> None:
    """Write how much lower the inertia ends, in the corner that the line leaves free."""
    text = f"{100 * (1 - ratio):.2g} % lower than after the first iteration"
    y, align = (0.07, "bottom") if ratio > 0.5 else (0.95, "top")
    style: dict[str, Any] = {"color": GREY, "fontsize": 9, "ha": "right", "va": align}
    ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    ax.text(0.99, y, text, transform=ax.transAxes, bbox=ground, **style)


def _scale_shifts(ax: Axes, shift: NDArray[np.float64]) -> None:
    """From 0; or logarithmic, with 0 a decade below the others and no tick between."""
    moved = shift[shift > 0]
    if not len(moved) or (len(moved) == len(shift) and shift.max() < 10 * shift.min()):
        ax.set_ylim(0, 1.1 * shift.max() or 1)
        return
    if len(moved) == len(shift):
        ax.set_yscale("log")
        return
    least = 10.0 ** math.floor(math.log10(moved.min()))
    ax.set_yscale("symlog", linthresh=least, linscale=0.5)
    ax.set_ylim(-0.15 * least, 3 * moved.max())
