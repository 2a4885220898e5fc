"""Sums of histograms equal those of a dictionary, on any number of threads and instruction set."""

from __future__ import annotations

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st

import kmc
from kmc import core

# The merge is divided into parts of so many colours.
PART = 1 << 17

THREADS = (1, 2, 3, 7)


def listed(keys, channels, seed=0):
    """A histogram of the colours with these keys, which are sorted and distinct."""
    keys = np.asarray(keys, np.uint32)
    colors = np.empty((len(keys), channels), np.uint8)
    core.colors._colors(keys, colors)
    return colors, np.random.default_rng(seed).integers(1, 1 << 40, len(keys))


def twin(a, b):
    """The sum by sorting everything."""
    colors, counts = np.concatenate((a[0], b[0])), np.concatenate((a[1], b[1]))
    keys, first, where = np.unique(
        reference.morton_keys(colors), return_index=True, return_inverse=True
    )
    sums = np.zeros(len(keys), np.int64)
    np.add.at(sums, where, counts)
    return colors[first], sums


def check(a, b):
    expected = twin(a, b)
    for first, second in ((a, b), (b, a)):
        for threads in THREADS:
            found = core.colors.add_histograms(*first, *second, threads)
            np.testing.assert_array_equal(found[0], expected[0])
            np.testing.assert_array_equal(found[1], expected[1])


KEYS = st.sampled_from([1, 3, 4]).flatmap(
    lambda channels: st.tuples(
        st.just(channels),
        *[st.lists(st.integers(0, 2 ** min(8 * channels, 32) - 1), max_size=40, unique=True)] * 2,
    )
)


@given(KEYS)
def test_few_colours(drawn):
    channels, *keys = drawn
    check(*(listed(sorted(of_one), channels, n) for n, of_one in enumerate(keys)))


def ranges(n, m):
    """Lists of n and m keys that lie to each other in every way."""
    return {
        "equal": (range(n), range(m)),
        "in turn": (range(0, 2 * n, 2), range(1, 2 * m, 2)),
        "one behind the other": (range(n), range(n, n + m)),
        "far apart": (range(n), range(2**24 - m, 2**24)),
        "one around the other": (np.r_[0 : n // 2, 2**24 - n // 2 : 2**24], range(n, n + m)),
        "every third": (range(0, 3 * n, 3), range(m)),
    }


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("name", ranges(2, 2))
@pytest.mark.parametrize("sizes", [(PART - 1, 3), (3 * PART + 5, 2 * PART), (1023, 1025)], ids=str)
def test_many_colours(channels, name, sizes):
    a, b = (listed(keys, channels) for keys in ranges(*sizes)[name])
    check(a, b)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9])
def test_random_colours(share):
    random = np.random.default_rng(1)
    kept = random.random((2, 1 << 20)) < [[share], [0.4]]
    check(*(listed(np.flatnonzero(of_one) << 4, 3, n) for n, of_one in enumerate(kept)))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_every_instruction_set(channels):
    keys = [np.arange(0, 200, step) << 8 * (channels - 1) for step in (2, 3)]
    a, b = (listed(of_one, channels, n) for n, of_one in enumerate(keys))
    for name in kmc.cpu.available():
        with kmc.cpu.use(name):
            check(a, b)


def test_full_color_space():
    every = listed(range(1 << 24), 3)
    total = core.colors.add_histograms(*every, *every, 2)
    np.testing.assert_array_equal(total[0], every[0])
    np.testing.assert_array_equal(total[1], 2 * every[1])


def test_callbacks_are_asked_between_parts(every_poll):
    a, b = listed(range(3 * PART), 3), listed(range(0, 4 * PART, 2), 3)
    asked = []
    with core.run.Watch(lambda *state: asked.append(state)):
        core.colors.add_histograms(*a, *b, 1)
    assert len(asked) >= 2 * 5


def test_lists_that_are_not_sorted_spoil_the_sum_alone():
    random = np.random.default_rng(0)
    for n, m in ((PART, PART + 9), (5, 3 * PART), (2000, 3000)):
        colors = random.integers(0, 256, (n + m, 3), np.uint8)
        counts = random.integers(-(2**63), 2**63 - 1, n + m)
        for threads in (1, 3):
            found = core.colors.add_histograms(
                colors[:n], counts[:n], colors[n:], counts[n:], threads
            )
            assert len(found[0]) == len(found[1]) <= n + m


def test_what_does_not_fit_together_is_refused():
    colors, counts = listed(range(9), 3)
    grey = np.arange(9, dtype=np.uint8)[:, None]
    for wrong in (
        (colors, counts[:8], colors, counts),
        (colors, counts, colors[:8], counts),
        (colors, counts, grey, counts),
        (np.zeros((9, 2), np.uint8), counts, np.zeros((9, 2), np.uint8), counts),
    ):
        with pytest.raises(kmc.ArgumentError):
            core.colors.add_histograms(*wrong, 1)
