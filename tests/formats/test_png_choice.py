"""Indices chosen for PNG files: as a slow twin has them, within what is allowed, and smaller."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_choice import PngChoice, masking_weights
from scenes import NAMED, few, gradient, noise, photo, scattered

import kmc
from kmc import core
from kmc.colors.spaces import coordinates
from kmc.errors import ArgumentError

FAR = 1 << 30
PICTURES = {
    "photo": photo(24, 40),
    "wide": photo(3, 1100),
    "tall": photo(900, 1),
    "gradient": gradient(16, 64),
    "noise": noise(20, 30),
    "few colours": few(30, 30, 6),
    "flat": np.full((9, 300, 3), 77, np.uint8),
    "one pixel": noise(1, 1),
    "a row": photo(1, 260),
}


def parts(pixels, k, space="rgb"):
    """Nearest indices, and where pixels and entries lie."""
    image = kmc.quantize(pixels, k, space=space)
    points = coordinates(pixels.reshape(-1, pixels.shape[2]), space)
    entries = coordinates(image.palette.colors, space)
    return nearest_of(points, entries).reshape(pixels.shape[:2]), points, entries


def nearest_of(points, entries):
    squares = np.square(points[:, None].astype(np.int64) - entries).sum(axis=2)
    return squares.argmin(axis=1).astype(np.uint8)


def squared(points, entries, indices):
    return np.square(points.astype(np.int64) - entries[indices.ravel()]).sum(axis=1)


def chosen_by_engine(nearest, points, entries, kinds, price, reach, weights):
    choice = core.lossy.Choice(nearest, points, entries, kinds, price, reach, weights)
    return choice.by_png(1)


def weights_of(nearest, points, entries, threads=1):
    kinds = np.ones(len(entries), np.uint8)
    return core.lossy.Choice(nearest, points, entries, kinds, 0, 0).masking_weights(threads)


def priced(nearest, points, entries, bits=0.5):
    """A price by which a bit is worth a share of the mean squared error."""
    return int(256 * bits * max(squared(points, entries, nearest).mean(), 4))


def plain_size(indices):
    rows = np.pad(indices, ((0, 0), (1, 0)))
    return len(zlib.compress(rows.tobytes(), 9))


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("k", [1, 2, 7, 40])
@pytest.mark.parametrize("bits", [0.05, 0.5, 4])
def test_the_slow_twin(name, k, bits):
    nearest, points, entries = parts(PICTURES[name], k)
    kinds = np.ones(len(entries), np.uint8)
    price = priced(nearest, points, entries, bits)
    given = nearest, points, entries, kinds, price, FAR, None
    np.testing.assert_array_equal(chosen_by_engine(*given), PngChoice(*given).chosen(), strict=True)


@given(
    st.tuples(st.integers(1, 12), st.integers(1, 70)),
    st.integers(1, 256),
    st.integers(0, 1 << 40),
    st.sampled_from([0, 5000, 200_000, FAR]),
    st.integers(0, 1000),
)
def test_the_slow_twin_on_noise(shape, k, price, reach, seed):
    n = shape[0] * shape[1]
    points = scattered((n, 4), 1 << 14, seed).astype(np.int16)
    entries = scattered((k, 4), 1 << 14, seed + 1).astype(np.int16)
    nearest = nearest_of(points, entries).reshape(shape)
    kinds = scattered((k,), 3, seed + 2).astype(np.uint8)
    weights = (1 + scattered(shape, 65535, seed + 3)).astype(np.uint16)
    given = nearest, points, entries, kinds, price, reach, weights
    expected = PngChoice(*given).chosen() if price else nearest
    np.testing.assert_array_equal(chosen_by_engine(*given), expected)


def test_the_slow_twin_on_256_colours():
    nearest, points, entries = parts(photo(60, 90), 256, "oklab")
    kinds = np.ones(len(entries), np.uint8)
    weights = weights_of(nearest, points, entries)
    given = nearest, points, entries, kinds, priced(nearest, points, entries), FAR, weights
    np.testing.assert_array_equal(chosen_by_engine(*given), PngChoice(*given).chosen())


@pytest.mark.parametrize("name", NAMED)
def test_what_is_allowed(name):
    pixels = NAMED[name]
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    nearest, points, entries = parts(pixels, 30)
    kinds = (np.arange(len(entries)) % 3).astype(np.uint8)
    least = squared(points, entries, nearest)
    for reach in (0, 300, 20_000):
        price = priced(nearest, points, entries, 20)
        chosen = chosen_by_engine(nearest, points, entries, kinds, price, reach, None)
        assert (squared(points, entries, chosen) <= least + reach).all()
        np.testing.assert_array_equal(kinds[chosen], kinds[nearest])
        kept = (least == 0).reshape(nearest.shape) | (kinds[nearest] == 0)
        np.testing.assert_array_equal(chosen[kept], nearest[kept])


def test_without_a_price_all_stay_nearest():
    nearest, points, entries = parts(photo(50, 60), 20)
    kinds = np.ones(len(entries), np.uint8)
    chosen = chosen_by_engine(nearest, points, entries, kinds, 0, FAR, None)
    np.testing.assert_array_equal(chosen, nearest)


def test_the_higher_the_price_the_smaller_the_file():
    nearest, points, entries = parts(photo(200, 300), 128)
    kinds = np.ones(len(entries), np.uint8)
    sizes, errors = [], []
    for bits in (0, 0.1, 0.3, 1, 3, 10):
        price = priced(nearest, points, entries, bits)
        chosen = chosen_by_engine(nearest, points, entries, kinds, price, FAR, None)
        sizes.append(plain_size(chosen))
        errors.append(squared(points, entries, chosen).mean())
    assert sizes == sorted(sizes, reverse=True)
    assert errors == sorted(errors)
    assert sizes[3] < 0.7 * sizes[0]
    assert errors[1] < 1.3 * errors[0]


def test_weights_protect():
    nearest, points, entries = parts(photo(120, 160), 64)
    kinds, price = np.ones(len(entries), np.uint8), priced(nearest, points, entries)
    weights = np.full(nearest.shape, 256, np.uint16)
    weights[60:] = 8
    chosen = chosen_by_engine(nearest, points, entries, kinds, price, FAR, weights)
    changed = chosen != nearest
    assert changed[:60].mean() < changed[60:].mean() / 1.5
    weights[:60] = 65535
    price //= 16
    chosen = chosen_by_engine(nearest, points, entries, kinds, price, FAR, weights)
    assert (chosen != nearest)[:60].mean() < 0.02


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("space", ["rgb", "oklab"])
def test_the_slow_twin_of_weights(name, space):
    nearest, points, entries = parts(PICTURES[name], 8, space)
    np.testing.assert_array_equal(
        weights_of(nearest, points, entries),
        masking_weights(nearest, points, entries),
        strict=True,
    )


def test_weights_on_several_threads():
    nearest, points, entries = parts(photo(300, 700), 12)
    one, many = (weights_of(nearest, points, entries, n) for n in (1, 7))
    np.testing.assert_array_equal(one, many)
    assert one.min() >= 1
    assert one.max() <= 256


def test_errors():
    nearest, points, entries = parts(photo(5, 6), 4)
    kinds = np.ones(4, np.uint8)
    weights = np.ones((5, 6), np.uint16)
    good = [nearest, points, entries, kinds, 5, FAR, weights]
    chosen_by_engine(*good)
    for at, bad in (
        (0, nearest[:0]),
        (1, points[1:]),
        (1, points[:, :3].copy()),
        (2, entries[:, :3].copy()),
        (3, kinds[1:]),
        (4, -1),
        (5, -1),
        (6, weights[1:]),
    ):
        with pytest.raises(ArgumentError):
            chosen_by_engine(*good[:at], bad, *good[at + 1 :])
    wide = core.lossy.Choice(nearest.astype(np.uint16), points, np.zeros((257, 4), np.int16),
                             np.ones(257, np.uint8), 5, FAR)  # fmt: skip
    with pytest.raises(ArgumentError):
        wide.by_png(1)
