"""Indices chosen for PNG and GIF: as slow twins have them, within what is allowed, and smaller."""

from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reference_choice import GifChoice, PngChoice, masking_weights
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


CHOOSERS = {"png": core.lossy.Choice.by_png, "gif": core.lossy.Choice.by_gif}
TWINS = {"png": PngChoice, "gif": GifChoice}
each_format = pytest.mark.parametrize("format", CHOOSERS)


def chosen_by_engine(format, nearest, points, entries, kinds, price, reach, weights=None):
    choice = core.lossy.Choice(nearest, points, entries, kinds, price, reach, weights)
    return CHOOSERS[format](choice, 1)


def weights_of(nearest, points, entries, threads=1):
    kinds = np.ones(len(entries), np.uint8)
    return core.lossy.Choice(nearest, points, entries, kinds, 0, 0).masking_weights(threads)


def priced(nearest, points, entries, bits=0.5):
    """A price by which a bit is worth a share of the mean squared error."""
    return int(256 * bits * max(squared(points, entries, nearest).mean(), 4))


def size_of(format, indices):
    if format == "png":
        return len(zlib.compress(np.pad(indices, ((0, 0), (1, 0))).tobytes(), 9))
    file = io.BytesIO()
    Image.fromarray(indices).save(file, "GIF", optimize=False, interlace=0)
    return len(file.getvalue())


@each_format
@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("k", [1, 2, 7, 40])
@pytest.mark.parametrize("bits", [0.05, 0.5, 4])
def test_the_slow_twin(format, name, k, bits):
    nearest, points, entries = parts(PICTURES[name], k)
    kinds = np.ones(len(entries), np.uint8)
    price = priced(nearest, points, entries, bits)
    given = nearest, points, entries, kinds, price, FAR, None
    np.testing.assert_array_equal(
        chosen_by_engine(format, *given), TWINS[format](*given).chosen(), strict=True
    )


@given(
    st.tuples(st.integers(1, 12), st.integers(1, 70)),
    st.integers(1, 256),
    st.integers(0, 1 << 40),
    st.sampled_from([0, 5000, 200_000, FAR]),
    st.integers(0, 1000),
    st.sampled_from(sorted(TWINS)),
)
def test_the_slow_twin_on_noise(shape, k, price, reach, seed, format):
    n = shape[0] * shape[1]
    points = scattered((n, 4), 1 << 14, seed).astype(np.int16)
    entries = scattered((k, 4), 1 << 14, seed + 1).astype(np.int16)
    nearest = nearest_of(points, entries).reshape(shape)
    kinds = scattered((k,), 3, seed + 2).astype(np.uint8)
    weights = (1 + scattered(shape, 65535, seed + 3)).astype(np.uint16)
    given = nearest, points, entries, kinds, price, reach, weights
    expected = TWINS[format](*given).chosen() if price else nearest
    np.testing.assert_array_equal(chosen_by_engine(format, *given), expected)


@each_format
def test_the_slow_twin_on_256_colours(format):
    nearest, points, entries = parts(photo(60, 90), 256, "oklab")
    kinds = np.ones(len(entries), np.uint8)
    weights = weights_of(nearest, points, entries)
    given = nearest, points, entries, kinds, priced(nearest, points, entries), FAR, weights
    np.testing.assert_array_equal(chosen_by_engine(format, *given), TWINS[format](*given).chosen())


def test_the_slow_twin_when_tables_of_strings_are_full():
    nearest, points, entries = parts(noise(80, 80), 64)
    kinds = np.ones(len(entries), np.uint8)
    given = nearest, points, entries, kinds, priced(nearest, points, entries, 0.05), FAR, None
    np.testing.assert_array_equal(chosen_by_engine("gif", *given), GifChoice(*given).chosen())


@each_format
@pytest.mark.parametrize("name", NAMED)
def test_what_is_allowed(format, name):
    pixels = NAMED[name]
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    nearest, points, entries = parts(pixels, 30)
    kinds = (np.arange(len(entries)) % 3).astype(np.uint8)
    least = squared(points, entries, nearest)
    for reach in (0, 300, 20_000):
        price = priced(nearest, points, entries, 20)
        chosen = chosen_by_engine(format, nearest, points, entries, kinds, price, reach)
        assert (squared(points, entries, chosen) <= least + reach).all()
        np.testing.assert_array_equal(kinds[chosen], kinds[nearest])
        kept = (least == 0).reshape(nearest.shape) | (kinds[nearest] == 0)
        np.testing.assert_array_equal(chosen[kept], nearest[kept])


@each_format
def test_without_a_price_all_stay_nearest(format):
    nearest, points, entries = parts(photo(50, 60), 20)
    kinds = np.ones(len(entries), np.uint8)
    chosen = chosen_by_engine(format, nearest, points, entries, kinds, 0, FAR)
    np.testing.assert_array_equal(chosen, nearest)


@each_format
def test_the_higher_the_price_the_smaller_the_file(format):
    nearest, points, entries = parts(photo(200, 300), 128)
    kinds = np.ones(len(entries), np.uint8)
    sizes, errors = [], []
    for bits in (0, 0.1, 0.3, 1, 3, 10):
        price = priced(nearest, points, entries, bits)
        chosen = chosen_by_engine(format, nearest, points, entries, kinds, price, FAR)
        sizes.append(size_of(format, chosen))
        errors.append(squared(points, entries, chosen).mean())
    assert sizes == sorted(sizes, reverse=True)
    assert errors == sorted(errors)
    assert sizes[3] < 0.8 * sizes[0]
    assert errors[1] < 1.3 * errors[0]


@each_format
def test_weights_protect(format):
    nearest, points, entries = parts(photo(120, 160), 64)
    kinds, price = np.ones(len(entries), np.uint8), priced(nearest, points, entries)
    weights = np.full(nearest.shape, 256, np.uint16)
    weights[60:] = 8
    chosen = chosen_by_engine(format, nearest, points, entries, kinds, price, FAR, weights)
    changed = chosen != nearest
    assert changed[:60].mean() < changed[60:].mean() / 1.5
    weights[:60] = 65535
    price //= 16
    chosen = chosen_by_engine(format, nearest, points, entries, kinds, price, FAR, weights)
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


@each_format
def test_errors(format):
    nearest, points, entries = parts(photo(5, 6), 4)
    kinds = np.ones(4, np.uint8)
    weights = np.ones((5, 6), np.uint16)
    good = [nearest, points, entries, kinds, 5, FAR, weights]
    chosen_by_engine(format, *good)
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
            chosen_by_engine(format, *good[:at], bad, *good[at + 1 :])
    wide = core.lossy.Choice(nearest.astype(np.uint16), points, np.zeros((257, 4), np.int16),
                             np.ones(257, np.uint8), 5, FAR)  # fmt: skip
    with pytest.raises(ArgumentError):
        CHOOSERS[format](wide, 1)
