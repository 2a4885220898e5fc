"""Counters of several threads add up, whoever counted what and however little memory there is."""

from __future__ import annotations

import numpy as np
import pytest

from kmc import core
from kmc.colors.arrays import promoted
from kmc.errors import OutOfMemoryError

TASK = 1 << 17  # pixels that a thread counts at a time
CELL, CELLS = 1 << 11, 1 << 13  # keys of a cell, cells of three channels
HALF = 33


def colors_of(keys):
    """The colours of three channels that have these Morton keys."""
    colors = np.zeros((len(keys), 3), np.uint8)
    for bit in range(24):
        colors[:, 2 - bit % 3] |= ((keys >> bit & 1) << bit // 3).astype(np.uint8)
    return colors


@pytest.fixture(scope="module")
def shared():
    """A picture and its counts: every cell occurs in two tasks, and the sum fills its counters."""
    tasks = []
    for task in range(HALF):
        cells = np.arange(task, CELLS, HALF, dtype=np.uint32)
        own = (cells[:, None] * CELL + np.arange(4, dtype=np.uint32) * 509).reshape(-1)
        tasks.append(np.sort(np.resize(own, TASK)))
    keys = np.concatenate(tasks * 2)
    counts = np.bincount(keys)
    assert 128 <= counts[counts > 0].min() // 2 <= counts.max() // 2 < 256
    return colors_of(keys)[None], colors_of(np.flatnonzero(counts)), counts[counts > 0]


@pytest.mark.parametrize("threads", [3, 8, 16])
def test_cells_that_two_threads_met(shared, threads):
    """Threads carry while others read, and tables hold what another picture left in them."""
    pixels, colors, counts = shared
    noise = np.random.default_rng(0).integers(0, 256, pixels.shape, dtype=np.uint8)
    for _ in range(12):
        core.colors.histogram(noise, threads)
        found = core.colors.histogram(pixels, threads)
        np.testing.assert_array_equal(found[0], colors)
        np.testing.assert_array_equal(found[1], counts)


@pytest.mark.parametrize("threads", [3, 8])
def test_opaque_cells_beside_other_colours(shared, threads):
    """What is opaque has counters, the rest has none: in the same tasks, and with the same key."""
    pixels = shared[0]
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[:, ::3] = 127
    found = core.colors.histogram(np.dstack((pixels, alpha)), threads)
    for value, own in ((255, np.arange(pixels.shape[1]) % 3 != 0), (127, alpha[0] == 127)):
        expected = core.colors.histogram(pixels[:, own], 1)
        this = found[0][:, 3] == value
        np.testing.assert_array_equal(found[0][this, :3], expected[0])
        np.testing.assert_array_equal(found[1][this], expected[1])


if hasattr(core.run, "_fail_allocation_after"):

    @pytest.mark.parametrize("channels", [3, 4])
    def test_without_memory_for_helpers_counting_goes_on(shared, channels):
        pixels, colors, counts = shared
        pixels, colors = (promoted(array, channels) for array in (pixels, colors))
        survived = []
        for n in range(24):
            core.run._fail_allocation_after(n)
            try:
                found = core.colors.histogram(pixels, 4)
            except OutOfMemoryError:
                continue
            finally:
                core.run._fail_allocation_after(-1)
            survived.append(n)
            np.testing.assert_array_equal(found[0], colors)
            np.testing.assert_array_equal(found[1], counts)
        # The list of helpers, and for each of three its marks and its list; counters may be kept.
        assert len(survived) >= 7
