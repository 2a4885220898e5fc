"""The best palette of grey levels there is: grey pictures have but one dimension."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.alpha import AlphaTree, AnyTree
from kmc.clustering.options import Options
from kmc.colors.spaces import coordinates, places


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

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.clustering.alpha import tree_of
    >>> from kmc.clustering.options import checked_options
    >>> colors = np.array([[5], [9], [10], [12]], np.uint8)
    >>> tree = tree_of(colors, None, "rgb", 1, given=colors[:0])
    >>> for fixed in (None, [[11]]):
    ...     palette, centroids = best_greys(tree, checked_options(2, {"fixed": fixed}))
    ...     palette.ravel().tolist(), centroids[:, 0].round(2).tolist()
    ([5, 10], [5.0, 10.33])
    ([11, 5], [11.0, 5.0])
    """
    if isinstance(tree, AlphaTree) or tree.channels > 1 or not options.searches:
        return None
    fixed, space = options.fixed[:, :1], options.space
    every = np.arange(256, dtype=np.uint8)[:, None]
    line = np.ascontiguousarray(coordinates(every, space)[:, 0])
    others, means = core.kmeans.best_greys(
        tree, line, fixed.ravel(), options.k - options.n_fixed, options.threads
    )
    return np.concatenate((fixed, others)), np.concatenate((places(fixed, space), means))
