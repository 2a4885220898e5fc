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
from kmc.clustering.importance import check_clustered
from kmc.clustering.options import Callback, Options
from kmc.clustering.search import best_run
from kmc.clustering.weighted_colors import WeightedColors
from kmc.colors.chunks import chunks, looked_up, selected
from kmc.colors.spaces import (
    SpaceName,
    are_levels,
    coordinates,
    to_centroids,
    to_colors,
    to_rounded_colors,
)
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
            labels=looked_up(positions, self.labels),
        )


class _Palette(NamedTuple):
    """A palette before colours are assigned to it."""

    colors: NDArray[np.uint8]
    centroids: NDArray[np.float64] | None = None
    inertia: float = 0.0
    history: list[tuple[float, float]] = []  # noqa: RUF012 (never changed in place)
    converged: bool = True

    def scaled(self, factor: float) -> _Palette:
        """With the inertia multiplied by a factor."""
        history = [(inertia * factor, shift) for inertia, shift in self.history]
        return self._replace(inertia=self.inertia * factor, history=history)


class _Weighted(NamedTuple):
    """Colours with other weights than their counts, and their tree."""

    colors: NDArray[np.uint8]
    weights: NDArray[np.int64]
    tree: AnyTree


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
        # The labels of solutions are of its colours. Kept for targets alone, since it can be large.
        self.unmerged = None if options.goal is None else given
        self.visible: NDArray[np.bool_] | None = None
        if channels == 4:
            given, self.visible = _with_transparent_merged(given)
        # Where the colours lie, if it is not computed from case to case.
        self.places = _places(given.colors, options)
        # The inertia per unit of weight is reported as that per pixel, or unit of importance.
        self.per_weight = 1.0
        if options.weights == "balanced":
            assert self.places is not None
            given, self.per_weight = _with_balanced_weights(given, self.places, options.threads)
        self.given = given
        self._tree: AnyTree | None = None
        self._weighted: _Weighted | None = None

    @property
    def tree(self) -> AnyTree:
        """The colours weighted by their counts, built when first used."""
        if self._tree is None:
            self._tree = _checked_tree(
                self.given.colors, self.given.counts, self.options, self.places
            )
        return self._tree

    @property
    def weighted(self) -> _Weighted:
        """The colours whose weights are positive, built when first used."""
        if self._weighted is None:
            (colors, _, weights), places = self.given, self.places
            assert weights is not None
            has_weight = weights > 0
            if not has_weight.all():
                colors, weights = selected(colors, has_weight), selected(weights, has_weight)
                places = None if places is None else selected(places, has_weight)
            self._weighted = _Weighted(
                colors, weights, _checked_tree(colors, weights, self.options, places)
            )
        return self._weighted

    def places_of(self, colors: NDArray[np.uint8]) -> NDArray[np.int16] | None:
        """The coordinates of the colours, if they are those of the problem and known."""
        return self.places if colors is self.given.colors else None

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
        if len(given.colors) <= options.k and not options.n_fixed:
            labels = np.arange(len(given.colors)).astype(np.uint16)
            return Clustering(
                given.colors, given.colors.astype(np.float64), given.counts, labels, 0.0
            )
        found = self._palette(options)
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

    def _palette(self, options: Options) -> _Palette:
        colors, counts, weights = self.given
        others = _few_others(colors, options)
        if others is not None:
            return _Palette(np.concatenate((options.fixed, others)))
        if weights is None:
            return _clustered(colors, counts, self.tree, options)
        return self._palette_by_weight(options)

    def _palette_by_weight(self, options: Options) -> _Palette:
        """The palette for weights that are not the pixel counts.

        If every colour of positive weight can have its own entry, it gets one, and the other
        colours, weighted by their counts, determine the remaining entries.
        """
        weighted = self.weighted
        others = _few_others(weighted.colors, options)
        if others is None:
            reporting = replace(options, callback=_scaled(options.callback, self.per_weight))
            return _clustered(*weighted, reporting).scaled(self.per_weight)
        init = options.init if isinstance(options.init, str) else "k-means++"
        kept = replace(options, fixed=np.concatenate((options.fixed, others)), init=init)
        return _clustered(self.given.colors, self.given.counts, self.tree, kept)

    def _assigned(
        self, palette: NDArray[np.uint8], options: Options
    ) -> tuple[NDArray[np.uint16], NDArray[np.int64], float]:
        """The label of every colour, the pixel count of every entry, the total squared error."""
        colors, counts, _ = self.given
        space, threads = options.space, options.threads
        centroids = to_centroids(palette, space)
        if space == "rgb":
            return self.tree.label(centroids, threads)
        check_clustered(counts)
        labels, _, _ = self._any_tree().label(centroids, threads)
        return labels, *core.colors.color_error(colors, counts, palette, labels, threads)

    def _any_tree(self) -> AnyTree:
        """A tree of all colours, with any weights: labels do not depend on them."""
        weighted = self._weighted
        if self._tree is None and weighted and len(weighted.colors) == len(self.given.colors):
            return weighted.tree
        return self.tree


