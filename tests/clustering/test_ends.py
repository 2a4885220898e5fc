"""Everything ends: small pictures of few, evenly spaced colours, where errors tie, any options.

What looks for something better must not take another order of summation for progress.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from engine import tree_of
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import kmc
from kmc.mapping.dithering import DITHERS

# Seconds, while each of these takes milliseconds. A poll ends a search that does not finish.
PATIENCE = 20.0

# Sprites and numbers of colours for which a search for any progress at all goes round and round.
ENDLESS = [(191, 184), (1546, 91), (1918, 39), (1326, 104), (720, 221), (898, 150), (2014, 150)]
ENDLESS_WITH_ALPHA = [(1968, 429)]


def sprite(seed: int, channels: int = 3) -> NDArray[np.uint8]:
    """A picture of few colours with the same step between their levels, by a number."""
    rng = np.random.default_rng(seed)
    height, width = rng.integers(8, 40, 2)
    levels = rng.integers(2, 62 if seed % 2 else 9)
    step = rng.integers(1, 255 // levels + 1)
    return (rng.integers(0, levels, (height, width, channels)) * step).astype(np.uint8)


def with_alpha(seed: int) -> NDArray[np.uint8]:
    """A sprite of which most is opaque or nearly so."""
    picture = sprite(seed, 4)
    picture[..., 3] = 255 - picture[..., 3]
    return picture


def ended(picture: NDArray[np.uint8], k: int, **options: Any) -> kmc.IndexedImage:
    """What comes out in time, not because time was up."""
    begun = time.monotonic()
    result = kmc.quantize(picture, k, deadline=PATIENCE, **options)
    assert time.monotonic() - begun < PATIENCE
    return result


@pytest.mark.parametrize(("seed", "k"), ENDLESS)
@pytest.mark.parametrize("effort", ["default", "best"])
def test_swaps_that_tie(seed, k, effort):
    assert len(ended(sprite(seed), k, effort=effort).palette) == k


@pytest.mark.parametrize(("seed", "k"), ENDLESS_WITH_ALPHA)
def test_swaps_that_tie_with_alpha(seed, k):
    assert len(ended(with_alpha(seed), k).palette) == k


@pytest.mark.parametrize("seed", range(150))
@pytest.mark.parametrize("share", [0.5, 0.8, 0.97])
def test_a_little_fewer_colours_than_there_are(seed, share):
    picture = sprite(seed)
    k = max(1, int(share * len(kmc.histogram(picture))))
    assert len(ended(picture, k).palette) == k


OPTIONS = st.fixed_dictionaries(
    {"effort": st.sampled_from(["fast", "default", "best"])},
    optional={
        "init": st.sampled_from(["k-means++", "random", "bisecting"]),
        "seed": st.integers(0, 99),
        "tol": st.sampled_from([0.0, 1e-9, 1.0]),
        "weights": st.sampled_from(["counts", "balanced", "uniform"]),
        "space": st.sampled_from(["rgb", "linear", "oklab", "lab"]),
        "order": st.sampled_from(["compact", "luminance", "popularity", "hue"]),
        "dither": st.sampled_from(DITHERS),
    },
)
SPRITES = st.one_of(
    st.builds(sprite, st.integers(0, 10**6), st.sampled_from([1, 3])),
    st.builds(with_alpha, st.integers(0, 10**6)),
)


@settings(max_examples=120)
@given(SPRITES, st.floats(0.3, 1.0), st.floats(0.0, 0.9), OPTIONS)
def test_any_options(picture, share, kept, options):
    colors = kmc.histogram(picture).colors
    k = max(1, int(share * len(colors)))
    result = ended(picture, k, fixed=colors[:: len(colors) // k][: int(kept * k)], **options)
    assert 1 <= len(result.palette) <= k


@settings(max_examples=30)
@given(
    SPRITES,
    st.sampled_from([{"psnr": 20}, {"psnr": 35.5}, {"max_mse": 3}, {"quality": (0, 70)}]),
    st.sampled_from(["fast", "default"]),
)
def test_goals(picture, goal, effort):
    result = ended(picture, 4096, effort=effort, **goal)
    assert result.psnr >= goal.get("psnr", 0)
    assert result.mse <= goal.get("max_mse", np.inf)


@pytest.mark.parametrize("seed", range(20))
def test_nudges_and_iterations_from_anywhere(seed):
    """Where most clusters are empty, and filled again and again."""
    tree, _, weights = tree_of(sprite(seed))
    centroids = np.zeros((min(30, len(tree)), 4))
    history, _ = tree.lloyd(centroids, 50, 0, None, 1)
    assert len(history) <= 50
    entries = np.floor(centroids + 0.5)
    before = tree.label(entries, 1)[2]
    tree.nudge(entries, 1000, 1)
    assert tree.label(entries, 1)[2] <= before
    assert weights.sum() == tree.label(entries, 1)[1].sum()
