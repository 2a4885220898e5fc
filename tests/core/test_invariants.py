"""What must not matter: the order of pixels, their place, their number, where a colour lies."""

from __future__ import annotations

import numpy as np
import pytest
from engine import same_palette
from hypothesis import given
from hypothesis import strategies as st
from scenes import NAMED, PICTURES, few, noise, photo, scattered

import kmc

INITS = ("k-means++", "random", "bisecting")


def start_for(channels, k, seed=0):
    return scattered((k, channels), 510, seed) / 2


@given(PICTURES, st.integers(1, 20), st.sampled_from(INITS), st.integers(0, 1000))
def test_the_order_of_pixels(picture, k, init, seed):
    flat = picture.reshape(-1, *picture.shape[2:])
    order = np.argsort(scattered((len(flat),), 1 << 40, seed), kind="stable")
    expected = kmc.quantize(picture, k, init=init, max_iter=6)
    shuffled = kmc.quantize(flat[order][None], k, init=init, max_iter=6)
    same_palette(shuffled.palette, expected.palette)
    np.testing.assert_array_equal(shuffled.indices[0], expected.indices.ravel()[order])
    assert shuffled.mse == expected.mse


@pytest.mark.parametrize("name", NAMED)
def test_mirrored_and_turned(name):
    picture = NAMED[name]
    expected = kmc.quantize(picture, 12)
    for turn in (np.fliplr, np.flipud, np.rot90, lambda a: a.swapaxes(0, 1)):
        result = kmc.quantize(turn(picture), 12)
        same_palette(result.palette, expected.palette)
        np.testing.assert_array_equal(result.indices, turn(expected.indices))


