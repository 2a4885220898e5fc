"""Pixels and centroids as points in the RGB cube."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.colors.arrays import rgb_colors
from kmc.cpu import thread_count
from kmc.errors import ArgumentError
from kmc.images.reading import ImageInput, as_pixels
from kmc.indexed_image import Palette
from kmc.mapping.remapping import remap
from kmc.plot.axes import GREY, drawing_axes, grouped
from kmc.utils.arguments import array, one_of, whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from kmc.indexed_image import IndexedImage

ColorBy = Literal["pixel", "cluster"]

GOLDEN = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio

SIZE = (6.4, 5.6)  # inches
VIEW = {"elev": 20, "azim": -60}


def clusters(
    image: ImageInput,
    centroids: Palette | IndexedImage | ArrayLike,
    before: Palette | ArrayLike | None = None,
    *,
    n_pixels: int = 4000,
    color_by: ColorBy = "pixel",
    ax: Axes | None = None,
) -> Axes:
    """Draw pixels and centroids as points in the RGB cube.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        The picture.
    centroids : Palette, IndexedImage or array_like of shape (k, C)
        The centroids, 0 to 255, drawn as filled dots.
    before : Palette or array_like of shape (k, C), optional
        The centroids of an earlier iteration, drawn as rings, with a line from each to where it
        has moved: a dot in the middle of its ring has not.
    n_pixels : int, default 4000
        How many pixels to draw at most: always the same, spread evenly over the picture.
    color_by : {"pixel", "cluster"}, default "pixel"
        Draw each pixel in its own colour, or in that of its nearest centroid.
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
        Centroids of another shape, an unknown `color_by`, or axes without three dimensions.
    MissingPackageError
        Matplotlib is not installed.

    Notes
    -----
    Grey pictures lie on the diagonal. Alpha is not drawn; pixels and centroids that are fully
    transparent are left out. The nearest centroid is that of the palette's colour space; of an
    array of centroids, the nearest in RGB.

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
    coloring = one_of("color_by", color_by, ("pixel", "cluster"))
    new, seen = _positions("centroids", centroids)
    old = None if before is None else _positions("before", before)[0]
    if old is not None and len(old) != len(new):
        raise ArgumentError(f"{len(new)} centroids cannot have been {len(old)} before")
    sampled = sample(pixels, whole("n_pixels", n_pixels, 1))
    shown = rgb_colors(sampled)
    colors = shown / 255
    if coloring == "cluster":
        colors = np.clip(new / 255, 0, 1)[_nearest(sampled, centroids, new, seen)]
    ax = drawing_axes(ax, SIZE, "3d")
    _draw(ax, shown, colors, new[seen], None if old is None else old[seen])
    total = pixels.shape[0] * pixels.shape[1]
    share = "all" if len(shown) == total else f"{grouped(len(shown))} of"
    ax.collections[0].set_label(f"{share} {grouped(total)} pixels")
    _set_axes_and_legend(ax)
    return ax


def sample(pixels: NDArray[np.uint8], most: int) -> NDArray[np.uint8]:
    """At most this many pixels, spread evenly over the picture; always the same ones.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, C)
    most : int

    Returns
    -------
    ndarray of uint8, shape (n, C)
        Without pixels that are fully transparent.

    Notes
    -----
    Positions are multiples of the golden ratio, modulo 1: they cover the picture evenly, and unlike
    equal steps never fall into the same columns again and again.
    """
    channels = pixels.shape[2]
    flat = pixels.reshape(-1, channels)
    if channels == 4:
        flat = flat[flat[:, 3] > 0]
    if len(flat) > most:
        turns = np.arange(most, dtype=np.uint64) * np.uint64(GOLDEN)  # wraps around, as it should
        positions = (turns >> np.uint64(11)).astype(np.float64) / 2**53
        flat = flat[(positions * len(flat)).astype(np.int64)]
    return flat


