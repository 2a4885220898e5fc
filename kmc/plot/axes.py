"""Where figures are drawn, and the look they share. Only here is matplotlib imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from kmc.errors import ArgumentTypeError, MissingPackageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Three of the colours that Okabe and Ito chose so that colour-blind people tell them apart; the
# first two also differ in lightness.
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#595959"

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
        `ax` is no axes, or one without the projection.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from kmc.plot.axes import drawing_axes
    >>> ax = Figure().add_subplot()
    >>> drawing_axes(ax, (6, 4)) is ax
    True
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


def lone_figure(size: tuple[float, float]) -> Figure:
    """A figure of this size in inches that pyplot knows nothing of, to be saved and dropped.

    Raises
    ------
    MissingPackageError
        There is no matplotlib.

    Examples
    --------
    >>> from kmc.plot.axes import lone_figure
    >>> lone_figure((6, 4)).get_size_inches().tolist()
    [6.0, 4.0]
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
    """A whole number with its thousands set apart.

    Examples
    --------
    >>> from kmc.plot.axes import grouped
    >>> ascii(grouped(12345))
    "'12\\\\u2009345'"
    """
    return f"{number:,}".replace(",", THIN_SPACE)


def _require_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401 (whether it is there is all that matters)
    except ImportError as error:
        raise MissingPackageError(
            "kmc.plot draws with matplotlib, which is not installed: "
            'pip install "kmc-quantize[plot]"'
        ) from error
