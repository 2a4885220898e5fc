"""Fitting a palette: seeding, search, Lloyd's iterations, rounding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import _core
from kmc.clustering.alpha import (
    AlphaTree,
    AnyTree,
    alpha_order,
    gathered,
    merged_transparent,
    serving_weights,
    tree_of,
)
from kmc.clustering.greyscale import best_greys
from kmc.clustering.importance import MOST_WEIGHT
from kmc.clustering.options import Callback, EffortName, Init, Options, Weights, checked_options
from kmc.clustering.samples import Sample, sample
from kmc.clustering.search import best_run
from kmc.color_histogram import Histogram, ordered, weighted
from kmc.colors.spaces import SpaceName, coordinates, levels, places, rounded
from kmc.errors import ArgumentError
from kmc.formats.palette_order import checked_order, ordered_palette
from kmc.palette import Palette

if TYPE_CHECKING:
    from kmc.images.reading import ImageInput


def fit(
    image: Histogram | ImageInput | Iterable[Histogram | ImageInput],
    k: int = 256,
    *,
    init: Init = "k-means++",
    n_init: int = 1,
    max_iter: int = 300,
    tol: float | None = None,
    seed: int = 0,
    weights: Weights = "counts",
    effort: EffortName = "default",
    threads: int | None = None,
    callback: Callback | None = None,
    fixed: Palette | ArrayLike | None = None,
    importance: ArrayLike | None = None,
    space: SpaceName = "rgb",
    image_weights: ArrayLike | None = None,
    order: Literal["luminance", "popularity", "hue"] | None = None,
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
    options = checked_options(
        k,
        init,
        n_init,
        max_iter,
        tol,
        seed,
        weights,
        effort,
        threads,
        callback,
        fixed,
        importance,
        image_weights,
        space,
    )
    sorting = checked_order(order, picture=False)
    palette, _, _ = fitted(sample(image, importance, image_weights, options.threads), options)
    return ordered_palette(palette, sorting, options.n_fixed)


# A palette, the label of each colour of the sample, and the squared error in all.
Fitted = tuple[Palette, NDArray[np.uint16], float]


def fitted(one: Sample, options: Options) -> Fitted:
    """The palette of a sample, the label of each of its colours, and the squared error in all.

    Examples
    --------
    >>> from kmc.clustering.fitting import fitted
    >>> from kmc.color_histogram import Histogram
    >>> one = Sample(Histogram([[1], [9]], [3, 4]))
    >>> palette, labels, error = fitted(one, checked_options(2))
    >>> palette.colors.tolist(), labels.tolist(), error
    ([[1], [9]], [0, 1], 0.0)
    """
    return Fitter(one, options).fitted(options.k)


class Fitter:
    """A sample made ready to be fitted with any number of colours.

    With weights, it is these and not the counts that draw the palette. Of colours with alpha, all
    that are fully transparent are one.

    Examples
    --------
    >>> from kmc.clustering.fitting import Fitter
    >>> from kmc.color_histogram import Histogram
    >>> fitter = Fitter(Sample(Histogram([[1], [9]], [3, 4])), checked_options(2))
    >>> [fitter.fitted(k)[2] for k in (1, 2)]
    [111.0, 0.0]
    """

    def __init__(self, one: Sample, options: Options) -> None:
        self.counted, self.weights = one
        channels = self.counted.colors.shape[1]
        self.options = _of_channels(channels, options)
        self.place: NDArray[np.intp] | None = None
        if channels == 4:
            colors, self.place = merged_transparent(self.counted.colors)
            self.counted = ordered(colors, gathered(self.counted.counts, self.place))
            if self.weights is not None:
                self.weights = serving_weights(colors, gathered(self.weights, self.place))

    @cached_property
    def tree(self) -> AnyTree:
        """The colours, weighed by their counts."""
        return _counted_tree(self.counted, self.options)

    def fitted(self, k: int) -> Fitted:
        """What `fitted` tells of k colours, entries with alpha in the order that files want."""
        palette, labels, error = self._fitted(self.options.with_colors(k))
        if self.place is None:
            return palette, labels, error
        n_fixed = self.options.n_fixed
        adaptive = n_fixed + alpha_order(palette.colors[n_fixed:])
        order = np.concatenate((np.arange(n_fixed), adaptive))
        for name in ("colors", "centroids", "counts"):
            setattr(palette, name, getattr(palette, name)[order])
        return palette, np.argsort(order).astype(np.uint16)[labels][self.place], error

    def _fitted(self, options: Options) -> Fitted:
        counted, space, threads = self.counted, options.space, options.threads
        n_adaptive = options.k - options.n_fixed
        if len(counted) <= n_adaptive and not options.n_fixed:
            labels = np.arange(len(counted)).astype(np.uint16)
            return Palette(counted.colors, None, counted.counts, space=space), labels, 0.0
        free = _beside(options.fixed, counted)
        if len(free) <= n_adaptive:
            palette = Palette(np.concatenate((options.fixed, free)), space=space)
        elif self.weights is None:
            palette = _drawn(counted, self.tree, options)
        else:
            palette = _drawn_by_weight(counted, self.tree, self.weights, options)
        labels, palette.counts, error = self.tree.label(places(palette.colors, space), threads)
        if space != "rgb":
            error = _core.color_error(
                counted.colors, counted.counts, palette.colors, labels, threads
            )
        return palette, labels, error


def _counted_tree(counted: Histogram, options: Options) -> AnyTree:
    if counted.n_pixels > MOST_WEIGHT:
        raise ArgumentError(f"at most {MOST_WEIGHT} pixels can be weighed, not {counted.n_pixels}")
    return tree_of(counted.colors, counted.counts, options.space, options.threads, options.fixed)


def _of_channels(channels: int, options: Options) -> Options:
    """The options for a picture of that many channels, which colours among them must have too."""
    if not options.n_fixed:
        options = replace(options, fixed=np.zeros((0, channels), np.uint8))
    for name, colors in (("init", options.init), ("fixed", options.fixed)):
        if isinstance(colors, str):
            continue
        if (colors.shape[1], channels) == (3, 4):
            opaque: Any = {name: np.insert(colors, 3, 255, axis=1)}
            options = replace(options, **opaque)
        elif colors.shape[1] != channels:
            raise ArgumentError(
                f"{name} must have as many channels as the picture, {channels}, not "
                f"{colors.shape[1]}"
            )
    return options


def _beside(fixed: NDArray[np.uint8], counted: Histogram) -> NDArray[np.uint8]:
    """The colours that are not fixed."""
    if not len(fixed):
        return counted.colors
    place = 256 ** np.arange(fixed.shape[1])
    return counted.colors[~np.isin(counted.colors @ place, fixed @ place)]


def _drawn_by_weight(
    counted: Histogram, by_pixels: AnyTree, weights: NDArray[np.int64], options: Options
) -> Palette:
    """The palette that some colours draw, more or less each.

    Where an entry for each of them can be had, the other colours share what is left.
    """
    drawing = weighted(counted, weights)
    free = _beside(options.fixed, drawing)
    if len(free) > options.k - options.n_fixed:
        return _drawn(drawing, _counted_tree(drawing, options), options)
    init = options.init if isinstance(options.init, str) else "k-means++"
    served = replace(options, fixed=np.concatenate((options.fixed, free)), init=init)
    return _drawn(counted, by_pixels, served)


def _drawn(counted: Histogram, by_counts: AnyTree, options: Options) -> Palette:
    """The palette that the colours of a histogram draw; there are more of them than entries."""
    tree, space = by_counts, options.space
    if options.weights == "uniform":
        tree = tree_of(counted.colors, None, space, options.threads, options.fixed)
    if options.k == options.n_fixed:
        _, _, error = tree.label(places(options.fixed, space), options.threads)
        return Palette(options.fixed, inertia=error, space=space)
    greys, start = best_greys(tree, options) or (None, None)
    centroids, history, converged = best_run(tree, options, start)
    means = levels(centroids, counted.colors.shape[1], space)
    means[: options.n_fixed] = options.fixed  # places tell little of what is nearly transparent
    return Palette(
        _rounded(by_counts, tree, counted, means, options) if greys is None else greys,
        means,
        space=space,
        inertia=history[-1][0],
        n_iter=len(history),
        converged=converged,
        history=history,
    )


def _rounded(
    by_counts: AnyTree,
    tree: AnyTree,
    counted: Histogram,
    means: NDArray[np.float64],
    options: Options,
) -> NDArray[np.uint8]:
    """The means rounded to colours, no two the same, nudged where the effort says so."""
    colors = np.floor(means + 0.5).astype(np.uint8)
    colors = _nudged(tree, _distinct(by_counts, counted, colors, options), options)
    return _distinct(by_counts, counted, colors, options)


def _nudged(tree: AnyTree, colors: NDArray[np.uint8], options: Options) -> NDArray[np.uint8]:
    """Colours moved by single levels while the error falls that the tree tells.

    Where a step of a level is no step of the coordinates, and where opaque entries serve other
    colours than they are drawn by, they stay as they are.
    """
    if not options.effort.rounds or options.space != "rgb" or isinstance(tree, AlphaTree):
        return colors
    entries = places(colors)
    tree.nudge(entries, options.effort.rounds, options.threads, options.n_fixed)
    return rounded(entries, colors.shape[1])


def _distinct(
    tree: AnyTree, counted: Histogram, found: NDArray[np.uint8], options: Options
) -> NDArray[np.uint8]:
    """Colours of which no two are the same.

    Where two would be, the one with the higher index takes the colour of the picture that the
    others serve worst: most weight times squared distance, first in order among equals.
    """
    colors, channels, space = counted.colors, counted.colors.shape[1], options.space
    place = 256 ** np.arange(channels)
    _, first = np.unique(found @ place, return_index=True)
    if len(first) < len(found):
        # More colours than k differ from each other, so that enough of them are not served exactly.
        twice = np.setdiff1d(np.arange(len(found)), first)
        labels, _, _ = tree.label(places(found, space), options.threads)
        off = coordinates(colors, space).astype(np.int32) - coordinates(found, space)[labels]
        error = np.square(off).sum(axis=1, dtype=np.int64) * counted.counts
        found[twice] = colors[np.argsort(-error, kind="stable")[: len(twice)]]
    return found
