"""Division of palette entries into translucent and opaque ones, by agglomerative clustering."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.colors.spaces import UNITS_PER_LEVEL

Floats = NDArray[np.float64]

# Rows of the cost matrix that are computed at a time.
_ROWS = 64


class ClusterMeans(NamedTuple):
    """The means (n, 4), in levels, and weights (n,) of clusters that are not empty."""

    means: Floats
    weights: Floats


def cluster_means(
    chunks: Iterable[tuple[NDArray[np.int16], NDArray[np.int64], NDArray[Any]]], k: int
) -> ClusterMeans:
    """The means of k clusters, without the empty ones.

    Each chunk has the coordinates (n, 4), weights (n,) and labels (n,) of some colours; labels are
    below k.
    """
    totals, sums = np.zeros(k), np.zeros((k, 4))  # integers below 2**53, and so exact
    for coordinates, weights, labels in chunks:
        floats = weights.astype(np.float64)
        totals += np.bincount(labels, floats, k)
        for c in range(4):
            sums[:, c] += np.bincount(labels, floats * coordinates[:, c], k)
    occupied = totals > 0
    means = sums[occupied] / totals[occupied, None] / UNITS_PER_LEVEL
    return ClusterMeans(means, totals[occupied])


def agglomerate(
    translucent: ClusterMeans, opaque: ClusterMeans, stationary: Floats, k: int
) -> tuple[Floats, Floats]:
    """Merge clusters, always the cheapest pair, until k are left.

    The cost of a merge is the increase of the squared error (Ward's criterion). Clusters may also
    be merged into the `stationary` centroids (m, 4), which do not count and do not move. An opaque
    cluster is merged into opaque centroids only. Where a translucent cluster is merged into an
    opaque one, the mean of the latter stays.

    Returns
    -------
    translucent, opaque : ndarray of float64, shape (n, 4)
        The means of the clusters that are left, at most k in all.
    """
    watch = core.run.watch()
    n = len(translucent.means) + len(opaque.means)
    means = np.concatenate((translucent.means, opaque.means, stationary))
    weights = np.concatenate(
        (translucent.weights, opaque.weights, np.full(len(stationary), np.inf))
    )
    is_opaque = means[:, 3] == 0
    is_opaque[: len(translucent.means)] = False
    active = np.ones(len(means), bool)
    cost, target = np.empty(n), np.empty(n, np.intp)

    def find_targets(clusters: NDArray[np.intp]) -> None:
        """Set the cheapest target of each of these clusters."""
        for begin in range(0, len(clusters), _ROWS):
            rows = clusters[begin : begin + _ROWS]
            watch.look()
            costs = _merge_costs(means, weights, is_opaque, rows, np.arange(len(means)))
            costs[:, ~active] = np.inf
            costs[np.arange(len(rows)), rows] = np.inf
            target[rows] = costs.argmin(axis=1)
            cost[rows] = costs[np.arange(len(rows)), target[rows]]

    if n > k:
        find_targets(np.arange(n))
    # Ends after n - k merges.
    for _ in range(n - k):
        watch.look()
        merged = int(cost.argmin())
        if cost[merged] == np.inf:
            break
        into = int(target[merged])
        active[merged], cost[merged] = False, np.inf
        if is_opaque[merged] == is_opaque[into] and into < n:
            total = weights[merged] + weights[into]
            means[into] = (weights[merged] * means[merged] + weights[into] * means[into]) / total
            weights[into] = total
        remaining = np.flatnonzero(active[:n])
        new_costs = _merge_costs(means, weights, is_opaque, remaining, np.array([into]))[:, 0]
        new_costs[remaining == into] = np.inf
        old_costs = cost[remaining]
        better = (new_costs < old_costs) | ((new_costs == old_costs) & (into < target[remaining]))
        cost[remaining[better]], target[remaining[better]] = new_costs[better], into
        outdated = (target == merged) | (target == into) | (np.arange(n) == into)
        find_targets(np.flatnonzero(outdated & active[:n]))
    left = active[:n]
    return means[:n][left & ~is_opaque[:n]], means[:n][left & is_opaque[:n]]


def _merge_costs(
    means: Floats,
    weights: Floats,
    is_opaque: NDArray[np.bool_],
    rows: NDArray[np.intp],
    targets: NDArray[np.intp],
) -> Floats:
    """The cost of merging each of `rows` into each of `targets`, (rows, targets).

    Two clusters of one kind get their common mean; otherwise the target stays where it is.
    """
    squared = np.zeros((len(rows), len(targets)))
    for c in range(4):
        squared += np.square(means[rows, c][:, None] - means[targets, c])
    row_weights, target_weights = weights[rows][:, None], weights[targets]
    same_kind = is_opaque[rows][:, None] == is_opaque[targets]
    moving = row_weights / (1 + row_weights / target_weights)
    costs = np.where(same_kind, moving, row_weights) * squared
    costs[is_opaque[rows][:, None] & ~is_opaque[targets]] = np.inf
    return costs
