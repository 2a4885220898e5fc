"""The whole pipeline: an image is read, counted, clustered and mapped to its palette."""

from __future__ import annotations

from typing import Unpack

from numpy.typing import ArrayLike

from kmc.clustering.options import (
    Callback,
    FitOptions,
    checked_options,
    takes_fit_options,
)
from kmc.clustering.problem import ClusteringProblem
from kmc.clustering.targets import fewest_colors
from kmc.errors import ImageTypeError
from kmc.formats.palette_order import OrderName, checked_order, image_entries, renumbered
from kmc.image_sets import colors_of_pixels, is_several
from kmc.images.reading import ImageInput, read
from kmc.indexed_image import IndexedImage
from kmc.mapping.dithering import DitherName, checked_dither
from kmc.mapping.remapping import map_labels
from kmc.palette import fitted_palette


@takes_fit_options
def quantize(
    image: ImageInput,
    k: int = 256,
    *,
    callback: Callback | None = None,
    importance: ArrayLike | None = None,
    dither: DitherName | None = None,
    dither_strength: float = 1.0,
    psnr: float | None = None,
    max_mse: float | None = None,
    quality: tuple[float, float] | None = None,
    order: OrderName | None = None,
    **options: Unpack[FitOptions],
) -> IndexedImage:
    """Reduce a picture to its k best colours.

    k-means over every pixel, then every pixel to the nearest of the k colours as files store them.
    The same picture and options give the same bytes on any machine and any number of threads.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        Arrays have shape (H, W) or (H, W, 1) for grey, (H, W, 3) for RGB and (H, W, 4) for RGB
        with straight alpha. Files come upright, as their EXIF orientation says, and with alpha if
        they are transparent anywhere.
    k : int
        How many colours, 1 to 65 536. A picture of no more than k colours comes back unchanged; all
        that is fully transparent is one colour, (0, 0, 0, 0).
    init, n_init, max_iter, tol, seed, weights, effort, threads, callback, fixed, importance,
    space
        As for `kmc.fit`.
    dither : {None, "floyd-steinberg", "atkinson", "bayer", "blue-noise"}, default None
        Mixes colours so that areas look as they do in the picture, at the price of noise. The
        first two pass on to the neighbours what a pixel's colour gets wrong [1]_ [2]_; areas that
        the palette serves exactly stay clean. The others mix by place alone: in a regular pattern
        [3]_, or in one without [4]_, of colours chosen as by Knoll [5]_.
    dither_strength : float, default 1.0
        How much of the error is made good, 0 (nothing) to 1, in steps of 1/256.
    psnr, max_mse : float, optional
        The fewest colours, `k` at most, whose PSNR in dB is no less, or whose MSE is no more
        (summed over the channels, in 8-bit levels squared): so many reach it, and one less does
        not. Of all pixels alike, each with its nearest colour: before dithering, which adds noise.
    quality : (float, float), optional
        The fewest colours that reach the higher quality of the two, and else `k`, if these reach
        the lower one. 0 to 100: twice the PSNR in dB, so that 60 is 30 dB, 80 is 40 dB and hardly
        to be told from the original, and 100 is 50 dB.
    order : {None, "luminance", "popularity", "hue", "compact"}, default None
        How the palette's colours are sorted: not at all, so that colour i comes from the i-th
        starting centroid; from dark to light (by luma); from many pixels to few; by hue, greys
        first; or so that a PNG file is smallest. Indices follow, and nothing looks different.
        `fixed` colours stay first, then come those that are not opaque.

    Returns
    -------
    IndexedImage

    Raises
    ------
    ImageError
        The picture cannot be read or has the wrong shape or type; the message says which.
    ArgumentError, ArgumentTypeError
        An option out of its range or of the wrong type.
    QualityError
        Not even `k` colours reach the goal; its attributes tell what they do reach.
    OutOfMemoryError
        There is not enough memory.

    References
    ----------
    .. [1] R. W. Floyd and L. Steinberg, "An adaptive algorithm for spatial grey scale",
       Proceedings of the Society for Information Display 17 (2), 1976.
    .. [2] B. Atkinson, for the Apple Macintosh, 1984.
    .. [3] B. E. Bayer, "An optimum method for two-level rendition of continuous-tone pictures",
       IEEE ICC 1973.
    .. [4] R. Ulichney, "The void-and-cluster method for dither array generation", SPIE 1913, 1993.
    .. [5] T. Knoll, US patent 6606166, 2003 (expired).

    Examples
    --------
    >>> import kmc, numpy as np
    >>> photo = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    >>> result = kmc.quantize(photo, 16)
    >>> result.indices.shape, result.palette.colors.shape
    ((30, 40), (16, 3))
    """
    checked = checked_options(
        k,
        callback=callback,
        importance=importance,
        psnr=psnr,
        max_mse=max_mse,
        quality=quality,
        **options,
    )
    dithering = checked_dither(dither, dither_strength)
    sorting = checked_order(order)
    if is_several(image):
        raise ImageTypeError(
            "quantize takes one picture; one palette for several is "
            "palette = kmc.fit(pictures, k), then palette.remap(each)"
        )
    picture = read(image)
    given = colors_of_pixels(picture.pixels, importance, checked.threads)
    if checked.goal is None:
        found = ClusteringProblem(given, checked).solve(checked.k)
    else:
        found = fewest_colors(given, checked)
    mapped = map_labels(
        picture.pixels,
        given.colors,
        found.labels,
        found.error,
        found.colors,
        checked.space,
        dithering,
        checked.threads,
    )
    indices = mapped.indices
    if sorting is not None:
        entries = image_entries(
            indices, found.colors, found.counts, sorting, checked.n_fixed, checked.threads
        )
        found, indices = found.reordered(entries), renumbered(indices, entries)
    palette = fitted_palette(found, checked.space)
    return IndexedImage(indices, palette, mapped.mse, picture.metadata)
