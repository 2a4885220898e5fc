"""Optimal grey palettes: in one dimension k-means can be solved exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.alpha import AlphaTree, AnyTree
from kmc.clustering.options import Options
from kmc.colors.spaces import coordinates, to_centroids


def best_greys(
    tree: AnyTree, options: Options
) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    """The palette of k grey levels with the lowest squared error, found by dynamic programming.

    It includes the fixed colours. There must be more other colours than other entries. None if the
    colours are not grey, or if the options ask for no search.

    Returns
    -------
    colors : ndarray of uint8, shape (k, 1)
        The fixed colours, then the others in ascending order.
    centroids : ndarray of float64, shape (k, 4)
        The means of the clusters, in levels; fixed colours have their own coordinates.

    References
    ----------
    .. [1] A. Grønlund, K. G. Larsen, A. Mathiasen, J. S. Nielsen, S. Schneider and M. Song, "Fast
       exact k-means, k-medians and Bregman divergence clustering in 1D", arXiv:1701.07204, 2017.
    """
    if isinstance(tree, AlphaTree) or tree.channels > 1 or not options.searches:
        return None
    fixed, space = options.fixed[:, :1], options.space
    greys = np.arange(256, dtype=np.uint8)[:, None]
    lightness = np.ascontiguousarray(coordinates(greys, space)[:, 0])
    others, means = core.kmeans.best_greys(
        tree, lightness, fixed.ravel(), options.k - options.n_fixed, options.threads
    )
    return np.concatenate((fixed, others)), np.concatenate((to_centroids(fixed, space), means))
