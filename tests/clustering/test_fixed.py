"""Fixed colours stay exactly as they are, first and in their order; the rest adapt around them."""

from __future__ import annotations

import numpy as np
import pytest
from engine import tree_of, ways
from hypothesis import given
from hypothesis import strategies as st
from reference_kmeans import lloyd, rounded, seed_plusplus
from scenes import NAMED, PICTURES, few, noise, photo, scattered

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


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("n_fixed", [1, 6, 11])
def test_a_search_leaves_them_where_they_are_and_less_error(name, n_fixed):
    tree, points, _ = tree_of(NAMED[name])
    start = start_at(points, 12, n_fixed, 2)
    before = tree.label(start, 1)[2]
    found = None
    for _, threads in ways():
        centroids = start.copy()
        tree.search(centroids, 20, 20, 1, threads, n_fixed)
        np.testing.assert_array_equal(centroids[:n_fixed], start[:n_fixed])
        assert found is None or np.array_equal(centroids, found)
        found = centroids
    assert tree.label(found, 1)[2] < before


def test_a_search_puts_new_colours_into_what_a_fixed_one_serves_badly():
    """All pixels are nearest to the fixed one; the other centroids lie far from all."""
    colors = np.array([[100], [101], [119], [120]], np.uint8)
    tree = kmc.core.kmeans.tree(colors, np.array([9, 9, 9, 9]), 1)
    centroids = np.zeros((3, 4))
    centroids[:, 0] = 110, 0, 1
    tree.search(centroids, 0, 1, 0, 1, 1)
    assert sorted(centroids[:, 0].tolist()) == [100.5, 110, 119.5]


def test_no_more_can_be_fixed_than_there_are():
    tree, _, _ = tree_of(np.array([[1, 2, 3]], np.uint8))
    with pytest.raises(kmc.ArgumentError, match="3 of 2 centroids"):
        tree.lloyd(np.zeros((2, 4)), 1, 0, None, 1, 3)
    with pytest.raises(kmc.ArgumentError, match="k must be"):
        tree.seed_plusplus(6, 0, 1, np.zeros((2, 4)))
    with pytest.raises(kmc.ArgumentError, match="k must be"):
        tree.seed_plusplus(2, 0, 1, np.zeros((2, 4)))


# ---- as users call it ----------------------------------------------------------------------------

FIXED = [(255, 255, 255), (0, 0, 0), (200, 30, 40)]


def of_channels(colors, picture):
    return np.array(colors)[:, : picture.shape[2] if picture.ndim == 3 else 1]


@given(PICTURES, st.integers(3, 30), st.sampled_from(["k-means++", "random", "bisecting"]))
def test_kept_exactly_in_their_order_and_none_twice(picture, k, init):
    fixed = of_channels(FIXED, picture)
    palette = kmc.fit(picture, k, fixed=fixed, init=init, max_iter=6)
    np.testing.assert_array_equal(palette.colors[:3], fixed)
    np.testing.assert_array_equal(palette.centroids[:3], fixed)
    assert len(np.unique(palette.colors, axis=0)) == len(palette) <= k
    colors = kmc.histogram(picture).colors
    others = (colors[:, None] != fixed).any(axis=2).all(axis=1).sum()
    assert len(palette) == min(k, 3 + others)
    result = kmc.quantize(picture, k, fixed=fixed, init=init, max_iter=6)
    again = palette.remap(picture)
    np.testing.assert_array_equal(result.indices, again.indices)
    assert result.mse == again.mse
    np.testing.assert_array_equal(np.bincount(result.indices.ravel()), trimmed(palette.counts))
    if k >= 3 + others:
        assert result.mse == 0


def trimmed(counts):
    return counts[: np.flatnonzero(counts)[-1] + 1]


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
@pytest.mark.parametrize("name", ["photo", "few", "grey photo"])
def test_colours_that_were_the_best_cost_nothing(name, effort):
    free = kmc.quantize(NAMED[name], 16, effort=effort)
    some = free.palette.colors[[3, 9, 11, 14]]
    most = 1.02 if free.palette.colors.shape[1] == 3 else 1  # the best of all that are grey
    assert kmc.quantize(NAMED[name], 16, fixed=some, effort=effort).mse <= most * free.mse


def test_given_starts_are_of_the_others():
    picture = NAMED["photo"]
    counted = kmc.histogram(picture)
    start = scattered((5, 3), 1020, 1) / 4
    palette = kmc.fit(counted, 7, fixed=FIXED[:2], init=start, max_iter=6, tol=0)
    points = np.pad(counted.colors.astype(int) * 64, ((0, 0), (0, 1)))
    wide = np.pad(np.concatenate((FIXED[:2], start)), ((0, 0), (0, 1)))
    expected, history, _ = lloyd(points, counted.counts, wide, 6, 0, 2)
    np.testing.assert_array_equal(palette.centroids, expected[:, :3])
    assert palette.history == history


