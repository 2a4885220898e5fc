"""The tree of boxes finds what comparing all with all finds, and its cells are right."""

from __future__ import annotations

import numpy as np
import pytest
from engine import tree_of, ways
from hypothesis import given
from hypothesis import strategies as st
from reference_kmeans import cells, label, points_of
from scenes import NAMED, PICTURES, noise, photo, scattered

import kmc
from kmc import core

CENTROIDS = st.tuples(st.integers(1, 70), st.integers(0, 10**6))


def centroids_for(points, k, seed):
    """Some at points, some near, some far, some twice, some where many distances are equal."""
    draws = scattered((k, 6), 1 << 20, seed)
    centroids = points[draws[:, 0] % len(points)] / 64
    kind = draws[:, 1] % 4
    near = draws[:, 2:] % 1024 / 64 - 8
    centroids[kind == 1] += near[kind == 1]
    centroids[kind == 2] = draws[kind == 2, 2:] % 70000 / 256
    centroids[kind == 3] = np.round(centroids[kind == 3] / 8) * 8
    return centroids


def same_label(tree, points, weights, centroids, threads=1):
    labels, counts, error = tree.label(centroids, threads)
    expected_labels, expected_counts, expected_error = label(points, weights, centroids)
    np.testing.assert_array_equal(labels, expected_labels)
    np.testing.assert_array_equal(counts, expected_counts)
    assert error == expected_error
    assert (labels.dtype, counts.dtype) == (np.uint16, np.int64)


@given(PICTURES, CENTROIDS)
def test_labels_are_those_of_brute_force(picture, drawn):
    tree, points, weights = tree_of(picture)
    assert (len(tree), tree.channels) == (len(points), 1 if picture.ndim == 2 else 3)
    same_label(tree, points, weights, centroids_for(points, *drawn))


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("k", [1, 2, 7, 8, 9, 16, 17, 100])
def test_labels_in_every_way(name, k):
    tree, points, weights = tree_of(NAMED[name])
    centroids = centroids_for(points, k, k)
    for _, threads in ways():
        same_label(tree, points, weights, centroids, threads)


def test_labels_of_a_tree_large_enough_for_threads():
    tree, points, weights = tree_of(noise(300, 300))
    assert len(tree) > 80_000
    for k in (3, 50):
        centroids = centroids_for(points, k, 3)
        expected = label(points, weights, centroids)
        for _, threads in ways():
            labels, counts, error = tree.label(centroids, threads)
            np.testing.assert_array_equal(labels, expected[0])
            np.testing.assert_array_equal(counts, expected[1])
            assert error == expected[2]


