"""What every option goes through: numbers and arrays, named in the error when they are wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest

import kmc
from kmc.utils import arguments

pytestmark = pytest.mark.once


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3)])
def test_integers_of_every_kind(value):
    assert arguments.whole("k", value, 1, 3) == 3


@pytest.mark.parametrize("value", [True, np.True_, 3.0, "3", None, [3]])
def test_what_is_no_integer(value):
    with pytest.raises(kmc.ArgumentTypeError, match="k must be an integer, not"):
        arguments.whole("k", value, 1)


@pytest.mark.parametrize(
    ("value", "most", "words"),
    [(0, None, "k must be at least 1, not 0"), (4, 3, "k must be 1 to 3, not 4")],
)
def test_integers_out_of_range(value, most, words):
    with pytest.raises(kmc.ArgumentError, match=words):
        arguments.whole("k", value, 1, most)


@pytest.mark.parametrize("value", [0, 2.5, np.float32(1), math.inf])
def test_numbers(value):
    assert arguments.not_negative("tol", value) == value


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (-1, kmc.ArgumentError),
        (math.nan, kmc.ArgumentError),
        (10**400, kmc.ArgumentError),
        (True, kmc.ArgumentTypeError),
        ("1", kmc.ArgumentTypeError),
        (1j, kmc.ArgumentTypeError),
    ],
)
def test_wrong_numbers(value, error):
    with pytest.raises(error, match="tol must be"):
        arguments.not_negative("tol", value)


class Foreign:
    """An array of another library that may not be had here."""

    def __init__(self, error):
        self.error = error

    def __array__(self, dtype=None, copy=None):
        raise self.error


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ([[1], [1, 2]], kmc.ArgumentTypeError),
        (["x"], kmc.ArgumentTypeError),
        (np.array([1j]), kmc.ArgumentTypeError),
        (np.ma.array([1.0, 2.0], mask=[True, False]), kmc.ArgumentTypeError),
        (Foreign(RuntimeError("on a device")), kmc.ArgumentTypeError),
        (Foreign(MemoryError()), kmc.OutOfMemoryError),
    ],
)
def test_what_becomes_no_array(value, error):
    with pytest.raises(error, match="init"):
        arguments.array("init", value, float)


def test_arrays_are_not_copied():
    own = np.zeros((2, 3))
    assert arguments.array("init", own, np.float64) is own
    assert np.shares_memory(arguments.contiguous("pixels", own, (3, 2)), own)
    unmasked = np.ma.array(own)
    assert np.shares_memory(arguments.array("init", unmasked), own)


@pytest.mark.parametrize("value", [np.True_, False])
def test_flags(value):
    assert arguments.flag("return_sums", value) is bool(value)


@pytest.mark.parametrize("value", [1, None, "yes", np.ones(2, bool)])
def test_wrong_flags(value):
    with pytest.raises(kmc.ArgumentTypeError, match="return_sums must be True or False"):
        arguments.flag("return_sums", value)


def test_a_copy_that_fits_no_memory():
    """A view of one byte, of more pixels than any machine has room for."""
    side = 1 << 26
    wide = np.broadcast_to(np.uint8(3), (side, side, 3))
    for call in (kmc.histogram, lambda pixels: kmc.assign(pixels, [[1, 2, 3]])):
        with pytest.raises(kmc.OutOfMemoryError, match="not enough memory for a copy of"):
            call(wide)
