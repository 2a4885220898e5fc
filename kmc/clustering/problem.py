"""The clustering problem: weighted distinct colours, and the k palette colours that serve them.

k-means over distinct colours weighted by their pixel counts is k-means over the pixels: the same
assignments, the same means, the same inertia, for less work.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
from kmc.colors.spaces import coordinates, to_centroids, to_colors, to_rounded_colors
from kmc.core import _core
from kmc.errors import ArgumentError


class Clustering(NamedTuple):
    """A solution of the clustering problem.

    Attributes
    ----------
    colors : ndarray of uint8, shape (k, C)
        The palette as files store it.
    centroids : ndarray of float64, shape (k, C)
        Before rounding, in levels.
    counts : ndarray of int64, shape (k,)
        Pixels nearest to each palette colour.
    labels : ndarray of uint16, shape (n,)
        The nearest palette colour of every distinct colour.
    error : float
        Sum over the pixels of the squared distance to `colors`, in levels squared.
    inertia : float
        Weighted sum of the squared distances to `centroids`, in the colour space of the fit.
    n_iter, converged, history
        Lloyd's iterations: how many, whether the centroids came to rest, and the inertia and
        largest squared movement of each.
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
        """The same with palette entry ``entries[i]`` at place i."""
        places = np.argsort(entries).astype(np.uint16)
        return self._replace(
            colors=self.colors[entries],
            centroids=self.centroids[entries],
            counts=self.counts[entries],
            labels=places[self.labels],
        )


class _Palette(NamedTuple):
    """A palette that has been found, before colours are assigned to it."""

    colors: NDArray[np.uint8]
    centroids: NDArray[np.float64] | None = None
    inertia: float = 0.0
    history: list[tuple[float, float]] = []  # noqa: RUF012 (never changed in place)
    converged: bool = True


class ClusteringProblem:
    """Weighted colours prepared once, to be clustered with any number of palette colours.

    With alpha, all fully transparent colours are one.

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
        """The colours weighted by their counts; built when first needed."""
        if self._tree is None:
            self._tree = _checked_tree(self.given.colors, self.given.counts, self.options)
        return self._tree

    def solve(self, k: int) -> Clustering:
        """The best palette of k colours; with alpha, sorted as files want it."""
        found = self._solve(self.options.with_colors(k))
        if self.visible is None:
            return found
        n_fixed = self.options.n_fixed
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
        """The palette of colours that weigh something other than their counts.

        Where each colour of positive weight can have an entry of its own, it does, and all other
        colours share the entries that are left.
        """
        colors, counts, _ = self.given
        heavy = weights > 0
        distinct = colors[heavy]
        others = _without(distinct, options.fixed)
        if len(others) > options.k - options.n_fixed:
            tree = _checked_tree(distinct, weights[heavy], options)
            return _clustered(distinct, weights[heavy], tree, options)
        init = options.init if isinstance(options.init, str) else "k-means++"
        kept = replace(options, fixed=np.concatenate((options.fixed, others)), init=init)
        return _clustered(colors, counts, self.tree, kept)

    def _assigned(
        self, palette: NDArray[np.uint8], options: Options
    ) -> tuple[NDArray[np.uint16], NDArray[np.int64], float]:
        """Label of every colour, pixels of every palette colour, squared error in levels."""
        space, threads = options.space, options.threads
        labels, counts, error = self.tree.label(to_centroids(palette, space), threads)
        if space != "rgb":
            error = _core.color_error(
                self.given.colors, self.given.counts, palette, labels, threads
            )
        return labels, counts, error


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
        raise ArgumentError(f"at most {MAX_TOTAL_WEIGHT} pixels can be weighed, not {total}")
    return build_tree(colors, weights, options.space, options.threads, options.fixed)


def _with_channels(channels: int, options: Options) -> Options:
    """The options with `init` and `fixed` in as many channels as the image has."""
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
                f"{name} must have as many channels as the picture, {channels}, not "
                f"{colors.shape[1]}"
            )
    return options


def _without(colors: NDArray[np.uint8], fixed: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The colours that are not fixed."""
    if not len(fixed):
        return colors
    digits = 256 ** np.arange(colors.shape[1])
    return colors[~np.isin(colors @ digits, fixed @ digits)]


def _clustered(
    colors: NDArray[np.uint8], weights: NDArray[np.int64], tree: AnyTree, options: Options
) -> _Palette:
    """k-means on weighted colours, of which there are more than palette entries."""
    by_weight, space = tree, options.space
    if options.weights == "uniform":
        tree = build_tree(colors, None, space, options.threads, options.fixed)
    if options.k == options.n_fixed:
        _, _, error = tree.label(to_centroids(options.fixed, space), options.threads)
        return _Palette(options.fixed, inertia=error)
    greys, start = best_greys(tree, options) or (None, None)
    centroids, history, converged = best_run(tree, options, start)
    means = to_colors(centroids, colors.shape[1], space)
    # A nearly transparent colour does not survive the way to coordinates and back.
    means[: options.n_fixed] = options.fixed
    if greys is None:
        greys = _rounded(by_weight, tree, colors, weights, means, options)
    return _Palette(greys, means, history[-1][0], history, converged)


def _rounded(
    by_weight: AnyTree,
    tree: AnyTree,
    colors: NDArray[np.uint8],
    weights: NDArray[np.int64],
    means: NDArray[np.float64],
    options: Options,
) -> NDArray[np.uint8]:
    """Centroids rounded to distinct 8-bit colours, refined where the effort says so."""

    def distinct(palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return _distinct(by_weight, colors, weights, palette, options)

    return distinct(_nudged(tree, distinct(np.floor(means + 0.5).astype(np.uint8)), options))


def _nudged(tree: AnyTree, palette: NDArray[np.uint8], options: Options) -> NDArray[np.uint8]:
    """Palette colours moved by single levels while the error falls.

    Not in other spaces, where a level is no fixed step of the coordinates, and not with alpha,
    where opaque entries also serve colours that do not shape them.
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
    """The palette with duplicates replaced by the colours that it serves worst.

    Of equal entries the first stays; the others take, in turn, the colours with the largest weight
    times squared distance, the first in order among equals.
    """
    space = options.space
    digits = 256 ** np.arange(palette.shape[1])
    _, first = np.unique(palette @ digits, return_index=True)
    if len(first) < len(palette):
        # There are more colours than k, so enough of them have an error.
        duplicates = np.setdiff1d(np.arange(len(palette)), first)
        labels, _, _ = tree.label(to_centroids(palette, space), options.threads)
        off = coordinates(colors, space).astype(np.int32) - coordinates(palette, space)[labels]
        error = np.square(off).sum(axis=1, dtype=np.int64) * weights
        palette[duplicates] = colors[np.argsort(-error, kind="stable")[: len(duplicates)]]
    return palette
