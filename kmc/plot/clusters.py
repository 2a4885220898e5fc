"""Pixels in colour space, and the centroids moving among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.errors import ArgumentError
from kmc.images.reading import ImageInput, as_pixels
from kmc.plot.axes import GREY, drawing_axes, grouped
from kmc.utils.arguments import array, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kmc.indexed_image import IndexedImage
    from kmc.palette import Palette

GOLDEN = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio

SIZE = (6.4, 5.6)  # inches
VIEW = {"elev": 20, "azim": -60}


def clusters(
    image: ImageInput,
    centroids: Palette | IndexedImage | ArrayLike,
    before: Palette | ArrayLike | None = None,
    *,
    n_pixels: int = 4000,
    ax: Axes | None = None,
) -> Axes:
    """Draw pixels as points in colour space, each in its own colour, and centroids among them.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        The picture.
    centroids : Palette, IndexedImage or array_like of shape (k, C)
        The centroids, 0 to 255, drawn as filled triangles that point upwards.
    before : Palette or array_like of shape (k, C), optional
        Where each was an iteration earlier: hollow triangles that point downwards, with a line to
        where it went.
    n_pixels : int, default 4000
        How many pixels to draw at most: always the same, spread evenly over the picture.
    ax : mpl_toolkits.mplot3d.Axes3D, optional
        Where to draw; by default a new figure. ``figure.add_subplot(projection="3d")`` makes one.

    Returns
    -------
    mpl_toolkits.mplot3d.Axes3D

    Raises
    ------
    ImageError
        The picture cannot be read.
    ArgumentError, ArgumentTypeError
        Centroids of another shape, or axes without three dimensions.
    MissingPackageError
        Matplotlib is not installed.

    Notes
    -----
    Grey pictures lie on the diagonal. Alpha is left out, and with it pixels and centroids that are
    fully transparent.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> from matplotlib.figure import Figure
    >>> photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    >>> ax = Figure().add_subplot(projection="3d")
    >>> ax = kmc.plot.clusters(photo, kmc.fit(photo, 8), ax=ax)
    >>> ax.get_xlabel(), len(ax.collections)
    ('red (levels)', 2)
    """
    pixels = as_pixels(image)
    new, seen = _positions("centroids", centroids)
    old = None if before is None else _positions("before", before)[0]
    if old is not None and len(old) != len(new):
        raise ArgumentError(f"{len(new)} centroids cannot have been {len(old)} before")
    shown = sample(pixels, whole("n_pixels", n_pixels, 1))
    ax = drawing_axes(ax, SIZE, "3d")
    _draw(ax, shown, new[seen], None if old is None else old[seen])
    total = pixels.shape[0] * pixels.shape[1]
    share = "all" if len(shown) == total else f"{grouped(len(shown))} of"
    ax.collections[0].set_label(f"{share} {grouped(total)} pixels")
    _dress(ax, old is not None)
    return ax


def sample(pixels: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """At most so many pixels, spread evenly over the picture; always the same ones.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, C)
    most : int

    Returns
    -------
    ndarray of uint8, shape (n, 3)
        RGB; pixels that are fully transparent are left out.

    Notes
    -----
    Multiples of the golden ratio, modulo 1, say how far into the picture each one is: no stretch
    goes without, and unlike with equal steps no column is met again and again.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.plot.clusters import sample
    >>> sample(np.arange(100, dtype=np.uint8).reshape(10, 10, 1), 3)[:, 0].tolist()
    [0, 61, 23]
    """
    channels = pixels.shape[2]
    flat = pixels.reshape(-1, channels)
    if channels == 4:
        flat = flat[flat[:, 3] > 0]
    if len(flat) > most:
        turns = np.arange(most, dtype=np.uint64) * np.uint64(GOLDEN)  # wraps around, as it should
        places = (turns >> np.uint64(11)).astype(np.float64) / 2**53
        flat = flat[(places * len(flat)).astype(np.int64)]
    return np.repeat(flat, 3, axis=1) if channels == 1 else flat[:, :3]


def _positions(name: str, given: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Centroids as (k, 3), and which of them can be seen."""
    palette = getattr(given, "palette", given)
    values = array(name, getattr(palette, "centroids", palette), np.float64)
    if values.ndim != 2 or values.shape[1] not in (1, 3, 4):
        raise ArgumentError(f"{name} must have shape (k, C), not {values.shape}")
    seen = values[:, 3] > 0 if values.shape[1] == 4 else np.ones(len(values), bool)
    return np.repeat(values, 3, axis=1) if values.shape[1] == 1 else values[:, :3], seen


def _draw(
    ax: Any,
    pixels: NDArray[np.uint8],
    new: NDArray[np.float64],
    old: NDArray[np.float64] | None,
) -> None:
    from mpl_toolkits.mplot3d.art3d import Line3DCollection  # type: ignore[import-untyped]

    # By depth, matplotlib would put all pixels before a centroid or all behind it.
    ax.computed_zorder = False
    ax.scatter(*pixels.T, c=pixels / 255, s=7, alpha=0.55, linewidths=0, depthshade=False, zorder=1)
    size = 110 * min(1, max(0.2, (16 / len(new)) ** 0.5))  # smaller where there are many
    sign: dict[str, Any] = {"edgecolors": "black", "depthshade": False}
    sign["linewidths"] = 1 + size / 300
    if old is not None:
        moves = np.stack([old, new], axis=1)
        ax.add_collection3d(Line3DCollection(moves, colors="black", linewidths=1, zorder=2))
        label = "centroids before"
        ax.scatter(*old.T, marker="v", s=0.55 * size, c="white", zorder=3, label=label, **sign)
    label = "centroids" if old is None else "centroids now"
    fill = np.clip(new / 255, 0, 1)
    ax.scatter(*new.T, marker="^", s=size, c=fill, zorder=4, label=label, **sign)


def _dress(ax: Any, moved: bool) -> None:
    """Axes of 0 to 255, and a legend whose signs do not borrow the colour of one pixel."""
    for name, axis in zip(("red", "green", "blue"), "xyz", strict=True):
        limits = {f"{axis}lim": (0, 255), f"{axis}ticks": [0, 100, 200]}
        ax.set(**{f"{axis}label": f"{name} (levels)"}, **limits)
    ax.view_init(**VIEW)
    ax.set_box_aspect((1, 1, 1), zoom=0.95)
    legend = ax.legend(loc="upper left", frameon=False, fontsize=9)
    for sign in legend.legend_handles:
        sign.set_alpha(1)
    legend.legend_handles[0].set(facecolor=GREY, sizes=[18])
    legend.legend_handles[-1].set(facecolor=GREY, sizes=[70])
