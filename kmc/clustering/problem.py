"""The clustering problem: distinct colours with weights, to be represented by k palette colours.

k-means over the distinct colours, weighted by their pixel counts, has the same assignments, means
and inertia as k-means over the pixels, for less work.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.alpha import (
    AlphaTree,
    AnyTree,
    alpha_order,
    build_tree,
    expand_labels,
    merge_transparent,
    merge_values,
    with_positive_extremes,
)
from kmc.clustering.greyscale import best_greys
from kmc.clustering.importance import MAX_TOTAL_WEIGHT
from kmc.clustering.options import Options
from kmc.clustering.search import best_run
from kmc.clustering.weighted_colors import WeightedColors
from kmc.colors.spaces import SpaceName, coordinates, to_centroids, to_colors, to_rounded_colors
from kmc.errors import ArgumentError


class Clustering(NamedTuple):
    """A solution of the clustering problem.

    Attributes
    ----------
    colors : ndarray of uint8, shape (k, C)
        The palette.
    centroids : ndarray of float64, shape (k, C)
        The palette before rounding, in levels.
    counts : ndarray of int64, shape (k,)
        Number of pixels nearest to each palette colour.
    labels : ndarray of uint16, shape (n,)
        The nearest palette colour of every distinct colour.
    error : float
        Sum over the pixels of the squared distance to `colors`, in levels squared.
    inertia : float
        Weighted sum of the squared distances to `centroids`, in the colour space of the fit.
    n_iter, converged, history
        Number of Lloyd's iterations, whether they converged, and the inertia and the largest
        squared movement of a centroid in each.
    """

    colors: NDArray[np.uint8]
    centroids: NDArray[np.float64]
    counts: NDArray[np.int64]
    labels: NDArray[np.uint16]
    error: float
    inertia: float = 0.0
    n_iter: int = 0
    converged: bool = True
    history: list[tuple[float, float]] = []  # noqa: RUF012 (never changed in place)

    def reordered(self, entries: NDArray[np.intp]) -> Clustering:
        """The same clustering with palette entry ``entries[i]`` at position i."""
        positions = np.argsort(entries).astype(np.uint16)
        return self._replace(
            colors=self.colors[entries],
            centroids=self.centroids[entries],
            counts=self.counts[entries],
            labels=positions[self.labels],
        )


class _Palette(NamedTuple):
    """A palette before colours are assigned to it."""

    colors: NDArray[np.uint8]
    centroids: NDArray[np.float64] | None = None
    inertia: float = 0.0
    history: list[tuple[float, float]] = []  # noqa: RUF012 (never changed in place)
    converged: bool = True


class ClusteringProblem:
    """Weighted colours, prepared once and clustered for any number of palette colours.

    Fully transparent colours are merged into one.

    Parameters
    ----------
    given : WeightedColors
    options : Options
    """

    def __init__(self, given: WeightedColors, options: Options) -> None:
        channels = given.colors.shape[1]
        self.options = _with_channels(channels, options)
        self.visible: NDArray[np.bool_] | None = None
        if channels == 4:
            given, self.visible = _with_transparent_merged(given)
        self.given = given
        self._tree: AnyTree | None = None

    @property
    def tree(self) -> AnyTree:
        """The colours weighted by their counts, built when first used."""
        if self._tree is None:
            self._tree = _checked_tree(self.given.colors, self.given.counts, self.options)
        return self._tree

    def solve(self, k: int) -> Clustering:
        """Find a palette of k colours; with alpha, transparent entries come first, opaque last."""
        found = self._solve(self.options.with_colors(k))
        if self.visible is None:
            return found
        n_fixed = self.options.n_fixed
        found = _without_duplicates(found, n_fixed, self.options.space)
        adaptive = n_fixed + alpha_order(found.colors[n_fixed:])
        found = found.reordered(np.concatenate((np.arange(n_fixed), adaptive)))
        return found._replace(labels=expand_labels(found.labels, self.visible))

    def _solve(self, options: Options) -> Clustering:
        given = self.given
        n_free = options.k - options.n_fixed
        if len(given.colors) <= n_free and not options.n_fixed:
            labels = np.arange(len(given.colors)).astype(np.uint16)
            return Clustering(
                given.colors, given.colors.astype(np.float64), given.counts, labels, 0.0
            )
        found = self._palette(options, n_free)
        centroids = found.colors if found.centroids is None else found.centroids
        labels, counts, error = self._assigned(found.colors, options)
        return Clustering(
            found.colors,
            centroids.astype(np.float64),
            counts,
            labels,
            error,
            found.inertia,
            len(found.history),
            found.converged,
            found.history,
        )

    def _palette(self, options: Options, n_free: int) -> _Palette:
        colors, counts, weights = self.given
        others = _without(colors, options.fixed)
        if len(others) <= n_free:
            return _Palette(np.concatenate((options.fixed, others)))
        if weights is None:
            return _clustered(colors, counts, self.tree, options)
        return self._palette_by_weight(weights, options)

    def _palette_by_weight(self, weights: NDArray[np.int64], options: Options) -> _Palette:
        """The palette for weights that are not the pixel counts.

        If every colour of positive weight can have its own entry, it gets one, and the other
        colours, weighted by their counts, determine the remaining entries.
        """
        colors, counts, _ = self.given
        has_weight = weights > 0
        distinct = colors[has_weight]
        others = _without(distinct, options.fixed)
        if len(others) > options.k - options.n_fixed:
            tree = _checked_tree(distinct, weights[has_weight], options)
            return _clustered(distinct, weights[has_weight], tree, options)
        init = options.init if isinstance(options.init, str) else "k-means++"
        kept = replace(options, fixed=np.concatenate((options.fixed, others)), init=init)
        return _clustered(colors, counts, self.tree, kept)

    def _assigned(
        self, palette: NDArray[np.uint8], options: Options
    ) -> tuple[NDArray[np.uint16], NDArray[np.int64], float]:
        """The label of every colour, the pixel count of every entry, the total squared error."""
        space, threads = options.space, options.threads
        labels, counts, error = self.tree.label(to_centroids(palette, space), threads)
        if space != "rgb":
            error = core.colors.color_error(
                self.given.colors, self.given.counts, palette, labels, threads
            )
        return labels, counts, error


def _without_duplicates(found: Clustering, n_fixed: int, space: SpaceName) -> Clustering:
    """The clustering without entries that have the coordinates of an earlier one.

    Nearly transparent colours can differ and yet have the same premultiplied coordinates: the first
    of such entries represents them all.
    """
    if found.counts.all():
        return found
    _, first = np.unique(coordinates(found.colors, space), axis=0, return_index=True)
    kept = np.arange(len(found.colors)) < n_fixed
    kept[first] = True
    places = (np.cumsum(kept) - 1).astype(np.uint16)
    return found._replace(
        colors=found.colors[kept],
        centroids=found.centroids[kept],
        counts=found.counts[kept],
        labels=places[found.labels],
    )


def _with_transparent_merged(
    given: WeightedColors,
) -> tuple[WeightedColors, NDArray[np.bool_]]:
    colors, visible = merge_transparent(given.colors)
    weights = given.weights
    if weights is not None:
        weights = with_positive_extremes(colors, merge_values(weights, visible))
    return WeightedColors(colors, merge_values(given.counts, visible), weights), visible


def _checked_tree(
    colors: NDArray[np.uint8], weights: NDArray[np.int64], options: Options
) -> AnyTree:
    total = int(weights.sum())
    if total > MAX_TOTAL_WEIGHT:
        raise ArgumentError(f"at most {MAX_TOTAL_WEIGHT} pixels can be clustered, not {total}")
    return build_tree(colors, weights, options.space, options.threads, options.fixed)


def _with_channels(channels: int, options: Options) -> Options:
    """The options with `init` and `fixed` in the channels of the image."""
    if not options.n_fixed:
        options = replace(options, fixed=np.zeros((0, channels), np.uint8))
    for name, colors in (("init", options.init), ("fixed", options.fixed)):
        if isinstance(colors, str):
            continue
        if (colors.shape[1], channels) == (3, 4):
            opaque: Any = {name: np.insert(colors, 3, 255, axis=1)}
            options = replace(options, **opaque)
        elif colors.shape[1] != channels:
            raise ArgumentError(
                f"{name} must have as many channels as the image, {channels}, not {colors.shape[1]}"
            )
    return options


def _without(colors: NDArray[np.uint8], fixed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The colours that are not among the fixed ones."""
    if not len(fixed):
        return colors
    digits = 256 ** np.arange(colors.shape[1])
    return colors[~np.isin(colors @ digits, fixed @ digits)]