def _without_duplicates(found: Clustering, n_fixed: int, space: SpaceName) -> Clustering:
    """The clustering without entries that have the coordinates of an earlier one.

    Nearly transparent colours can differ and yet have the same coordinates: the first of such
    entries represents them all.
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
        labels=looked_up(places, found.labels),
    )


def _with_transparent_merged(
    given: WeightedColors,
) -> tuple[WeightedColors, NDArray[np.bool_]]:
    colors, visible = merge_transparent(given.colors)
    weights = given.weights
    if weights is not None:
        weights = with_positive_extremes(colors, merge_values(weights, visible))
    return WeightedColors(colors, merge_values(given.counts, visible), weights), visible


def _places(colors: NDArray[np.uint8], options: Options) -> NDArray[np.int16] | None:
    """Where colours lie, if balanced weights, or a tree that has them all, will need it."""
    channels, space = colors.shape[1], options.space
    if options.weights != "balanced" and (channels == 4 or are_levels(space, channels)):
        return None
    return coordinates(colors, space, options.threads)


def _with_balanced_weights(
    given: WeightedColors, places: NDArray[np.int16], threads: int
) -> tuple[WeightedColors, float]:
    from kmc.clustering.balance import balanced  # loaded late: of no use for other weights

    weights = given.counts if given.weights is None else given.weights
    check_clustered(weights)  # before they are multiplied
    found = balanced(places, weights, 4 if given.colors.shape[1] == 4 else 3, threads)
    return given._replace(weights=found), int(weights.sum()) / max(int(found.sum()), 1)


def _scaled(callback: Callback | None, factor: float) -> Callback | None:
    """The callback, called with the inertia multiplied by a factor."""
    if callback is None or factor == 1:
        return callback

    def scaled(iteration: int, centroids: NDArray[np.float64], inertia: float, shift: float) -> Any:
        return callback(iteration, centroids, inertia * factor, shift)

    return scaled


def _checked_tree(
    colors: NDArray[np.uint8],
    weights: NDArray[np.int64],
    options: Options,
    places: NDArray[np.int16] | None,
) -> AnyTree:
    check_clustered(weights)
    return build_tree(colors, weights, options.space, options.threads, options.fixed, places)


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


def _few_others(colors: NDArray[np.uint8], options: Options) -> NDArray[np.uint8] | None:
    """The colours that are not fixed, if there is an entry for each of them, or else None."""
    if len(colors) > options.k:
        return None
    if options.n_fixed:
        digits = 256 ** np.arange(colors.shape[1])
        colors = colors[~np.isin(colors @ digits, options.fixed @ digits)]
    return colors if len(colors) <= options.k - options.n_fixed else None


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
        worst = _worst(colors, weights, coordinates(palette, space), labels, space, len(duplicates))
        palette[duplicates] = colors[worst]
    return palette


def _worst(
    colors: NDArray[np.uint8],
    weights: NDArray[np.int64],
    entries: NDArray[np.int16],
    labels: NDArray[np.uint16],
    space: SpaceName,
    n: int,
) -> NDArray[np.intp]:
    """The n colours with the largest weight times squared distance, the first ones on ties."""
    found, errors = np.empty(0, np.intp), np.empty(0, np.int64)
    for part in chunks(len(colors)):
        difference = coordinates(colors[part], space).astype(np.int32) - entries[labels[part]]
        here = np.square(difference).sum(axis=1, dtype=np.int64) * weights[part]
        rows = np.flatnonzero(here > errors[-1]) if len(errors) == n else np.arange(len(here))
        found = np.concatenate((found, part.start + rows))
        errors = np.concatenate((errors, here[rows]))
        largest = np.argsort(-errors, kind="stable")[:n]
        found, errors = found[largest], errors[largest]
    return found
