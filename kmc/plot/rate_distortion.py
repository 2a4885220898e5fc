"""Quality against file size, for numbers of colours and losses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from kmc.clustering.options import FitOptions, takes_fit_options
from kmc.error_curve import curve
from kmc.errors import ArgumentError
from kmc.file_curve import FilePoint
from kmc.images.reading import ImageInput
from kmc.plot.axes import BLUE, GREY, LIGHT_GREY, VERMILLION, drawing_axes
from kmc.plot.error_curve import are_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DEFAULT_KS = (8, 16, 32, 64, 128, 256)
DEFAULT_LOSSES = (0, 15, 30, 45)
DEFAULT_FORMAT = "png"

MAX_LABELS = 8

# Where ticks of the logarithmic axis may lie in a decade: more of them on a short axis.
TICKS, TICKS_OF_SHORT = (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)
SHORT = 5  # the ratio of the largest to the smallest file


@takes_fit_options
def rate_distortion(
    image: ImageInput | Sequence[FilePoint],
    ks: Iterable[int] | None = None,
    *,
    lossy: Iterable[int] | None = None,
    format: str | None = None,
    ax: Axes | None = None,
    **options: Unpack[FitOptions],
) -> Axes:
    """Draw the PSNR against the size of the file, a line for each loss.

    Lines go through the numbers of colours. The broad line below them is the envelope: it connects
    those efficient files that lie on the convex hull of all.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image, array_like of uint8, or points
        What to reduce to each number of colours. Or the result of `kmc.curve` with a `format`.
    ks : iterable of int, optional
        The numbers of colours; by default 8, 16, 32, 64, 128 and 256.
    lossy : iterable of int, optional
        Losses from 0 to 100; by default 0, 15, 30 and 45.
    format : str, optional
        The format of the files, as for `kmc.curve`; by default ``"png"``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    init, n_init, max_iter, tol, seed, weights, effort, threads, fixed, space, deadline
        As for `kmc.curve`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ImageError
        The picture cannot be read.
    ArgumentError, ArgumentTypeError
        There are fewer than two files; an option is out of range, of the wrong type, or excludes
        another; points have no bytes; or other options come with points.
    MissingPackageError
        Matplotlib is not installed.

    Notes
    -----
    Files that represent the picture exactly have no finite PSNR: a line marks the smallest.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> from matplotlib.figure import Figure
    >>> photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    >>> ax = kmc.plot.rate_distortion(photo, [4, 8], lossy=[0, 30], ax=Figure().add_subplot())
    >>> [line.get_label() for line in ax.lines]
    ['envelope', 'no loss', 'lossy = 30']
    """
    ax = drawing_axes(ax, (6.4, 4.4))
    points = _points(image, ks, lossy, format, options)
    exact = [point.n_bytes for point in points if math.isinf(point.psnr)]
    finite = [point for point in points if not math.isinf(point.psnr)]
    _line(ax, _hull(finite), "envelope", color=VERMILLION, linewidth=7, alpha=0.3)
    losses = sorted({point.lossy for point in finite})
    for i, loss in enumerate(losses):
        own = [point for point in finite if point.lossy == loss]
        color = _shade((i + 1) / len(losses)) if loss else GREY
        label = f"lossy = {loss}" if loss else "no loss"
        _line(ax, own, label, color=color, linewidth=1.5, marker="o", markersize=4)
        if i == 0:
            _label(ax, own)
    if exact:
        _mark_exact(ax, min(exact) / 1000)
    suffix = "" if are_points(image) else f".{format or DEFAULT_FORMAT} "
    ax.set_title("Quality and file size", loc="left")
    ax.set(xlabel=f"{suffix}file (kB)", ylabel="PSNR (dB)")
    _scale(ax, [point.n_bytes for point in points])
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(color=LIGHT_GREY, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.legend(loc="lower right", edgecolor="none", fontsize=9)
    return ax


def _points(
    image: Any,
    ks: Iterable[int] | None,
    lossy: Iterable[int] | None,
    format: str | None,
    options: FitOptions,
) -> list[FilePoint]:
    if are_points(image):
        given = {"ks": ks, "lossy": lossy, "format": format, **options}
        for name, value in given.items():
            if value is not None or name in options:
                raise ArgumentError(f"{name} is for a picture; these points are done")
        if not all(isinstance(point, FilePoint) for point in image):
            raise ArgumentError("these points have no bytes: kmc.curve makes some with format=")
        points = list(image)
    else:
        points = curve(
            image,
            DEFAULT_KS if ks is None else ks,
            lossy=DEFAULT_LOSSES if lossy is None else lossy,
            format=DEFAULT_FORMAT if format is None else format,
            **options,
        )
    if len(set(points)) < 2:
        raise ArgumentError("a curve needs two files or more: two of ks, or of lossy")
    return sorted(set(points))


def _hull(points: list[FilePoint]) -> list[FilePoint]:
    """The efficient points that no line between two others passes above, as drawn."""
    hull: list[FilePoint] = []
    by_size = {point.n_bytes: point for point in points if point.is_efficient}
    for _, point in sorted(by_size.items()):
        while len(hull) > 1 and _slope(hull[-2], point) >= _slope(hull[-2], hull[-1]):
            hull.pop()
        hull.append(point)
    return hull


def _slope(first: FilePoint, second: FilePoint) -> float:
    """The gain of PSNR as the logarithm of the size grows."""
    return (second.psnr - first.psnr) / math.log(second.n_bytes / first.n_bytes)


def _line(ax: Axes, points: list[FilePoint], label: str, **style: Any) -> None:
    """A line through points, from the smallest file to the largest."""
    points = sorted(points, key=lambda point: (point.n_bytes, point.psnr))
    kilobytes = [point.n_bytes / 1000 for point in points]
    ax.plot(kilobytes, [point.psnr for point in points], label=label, **style)


def _shade(share: float) -> tuple[float, float, float]:
    """From light blue to blue."""
    full = [int(BLUE[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    strength = 0.3 + 0.7 * share
    red, green, blue = (1 - strength * (1 - part) for part in full)
    return red, green, blue


def _label(ax: Axes, points: list[FilePoint]) -> None:
    """Write k beside some points of a line, at equal distances in their order."""
    step = -(-len(points) // MAX_LABELS)
    for i, point in enumerate(points[::step]):
        ax.annotate(
            f"k = {point.k}" if i == 0 else str(point.k),
            (point.n_bytes / 1000, point.psnr),
            (6, -4),
            textcoords="offset points",
            fontsize=9,
            color=GREY,
            va="top",
        )


def _mark_exact(ax: Axes, kilobytes: float) -> None:
    ax.axvline(kilobytes, color=GREY, linewidth=1, linestyle=":")
    ax.annotate(
        "exact",
        (kilobytes, 0.96),
        (-6, 0),
        xycoords=ax.get_xaxis_transform(),
        textcoords="offset points",
        fontsize=9,
        color=GREY,
        ha="right",
    )


def _scale(ax: Axes, sizes: list[int]) -> None:
    """A logarithmic axis with ticks in plain numbers."""
    from matplotlib.ticker import LogLocator

    least, most = min(sizes) / 1000, max(sizes) / 1000
    ax.set_xscale("log")
    ax.set_xlim(least / 1.12, most * 1.2)
    subs = TICKS_OF_SHORT if most < SHORT * least else TICKS
    ax.xaxis.set_major_locator(LogLocator(subs=subs))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.minorticks_off()
