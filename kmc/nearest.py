"""Nearest palette colours for pixels in arrays of any shape: `kmc.assign`."""

from __future__ import annotations

from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.colors.arrays import checked_colors
from kmc.cpu import thread_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.indexed_image import Palette
from kmc.mapping.remapping import has_level_distances, remap
from kmc.utils.arguments import array, contiguous, flag

Indices = NDArray[np.uint8] | NDArray[np.uint16]


@overload
def assign(
    pixels: ArrayLike,
    palette: Palette | ArrayLike,
    *,
    return_sums: Literal[False] = False,
    threads: int | None = None,
) -> Indices: ...


@overload
def assign(
    pixels: ArrayLike,
    palette: Palette | ArrayLike,
    *,
    return_sums: Literal[True],
    threads: int | None = None,
) -> tuple[Indices, NDArray[np.int64], NDArray[np.int64]]: ...


def assign(
    pixels: ArrayLike,
    palette: Palette | ArrayLike,
    *,
    return_sums: bool = False,
    threads: int | None = None,
) -> Indices | tuple[Indices, NDArray[np.int64], NDArray[np.int64]]:
    """Find the nearest palette colour of every pixel by brute force.

    Unlike `Palette.remap`, it does not count equal pixels first, so it is faster for few palette
    colours or if most pixels are different. With `return_sums` it gives all that one iteration of
    Lloyd's algorithm needs: the means of the clusters are ``sums / counts[:, None]``.

    Parameters
    ----------
    pixels : array_like of uint8, shape (..., C)
        C = 1, 3 or 4.
    palette : Palette or array_like of uint8, shape (k, C)
        k = 1 to 65 536 colours.
    return_sums : bool, default False
        Whether to return `counts` and `sums` as well; for colours without alpha in space rgb only.
    threads : int, optional
        Maximum number of threads; by default ``kmc.cpu.threads()``.

    Returns
    -------
    indices : ndarray of uint8, or of uint16 when k > 256, shape (...)
        Index of the nearest palette colour, the lowest on ties, as from `Palette.remap`.
    counts : ndarray of int64, shape (k,)
        Number of pixels assigned to each palette colour.
    sums : ndarray of int64, shape (k, C)
        Sum of these pixels for each palette colour, by channel.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An array has the wrong shape or type, or `return_sums` does not apply.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> pixels = np.array([[1, 1, 1], [9, 8, 7], [9, 9, 9]], np.uint8)
    >>> kmc.assign(pixels, [(0, 0, 0), (9, 9, 9)])
    array([0, 1, 1], dtype=uint8)
    >>> _, counts, sums = kmc.assign(pixels, [(0, 0, 0), (9, 9, 9)], return_sums=True)
    >>> (sums / counts[:, None]).tolist()
    [[1.0, 1.0, 1.0], [9.0, 8.5, 8.0]]
    """
    if not isinstance(palette, Palette):
        palette = Palette(checked_colors("palette", palette))
    colors = palette.colors
    values = array("pixels", pixels)
    if values.dtype != np.uint8:
        raise ArgumentTypeError(f"pixels must be uint8, not {values.dtype}")
    if values.ndim < 1 or values.shape[-1] != colors.shape[1]:
        raise ArgumentError(
            f"pixels must have shape (..., {colors.shape[1]}) like the palette, not {values.shape}"
        )
    brute_force, n_threads = has_level_distances(colors, palette.space), thread_count(threads)
    if flag("return_sums", return_sums) and not brute_force:
        raise ArgumentError(
            "return_sums is for grey and RGB colours in space rgb: other means are not means of "
            "the channels"
        )
    flat = contiguous("pixels", values, (-1, colors.shape[1]))
    if not return_sums:
        if len(flat) and not brute_force:
            mapped = remap(flat[None], colors, palette.space, None, n_threads)
            return mapped.indices.reshape(values.shape[:-1])
        return core.colors.assign(flat, colors, n_threads)[0].reshape(values.shape[:-1])
    indices, _, counts, sums = core.colors.assign_sums(flat, colors, n_threads)
    return indices.reshape(values.shape[:-1]), counts, sums
