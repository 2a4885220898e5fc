"""Slow, obvious nudges in NumPy, for so few points that they lie in one box."""

from __future__ import annotations

import itertools

import numpy as np
from reference_kmeans import ONE_LEVEL, Centroids, Points, Weights, nearest, rounded

MARGIN = 2 * ONE_LEVEL
MOST_SWEEPS = 32

Choice = tuple[int, int, int, int]  # an entry and the square of its distance, then the second one


def choices(points: Points, entries: Points) -> list[Choice | tuple[int]]:
    """The nearest entry of each point, and the second one where that is about as near.

    >>> points, entries = np.array([[0], [300], [900]]), np.array([[0], [640]])
    >>> [[int(number) for number in choice] for choice in choices(points, entries)]
    [[0], [0, 90000, 1, 115600], [1]]
    """
    low, high = points.min(axis=0), points.max(axis=0)
    near = np.square(np.maximum(np.maximum(low - entries, entries - high), 0)).sum(axis=1)
    far = np.square(np.maximum(entries - low, high - entries)).sum(axis=1)
    left = np.flatnonzero(near <= far.min())
    found: list[Choice | tuple[int]] = []
    for point in points:
        distance = np.square(point - entries[left]).sum(axis=1)
        order = np.argsort(distance, kind="stable")
        one, two = order[0], order[min(1, len(order) - 1)]
        by = int(distance[two] - distance[one])
        if len(left) > 1 and by**2 < 4 * MARGIN**2 * int(distance[two]):
            found.append((left[one], distance[one], left[two], distance[two]))
        else:
            found.append((left[one],))
    return found


def account(
    points: Points, weights: Weights, choice: list[Choice | tuple[int]], entries: Points
) -> int:
    """The error of the points, each mapped to the nearer of its two entries."""
    pairs = np.array([(of[::2][0], of[::2][-1]) for of in choice])  # of one entry: itself twice
    distances = np.square(points[:, None] - entries[pairs]).sum(axis=2)
    return int(weights @ distances.min(axis=1))


def nudged(
    points: Points, weights: Weights, start: Centroids, channels: int, rounds: int, n_fixed: int = 0
) -> Centroids:
    """Entries at whole levels, moved by single levels while the account falls.

    >>> points, weights = np.array([[128, 0, 0, 0], [256, 0, 0, 0]]), np.array([1, 5])
    >>> nudged(points, weights, np.zeros((1, 4)), 1, 16)[:, 0].tolist()
    [4.0]
    """
    entries = rounded(start)
    for _ in range(rounds):
        choice = choices(points, entries)
        opened = np.ones(len(entries), bool)
        any_moved = False
        for _ in range(MOST_SWEEPS):
            moved = False
            for j in range(n_fixed, len(entries)):
                if opened[j] and nudge(points, weights, choice, entries, j, channels):
                    moved = True
                    beside = [of[::2] for of in choice if len(of) > 2 and j in of[::2]]
                    opened[[other for pair in beside for other in pair if other != j]] = True
                opened[j] = False
            any_moved |= moved
            if not moved:
                break
        if not any_moved:
            break
    return entries / ONE_LEVEL


def nudge(
    points: Points,
    weights: Weights,
    choice: list[Choice | tuple[int]],
    entries: Points,
    j: int,
    channels: int,
) -> bool:
    """Takes the step of one entry that lowers the account most, the first among equals."""
    least, best, before = account(points, weights, choice, entries), None, entries[j].copy()
    for z, y, x in itertools.product((-1, 0, 1), repeat=3):
        to = before + np.array([x, y, z, 0]) * ONE_LEVEL
        if (to[channels:] != before[channels:]).any():
            continue
        if (to[:3] < 0).any() or (to[:3] > 255 * ONE_LEVEL).any():
            continue
        entries[j] = to
        error = account(points, weights, choice, entries)
        if error < least:
            least, best = error, to
    entries[j] = before if best is None else best
    return best is not None


def single_steps(entries: Points, j: int) -> list[Points]:
    """The palettes in which entry j is one level off in one channel.

    >>> len(single_steps(np.array([[64, 64, 64, 0]]), 0))
    6
    """
    found = []
    for channel, by in itertools.product(range(3), (-ONE_LEVEL, ONE_LEVEL)):
        moved = entries.copy()
        moved[j, channel] += by
        found.append(moved)
    return found


def error_of(points: Points, weights: Weights, entries: Points) -> int:
    """The total error of a palette.

    >>> error_of(np.array([[64], [0]]), np.array([2, 3]), np.array([[64]]))
    12288
    """
    return int(weights @ nearest(points, entries)[1])
