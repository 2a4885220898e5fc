"""Quality and file size against the number of colours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np
from numpy.typing import ArrayLike

from kmc.clustering.options import FitOptions, takes_fit_options
from kmc.colors.arrays import MAX_COLORS
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.images.reading import ImageInput, as_pixels
from kmc.pipeline import quantize
from kmc.plot.axes import BLUE, GREY, LIGHT_GREY, VERMILLION, drawing_axes, stacked_below
from kmc.utils.arguments import not_negative, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_PSNR_LINE: dict[str, Any] = {"color": BLUE, "marker": "o", "markersize": 4.5}

_IN_PANEL: dict[str, Any] = {"textcoords": "offset points", "fontsize": 9}

DEFAULT_KS = (2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256)


class MeasuredPoint(NamedTuple):
    """A number of colours, the error of the quantized image, and the size of its PNG file."""

    k: int
    mse: float
    psnr: float
    n_bytes: int


@takes_fit_options
def curve(
    image: ImageInput | Sequence[Any],
    ks: Iterable[int] | None = None,
    *,
    psnr: float | None = 30.0,
    importance: ArrayLike | None = None,
    ax: Axes | None = None,
    **options: Unpack[FitOptions],
) -> Axes:
    """Draw the PSNR and the size of the PNG file against the number of colours.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image, array_like of uint8, or points
        What to reduce to each number of colours. Or the result of `kmc.curve`, which is drawn
        without file sizes.
    ks : iterable of int, optional
        The numbers of colours; by default 15 from 2 to 256 in equal ratios.
    psnr : float, optional
        Mark the smallest of `ks` that reaches this PSNR in dB; None marks none.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure. With file sizes, the PSNR takes the upper half, and
        the sizes take new axes in the lower half, the last in ``ax.figure.axes``.
    importance, init, n_init, max_iter, tol, seed, weights, effort, threads, fixed, space, deadline
        As for `kmc.quantize`, for each number of colours.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ImageError
        The picture cannot be read.
    ArgumentError, ArgumentTypeError
        `ks` holds fewer than two numbers, or one out of range; `psnr` is not a number; or `ks` or
        options of a fit come with points.
    MissingPackageError
        Matplotlib is not installed.

    Notes
    -----
    Numbers of colours that represent the picture exactly have no finite PSNR: their range is
    shaded.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> from matplotlib.figure import Figure
    >>> photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    >>> ax = kmc.plot.curve(photo, [2, 4, 8], ax=Figure().add_subplot())
    >>> ax.lines[0].get_xdata().tolist()
    [2, 4, 8]
    """
    target = None if psnr is None else not_negative("psnr", psnr)
    ax = drawing_axes(ax, (6.4, 4.8))
    fit: dict[str, Any] = {**options}
    if importance is not None:
        fit["importance"] = importance
    points = _points(image, ks, fit)
    k = np.array([point.k for point in points])
    with_sizes = all(getattr(point, "n_bytes", None) is not None for point in points)
    panels = [ax]
    if with_sizes:
        panels.append(stacked_below(ax))
        sizes = [point.n_bytes / 1000 for point in points]
        panels[1].plot(k, sizes, color=VERMILLION, marker="o", markersize=4.5)
        panels[1].set(ylabel="PNG file (kB)", ylim=(0, None))
    else:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color=LIGHT_GREY, linewidth=0.8)
    finite = [point for point in points if point.mse > 0]
    ax.plot([point.k for point in finite], [point.psnr for point in finite], **_PSNR_LINE)
    ax.set_ylabel("PSNR (dB)")
    ax.set_title("Quality and file size" if with_sizes else "Quality", loc="left")
    ax.set_xscale("log", base=2)
    if len(finite) < len(points):
        _shade_exact(panels, points[len(finite)].k)
    ax.set_xlim(k[0] / 1.1, 1.1 * k[-1])
    panels[-1].set_xlabel("number of colours k")
    panels[-1].xaxis.set_major_formatter("{x:.0f}")
    panels[-1].xaxis.minorticks_off()
    reached = [point for point in points if target is not None and point.psnr >= target]
    if reached and reached[0].mse > 0:
        _mark(panels, reached[0], f"{target:g} dB")
    return ax


def measured(
    image: ImageInput, ks: Iterable[int] | None = None, options: Mapping[str, Any] | None = None
) -> list[MeasuredPoint]:
    """Reduce a picture to each number of colours and encode it as PNG."""
    wanted = DEFAULT_KS if ks is None else ks
    if not isinstance(wanted, Iterable):
        raise ArgumentTypeError(f"ks must be several numbers of colours, not {wanted!r}")
    pixels = as_pixels(image)
    points = []
    for k in sorted({whole("k", k, 1, MAX_COLORS) for k in wanted}):
        result = quantize(pixels, k, **(options or {}))
        n_bytes = len(result.to_bytes("png"))
        points.append(MeasuredPoint(k, result.mse, result.psnr, n_bytes))
    return points


def are_points(image: Any) -> bool:
    """Whether this is a curve that was computed already, rather than a picture."""
    return isinstance(image, Sequence) and all(hasattr(point, "mse") for point in image)


def _points(image: Any, ks: Iterable[int] | None, options: Mapping[str, Any]) -> list[Any]:
    given = are_points(image)
    if given and ks is not None:
        raise ArgumentError("ks is for a picture; these points have their k already")
    if given and options:
        raise ArgumentError(f"{next(iter(options))} is for a picture; these points are done")
    points = list(image) if given else measured(image, ks, options)
    points.sort(key=lambda point: point.k)
    if len({point.k for point in points}) < 2:
        raise ArgumentError("a curve needs two numbers of colours or more")
    return points


def _shade_exact(panels: list[Axes], k: int) -> None:
    """Shade the numbers of colours from k on, which leave no error."""
    for each in panels:
        each.axvspan(k, 2 * MAX_COLORS, color=LIGHT_GREY, linewidth=0, alpha=0.5)
    panels[0].annotate(
        "exact",
        (k, 0.04),
        (4, 0),
        xycoords=panels[0].get_xaxis_transform(),
        **_IN_PANEL,
        color=GREY,
        ha="left",
    )


def _mark(panels: list[Axes], point: Any, target: str) -> None:
    """A line through all panels, and in the first what it marks."""
    for each in panels:
        each.axvline(point.k, color=GREY, linewidth=1, linestyle=":")
    low, high = np.log2(panels[0].get_xlim())
    left = np.log2(point.k) - low > high - np.log2(point.k)  # on the roomier side
    lines = [f"{target} from k = {point.k} on"]
    if getattr(point, "n_bytes", None) is not None:
        lines.append(f"{point.n_bytes / 1000:.1f} kB")
    x, y = (-6 if left else 6), (0.96 if left else 0.14)  # above or below the rising curve
    panels[0].annotate(
        "\n".join(lines),
        (point.k, y),
        (x, 0),
        xycoords=panels[0].get_xaxis_transform(),
        **_IN_PANEL,
        color=GREY,
        ha="right" if left else "left",
        va="top" if left else "bottom",
    )
