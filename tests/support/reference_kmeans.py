"""A slow, obvious k-means over weighted points in NumPy: what the engine must equal, bit for bit.

Points are (n, 4) integers in 64ths of a level, channels a picture lacks being 0; weights are (n,)
integers; centroids are (k, 4) floats in levels, as the engine takes them. Everything is compared
with everything. Sums of floats run in a fixed order, that of the engine, so that not even the last
bit may differ.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from reference import morton_keys

ONE_LEVEL = 64
MAX_COORDINATE = 16383
TRIES = 3  # points that k-means++ draws for each centroid
MASK = (1 << 64) - 1
NONE = np.zeros((0, 4), np.int64)

Points = NDArray[np.int64]
Weights = NDArray[np.int64]
Centroids = NDArray[np.float64]
Boxes = list[tuple[int, int, int]]


def points_of(colors: NDArray[np.uint8]) -> Points:
    """Colours (n, C) as points.

    >>> points_of(np.array([[3], [255]], np.uint8)).tolist()
    [[192, 0, 0, 0], [16320, 0, 0, 0]]
    """
    points = np.zeros((len(colors), 4), np.int64)
    points[:, : colors.shape[1]] = colors
    return points * ONE_LEVEL


def rounded(centroids: Centroids) -> Points:
    """Centroids to whole coordinates, halves up, and none outside the range.

    >>> rounded(np.array([[1 / 128, 0.0078, -3.0, 300.0]])).tolist()
    [[1, 0, 0, 16383]]
    """
    return np.clip(np.floor(centroids * ONE_LEVEL + 0.5), 0, MAX_COORDINATE).astype(np.int64)


def nearest(points: Points, centroids: Points) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each point the centroid at the least squared distance, lowest on ties, and that distance.

    >>> two = np.array([[0, 0, 0, 0], [256, 0, 0, 0]])
    >>> [found.tolist() for found in nearest(points_of(np.array([[2], [3]])), two)]
    [[0, 1], [16384, 4096]]
    """
    labels = np.zeros(len(points), np.int64)
    least = np.full(len(points), np.iinfo(np.int64).max)
    for j, centroid in enumerate(centroids):
        distance = np.square(points - centroid).sum(axis=1)
        nearer = distance < least
        labels[nearer] = j
        least[nearer] = distance[nearer]
    return labels, least


def label(
    points: Points, weights: Weights, centroids: Centroids
) -> tuple[NDArray[np.int64], NDArray[np.int64], float]:
    """Labels of the points, weight of each centroid, squared error in levels.

    >>> label(points_of(np.array([[2], [9]])), np.array([5, 1]), np.array([[2.5, 0, 0, 0]]))[2]
    43.5
    """
    labels, distance = nearest(points, rounded(centroids))
    counts = np.zeros(len(centroids), np.int64)
    np.add.at(counts, labels, weights)
    return labels, counts, int((weights * distance).sum()) / ONE_LEVEL**2


def refill(labels: NDArray[np.int64], error: NDArray[np.int64], k: int, n_fixed: int = 0) -> None:
    """Gives each empty cluster, in order, the worst served point that is not alone in its cluster.

    Worst is by weight times squared distance, the first among equals; points without error stay.
    The clusters of fixed centroids may stay or become empty.

    >>> labels = np.array([0, 0, 2])
    >>> refill(labels, np.array([3, 4, 9]), 3)
    >>> labels.tolist()
    [0, 1, 2]
    """
    members = np.bincount(labels, minlength=k)
    empty = [j for j in np.flatnonzero(members == 0) if j >= n_fixed]
    for i in np.argsort(-error, kind="stable"):
        if not empty or error[i] == 0:
            return
        if members[labels[i]] > 1 or labels[i] < n_fixed:
            members[labels[i]] -= 1
            labels[i] = empty.pop(0)


