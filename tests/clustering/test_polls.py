"""Work on arrays of many colours is done in steps, with a poll between them.

Steps are made so short that small pictures take many, and polls are counted, not timed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scenes import noise, scattered

import kmc
from kmc import core
from kmc.clustering import alpha, importance, problem
from kmc.colors import arrays, chunks

STEP = 100
N = 64 * 63

RGB = noise(64, 63)
RGBA = scattered((64, 63, 4), 256).astype(np.uint8)
RGBA[..., 3] = np.array([0, 90, 200, 255])[RGBA[..., 3] // 64]
COLORS = core.colors.histogram(RGBA, 1)[0]
COUNTED = kmc.histogram(RGB)
MERGED = alpha.merge_transparent(COLORS)[0]
ALPHA_TREE = alpha.AlphaTree(MERGED, np.ones(len(MERGED), np.int64), "rgb", 1)


class Counter:
    """A callback that counts its calls."""

    def __init__(self) -> None:
        self.n = 0

    def __call__(self, *_: Any) -> None:
        self.n += 1


@pytest.fixture
def short_steps(monkeypatch, every_poll):
    """Short steps, each of which asks the callback."""
    monkeypatch.setattr(chunks, "CHUNK", STEP)
    monkeypatch.setattr(arrays, "SORTED_AT_ONCE", STEP)


def masked(colors):
    return alpha.merge_transparent(colors)[1]


def worst_colors() -> None:
    """The choice of colours that replace duplicates in a palette."""
    labels = np.zeros(len(COUNTED), np.uint16)
    entry = np.zeros((1, 4), np.int16)
    problem._worst(COUNTED.colors, COUNTED.counts, entry, labels, "rgb", 9)


STAGES = {
    "merging transparent colours": (1, lambda: alpha.merge_transparent(COLORS)),
    "merging values": (1, lambda: alpha.merge_values(np.arange(len(COLORS)), masked(COLORS))),
    "expanding labels": (
        1,
        lambda: alpha.expand_labels(np.arange(len(COLORS), dtype=np.uint16), masked(COLORS)),
    ),
    "labels with alpha": (2, lambda: ALPHA_TREE.label(np.eye(4) * 255, 1)),
    "extreme weights": (2, lambda: alpha.with_positive_extremes(COLORS, np.zeros(N, np.int64))),
    "duplicates": (1, worst_colors),
    "importance": (2, lambda: importance.integer_weights("a", np.arange(N) / 7, (N,))),
    "limits": (1, lambda: importance.limit_total(np.full(N, 9 << 40))),
    "keys": (1, lambda: arrays.morton_keys(RGB.reshape(-1, 3))),
}


@pytest.mark.parametrize("name", STAGES)
def test_a_step_is_short(name, short_steps):
    passes, work = STAGES[name]
    counter = Counter()
    with core.run.Watch(counter):
        work()
    assert counter.n >= passes * (N // STEP)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"space": "oklab"},
        {"importance": scattered((64, 63), 5)},
        {"importance": scattered((64, 63), 1000) / 999},
        {"weights": "uniform"},
        {"fixed": [(0, 0, 0, 0), (9, 9, 9, 255)]},
        {"init": np.zeros((9, 4))},
    ],
    ids=str,
)
def test_steps_change_nothing(options, short_steps, monkeypatch):
    in_steps = kmc.quantize(RGBA, 9, callback=Counter(), **options)
    monkeypatch.undo()
    at_once = kmc.quantize(RGBA, 9, **options)
    assert_array_equal(in_steps.indices, at_once.indices)
    assert_array_equal(in_steps.palette.centroids, at_once.palette.centroids)
    assert in_steps.mse == at_once.mse


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 1000), (1000, 100), (2000, 2000), (3000, 1)])
def test_sums_in_steps(n, m, short_steps):
    a, b = (
        scattered((1, n, 3), 12, n).astype(np.uint8),
        scattered((1, m, 3), 12, m).astype(np.uint8),
    )
    both = np.concatenate((a, b), axis=1)
    expected = kmc.histogram(both)
    assert kmc.histogram(a) + kmc.histogram(b) == expected
    assert kmc.Histogram(both[0], np.ones(n + m, int)) == expected


@pytest.mark.parametrize("n_before", [0, 2])
@pytest.mark.parametrize("shape", [(1,), (250,), (300, 3), (301, 4)])
def test_selections_in_steps(shape, n_before, short_steps):
    values = scattered(shape, 1000)
    for mask in (scattered(shape[:1], 2) > 0, np.zeros(shape[0], bool), np.ones(shape[0], bool)):
        found = chunks.selected(values, mask, n_before)
        assert_array_equal(found[n_before:], values[mask])
        assert len(found) == n_before + mask.sum()
        target = np.zeros_like(values)
        chunks.assign_selected(target, mask, found[n_before:])
        assert_array_equal(target, np.where(mask.reshape(-1, *[1] * (len(shape) - 1)), values, 0))
