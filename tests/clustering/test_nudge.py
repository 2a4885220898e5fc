"""Nudges: the error of the 8-bit palette itself falls, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from engine import tree_of, ways
from hypothesis import given
from hypothesis import strategies as st
from reference_kmeans import rounded
from reference_nudge import error_of, nudged, single_steps
from scenes import ALPHA, NAMED, PICTURES, grey, noise, photo, scattered

import kmc
from kmc import core
from kmc.clustering.options import EFFORTS
from kmc.colors.spaces import to_centroids

UNTIL_REST = EFFORTS["best"].rounds


def entries_for(points, k, seed):
    """Whole levels: of points, a little off them, anywhere, some twice."""
    draws = scattered((k, 6), 1 << 16, seed)
    found = points[draws[:, 0] % len(points)] // 64
    found[draws[:, 1] % 3 == 1] += draws[draws[:, 1] % 3 == 1, 2:] % 9 - 4
    found[draws[:, 1] % 7 == 2] = draws[draws[:, 1] % 7 == 2, 2:] % 256
    return np.clip(found, 0, 255).astype(np.float64) * points.any(axis=0)


def moved(tree, start, rounds=UNTIL_REST, threads=1, n_fixed=0):
    found = start.copy()
    tree.nudge(found, rounds, threads, n_fixed)
    return found


@given(st.integers(0, 10**6), st.integers(1, 12), st.sampled_from([1, 2, 16]), st.booleans())
def test_they_equal_their_twin(seed, k, rounds, colored):
    """In one box; with levels crowded so that many points lie near borders."""
    size, spread = 2 + seed % 5, (3, 30, 250)[seed % 3]
    picture = (scattered((size, 8, 3 if colored else 1), spread, seed) + seed % 5).astype(np.uint8)
    tree, points, weights = tree_of(picture)
    start = entries_for(points, k, seed)
    n_fixed = seed % 2
    expected = nudged(points, weights, start, picture.shape[2], rounds, n_fixed)
    np.testing.assert_array_equal(moved(tree, start, rounds, 1, n_fixed), expected)


@given(PICTURES, st.integers(1, 30), st.integers(0, 10**6), st.sampled_from([0, 1, 16]))
def test_the_error_never_rises(picture, k, seed, rounds):
    tree, points, _ = tree_of(picture)
    start = entries_for(points, k, seed)
    n_fixed = seed % (k + 1)
    found = moved(tree, start, rounds, 1, n_fixed)
    assert tree.label(found, 1)[2] <= tree.label(start, 1)[2]
    np.testing.assert_array_equal(found[:n_fixed], start[:n_fixed])
    assert (found == np.clip(np.round(found), 0, 255)).all()
    assert rounds or (found == start).all()


@pytest.mark.parametrize("name", ["photo", "noise", "large noise"])
def test_the_same_in_every_way(name):
    tree, points, _ = tree_of(noise(300, 300) if name == "large noise" else NAMED[name])
    start = entries_for(points, 40, 7)
    expected = moved(tree, start, 2)
    assert tree.label(expected, 1)[2] < tree.label(start, 1)[2]
    for _, threads in ways():
        np.testing.assert_array_equal(moved(tree, start, 2, threads), expected)


@pytest.mark.parametrize("k", [6, 40])
def test_hardly_any_single_step_is_left(k):
    """Those that are left help points that have a third entry about as near as two others."""
    picture = photo(60, 80)
    tree, points, weights = tree_of(picture)
    found = rounded(moved(tree, np.floor(tree.seed_plusplus(k, 1, 1) + 0.5)))
    error = error_of(points, weights, found)
    left = [error_of(points, weights, step) for j in range(k) for step in single_steps(found, j)]
    assert min(left) > 0.999 * error
    assert sum(other < error for other in left) <= 0.02 * len(left)


def test_entries_at_the_ends_stay_in_range():
    tree, _, _ = tree_of(np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8))
    start = np.array([[2.0, 0, 1, 0], [254, 255, 255, 0], [0, 255, 0, 0]])
    assert moved(tree, start)[:, :3].tolist() == [[0, 0, 0], [255] * 3, [0, 255, 0]]


@pytest.mark.parametrize("heavy", [(1 << 32) - 1, 1 << 32, (1 << 33) - 10])
def test_weights_of_every_size(heavy):
    """However much a colour weighs; in the second case it lies near a border."""
    colors = np.array([[10], [20], [30]], np.uint8)
    for weights, start, expected in (
        ([heavy, 5, 5], [12.0, 30.0], [10, 25]),
        ([5, heavy, 5], [19.0, 22.0], [20, 30]),
    ):
        tree = core.kmeans.tree(colors, np.array(weights), 1)
        found = moved(tree, np.column_stack((start, np.zeros((2, 3)))))
        assert found[:, 0].tolist() == expected


# ---- as users call it ----------------------------------------------------------------------------


def without(monkeypatch, *arguments, **options):
    with monkeypatch.context() as patched:
        patched.setitem(EFFORTS, "best", replace(EFFORTS["best"], rounds=0))
        return kmc.quantize(*arguments, **options)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"fixed": [(200, 30, 40), (9, 9, 9)]},
        {"init": "random"},
        {"max_iter": 1},
        {"importance": scattered((60, 80), 9, 4)},
    ],
)
@pytest.mark.parametrize("k", [3, 60])
def test_best_leaves_less_error_with_them(monkeypatch, k, options):
    """Centroids and the history of the iterations are what they were."""
    picture = photo(60, 80)
    plain = without(monkeypatch, picture, k, effort="best", **options)
    result = kmc.quantize(picture, k, effort="best", **options)
    np.testing.assert_array_equal(result.palette.centroids, plain.palette.centroids)
    assert result.palette.history == plain.palette.history
    n_fixed = len(options.get("fixed", ()))
    np.testing.assert_array_equal(result.palette.colors[:n_fixed], plain.palette.colors[:n_fixed])
    assert len(np.unique(result.palette.colors, axis=0)) == k
    if "importance" in options:
        weights = options["importance"].reshape(-1)
        error, before = (weighed_error(one, picture, weights) for one in (result, plain))
    else:
        error, before = result.mse, plain.mse
    assert error < before if k == 60 else error <= before


def weighed_error(result, picture, weights):
    off = picture.astype(int) - result.palette.colors[result.indices].astype(int)
    return int(weights @ np.square(off).sum(axis=2).reshape(-1))


def test_opaque_pictures_with_alpha_are_as_those_without():
    picture = photo(60, 80)
    opaque = np.dstack((picture, np.full(picture.shape[:2], 255, np.uint8)))
    with_alpha = kmc.quantize(opaque, 30, effort="best")
    expected = kmc.quantize(picture, 30, effort="best")
    np.testing.assert_array_equal(with_alpha.palette.colors[:, :3], expected.palette.colors)
    assert (with_alpha.palette.colors[:, 3] == 255).all()


@pytest.mark.parametrize(
    ("picture", "options"),
    [
        (photo(60, 80), {"effort": "default"}),
        (photo(60, 80), {"effort": "fast"}),
        (photo(60, 80), {"effort": "best", "space": "oklab"}),
        (ALPHA["soft"], {"effort": "best"}),
        (grey(photo(60, 80)), {"effort": "best"}),
    ],
)
def test_nothing_else_is_nudged(monkeypatch, picture, options):
    plain = without(monkeypatch, picture, 12, **options)
    np.testing.assert_array_equal(
        kmc.quantize(picture, 12, **options).palette.colors, plain.palette.colors
    )
    if "space" not in options and picture.shape[2:] == (3,):
        centroids = plain.palette.centroids
        np.testing.assert_array_equal(plain.palette.colors, np.floor(centroids + 0.5))


def test_colours_that_many_share_stay_distinct():
    picture = scattered((40, 40, 3), 4, 1).astype(np.uint8) + np.uint8(10)
    for k in (12, 40, 63):
        colors = kmc.quantize(picture, k, effort="best").palette.colors
        assert len(np.unique(colors, axis=0)) == k
    assert to_centroids(colors).max() == 13


def test_importance_of_large_areas_keeps_nothing_from_moving(monkeypatch):
    """A sky of one colour that weighs more than 2^32, as 86 000 pixels of some importance do."""
    picture = np.concatenate((np.full((1200, 80, 3), 250, np.uint8), photo(60, 80)))
    importance = np.linspace(1, 0.9, picture[..., 0].size).reshape(picture.shape[:2])
    plain = without(monkeypatch, picture, 30, effort="best", importance=importance)
    result = kmc.quantize(picture, 30, effort="best", importance=importance)
    assert result.mse < plain.mse
