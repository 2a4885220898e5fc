"""Seedings: each draws what its slow twin draws, distinct points all of them."""

from __future__ import annotations

import numpy as np
import pytest
from engine import tree_of, ways
from hypothesis import given
from hypothesis import strategies as st
from reference_kmeans import cells, label, points_of, seed_plusplus, seed_random
from scenes import NAMED, PICTURES, photo

import kmc
from kmc import core

SEEDS = st.one_of(st.integers(0, 50), st.integers(2**63, 2**64 - 1))
TWINS = {"seed_random": seed_random, "seed_plusplus": seed_plusplus}


@pytest.mark.parametrize("seeding", TWINS)
@given(picture=PICTURES, k=st.integers(1, 40), seed=SEEDS)
def test_draws_what_its_twin_draws(seeding, picture, k, seed):
    tree, points, weights = tree_of(picture)
    k = min(k, len(tree))
    expected = TWINS[seeding](points, weights, k, seed)
    np.testing.assert_array_equal(getattr(tree, seeding)(k, seed, 1), expected)


@pytest.mark.parametrize("seeding", TWINS)
@pytest.mark.parametrize("name", ["photo", "few", "grey photo"])
def test_draws_the_same_in_every_way(seeding, name):
    tree, points, weights = tree_of(NAMED[name])
    expected = TWINS[seeding](points, weights, 60, 11)
    for _, threads in ways():
        np.testing.assert_array_equal(getattr(tree, seeding)(60, 11, threads), expected)


@pytest.mark.parametrize("seeding", TWINS)
def test_draws_from_cells(seeding):
    tree, points, weights = tree_of(photo(90, 100))
    coarse = tree.coarsen(400, 1)
    expected = TWINS[seeding](*cells(points, weights, 400, core.kmeans._boxes(tree)), 50, 3)
    np.testing.assert_array_equal(getattr(coarse, seeding)(50, 3, 1), expected)


@pytest.mark.parametrize("seeding", TWINS)
def test_draws_with_heavy_weights(seeding):
    colors = np.arange(0, 256, 5, dtype=np.uint8)[:, None]
    weights = 1 + np.arange(52) ** 5
    weights[20] = 2**33 - 1 - weights.sum() + weights[20]
    tree = core.kmeans.tree(colors, weights, 1)
    expected = TWINS[seeding](points_of(colors), weights, 52, 9)
    np.testing.assert_array_equal(getattr(tree, seeding)(52, 9, 1), expected)


def every_seeding(tree, k, seed=0):
    return tree.seed_random(k, seed, 1), tree.seed_plusplus(k, seed, 1), tree.seed_split(k, 1)


@pytest.mark.parametrize("name", NAMED)
def test_as_many_as_there_are_points_are_all_points(name):
    tree, points, _ = tree_of(NAMED[name][:20, :20])
    expected = sorted(points.tolist())
    for centroids in every_seeding(tree, len(tree)):
        assert sorted((centroids * 64).tolist()) == expected


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("k", [1, 2, 5, 33])
def test_no_cluster_starts_empty(name, k):
    tree, points, weights = tree_of(NAMED[name])
    for centroids in every_seeding(tree, k, 4):
        assert centroids.shape == (k, 4)
        assert len(np.unique(centroids, axis=0)) == k
        labels, counts, _ = label(points, weights, centroids)
        assert set(labels.tolist()) == set(range(k))
        assert counts.min() > 0


@given(PICTURES, st.integers(1, 40))
def test_bisecting_splits_into_means(picture, k):
    tree, points, weights = tree_of(picture)
    k = min(k, len(tree))
    centroids = tree.seed_split(k, 1)
    assert len(np.unique(centroids, axis=0)) == k
    low, high = points.min(axis=0) / 64, points.max(axis=0) / 64
    assert ((centroids >= low) & (centroids <= high)).all()
    if k == 1:
        mean = (points * weights[:, None]).sum(axis=0) / weights.sum() / 64
        np.testing.assert_allclose(centroids[0], mean, rtol=1e-14)


@pytest.mark.parametrize("name", ["photo", "noise", "few", "grey photo"])
def test_bisecting_is_the_same_in_every_way(name):
    tree, _, _ = tree_of(NAMED[name])
    expected = tree.seed_split(50, 1)
    for _, threads in ways():
        np.testing.assert_array_equal(tree.seed_split(50, threads), expected)


def test_bisecting_finds_what_lies_apart():
    apart = np.repeat(np.array([[0, 9, 9], [200, 10, 90], [90, 250, 7], [50, 60, 70]]), 25, axis=0)
    picture = (apart + np.arange(300).reshape(100, 3) % 5).astype(np.uint8)[None]
    tree, points, weights = tree_of(picture)
    assert label(points, weights, tree.seed_split(4, 1))[2] < 100 * 3 * 4


def test_careful_seedings_start_with_less_error_than_random_ones():
    for name in ("photo", "few", "gradient", "grey photo"):
        tree, _, _ = tree_of(NAMED[name])
        for k in (8, 30):
            random, plusplus, split = (
                np.mean([tree.label(every_seeding(tree, k, seed)[i], 1)[2] for seed in range(5)])
                for i in range(3)
            )
            assert plusplus < random
            assert split < random


def test_other_seeds_draw_other_points():
    tree, _, _ = tree_of(NAMED["photo"])
    for seeding in TWINS:
        drawn = {getattr(tree, seeding)(10, seed, 1).tobytes() for seed in range(20)}
        assert len(drawn) == 20


def test_random_draws_by_weight():
    tree = core.kmeans.tree(np.array([[10], [20], [30]], np.uint8), np.array([1, 2, 7]), 1)
    drawn = [tree.seed_random(1, seed, 1)[0, 0] for seed in range(2000)]
    shares = [drawn.count(level) / 2000 for level in (10, 20, 30)]
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.7], atol=0.04)


@pytest.mark.parametrize("k", [0, 4])
def test_no_more_seeds_than_points(k):
    tree = core.kmeans.tree(np.array([[10], [20], [30]], np.uint8), None, 1)
    for seeding in (
        lambda: tree.seed_random(k, 0, 1),
        lambda: tree.seed_plusplus(k, 0, 1),
        lambda: tree.seed_split(k, 1),
    ):
        with pytest.raises(kmc.ArgumentError, match="number of points"):
            seeding()
