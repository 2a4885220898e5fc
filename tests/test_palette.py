"""Palettes: what they hold, and that pictures mapped to them get the nearest colour of all."""

from __future__ import annotations

import copy
import math
import pickle

import numpy as np
import pytest
import reference
from engine import ways
from hypothesis import given
from hypothesis import strategies as st
from scenes import NAMED, PICTURES, noise, photo, scattered

import kmc

DRAWN = st.tuples(st.integers(1, 300), st.integers(0, 10**6))


def nearest_color(pixels, colors):
    """The number of the nearest colour, the lowest on ties, by comparing all with all."""
    flat = pixels.reshape(-1, colors.shape[1])
    if colors.shape[1] == 4:
        colors, flat = placed(colors.astype(int)), placed(flat.astype(int))
    return reference.assign(flat, colors).reshape(pixels.shape[:2])


def placed(colors):
    """Over mid-grey, and how transparent, in 64ths of a level as the engine rounds."""
    alpha = colors[:, 3:]
    opaque = np.hstack((64 * colors[:, :3], 0 * alpha))
    transparent = np.array([8160, 8160, 8160, round(3**0.5 * 8160)])
    return (opaque * alpha + transparent * (255 - alpha) + 127) // 255


def colors_near(picture, k, seed):
    """Colours of the picture, of others, and some twice."""
    channels = picture.shape[2] if picture.ndim == 3 else 1
    draws = scattered((k, channels + 2), 256, seed)
    flat = picture.reshape(-1, channels)
    colors = np.where(draws[:, :1] < 90, flat[draws[:, 1] % len(flat)], draws[:, 2:])
    colors[draws[:, 0] > 220] = colors[0]
    return colors.astype(np.uint8)


@given(PICTURES, DRAWN)
def test_remap_finds_the_nearest_colours(picture, drawn):
    palette = kmc.Palette(colors_near(picture, *drawn))
    result = palette.remap(picture)
    expected = nearest_color(picture, palette.colors)
    np.testing.assert_array_equal(result.indices, expected)
    assert result.indices.dtype == (np.uint8 if len(palette) <= 256 else np.uint16)
    assert result.palette is palette
    assert result.shape == picture.shape


@given(PICTURES, DRAWN)
def test_remap_measures_its_error(picture, drawn):
    result = kmc.Palette(colors_near(picture, *drawn)).remap(picture)
    off = np.square(np.asarray(result).astype(int) - picture)
    n_pixels = picture.shape[0] * picture.shape[1]
    assert result.mse == pytest.approx(off.sum() / n_pixels, rel=1e-14)
    if result.mse:
        assert result.psnr == pytest.approx(10 * np.log10(255**2 / off.mean()), rel=1e-12)
    else:
        assert result.psnr == np.inf


@given(PICTURES, DRAWN)
def test_a_painted_picture_maps_to_itself(picture, drawn):
    palette = kmc.Palette(colors_near(picture, *drawn))
    painted = np.asarray(palette.remap(picture))
    again = palette.remap(painted)
    np.testing.assert_array_equal(np.asarray(again), painted)
    assert again.mse == 0


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("k", [1, 2, 24, 25, 256, 257])
def test_remap_and_assign_agree_in_every_way(name, k):
    picture = NAMED[name]
    colors = colors_near(picture, k, k)
    palette, expected = kmc.Palette(colors), nearest_color(picture, colors)
    pixels = picture.reshape(*picture.shape[:2], -1)
    for _, threads in ways():
        np.testing.assert_array_equal(palette.remap(picture, threads=threads).indices, expected)
        assigned = kmc.assign(pixels, palette, threads=threads)
        np.testing.assert_array_equal(assigned, expected)
        assert assigned.dtype == (np.uint8 if k <= 256 else np.uint16)


@pytest.mark.parametrize("picture", [noise(300, 400), photo(400, 500), noise(500, 300, 1)[..., 0]])
def test_pictures_large_enough_for_threads(picture):
    palette = kmc.Palette(colors_near(picture, 30, 1))
    pixels = picture.reshape(*picture.shape[:2], -1)
    expected = palette.remap(picture, threads=1)
    sample = np.s_[::23]
    np.testing.assert_array_equal(
        expected.indices[sample], nearest_color(pixels[sample], palette.colors)
    )
    for _, threads in ways():
        result = palette.remap(picture, threads=threads)
        np.testing.assert_array_equal(result.indices, expected.indices)
        assert result.mse == expected.mse
        assigned = kmc.assign(pixels, palette, threads=threads)
        np.testing.assert_array_equal(assigned, expected.indices)


