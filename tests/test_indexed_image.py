"""The indexed image: what it paints, what it measures, what Pillow and NumPy see of it."""

from __future__ import annotations

import math

import numpy as np
import pytest

import kmc
from kmc.colors.arrays import rgb_colors


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [1, 2, 16, 255, 256, 257, 5000])
def test_paints_the_colours_of_the_palette(make_indexed, k, channels):
    image = make_indexed(k, channels, shape=(301, 257))
    painted = np.asarray(image)
    assert painted.dtype == np.uint8
    expected = image.palette.colors[image.indices]
    np.testing.assert_array_equal(painted, expected[..., 0] if channels == 1 else expected)
    assert image.shape == painted.shape == ((301, 257) if channels == 1 else (301, 257, 3))


def test_numpys_array_protocol(make_indexed):
    image = make_indexed(5)
    painted = np.asarray(image)
    assert painted.flags.writeable
    assert not np.shares_memory(painted, np.asarray(image))
    for dtype in (np.uint8, np.float32, "int64", np.dtype(">u2")):
        converted = np.asarray(image, dtype=dtype)
        assert converted.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(converted, painted)
    np.testing.assert_array_equal(np.array(image), painted)
    np.testing.assert_array_equal(np.array(image, copy=True), painted)
    np.testing.assert_array_equal(image.__array__(np.uint8, copy=True), painted)
    with pytest.raises(ValueError, match="copy=False is impossible"):
        image.__array__(copy=False)
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        with pytest.raises(ValueError, match="copy=False is impossible"):
            np.array(image, copy=False)
    assert np.mean(image) == np.mean(painted)


def test_takes_indices_that_are_not_contiguous(make_indexed):
    image = make_indexed(9)
    turned = kmc.IndexedImage(image.indices.T, image.palette, 1.0)
    np.testing.assert_array_equal(np.asarray(turned), np.asarray(image).transpose(1, 0, 2))
    np.testing.assert_array_equal(np.asarray(turned.to_pil()), image.indices.T)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 16, 17, 200, 255, 256])
def test_to_pil_keeps_the_palette(make_indexed, k, channels):
    image = make_indexed(k, channels)
    picture = image.to_pil()
    assert picture.mode == "P"
    assert picture.size == image.indices.shape[::-1]
    np.testing.assert_array_equal(np.asarray(picture), image.indices)
    colors = np.array(picture.getpalette(), np.uint8).reshape(-1, 3)
    np.testing.assert_array_equal(colors, rgb_colors(image.palette.colors))
    painted = np.asarray(picture.convert("L" if channels == 1 else "RGB"))
    np.testing.assert_array_equal(painted, np.asarray(image))


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (3, "RGB")])
def test_to_pil_paints_what_is_too_much_for_a_palette(make_indexed, channels, mode):
    image = make_indexed(257, channels)
    picture = image.to_pil()
    assert picture.mode == mode
    np.testing.assert_array_equal(np.asarray(picture), np.asarray(image))


def test_wide_indices_of_a_small_palette_are_narrowed(make_indexed):
    image = make_indexed(6)
    wide = kmc.IndexedImage(image.indices.astype(np.uint16), image.palette, 1.0)
    assert wide.to_pil().mode == "P"
    np.testing.assert_array_equal(np.asarray(wide.to_pil()), image.indices)


def test_the_picture_is_the_callers_own(make_indexed):
    image = make_indexed(6)
    before = image.indices.copy()
    picture = image.to_pil()
    picture.paste(0, (0, 0, *picture.size))
    np.testing.assert_array_equal(image.indices, before)


def test_psnr(make_indexed):
    colour = make_indexed(4)
    assert colour.mse == 2.5
    assert colour.psnr == pytest.approx(10 * math.log10(255**2 / (2.5 / 3)))
    grey = make_indexed(4, channels=1)
    assert grey.psnr == pytest.approx(10 * math.log10(255**2 / 2.5))
    exact = kmc.IndexedImage(grey.indices, grey.palette, 0.0)
    assert exact.psnr == math.inf


def test_psnr_and_mse_describe_the_painted_picture(photo):
    result = kmc.quantize(photo, 8)
    error = np.asarray(result).astype(np.float64) - photo
    assert result.mse == pytest.approx((error**2).sum(axis=-1).mean(), rel=1e-12)
    assert result.psnr == pytest.approx(10 * np.log10(255**2 / (error**2).mean()), rel=1e-12)


def test_forwards_what_the_palette_knows(make_indexed):
    image = make_indexed(4)
    palette = image.palette
    assert image.inertia == palette.inertia == 5.0
    assert image.n_iter == palette.n_iter == 3
    assert image.converged is palette.converged is True
    assert len(image.history) == len(palette.history) == 3


def test_repr(make_indexed):
    assert repr(make_indexed(4)) == "<kmc.IndexedImage: 23 x 19 pixels, 4 colours, PSNR 48.9 dB>"


@pytest.mark.parametrize(
    ("indices", "error", "words"),
    [
        ([[0]], kmc.ArgumentTypeError, "not list"),
        (np.zeros((2, 2), int), kmc.ArgumentTypeError, "not int64"),
        (np.zeros(4, np.uint8), kmc.ArgumentError, r"\(H, W\), not \(4,\)"),
        (np.zeros((0, 4), np.uint8), kmc.ArgumentError, r"not \(0, 4\)"),
        (np.full((2, 2), 4, np.uint8), kmc.ArgumentError, "index 4 is beyond a palette of 4"),
        (np.full((2, 2), 900, np.uint16), kmc.ArgumentError, "index 900 is beyond"),
    ],
)
def test_the_constructor_checks_indices(make_indexed, indices, error, words):
    with pytest.raises(error, match=words):
        kmc.IndexedImage(indices, make_indexed(4).palette, 0.0)


@pytest.mark.parametrize("mse", [-1.0, math.nan])
def test_the_constructor_checks_the_error(make_indexed, mse):
    image = make_indexed(4)
    with pytest.raises(kmc.ArgumentError, match="mse must be 0 or more"):
        kmc.IndexedImage(image.indices, image.palette, mse)


@pytest.mark.parametrize("mse", ["x", None, True])
def test_the_error_is_a_number(make_indexed, mse):
    image = make_indexed(4)
    with pytest.raises(kmc.ArgumentTypeError, match="mse must be a number"):
        kmc.IndexedImage(image.indices, image.palette, mse)


@pytest.mark.parametrize("palette", [None, [[1, 2, 3]]])
def test_the_palette_is_a_palette(palette):
    with pytest.raises(kmc.ArgumentTypeError, match="palette must be a Palette"):
        kmc.IndexedImage(np.zeros((2, 2), np.uint8), palette, 0.0)
