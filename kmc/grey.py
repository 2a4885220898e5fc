"""The best palette of grey levels there is: grey pictures have but one dimension."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kmc import _core
from kmc.alpha import AlphaTree, AnyTree
from kmc.options import Options
from kmc.space import coordinates


def best_greys(
    tree: AnyTree, options: Options
) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    """The k grey levels that leave the least squared error of all, and the means of their colours.

    None if colours are not grey, or not to be searched for, or if some are fixed.

    Returns
    -------
    colors : ndarray of uint8, shape (k, 1)
        Ascending.
    centroids : ndarray of float64, shape (k, 4)
        As the engine takes them, to start from.

    References
    ----------
    .. [1] A. Grønlund, K. G. Larsen, A. Mathiasen, J. S. Nielsen, S. Schneider and M. Song, "Fast
       exact k-means, k-medians and Bregman divergence clustering in 1D", arXiv:1701.07204, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.alpha import tree_of
    >>> from kmc.grey import best_greys
    >>> from kmc.options import checked_options
    >>> tree = tree_of(np.array([[5], [9], [10], [12]], np.uint8), None, "rgb", 1)
    >>> colors, centroids = best_greys(tree, checked_options(2))
    >>> colors.ravel().tolist(), centroids[:, 0].round(2).tolist()
    ([5, 10], [5.0, 10.33])
    """
    if isinstance(tree, AlphaTree) or tree.channels > 1:
        return None
    if options.n_fixed or not options.searches:
        return None
    every = np.arange(256, dtype=np.uint8)[:, None]
    line = np.ascontiguousarray(coordinates(every, options.space)[:, 0])
    return _core.best_greys(tree, line, options.k, options.threads)
