"""The best palette of grey levels there is: grey pictures have but one dimension."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmc.clustering.alpha import AlphaTree, AnyTree
from kmc.clustering.options import Options
from kmc.colors.spaces import coordinates, to_centroids
from kmc.core import _core


def best_greys(
    tree: AnyTree, options: Options
) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    """The k grey levels that leave the least squared error of all, and the means of their colours.

    Those that are fixed are among them. There must be more colours beside these than other entries.
    None if colours are not grey, or not to be searched for.

    Returns
    -------
    colors : ndarray of uint8, shape (k, 1)
        The fixed ones, then the others, ascending.
    centroids : ndarray of float64, shape (k, 4)
        As the engine takes them, to start from; of fixed colours where they lie.

    References
    ----------
    .. [1] A. Grønlund, K. G. Larsen, A. Mathiasen, J. S. Nielsen, S. Schneider and M. Song, "Fast
       exact k-means, k-medians and Bregman divergence clustering in 1D", arXiv:1701.07204, 2017.
    """
    if isinstance(tree, AlphaTree) or tree.channels > 1 or not options.searches:
        return None
    fixed, space = options.fixed[:, :1], options.space
    every = np.arange(256, dtype=np.uint8)[:, None]
    line = np.ascontiguousarray(coordinates(every, space)[:, 0])
    others, means = _core.best_greys(
        tree, line, fixed.ravel(), options.k - options.n_fixed, options.threads
    )
    return np.concatenate((fixed, others)), np.concatenate((to_centroids(fixed, space), means))
