"""The inner loops over pixels: every instruction set equals the NumPy twin, and writes no more."""

from __future__ import annotations

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

import kmc
from kmc import core

LENGTHS = (0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 100, 1023, 1025)
CANARY = 0x88
CELL = 2048  # counters that the scan takes at once


@pytest.fixture(params=kmc.cpu.available(), autouse=True)
def instruction_set(request):
    with kmc.cpu.use(request.param):
        yield request.param


def some_bytes(shape, seed=0):
    """Random bytes, an eighth of the draws near 0, an eighth near 255."""
    random = np.random.default_rng(seed)
    low = random.integers(0, 256, shape, dtype=np.uint8)
    kind = random.integers(0, 8, shape)
    return np.where(kind == 0, low & 3, np.where(kind == 1, low | 252, low)).astype(np.uint8)


def unaligned(array):
    """A copy that starts at an odd address and ends right where its memory ends."""
    memory = np.empty(array.nbytes + 1, np.uint8)
    copy = memory[1:].view(array.dtype) if array.itemsize == 1 else memory[:-1].view(array.dtype)
    copy[...] = array.reshape(-1)
    return copy.reshape(array.shape)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("n", LENGTHS)
def test_keys(channels, n):
    pixels = unaligned(some_bytes((n, channels), n))
    keys = np.full(n + 32, CANARY, np.uint32)
    core.colors._keys(pixels, keys)
    np.testing.assert_array_equal(keys[:n], reference.morton_keys(pixels))
    assert (keys[n:] == CANARY).all()


def test_keys_of_every_level():
    levels = np.arange(256, dtype=np.uint8)
    for channels in (1, 3, 4):
        for channel in range(channels):
            pixels = np.zeros((256, channels), np.uint8)
            pixels[:, channel] = levels
            keys = np.zeros(256, np.uint32)
            core.colors._keys(pixels, keys)
            np.testing.assert_array_equal(keys, reference.morton_keys(pixels))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("n", LENGTHS)
def test_colors_undo_keys(channels, n):
    pixels = some_bytes((n, channels), n)
    memory = np.full(n * channels + 65, CANARY, np.uint8)
    colors = memory[1 : n * channels + 1].reshape(n, channels)
    core.colors._colors(reference.morton_keys(pixels), colors)
    np.testing.assert_array_equal(colors, pixels)
    assert (memory[n * channels + 1 :] == CANARY).all()


@pytest.mark.parametrize("share", [0, 1, 3, 10, 100, 255])
def test_occupied(share):
    random = np.random.default_rng(share)
    for first in (0, CELL, (1 << 24) - CELL):
        counters = some_bytes(CELL, share) | np.uint8(1)
        counters[random.integers(0, 256, CELL) >= share] = 0
        keys = np.full(CELL + 4 + 8, CANARY, np.uint32)
        n = core.colors._occupied(counters, first, keys)
        np.testing.assert_array_equal(keys[:n], first + np.flatnonzero(counters))
        assert (keys[n + 4 :] == CANARY).all()


def test_occupied_cells_full_of_one_value():
    for value in (1, 128, 255):
        keys = np.zeros(CELL + 4, np.uint32)
        assert core.colors._occupied(np.full(CELL, value, np.uint8), 0, keys) == CELL
        np.testing.assert_array_equal(keys[:CELL], np.arange(CELL))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("k", [1, 2, 5, 16, 255, 256, 257, 1000])
