"""Palettes, indexed images and histograms do not change, and copies of them are equal."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from kmc_files import with_metadata

import kmc

PALETTE = kmc.Palette(
    [(1, 2, 3), (4, 5, 6)],
    [(1.25, 2.0, 3.0), (4.0, 5.5, 6.0)],
    [7, 8],
    inertia=9.5,
    n_iter=2,
    converged=False,
    history=[(10.0, 1.0), (9.5, 0.25)],
    space="oklab",
)
THINGS = [PALETTE, with_metadata(), kmc.Histogram([[9], [5]], [3, 4])]
COPIES = [copy.copy, copy.deepcopy]
COPIES += [
    lambda thing, protocol=protocol: pickle.loads(pickle.dumps(thing, protocol))
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
]


def attributes_of(thing) -> dict[str, object]:
    return {name: getattr(thing, name) for name in type(thing).__slots__}


def assert_equal(a, b):
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, kmc.Palette | kmc.IndexedImage | kmc.Histogram):
        for one, other in zip(attributes_of(a).values(), attributes_of(b).values(), strict=True):
            assert_equal(one, other)
    else:
        assert a == b


@pytest.mark.parametrize("thing", THINGS, ids=repr)
def test_nothing_can_be_set(thing):
    for name, value in attributes_of(thing).items():
        with pytest.raises(AttributeError, match=f"is immutable: {name} cannot be set"):
            setattr(thing, name, value)
        with pytest.raises(AttributeError, match=f"is immutable: {name} cannot be deleted"):
            delattr(thing, name)
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[0] = 0
    with pytest.raises(AttributeError):
        thing.something_else = 1


@pytest.mark.parametrize("thing", THINGS, ids=repr)
@pytest.mark.parametrize("copied", COPIES)
def test_copies_are_equal_and_do_not_change_either(thing, copied):
    again = copied(thing)
    assert_equal(again, thing)
    test_nothing_can_be_set(again)


def test_arrays_that_were_given_stay_writable():
    colors, counts = np.array([[1], [2]], np.uint8), np.array([3, 4])
    indices = np.array([[0, 1]], np.uint8)
    palette = kmc.Palette(colors, counts=counts)
    kmc.IndexedImage(indices, palette, 0.0)
    kmc.Histogram(colors, counts)
    colors[0], counts[0], indices[0, 0] = 9, 9, 1
    assert palette.colors.tolist() == [[1], [2]]
