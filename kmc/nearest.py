"""Nearest palette colours for pixels in arrays of any shape: `kmc.assign`."""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.colors.arrays import checked_colors, index_dtype
from kmc.colors.spaces import are_levels
from kmc.cpu import thread_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.images.arrays import LazyInput, dask_array
from kmc.indexed_image import Palette
from kmc.mapping.remapping import remap
from kmc.utils.arguments import array, contiguous, flag

Indices = NDArray[np.uint8] | NDArray[np.uint16]


@overload
def assign(pixels: LazyInput, palette: Palette | ArrayLike) -> Any: ...


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
    pixels: ArrayLike | LazyInput,
    palette: Palette | ArrayLike,
    *,
    return_sums: bool = False,
    threads: int | None = None,
) -> Any:
    """Find the nearest palette colour of every pixel by brute force.

    Unlike `Palette.remap`, it does not count equal pixels first, so it is faster for few palette
    colours or if most pixels are different. With `return_sums` it gives all that one iteration of
    Lloyd's algorithm needs: the means of the clusters are ``sums / counts[:, None]``.

    Parameters
    ----------
    pixels : array_like of uint8, shape (..., C)
        C = 1, 3 or 4. Of a Dask array, the result is one, too, in the same chunks.
    palette : Palette or array_like of uint8, shape (k, C)
        k = 1 to 65 536 colours.
    return_sums : bool, default False
        Whether to return `counts` and `sums` as well; for colours without alpha in space rgb only.
    threads : int, optional
        Maximum number of threads; by default ``kmc.cpu.threads()``. Not for Dask arrays.

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
    colors, n_threads = palette.colors, thread_count(threads)
    lazy = dask_array(pixels)
    values = array("pixels", pixels) if lazy is None else lazy
    if values.dtype != np.uint8:
        raise ArgumentTypeError(f"pixels must be uint8, not {values.dtype}")
    if values.ndim < 1 or values.shape[-1] != colors.shape[1]:
        raise ArgumentError(
            f"pixels must have shape (..., {colors.shape[1]}) like the palette, not {values.shape}"
        )
    return_sums = flag("return_sums", return_sums)
    if lazy is not None:
        if return_sums:
            raise ArgumentError(
                "return_sums is for arrays in memory; of a Dask array, kmc.histogram(pixels) is "
                "small: its colors and counts have the same sums"
            )
        return _assigned_later(pixels, palette, threads)
    brute_force = are_levels(palette.space, colors.shape[1])
    if return_sums and not brute_force:
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


def _assigned_later(pixels: Any, palette: Palette, threads: int | None) -> Any:
    """The indices of a Dask array, or of a DataArray of one, as such."""
    from kmc.lazy import images  # loaded late: of no use for other arrays

    images.refuse_threads(threads)
    image = images.LazyImage.of(pixels)
    images.check_known("pixels", image.pixels)
    n_axes = image.pixels.ndim - 1
    dtype = index_dtype(len(palette))
    indices = image.pixels.map_blocks(
        _assign_chunk,
        palette=palette,
        drop_axis=n_axes,
        dtype=dtype,
        meta=np.empty((0,) * n_axes, dtype),
        token="kmc-assign",
    )
    return image.named(indices)


def _assign_chunk(block: Any, palette: Palette, block_info: dict[Any, Any]) -> Indices:
    """The task of one chunk."""
    from kmc.lazy.images import checked_block

    pixels = checked_block(block, np.uint8, block_info[0]["array-location"])
    found: Indices = assign(pixels, palette, threads=1)
    return found
