"""Fixed colours stay exactly as they are, first and in their order; the rest adapt around them."""

from __future__ import annotations

import numpy as np
import pytest
from engine import tree_of, ways
from hypothesis import given
from hypothesis import strategies as st
from reference_kmeans import lloyd, rounded, seed_plusplus
from scenes import NAMED, PICTURES, noise, scattered

import kmc


def start_at(points, k, n_fixed, seed):
    """Centroids at points and between, some of them twice; the fixed ones at whole levels."""
    draws = scattered((k, 6), 1 << 20, seed)
    start = points[draws[:, 0] % len(points)] / 64
    start[draws[:, 1] % 4 == 1] = start[0]
    moved = draws[:, 1] % 4 == 2
    start[moved] = draws[moved, 2:] % 255000 / 1000
    start[:n_fixed] = draws[:n_fixed, 2:] % 256
    start[:, 1:] *= points.any(axis=0)[1:]
    return start


@given(PICTURES, st.integers(1, 30), st.integers(0, 30), st.integers(0, 10**6), st.integers(1, 9))
def test_iterations_equal_their_twin(picture, k, n_fixed, seed, max_iter):
    tree, points, weights = tree_of(picture)
    n_fixed = min(n_fixed, k)
    start = start_at(points, k, n_fixed, seed)
    centroids = start.copy()
    found = tree.lloyd(centroids, max_iter, 0.01, None, 1, n_fixed)
    expected, history, converged = lloyd(points, weights, start, max_iter, 0.01, n_fixed)
    assert found == (history, converged)
    np.testing.assert_array_equal(centroids, expected)
    np.testing.assert_array_equal(centroids[:n_fixed], start[:n_fixed])


def test_iterations_equal_their_twin_in_every_way():
    tree, points, weights = tree_of(noise(270, 270))
    start = start_at(points, 30, 7, 3)
    expected, history, _ = lloyd(points, weights, start, 3, 0, 7)
    for _, threads in ways():
        centroids = start.copy()
        assert tree.lloyd(centroids, 3, 0, None, threads, 7) == (history, False)
        np.testing.assert_array_equal(centroids, expected)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("n_fixed", [1, 5])
def test_empty_clusters_are_refilled_beside_fixed_ones(name, n_fixed):
    """The fixed ones serve all; what they serve worst goes to the others."""
    tree, points, weights = tree_of(NAMED[name])
    start = np.repeat(np.array([[9.0, 9, 9, 0]]), 12, axis=0) * points.any(axis=0)
    centroids = start.copy()
    history, _ = tree.lloyd(centroids, 6, 0, None, 1, n_fixed)
    expected, twin_history, _ = lloyd(points, weights, start, 6, 0, n_fixed)
    assert history == twin_history
    np.testing.assert_array_equal(centroids, expected)
    assert len(np.unique(centroids[n_fixed:], axis=0)) == 12 - n_fixed


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("n_fixed", [1, 2, 9])
def test_seeds_equal_their_twin(name, n_fixed):
    tree, points, weights = tree_of(NAMED[name])
    fixed = start_at(points, n_fixed, n_fixed, 4)
    for k in (n_fixed + 1, n_fixed + 11):
        found = tree.seed_plusplus(k, 5, 1, fixed)
        expected = seed_plusplus(points, weights, k, 5, rounded(fixed))
        np.testing.assert_array_equal(found, expected)


def test_seeds_where_the_fixed_ones_leave_no_error():
    tree, points, _ = tree_of(np.array([[1, 2, 3]], np.uint8))
    found = tree.seed_plusplus(5, 0, 1, points / 64)
    assert found[:, 0].tolist() == [1, 2, 3, 1, 1]


def test_no_more_can_be_fixed_than_there_are():
    tree, _, _ = tree_of(np.array([[1, 2, 3]], np.uint8))
    with pytest.raises(kmc.ArgumentError, match="3 of 2 centroids"):
        tree.lloyd(np.zeros((2, 4)), 1, 0, None, 1, 3)
    with pytest.raises(kmc.ArgumentError, match="k must be"):
        tree.seed_plusplus(6, 0, 1, np.zeros((2, 4)))
    with pytest.raises(kmc.ArgumentError, match="k must be"):
        tree.seed_plusplus(2, 0, 1, np.zeros((2, 4)))