def test_assign(channels, k):
    palette = some_bytes((k, channels), k)
    for n in (0, 1, 7, 63, 64, 65, 500):
        pixels = unaligned(some_bytes((n, channels), n + 1))
        indices, error, counts, sums = core.colors.assign_sums(pixels, palette, 1)
        expected = reference.assign(pixels, palette)
        expected_counts, expected_sums = reference.accumulate(pixels, expected, k)
        assert indices.dtype == expected.dtype
        np.testing.assert_array_equal(indices, expected)
        np.testing.assert_array_equal(counts, expected_counts)
        np.testing.assert_array_equal(sums, expected_sums)
        assert error == np.square(pixels.astype(int) - palette[expected]).sum()
        alone, same = core.colors.assign(pixels, palette, 1)
        np.testing.assert_array_equal(alone, expected)
        assert same == error


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_accumulate_adds_to_what_is_there(channels):
    pixels, labels = some_bytes((77, channels), 3), some_bytes(77, 4).astype(np.uint16) % 9
    packed = np.zeros((4, 77), np.int32)
    packed[:channels] = pixels.T
    low, high = packed[::2] << 7, packed[1::2] << 23
    before = np.arange(9 * 4, dtype=np.uint64) << np.uint64(20)
    sums = before.copy()
    core.colors._accumulate(low[0] | high[0], low[1] | high[1], labels, sums)
    halves = (sums - before).reshape(9, 2, 2)
    for odd in (0, 1):
        _, expected = reference.accumulate(pixels[odd::2], labels[odd::2], 9)
        words = [halves[:, odd, c // 2] >> np.uint64(32 * (c % 2)) for c in range(channels)]
        np.testing.assert_array_equal(np.transpose(words) & np.uint64(2**32 - 1), expected)


@pytest.mark.parametrize("n", [*LENGTHS[1:], 16383, 16384, 16385, 33000])
@pytest.mark.parametrize("k", [1, 2, 200, 256])
def test_error_of_indices(n, k):
    pixels, palette = unaligned(some_bytes((1, n, 3), n)), some_bytes((k, 3), k + n)
    pixels[0, : n // 2], palette[0] = 255, 0  # the greatest error, in every pixel of a block
    indices = (np.arange(n) % k).astype(np.uint8)[None]
    indices[0, : n // 2] = 0
    entries, clear = palette.astype(np.int16) << 6, np.zeros((1, 4), np.int16)
    entries = np.pad(entries, ((0, 0), (0, 1)))
    off = pixels.astype(np.int64) - palette[indices]
    canvas = core.dither.Canvas(pixels, entries, clear, None)
    assert canvas.error(indices, 1) == np.square(off).sum()
    entries[:, 0] ^= 1  # no longer levels
    canvas = core.dither.Canvas(pixels, entries, clear, None)
    off = (pixels.astype(np.int64) << 6) - entries[indices, :3]
    assert canvas.error(indices, 1) == np.square(off).sum() / 64**2


@pytest.mark.parametrize("k", [8191, 8192, 8193, 16385, 65536])
def test_assign_to_more_colours_than_one_pass_takes(k):
    palette = some_bytes((k, 3), k)
    palette[k // 2 :] = palette[: k - k // 2]  # every colour twice: ties, and in another pass
    pixels = some_bytes((130, 3), 5)
    np.testing.assert_array_equal(
        core.colors.assign(pixels, palette, 1)[0], reference.assign(pixels, palette)
    )


def test_assign_at_the_greatest_distance():
    for channels in (1, 3, 4):
        black, white = np.zeros((1, channels), np.uint8), np.full((1, channels), 255, np.uint8)
        for k in (1, 8192, 10000):
            assert core.colors.assign(white, np.repeat(black, k, axis=0), 1)[0] == [0]
            assert core.colors.assign(black, np.repeat(white, k, axis=0), 1)[0] == [0]
        both = np.concatenate((black, white, black))
        assert core.colors.assign(both, both, 1)[0].tolist() == [0, 1, 0]


@given(st.data())
def test_assign_takes_the_lowest_of_equals(data):
    levels = st.integers(0, 3)
    channels = data.draw(st.sampled_from([1, 3, 4]))
    colors = st.lists(st.lists(levels, min_size=channels, max_size=channels), min_size=1)
    pixels = np.array(data.draw(colors), np.uint8)
    palette = np.array(data.draw(colors), np.uint8)
    np.testing.assert_array_equal(
        core.colors.assign(pixels, palette, 1)[0], reference.assign(pixels, palette)
    )
