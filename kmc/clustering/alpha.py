"""Colours with alpha: fully transparent, opaque and in between, each served as it must be.

All that is fully transparent is one colour, (0, 0, 0, 0), and has an entry of the palette to
itself, which stays. Opaque pixels are only served by opaque entries, and these only drawn by opaque
pixels: they are fitted as if nothing else were there. All other pixels go to whichever entry is
nearest, and draw those entries that are neither opaque nor fully transparent.

A palette of one colour cannot do that for a picture that is transparent here and opaque there: it
is the mean of everything. Two are enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.clustering.alpha_entries import Parts, chosen, parts
from kmc.colors.spaces import SpaceName, coordinates, opaque_places
from kmc.core import _core

Floats = NDArray[np.float64]
History = list[tuple[float, float]]

# Comparing all entries with all takes time proportional to the square of their number.
MOST_TAKEN_APART = 4096

# Noise has millions of colours: where a temporary array would be larger than they are themselves,
# so many are looked at at a time.
AT_ONCE = 1 << 16

NONE: Floats = np.empty((0, 4))
NONE.setflags(write=False)


def merged_transparent(
    colors: NDArray[np.uint8],
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Distinct colours with alpha, those of alpha 0 all as one, and which had another alpha.

    Parameters
    ----------
    colors : ndarray of uint8, shape (n, 4)
        In Morton order, which stays.
    """
    visible = colors[:, 3] != 0
    if visible.all():
        return colors, visible
    return np.concatenate((np.zeros((1, 4), np.uint8), selected(colors, visible))), visible