@pytest.mark.parametrize("k", [5000, 65536])
def test_large_palettes(k):
    picture = photo(6, 8)
    place = np.arange(k) * (2**24 // k)
    colors = np.stack((place >> 16, place >> 8 & 255, place & 255), axis=-1).astype(np.uint8)
    result = kmc.Palette(colors).remap(picture)
    np.testing.assert_array_equal(result.indices, nearest_color(picture, colors))
    np.testing.assert_array_equal(kmc.assign(picture, colors), result.indices)


def test_the_lowest_wins_among_equals():
    palette = kmc.Palette([(9, 0, 0), (5, 0, 0), (5, 0, 0), (9, 0, 0)])
    picture = np.array([[[5, 0, 0], [7, 0, 0], [9, 0, 0], [8, 0, 0], [6, 0, 0]]], np.uint8)
    assert palette.remap(picture).indices.tolist() == [[1, 0, 0, 0, 1]]
    assert kmc.assign(picture, palette).tolist() == [[1, 0, 0, 0, 1]]


def test_remap_takes_other_pictures_than_the_one_it_was_fitted_to(tmp_path):
    palette = kmc.fit(photo(30, 40), 12)
    before = palette.counts.copy()
    other = noise(25, 35)
    result = palette.remap(other)
    np.testing.assert_array_equal(result.indices, nearest_color(other, palette.colors))
    np.testing.assert_array_equal(palette.counts, before)
    assert (result.inertia, result.n_iter) == (palette.inertia, palette.n_iter)
    result.save(tmp_path / "painted.png")
    assert palette.remap(tmp_path / "painted.png").mse == 0


@pytest.mark.parametrize("view", [np.s_[::2], np.s_[::-1, ::-1], np.s_[:, 3:9], np.s_[:, :, ::-1]])
def test_any_strides(view):
    picture = photo(30, 40)
    palette = kmc.Palette(colors_near(picture, 20, 3))
    expected = nearest_color(np.ascontiguousarray(picture[view]), palette.colors)
    np.testing.assert_array_equal(palette.remap(picture[view]).indices, expected)
    np.testing.assert_array_equal(kmc.assign(picture[view], palette), expected)


def test_a_palette_serves_pictures_of_its_own_kind():
    grey, rgb = NAMED["grey photo"], NAMED["photo"]
    with pytest.raises(kmc.ImageShapeError, match="grey colours cannot represent an image in RGB"):
        kmc.Palette([[0], [9]]).remap(rgb)
    shades = kmc.Palette([[0, 0, 0], [90, 99, 80], [255, 255, 255]])
    found, expected = shades.remap(grey), shades.remap(np.stack([grey] * 3, axis=-1))
    np.testing.assert_array_equal(found.indices, expected.indices)
    assert found.mse == expected.mse
    with pytest.raises(kmc.ImageTypeError):
        kmc.Palette([[0], [9]]).remap(grey.astype(float))
    with pytest.raises(kmc.ArgumentError, match="threads"):
        kmc.Palette([[0], [9]]).remap(grey, threads=0)


def test_what_a_palette_holds():
    palette = kmc.Palette([[3, 1, 2], [9, 9, 9]])
    assert (len(palette), palette.colors.dtype, palette.colors.shape) == (2, np.uint8, (2, 3))
    np.testing.assert_array_equal(palette.centroids, palette.colors)
    assert (palette.centroids.dtype, palette.counts.dtype) == (np.float64, np.int64)
    assert palette.counts.tolist() == [0, 0]
    assert (palette.inertia, palette.n_iter, palette.converged) == (0.0, 0, True)
    assert palette.history == []
    assert repr(palette) == "<kmc.Palette: 2 colours>"


def test_a_palette_is_its_own():
    colors, counts = np.array([[3], [9]], np.uint8), np.array([4, 5])
    palette = kmc.Palette(colors, colors / 1.0, counts)
    colors[:], counts[:] = 0, 0
    assert palette.colors.tolist() == palette.centroids.tolist() == [[3], [9]]
    assert palette.counts.tolist() == [4, 5]


def test_palettes_travel():
    palette = kmc.fit(photo(20, 20), 7)
    for again in (copy.deepcopy(palette), pickle.loads(pickle.dumps(palette))):
        np.testing.assert_array_equal(again.colors, palette.colors)
        np.testing.assert_array_equal(again.centroids, palette.centroids)
        assert again.history == palette.history


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([],), kmc.ArgumentError, "k = 1 to"),
        (([1, 2, 3],), kmc.ArgumentError, "shape"),
        (([[1, 2]],), kmc.ArgumentError, "shape"),
        (([[1, 2, 3, 4, 5]],), kmc.ArgumentError, "shape"),
        (([[[1, 2, 3]]],), kmc.ArgumentError, "shape"),
        ((np.zeros((65537, 3), np.uint8),), kmc.ArgumentError, "65536"),
        (([[1.5]],), kmc.ArgumentTypeError, "uint8"),
        (([[True]],), kmc.ArgumentTypeError, "uint8"),
        (([["a"]],), kmc.ArgumentTypeError, "uint8"),
        (([[256]],), kmc.ArgumentError, r"0\.\.255"),
        (([[-1]],), kmc.ArgumentError, r"0\.\.255"),
        (([[1], [2]], [[1]]), kmc.ArgumentError, "fit together"),
        (([[1], [2]], [[1, 2]]), kmc.ArgumentError, "fit together"),
        (([[1], [2]], None, [1]), kmc.ArgumentError, "fit together"),
        (([[1, 2, 3], [4]],), kmc.ArgumentTypeError, "colors cannot be converted to an array"),
        (([[1]], "abc"), kmc.ArgumentTypeError, "centroids cannot"),
        (([[1]], [[1], [1, 2]]), kmc.ArgumentTypeError, "centroids cannot"),
        (([[1]], [[math.nan]]), kmc.ArgumentError, "centroids must be finite"),
        (([[1]], [[math.inf]]), kmc.ArgumentError, "centroids must be finite"),
        (([[1]], None, ["x"]), kmc.ArgumentTypeError, "counts must be integers"),
        (([[1]], None, [1.5]), kmc.ArgumentTypeError, "counts must be integers"),
        (([[1]], None, [2**70]), kmc.ArgumentTypeError, "counts must be integers"),
        (([[1]], None, [2**63]), kmc.ArgumentError, "counts must be 0 or more, and below"),
        (([[1]], None, [-1]), kmc.ArgumentError, "counts must be 0 or more"),
        ((np.ma.array([[1], [2]], mask=[[0], [1]]),), kmc.ArgumentTypeError, "masked"),
    ],
)
def test_wrong_palettes(arguments, error, words):
    with pytest.raises(error, match=words):
        kmc.Palette(*arguments)


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ({"inertia": "x"}, kmc.ArgumentTypeError),
        ({"inertia": math.nan}, kmc.ArgumentError),
        ({"n_iter": 1.5}, kmc.ArgumentTypeError),
        ({"n_iter": -1}, kmc.ArgumentError),
        ({"converged": 1}, kmc.ArgumentTypeError),
        ({"history": 5}, kmc.ArgumentTypeError),
        ({"history": "ab"}, kmc.ArgumentTypeError),
        ({"history": [(1.0, 2.0, 3.0)]}, kmc.ArgumentTypeError),
    ],
)
def test_wrong_facts_about_a_fit(option, error):
    with pytest.raises(error, match=next(iter(option))):
        kmc.Palette([[1]], **option)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("shape", [(), (7,), (0,), (5, 6), (2, 3, 4)])
