"""Balanced weights: exact, positive, of crowds only; what they keep, and what they report."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_FLOOR, Context, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import noise, photo, scattered

import kmc
from kmc.clustering.balance import balanced
from kmc.clustering.importance import MAX_TOTAL_WEIGHT
from kmc.colors.spaces import SPACES, coordinates

DIGITS = Context(prec=50)


def twin(colors, weights, space):
    """1024 times the weight, over the fourth root of the colours in its cell, halves rounded up;
    or the weights themselves, where no colour shares its cell."""
    cells = [tuple(at >> 9) for at in coordinates(colors, space)]
    crowd = Counter(cells)
    if len(crowd) == len(cells):
        return weights.tolist()
    found = []
    for cell, weight in zip(cells, weights.tolist(), strict=True):
        root = DIGITS.sqrt(DIGITS.sqrt(Decimal(crowd[cell])))
        exact = DIGITS.divide(Decimal(1024 * weight), root) + Decimal("0.5")
        found.append(int(exact.to_integral_value(ROUND_FLOOR)))
    return found


@given(
    st.integers(1, 30),
    st.integers(1, 30),
    st.sampled_from([1, 3, 4]),
    st.sampled_from(SPACES),
    st.integers(0, 99),
)
def test_equals_its_twin(height, width, channels, space, seed):
    pixels = noise(height, width, channels, seed) // (1 + seed % 9)
    counted = kmc.histogram(pixels)
    weights = scattered((len(counted),), 5, seed).astype(np.int64)
    places = coordinates(counted.colors, space)
    for each in (counted.counts, weights):
        found = balanced(places, each, 4 if channels == 4 else 3, 1)
        assert found.tolist() == twin(counted.colors, each, space)
        assert ((found > 0) == (each > 0)).all()


def test_colours_that_are_alone_weigh_their_pixels():
    """A drawing has the palette that it has by counts."""
    colors = np.array([[16 * r, 16 * g, 0] for r in range(8) for g in range(8)], np.uint8)
    drawing = np.repeat(colors, 1 + np.arange(64) % 7, axis=0)[None]
    by_counts, by_balance = (kmc.fit(drawing, 9, weights=w) for w in ("counts", "balanced"))
    np.testing.assert_array_equal(by_counts.centroids, by_balance.centroids)
    assert by_balance.inertia == by_counts.inertia


def test_the_largest_total_is_not_exceeded():
    places = coordinates(kmc.histogram(noise(30, 30)).colors)
    found = balanced(places, np.full(len(places), 1 << 30), 3, 1)
    assert found.min() > 0 and found.sum() <= MAX_TOTAL_WEIGHT
    assert balanced(places, np.eye(1, len(places), dtype=np.int64)[0], 3, 1).max() > 0


def test_a_small_area_of_a_colour_of_its_own_is_kept():
    """Twenty red pixels, in 30 000 of many shades of sand."""
    sand = noise(150, 200) // 4 + np.array([150, 130, 100], np.uint8)
    sand[0, :20] = (200, 60, 50)
    off = {
        weights: np.abs(kmc.fit(sand, 10, weights=weights).colors - [200.0, 60, 50]).sum(1).min()
        for weights in ("counts", "balanced")
    }
    assert off["balanced"] < 9 < off["counts"]


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("importance", [False, True])
def test_inertia_is_that_of_the_weights_scaled_to_what_they_are_made_from(channels, importance):
    pixels, seen = noise(30, 40, channels), []
    mask = scattered((30, 40), 4, 5) if importance else np.ones((30, 40), int)
    options = {"importance": mask} if importance else {}

    def watch(iteration, centroids, inertia, shift):
        seen.append((inertia, shift))

    palette = kmc.fit(pixels, 7, weights="balanced", callback=watch, **options)
    assert palette.history == [state for state in seen if state[0] > 0][-len(palette.history) :]
    assert palette.inertia == palette.history[-1][0]
    plain = kmc.fit(pixels, 7, **options)
    assert 0.8 < palette.inertia / plain.inertia < 1.3


def test_the_error_is_that_of_all_pixels_alike():
    picture = photo(60, 80)
    for space in SPACES:
        result = kmc.quantize(picture, 9, weights="balanced", space=space)
        off = picture.astype(float) - np.asarray(result)
        assert result.mse == pytest.approx(np.square(off).sum(axis=2).mean(), rel=1e-12)
        assert result.palette.counts.sum() == 60 * 80


@pytest.mark.parametrize("goal", [{"psnr": 28}, {"max_mse": 200}, {"quality": (0, 80)}])
def test_targets_hold_for_the_true_pixels(goal):
    picture = photo(60, 80)
    result = kmc.quantize(picture, 256, weights="balanced", **goal)
    assert result.psnr >= goal.get("psnr", 0)
    assert result.mse <= goal.get("max_mse", np.inf)
    fewer = kmc.quantize(picture, len(result.palette) - 1, weights="balanced")
    assert fewer.mse > result.mse


def test_pictures_of_few_colours_stay_as_they_are():
    picture = noise(5, 5)
    result = kmc.quantize(picture, 25, weights="balanced")
    np.testing.assert_array_equal(np.asarray(result), picture)
    assert kmc.fit(picture, 9, weights="balanced", fixed=picture[0, :2]).counts.sum() == 25


def test_counts_that_are_too_many_are_refused_before_they_are_weighed():
    huge = kmc.Histogram([[0, 0, 0], [0, 0, 1], [9, 9, 9]], [2**61, 2**60, 5])
    with pytest.raises(kmc.ArgumentError, match="pixels can be clustered"):
        kmc.fit(huge, 2, weights="balanced")