def selected(colors: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Those colours of four channels that a mask selects.

    As words they are selected many times as fast as by ``colors[mask]``, and without a list of
    their numbers.
    """
    words = np.ascontiguousarray(colors).view(np.uint32)[:, 0]
    return words[mask].view(np.uint8).reshape(-1, 4)


def gathered(values: NDArray[np.int64], visible: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Values of colours as those of the merged ones, added up for what is fully transparent."""
    if visible.all():
        return values
    return np.concatenate(([values[~visible].sum()], values[visible]))


def spread(values: NDArray[np.uint16], visible: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """And back: what is fully transparent all has the value of the merged colour."""
    if visible.all():
        return values
    found = np.full(len(visible), values[0])
    found[visible] = values[1:]
    return found


def serving_weights(colors: NDArray[np.uint8], weights: NDArray[np.int64]) -> NDArray[np.int64]:
    """Weights with which what is transparent, and what is opaque, has some entry to go to.

    Where all of a kind weighs nothing, each colour of it weighs 1.
    """
    weights = weights.copy()
    for alpha in (0, 255):
        kind = colors[:, 3] == alpha
        if not weights[kind].any():
            weights[kind] = 1
    return weights


def alpha_order(colors: NDArray[np.uint8]) -> NDArray[np.intp]:
    """The order that files want: fully transparent entries first, opaque ones last, else as given."""
    alpha = colors[:, 3]
    return np.argsort((alpha > 0).astype(np.int8) + (alpha == 255), kind="stable")


def tree_of(
    colors: NDArray[np.uint8],
    weights: NDArray[np.int64] | None,
    space: SpaceName,
    threads: int,
    given: NDArray[np.uint8],
) -> _core.Tree | AlphaTree:
    """Distinct colours in Morton order, where they lie in a space, as k-means works on them.

    Each weighs 1 where `weights` is None. Of those with alpha 0 there is one at most, the first.
    `given` are entries of the palette that are known, of as many channels: where one of them is not
    opaque, it has to be kept from opaque colours.
    """
    if space == "rgb" and colors.shape[1] < 4:
        return _core.tree(colors, weights, threads)
    if colors.shape[1] < 4 or ((colors[:, 3] == 255).all() and (given[:, 3] == 255).all()):
        return _core.tree(colors, weights, threads, coordinates(colors, space, threads))
    return AlphaTree(colors, weights, space, threads)


class Beside:
    """A tree of the colours that are not fully transparent, and the place of those that are.

    The methods are those of `_core.Tree`. Of the centroids, the first that is not fixed stays at
    that place.
    """

    def __init__(self, tree: _core.Tree | None, kept: Floats) -> None:
        self._tree = tree
        self.kept = kept  # (1, 4), or (0, 4) where nothing is transparent

    @property
    def tree(self) -> _core.Tree:
        assert self._tree is not None
        return self._tree

    def coarsen(self, least: int, threads: int) -> Beside:
        return Beside(self.tree.coarsen(least, threads), self.kept)

    def seed_plusplus(self, k: int, seed: int, threads: int, fixed: Floats = NONE) -> Floats:
        before = fixed if self._is_among(fixed) else np.concatenate((fixed, self.kept))
        if k <= len(before):
            return before[:k].copy()
        return self.tree.seed_plusplus(k, seed, threads, before)

    def seed_random(self, k: int, seed: int, threads: int) -> Floats:
        return self._behind(k, lambda k: self.tree.seed_random(k, seed, threads))

    def seed_split(self, k: int, threads: int) -> Floats:
        return self._behind(k, lambda k: self.tree.seed_split(k, threads))

    def search(
        self,
        centroids: Floats,
        kicks: int,
        patience: int,
        seed: int,
        threads: int,
        n_fixed: int = 0,
    ) -> None:
        still = self.keep(centroids, n_fixed)
        if still < len(centroids):
            self.tree.search(centroids, kicks, patience, seed, threads, still)

    def keep(self, centroids: Floats, n_fixed: int) -> int:
        """Brings the nearest centroid to the place that stays; returns how many stay in all."""
        if self._is_among(centroids[:n_fixed]):
            return n_fixed
        moving = centroids[n_fixed:]
        nearest = np.square(moving - self.kept).sum(axis=1).argmin()
        moving[nearest] = moving[0]
        moving[0] = self.kept[0]
        return n_fixed + 1

    def _is_among(self, fixed: Floats) -> bool:
        return not len(self.kept) or bool((fixed == self.kept).all(axis=1).any())

    def _behind(self, k: int, seeds: Callable[[int], Floats]) -> Floats:
        more = k - len(self.kept)
        return np.concatenate((self.kept, seeds(more))) if more > 0 else self.kept[:k].copy()


class AlphaTree(Beside):
    """Colours in trees by what may serve them: some of them, or of the entries, are not opaque."""

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
        alpha = colors[:, 3]
        kinds = {"clear": alpha == 0, "opaque": alpha == 255, "soft": (alpha > 0) & (alpha < 255)}
        super().__init__(None, coordinates(selected(colors, kinds["clear"]), space) / 64)
        self.parts = {
            name: (self._tree_of(mask, threads), mask) for name, mask in kinds.items() if mask.any()
        }

    @property
    def tree(self) -> _core.Tree:
        """The colours that are not fully transparent; not needed, and so not grown, for labels."""
        if self._tree is None:
            if "opaque" in self.parts and "soft" in self.parts:
                self._tree = self._tree_of(self.colors[:, 3] > 0, self.threads)
            else:
                served = next(name for name in ("soft", "opaque", "clear") if name in self.parts)
                self._tree = self.parts[served][0]
        return self._tree

    def _tree_of(self, mask: NDArray[np.bool_], threads: int) -> _core.Tree:
        colors = selected(self.colors, mask)
        weights = None if self.weights is None else self.weights[mask]
        return _core.tree(colors, weights, threads, coordinates(colors, self.space, threads))

    def __len__(self) -> int:
        return len(self.colors)

    def label(
        self, centroids: Floats, threads: int
    ) -> tuple[NDArray[np.uint16], NDArray[np.int64], float]:
        """The entry of every colour, the weight of each entry, the error in all."""
        k = len(centroids)
        labels, counts, error = np.empty(len(self), np.uint16), np.zeros(k, np.int64), 0.0
        opaque = np.flatnonzero(centroids[:, 3] == 0)
        for name, (tree, mask) in self.parts.items():
            ids = opaque if name == "opaque" and len(opaque) else np.arange(k)
            found, weights, lost = tree.label(centroids[ids], threads)
            labels[mask] = ids.astype(np.uint16)[found]
            counts[ids] += weights
            error += lost
        return labels, counts, error

    def lloyd(
        self,
        centroids: Floats,
        max_iter: int,
        tol: float,
        callback: Callable[..., Any] | None,
        threads: int,
        n_fixed: int = 0,
    ) -> tuple[History, bool]:
        """Iterates the centroids in place, in the order: fixed, fully transparent, soft, opaque."""
        if len(centroids) == len(self.kept) and not n_fixed:
            everything = self._tree_of(np.ones(len(self), bool), threads)
            centroids[:] = everything.seed_random(1, 0, threads)
            return everything.lloyd(centroids, max_iter, tol, callback, threads)
        first, last = self._arrange(centroids, n_fixed, threads)
        history: History = []
        watch, converged = _core.watch(), False
        # Ends after max_iter iterations, of which none has to improve anything.
        while len(history) < max_iter and not converged:
            if not history or history[-1][1] > 0:
                step = self._iterate(centroids, n_fixed, first, last, threads)
            history.append(step)
            converged = step[1] < tol
            if callback:
                watch.ask(callback, len(history), centroids.copy(), *step)
            if watch.look():
                break
        return history, converged

    def _arrange(self, centroids: Floats, n_fixed: int, threads: int) -> tuple[int, int]:
        """Decides which centroids become what; returns where the soft and the opaque ones begin.

        Clusters of both kinds are taken apart, and the entries that are missed least given up.
        """
        first = self.keep(centroids, n_fixed)
        still, moving = centroids[:first], centroids[first:]
        solid = still[still[:, 3] == 0]
        soft = self._parts("soft", still, moving, threads)
        opaque = self._parts("opaque", solid, moving, threads)
        if len(moving) <= MOST_TAKEN_APART:
            mild, hard = chosen(soft, opaque, still, len(moving))
        else:
            hard = opaque.means[: len(moving)]
            mild = soft.means[: len(moving) - len(hard)]
        # Clusters that were empty: Lloyd's iterations will fill them.
        spare = len(moving) - len(mild) - len(hard)
        n_opaque = len(self.parts["opaque"][0]) if "opaque" in self.parts else 0
        more = min(spare, n_opaque - len(hard))
        extra = moving[:spare]
        hard = np.concatenate((hard, opaque_places(extra[:more], self.space)))
        moving[:] = np.concatenate((mild, extra[more:], hard))
        return first, len(centroids) - len(hard)

    def _parts(self, part: str, still: Floats, moving: Floats, threads: int) -> Parts:
        """The colours of a part by the moving centroid they are nearest to."""
        if part not in self.parts or not len(moving):
            return Parts(NONE, np.empty(0))
        tree, mask = self.parts[part]
        labels, _, _ = tree.label(np.concatenate((still, moving)), threads)
        own = np.full(len(self), -1, np.int32)
        own[mask] = labels.astype(np.int32) - len(still)
        return parts(self._moved_by(own), len(moving))

    def _moved_by(
        self, labels: NDArray[np.int32]
    ) -> Iterator[tuple[NDArray[np.int16], NDArray[np.int64], NDArray[np.int32]]]:
        """The coordinates, weights and labels of the colours whose label is not below 0."""
        for start in range(0, len(self), AT_ONCE):
            _core.watch().look()
            rows = slice(start, start + AT_ONCE)
            mask = labels[rows] >= 0
            colors = selected(self.colors[rows], mask)
            ones = np.ones(len(colors), np.int64)
            weights = ones if self.weights is None else self.weights[rows][mask]
            yield coordinates(colors, self.space), weights, labels[rows][mask]

    def _iterate(
        self, centroids: Floats, n_fixed: int, first: int, last: int, threads: int
    ) -> tuple[float, float]:
        """One iteration of the opaque centroids, then one of the soft ones beside all others."""
        fixed, opaque = centroids[:n_fixed], centroids[last:]
        solid = fixed[fixed[:, 3] == 0]
        inertia, shift = self._step("opaque", solid, opaque, threads)
        still = np.concatenate((centroids[:first], opaque))
        more, moved = self._step("soft", still, centroids[first:last], threads)
        return inertia + more, max(shift, moved)

    def _step(self, part: str, still: Floats, moving: Floats, threads: int) -> tuple[float, float]:
        """One iteration over the colours of a part, with inertia and shift."""
        rows = np.concatenate((still, moving))
        if part not in self.parts or not len(rows):
            return 0.0, 0.0
        history, _ = self.parts[part][0].lloyd(rows, 1, 0.0, None, threads, len(still))
        moving[:] = rows[len(still) :]
        return history[0]


AnyTree = _core.Tree | AlphaTree
