"""Axes to draw into, and the style that all figures share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from kmc.errors import ArgumentTypeError, MissingPackageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Three of the colours that Okabe and Ito chose so that colour-blind people tell them apart; the
# first two also differ in lightness.
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#595959"
LIGHT_GREY = "#e0e0e0"

DPI = 150  # of the figures that kmc saves

MARGIN = 0.1  # inches, around whatever is drawn

THIN_SPACE = "\N{THIN SPACE}"


def drawing_axes(
    ax: Any, size: tuple[float, float], projection: Literal["3d"] | None = None
) -> Axes:
    """The axes given, or those of a new figure of this size in inches.

    New figures are pyplot's, so that they appear in notebooks and in ``plt.show()``; where axes are
    given, pyplot is not touched.

    Raises
    ------
    MissingPackageError
        There is no matplotlib.
    ArgumentTypeError
        `ax` is not axes, or lacks the projection.
    """
    _require_matplotlib()
    if ax is None:
        from matplotlib import pyplot

        figure = pyplot.figure(figsize=size, layout="constrained")
        _with_margins(figure)
        return figure.add_subplot(projection=projection)
    from matplotlib.axes import Axes

    if not isinstance(ax, Axes):
        raise ArgumentTypeError(f"ax must be matplotlib axes, not {type(ax).__name__}")
    if projection and ax.name != projection:
        raise ArgumentTypeError('ax must have three dimensions: add_subplot(projection="3d")')
    return ax


def stacked_below(ax: Axes) -> Axes:
    """Give the lower half of some axes to new ones that share their x axis."""
    figure = ax.figure
    spec = ax.get_subplotspec()
    if spec is not None:
        halves = spec.subgridspec(2, 1)
        ax.set_subplotspec(halves[0])
        below = figure.add_subplot(halves[1], sharex=ax)
    else:
        left, bottom, width, height = ax.get_position().bounds
        below = figure.add_axes((left, bottom, width, 0.46 * height), sharex=ax)
        ax.set_position((left, bottom + 0.54 * height, width, 0.46 * height))
    ax.tick_params(axis="x", labelbottom=False)
    for each in (ax, below):
        each.spines[["top", "right"]].set_visible(False)
        each.grid(axis="y", color=LIGHT_GREY, linewidth=0.8)
        each.set_axisbelow(True)
    return below


def exact_axes(size: tuple[int, int], margins: tuple[int, int]) -> Axes:
    """The axes of a new figure of pyplot's, of a size in dots, without frame or ticks.

    Parameters
    ----------
    size : (int, int)
        Width and height of the axes in dots, `DPI` per inch.
    margins : (int, int)
        Dots above the axes, and on their other sides.
    """
    _require_matplotlib()
    from matplotlib import pyplot

    (width, height), (top, side) = size, margins
    whole = (width + 2 * side, height + top + side)
    inches = [each / DPI + 1e-9 for each in whole]  # which matplotlib rounds down to dots
    figure = pyplot.figure(figsize=(inches[0], inches[1]), dpi=DPI)
    ax = figure.add_axes((side / whole[0], side / whole[1], width / whole[0], height / whole[1]))
    ax.set_axis_off()
    return ax


def unregistered_figure(size: tuple[float, float]) -> Figure:
    """A figure of this size in inches that pyplot does not list, to be saved and dropped.

    Raises
    ------
    MissingPackageError
        There is no matplotlib.
    """
    _require_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    _with_margins(figure)
    return figure


def _with_margins(figure: Figure) -> None:
    engine: Any = figure.get_layout_engine()
    engine.set(w_pad=MARGIN, h_pad=MARGIN)


def grouped(number: int) -> str:
    """A whole number with its digits in groups of three."""
    return f"{number:,}".replace(",", THIN_SPACE)


def colors_text(count: int) -> str:
    """A number of colours in words."""
    return "1 colour" if count == 1 else f"{grouped(count)} colours"


def _require_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401 (whether it is there is all that matters)
    except ImportError as error:
        raise MissingPackageError(
            "kmc.plot draws with matplotlib, which is not installed: "
            'pip install "kmc-quantize[plot]"'
        ) from error
