"""rgb2ind and ind2rgb: indices and colormaps as MATLAB has them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from scenes import PICTURES, noise, photo

import kmc


@given(PICTURES)
def test_the_way_there_and_back(picture):
    indices, colormap = kmc.rgb2ind(picture, 9)
    result = kmc.quantize(picture, 9)
    np.testing.assert_array_equal(indices, result.indices)
    assert colormap.dtype == np.float64 and 0 <= colormap.min() <= colormap.max() <= 1
    expected = np.asarray(result)
    if expected.ndim == 2:
        expected = np.stack([expected] * 3, axis=-1)
    back = kmc.ind2rgb(indices, colormap)
    assert back.dtype == np.float64
    np.testing.assert_array_equal(np.round(back * 255), expected)
    np.testing.assert_array_equal(
        kmc.ind2rgb(indices, result.palette.colors), np.atleast_3d(result)
    )


def test_shapes_and_types():
    indices, colormap = kmc.rgb2ind(photo(30, 40), 16)
    assert (indices.dtype, indices.shape, colormap.shape) == (np.uint8, (30, 40), (16, 3))
    indices, colormap = kmc.rgb2ind(noise(30, 40), 300)
    assert (indices.dtype, colormap.shape) == (np.uint16, (300, 3))
    assert kmc.rgb2ind(photo(30, 40)[..., 0], 7)[1].shape == (7, 3)
    assert kmc.rgb2ind(noise(9, 9, 4), 7)[1].shape == (7, 4)


def test_options_are_those_of_quantize():
    picture = photo(30, 40)
    options = {"dither": "atkinson", "space": "oklab", "fixed": [(0, 255, 0)], "seed": 3}
    indices, colormap = kmc.rgb2ind(picture, 8, **options)
    result = kmc.quantize(picture, 8, **options)
    np.testing.assert_array_equal(indices, result.indices)
    np.testing.assert_array_equal(colormap, result.palette.colors / 255)
    with pytest.raises(TypeError, match="unexpected keyword argument 'psnr'"):
        kmc.rgb2ind(picture, 8, psnr=30)
    with pytest.raises(kmc.ArgumentError, match="n must be 1 to 65536, not 0"):
        kmc.rgb2ind(picture, 0)
    with pytest.raises(kmc.ArgumentTypeError, match=r"n must be an integer, not 0\.1"):
        kmc.rgb2ind(picture, 0.1)


def test_indices_of_any_shape():
    colormap = np.linspace(0, 1, 12).reshape(4, 3)
    for shape in ((), (5,), (2, 3), (2, 3, 4), (0, 3)):
        indices = np.arange(np.prod(shape, dtype=int)).reshape(shape) % 4
        np.testing.assert_array_equal(kmc.ind2rgb(indices, colormap), colormap[indices])
    assert kmc.ind2rgb([0], np.float32([[0, 1, 0]])).dtype == np.float64
    assert kmc.ind2rgb([0], np.uint8([[7, 1, 0]])).dtype == np.uint8


@pytest.mark.parametrize(
    ("indices", "colormap", "error", "message"),
    [
        ([2], [[0.0, 0, 0], [1, 1, 1]], kmc.ArgumentError, "0 to 1, .*; they are 2 to 2"),
        ([-1], [[0.0, 0, 0]], kmc.ArgumentError, "they are -1 to -1"),
        ([0.0], [[0.0, 0, 0]], kmc.ArgumentTypeError, "indices must be integers, not float64"),
        ([True], [[0.0, 0, 0]], kmc.ArgumentTypeError, "indices must be integers, not bool"),
        ([0], [0.0, 0, 0], kmc.ArgumentError, r"colormap must have shape \(k, C\)"),
        ([0], np.zeros((0, 3)), kmc.ArgumentError, r"colormap must have shape \(k, C\)"),
        ([0], [[0, 1, 0]], kmc.ArgumentTypeError, "real numbers from 0 to 1, or uint8, not int64"),
        ([0], [[0, 255.0, 0]], kmc.ArgumentError, "colormap must lie in 0..1"),
        ([0], [[0, np.nan, 0]], kmc.ArgumentError, "colormap must lie in 0..1"),
        ([0], [["a", "b", "c"]], kmc.ArgumentTypeError, "colormap"),
    ],
)
def test_what_is_wrong_is_said(indices, colormap, error, message):
    with pytest.raises(error, match=message):
        kmc.ind2rgb(indices, colormap)
