"""The colours that make up most of an image, with their shares: `dominant_colors`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from kmc.clustering.importance import check_clustered, limit_total
from kmc.clustering.options import FitOptions, checked_options, takes_fit_options
from kmc.clustering.problem import ClusteringProblem
from kmc.clustering.weighted_colors import WeightedColors
from kmc.color_histogram import Histogram
from kmc.colors.arrays import merged, promoted
from kmc.colors.spaces import UNITS_PER_LEVEL, coordinates, to_centroids, to_rounded_colors
from kmc.errors import ArgumentTypeError
from kmc.image_sets import weighted_colors
from kmc.images.reading import ImageInput
from kmc.utils.arguments import not_negative, one_of, whole

Ignored = Literal["white", "transparent"]

# Pairs of colours are compared until no two are alike: not of thousands.
MOST_COLORS = 256

# Before merging, an image is reduced to so many colours, or to four times the number asked for.
LEAST_MERGED = 16

# JPEG leaves noise in a white background.
WHITE = 250


@takes_fit_options
def dominant_colors(
    image: Histogram | ImageInput | Iterable[Histogram | ImageInput],
    n: int = 5,
    *,
    merge: float = 0.0,
    ignore: Ignored | Iterable[Ignored] = (),
    **options: Unpack[FitOptions],
) -> list[tuple[tuple[int, ...], float]]:
    """Find the colours that make up most of an image, or of several, with their shares.

    Parameters
    ----------
    image : Histogram, path, bytes, file object, PIL.Image.Image, array_like of uint8, or several
        As for `kmc.fit`.
    n : int, default 5
        Number of colours, 1 to 256.
    merge : float, default 0
        Colours that look alike are merged into their mean: those whose difference in CIE Lab is
        less than this. Differences up to 2 are hardly seen, 10 is seen at a glance. The image is
        then first reduced to four times as many colours, at least 16, so that edges and shades do
        not take the place of a main colour; those that are left after merging, at most `n`, are
        listed.
    ignore : {"white", "transparent"} or several of these, optional
        What to leave out as background. ``"white"``: pixels whose red, green and blue all are 250
        or more. ``"transparent"``: each pixel counts as much as it is opaque, and colours have no
        alpha.
    init, n_init, max_iter, tol, seed, weights, effort, threads, fixed, space, deadline
        As for `kmc.fit`.

    Returns
    -------
    list of (color, share)
        The largest share first. A color is a tuple of red, green and blue, 0 to 255; of images with
        transparency, unless it is ignored, also alpha. Shares are those of the pixels that are not
        left out, and add up to 1 unless merging leaves more than `n` colours. Empty if all pixels
        are left out.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An option is out of range, of the wrong type, or excludes another.
    ImageError
        The image cannot be read, or has the wrong shape or type.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> image = np.full((10, 10, 3), 255, np.uint8)
    >>> image[2:5] = (200, 0, 0)
    >>> image[5] = (202, 0, 0)
    >>> kmc.dominant_colors(image, 3)
    [((255, 255, 255), 0.6), ((200, 0, 0), 0.3), ((202, 0, 0), 0.1)]
    >>> kmc.dominant_colors(image, 3, merge=10, ignore="white")
    [((201, 0, 0), 1.0)]
    """
    most = whole("n", n, 1, MOST_COLORS)
    difference, left_out = not_negative("merge", merge), _checked_ignore(ignore)
    clustered = min(MOST_COLORS, max(4 * most, LEAST_MERGED)) if difference else most
    checked = checked_options(clustered, options)
    with checked.watch():
        found = weighted_colors(image, threads=checked.threads)
        counted = _foreground(found.colors, found.counts, left_out)
        if not len(counted.colors):
            return []
        palette = ClusteringProblem(counted, checked).solve(checked.k)
    colors, counts = palette.colors[palette.counts > 0], palette.counts[palette.counts > 0]
    if difference:
        colors, counts = _without_lookalikes(colors, counts, difference)
    order = np.argsort(-counts, kind="stable")[:most]
    shares = counts[order] / counts.sum()
    rows = promoted(colors[order], 3).tolist()
    return [(tuple(row), float(share)) for row, share in zip(rows, shares, strict=True)]


def _checked_ignore(ignore: Any) -> set[str]:
    names = [ignore] if isinstance(ignore, str) else ignore
    if not isinstance(names, Iterable):
        raise ArgumentTypeError(f"ignore must be white, transparent or both, not {ignore!r}")
    return {one_of("ignore", name, ("white", "transparent")) for name in names}


def _foreground(
    colors: NDArray[np.uint8], counts: NDArray[np.int64], left_out: set[str]
) -> WeightedColors:
    """The colours that are not left out as background."""
    if "transparent" in left_out and colors.shape[1] == 4:
        check_clustered(counts)  # so that no weight overflows
        alpha = colors[:, 3].astype(np.int64)
        visible = alpha > 0
        if not visible.any():
            return WeightedColors(colors[:0, :3], counts[:0])
        # Divided by what all have in common: the same result as without alpha where all is opaque.
        weights = alpha[visible] // np.gcd.reduce(alpha[visible]) * counts[visible]
        colors, counts = merged(np.ascontiguousarray(colors[visible, :3]), limit_total(weights))
    if "white" in left_out:
        white = (colors[:, :3] >= WHITE).all(axis=1)
        if colors.shape[1] == 4:
            white &= colors[:, 3] == 255
        colors, counts = colors[~white], counts[~white]
    return WeightedColors(colors, counts)


def _without_lookalikes(
    colors: NDArray[np.uint8], counts: NDArray[np.int64], difference: float
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The two colours that are most alike replaced by their mean, until none are alike."""
    limit = (difference * UNITS_PER_LEVEL) ** 2
    while len(colors) > 1:
        lab = coordinates(colors, "lab").astype(np.int64)
        apart = np.square(lab[:, None] - lab).sum(axis=2)
        apart[np.tril_indices(len(lab))] = apart.max() + 1
        first, second = np.unravel_index(apart.argmin(), apart.shape)
        if not apart[first, second] < limit:
            break
        pair = [int(first), int(second)]
        mean = (to_centroids(colors[pair]) * counts[pair, None]).sum(axis=0) / counts[pair].sum()
        colors[first] = to_rounded_colors(mean[None], colors.shape[1])[0]
        counts[first] += counts[second]
        colors, counts = np.delete(colors, second, axis=0), np.delete(counts, second)
    return colors, counts
