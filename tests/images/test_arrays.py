"""Array-likes become pixels without a copy, or an error that says the way out."""

from __future__ import annotations

import numpy as np
import pytest

import kmc
from kmc.images.reading import as_pixels


@pytest.mark.parametrize(
    "shape", [(3, 5), (3, 5, 1), (3, 5, 3), (3, 5, 4), (1, 1), (1, 7, 3), (9, 1)]
)
def test_contiguous_arrays_are_not_copied(shape):
    image = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    pixels = as_pixels(image)
    assert np.shares_memory(pixels, image)
    assert pixels.shape == (*shape[:2], shape[2] if len(shape) == 3 else 1)
    assert pixels.tobytes() == image.tobytes()


def test_read_only_arrays_are_not_copied(photo):
    assert not photo.flags.writeable
    assert np.shares_memory(as_pixels(photo), photo)


@pytest.mark.parametrize(
    "view",
    [
        lambda a: a[::2, ::3],
        lambda a: a[::-1],
        lambda a: a[:, ::-1, ::-1],
        lambda a: a.transpose(1, 0, 2),
        lambda a: np.asfortranarray(a),
        lambda a: a[..., 1],
        lambda a: a[..., 2:],
        lambda a: np.broadcast_to(a[:1, :1], (5, 6, 3)),
    ],
)
def test_any_strides_give_the_same_values(photo, view):
    image = view(photo)
    pixels = as_pixels(image)
    assert pixels.flags.c_contiguous
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels.reshape(image.shape), image)


def test_array_likes(photo):
    class Wrapper:
        def __array__(self, dtype=None, copy=None):
            return photo

    np.testing.assert_array_equal(as_pixels(Wrapper()), photo)
    np.testing.assert_array_equal(as_pixels(memoryview(photo)), photo)
    np.testing.assert_array_equal(as_pixels([[0, 255], [7, 8]])[..., 0], [[0, 255], [7, 8]])


class Explosive:
    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("lives on a device")


IMPORTANT = "(image * 255).round().astype(np.uint8)"


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.full((2, 2, 3), 0.5), ("expected uint8, got float64", "0..255", IMPORTANT)),
        (np.full((2, 2, 3), 0.5, np.float32), ("float32", IMPORTANT)),
        (np.full((2, 2, 3), 200.0), ("float64", "image.clip(0, 255).round()")),
        (np.full((2, 2, 3), np.nan), ("NaN", "nan_to_num")),
        (np.full((2, 2, 3), np.inf), ("infinite",)),
        (np.full((2, 2), 40000, np.uint16), ("uint16", "image / 257")),
        (np.full((2, 2), 40, np.uint16), ("uint16", "image.astype(np.uint8)")),
        (np.full((2, 2), 40), ("int64", "image.astype(np.uint8)")),
        (np.full((2, 2), -40, np.int8), ("int8", "image.clip(0, 255)")),
        (np.zeros((2, 2), bool), ("bool", "* 255")),
        (np.zeros((2, 2), complex), ("complex128", "magnitudes")),
        (np.zeros((2, 2), object), ("object", "dtype=np.uint8")),
        (np.zeros((2, 2), "U3"), ("got <U3", "dtype=np.uint8")),
        (np.zeros((2, 2), "M8[s]"), ("datetime64", "dtype=np.uint8")),
        (np.zeros((2, 2), [("r", "u1")]), ("dtype=np.uint8",)),
        ([[1, 300]], ("int64", "clip")),
        ([[1.5]], ("float64",)),
        ([[1, 2], [3]], ("list gives none",)),
        (Explosive(), ("Explosive", "lives on a device")),
        (None, ("got NoneType", "a path, bytes")),
        (7, ("got int",)),
        ({"a": 1}, ("got dict",)),
        (object(), ("got object",)),
        (np.uint8(3), ("got uint8",)),
    ],
)
def test_wrong_types_are_told_the_way_out(image, words):
    with pytest.raises(kmc.ImageTypeError) as caught:
        as_pixels(image)
    assert isinstance(caught.value, TypeError)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((0, 4, 3), ("empty", "(0, 4, 3)")),
        ((4, 0), ("empty",)),
        ((4, 4, 0), ("empty",)),
        ((12,), ("got (12,)", "tobytes")),
        ((2, 2, 2), ("got (2, 2, 2)", "'LA'", ".convert('RGBA')")),
        ((2, 2, 5), ("got (2, 2, 5)",)),
        ((3, 20, 30), ("np.moveaxis(image, 0, -1)",)),
        ((2, 20, 30, 3), ("one at a time",)),
        ((1, 1, 1, 1, 1), ("(1, 1, 1, 1, 1)",)),
    ],
)
def test_wrong_shapes_are_told_the_way_out(shape, words):
    with pytest.raises(kmc.ImageShapeError) as caught:
        as_pixels(np.zeros(shape, np.uint8))
    assert isinstance(caught.value, ValueError)
    for word in words:
        assert word in str(caught.value)


def test_masked_values_are_refused_and_unmasked_ones_taken():
    values = np.zeros((2, 2), np.uint8)
    with pytest.raises(kmc.ImageTypeError, match="filled"):
        as_pixels(np.ma.masked_array(values, [[True, False], [False, False]]))
    assert as_pixels(np.ma.masked_array(values)).shape == (2, 2, 1)
