"""Threads: the same answers with any number of them, and Ctrl-C and other threads beside."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import reference
from processes import interrupted_after

import kmc
from kmc import core

THREADS = (2, 3, 7)


@pytest.fixture(scope="module")
def mosaic():
    """Eight megapixels, few enough colours that counters run over in every thread."""
    random = np.random.default_rng(4)
    tile = random.integers(0, 40, (500, 500, 3), dtype=np.uint8)
    tile[:250] >>= 3
    return np.tile(tile, (4, 8, 1))


def results(pixels):
    """What one thread answers, against which the others are held."""
    colors, counts = core.colors.histogram(pixels, 1)
    labels = (np.arange(len(colors)) * 7 % 251).astype(np.uint16)
    return colors, counts, labels, core.colors.remap(pixels, colors, labels, 251, 1)


def test_one_thread_is_right_on_a_large_picture(mosaic):
    colors, counts, labels, indices = results(mosaic)
    expected = reference.histogram(mosaic[:500, :500])
    np.testing.assert_array_equal(colors, expected[0])
    np.testing.assert_array_equal(counts, 32 * expected[1])
    corner = reference.remap(mosaic[:500, :500], colors, labels, 251)
    np.testing.assert_array_equal(indices, np.tile(corner, (4, 8)))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_threads_agree(mosaic, channels):
    pixels = np.ascontiguousarray(mosaic[:1500, :, [0, 1, 2, 0][:channels]])
    colors, counts, labels, indices = results(pixels)
    for threads in THREADS:
        again = core.colors.histogram(pixels, threads)
        np.testing.assert_array_equal(again[0], colors)
        np.testing.assert_array_equal(again[1], counts)
        np.testing.assert_array_equal(
            core.colors.remap(pixels, colors, labels, 251, threads), indices
        )


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_threads_add_up_counters_that_are_nearly_full(channels):
    """Colours in turn, thousands of times: whoever counts a part of them has some to carry."""
    levels = np.arange(256, dtype=np.uint8)
    pixels = np.stack([levels >> shift for shift in range(channels)], axis=-1)
    for times in (7_000, 12_345):
        many = np.ascontiguousarray(np.tile(pixels, (times, 1))[None])
        expected = reference.histogram(pixels[None])
        for threads in (1, *THREADS):
            colors, counts = core.colors.histogram(many, threads)
            np.testing.assert_array_equal(colors, expected[0])
            np.testing.assert_array_equal(counts, times * expected[1])


def test_assign_agrees(mosaic):
    pixels = mosaic[:100].reshape(-1, 3)
    palette = np.random.default_rng(5).integers(0, 40, (300, 3), dtype=np.uint8)
    one = core.colors.assign_sums(pixels, palette, 1)
    np.testing.assert_array_equal(one[0][:2000], reference.assign(pixels[:2000], palette))
    for expected, found in zip(reference.accumulate(pixels, one[0], 300), one[2:], strict=True):
        np.testing.assert_array_equal(found, expected)
    for threads in THREADS:
        for expected, found in zip(
            one, core.colors.assign_sums(pixels, palette, threads), strict=True
        ):
            np.testing.assert_array_equal(found, expected)


def test_sums_of_more_pixels_than_fit_32_bits():
    """A thread's sums are of 32 bits until they move to 64."""
    pixels = np.full(((1 << 24) + 300, 1), 255, np.uint8)
    _, error, counts, sums = core.colors.assign_sums(pixels, np.array([[254], [7]], np.uint8), 1)
    assert (error, counts.tolist()) == (len(pixels), [len(pixels), 0])
    assert sums.tolist() == [[255 * len(pixels)], [0]]


def test_several_python_threads_at_once(mosaic):
    colors, counts, labels, indices = results(mosaic[:1000])

    def work(threads):
        again = core.colors.histogram(mosaic[:1000], threads)
        return (
            np.array_equal(again[0], colors)
            and np.array_equal(again[1], counts)
            and np.array_equal(
                core.colors.remap(mosaic[:1000], colors, labels, 251, threads), indices
            )
        )

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, [1, 2, 3, 7] * 3))


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_stops_a_long_call(mosaic, threads):
    pixels = mosaic.reshape(-1, 3)
    palette = np.random.default_rng(6).integers(0, 256, (20_000, 3), dtype=np.uint8)
    # 0.2 s is the promise; the rest is for a machine that has other things to do.
    assert interrupted_after(lambda: core.colors.assign(pixels, palette, threads)) < 0.5


@pytest.mark.parametrize("threads", [1, 2])
def test_ctrl_c_stops_bands_of_an_index_plane(mosaic, threads):
    """Those of helpers, too: the calling thread would wait for seconds until one has ended."""
    indices = np.repeat(mosaic[:, :, 0], 2, axis=1)
    palette = np.random.default_rng(8).integers(0, 256, (256, 3), dtype=np.uint8)
    contexts, slot_bits, n_bands = 0x7FFFFF, 20, 2

    def write():
        core.codec.plane_write(indices, palette, contexts, slot_bits, n_bands, threads)

    assert interrupted_after(write) < 0.5


@pytest.mark.parametrize("order", [1, -1])
def test_ctrl_c_while_only_another_thread_is_at_work(order):
    """A flat band takes a fifth of a noisy one, and whoever has coded it waits for the other."""
    noise = np.random.default_rng(8).integers(0, 256, (500, 4000), dtype=np.uint8)
    flat = np.zeros_like(noise)
    palette = np.random.default_rng(8).integers(0, 256, (256, 3), dtype=np.uint8)

    def write(indices, n_bands):
        core.codec.plane_write(indices, palette, 0x7FFFFF, 20, n_bands, n_bands)

    begun = time.monotonic()
    write(flat, 1)
    after = 2.2 * (time.monotonic() - begun)
    write(flat[:2], 2)  # no thread is still to be started, by which the order could change
    both = np.concatenate((flat, noise)[::order])
    assert interrupted_after(lambda: write(both, 2), after) < 0.5


def test_ctrl_c_where_entries_are_far_from_most_pixels():
    """All of them may be the nearest then, which makes cells of the grid of dithering slow."""
    levels = np.arange(100, 140, dtype=np.uint8)
    crowded = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
    picture = np.random.default_rng(7).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    palette = kmc.Palette(crowded)

    def remap():
        palette.remap(picture, dither="floyd-steinberg", threads=1)

    with kmc.cpu.use("c"):
        assert interrupted_after(remap) < 0.5


def test_ctrl_c_between_calls_that_are_short(mosaic):
    def many():
        while True:
            core.colors.histogram(mosaic, 2)

    assert interrupted_after(many) < 0.5