def _clustered(
    colors: NDArray[np.uint8], weights: NDArray[np.int64], tree: AnyTree, options: Options
) -> _Palette:
    """k-means on weighted colours, of which there are more than palette entries."""
    weighted_tree, space = tree, options.space
    if options.weights == "uniform":
        tree = build_tree(colors, None, space, options.threads, options.fixed)
    if options.k == options.n_fixed:
        _, _, error = tree.label(to_centroids(options.fixed, space), options.threads)
        return _Palette(options.fixed, inertia=error)
    greys, start = best_greys(tree, options) or (None, None)
    centroids, history, converged = best_run(tree, options, start)
    means = to_colors(centroids, colors.shape[1], space)
    # The conversion to coordinates and back is inexact for nearly transparent colours.
    means[: options.n_fixed] = options.fixed
    if greys is None:
        greys = _rounded(weighted_tree, tree, colors, weights, means, options)
    return _Palette(greys, means, history[-1][0], history, converged)


def _rounded(
    weighted_tree: AnyTree,
    tree: AnyTree,
    colors: NDArray[np.uint8],
    weights: NDArray[np.int64],
    means: NDArray[np.float64],
    options: Options,
) -> NDArray[np.uint8]:
    """Round centroids to distinct 8-bit colours, and refine them if the effort includes it."""

    def distinct(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return _distinct(weighted_tree, colors, weights, palette, options)

    return distinct(_refined(tree, distinct(np.floor(means + 0.5).astype(np.uint8)), options))


def _refined(tree: AnyTree, palette: NDArray[np.uint8], options: Options) -> NDArray[np.uint8]:
    """Move palette colours by single levels as long as the error falls.

    Only in rgb, since a level is not a fixed step in other spaces; and only without alpha, since
    translucent colours are assigned to opaque entries but must not move them.
    """
    if not options.effort.rounds or options.space != "rgb" or isinstance(tree, AlphaTree):
        return palette
    entries = to_centroids(palette)
    tree.nudge(entries, options.effort.rounds, options.threads, options.n_fixed)
    return to_rounded_colors(entries, palette.shape[1])


def _distinct(
    tree: AnyTree,
    colors: NDArray[np.uint8],
    weights: NDArray[np.int64],
    palette: NDArray[np.uint8],
    options: Options,
) -> NDArray[np.uint8]:
    """Replace duplicates in the palette by the colours with the largest error.

    The first of several equal entries stays. The others become the colours with the largest weight
    times squared distance; ties go to the first in order.
    """
    space = options.space
    digits = 256 ** np.arange(palette.shape[1])
    _, first = np.unique(palette @ digits, return_index=True)
    if len(first) < len(palette):
        # There are more colours than k, so enough of them have an error.
        duplicates = np.setdiff1d(np.arange(len(palette)), first)
        labels, _, _ = tree.label(to_centroids(palette, space), options.threads)
        difference = coordinates(colors, space).astype(np.int32)
        difference -= coordinates(palette, space)[labels]
        error = np.square(difference).sum(axis=1, dtype=np.int64) * weights
        palette[duplicates] = colors[np.argsort(-error, kind="stable")[: len(duplicates)]]
    return palette
