"""k-means on colours with alpha: transparent, opaque and translucent colours in one palette.

All fully transparent pixels are one colour, (0, 0, 0, 0), and have a palette entry of their own,
which never moves. Opaque pixels are assigned to opaque entries only, and these are the means of
opaque pixels alone, so opaque colours are clustered as if nothing else were there. Translucent
pixels are assigned to the nearest entry of any kind, but move only the translucent ones.

With a single palette colour there is no such division: it is the mean of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.alpha_entries import ClusterMeans, agglomerate, cluster_means
from kmc.colors.chunks import assign_selected, chunks, looked_up, selected
from kmc.colors.spaces import (
    SpaceName,
    are_levels,
    coordinates,
    opaque_centroids,
    to_centroids,
)

Floats = NDArray[np.float64]
History = list[tuple[float, float]]

# Agglomeration compares every pair of entries, so its time is quadratic.
MAX_AGGLOMERATED = 4096

# The kinds of colours, by alpha, in the order of palettes.
TRANSPARENT, TRANSLUCENT, OPAQUE = range(3)

NO_CENTROIDS: Floats = np.empty((0, 4))
NO_CENTROIDS.setflags(write=False)


def merge_transparent(
    colors: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Merge all colours of alpha 0 into (0, 0, 0, 0).

    Parameters
    ----------
    colors : ndarray of uint8, shape (n, 4)
        Distinct, in Morton order, which is preserved.

    Returns
    -------
    merged : ndarray of uint8, shape (m, 4)
        The transparent colour first, if there is one.
    visible : ndarray of bool, shape (n,)
        Which of `colors` have another alpha.
    """
    visible = kinds_of(colors) != TRANSPARENT
    if visible.all():
        return colors, visible
    merged = selected(colors, visible, n_before=1)
    merged[0] = 0
    return merged, visible


