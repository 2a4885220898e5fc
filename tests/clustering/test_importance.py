"""Importance: pixels count as much as it says, in whole numbers that are the same everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from engine import ways
from hypothesis import given
from hypothesis import strategies as st
from scenes import NAMED, PICTURES, few, noise, photo, scattered

import kmc
from kmc import core
from kmc.clustering.importance import SCALE, integer_weights, limit_total


def same(found, expected):
    np.testing.assert_array_equal(found.colors, expected.colors)
    np.testing.assert_array_equal(found.centroids, expected.centroids)
    assert found.history == expected.history


@given(PICTURES, st.integers(0, 10**6), st.integers(1, 12))
def test_whole_importance_is_as_many_pixels(picture, seed, k):
    """Each pixel said that many times, as the slow twin has it."""
    times = scattered(picture.shape[:2], 5, seed)
    times[0, 0] = 1
    times[-1, -1] = 4 if times.size > 1 else 1
    flat = picture.reshape(-1, *picture.shape[2:])
    repeated = np.repeat(flat, times.ravel(), axis=0)[None]
    assert kmc.histogram(picture, importance=times) == kmc.histogram(repeated)
    if k < len(kmc.histogram(repeated)):
        same(kmc.fit(picture, k, importance=times), kmc.fit(repeated, k))


def sums_of(pixels, weights):
    """By the place of each pixel's colour in the order of the histogram."""
    colors = core.colors.histogram(pixels, 1)[0]
    place = 256 ** np.arange(pixels.shape[2])
    keys, inverse = np.unique(pixels.reshape(-1, pixels.shape[2]) @ place, return_inverse=True)
    sums = np.zeros(len(keys), np.int64)
    np.add.at(sums, inverse.ravel(), weights.ravel().astype(np.int64))
    return colors, sums[np.searchsorted(keys, colors @ place)].tolist()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (1, 1023), (7, 300), (3, 1025), (1100, 1000)])
def test_sums_equal_the_twin_in_every_way(channels, shape):
    pixels = scattered((*shape, channels), 6, channels).astype(np.uint8) * 50
    weights = scattered(shape, 65536, 5).astype(np.uint16)
    colors, expected = sums_of(pixels, weights)
    for _, threads in ways():
        assert core.colors.add_weights(pixels, weights, colors, threads).tolist() == expected