def _positions(name: str, given: Any) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Centroids as (k, 3), and which of them can be seen."""
    palette = getattr(given, "palette", given)
    values = array(name, getattr(palette, "centroids", palette), np.float64)
    if values.ndim != 2 or values.shape[1] not in (1, 3, 4):
        raise ArgumentError(f"{name} must have shape (k, C), not {values.shape}")
    seen = values[:, 3] > 0 if values.shape[1] == 4 else np.ones(len(values), bool)
    return np.repeat(values, 3, axis=1) if values.shape[1] == 1 else values[:, :3], seen


def _nearest(
    pixels: NDArray[np.uint8],
    given: Any,
    centroids: NDArray[np.float64],
    seen: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """The index of the nearest centroid of each pixel."""
    palette = getattr(given, "palette", given)
    if isinstance(palette, Palette) and palette.colors.shape[1] >= pixels.shape[1]:
        found = remap(pixels[None], palette.colors, palette.space, None, thread_count(None))
        return np.asarray(found.indices[0], np.intp)
    points, shown = rgb_colors(pixels).astype(np.float64), np.flatnonzero(seen)
    squares = (centroids[shown] ** 2).sum(axis=1)
    blocks = np.array_split(points, max(1, len(points) // 64))  # of few pixels: k may be large
    nearest = [(squares - 2 * block @ centroids[shown].T).argmin(axis=1) for block in blocks]
    return np.asarray(shown[np.concatenate(nearest)], np.intp)


def _draw(
    ax: Any,
    pixels: NDArray[np.uint8],
    colors: NDArray[np.float64],
    new: NDArray[np.float64],
    old: NDArray[np.float64] | None,
) -> None:
    from mpl_toolkits.mplot3d.art3d import Line3DCollection  # type: ignore[import-untyped]

    # By depth, matplotlib would put all pixels before a centroid or all behind it.
    ax.computed_zorder = False
    ax.scatter(*pixels.T, c=colors, s=7, alpha=0.55, linewidths=0, depthshade=False, zorder=1)
    size = 70 * min(1, max(0.2, (16 / len(new)) ** 0.5))  # smaller where there are many
    label = "centroids" if old is None else "centroids now"
    fill = np.clip(new / 255, 0, 1)
    style: dict[str, Any] = {"depthshade": False, "linewidths": 1}
    if old is not None:
        label_before = f"centroids before, {_largest_move(old, new)}"
        ring = {"facecolors": "none", "edgecolors": "black", "s": 3 * size, "zorder": 2}
        ax.scatter(*old.T, label=label_before, **ring, **style)
        moves = np.stack([old, new], axis=1)
        ax.add_collection3d(Line3DCollection(moves, colors="black", linewidths=1.2, zorder=3))
    ax.scatter(*new.T, s=size, c=fill, edgecolors="black", zorder=4, label=label, **style)


def _largest_move(old: NDArray[np.float64], new: NDArray[np.float64]) -> str:
    moves = np.sqrt(((new - old) ** 2).sum(axis=1))
    return f"up to {moves.max(initial=0):.1f} levels away"


def _set_axes_and_legend(ax: Any) -> None:
    """Axes of 0 to 255, and a legend in grey instead of the colour of one pixel."""
    for name, axis in zip(("red", "green", "blue"), "xyz", strict=True):
        limits = {f"{axis}lim": (0, 255), f"{axis}ticks": [0, 100, 200]}
        ax.set(**{f"{axis}label": f"{name} (levels)"}, **limits)
    ax.view_init(**VIEW)
    ax.set_box_aspect((1, 1, 1), zoom=0.95)
    legend = ax.legend(loc="upper left", frameon=False, fontsize=9)
    for handle in legend.legend_handles:
        handle.set_alpha(1)
    legend.legend_handles[0].set(facecolor=GREY, sizes=[18])
    for handle in legend.legend_handles[1:-1]:
        handle.set_sizes([90])
    legend.legend_handles[-1].set(facecolor=GREY, sizes=[40])