def test_a_colour_given_twice_counts_once_where_it_comes_first():
    twice = [(9, 9, 9), (1, 2, 3), (9, 9, 9), (0, 0, 0), (1, 2, 3)]
    palette = kmc.fit(photo(20, 20), 6, fixed=twice)
    assert palette.colors[:3].tolist() == [[9, 9, 9], [1, 2, 3], [0, 0, 0]]
    assert len(np.unique(palette.colors, axis=0)) == 6


def test_nothing_else_than_fixed_ones_is_a_remap():
    picture = photo(20, 20)
    for given_as in (FIXED, kmc.Palette(FIXED), np.array(FIXED, np.uint8), tuple(FIXED)):
        result = kmc.quantize(picture, 3, fixed=given_as)
        expected = kmc.Palette(FIXED).remap(picture)
        np.testing.assert_array_equal(result.indices, expected.indices)
        assert result.mse == expected.mse == result.inertia / 400
        assert (result.n_iter, result.history, result.converged) == (0, [], True)


def test_no_fixed_ones_are_none():
    picture = photo(20, 20)
    expected = kmc.fit(picture, 5)
    for nothing in (None, [], np.zeros((0, 3), np.uint8)):
        np.testing.assert_array_equal(
            kmc.fit(picture, 5, fixed=nothing).centroids, expected.centroids
        )


def test_those_no_pixel_has_stay_too():
    """More colours fixed than the picture has, and none of them in it."""
    result = kmc.quantize(
        np.full((3, 3, 3), 7, np.uint8), 5, fixed=[(1, 1, 1), (9, 9, 9), (2, 2, 2)]
    )
    assert result.palette.colors.tolist() == [[1, 1, 1], [9, 9, 9], [2, 2, 2], [7, 7, 7]]
    assert result.palette.counts.tolist() == [0, 0, 0, 9]
    assert result.mse == 0


def test_they_draw_no_more_pixels_than_are_nearest():
    picture = few(30, 30, 40)
    result = kmc.quantize(picture, 9, fixed=FIXED)
    np.testing.assert_array_equal(result.indices, kmc.assign(picture, result.palette))


def test_beside_fixed_ones_roundings_differ_too():
    """Centroids that round to a fixed colour, or to each other, become colours still missing."""
    picture = scattered((40, 40, 3), 4, 1).astype(np.uint8) + np.uint8(10)
    for k in (12, 40, 63, 64):
        palette = kmc.fit(picture, k, fixed=[(11, 11, 11), (10, 10, 10)])
        assert len(np.unique(palette.colors, axis=0)) == k


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"k": 2, "fixed": FIXED}, kmc.ArgumentError, "number of fixed colours, 3, not 2"),
        ({"fixed": [[0], [9]]}, kmc.ArgumentError, "fixed must have as many channels"),
        ({"fixed": [1, 2, 3]}, kmc.ArgumentError, "fixed must have shape"),
        ({"fixed": [(1, 2, 256)]}, kmc.ArgumentError, r"fixed must lie in 0\.\.255"),
        ({"fixed": [(1, 2, 0.5)]}, kmc.ArgumentTypeError, "fixed must be uint8, not float64"),
        ({"fixed": "white"}, kmc.ArgumentError, "fixed must have shape"),
        ({"fixed": [(1, 2), (3,)]}, kmc.ArgumentTypeError, "fixed"),
        (
            {"k": 5, "fixed": FIXED, "init": [[1, 2, 3]]},
            kmc.ArgumentError,
            r"shape \(2, 1, 3 or",
        ),
    ],
)
def test_wrong_ones(options, error, words):
    for call in (kmc.fit, kmc.quantize):
        with pytest.raises(error, match=words):
            call(photo(3, 4), **options)


@pytest.mark.parametrize("n_fixed", [200, 3000])
def test_a_search_among_fewer_colours_than_are_fixed(n_fixed):
    picture, fixed = noise(8, 5), np.unique(noise(1, n_fixed, 3, 1)[0], axis=0)
    result = kmc.quantize(picture, len(fixed) + 20, fixed=fixed)
    np.testing.assert_array_equal(result.palette.colors[: len(fixed)], fixed)
    assert len(result.palette) == len(fixed) + 20
    assert result.mse < kmc.Palette(fixed).remap(picture).mse / 3


def test_as_many_fixed_ones_as_colours_leave_no_init_to_give():
    picture = photo(20, 20)
    expected = kmc.fit(picture, 3, fixed=FIXED)
    palette = kmc.fit(picture, 3, fixed=FIXED, init=np.zeros((0, 3)))
    np.testing.assert_array_equal(palette.colors, expected.colors)
    np.testing.assert_array_equal(palette.counts, expected.counts)