def sums_of(
    points: Points, weights: Weights, labels: NDArray[np.int64], k: int
) -> tuple[Weights, Points]:
    """Weight of each cluster, and sum of its coordinates times their weights."""
    weight, sums = np.zeros(k, np.int64), np.zeros((k, 4), np.int64)
    np.add.at(weight, labels, weights)
    np.add.at(sums, labels, points * weights[:, None])
    return weight, sums


def inertia(
    points: Points, weights: Weights, weight: Weights, sums: Points, fixed: Points = NONE
) -> float:
    """Sum of w |x|^2 less the |S|^2 / W of every cluster, in levels squared.

    Less 2 c S - W |c|^2 for those about a fixed point c.
    """
    left = float(int((weights * np.square(points).sum(axis=1)).sum()))
    for j, (w, s) in enumerate(zip(weight.tolist(), sums.astype(np.float64).tolist(), strict=True)):
        if j < len(fixed):
            c = fixed[j].astype(np.float64).tolist()
            product = c[0] * s[0] + c[1] * s[1] + c[2] * s[2] + c[3] * s[3]
            square = c[0] * c[0] + c[1] * c[1] + c[2] * c[2] + c[3] * c[3]
            left -= 2 * product - float(w) * square
        elif w:
            left -= (s[0] * s[0] + s[1] * s[1] + s[2] * s[2] + s[3] * s[3]) / float(w)
    return left / ONE_LEVEL**2 if left > 0 else 0.0


def iterate(
    points: Points, weights: Weights, centroids: Centroids, n_fixed: int = 0
) -> tuple[Centroids, float, float]:
    """One of Lloyd's iterations: the new centroids, inertia about them, largest squared movement.

    The first n_fixed centroids do not move.

    >>> ramp = points_of(np.arange(4).reshape(4, 1))
    >>> means, error, shift = iterate(ramp, np.ones(4, int), np.array([[0.0] * 4, [1, 0, 0, 0]]))
    >>> means[:, 0].tolist(), error, shift
    ([0.0, 2.0], 2.0, 1.0)
    """
    k = len(centroids)
    labels, distance = nearest(points, rounded(centroids))
    refill(labels, weights * distance, k, n_fixed)
    weight, sums = sums_of(points, weights, labels, k)
    means, shift = centroids.copy(), 0.0
    for j in np.flatnonzero(weight):
        if j < n_fixed:
            continue
        means[j] = sums[j].astype(np.float64) / float(weight[j]) / ONE_LEVEL
        by = (means[j] - centroids[j]).tolist()
        shift = max(shift, by[0] * by[0] + by[1] * by[1] + by[2] * by[2] + by[3] * by[3])
    return means, inertia(points, weights, weight, sums, rounded(centroids[:n_fixed])), shift


def lloyd(
    points: Points,
    weights: Weights,
    centroids: Centroids,
    max_iter: int,
    tol: float,
    n_fixed: int = 0,
) -> tuple[Centroids, list[tuple[float, float]], bool]:
    """Iterations until the largest movement is under tol, or max_iter times; also the history."""
    history: list[tuple[float, float]] = []
    while len(history) < max_iter:
        centroids, error, shift = iterate(points, weights, centroids, n_fixed)
        history.append((error, shift))
        if shift < tol:
            return centroids, history, True
    return centroids, history, False


