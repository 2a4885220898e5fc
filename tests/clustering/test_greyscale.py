"""Grey pictures get the best palette there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import reference_kmeans as reference
from engine import tree_of
from golden import start_for
from scenes import NAMED, grey, noise, photo, scattered

import kmc
from kmc import core
from kmc.colors.spaces import SPACES, coordinates

LINES = {
    space: coordinates(np.arange(256, dtype=np.uint8)[:, None], space)[:, 0] for space in SPACES
}


def error_of(levels, weights, palette, space="rgb"):
    """What a palette leaves, in 64ths squared, as a whole number."""
    line = LINES[space].astype(np.int64)
    distance = np.square(line[levels][:, None] - line[list(palette)]).min(axis=1)
    return sum(int(d) * int(w) for d, w in zip(distance, weights, strict=True))


def found(levels, weights, k, space="rgb", fixed=()):
    levels = np.asarray(levels, np.uint8)[:, None]
    weights = np.asarray(weights, np.int64)
    tree = core.kmeans.tree(levels, weights, 1, coordinates(levels, space))
    line, fixed = np.ascontiguousarray(LINES[space]), np.array(fixed, np.uint8)
    palette, centroids = core.kmeans.best_greys(tree, line, fixed, k, 1)
    nearest = np.abs(LINES[space][:, None] - 64 * centroids[:, 0]).min(axis=0)
    assert (nearest == np.abs(LINES[space][palette.ravel()] - 64 * centroids[:, 0])).all()
    return palette.ravel().tolist()


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("seed", range(12))
def test_no_palette_is_better(space, seed):
    """Of all there are, between the darkest and the lightest level."""
    draws = scattered((20,), 1000, seed)
    levels = np.unique(draws[:7] % 12 + 20 * seed)
    weights = draws[7 : 7 + len(levels)] % 50 + 1
    for k in range(1, len(levels)):
        candidates = itertools.combinations(range(levels[0], levels[-1] + 1), k)
        least = min(error_of(levels, weights, palette, space) for palette in candidates)
        palette = found(levels, weights, k, space)
        assert sorted(set(palette)) == palette
        assert error_of(levels, weights, palette, space) == least


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("seed", range(12))
def test_no_palette_is_better_beside_fixed_levels(space, seed):
    """Levels of the picture, others, and such that lie apart from all of it."""
    draws = scattered((30,), 1000, seed + 50)
    levels = np.unique(draws[:8] % 12 + 20 * seed)
    weights = draws[8 : 8 + len(levels)] % 50 + 1
    for n_fixed in (1, 2, 3):
        fixed = list(dict.fromkeys((draws[20 : 20 + n_fixed] % 18 + 20 * seed).tolist()))
        others = set(range(levels[0], levels[-1] + 1)) - set(fixed)
        for k in range(1, len(np.setdiff1d(levels, fixed))):
            least = min(
                error_of(levels, weights, [*fixed, *palette], space)
                for palette in itertools.combinations(sorted(others), k)
            )
            palette = found(levels, weights, k, space, fixed)
            assert sorted(set(palette) - set(fixed)) == palette
            assert error_of(levels, weights, [*fixed, *palette], space) == least


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", ["grey photo", "grey noise", "grey gradient"])
@pytest.mark.parametrize("k", [2, 5, 16, 60])
def test_fixing_levels_of_the_best_costs_nothing(name, k, space):
    counted = kmc.histogram(NAMED[name])
    levels, weights = counted.colors.ravel(), counted.counts
    free = kmc.quantize(NAMED[name], k, space=space)
    shuffled = free.palette.colors[np.argsort(scattered((len(free.palette),), 1000, k))]
    for n_fixed in {1, k // 2, k - 1}:
        some = shuffled[:n_fixed]
        for options in ({}, {"effort": "fast", "seed": 3}):
            result = kmc.quantize(NAMED[name], k, fixed=some, space=space, **options)
            np.testing.assert_array_equal(result.palette.colors[: len(some)], some)
            assert len(result.palette) == len(free.palette)
            if space == "rgb":  # elsewhere mse is not the error that is the least
                assert result.mse == free.mse
            before, after = (
                error_of(levels, weights, one.palette.colors.ravel(), space)
                for one in (free, result)
            )
            assert before == after


def least_error(levels, weights, k, space):
    """By the plain recursion over all beginnings of the last interval, in whole numbers."""
    line, n = LINES[space].astype(object), len(levels)
    x, w = line[levels], np.array([int(weight) for weight in weights], object)
    sums = [np.concatenate(([0], np.cumsum(w * x**power))) for power in range(3)]
    cost = np.empty((n, n + 1), object)
    for begin, end in itertools.combinations(range(n + 1), 2):
        weight, total, squares = (s[end] - s[begin] for s in sums)
        near = np.searchsorted(LINES[space], total / weight)
        cost[begin, end] = min(
            squares - 2 * line[level] * total + line[level] ** 2 * weight
            for level in range(max(near - 1, 0), min(near + 2, 256))
        )
    least = [None, *cost[0, 1:]]
    for m in range(2, k + 1):
        least = [None] * m + [
            min(least[begin] + cost[begin, end] for begin in range(m - 1, end))
            for end in range(m, n + 1)
        ]
    return least[n]


@pytest.mark.parametrize("space", ["rgb", "lab"])
@pytest.mark.parametrize("k", [1, 2, 7, 20, 70])
def test_the_recursion_finds_none_either(space, k):
    for seed in range(2):
        draws = scattered((2, 80), 256, 3 * seed + k)
        levels = np.unique(draws[0])
        k = min(k, len(levels) - 1)
        weights = draws[1][: len(levels)] ** 3 + 1
        palette = found(levels, weights, k, space)
        assert error_of(levels, weights, palette, space) == least_error(levels, weights, k, space)


def test_as_many_pixels_as_there_may_be():
    weights = np.full(256, 2**33 // 256)
    for k in (1, 2, 100, 255):
        palette = found(np.arange(256), weights, k)
        runs = [256 // k + (i < 256 % k) for i in range(k)]
        assert error_of(np.arange(256), weights, palette) <= sum(
            64**2 * (2**33 // 256) * sum((i - n // 2) ** 2 for i in range(n)) for n in runs
        )


def test_equal_weights_make_equal_steps():
    assert found(np.arange(256), np.ones(256), 4) == [32, 96, 160, 224]


def test_only_grey_points_have_best_levels():
    rgb = core.kmeans.tree(np.zeros((1, 3), np.uint8), None, 1)
    line, none = np.ascontiguousarray(LINES["rgb"]), np.zeros(0, np.uint8)
    with pytest.raises(kmc.ArgumentError, match="grey"):
        core.kmeans.best_greys(rgb, line, none, 1, 1)
    one = core.kmeans.tree(np.zeros((1, 1), np.uint8), None, 1)
    for k in (0, 2, 257):
        with pytest.raises(kmc.ArgumentError):
            core.kmeans.best_greys(one, line, none, k, 1)


@pytest.mark.parametrize("name", ["grey photo", "grey noise", "grey gradient"])
@pytest.mark.parametrize("k", [1, 2, 5, 16, 60, 120])
def test_nothing_else_gives_a_lower_error(name, k):
    picture = NAMED[name]
    best = kmc.quantize(picture, k)
    counted = kmc.histogram(picture)
    k = len(best.palette)
    if k < len(counted):
        levels = counted.colors.ravel()
        assert best.mse * picture.size * 64**2 == pytest.approx(
            least_error(levels, counted.counts, k, "rgb"), rel=1e-12
        )
    for options in ({"init": "random", "n_init": 5}, {"init": start_for(picture, k)}):
        assert best.mse <= kmc.quantize(picture, k, **options).mse
    for options in ({"effort": "fast"}, {"effort": "best"}, {"init": "bisecting"}, {"seed": 7}):
        again = kmc.quantize(picture, k, n_init=2, **options)
        np.testing.assert_array_equal(again.palette.colors, best.palette.colors)
    assert (np.diff(best.palette.colors[:, 0].astype(int)) > 0).all()
    assert best.n_iter == len(best.history)
    assert best.palette.inertia / picture.size <= best.mse + 1e-9


def test_weights_and_importance_are_heeded():
    picture = grey(photo(60, 60, 5))
    uniform = kmc.fit(picture, 9, weights="uniform")
    levels = kmc.histogram(picture).colors.ravel()
    ones = np.ones(len(levels), int)
    assert error_of(levels, ones, uniform.colors.ravel()) == least_error(levels, ones, 9, "rgb")
    important = np.zeros(picture.shape)
    important[:20] = 1
    alone = kmc.fit(picture[:20], 5)
    np.testing.assert_array_equal(kmc.fit(picture, 5, importance=important).colors, alone.colors)


@pytest.mark.parametrize("space", SPACES)
def test_the_best_in_its_space(space):
    picture = NAMED["grey photo"]
    counted = kmc.histogram(picture)
    palette = kmc.fit(picture, 11, space=space)
    levels, weights = counted.colors.ravel(), counted.counts
    least = least_error(levels, weights, 11, space)
    assert error_of(levels, weights, palette.colors.ravel(), space) == least
    assert palette.space == space


def test_what_the_caller_asks_for_is_done_instead():
    """Given centroids are iterated as they are, and fixed colours stay."""
    picture = NAMED["grey photo"]
    start = start_for(picture, 6)
    given = kmc.fit(picture, 6, init=start, max_iter=1, tol=0)
    _, points, weights = tree_of(picture)
    means, error, shift = reference.iterate(points, weights, np.pad(start, ((0, 0), (0, 3))))
    np.testing.assert_array_equal(given.centroids, means[:, :1])
    assert given.history == [(error, shift)]
    fixed = kmc.fit(picture, 6, fixed=[[0], [13]])
    assert fixed.colors[:2].tolist() == [[0], [13]]
    assert kmc.fit(picture, 6, max_iter=1, tol=0).n_iter == 1


def test_rgb_pictures_of_greys_are_not_grey():
    """They may have other colours between; but near enough."""
    picture = noise(30, 30, 1)
    wide = np.repeat(picture, 3, axis=2)
    assert kmc.quantize(wide, 9).mse >= 3 * kmc.quantize(picture, 9).mse * 0.99
