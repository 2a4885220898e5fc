"""Goals: the fewest colours that reach a PSNR, an MSE or a quality, and curves over many k."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import quality_by_colors
from scenes import ALPHA, NAMED, PICTURES, few, photo

import kmc
from kmc.clustering import targets
from kmc.clustering.goals import mse_of
from kmc.clustering.problem import ClusteringProblem
from kmc.images.similarity import similarity


def same(found, expected):
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.palette.centroids, expected.palette.centroids)
    assert found.mse == expected.mse


def painted(result):
    """The pixels of a result, (H, W, C)."""
    return np.asarray(result).reshape(*result.indices.shape, -1)


def is_fewest(picture, result, limit, **options):
    """The result reaches the limit, one colour fewer does not, and it equals a fit with that k."""
    k = len(result.palette)
    assert result.mse <= limit
    least = max(1, len(options.get("fixed", ())))
    assert k == least or kmc.quantize(picture, k - 1, **options).mse > limit
    same(result, kmc.quantize(picture, k, **options))


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("psnr", [0, 20, 28.5, 36, 45])
def test_the_fewest_that_reach_a_psnr(name, psnr):
    picture = NAMED[name]
    result = kmc.quantize(picture, 4000, psnr=psnr, effort="fast")
    assert result.psnr >= psnr
    is_fewest(picture, result, mse_of(psnr, len(result.palette.colors[0])), effort="fast")


@given(PICTURES, st.floats(0, 20000), st.sampled_from(["k-means++", "random", "bisecting"]))
def test_the_fewest_that_leave_an_mse(picture, limit, init):
    result = kmc.quantize(picture, 65536, max_mse=limit, init=init, max_iter=4)
    is_fewest(picture, result, limit, init=init, max_iter=4)


@pytest.mark.parametrize(
    "options",
    [
        {"weights": "uniform"},
        {"n_init": 2, "seed": 5},
        {"fixed": [(255, 0, 0), (1, 2, 3)]},
        {"importance": np.indices((60, 80)).sum(axis=0) % 3},
        {"effort": "best", "tol": 1},
    ],
    ids=str,
)
def test_with_other_options(options):
    result = kmc.quantize(NAMED["photo"], 64, max_mse=300, **options)
    is_fewest(NAMED["photo"], result, 300, **options)


@pytest.mark.parametrize("k", [3, 7, 19, 64])
def test_what_was_reached_is_reached_again(k):
    """To the last bit of the MSE."""
    for name in ("photo", "noise", "gradient"):
        before = kmc.quantize(NAMED[name], k, effort="fast")
        again = kmc.quantize(NAMED[name], k, effort="fast", max_mse=before.mse)
        assert len(again.palette) <= k
        assert again.mse <= before.mse


@pytest.mark.parametrize("space", ["rgb", "oklab"])
@pytest.mark.parametrize("picture", [NAMED["photo"], NAMED["photo"][..., :1], ALPHA["soft"]])
def test_quality_is_what_people_see(picture, space):
    found = kmc.quantize(picture, 200, quality=(0, 70), space=space)
    fewer = kmc.quantize(picture, len(found.palette) - 1, space=space)
    seen = [quality_by_colors(picture, painted(each)) for each in (found, fewer)]
    assert seen[0] >= 70 > seen[1]


@pytest.mark.parametrize("k", [64, 200])
def test_quality_of_a_picture_is_near_that_of_its_colors(k):
    picture = NAMED["photo"]
    made = painted(kmc.quantize(picture, k, space="oklab"))
    near = pytest.approx(quality_by_colors(picture, made), abs=6)
    assert similarity(picture, made).quality == near


def test_dithering_does_not_change_which_quality_is_reached():
    photo = NAMED["photo"]
    best = kmc.quantize(photo, 200, quality=(0, 70), look="best")
    plain = kmc.quantize(photo, 200, quality=(0, 70), space="oklab")
    assert len(best.palette) == len(plain.palette)


def test_quality_is_a_range():
    picture = NAMED["photo"]
    within = kmc.quantize(picture, 200, quality=(0, 66))
    same(within, kmc.quantize(picture, len(within.palette)))
    same(kmc.quantize(picture, 9, quality=(0, 100)), kmc.quantize(picture, 9))
    with pytest.raises(kmc.QualityError, match="a quality of 90 to 100 is out of reach: 9 colours"):
        kmc.quantize(picture, 9, quality=(90, 100))


def test_what_is_out_of_reach_says_what_is_not():
    at_most = kmc.quantize(NAMED["photo"], 6)
    for options in ({"psnr": 50}, {"max_mse": 2}, {"quality": (99, 100)}, {"psnr": math.inf}):
        with pytest.raises(kmc.QualityError, match="out of reach: 6 colours") as caught:
            kmc.quantize(NAMED["photo"], 6, **options)
        error = caught.value
        assert (error.k, error.mse, error.psnr) == (6, at_most.mse, at_most.psnr)
        again = pickle.loads(pickle.dumps(error))
        assert (again.k, again.mse, again.psnr) == (6, at_most.mse, at_most.psnr)


@pytest.mark.parametrize("goal", [{"psnr": math.inf}, {"max_mse": 0}, {"psnr": 1e6}])
def test_nothing_lost_takes_every_colour(goal):
    picture = few(20, 30, 40)
    n = len(kmc.histogram(picture))
    result = kmc.quantize(picture, 256, **goal)
    assert (len(result.palette), result.mse) == (n, 0)
    with pytest.raises(kmc.QualityError):
        kmc.quantize(picture, n - 1, **goal)


@pytest.mark.parametrize("goal", [{"psnr": 0}, {"max_mse": math.inf}, {"quality": (0, 0)}])
def test_anything_will_do(goal):
    assert len(kmc.quantize(NAMED["photo"], 256, **goal).palette) == 1
    fixed = [(0, 0, 0), (9, 9, 9)]
    assert len(kmc.quantize(NAMED["photo"], 256, fixed=fixed, **goal).palette) == 2


@pytest.mark.parametrize("k", [1, 2, 65536])
def test_small_pictures_and_any_k(k):
    for picture in (np.zeros((1, 1), np.uint8), np.full((2, 3, 3), 9, np.uint8)):
        assert kmc.quantize(picture, k, psnr=40).mse == 0


@pytest.mark.parametrize(
    ("space", "effort"), [("rgb", "fast"), ("rgb", "default"), ("lab", "default")]
)
def test_few_fits_are_made(monkeypatch, space, effort):
    """Three to five whole ones: the curve of seeds, and rough fits, tell where to look."""
    tried, rough = [], []

    def noted(problem, k):
        (rough if problem.options.max_iter == 1 else tried).append(k)
        return solve(problem, k)

    solve = ClusteringProblem.solve
    monkeypatch.setattr(ClusteringProblem, "solve", noted)
    for seed in range(3):
        for psnr in (24, 28, 32):
            tried.clear()
            rough.clear()
            result = kmc.quantize(photo(60, 80, seed), 256, psnr=psnr, effort=effort, space=space)
            assert len(tried) == len(set(tried)) <= 6
            assert len(rough) == 0 if effort == "fast" else 1 <= len(rough) <= 3
            assert {len(result.palette), len(result.palette) - 1} <= set(tried)


@pytest.mark.parametrize(("psnr", "channels"), [(0, 1), (20, 3), (33.3, 3), (99, 4)])
def test_the_mse_of_a_psnr(psnr, channels):
    expected = min(channels, 3) * 255**2 / 10 ** (psnr / 10)
    assert mse_of(psnr, channels) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"psnr": -1}, kmc.ArgumentError, "psnr must be 0 or more"),
        ({"psnr": math.nan}, kmc.ArgumentError, "psnr"),
        ({"psnr": "38"}, kmc.ArgumentTypeError, "psnr must be a number"),
        ({"max_mse": -0.1}, kmc.ArgumentError, "max_mse must be 0 or more"),
        ({"max_mse": True}, kmc.ArgumentTypeError, "max_mse"),
        ({"quality": 80}, kmc.ArgumentTypeError, r"quality must be \(min, max\)"),
        ({"quality": (1, 2, 3)}, kmc.ArgumentTypeError, "quality"),
        ({"quality": ("a", "b")}, kmc.ArgumentTypeError, "quality must be a number"),
        ({"quality": (80, 60)}, kmc.ArgumentError, r"not \(80, 60\)"),
        ({"quality": (0, 101)}, kmc.ArgumentError, "<= 100"),
        ({"quality": (-1, 50)}, kmc.ArgumentError, "quality must be 0 or more"),
        ({"psnr": 30, "max_mse": 9}, kmc.ArgumentError, "psnr and max_mse exclude each other"),
        ({"max_mse": 9, "quality": (1, 2)}, kmc.ArgumentError, "max_mse and quality exclude"),
        ({"psnr": 30, "init": [[0, 0, 0]] * 9}, kmc.ArgumentError, "init as an array and psnr"),
        ({"psnr": 30, "callback": print}, kmc.ArgumentError, "callback and psnr"),
    ],
)
def test_wrong_goals(options, error, words):
    with pytest.raises(error, match=words):
        kmc.quantize(photo(3, 4), 9, **options)


# ---- curves --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMED)
def test_every_point_is_what_quantize_comes_to(name):
    ks = [5, 1, 16, 2, 70, 5, 5000]
    points = kmc.curve(NAMED[name], ks, effort="fast")
    assert [point.k for point in points] == ks
    for k, mse, psnr in points:
        result = kmc.quantize(NAMED[name], k, effort="fast")
        assert (mse, psnr) == (result.mse, result.psnr)


def test_curves_take_the_options_and_pictures_of_fit():
    pictures = [photo(20, 30, 1), photo(11, 17, 2)]
    fixed = [(9, 9, 9), (200, 100, 0)]
    points = kmc.curve(pictures, range(2, 6), fixed=fixed, image_weights=[1, 3], seed=3)
    for point in points:
        palette = kmc.fit(pictures, point.k, fixed=fixed, image_weights=[1, 3], seed=3)
        error = sum(palette.remap(part).mse * part[..., 0].size for part in pictures)
        assert point.mse == pytest.approx(error / (600 + 187), rel=1e-12)
    with pytest.raises(kmc.ArgumentError, match="number of fixed colours, 2, not 1"):
        kmc.curve(pictures, [1, 8], fixed=fixed)


def test_no_points():
    assert kmc.curve(photo(4, 4), []) == []
    assert kmc.curve(kmc.histogram(photo(4, 4)), iter([1, 2]))[1].k == 2


@pytest.mark.parametrize(
    ("ks", "options", "error", "words"),
    [
        (3, {}, kmc.ArgumentTypeError, "ks must be integers, not 3"),
        ([0], {}, kmc.ArgumentError, "ks must be 1 to 65536, not 0"),
        ([2.5], {}, kmc.ArgumentTypeError, "ks must be an integer"),
        ([2], {"init": [[1, 2, 3]] * 2}, kmc.ArgumentTypeError, "init must be the name"),
        ([2], {"effort": "some"}, kmc.ArgumentError, "effort"),
    ],
)
def test_wrong_curves(ks, options, error, words):
    with pytest.raises(error, match=words):
        kmc.curve(photo(3, 4), ks, **options)


@pytest.mark.parametrize("guess", [lambda low, high: low, lambda low, high: high])
def test_wrong_predictions_only_take_longer(monkeypatch, guess):
    """Also where the last number of colours is the first that reaches the goal."""
    monkeypatch.setattr(
        targets._ErrorPrediction, "first_under", lambda self, limit, low, high: guess(low, high)
    )
    for k in range(2, 12):
        limit = kmc.quantize(NAMED["photo"], k, effort="fast").mse
        result = kmc.quantize(NAMED["photo"], k, max_mse=limit, effort="fast")
        assert (len(result.palette), result.mse) == (k, limit)