def test_sums_of_opaque_colours_between_others():
    pixels = np.random.default_rng(0).integers(0, 9, (90, 120, 4), dtype=np.uint8)
    pixels[..., 3] = np.array([0, 254, 255])[pixels[..., 3] // 3]
    weights = scattered(pixels.shape[:2], 65536, 6).astype(np.uint16)
    colors, expected = sums_of(pixels, weights)
    assert min(np.unique(colors[:, 3], return_counts=True)[1]) > 600
    assert core.colors.add_weights(pixels, weights, colors, 1).tolist() == expected


def test_sums_beyond_32_bits():
    pixels, weights = np.zeros((300, 400, 3), np.uint8), np.full((300, 400), 65535, np.uint16)
    sums = core.colors.add_weights(pixels, weights, np.zeros((1, 3), np.uint8), 1)
    assert sums.tolist() == [120_000 * 65535]


@pytest.mark.parametrize("one", [True, 1, 255, 7.25, 1e-300, 1e300, np.float16(0.3), 10**12])
@pytest.mark.parametrize("name", ["photo", "few", "grey noise"])
def test_the_same_importance_everywhere_is_none(one, name):
    picture = NAMED[name]
    importance = np.full(picture.shape[:2], one)
    assert kmc.histogram(picture, importance=importance) == kmc.histogram(picture)
    found, expected = kmc.quantize(picture, 9, importance=importance), kmc.quantize(picture, 9)
    same(found.palette, expected.palette)
    np.testing.assert_array_equal(found.palette.counts, expected.palette.counts)
    np.testing.assert_array_equal(found.indices, expected.indices)
    assert found.mse == expected.mse


@pytest.mark.parametrize(
    ("values", "whole", "divisor"),
    [
        ([True, False], [1, 0], 1),
        ([0, 10, 30], [0, 10, 30], 10),
        ([0, 65535], [0, 65535], 65535),
        ([0.0, 1.0, 3.0], [0, 16800, 50400], 16800),
        ([0.25, 0.01, 1.0], [12600, 504, 50400], 504),
        ([65536, 32768], [50400, 25200], 25200),
        ([1.0, 1e-9], [50400, 0], 50400),
        ([math.pi, 1.0], [50400, math.floor(50400 / math.pi + 0.5)], 1),
        (np.array([5e-324, 0.0]), [50400, 0], 50400),
    ],
)
def test_fixed_point(values, whole, divisor):
    found, greatest = integer_weights("importance", values, (len(values),))
    assert (found.tolist(), found.dtype, greatest) == (whole, np.uint16, divisor)


@pytest.mark.parametrize("dtype", "?bBhHiIlLqQefdg")
def test_every_real_type_and_any_strides(dtype):
    importance = (scattered((60, 80), 3, 1) > 0).astype(dtype)
    expected = kmc.histogram(NAMED["photo"], importance=importance > 0)
    for given_as in (importance, importance[::-1][::-1], np.asfortranarray(importance)):
        assert kmc.histogram(NAMED["photo"], importance=given_as) == expected
    importance.setflags(write=False)
    assert kmc.histogram(NAMED["photo"], importance=importance) == expected
    assert kmc.histogram(NAMED["photo"], importance=importance.tolist()) == expected


def test_narrow_floats_are_divided_as_wide_ones():  # NumPy 1 would divide them as they are
    narrow = np.random.default_rng(3).random(20_000).astype(np.float32)
    wide = narrow.astype(np.float64)
    np.testing.assert_array_equal(
        integer_weights("importance", narrow, narrow.shape)[0],
        integer_weights("importance", wide, wide.shape)[0],
    )


def test_large_pictures_in_parts():
    """More pixels than are made whole at once."""
    picture = noise(400, 410)
    importance = scattered((400, 410), 1000, 3) / 999
    whole, divisor = integer_weights("importance", importance, (400, 410))
    assert divisor == 1
    np.testing.assert_array_equal(whole, np.floor(importance / importance.max() * SCALE + 0.5))
    counted = kmc.histogram(picture, importance=importance)
    assert counted.n_pixels == whole.sum(dtype=np.int64)


def test_sums_are_halved_until_they_fit():
    sums = np.array([0, 1, 2**33, 3 * 2**32])
    found = limit_total(sums)
    assert found.sum() <= 2**33
    assert found[0] == 0 < found[1]
    assert found[3] / found[2] == 1.5
    exactly = np.array([2**33 - 5, 5])
    np.testing.assert_array_equal(limit_total(exactly), exactly)


def test_a_mask_of_half_the_picture_gives_the_palette_of_that_half():
    picture = np.concatenate((photo(30, 40, 1), photo(30, 40, 2)))
    mask = np.zeros((60, 40), bool)
    mask[:30] = True
    result = kmc.quantize(picture, 12, importance=mask)
    same(result.palette, kmc.fit(picture[:30], 12))
    np.testing.assert_array_equal(result.indices, result.palette.remap(picture).indices)
    assert result.mse == result.palette.remap(picture).mse
    assert result.palette.counts.sum() == picture[..., 0].size


def test_what_matters_is_served_better():
    picture = NAMED["photo"]
    face = np.zeros(picture.shape[:2])
    face[20:40, 30:60] = 1

    def error(importance):
        painted = np.asarray(kmc.quantize(picture, 8, importance=importance)).astype(int)
        return np.square(painted - picture).sum(axis=2)[face > 0].mean()

    errors = [error(face * weight + 1) for weight in (0, 3, 100)]
    assert errors[2] < 0.9 * errors[1] < 0.8 * errors[0]


def test_few_colours_that_matter():
    """Fewer than k: they are kept exactly, and the others share what is left, by their pixels."""
    picture = few(20, 20, 30)
    mask = (picture == picture[0, 0]).all(axis=2) | (picture == picture[5, 5]).all(axis=2)
    kept = kmc.histogram(picture[mask][None]).colors
    assert len(kept) == 2
    result = kmc.quantize(picture, 8, importance=mask)
    np.testing.assert_array_equal(result.palette.colors[:2], kept)
    same(result.palette, kmc.fit(picture, 8, fixed=kept))
    alone = kmc.quantize(picture, 2, importance=mask, init=[[0, 0, 0], [9, 9, 9]])
    np.testing.assert_array_equal(alone.palette.colors, kept)
    assert alone.palette.counts.sum() == 400


def test_no_more_than_k_colours_stay_as_they_are_whatever_matters():
    picture = few(20, 20, 9)
    mask = (picture == picture[0, 0]).all(axis=2)
    assert kmc.quantize(picture, 9, importance=mask).mse == 0


@pytest.mark.parametrize(
    ("importance", "error", "words"),
    [
        (np.ones((2, 2)), kmc.ArgumentError, r"importance must have shape \(3, 4\), not \(2, 2\)"),
        (np.ones((3, 4, 1)), kmc.ArgumentError, "shape"),
        (1.0, kmc.ArgumentError, "shape"),
        (np.full((3, 4), -1), kmc.ArgumentError, "0 or more"),
        (np.full((3, 4), np.nan), kmc.ArgumentError, "finite"),
        (np.full((3, 4), np.inf), kmc.ArgumentError, "finite"),
        (np.zeros((3, 4)), kmc.ArgumentError, "zero everywhere"),
        (np.zeros((3, 4), bool), kmc.ArgumentError, "zero everywhere"),
        (np.ones((3, 4), complex), kmc.ArgumentTypeError, "numbers, not complex128"),
        (np.full((3, 4), "1"), kmc.ArgumentTypeError, "numbers"),
        (np.full((3, 4), None), kmc.ArgumentTypeError, "numbers, not object"),
        (np.ma.masked_equal(np.eye(3, 4), 0), kmc.ArgumentTypeError, "masked"),
        ([[1], [1, 2]], kmc.ArgumentTypeError, "importance"),
    ],
)
def test_wrong_importance(importance, error, words):
    for call in (kmc.histogram, kmc.fit, kmc.quantize):
        with pytest.raises(error, match=words):
            call(photo(3, 4), importance=importance)


def test_histograms_have_no_pixels_left_to_weigh():
    with pytest.raises(kmc.ArgumentError, match=r"kmc\.histogram\(image, importance=\.\.\.\)"):
        kmc.fit(kmc.histogram(photo(3, 4)), 2, importance=np.ones((3, 4)))


def test_with_uniform_weights_it_would_not_count():
    with pytest.raises(kmc.ArgumentError, match="importance and weights"):
        kmc.quantize(photo(3, 4), 2, importance=np.ones((3, 4)), weights="uniform")
