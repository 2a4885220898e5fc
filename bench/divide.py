"""Published initialization methods and a search, in NumPy: to compare errors, not times.

All take distinct colours (n, 3) with their weights (n,) and return (k, 3) centroids.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Weights = NDArray[np.int64]
Cut = Callable[[Floats, Weights], NDArray[np.bool_]]

# Wu counts colours by their five upper bits.
LEVELS, SHIFT = 32, 3


def inertia(colors: Floats, weights: Weights) -> float:
    """The sum of weighted squared distances to the mean."""
    mean = np.average(colors, axis=0, weights=weights)
    return float(weights @ np.square(colors - mean).sum(axis=1))


def divided(colors: Floats, weights: Weights, k: int, cut: Cut) -> Floats:
    """The means of k clusters, made by repeatedly splitting the one with the largest inertia."""
    clusters = [np.arange(len(colors))]
    errors = [inertia(colors, weights)]
    while len(clusters) < k:
        worst = int(np.argmax(errors))
        members = clusters[worst]
        upper = cut(colors[members], weights[members])
        parts = [members[~upper], members[upper]]
        clusters[worst : worst + 1] = parts
        errors[worst : worst + 1] = [inertia(colors[part], weights[part]) for part in parts]
    return np.array([np.average(colors[c], axis=0, weights=weights[c]) for c in clusters])


def along_the_principal_axis(colors: Floats, weights: Weights) -> NDArray[np.bool_]:
    """PCA division: a cut at the mean, across the direction of the largest variance."""
    off = colors - np.average(colors, axis=0, weights=weights)
    _, axes = np.linalg.eigh((off * weights[:, None]).T @ off)
    beyond: NDArray[np.bool_] = off @ axes[:, -1] > 0
    return beyond


def across_a_channel(colors: Floats, weights: Weights) -> NDArray[np.bool_]:
    """Wu 1991: the cut across a channel, between levels of five bits, that lowers inertia most."""
    best, chosen = -1.0, np.zeros(len(colors), bool)
    for channel in range(3):
        level = colors[:, channel].astype(int) >> SHIFT
        count = np.cumsum(np.bincount(level, weights, LEVELS))
        sums = np.stack(
            [np.cumsum(np.bincount(level, weights * colors[:, c], LEVELS)) for c in range(3)]
        )
        inside = np.flatnonzero((count > 0) & (count < count[-1]))
        if not len(inside):
            continue
        lower = np.square(sums[:, inside]).sum(axis=0) / count[inside]
        rest = np.square(sums[:, -1:] - sums[:, inside]).sum(axis=0) / (count[-1] - count[inside])
        at = int(np.argmax(lower + rest))
        if lower[at] + rest[at] > best:
            best, chosen = float(lower[at] + rest[at]), level > inside[at]
    return chosen if best >= 0 else along_the_principal_axis(colors, weights)


def two_nearest(colors: Floats, centroids: Floats) -> tuple[NDArray[np.int64], Floats]:
    """The nearest centroid of every colour, and the squared distances to the nearest two."""
    labels, distances = np.empty(len(colors), np.int64), np.empty((len(colors), 2))
    squares = np.square(centroids).sum(axis=1)
    for begin in range(0, len(colors), 4096):
        part = slice(begin, begin + 4096)
        table = squares - 2 * (colors[part] @ centroids.T)
        labels[part] = table.argmin(axis=1)
        table.partition(1, axis=1)
        distances[part] = table[:, :2] + np.square(colors[part]).sum(axis=1, keepdims=True)
    return labels, distances


def breathe(
    colors: Floats,
    weights: Weights,
    centroids: Floats,
    settle: Callable[[Floats], tuple[Floats, float]],
    breaths: int = 5,
) -> Floats:
    """Breathing k-means (Fritzke 2020): add centroids where the error is largest, iterate, remove
    the least useful ones, iterate; fewer at a time once that no longer lowers the error."""
    k = len(centroids)
    centroids, least = settle(centroids)
    while breaths > 0:
        labels, distances = two_nearest(colors, centroids)
        error = np.bincount(labels, weights * distances[:, 0], k)
        spread = 0.01 * np.sqrt(least / weights.sum())
        fresh = centroids[np.argsort(-error, kind="stable")[:breaths]] + spread
        larger, _ = settle(np.concatenate((centroids, np.clip(fresh, 0, 255))))
        labels, distances = two_nearest(colors, larger)
        missed = np.bincount(labels, weights * (distances[:, 1] - distances[:, 0]), len(larger))
        tried, error_after = settle(np.delete(larger, np.argsort(missed)[:breaths], axis=0))
        if error_after < least * (1 - 1e-5):
            centroids, least = tried, error_after
        else:
            breaths -= 1
    return centroids
