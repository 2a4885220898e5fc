"""Indexed images as index and colormap arrays: `rgb2ind` and `ind2rgb`."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.clustering.options import FitOptions, checked_options, takes_fit_options
from kmc.colors.arrays import MAX_COLORS, promoted
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.images.reading import ImageInput
from kmc.mapping.dithering import DitherName
from kmc.pipeline import quantize
from kmc.utils.arguments import array, whole


@takes_fit_options
def rgb2ind(
    image: ImageInput,
    n: int = 256,
    *,
    dither: DitherName | None = None,
    **options: Unpack[FitOptions],
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], NDArray[np.float64]]:
    """Reduce an image to n colours, as an array of indices and a colormap.

    The same as `kmc.quantize`, with the conventions of MATLAB's function of this name.

    Parameters
    ----------
    image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
        An image as `kmc.quantize` takes it.
    n : int, default 256
        Number of colours, 1 to 65 536. An image of fewer colours keeps these.
    dither : {None, "adaptive", "floyd-steinberg", "atkinson", "bayer", "blue-noise"}, default None
        As for `kmc.quantize`; MATLAB dithers by default, kmc does not.
    init, n_init, max_iter, tol, seed, weights, effort, threads, fixed, space, deadline
        As for `kmc.fit`.

    Returns
    -------
    indices : ndarray of uint8, or of uint16 when n > 256, shape (H, W)
        Rows of the colormap, counted from 0, as in MATLAB for these types.
    colormap : ndarray of float64, shape (k, 3)
        Red, green and blue from 0 to 1, k at most n; grey images too have three columns. Of an
        image with transparency shape (k, 4), the last column alpha, as matplotlib has it.

    Raises
    ------
    ImageError
        The image cannot be read, or has the wrong shape or type.
    ArgumentError, ArgumentTypeError
        An option is out of range, of the wrong type, or excludes another.

    See Also
    --------
    ind2rgb : the way back.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> image = np.array([[[255, 0, 0], [0, 0, 0], [255, 0, 0]]], np.uint8)
    >>> indices, colormap = kmc.rgb2ind(image, 16)
    >>> indices
    array([[1, 0, 1]], dtype=uint8)
    >>> colormap
    array([[0., 0., 0.],
           [1., 0., 0.]])
    """
    k = whole("n", n, 1, MAX_COLORS)
    checked_options(k, options)  # or others of quantize would be taken as well
    result = quantize(image, k, dither=dither, **options)
    return result.indices, promoted(result.palette.colors, 3) / 255


def ind2rgb(indices: ArrayLike, colormap: ArrayLike) -> NDArray[np.float64] | NDArray[np.uint8]:
    """Look up the colours of an indexed image.

    Parameters
    ----------
    indices : array_like of int, shape (...)
        Rows of the colormap, counted from 0.
    colormap : array_like, shape (k, C)
        Colours of any number of channels: real numbers from 0 to 1, or ``uint8``.

    Returns
    -------
    ndarray, shape (..., C)
        float64 from 0 to 1 of a colormap of real numbers, ``uint8`` of one of ``uint8``.

    Raises
    ------
    ArgumentError
        An index has no row, or a colour is out of range.
    ArgumentTypeError
        Indices are not integers, or colours neither real numbers nor ``uint8``.

    See Also
    --------
    rgb2ind : the way there.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> kmc.ind2rgb([[1, 0]], [[0.0, 0.0, 0.0], [1.0, 0.5, 0.0]])
    array([[[1. , 0.5, 0. ],
            [0. , 0. , 0. ]]])
    >>> kmc.ind2rgb([1, 0], np.array([[0, 0, 0], [255, 128, 0]], np.uint8))
    array([[255, 128,   0],
           [  0,   0,   0]], dtype=uint8)
    """
    colors = _checked_colormap(colormap)
    rows = array("indices", indices)
    if rows.dtype.kind not in "iu":
        raise ArgumentTypeError(f"indices must be integers, not {rows.dtype}")
    if rows.size and not (rows.min() >= 0 and rows.max() < len(colors)):
        raise ArgumentError(
            f"indices must be 0 to {len(colors) - 1}, rows of a colormap of {len(colors)} colours; "
            f"they are {rows.min()} to {rows.max()}"
        )
    return np.take(colors, rows, axis=0)


def _checked_colormap(colormap: ArrayLike) -> NDArray[Any]:
    colors = array("colormap", colormap)
    if colors.ndim != 2 or not colors.size:
        raise ArgumentError(f"colormap must have shape (k, C), not {colors.shape}")
    if colors.dtype == np.uint8:
        return colors
    if colors.dtype.kind != "f":
        raise ArgumentTypeError(
            f"colormap must be real numbers from 0 to 1, or uint8, not {colors.dtype}"
        )
    if not (colors.min() >= 0 and colors.max() <= 1):  # false for NaN
        raise ArgumentError("colormap must lie in 0..1; levels of 8 bits are given as uint8")
    return colors.astype(np.float64)
