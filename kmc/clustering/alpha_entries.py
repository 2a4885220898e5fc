"""Which entries of a palette are to be opaque: clusters taken apart, and entries given up again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc.core import _core

Floats = NDArray[np.float64]

# Rows of costs that are computed at a time.
_ROWS = 256


class Parts(NamedTuple):
    """The opaque parts of some clusters, or their other parts: means (n, 4), weights (n,)."""

    means: Floats
    weights: Floats


def parts(
    colors: Iterable[tuple[NDArray[np.int16], NDArray[np.int64], NDArray[Any]]], k: int
) -> Parts:
    """The means of some colours by cluster, in levels, empty ones left out.

    Of colours come their coordinates, weights and labels below k, some of them at a time.
    """
    weight, sums = np.zeros(k), np.zeros((k, 4))  # of whole numbers below 2**53, and so exact
    for coordinates, weights, labels in colors:
        heavy = weights.astype(np.float64)
        weight += np.bincount(labels, heavy, k)
        for c in range(4):
            sums[:, c] += np.bincount(labels, heavy * coordinates[:, c], k)
    some = weight > 0
    return Parts(sums[some] / weight[some, None] / 64, weight[some])


def chosen(soft: Parts, opaque: Parts, still: Floats, k: int) -> tuple[Floats, Floats]:
    """At most k of these means, soft ones and opaque ones, to be entries beside those that stay.

    The entry that is missed least is given up, and merged with the one that serves its colours for
    it, until k are left. Opaque colours are only served by opaque entries, which soft ones do not
    draw to them.
    """
    watch = _core.watch()
    n = len(soft.means) + len(opaque.means)
    means = np.concatenate((soft.means, opaque.means, still))
    weights = np.concatenate((soft.weights, opaque.weights, np.full(len(still), np.inf)))
    solid = means[:, 3] == 0
    solid[: len(soft.means)] = False
    left = np.ones(len(means), bool)
    cost, server = np.empty(n), np.empty(n, np.intp)

    def look(which: NDArray[np.intp]) -> None:
        """Finds the cheapest server of each of these entries."""
        for begin in range(0, len(which), _ROWS):
            rows = which[begin : begin + _ROWS]
            missed = _missed(means, weights, solid, rows, np.arange(len(means)))
            watch.look()
            missed[:, ~left] = np.inf
            missed[np.arange(len(rows)), rows] = np.inf
            server[rows] = missed.argmin(axis=1)
            cost[rows] = missed[np.arange(len(rows)), server[rows]]

    if n > k:
        look(np.arange(n))
    # Ends after n - k entries are given up.
    for _ in range(n - k):
        gone = int(cost.argmin())
        if cost[gone] == np.inf:
            break
        to = int(server[gone])
        left[gone], cost[gone] = False, np.inf
        if solid[gone] == solid[to] and to < n:
            both = weights[gone] + weights[to]
            means[to] = (weights[gone] * means[gone] + weights[to] * means[to]) / both
            weights[to] = both
        open_ = np.flatnonzero(left[:n])
        nearer = _missed(means, weights, solid, open_, np.array([to]))[:, 0]
        nearer[open_ == to] = np.inf
        better = (nearer < cost[open_]) | ((nearer == cost[open_]) & (to < server[open_]))
        cost[open_[better]], server[open_[better]] = nearer[better], to
        stale = (server == gone) | (server == to) | (np.arange(n) == to)
        look(np.flatnonzero(stale & left[:n]))
    own = left[:n]
    return means[:n][own & ~solid[:n]], means[:n][own & solid[:n]]


def _missed(
    means: Floats,
    weights: Floats,
    solid: NDArray[np.bool_],
    rows: NDArray[np.intp],
    servers: NDArray[np.intp],
) -> Floats:
    """What is lost where some entries are given up for some others, (rows, servers).

    Merged clusters of one kind meet between (Ward's criterion); others stay where they are.
    """
    square = np.zeros((len(rows), len(servers)))
    for c in range(4):
        square += np.square(means[rows, c][:, None] - means[servers, c])
    own, others = weights[rows][:, None], weights[servers]
    alike = solid[rows][:, None] == solid[servers]
    lost = np.where(alike, own / (1 + own / others), own) * square
    lost[solid[rows][:, None] & ~solid[servers]] = np.inf
    return lost
