"""scikit-learn, from the same centroids, comes to the same ones."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import NAMED, scattered
from sklearn.cluster import KMeans

import kmc

pytestmark = pytest.mark.once


def sklearn_fit(picture, start, max_iter):
    """The centroids and inertia of scikit-learn after max_iter iterations over all pixels."""
    counted = kmc.histogram(picture)
    means = KMeans(
        len(start), init=start, n_init=1, max_iter=max_iter, tol=0, algorithm="lloyd"
    ).fit(counted.colors.astype(np.float64), sample_weight=counted.counts.astype(np.float64))
    return means.cluster_centers_, means.inertia_, means.n_iter_


def heaps(k, channels):
    """A picture of k heaps of colours far apart, and a place near each of them."""
    sides = 5 if channels == 1 else 3
    cells = np.array(np.meshgrid(*[np.arange(sides)] * channels)).reshape(channels, -1).T
    places = 20 + (200 // (sides - 1)) * cells[:: len(cells) // k][:k]
    grain = scattered((40, k, channels), 19, k) - 9
    return (places + grain).astype(np.uint8), places + scattered((k, channels), 15) - 7.0


@pytest.mark.parametrize(("k", "channels"), [(2, 1), (5, 1), (2, 3), (8, 3), (20, 3)])
@pytest.mark.parametrize("max_iter", [1, 2, 5])
def test_the_same_centroids_where_clusters_lie_apart(k, channels, max_iter):
    picture, start = heaps(k, channels)
    expected, inertia, n_iter = sklearn_fit(picture, start, max_iter)
    palette = kmc.fit(picture, k, init=start, max_iter=n_iter, tol=0)
    np.testing.assert_allclose(palette.centroids, expected, atol=1 / 64)
    assert palette.inertia == pytest.approx(inertia, rel=1e-6)


PICTURES = ["photo", "noise", "few", "grey photo"]


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("k", [2, 8, 40])
def test_as_little_inertia_after_as_many_iterations(name, k):
    picture = NAMED[name]
    counted = kmc.histogram(picture)
    place = scattered((k,), len(counted) // k, 4) + np.arange(k) * (len(counted) // k)
    start = counted.colors[place].astype(np.float64)
    for max_iter in (1, 12):
        _, inertia, n_iter = sklearn_fit(picture, start, max_iter)
        palette = kmc.fit(counted, k, init=start, max_iter=n_iter, tol=0)
        flat = picture.reshape(-1, counted.colors.shape[1])
        distance = np.square(flat[:, None] - palette.centroids).sum(axis=-1).min(axis=1).sum()
        assert distance == pytest.approx(inertia, rel=1e-3)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("k", [4, 16])
def test_no_more_inertia_than_scikit_learn_finds(name, k):
    counted = kmc.histogram(NAMED[name])
    means = KMeans(k, n_init=1, random_state=0).fit(
        counted.colors.astype(np.float64), sample_weight=counted.counts.astype(np.float64)
    )
    assert kmc.fit(counted, k).inertia <= 1.01 * means.inertia_
