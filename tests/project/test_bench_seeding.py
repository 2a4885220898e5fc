"""Seedings and searches by others, as the benchmark measures them."""

import sys
from pathlib import Path

import numpy as np
import pytest

import kmc
from kmc import core

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))  # at the end: the installed kmc comes before the checkout's

from bench import divide, seeding  # noqa: E402
from bench.pictures import Picture  # noqa: E402

pytestmark = pytest.mark.project

HEAPS = np.array([[20.0, 20, 20], [30, 200, 90], [220, 210, 60]])
COLORS = np.concatenate([HEAPS + off for off in (-3, 0, 3)])


@pytest.mark.parametrize("cut", [divide.along_the_principal_axis, divide.across_a_channel])
def test_divisions_find_what_lies_apart(cut: divide.Cut) -> None:
    two = np.concatenate([COLORS[::3], COLORS[1::3]])
    means = divide.divided(two, np.ones(6, np.int64), 2, cut)
    np.testing.assert_allclose(sorted(means.tolist()), sorted(HEAPS[:2].tolist()))


def test_breathing_leaves_a_local_optimum() -> None:
    """Two centroids in one of three heaps and one between the others."""
    counted = kmc.Histogram(COLORS.astype(np.uint8), [1] * 9)
    tree = core.kmeans.tree(counted.colors, counted.counts, 1)
    colors = counted.colors.astype(float)
    start = np.array([[18.0, 18, 18], [22, 22, 22], [125, 205, 75]])
    assert seeding.converged(tree, start)[1] > 10_000
    found = divide.breathe(
        colors, counted.counts, start, lambda centroids: seeding.converged(tree, centroids)
    )
    assert seeding.converged(tree, found)[1] == pytest.approx(6 * 27, abs=1)


@pytest.mark.parametrize("way", seeding.WAYS)
def test_every_way_to_fit_is_measured(way: str) -> None:
    picture = Picture("noise", np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8))
    assert float(seeding.measured(picture, 6, way)["mse"]) > 0
