"""Out of memory at any allocation, and callbacks that raise: nothing leaks.

Builds with the test hooks count the engine's allocations and make the n-th of them fail.
"""

from __future__ import annotations

import gc
import time
from functools import partial
from itertools import chain

import numpy as np
import pytest
from engine import tree_of
from scenes import NAMED, noise, photo

import kmc
from kmc import core
from kmc.colors.spaces import coordinates

LARGE = noise(260, 260)
MOST = 10_000  # allocations of a call, which depend on how many helpers come
SPARE = 8  # allocations in a row that a call may do without: those for one or two helpers


def pixel_calls():
    """What goes over pixels, large enough for several threads."""
    tiled = np.tile(NAMED["few"], (60, 50, 1))
    four = noise(99, 99, 4) >> 5
    for threads in (1, 3):
        for pixels in (tiled if threads > 1 else NAMED["few"], four):
            colors, _ = core.colors.histogram(pixels, 1)
            labels, ones = np.zeros(len(colors), np.uint16), np.ones(len(colors), np.int64)
            flat = pixels.reshape(-1, pixels.shape[2])[:99]
            yield partial(core.colors.histogram, pixels, threads)
            yield partial(core.colors.add_histograms, colors, ones, colors, ones, threads)
            yield partial(core.colors.remap, pixels, colors, labels, 9, threads)
            yield partial(core.colors.assign, flat, colors[:7], threads)
            yield partial(core.colors.assign_sums, flat, colors[:7], threads)


def calls():
    """Every other part of the engine that allocates, on one thread and on several."""
    few, _, _ = tree_of(NAMED["few"])
    counted, large = kmc.histogram(photo(50, 60)), tree_of(LARGE)[0]
    start = large.seed_random(9, 0, 1)
    wide = np.tile(NAMED["few"], (35, 30, 1))
    heavy = np.arange(wide.shape[0] * wide.shape[1]).reshape(wide.shape[:2]) % 5
    palette = kmc.fit(photo(50, 60), 7)
    plane, colors = palette.remap(photo(50, 60)).indices, palette.colors.copy()
    for threads in (1, 3):
        grown = partial(core.kmeans.tree, counted.colors, counted.counts, threads)
        yield lambda grown=grown, threads=threads: grown().coarsen(20, threads)
        yield partial(few.seed_random, 9, 0, threads)
        yield partial(few.seed_plusplus, 9, 0, threads)
        yield partial(few.seed_split, 9, threads)
        yield lambda threads=threads: few.search(few.seed_random(9, 0, 1), 5, 5, 0, threads)
        yield lambda threads=threads: large.lloyd(start.copy(), 3, 0, None, threads)
        yield lambda threads=threads: few.lloyd(np.zeros((9, 4)), 3, 0, None, threads)
        yield partial(large.label, start, threads)
        yield lambda threads=threads: large.nudge(np.floor(start), 2, threads)
        yield partial(kmc.quantize, NAMED["photo"], 5, threads=threads)
        yield partial(kmc.quantize, NAMED["photo"], 5, fixed=[(1, 2, 3)], threads=threads)
        rows = slice(None if threads > 1 else 30)  # for several threads it takes a million pixels
        for picture in (wide[rows], np.dstack((wide, wide[..., 0]))[rows]):
            yield partial(kmc.histogram, picture, importance=heavy[rows], threads=threads)
        for dither in ("adaptive", "atkinson", "blue-noise"):
            yield partial(palette.remap, photo(140, 60), dither=dither, threads=threads)
        yield partial(palette.remap, LARGE, dither="floyd-steinberg", threads=threads)
        for picture in (wide[:60], np.dstack((wide, wide[..., 0]))[:60]):
            own, labels = kmc.histogram(picture).colors, np.zeros(10**6, np.uint16)
            made = partial(core.colors.Labels, own, labels[: len(own)], 9, threads)
            yield lambda made=made, threads=threads, picture=picture: made().remap(picture, threads)
        yield partial(core.png.palette_order, np.ones((50, 50), np.int64), threads)
        yield partial(core.png.filter_rows, LARGE[..., 0].copy(), threads)
        for format in ("png", "gif"):
            yield partial(kmc.quantize, LARGE, 9, lossy=30, format=format, threads=threads)
        seen = {"lossy": 30, "format": "png", "space": "oklab"}
        yield partial(kmc.quantize, LARGE, 9, threads=threads, **seen)
        bands = core.codec.plane_write(plane, colors, 0x0B800B, 8, 3, 1)
        yield partial(core.codec.plane_write, plane, colors, 0x0B800B, 8, 3, threads)
        choice = core.lossy.Choice(plane, *chosen_from(palette, photo(50, 60)))
        yield partial(choice.by_kmc, colors, 0x0B800B, 8, 3, threads)
        yield partial(choice.by_png, threads)
        yield partial(core.codec.plane_read, bands, *plane.shape, colors, 0x0B800B, 8, threads)
        yield partial(core.codec.palette_write, colors)
        yield partial(core.codec.block_write, bytes(LARGE[:20]))
        yield partial(core.codec.block_read, b"\x55" * 40, 500)


def chosen_from(palette, picture):
    """What a choice of indices takes besides the nearest ones."""
    colors = palette.colors
    points = coordinates(picture.reshape(-1, 3))
    return points, coordinates(colors), np.ones(len(colors), np.uint8), 10**8, 10**6


def fail(*call):
    raise LookupError("enough")


if hasattr(core.run, "_fail_allocation_after"):

    def live(expected=None):
        """The engine's allocations, at rest or, if helpers leave late, as expected."""
        limit, before = time.monotonic() + 5, expected
        while (now := core.run._live_allocations()) != before and time.monotonic() < limit:
            before = now if expected is None else expected
            time.sleep(0.002)
        return now

    def test_every_allocation_may_fail():
        gc.collect()  # trees that other tests kept
        for call in chain(pixel_calls(), calls()):
            n, failures, survived, before = 0, 0, 0, live()
            while survived <= SPARE and n < MOST:
                core.run._fail_allocation_after(n)
                n += 1
                try:
                    call()
                    survived += 1
                except kmc.OutOfMemoryError:
                    failures, survived = failures + 1, 0
                finally:
                    core.run._fail_allocation_after(-1)
                assert live(before) == before
            assert failures > 0
            assert n < MOST

    def test_a_callback_that_raises_leaves_nothing_taken():
        before = live()
        for threads in (1, 3):
            with pytest.raises(LookupError):
                kmc.fit(LARGE, 7, init="random", threads=threads, callback=fail)
        gc.collect()  # pytest keeps the exception, whose frames keep the tree
        assert live() == before


def test_after_a_callback_that_raised_all_goes_on():
    expected = kmc.fit(NAMED["photo"], 7)
    for _ in range(30):
        with pytest.raises(LookupError, match="enough"):
            kmc.fit(NAMED["photo"], 7, callback=fail)
    np.testing.assert_array_equal(kmc.fit(NAMED["photo"], 7).centroids, expected.centroids)