def test_assign_takes_any_shape(channels, shape):
    pixels = scattered((*shape, channels), 256).astype(np.uint8)
    colors = scattered((11, channels), 256, 1).astype(np.uint8)
    indices = kmc.assign(pixels, colors)
    assert indices.shape == shape
    flat = pixels.reshape(-1, 1, channels)
    np.testing.assert_array_equal(indices.ravel(), nearest_color(flat, colors).ravel())


@pytest.mark.parametrize(
    ("pixels", "palette", "error"),
    [
        (np.zeros((3, 3)), [[1, 2, 3]], kmc.ArgumentTypeError),
        (np.zeros((3, 3), np.int64), [[1, 2, 3]], kmc.ArgumentTypeError),
        (np.zeros((3, 3), bool), [[1, 2, 3]], kmc.ArgumentTypeError),
        (np.zeros((3, 1), np.uint8), [[1, 2, 3]], kmc.ArgumentError),
        (np.zeros((3, 4), np.uint8), [[1, 2, 3]], kmc.ArgumentError),
        (np.uint8(3), [[1]], kmc.ArgumentError),
        (np.zeros((3, 2), np.uint8), [[1, 2]], kmc.ArgumentError),
        (np.zeros((3, 3), np.uint8), [], kmc.ArgumentError),
        (np.zeros((3, 3), np.uint8), [[1.0, 2, 3]], kmc.ArgumentTypeError),
        (np.zeros((3, 3), np.uint8), np.zeros((65537, 3), np.uint8), kmc.ArgumentError),
        (None, [[1, 2, 3]], kmc.ArgumentTypeError),
        ([[1, 2, 3], [4]], [[1, 2, 3]], kmc.ArgumentTypeError),
        (np.zeros((3, 3), np.uint8), [[1, 2, 3], [4]], kmc.ArgumentTypeError),
    ],
)
def test_assign_refuses_what_does_not_fit(pixels, palette, error):
    with pytest.raises(error):
        kmc.assign(pixels, palette)


