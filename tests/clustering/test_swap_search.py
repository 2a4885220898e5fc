"""The swap search: never worse than its start, better with more kicks, the same in every way."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from engine import tree_of, ways
from hypothesis import given
from hypothesis import strategies as st
from reference_kmeans import label, points_of
from scenes import NAMED, PICTURES, photo, scattered

import kmc
from kmc import core

# What an error may grow by where centroids are rounded to 1/64 of a level, for a weight of 1.
ROUNDING = 3 / 128**2


def searched(tree, centroids, kicks, seed=0, threads=1, patience=1000):
    """A copy of the centroids after the search."""
    found = centroids.copy()
    tree.search(found, kicks, patience, seed, threads)
    return found


def error_of(tree, centroids):
    return tree.label(centroids, 1)[2]


@given(PICTURES, st.integers(1, 40), st.integers(0, 10**6), st.sampled_from([0, 1, 5, 30]))
def test_never_worse_than_the_start(picture, k, seed, kicks):
    tree, _, weights = tree_of(picture)
    start = tree.seed_random(min(k, len(tree)), seed, 1)
    found = searched(tree, start, kicks, seed)
    assert error_of(tree, found) <= error_of(tree, start) + ROUNDING * weights.sum()


@given(PICTURES, st.integers(2, 30), st.integers(0, 10**6))
def test_never_worse_from_anywhere(picture, k, seed):
    """Centroids between points, far from all, many in one place: clusters start empty."""
    tree, points, weights = tree_of(picture)
    start = np.zeros((min(k, len(tree)), 4))
    start[:, :3] = scattered((len(start), 3), 256, seed) // 64 * 64 * points.any(axis=0)[:3]
    found = searched(tree, start, 10, seed)
    assert np.isfinite(found).all()
    assert error_of(tree, found) <= error_of(tree, start) + ROUNDING * weights.sum()


@pytest.mark.parametrize("name", NAMED)
def test_leaves_no_more_error_than_lloyd_alone(name):
    """It moves centroids further than they move by themselves."""
    tree, _, _ = tree_of(NAMED[name])
    alone, helped = tree.seed_random(25, 5, 1), tree.seed_random(25, 5, 1)
    tree.lloyd(alone, 200, 1e-4, None, 1)
    helped = searched(tree, helped, 0)
    tree.lloyd(helped, 200, 1e-4, None, 1)
    assert error_of(tree, helped) <= 1.005 * error_of(tree, alone)


def test_finds_the_swap_that_lloyd_cannot():
    """Two centroids in one of three heaps and one between the others."""
    heaps = np.repeat(np.array([[20, 20, 20], [128, 240, 20], [240, 240, 120]]), 40, axis=0)
    tree, points, weights = tree_of((heaps + scattered((120, 3), 12)).astype(np.uint8)[None])
    start = np.array([[22.0, 22, 22, 0], [29, 29, 29, 0], [184, 240, 70, 0]])
    stuck = start.copy()
    tree.lloyd(stuck, 100, 0.01, None, 1)
    assert error_of(tree, stuck) > 100_000
    found = searched(tree, start, 0)
    assert label(points, weights, found)[2] < 120 * 3 * 16


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("k", [5, 20])
def test_more_kicks_are_never_worse(name, k):
    tree, _, _ = tree_of(NAMED[name])
    start = tree.seed_plusplus(k, 3, 1)
    errors = [error_of(tree, searched(tree, start, kicks, 8)) for kicks in (0, 3, 30, 200)]
    # The search keeps the lowest inertia before reassignment, which lowers each a little.
    for fewer, more in itertools.pairwise(errors):
        assert more <= 1.004 * fewer
    assert errors[-1] <= errors[0]


def test_patience_ends_a_search_that_no_longer_pays():
    tree, _, _ = tree_of(NAMED["grey photo"])
    start = tree.seed_plusplus(4, 0, 1)
    endless = searched(tree, start, 2**31 - 1, patience=20)
    assert error_of(tree, endless) <= error_of(tree, searched(tree, start, 0))


@pytest.mark.parametrize("name", ["photo", "few", "dense", "grey photo"])
def test_the_same_in_every_way(name):
    tree, _, _ = tree_of(NAMED[name])
    start = tree.seed_plusplus(24, 1, 1)
    expected = searched(tree, start, 12, 5)
    for _, threads in ways():
        np.testing.assert_array_equal(searched(tree, start, 12, 5, threads), expected)


def test_the_same_on_cells_in_every_way():
    tree = tree_of(photo(90, 100))[0].coarsen(700, 1)
    start = tree.seed_plusplus(60, 1, 1)
    expected = searched(tree, start, 40, 5)
    for _, threads in ways():
        np.testing.assert_array_equal(searched(tree, start, 40, 5, threads), expected)


def test_seeds_give_different_kicks():
    tree, _, _ = tree_of(NAMED["photo"])
    start = tree.seed_random(30, 1, 1)
    assert len({searched(tree, start, 20, seed).tobytes() for seed in range(5)}) > 1


@pytest.mark.parametrize("name", ["photo", "noise", "grey photo"])
def test_what_comes_out_are_means_of_clusters(name):
    tree, points, _ = tree_of(NAMED[name])
    found = searched(tree, tree.seed_random(12, 0, 1), 10)
    assert len(np.unique(found, axis=0)) == 12
    assert (found >= points.min(axis=0) / 64).all()
    assert (found <= points.max(axis=0) / 64).all()


@pytest.mark.parametrize("k", [1, 66])
def test_nothing_to_search(k):
    """One centroid has nowhere to go from; as many as points are already at them."""
    tree, _, _ = tree_of(NAMED["dense"])
    assert len(tree) == 66
    start = tree.seed_random(k, 0, 1)
    np.testing.assert_array_equal(searched(tree, start, 50), start)


def test_one_centroid_less_than_points():
    colors = np.arange(0, 250, 7, dtype=np.uint8)[:, None]
    tree = core.kmeans.tree(colors, None, 1)
    start = tree.seed_random(35, 0, 1)
    found = searched(tree, start, 100)
    assert label(points_of(colors), np.ones(36, int), found)[2] == 24.5  # one pair shares one


def test_large_weights():
    colors = np.unique(scattered((400, 3), 256).astype(np.uint8), axis=0)
    counted = kmc.Histogram(colors, 1 + scattered((len(colors),), 2**24))
    tree = core.kmeans.tree(counted.colors, counted.counts, 1)
    start = tree.seed_random(20, 0, 1)
    assert error_of(tree, searched(tree, start, 30)) < error_of(tree, start)


@pytest.mark.parametrize("seed", range(4))
def test_descends_to_the_end_where_every_swap_moves_all_points(seed):
    """Few clusters are all one neighbourhood: the arena fills and is tidied on the way."""
    tree, _, _ = tree_of(NAMED["photo"])
    found = searched(tree, np.repeat(tree.seed_random(1, seed, 1), 9, axis=0), 0)
    again = searched(tree, found, 0)
    assert error_of(tree, found) <= 1.05 * error_of(tree, again)
