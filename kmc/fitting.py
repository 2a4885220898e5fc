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
from kmc.indexed_image import Palette, fitted_palette


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
    """Find the k colours that represent an image, or several, with the lowest squared error.

    k-means over every pixel: initialization, a search that improves the initial centroids, and
    Lloyd's iterations over the distinct colours, each weighted by its number of pixels. While
    distances are compared, centroids are rounded to 1/64 of an 8-bit level.

    Parameters
    ----------
    image : Histogram, path, bytes, file object, PIL.Image.Image, array_like of uint8, or several
        An image as `kmc.quantize` takes it, a histogram, or a list, tuple or iterator of these.
        Several are read one after the other, and only their histogram stays in memory; an array of
        shape (T, H, W, C) is T images. A list of n
        colours has shape (n, 1, C): an array (n, 3) is a grey image 3 pixels wide, and is read as
        one, with an ImageWarning where n is large. Grey images
        among RGB ones are treated as RGB, and opaque ones among transparent ones as RGBA.
    k : int, default 256
        Number of colours, 1 to 65 536. An image of at most k colours keeps exactly these.
    callback : callable, optional
        Called after each of Lloyd's iterations as ``callback(iteration, centroids, inertia,
        shift)``: its number from 1 on, the new centroids (k, C) in 8-bit levels, the inertia of the
        clusters about them, and the largest squared movement of a centroid. In all other stages,
        from counting to mapping, it is called every 20 ms as
        ``callback(0, numpy.empty((0, 0)), nan, nan)``. If it returns False, the fit ends: the
        search stops with the best centroids found so far, the iterations after the current one,
        but not before the first, and each pixel gets its nearest colour.
    importance : array_like, shape (H, W), optional
        Weight of each pixel of the upright image: finite real numbers of 0 or more, or a mask. A
        pixel of importance 2 counts like two pixels of importance 1; one of importance 0 does not
        influence the palette, but is mapped like any other. Booleans and integers up to 65 535 are
        used as they are; other values are scaled so that the largest becomes 50 400, and rounded.
    image_weights : array_like, shape (n,), optional
        Weight of each pixel of each of n images, in the same way. By default all pixels weigh the
        same, so larger images count more.
    order : {None, "luminance", "popularity", "hue"}, default None
        Order of the palette, as for `kmc.quantize`; ``"compact"`` depends on one image's pixels
        and is refused.
    init : {"k-means++", "random", "bisecting"} or array_like of shape (k, C), default "k-means++"
        Initialization: greedy k-means++ [1]_; k pixels of distinct colours drawn at random;
        bisecting k-means [2]_, which is deterministic; or the given centroids, 0 to 255. With
        `fixed` colours, an array has one row for each colour that is not fixed.
    n_init : int, default 1
        Number of random restarts; the run with the lowest inertia is kept. More than 1 is refused
        where the options leave nothing to chance.
    max_iter : int, default 300
        Maximum number of Lloyd's iterations over all colours.
    tol : float, optional
        Iterations end once the largest squared movement of a centroid, in 8-bit levels squared, is
        below `tol`. The default depends on the effort: 0.5 for ``"fast"``, 0.1 for ``"default"``,
        0.0001 for ``"best"``, and a third of these in oklab and lab. 0 means exactly `max_iter`
        iterations.
    seed : int, default 0
        Seed of the random numbers.
    weights : {"counts", "balanced", "uniform"}, default "counts"
        What a distinct colour weighs: its number of pixels; this, or its importance, divided by the
        fourth root of the number of distinct colours in a cell of 8 levels, so that small areas of
        a colour of their own are kept; or 1. The inertia of balanced weights is scaled to the sum
        of those that they are made from.
    effort : {"fast", "default", "best"}, default "default"
        How much time to spend on a lower error. The search moves single centroids from where they
        are least needed to where they lower the inertia most. It is skipped for ``init="random"``
        and for given centroids, unless the effort is ``"best"``, and for k above 4096.
        ``"best"`` also refines the rounded `colors` of opaque images in rgb by single levels;
        `centroids` and inertia stay those of k-means. Grey palettes are not searched for but
        computed: theirs is the optimum, which `colors` keep even where further iterations move the
        `centroids`.
    threads : int, optional
        Maximum number of threads; by default ``kmc.cpu.threads()``. The result does not depend on
        it.
    fixed : array_like of uint8, shape (n, C), sequence of hex codes, or Palette, optional
        Colours that are kept exactly and come first in the palette, in this order, duplicates
        removed. `k` includes them; the other centroids adapt to what the fixed ones leave.
    space : {"rgb", "linear", "oklab", "lab"}, default "rgb"
        Colour space in which distances are measured: the values as stored; linear light, in which
        blurred and scaled images mix; Oklab or CIE Lab, in which equal distances look more alike.
        `tol`, inertia and shift are then in units of that space, of which black and white are 255
        apart (in Lab 100). The palette keeps its space for mapping.
    deadline : float, optional
        Seconds after the call at which the fit ends, with the best palette found so far, as if the
        callback returned False. Reading, counting, one iteration and mapping are always completed,
        however long they take. **Not reproducible**: the result depends on the speed of the machine
        and on what else it does.

    Returns
    -------
    Palette

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An option is out of range, of the wrong type, or excludes another.
    ImageError
        The image cannot be read, or has the wrong shape or type.
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
        k, options, callback=callback, importance=importance, image_weights=image_weights
    )
    sorting = checked_order(order, picture=False)
    with checked.watch():
        problem = ClusteringProblem(
            weighted_colors(image, importance, image_weights, checked.threads), checked
        )
        found = problem.solve(checked.k)
    if sorting is not None:
        found = found.reordered(
            sorted_entries(found.colors, found.counts, sorting, checked.n_fixed)
        )
    return fitted_palette(found, checked.space)