@pytest.mark.parametrize(
    ("threads", "error"), [(0, ValueError), (-1, ValueError), ("2", TypeError)]
)
def test_assign_checks_threads(threads, error):
    with pytest.raises(error, match="threads") as caught:
        kmc.assign(np.zeros((2, 3), np.uint8), [[1, 2, 3]], threads=threads)
    assert isinstance(caught.value, kmc.KmcError)


@pytest.mark.parametrize("k", [1, 2, 24, 25, 48, 49, 256, 257])
@pytest.mark.parametrize("channels", [1, 3])
def test_noise_gets_the_same_indices_by_any_way(k, channels):
    """Few colours are compared with every pixel, the more the later the picture proves noise."""
    noise = np.random.default_rng(k).integers(0, 256, (9, 11, channels), dtype=np.uint8)
    colors = np.random.default_rng(99).integers(0, 256, (k, channels), dtype=np.uint8)
    result = kmc.Palette(colors).remap(noise)
    distance = np.square(noise[:, :, None].astype(int) - colors).sum(axis=-1)
    assert np.array_equal(result.indices, distance.argmin(axis=-1))
    assert result.mse == pytest.approx(distance.min(axis=-1).mean(), rel=1e-14)
    fitted = kmc.quantize(noise, k)
    np.testing.assert_array_equal(fitted.indices, fitted.palette.remap(noise).indices)
    assert fitted.mse == pytest.approx(fitted.palette.remap(noise).mse, rel=1e-14)


@pytest.mark.parametrize("name", ["photo", "grey photo", "noise"])
def test_an_iteration_of_ones_own(name):
    """Means of whole levels: the sums are those of the assignment, and the error falls."""
    picture = NAMED[name].reshape(*NAMED[name].shape[:2], -1)
    colors = colors_near(picture, 9, 2)
    indices, counts, sums = kmc.assign(picture, colors, return_sums=True)
    np.testing.assert_array_equal(indices, nearest_color(picture, colors))
    assert counts.sum() == indices.size
    np.testing.assert_array_equal(sums.sum(axis=0), picture.sum(axis=(0, 1), dtype=np.int64))
    for j in range(9):
        np.testing.assert_array_equal(sums[j], picture[indices == j].sum(axis=0, dtype=np.int64))
    served = counts > 0
    moved = colors.copy()
    moved[served] = (2 * sums[served] + counts[served, None]) // (2 * counts[served, None])
    assert kmc.Palette(moved).remap(picture).mse <= kmc.Palette(colors).remap(picture).mse


@pytest.mark.parametrize("wanted", [None, 1, "yes"])
def test_return_sums_is_yes_or_no(wanted):
    with pytest.raises(kmc.ArgumentTypeError, match="return_sums must be True or False"):
        kmc.assign(np.zeros((2, 3), np.uint8), [[1, 2, 3]], return_sums=wanted)
