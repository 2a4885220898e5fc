"""The counts of the engine and its map back to pixels equal the NumPy twin's."""

from __future__ import annotations

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

import kmc
from kmc import core
from kmc.errors import ArgumentError


def check(pixels, threads=1):
    """Histogram and remap of one picture, on every instruction set."""
    expected = reference.histogram(pixels)
    labels = np.random.default_rng(len(expected[0])).permutation(len(expected[0])).astype(np.uint16)
    here = {k: labels % np.uint16(k - 1) for k in (256, 65536)}
    mapped = {k: reference.remap(pixels, expected[0], here[k], k) for k in here}
    for name in kmc.cpu.available():
        with kmc.cpu.use(name):
            colors, counts = core.colors.histogram(pixels, threads)
            np.testing.assert_array_equal(colors, expected[0])
            np.testing.assert_array_equal(counts, expected[1])
            assert (colors.dtype, counts.dtype) == (np.uint8, np.int64)
            for k in here:
                indices = core.colors.remap(pixels, colors, here[k], k, threads)
                assert indices.dtype == (np.uint8 if k == 256 else np.uint16)
                np.testing.assert_array_equal(indices, mapped[k])


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([1, 3, 4]),
    st.sampled_from([1, 2, 3, 50, 256]),
    st.integers(0, 99),
)
def test_random_pictures(height, width, channels, levels, seed):
    shape = (height, width, channels)
    check(np.random.default_rng(seed).integers(0, levels, shape, dtype=np.uint8))


@given(
    st.integers(1, 40),
    st.integers(1, 90),
    st.sampled_from([1, 2, 50, 256]),
    st.lists(st.sampled_from([0, 1, 127, 128, 239, 254, 255, 255]), min_size=1, max_size=6),
    st.integers(0, 99),
)
def test_opaque_and_other_pixels(height, width, levels, alphas, seed):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, levels, (height, width, 4), dtype=np.uint8)
    pixels[..., 3] = random.choice(alphas, (height, width))
    check(pixels)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("channels", [3, 4])
def test_many_colours(channels, threads):
    """More than one thread puts into the table, and more than one lists."""
    random = np.random.default_rng(channels)
    check(random.integers(0, 256, (700, 600, channels), dtype=np.uint8), threads)


def test_more_pixels_than_keys_are_guessed_for():
    """A few colours in each of many cells, for more than one thread."""
    colors = np.random.default_rng(0).integers(0, 256, (9000, 3), dtype=np.uint8)
    pixels = np.resize(colors, (1800, 1800, 3))
    expected = reference.histogram(pixels)
    for threads in (1, 2, 5):
        for found, right in zip(core.colors.histogram(pixels, threads), expected, strict=True):
            np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("levels", [9, 256])
def test_large_pictures_with_alpha(threads, levels):
    """Colours in runs and mixed, opaque in some tasks, not in others, both in most."""
    random = np.random.default_rng(levels)
    pixels = random.integers(0, levels, (600, 1024, 4), dtype=np.uint8)
    pixels[..., 3] = random.choice([0, 3, 254, 255, 255, 255], (600, 1024))
    pixels[130:300, :, 3], pixels[400:550, :, 3] = 255, 7
    pixels[280:320] = pixels[280, :1]
    check(pixels, threads)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("levels", [10, 60])
def test_long_lists_of_soft_colours_that_begin_alike(threads, levels):
    """Of few colours the lists are added up again and again, of many they grow; of some both."""
    random = np.random.default_rng(levels)
    pixels = random.integers(0, levels, (500, 700, 4), dtype=np.uint8)
    pixels[:, :300] %= 9
    check(pixels, threads)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 254, 255, 256, 257, 509, 510, 511, 70_000])
def test_one_colour_many_times(channels, n):
    check(np.full((1, n, channels), 201, np.uint8))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_counts_around_a_full_counter(channels):
    """Colours that occur 250 to 260 and 505 to 515 times, in runs and mixed."""
    times = np.concatenate((np.arange(250, 261), np.arange(505, 516)))
    colors = np.random.default_rng(1).permutation(256)[: len(times) * channels]
    colors = colors[: len(times), None].astype(np.uint8) + np.arange(channels, dtype=np.uint8)
    pixels = np.repeat(colors, times, axis=0)
    check(pixels[None])
    check(np.random.default_rng(2).permutation(pixels)[None])
    if channels == 4:
        pixels[:, 3] = 255
        check(pixels[None])
        soft = pixels - np.array([0, 0, 0, 1], np.uint8)
        check(np.random.default_rng(3).permutation(np.concatenate((pixels, soft)))[None])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_corners_of_the_cube(channels):
    bits = np.arange(1 << channels)[:, None] >> np.arange(channels) & 1
    check((bits * 255).astype(np.uint8)[None])


def test_every_pixel_another_colour():
    keys = np.random.default_rng(3).permutation(1 << 17)
    pixels = np.stack((keys & 255, keys >> 8 & 255, keys >> 9 & 255), axis=-1).astype(np.uint8)
    check(pixels[None])
    check(np.concatenate((pixels, pixels[:, ::-1][:, :1]), axis=1)[None])


def test_an_empty_picture_has_no_colours():
    colors, counts = core.colors.histogram(np.empty((0, 5, 3), np.uint8), 1)
    assert (colors.shape, counts.shape) == ((0, 3), (0,))
    nothing = core.colors.remap(np.empty((0, 5, 3), np.uint8), colors, np.empty(0, np.uint16), 4, 1)
    assert nothing.shape == (0, 5)


def test_read_only_arrays_are_taken():
    pixels = np.zeros((3, 4, 3), np.uint8)
    pixels.setflags(write=False)
    check(pixels)


@pytest.mark.parametrize(
    "arguments",
    [
        (np.zeros((2, 2, 2), np.uint8), 1),
        (np.zeros((2, 2, 5), np.uint8), 1),
        (np.zeros((2, 2, 3), np.uint8), 0),
        (np.zeros((2, 2, 3), np.uint8), -1),
    ],
)
def test_histogram_refuses(arguments):
    with pytest.raises(ArgumentError):
        core.colors.histogram(*arguments)


def test_remap_and_assign_refuse_what_does_not_fit():
    pixels, colors = np.zeros((2, 2, 3), np.uint8), np.zeros((1, 3), np.uint8)
    one, two = np.zeros(1, np.uint16), np.zeros(2, np.uint16)
    for arguments in (
        (pixels, colors, two, 2, 1),
        (pixels, colors[:, :1].copy(), one, 2, 1),
        (pixels, colors[:0], one[:0], 2, 1),
        (pixels, colors, one, 0, 1),
        (pixels, colors, one, 65537, 1),
    ):
        with pytest.raises(ArgumentError):
            core.colors.remap(*arguments)
    flat = pixels.reshape(-1, 3)
    for palette in (colors[:0], np.zeros((65537, 3), np.uint8), np.zeros((1, 4), np.uint8)):
        with pytest.raises(ArgumentError):
            core.colors.assign(flat, palette, 1)