@pytest.mark.parametrize("name", NAMED)
def test_cut_into_other_rows(name):
    picture = NAMED[name]
    height, width = picture.shape[:2]
    cut = picture.reshape(height * 2, width // 2, *picture.shape[2:])
    expected, result = kmc.quantize(picture, 12), kmc.quantize(cut, 12)
    same_palette(result.palette, expected.palette)
    np.testing.assert_array_equal(result.indices.ravel(), expected.indices.ravel())


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("times", [2, 8])
@pytest.mark.parametrize("effort", ["fast", "default"])
def test_several_times_the_same_picture(name, times, effort):
    picture = NAMED[name]
    channels = 1 if picture.ndim == 2 else 3
    for init in ("bisecting", start_for(channels, 14)):
        once = kmc.fit(picture, 14, init=init, effort=effort)
        many = kmc.fit(np.concatenate([picture] * times), 14, init=init, effort=effort)
        np.testing.assert_array_equal(many.centroids, once.centroids)
        np.testing.assert_array_equal(many.counts, times * once.counts)
        assert many.inertia == times * once.inertia


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("effort", ["fast", "default"])
def test_uniform_weights_do_not_see_how_often_a_colour_comes(init, effort):
    picture = few(40, 50, 60)
    stretched = np.concatenate([picture, picture[:7], picture[3:5]])
    options = {"init": init, "effort": effort, "weights": "uniform"}
    expected, result = kmc.fit(picture, 11, **options), kmc.fit(stretched, 11, **options)
    np.testing.assert_array_equal(result.centroids, expected.centroids)
    assert result.history == expected.history


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("name", ["photo", "noise"])
def test_the_order_of_channels(order, name):
    start = start_for(3, 10)
    expected = kmc.fit(NAMED[name], 10, init=start, max_iter=12, tol=0)
    other = kmc.fit(NAMED[name][..., order], 10, init=start[:, order], max_iter=12, tol=0)
    np.testing.assert_array_equal(other.centroids, expected.centroids[:, order])
    np.testing.assert_array_equal(other.colors, expected.colors[:, order])
    assert other.inertia == pytest.approx(expected.inertia, rel=1e-9)


@pytest.mark.parametrize("name", ["grey photo", "grey noise", "grey gradient"])
def test_grey_is_rgb_with_equal_channels(name):
    picture, start = NAMED[name], start_for(1, 9)
    narrow = kmc.quantize(picture, 9, init=start, max_iter=12, tol=0)
    rgb = np.repeat(picture[..., None], 3, axis=2)
    wide = kmc.quantize(rgb, 9, init=np.repeat(start, 3, axis=1), max_iter=12, tol=0)
    np.testing.assert_array_equal(wide.indices, narrow.indices)
    np.testing.assert_array_equal(
        wide.palette.centroids, np.repeat(narrow.palette.centroids, 3, axis=1)
    )
    assert wide.inertia == pytest.approx(3 * narrow.inertia, rel=1e-9)
    assert wide.psnr == pytest.approx(narrow.psnr, rel=1e-12)


@pytest.mark.parametrize("by", [1, 64, 100])
def test_the_brightness(by):
    """The boxes of the tree lie elsewhere, the clusters do not."""
    picture, start = photo(50, 60) // 2, start_for(3, 14) / 2
    expected = kmc.fit(picture, 14, init=start, max_iter=12, tol=0)
    brighter = kmc.fit(picture + np.uint8(by), 14, init=start + by, max_iter=12, tol=0)
    np.testing.assert_array_equal(brighter.counts, expected.counts)
    np.testing.assert_allclose(brighter.centroids, expected.centroids + by, rtol=1e-13)
    np.testing.assert_array_equal(brighter.colors, expected.colors + by)


@pytest.mark.parametrize("name", NAMED)
def test_a_painted_picture_keeps_its_colours(name):
    result = kmc.quantize(NAMED[name], 14)
    used = result.palette.colors[np.unique(result.indices)]
    again = kmc.quantize(np.asarray(result), 14)
    np.testing.assert_array_equal(np.asarray(again), np.asarray(result))
    assert sorted(again.palette.colors.tolist()) == sorted(used.tolist())
    assert again.mse == 0
    np.testing.assert_array_equal(result.palette.remap(result).indices, result.indices)


@pytest.mark.parametrize("name", ["photo", "noise", "few", "grey photo"])
def test_more_colours_lose_less(name):
    errors = [kmc.quantize(NAMED[name], k).mse for k in (1, 2, 3, 5, 8, 13, 21, 34, 55)]
    assert errors == sorted(errors, reverse=True)
    assert len(set(errors)) == len(errors)


@pytest.mark.parametrize("name", ["photo", "noise", "few", "grey photo"])
def test_the_palette_is_the_best_for_its_own_picture(name):
    """Of two pictures, each is served better by the palette that was fitted to it."""
    other = {"noise": noise(30, 40, 3, 9), "grey photo": photo(30, 40, 5)[..., 0]}
    other = other.get(name, photo(40, 40, 8))
    mine, theirs = kmc.fit(NAMED[name], 16), kmc.fit(other, 16)
    assert mine.remap(NAMED[name]).mse < theirs.remap(NAMED[name]).mse
    assert theirs.remap(other).mse < mine.remap(other).mse


@pytest.mark.parametrize("name", NAMED)
def test_another_order_of_the_palette_only_renames_its_colours(name):
    palette = kmc.fit(NAMED[name], 20)
    order = np.argsort(scattered((20,), 1 << 40), kind="stable")
    renamed = kmc.Palette(palette.colors[order])
    result, other = palette.remap(NAMED[name]), renamed.remap(NAMED[name])
    assert other.mse == result.mse
    off = [np.square(np.asarray(r).astype(int) - NAMED[name]) for r in (result, other)]
    if NAMED[name].ndim == 3:
        off = [o.sum(axis=-1) for o in off]
    np.testing.assert_array_equal(*off)


@pytest.mark.parametrize("init", INITS)
def test_calls_leave_nothing_behind(init):
    expected = kmc.quantize(NAMED["photo"], 12, init=init)
    kmc.quantize(NAMED["noise"], 30, init=init, seed=5)
    result = kmc.quantize(NAMED["photo"], 12, init=init)
    np.testing.assert_array_equal(result.indices, expected.indices)
    same_palette(result.palette, expected.palette)
