"""Helpers for tests of the engine: trees, ways to run, equal palettes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from reference_kmeans import points_of

import kmc
from kmc import core

THREADS = (1, 2, 3, 7)


def ways() -> Iterator[tuple[str, int]]:
    """Each instruction set, in use, with each number of threads.

    >>> len(list(ways())) == 4 * len(kmc.cpu.available())
    True
    """
    for name in kmc.cpu.available():
        with kmc.cpu.use(name):
            for threads in THREADS:
                yield name, threads


def tree_of(
    picture: NDArray[np.uint8],
) -> tuple[core.kmeans.Tree, NDArray[np.int64], NDArray[np.int64]]:
    """The tree of a picture, with its points and weights as the reference takes them.

    >>> tree, points, weights = tree_of(np.array([[7, 9, 9]], np.uint8))
    >>> len(tree), points[:, 0].tolist(), weights.tolist()
    (2, [448, 576], [1, 2])
    """
    counted = kmc.histogram(picture)
    tree = core.kmeans.tree(counted.colors, counted.counts, 1)
    return tree, points_of(counted.colors), counted.counts


def same_palette(palette: kmc.Palette, expected: kmc.Palette) -> None:
    """Asserts that two fits had the same result, exactly.

    >>> same_palette(kmc.fit([[1, 2]], 1), kmc.fit([[2, 1]], 1))
    """
    for name in ("colors", "centroids", "counts"):
        np.testing.assert_array_equal(getattr(palette, name), getattr(expected, name))
    assert palette.history == expected.history
