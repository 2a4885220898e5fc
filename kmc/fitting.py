"""Palettes by k-means: `kmc.fit`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Unpack

from numpy.typing import ArrayLike

from kmc.clustering.options import (
    Callback,
    FitOptions,
    checked_options,
    takes_fit_options,
)
from kmc.clustering.problem import ClusteringProblem
from kmc.color_histogram import Histogram
from kmc.formats.palette_order import checked_order, sorted_entries
from kmc.image_sets import weighted_colors
from kmc.images.reading import ImageInput
from kmc.palette import Palette, fitted_palette


@takes_fit_options
def fit(
    image: Histogram | ImageInput | Iterable[Histogram | ImageInput],
    k: int = 256,
    *,
    callback: Callback | None = None,
    importance: ArrayLike | None = None,
    image_weights: ArrayLike | None = None,
    order: Literal["luminance", "popularity", "hue"] | None = None,
    **options: Unpack[FitOptions],
) -> Palette:
    """Find the k colours that serve a picture, or several, best, by k-means over all pixels.

    Seeding draws k centroids, a search improves them, and Lloyd's iterations over every distinct
    colour, weighted by its pixels, bring them to rest. Equal to k-means over the pixels themselves,
    except that centroids are rounded to 1/64 of a level while distances are compared.

    Parameters
    ----------
    image : Histogram, path, bytes, file object, PIL.Image.Image or array_like of uint8
        What to serve. Several of them, in a list, a tuple or an iterator, are opened one after the
        other, and what stays in memory is their histogram; grey ones among RGB ones count as RGB.
    k : int
        How many colours, 1 to 65 536. A picture of no more than k colours keeps just these.
    init : {"k-means++", "random", "bisecting"} or array_like of shape (k, C), default "k-means++"
        Where centroids start: greedy k-means++ [1]_; k random pixels of distinct colours; bisecting
        k-means [2]_, which draws nothing at random; or the given colours, 0 to 255. With `fixed`
        ones, it is the others that start there, and so many are given.
    n_init : int, default 1
        How many times to start anew from other random numbers; the lowest inertia is kept. More
        than 1 is refused where the options leave nothing to be drawn.
    max_iter : int, default 300
        The most iterations over all colours, 1 or more.
    tol : float, optional
        Iterations end once no centroid moves by as much: largest squared movement, in 8-bit levels
        squared, under `tol`. By default 0.1, which is some 0.1 % above the inertia at rest for a
        third of the iterations; 0.5 for ``effort="fast"`` and 0.0001 (no movement at all) for
        ``"best"``; a third of these in oklab and lab, where colours lie closer. With ``tol=0``
        just `max_iter` iterations are done.
    seed : int, default 0
        Of the random numbers, 0 or more.
    weights : {"counts", "uniform"}, default "counts"
        Whether a colour weighs as many as its pixels, or each distinct colour 1.
    effort : {"fast", "default", "best"}, default "default"
        How long to search for better starting centroids by moving single ones to where they are
        missed most. Starting centroids that are given, or ``"random"``, are left as they are,
        unless the effort is ``"best"``. Palettes of more than 4096 colours are not searched for.
        ``"best"`` also optimizes the rounding, in rgb and of opaque pictures: `colors` that are not
        fixed move by single levels while the error of the 8-bit palette falls; `centroids` and the
        inertia stay those of k-means.
        Instead of searching for grey ones, the best of all is found at once, with those that are
        `fixed` among them, and is what iterations start from; `colors` stay these levels, even if
        centroids drift to where others are nearer.
    threads : int, optional
        The most threads to use; by default ``kmc.cpu.threads()``. The result never depends on it.
    callback : callable, optional
        Called as ``callback(iteration, centroids, inertia, shift)`` after each iteration, counted
        from 1: the new centroids (k, C), the inertia of the clusters about them, the largest
        squared movement. Returning False ends the fit there.
    fixed : array_like of uint8, shape (n, C), or Palette, optional
        Colours that stay exactly as they are and come first in the palette, in this order; one that
        is given twice counts once, where it comes first. `k` includes them, and the others settle
        around them. With as many as k, nothing is left to fit.
    importance : array_like, shape (H, W), optional
        How much each pixel of the upright picture counts, of any real type or a mask, finite and 0
        or more: twice as much importance is as much as twice the pixels. Pixels of importance 0
        draw no colours to them, and are mapped like the rest. Truth values and whole numbers up to
        65 535 are taken as they are; others in proportion to the largest, to 1 part in 50 400.
    space : {"rgb", "linear", "oklab", "lab"}, default "rgb"
        Where distances are taken: between levels as files store them; between amounts of light,
        which is how blurred or scaled down pictures mix; in Oklab or CIE Lab, where equal distances
        look more alike. `tol`, inertia and shift are then in levels of that space: 255 from black
        to white, in Lab 100. The palette remembers its space and maps pictures in it.
    image_weights : array_like, shape (n,), optional
        How much each pixel of each of several pictures counts, as `importance` says it; by default
        all the same, so that larger pictures count more.
    order : {None, "luminance", "popularity", "hue"}, default None
        How the colours are sorted, as for `kmc.quantize`; "compact" is for one picture alone.

    Returns
    -------
    Palette

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An option out of its range or of the wrong type.
    ImageError
        The picture cannot be read or has the wrong shape or type.
    OutOfMemoryError
        There is not enough memory.

    References
    ----------
    .. [1] D. Arthur and S. Vassilvitskii, "k-means++: the advantages of careful seeding",
       SODA 2007.
    .. [2] M. Steinbach, G. Karypis and V. Kumar, "A comparison of document clustering techniques",
       KDD workshop on text mining 2000.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    >>> sorted(kmc.fit(ramp, 2).colors.ravel().tolist())
    [64, 192]
    >>> kmc.fit(kmc.histogram(ramp), 2, init=[[0], [1]], max_iter=1, tol=0).n_iter
    1
    """
    checked = checked_options(
        k, callback=callback, importance=importance, image_weights=image_weights, **options
    )
    sorting = checked_order(order, picture=False)
    given = weighted_colors(image, importance, image_weights, checked.threads)
    found = ClusteringProblem(given, checked).solve(checked.k)
    if sorting is not None:
        found = found.reordered(
            sorted_entries(found.colors, found.counts, sorting, checked.n_fixed)
        )
    return fitted_palette(found, checked.space)
