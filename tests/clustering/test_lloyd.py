"""Lloyd's iterations are bit for bit those of the slow twin; callbacks see and stop them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from engine import tree_of, ways
from hypothesis import given
from hypothesis import strategies as st
from reference_kmeans import lloyd, points_of
from scenes import NAMED, PICTURES, noise, scattered

import kmc
from kmc import core


def start_at(points, k, seed):
    """Centroids at points, twice the same ones, between points and far from all."""
    draws = scattered((k, 6), 1 << 20, seed)
    start = points[draws[:, 0] % len(points)] / 64
    kind = draws[:, 1] % 4
    start[kind == 1] = start[0]
    start[kind == 2] = draws[kind == 2, 2:] % 255000 / 1000
    start[:, 1:] *= points.any(axis=0)[1:]
    return start


def equals_twin(tree, points, weights, start, max_iter, tol, threads=1):
    centroids = start.copy()
    history, converged = tree.lloyd(centroids, max_iter, tol, None, threads)
    expected, expected_history, expected_converged = lloyd(points, weights, start, max_iter, tol)
    assert history == expected_history
    assert converged is expected_converged
    np.testing.assert_array_equal(centroids, expected)


@given(
    PICTURES,
    st.integers(1, 40),
    st.integers(0, 10**6),
    st.integers(1, 12),
    st.sampled_from([0, 1e-4, 0.5, 30]),
)
def test_equals_its_twin(picture, k, seed, max_iter, tol):
    tree, points, weights = tree_of(picture)
    start = start_at(points, min(k, len(tree)), seed)
    equals_twin(tree, points, weights, start, max_iter, tol)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("k", [1, 2, 3, 8, 16, 40])
def test_equals_its_twin_until_it_rests(name, k):
    tree, points, weights = tree_of(NAMED[name])
    start = start_at(points, min(k, len(tree)), k)
    equals_twin(tree, points, weights, start, 60, 1e-4)


def equals_twin_in_every_way(picture, k, max_iter):
    tree, points, weights = tree_of(picture)
    start = start_at(points, k, 1)
    expected, expected_history, _ = lloyd(points, weights, start, max_iter, 0)
    for _, threads in ways():
        centroids = start.copy()
        assert tree.lloyd(centroids, max_iter, 0, None, threads) == (expected_history, False)
        np.testing.assert_array_equal(centroids, expected)


@pytest.mark.parametrize("name", ["photo", "few", "grey photo"])
def test_equals_its_twin_in_every_way(name):
    equals_twin_in_every_way(NAMED[name], 21, 8)


def test_equals_its_twin_on_a_tree_large_enough_for_threads():
    picture = noise(270, 270)
    assert len(tree_of(picture)[0]) > 65_000
    equals_twin_in_every_way(picture, 40, 4)


def test_equals_its_twin_with_large_weights():
    colors = scattered((300, 1), 256)[:, 0].astype(np.uint8)[:, None]
    counted = kmc.Histogram(colors, 1 + scattered((300,), 2**24))
    tree = core.kmeans.tree(counted.colors, counted.counts, 1)
    points = points_of(counted.colors)
    equals_twin(tree, points, counted.counts, start_at(points, 12, 0), 30, 0)


def all_at(point, k):
    return np.repeat(np.array([[*point, 0.0]]), k, axis=0)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("k", [2, 9, 40])
def test_empty_clusters_take_the_worst_served_colours(name, k):
    tree, points, weights = tree_of(NAMED[name])
    k = min(k, len(tree))
    for point in ((0, 0, 0), (100, 100, 100), (255, 255, 255)):
        start = all_at(point, k) * points.any(axis=0)
        equals_twin(tree, points, weights, start, 5, 0)
        centroids = start.copy()
        tree.lloyd(centroids, 5, 0, None, 2)
        assert tree.label(centroids, 1)[1].min() > 0


def test_the_worst_served_by_weight_and_distance_then_by_order():
    colors, weights = np.array([[10], [12], [20], [30]], np.uint8), np.array([90, 100, 1, 4])
    tree = core.kmeans.tree(colors, weights, 1)
    centroids = all_at((11, 0, 0), 2)
    tree.lloyd(centroids, 1, 0, None, 1)
    assert centroids[1, 0] == 30  # 4 x 19 x 19, where 90 x 1, 100 x 1 and 1 x 81 are less
    tree = core.kmeans.tree(colors, np.array([1, 1, 1, 1]), 1)
    centroids = all_at((20, 0, 0), 3)
    tree.lloyd(centroids, 1, 0, None, 1)
    assert centroids[:, 0].tolist() == [16, 10, 30]  # both at distance 10: the first one first


def test_a_colour_alone_in_its_cluster_stays_there():
    """Those worst served are alone with centroids far off: the next worst goes to the empty one."""
    tree = core.kmeans.tree(np.array([[0], [100], [200], [201], [203]], np.uint8), None, 1)
    centroids = np.zeros((4, 4))
    centroids[:, 0] = 30, 130, 202, 202
    tree.lloyd(centroids, 1, 0, None, 1)
    assert centroids[:, 0].tolist() == [0, 100, 202, 200]


def test_clusters_stay_empty_when_every_colour_is_served_exactly():
    tree = core.kmeans.tree(np.array([[0], [100], [200]], np.uint8), None, 1)
    centroids = np.zeros((4, 4))
    centroids[:, 0] = 0, 100, 200, 200
    assert tree.lloyd(centroids, 9, 0.1, None, 1) == ([(0.0, 0.0)], True)
    assert centroids[:, 0].tolist() == [0, 100, 200, 200]


@pytest.mark.parametrize("name", NAMED)
def test_inertia_falls_with_every_iteration(name):
    tree, _, weights = tree_of(NAMED[name])
    centroids = tree.seed_random(20, 2, 1)
    history, _ = tree.lloyd(centroids, 50, 0, None, 1)
    errors = [error for error, _ in history]
    # Distances are to centroids rounded to 1/64: each iteration may lose that much, and no more.
    slack = weights.sum() * 3 / 128**2
    assert all(after <= before + slack for before, after in itertools.pairwise(errors))
    assert errors[-1] < errors[0]
    assert tree.label(centroids, 1)[2] <= errors[-1] + slack


@pytest.mark.parametrize("k", [1, 5, 20])
def test_without_a_tolerance_just_max_iter_iterations(k):
    tree, _, _ = tree_of(NAMED["grey gradient"])  # at rest long before the end
    for max_iter in (1, 2, 10, 100):
        centroids = tree.seed_random(k, 0, 1)
        history, converged = tree.lloyd(centroids, max_iter, 0, None, 1)
        assert len(history) == max_iter
        assert converged is False
    assert history[-1] == history[-2]
    assert history[-1][1] == 0


def test_ends_with_the_first_movement_under_the_tolerance():
    tree, _, _ = tree_of(NAMED["photo"])
    full, _ = tree.lloyd(tree.seed_random(16, 1, 1), 60, 0, None, 1)
    shifts = [shift for _, shift in full]
    for tol in (100, 1, 0.5, 0.05, *shifts[3:9]):
        history, converged = tree.lloyd(tree.seed_random(16, 1, 1), 60, tol, None, 1)
        under = [shift < tol for shift in shifts]
        expected = under.index(True) + 1 if any(under) else 60
        assert history == full[:expected]
        assert converged is any(under)


def test_a_single_cluster_is_at_the_mean_at_once():
    tree, points, weights = tree_of(NAMED["photo"])
    centroids = np.full((1, 4), 99.0)
    history, converged = tree.lloyd(centroids, 9, 1e-9, None, 1)
    mean = (points * weights[:, None]).sum(axis=0) / weights.sum() / 64
    np.testing.assert_allclose(centroids[0], mean, rtol=1e-14)
    assert (len(history), history[-1][1], converged) == (2, 0.0, True)


class Watcher:
    """Notes what it is called with, and answers what it is told to."""

    def __init__(self, answer=lambda iteration: None):
        self.calls, self.answer = [], answer

    def __call__(self, iteration, centroids, inertia, shift):
        self.calls.append((iteration, centroids, inertia, shift))
        return self.answer(iteration)


@pytest.mark.parametrize("name", ["photo", "grey photo"])
def test_the_callback_sees_every_iteration(name):
    tree, points, weights = tree_of(NAMED[name])
    start, watcher = tree.seed_random(7, 3, 1), Watcher()
    centroids = start.copy()
    history, _ = tree.lloyd(centroids, 12, 0, watcher, 2)
    assert [call[0] for call in watcher.calls] == list(range(1, 13))
    assert [call[2:] for call in watcher.calls] == history
    for iteration, seen, _, _ in watcher.calls:
        expected, _, _ = lloyd(points, weights, start, iteration, 0)
        np.testing.assert_array_equal(seen, expected[:, : tree.channels])
        assert seen.dtype == np.float64
    watcher.calls[-1][1][:] = 0  # a copy: what the callback does to it changes nothing
    assert centroids.any()


def test_changing_what_the_callback_is_given_changes_nothing():
    tree, _, _ = tree_of(NAMED["photo"])
    expected, other = tree.seed_random(7, 3, 1), tree.seed_random(7, 3, 1)
    tree.lloyd(expected, 12, 0, None, 1)
    tree.lloyd(other, 12, 0, lambda _, seen, *rest: seen.fill(0), 1)
    np.testing.assert_array_equal(other, expected)


@pytest.mark.parametrize("last", [1, 2, 5])
def test_false_ends_the_iterations(last):
    tree, points, weights = tree_of(NAMED["photo"])
    watcher = Watcher(lambda iteration: iteration < last)
    centroids = tree.seed_random(7, 3, 1)
    history, converged = tree.lloyd(centroids, 12, 0, watcher, 1)
    assert (len(history), len(watcher.calls), converged) == (last, last, False)
    expected, _, _ = lloyd(points, weights, tree.seed_random(7, 3, 1), last, 0)
    np.testing.assert_array_equal(centroids, expected)


@pytest.mark.parametrize("answer", [None, True, 0, "", [], "no"])
def test_nothing_but_false_ends_them(answer):
    tree, _, _ = tree_of(NAMED["photo"])
    history, _ = tree.lloyd(tree.seed_random(7, 3, 1), 5, 0, Watcher(lambda _: answer), 1)
    assert len(history) == 5


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_what_the_callback_raises_comes_out(error):
    def answer(iteration):
        if iteration == 3:
            raise error

    tree, _, _ = tree_of(NAMED["photo"])
    watcher = Watcher(answer)
    with pytest.raises(type(error)) as caught:
        tree.lloyd(tree.seed_random(7, 3, 1), 12, 0, watcher, 2)
    assert caught.value is error
    assert len(watcher.calls) == 3
    assert len(tree.lloyd(tree.seed_random(7, 3, 1), 12, 0, None, 2)[0]) == 12


def test_a_callback_may_quantize():
    counts = []
    tree, _, _ = tree_of(NAMED["photo"])
    tree.lloyd(
        tree.seed_random(7, 3, 1),
        3,
        0,
        lambda *_: counts.append(len(kmc.quantize(NAMED["few"], 5, threads=2).palette)),
        2,
    )
    assert counts == [5, 5, 5]