def ranks(points: Points, weights: Weights, boxes: Boxes, channels: int) -> NDArray[np.int64]:
    """How late the cells of the points part before each of them.

    The smallest cell that holds a point and the one before, as far as their box reaches, parts the
    earlier the more it weighs and the larger it is: four ranks are an octave.

    >>> points = points_of(np.array([[0], [1], [128]]))
    >>> ranks(points, np.array([1, 1, 2]), [(0, 3, 1)], 1).tolist()
    [-1, 243, 183]
    """
    keys = morton_keys((points // ONE_LEVEL).astype(np.uint8)).astype(np.int64)
    apart = [32 - int(x).bit_length() for x in keys[1:] ^ keys[:-1]]  # of four channels
    shared = [-1] + [bits // 4 * channels + bits % 4 for bits in apart]
    shift = max(int(weights.sum()).bit_length() - 31, 0)
    found = np.full(len(points), -1)
    for self, (begin, end, after) in enumerate(boxes):
        parts, child = list(range(begin, end)), self + 1
        if after != child:
            parts = []
            while child < after:
                parts.append(boxes[child][0])
                child = boxes[child][2]
        heavy = [int(weights[a:b].sum()) for a, b in itertools.pairwise([*parts, end])]
        heavy = [max(weight >> shift, 1) for weight in heavy]
        for i in range(1, len(parts)):
            bits, low, high = shared[parts[i]], i - 1, i + 1
            while low > 0 and shared[parts[low]] >= bits:
                low -= 1
            while high < len(parts) and shared[parts[high]] >= bits:
                high += 1
            halved = min(bits % channels, 3)
            sides = (4 * (min(channels, 3) - halved) + halved) * 4 ** (7 - bits // channels)
            fraction, octave = np.frexp(float(sum(heavy[low:high]) * sides))
            found[parts[i]] = 255 - 4 * (octave - 1) - int(8 * fraction - 4)
    return found


def cells(
    points: Points, weights: Weights, least: int, boxes: Boxes, channels: int = 3
) -> tuple[Points, Weights]:
    """Means and weights of the cells of the lowest rank that number `least`.

    >>> points = points_of(np.array([[0], [1], [128]]))
    >>> means, weights = cells(points, np.array([1, 1, 2]), 2, [(0, 3, 1)], 1)
    >>> means[:, 0].tolist(), weights.tolist()
    ([32, 8192], [2, 2])
    """
    rank = ranks(points, weights, boxes, channels)
    for limit in range(257):
        first = rank < limit
        if first.sum() >= least:
            break
    weight, sums = sums_of(points, weights, first.cumsum() - 1, int(first.sum()))
    return (sums + weight[:, None] // 2) // weight[:, None], weight


class SplitMix64:
    """The generator of random numbers.

    >>> hex(SplitMix64(0).next())
    '0xe220a8397b1dcdaf'
    """

    def __init__(self, seed: int) -> None:
        self.state = seed & MASK

    def next(self) -> int:
        """A number in [0, 2**64)."""
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, bound: int) -> int:
        """A number in [0, bound), each equally likely."""
        while (drawn := self.next()) < 2**64 % bound:
            pass
        return drawn % bound

    def index(self, weights: NDArray[np.int64]) -> int:
        """An index, drawn with probability proportional to its weight."""
        ends = np.cumsum(weights)
        return int(np.searchsorted(ends, self.below(int(ends[-1])), side="right"))


def seed_random(points: Points, weights: Weights, k: int, seed: int) -> Centroids:
    """k points, each drawn by weight from those that are left."""
    rng, left, drawn = SplitMix64(seed), weights.copy(), []
    for _ in range(k):
        drawn.append(rng.index(left))
        left[drawn[-1]] = 0
    return points[drawn] / ONE_LEVEL


def seed_plusplus(
    points: Points, weights: Weights, k: int, seed: int, fixed: Points = NONE
) -> Centroids:
    """Each centroid the best of a few points drawn by error, the first among equals.

    Behind those that are fixed, if there are any; without them the first is drawn by weight.
    """
    rng, total, shift = SplitMix64(seed), int(weights.sum()), 0
    chosen = list(fixed) if len(fixed) else [points[rng.index(weights)]]
    while total >> shift >= 2**31:
        shift += 1
    scaled = np.maximum(weights >> shift, 1)
    distance = np.min([np.square(points - point).sum(axis=1) for point in chosen], axis=0)
    while len(chosen) < k:
        outcomes = []
        for _ in range(TRIES):
            drawn = rng.index(scaled * distance)
            after = np.minimum(distance, np.square(points - points[drawn]).sum(axis=1))
            outcomes.append((int((scaled * after).sum()), drawn, after))
        _, drawn, distance = min(outcomes, key=lambda outcome: outcome[0])
        chosen.append(points[drawn])
    return np.array(chosen) / ONE_LEVEL