def merge_values(values: NDArray[np.int64], visible: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The values of the colours that `merge_transparent` returns: those of alpha 0 are summed."""
    if visible.all():
        return values
    merged = selected(values, visible, n_before=1)
    merged[0] = values.sum() - merged[1:].sum()
    return merged


def expand_labels(labels: NDArray[np.uint16], visible: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """The labels of the colours before `merge_transparent`, from those after it."""
    if visible.all():
        return labels
    expanded = np.full(len(visible), labels[0])
    assign_selected(expanded, visible, labels[1:])
    return expanded


def label_colors(
    colors: NDArray[np.uint8],
    counts: NDArray[np.int64],
    palette: NDArray[np.uint8],
    centroids: Floats,
    space: SpaceName,
    threads: int,
) -> tuple[NDArray[np.uint16], float]:
    """The nearest centroid of every distinct colour, and the sum of squared distances.

    `palette`, (k, C), has the same entries opaque as `centroids`, (k, 4).
    """
    visible = None
    if colors.shape[1] == 4:
        colors, visible = merge_transparent(colors)
        counts = merge_values(counts, visible)
    labels, _, error = build_tree(colors, counts, space, threads, palette).label(centroids, threads)
    return labels if visible is None else expand_labels(labels, visible), error


def with_positive_extremes(
    colors: NDArray[np.uint8], weights: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Weights that give the palette at least one transparent and one opaque entry.

    Where all transparent colours, or all opaque ones, have weight 0, each of them gets weight 1.
    """
    kinds = kinds_of(colors)
    for kind in (TRANSPARENT, OPAQUE):
        extreme = kinds == kind
        if not any(weights[part][extreme[part]].any() for part in chunks(len(weights))):
            weights = np.where(extreme, 1, weights)
    return weights


def kinds_of(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Whether each colour (n, 4) is TRANSPARENT, TRANSLUCENT or OPAQUE."""
    kinds = np.empty(len(colors), np.uint8)
    for part in chunks(len(colors)):
        alpha = colors[part, 3]
        np.add(alpha > 0, alpha == 255, out=kinds[part], dtype=np.uint8)
    return kinds


def alpha_order(colors: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The order of entries in files: transparent ones first, opaque ones last, otherwise stable."""
    return np.argsort(kinds_of(colors), kind="stable")


def build_tree(
    colors: NDArray[np.uint8],
    weights: NDArray[np.int64] | None,
    space: SpaceName,
    threads: int,
    given: NDArray[np.uint8],
    places: NDArray[np.int16] | None = None,
) -> core.kmeans.Tree | AlphaTree:
    """Build the tree that k-means uses for distinct, weighted colours.

    Parameters
    ----------
    colors : ndarray of uint8, shape (n, C)
        In Morton order. At most one has alpha 0, the first.
    weights : ndarray of int64, shape (n,), optional
        By default 1 each.
    space : str
        The colour space of the distances.
    threads : int
    given : ndarray of uint8, shape (m, C)
        Palette entries known in advance. If one is not opaque, opaque colours must not be assigned
        to it, which takes an `AlphaTree`.
    places : ndarray of int16, shape (n, 4), optional
        The coordinates of the colours, where they are known.
    """
    if are_levels(space, colors.shape[1]):
        return core.kmeans.tree(colors, weights, threads)
    if colors.shape[1] < 4 or (_is_opaque(colors) and _is_opaque(given)):
        if places is None:
            places = coordinates(colors, space, threads)
        return core.kmeans.tree(colors, weights, threads, places)
    return AlphaTree(colors, weights, space, threads)


def _is_opaque(colors: NDArray[np.uint8]) -> bool:
    return all((colors[part, 3] == 255).all() for part in chunks(len(colors)))


class VisibleTree:
    """A tree of the visible colours, with one centroid reserved for the transparent ones.

    It has the methods of `core.kmeans.Tree`. The reserved centroid is the first one after the fixed
    ones, unless a fixed one has the same coordinates.
    """

    def __init__(self, tree: core.kmeans.Tree | None, reserved: Floats) -> None:
        self._tree = tree
        self.reserved = reserved  # (1, 4), or (0, 4) where nothing is transparent

    @property
    def tree(self) -> core.kmeans.Tree:
        assert self._tree is not None
        return self._tree

    def coarsen(self, min_cells: int, threads: int) -> VisibleTree:
        return VisibleTree(self.tree.coarsen(min_cells, threads), self.reserved)

    def seed_plusplus(
        self, k: int, seed: int, threads: int, fixed: Floats = NO_CENTROIDS
    ) -> Floats:
        given = fixed if self._is_reserved_in(fixed) else np.concatenate((fixed, self.reserved))
        if k <= len(given):
            return given[:k].copy()
        return self.tree.seed_plusplus(k, seed, threads, given)

    def seed_random(self, k: int, seed: int, threads: int) -> Floats:
        return self._seed(k, lambda n: self.tree.seed_random(n, seed, threads))

    def seed_split(self, k: int, threads: int) -> Floats:
        return self._seed(k, lambda n: self.tree.seed_split(n, threads))

    def search(
        self,
        centroids: Floats,
        kicks: int,
        patience: int,
        seed: int,
        threads: int,
        n_fixed: int = 0,
    ) -> None:
        n_stationary = self.reserve(centroids, n_fixed)
        if n_stationary < len(centroids):
            self.tree.search(centroids, kicks, patience, seed, threads, n_stationary)

    def reserve(self, centroids: Floats, n_fixed: int) -> int:
        """Turn the nearest free centroid into the reserved one; return how many cannot move."""
        if self._is_reserved_in(centroids[:n_fixed]):
            return n_fixed
        free = centroids[n_fixed:]
        nearest = np.square(free - self.reserved).sum(axis=1).argmin()
        free[nearest] = free[0]
        free[0] = self.reserved[0]
        return n_fixed + 1

    def _is_reserved_in(self, fixed: Floats) -> bool:
        return not len(self.reserved) or bool((fixed == self.reserved).all(axis=1).any())

    def _seed(self, k: int, seed: Callable[[int], Floats]) -> Floats:
        n = k - len(self.reserved)
        return np.concatenate((self.reserved, seed(n))) if n > 0 else self.reserved[:k].copy()


class AlphaTree(VisibleTree):
    """Separate trees of the transparent, the opaque and the translucent colours."""

    def __init__(
        self,
        colors: NDArray[np.uint8],
        weights: NDArray[np.int64] | None,
        space: SpaceName,
        threads: int,
    ) -> None:
        self.channels = 4
        self.space, self.threads = space, threads
        self.colors, self.weights = colors, weights
        self.kinds = kinds_of(colors)
        n_transparent = int(len(colors) > 0 and colors[0, 3] == 0)
        super().__init__(None, to_centroids(colors[:n_transparent], space))
        self.groups = {
            kind: self._tree_of(self.kinds == kind)
            for kind in (TRANSPARENT, TRANSLUCENT, OPAQUE)
            if (self.kinds == kind).any()
        }

    @property
    def tree(self) -> core.kmeans.Tree:
        """All visible colours in one tree, built when first used: `label` does without."""
        if self._tree is None:
            n_transparent = len(self.reserved)
            if OPAQUE in self.groups and TRANSLUCENT in self.groups:
                self._tree = self._tree_of(slice(n_transparent, None))
            else:
                self._tree = self.groups[max(self.groups)]
        return self._tree

    def _tree_of(self, group: NDArray[np.bool_] | slice) -> core.kmeans.Tree:
        """A tree of some of the colours; a slice is not copied."""
        colors, weights = self.colors, self.weights
        if isinstance(group, slice):
            colors, weights = colors[group], None if weights is None else weights[group]
        else:
            colors = selected(colors, group)
            weights = None if weights is None else selected(weights, group)
        places = coordinates(colors, self.space, self.threads)
        return core.kmeans.tree(colors, weights, self.threads, places)

    def __len__(self) -> int:
        return len(self.colors)

    def label(
        self, centroids: Floats, threads: int
    ) -> tuple[NDArray[np.uint16], NDArray[np.int64], float]:
        """The label of every colour, the weight of every cluster, and the total squared error."""
        k = len(centroids)
        labels, counts, total = np.empty(len(self), np.uint16), np.zeros(k, np.int64), 0.0
        opaque = np.flatnonzero(centroids[:, 3] == 0)
        for kind, tree in self.groups.items():
            ids = opaque if kind == OPAQUE and len(opaque) else np.arange(k)
            group_labels, weights, error = tree.label(centroids[ids], threads)
            if len(ids) < k:
                group_labels = looked_up(ids.astype(np.uint16), group_labels)
            assign_selected(labels, self.kinds == kind, group_labels)
            counts[ids] += weights
            total += error
        return labels, counts, total

    def lloyd(
        self,
        centroids: Floats,
        max_iter: int,
        tol: float,
        callback: Callable[..., Any] | None,
        threads: int,
        n_fixed: int = 0,
    ) -> tuple[History, bool]:
        """Run Lloyd's iterations in place, and return the history and whether they converged.

        The centroids end up in the order fixed, reserved, translucent, opaque.
        """
        if len(centroids) == len(self.reserved) and not n_fixed:
            everything = self._tree_of(slice(None))
            centroids[:] = everything.seed_random(1, 0, threads)
            return everything.lloyd(centroids, max_iter, tol, callback, threads)
        first_translucent, first_opaque = self._arrange(centroids, n_fixed, threads)
        history: History = []
        watch, converged = core.run.watch(), False
        # Ends after max_iter iterations, whether they improve anything or not.
        while len(history) < max_iter and not converged:
            if not history or history[-1][1] > 0:
                step = self._iterate(centroids, n_fixed, first_translucent, first_opaque, threads)
            history.append(step)
            converged = step[1] < tol
            if callback:
                watch.ask(callback, len(history), centroids.copy(), *step)
            if watch.look():
                break
        return history, converged

    def _arrange(self, centroids: Floats, n_fixed: int, threads: int) -> tuple[int, int]:
        """Divide the free centroids into translucent and opaque ones, in this order.

        A cluster with colours of both groups becomes two; then the cheapest merges bring the
        number back to what it was. Returns where the translucent and the opaque centroids begin.
        """
        first_translucent = self.reserve(centroids, n_fixed)
        stationary, free = centroids[:first_translucent], centroids[first_translucent:]
        fixed_opaque = stationary[stationary[:, 3] == 0]
        translucent = self._group_means(TRANSLUCENT, stationary, free, threads)
        opaque = self._group_means(OPAQUE, fixed_opaque, free, threads)
        if len(free) <= MAX_AGGLOMERATED:
            new_translucent, new_opaque = agglomerate(translucent, opaque, stationary, len(free))
        else:
            new_opaque = opaque.means[: len(free)]
            new_translucent = translucent.means[: len(free) - len(new_opaque)]
        # Left over where clusters were empty. Lloyd's iterations will refill them.
        n_empty = len(free) - len(new_translucent) - len(new_opaque)
        n_opaque_colors = len(self.groups[OPAQUE]) if OPAQUE in self.groups else 0
        n_more = min(n_empty, n_opaque_colors - len(new_opaque))
        empty = free[:n_empty]
        new_opaque = np.concatenate((new_opaque, opaque_centroids(empty[:n_more], self.space)))
        free[:] = np.concatenate((new_translucent, empty[n_more:], new_opaque))
        return first_translucent, len(centroids) - len(new_opaque)

    def _group_means(
        self, kind: int, stationary: Floats, free: Floats, threads: int
    ) -> ClusterMeans:
        """The means of the colours of a kind, by the free centroid that each is assigned to."""
        if kind not in self.groups or not len(free):
            return ClusterMeans(NO_CENTROIDS, np.empty(0))
        labels, _, _ = self.groups[kind].label(np.concatenate((stationary, free)), threads)
        return cluster_means(self._labelled_chunks(kind, labels, len(stationary)), len(free))

    def _labelled_chunks(
        self, kind: int, labels: NDArray[np.uint16], n_stationary: int
    ) -> Iterator[tuple[NDArray[np.int16], NDArray[np.int64], NDArray[np.intp]]]:
        """Coordinates, weights and labels, from 0, of the colours with a label not stationary.

        `labels` are those of the colours of the kind.
        """
        begin = 0
        for part in chunks(len(self)):
            rows = np.flatnonzero(self.kinds[part] == kind)
            of_rows = labels[begin : begin + len(rows)].astype(np.intp) - n_stationary
            begin += len(rows)
            rows, free_labels = rows[of_rows >= 0], of_rows[of_rows >= 0]
            places = coordinates(np.take(self.colors[part], rows, axis=0), self.space)
            ones = np.ones(len(rows), np.int64)
            weights = ones if self.weights is None else np.take(self.weights[part], rows)
            yield places, weights, free_labels

    def _iterate(
        self,
        centroids: Floats,
        n_fixed: int,
        first_translucent: int,
        first_opaque: int,
        threads: int,
    ) -> tuple[float, float]:
        """One iteration of the opaque centroids, then one of the translucent centroids."""
        fixed, opaque = centroids[:n_fixed], centroids[first_opaque:]
        fixed_opaque = fixed[fixed[:, 3] == 0]
        opaque_inertia, opaque_shift = self._step(OPAQUE, fixed_opaque, opaque, threads)
        stationary = np.concatenate((centroids[:first_translucent], opaque))
        translucent = centroids[first_translucent:first_opaque]
        inertia, shift = self._step(TRANSLUCENT, stationary, translucent, threads)
        return opaque_inertia + inertia, max(opaque_shift, shift)

    def _step(
        self, kind: int, stationary: Floats, free: Floats, threads: int
    ) -> tuple[float, float]:
        """One iteration over the colours of a kind; returns inertia and shift."""
        centroids = np.concatenate((stationary, free))
        if kind not in self.groups or not len(centroids):
            return 0.0, 0.0
        tree = self.groups[kind]
        history, _ = tree.lloyd(centroids, 1, 0.0, None, threads, len(stationary))
        free[:] = centroids[len(stationary) :]
        return history[0]


AnyTree = core.kmeans.Tree | AlphaTree
