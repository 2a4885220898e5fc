"""What each number of colours costs: the error and the bytes of the file against k."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Unpack

import numpy as np
from numpy.typing import ArrayLike

from kmc.clustering.options import FitOptions, takes_fit_options
from kmc.colors.arrays import MAX_COLORS
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.images.reading import ImageInput, as_pixels
from kmc.pipeline import quantize
from kmc.plot.axes import BLUE, GREY, VERMILLION, drawing_axes
from kmc.utils.arguments import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes


DEFAULT_KS = (2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64, 91, 128, 181, 256)


class Measured(NamedTuple):
    """A number of colours and what it comes to.

    Examples
    --------
    >>> from kmc.plot.curve import Measured
    >>> Measured(16, 120.5, 32.1, 70_000).k
    16
    """

    k: int
    mse: float
    psnr: float
    n_bytes: int


@takes_fit_options
def curve(
    image: ImageInput | Sequence[Any],
    ks: Iterable[int] | None = None,
    *,
    importance: ArrayLike | None = None,
    ax: Axes | None = None,
    **options: Unpack[FitOptions],
) -> Axes:
    """Draw the error and the size of the PNG file against the number of colours, the knee marked.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image, array_like of uint8, or points
        What to reduce to each number of colours. Or what `kmc.curve` has found, which is drawn
        without bytes.
    ks : iterable of int, optional
        The numbers of colours; by default 15 from 2 to 256 in equal ratios.
    ax : matplotlib.axes.Axes, optional
        Where to draw the error; by default a new figure. Axes that share its numbers of colours,
        the last in ``ax.figure.axes``, take the bytes.
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
        Some of `ks` is no number of colours; they are fewer than two; `ks` or options of a fit
        come with points.
    MissingPackageError
        Matplotlib is not installed.

    Notes
    -----
    The error drawn is the root of the MSE: how far, in 8-bit levels, pixels lie from their colours.
    The knee is the point farthest below the straight line through the ends of this curve, as drawn:
    error against the logarithm of k, both scaled to 0..1 [1]_. It moves with the range of `ks`.

    References
    ----------
    .. [1] V. Satopää, J. Albrecht, D. Irwin and B. Raghavan, "Finding a 'Kneedle' in a haystack:
       detecting knee points in system behavior", ICDCS workshops 2011.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> from matplotlib.figure import Figure
    >>> photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    >>> ax = kmc.plot.curve(photo, [2, 4, 8], ax=Figure().add_subplot())
    >>> ax.lines[0].get_xdata().tolist()
    [2, 4, 8]
    """
    ax = drawing_axes(ax, (6.4, 4))
    fit: dict[str, Any] = {**options}
    if importance is not None:
        fit["importance"] = importance
    points = _points(image, ks, fit)
    k = np.array([point.k for point in points])
    error = np.sqrt([point.mse for point in points])
    ax.plot(k, error, color=BLUE, marker="o", markersize=4.5)
    ax.set_xscale("log", base=2)
    ax.set(xlabel="number of colours k", ylim=(0, None))
    ax.xaxis.set_major_formatter("{x:.0f}")
    ax.xaxis.minorticks_off()
    ax.set_ylabel("root-mean-square error (8-bit levels)", color=BLUE)
    ax.tick_params(axis="y", colors=BLUE)
    ax.spines[["top", "right"]].set_visible(False)
    if all(getattr(point, "n_bytes", None) is not None for point in points):
        beside = ax.twinx()
        size = [point.n_bytes / 1000 for point in points]
        beside.plot(k, size, color=VERMILLION, linestyle="--", marker="^", markersize=5)
        beside.set_ylabel("PNG file (kB)", color=VERMILLION)
        beside.set_ylim(0, None)
        beside.tick_params(axis="y", colors=VERMILLION)
        beside.spines["top"].set_visible(False)
    bend = knee(np.log2(k), error)
    if bend is not None:
        _mark(ax, points[bend])
    return ax


def measured(
    image: ImageInput, ks: Iterable[int] | None = None, options: Mapping[str, Any] | None = None
) -> list[Measured]:
    """Reduce a picture to each number of colours and write it as PNG, in memory.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.plot.curve import measured
    >>> [point.mse for point in measured(np.array([[0, 2], [9, 9]], np.uint8), [2, 3])]
    [0.5, 0.0]
    """
    wanted = DEFAULT_KS if ks is None else ks
    if not isinstance(wanted, Iterable):
        raise ArgumentTypeError(f"ks must be several numbers of colours, not {wanted!r}")
    pixels = as_pixels(image)
    points = []
    for k in sorted({whole("k", k, 1, MAX_COLORS) for k in wanted}):
        result = quantize(pixels, k, **(options or {}))
        file = io.BytesIO()
        result.save(file, "png")
        points.append(Measured(k, result.mse, result.psnr, file.tell()))
    return points


def knee(x: ArrayLike, y: ArrayLike) -> int | None:
    """Where a falling curve bends most: the point farthest below the line through its two ends.

    Both axes are first scaled to 0..1, as in the Kneedle method that `curve` cites, without its
    smoothing.

    Parameters
    ----------
    x, y : array_like of float, shape (n,)
        The curve, x increasing.

    Returns
    -------
    int or None
        The index of the point; None where no point lies below the line.

    Examples
    --------
    >>> from kmc.plot.curve import knee
    >>> knee([0, 1, 2, 3], [9, 1, 0.5, 0])
    1
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if len(x) < 3 or not y[0] > y[-1]:
        return None
    # A straight line bends nowhere, however it is rounded.
    below = 1 - 1e-9 - (x - x[0]) / (x[-1] - x[0]) - (y - y[-1]) / (y[0] - y[-1])
    index = int(below.argmax())
    return index if below[index] > 0 else None


def _points(image: Any, ks: Iterable[int] | None, options: Mapping[str, Any]) -> list[Any]:
    given = isinstance(image, Sequence) and all(hasattr(point, "mse") for point in image)
    if given and ks is not None:
        raise ArgumentError("ks goes with a picture; these points have their k already")
    if given and options:
        raise ArgumentError(f"{next(iter(options))} goes with a picture; these points are done")
    points = list(image) if given else measured(image, ks, options)
    points.sort(key=lambda point: point.k)
    if len({point.k for point in points}) < 2:
        raise ArgumentError("a curve needs two numbers of colours or more")
    return points


def _mark(ax: Axes, point: Any) -> None:
    """A line at the knee, and beside it, in the free upper half, what it is."""
    ax.axvline(point.k, color=GREY, linewidth=1, linestyle=":")
    lines = [f"knee: k = {point.k}", f"MSE {point.mse:.1f}", f"PSNR {point.psnr:.1f} dB"]
    if getattr(point, "n_bytes", None) is not None:
        lines.append(f"{point.n_bytes / 1000:.1f} kB")
    left = 2 * np.log2(point.k) < np.log2(ax.get_xlim()).sum()
    ax.annotate(
        "\n".join(lines),
        (point.k, 0.98),
        (6 if left else -6, 0),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        ha="left" if left else "right",
        va="top",
        color=GREY,
    )