def test_large_trees_are_the_same_whatever_made_them():
    counted = kmc.histogram(noise(300, 300))
    points, weights = points_of(counted.colors), 1 + scattered((len(counted),), 50)
    centroids = points[:: len(points) // 20][:20] / 64
    labels, sizes, _ = label(points, weights, centroids)
    tree = core.kmeans.tree(counted.colors, weights, 1)
    expected = [points_in(tree.coarsen(least, 1)) for least in (3, 500, 20_000)]
    assert expected[1] == expected_cells(tree, points, weights, 500)
    sums = np.zeros((20, 4), np.int64)
    np.add.at(sums, labels, weights[:, None] * points)
    for _, threads in ways():
        tree = core.kmeans.tree(counted.colors, weights, threads)
        same_label(tree, points, weights, centroids, threads)
        cells_found = [points_in(tree.coarsen(least, threads)) for least in (3, 500, 20_000)]
        assert cells_found == expected
        moved = centroids.copy()
        tree.lloyd(moved, 1, 0, None, threads)
        np.testing.assert_array_equal(moved, sums / sizes[:, None] / 64)


@pytest.mark.parametrize("threads", [1, 3])
def test_weights_of_large_trees(threads):
    colors = kmc.histogram(noise(300, 300)).colors
    weights = np.ones(len(colors), np.int64)
    weights[[100, -100]] = 2**32 - len(colors) // 2
    assert len(core.kmeans.tree(colors, weights, threads)) == len(colors)
    for place, weight in ((50_000, len(colors)), (100, 2**33), (-1, 0)):
        wrong = weights.copy()
        wrong[place] = weight
        with pytest.raises(kmc.ArgumentError):
            core.kmeans.tree(colors, wrong, threads)


@pytest.mark.parametrize("k", [257, 3000])
def test_labels_of_many_centroids(k):
    tree, points, weights = tree_of(photo(60, 60))
    same_label(tree, points, weights, centroids_for(points, k, 1))


def test_labels_of_as_many_centroids_as_there_may_be():
    tree, _, _ = tree_of(NAMED["few"])
    centroids = np.zeros((65536, 4))
    centroids[-1] = 255, 255, 255, 0
    labels, counts, _ = tree.label(centroids, 2)
    assert set(labels.tolist()) == {0, 65535}
    assert counts[0] + counts[-1] == counts.sum() == 30 * 40


def test_the_lowest_wins_among_equals():
    tree, points, weights = tree_of(NAMED["photo"])
    same = np.repeat(points[[70, 5]] / 64, 6, axis=0)
    same_label(tree, points, weights, same)
    assert set(tree.label(same, 1)[0].tolist()) == {0, 6}
    halfway = np.array([[0.0] * 4, [2, 0, 0, 0], [1.0, 1, 0, 0]])
    odd = np.array([[1, 0, 0], [1, 1, 0]], np.uint8)
    same_label(core.kmeans.tree(odd, None, 1), points_of(odd), np.ones(2, int), halfway)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_corners_of_the_cube(channels):
    corners = np.array(np.meshgrid(*[[0, 255]] * channels, indexing="ij")).reshape(channels, -1).T
    corners = np.ascontiguousarray(corners, np.uint8)
    tree, weights = core.kmeans.tree(corners, None, 1), np.ones(len(corners), np.int64)
    far = np.full((1, 4), 1e9)
    for centroids in (far, -far, points_of(corners[::-1]) / 64):
        same_label(tree, points_of(corners), weights, centroids)


def test_four_channels():
    colors = np.unique(scattered((2000, 4), 256).astype(np.uint8), axis=0)
    counted = kmc.Histogram(colors, 1 + scattered((len(colors),), 50))
    tree, points = core.kmeans.tree(counted.colors, counted.counts, 1), points_of(counted.colors)
    for _, threads in ways():
        same_label(tree, points, counted.counts, centroids_for(points, 37, 2), threads)


def test_weights():
    colors = np.array([[3], [5], [250]], np.uint8)
    most = np.array([1, 1, 2**33 - 2])
    same_label(core.kmeans.tree(colors, most, 1), points_of(colors), most, np.zeros((1, 4)))
    same_label(
        core.kmeans.tree(colors, None, 1), points_of(colors), np.ones(3, int), np.zeros((2, 4))
    )
    for wrong in ([1, 0, 1], [1, -1, 1], [1, 1, 2**33 - 1], [2**62, 2**62, 2**62], [1, 1]):
        with pytest.raises(kmc.ArgumentError):
            core.kmeans.tree(colors, np.array(wrong), 1)


def test_colours_are_distinct_and_there_is_one():
    with pytest.raises(kmc.ArgumentError):
        core.kmeans.tree(np.array([[3], [3]], np.uint8), None, 1)
    with pytest.raises(kmc.ArgumentError):
        core.kmeans.tree(np.zeros((0, 3), np.uint8), None, 1)
    with pytest.raises(kmc.ArgumentError, match="channels"):
        core.kmeans.tree(np.zeros((1, 2), np.uint8), None, 1)


@pytest.mark.parametrize("shape", [(0, 4), (3, 3), (65537, 4)])
def test_centroids_of_a_wrong_shape(shape):
    tree, _, _ = tree_of(NAMED["few"])
    with pytest.raises(kmc.ArgumentError, match="centroids"):
        tree.label(np.zeros(shape), 1)


def points_in(tree):
    """The points of a tree with their weights, sorted: drawing as many as there are draws all."""
    centroids = tree.seed_random(len(tree), 0, 1)
    _, weights, error = tree.label(centroids, 1)
    assert error == 0
    return sorted(map(tuple, np.column_stack((centroids * 64, weights)).astype(int).tolist()))


def expected_cells(tree, points, weights, least):
    means, weight = cells(points, weights, least, core.kmeans._boxes(tree), tree.channels)
    return sorted(map(tuple, np.column_stack((means, weight)).tolist()))


@pytest.mark.parametrize("name", NAMED)
def test_boxes_hold_what_is_in_them(name):
    """In preorder, their parts in a row, no leaf of more than 48 points."""
    tree, points, _ = tree_of(NAMED[name])
    boxes = core.kmeans._boxes(tree)
    assert boxes[0] == (0, len(points), len(boxes))
    for self, (begin, end, after) in enumerate(boxes):
        if after == self + 1:
            assert 0 < end - begin <= 48
            continue
        at, child = begin, self + 1
        while child < after:
            assert boxes[child][0] == at
            _, at, child = boxes[child]
        assert (at, child) == (end, after)


@given(PICTURES, st.integers(1, 700))
def test_cells_are_means_that_keep_all_weight(picture, least):
    tree, points, weights = tree_of(picture)
    coarse = tree.coarsen(least, 1)
    if len(points) < least:
        assert coarse is tree
        return
    assert least <= len(coarse) <= len(tree)
    found = points_in(coarse)
    assert found == expected_cells(tree, points, weights, least)
    assert sum(cell[-1] for cell in found) == picture.shape[0] * picture.shape[1]


@given(st.integers(0, 10**6), st.integers(2, 300))
def test_cells_of_weights_of_every_size(seed, least):
    colors = kmc.histogram(noise(1, 400, 3, seed)).colors
    weights = 1 + (scattered((len(colors),), 1 << 22, seed) >> scattered((len(colors),), 22, 1))
    weights[seed % len(colors)] = 0
    weights[seed % len(colors)] = (1 << 33) - (weights.sum() if seed % 2 else 1 << 32)
    tree = core.kmeans.tree(colors, weights, 1)
    expected = expected_cells(tree, points_of(colors), weights, least)
    assert points_in(tree.coarsen(least, 1)) == expected


def test_cells_beside_one_of_huge_weight():
    """Ranks of one leaf may be more than 128 apart."""
    cube = np.indices((2, 2, 2)).reshape(3, 8).T + np.array([200, 200, 100])
    colors = np.concatenate((scattered((600, 3), 128, 5), cube, [(255, 255, 255)]))
    weights = np.concatenate((np.ones(608, np.int64), [1 << 32]))
    counted = kmc.Histogram(colors, weights)
    tree = core.kmeans.tree(counted.colors, counted.counts, 1)
    points = points_of(counted.colors)
    for least in range(100, len(points), 20):
        expected = expected_cells(tree, points, counted.counts, least)
        assert points_in(tree.coarsen(least, 1)) == expected


def test_cells_are_smaller_where_there_is_more():
    """A tenth of the colours weighs as much as the others, and has many more of the cells."""
    colors = kmc.histogram(noise(1, 2000)).colors
    weights = np.ones(len(colors), np.int64)
    dark = colors[:, 0] < 26
    weights[dark] = 9
    cells_found = points_in(core.kmeans.tree(colors, weights, 1).coarsen(300, 1))
    even = points_in(core.kmeans.tree(colors, None, 1).coarsen(300, 1))
    n_dark, n_even = (sum(x < 26 * 64 for x, *_ in found) for found in (cells_found, even))
    assert n_dark / len(cells_found) > 2 * n_even / len(even)


def test_cells_of_cells():
    tree, points, weights = tree_of(NAMED["noise"])
    fine = tree.coarsen(900, 1)
    coarse = tree.coarsen(900, 2).coarsen(40, 1)
    assert len(tree) > len(fine) > len(coarse) >= 40
    means, weight = cells(points, weights, 900, core.kmeans._boxes(tree))
    assert points_in(coarse) == expected_cells(fine, means, weight, 40)


def test_opaque_colours_have_the_same_cells_as_without_alpha():
    picture = photo(50, 60)
    colors, weights = kmc.histogram(picture).colors, kmc.histogram(picture).counts
    opaque = np.insert(colors, 3, 255, axis=1)
    points = points_of(colors).astype(np.int16)
    tree, wide = core.kmeans.tree(colors, weights, 1), core.kmeans.tree(opaque, weights, 1, points)
    for least in (2, 20, 300, 1000):
        assert points_in(tree.coarsen(least, 1)) == points_in(wide.coarsen(least, 1))


def test_cells_lie_under_a_tree_as_well():
    tree, points, weights = tree_of(photo(90, 100))
    means, weight = cells(points, weights, 500, core.kmeans._boxes(tree))
    for _, threads in ways():
        coarse = tree.coarsen(500, threads)
        assert len(coarse) == len(means) >= 500
        same_label(coarse, means, weight, centroids_for(means, 20, 5), threads)


def test_one_colour():
    tree, _, _ = tree_of(np.full((5, 7, 3), 9, np.uint8))
    assert len(tree) == 1
    assert tree.coarsen(1, 1) is tree
    np.testing.assert_array_equal(tree.seed_split(1, 1), [[9, 9, 9, 0]])


@pytest.mark.parametrize("arguments", [(), (None, 3), (object(), 3)])
def test_trees_are_only_made_by_the_engine(arguments):
    with pytest.raises(TypeError, match="made by"):
        core.kmeans.Tree(*arguments)
