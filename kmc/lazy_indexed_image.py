"""The result of quantizing a Dask array: `LazyIndexedImage`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from kmc.clustering.goals import psnr_of
from kmc.clustering.options import Options
from kmc.clustering.problem import ClusteringProblem
from kmc.clustering.targets import smallest_palette
from kmc.display.wording import color_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.formats.palette_order import renumbered, sorted_entries
from kmc.images.arrays import dask_array
from kmc.indexed_image import IndexedImage, Palette, fitted_palette
from kmc.lazy.computing import computed
from kmc.lazy.counting import weighted_colors
from kmc.lazy.images import lazy_image
from kmc.lazy.mapping import mean_error, refuse_diffusion, remapped
from kmc.mapping.dithering import DITHERS, Dither, DitherName
from kmc.utils.arguments import finite, one_of
from kmc.utils.immutable import Immutable


class LazyIndexedImage(Immutable):
    """A palette, and indices that are computed chunk by chunk; immutable.

    Made by `kmc.quantize` of a Dask array. ``np.asarray(result)`` computes its pixels.

    Parameters
    ----------
    indices : dask.array.Array, or xarray.DataArray of one
        Of uint8 or uint16 and shape (H, W): ``result.indices.to_zarr(...)`` writes them without
        having all of them in memory.
    palette : Palette
    mse : float, or dask.array.Array of shape ()
        As that of `kmc.IndexedImage`. With dithering, only all indices tell, so that it is computed
        when needed as well: ``result.mse.compute()``.
    dither : str, optional
        The dithering that makes the indices, as `kmc.quantize` names it.

    Raises
    ------
    ArgumentTypeError, ArgumentError
        An argument is of the wrong type, or `mse` negative or not finite.

    Examples
    --------
    >>> import dask.array as da, kmc
    >>> image = da.from_array([[0, 2, 9], [0, 2, 9]], chunks=(1, 2)).astype("uint8")
    >>> result = kmc.quantize(image, 2)
    >>> result
    <kmc.LazyIndexedImage: 3 x 2 pixels, 2 colours, PSNR 49.9 dB>
    >>> result.compute().indices
    array([[0, 0, 1],
           [0, 0, 1]], dtype=uint8)
    """

    __slots__ = ("dither", "indices", "mse", "palette")

    indices: Any
    palette: Palette
    mse: Any
    dither: DitherName | None

    def __init__(
        self, indices: Any, palette: Palette, mse: Any, *, dither: DitherName | None = None
    ) -> None:
        data = dask_array(indices)
        if data is None or data.dtype not in (np.uint8, np.uint16) or data.ndim != 2:
            raise ArgumentTypeError(
                "indices must be a Dask array of uint8 or uint16 and shape (H, W), not "
                f"{getattr(indices, 'dtype', type(indices).__name__)} of shape "
                f"{getattr(indices, 'shape', None)}"
            )
        if not isinstance(palette, Palette):
            raise ArgumentTypeError(f"palette must be a Palette, not {type(palette).__name__}")
        later = dask_array(mse)
        if later is not None and later.ndim != 0:
            raise ArgumentTypeError(f"mse must be a number, not an array of shape {later.shape}")
        self._set(
            indices=indices,
            palette=palette,
            mse=finite("mse", mse) if later is None else later,
            dither=None if dither is None else one_of("dither", dither, DITHERS),
        )

    @property
    def psnr(self) -> float | None:
        """PSNR in dB, as that of `kmc.IndexedImage`; None where `mse` has to be computed."""
        if not isinstance(self.mse, float):
            return None
        return psnr_of(self.mse, self.palette.colors.shape[1])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the pixels: (H, W, C), or (H, W) for grey."""
        channels = self.palette.colors.shape[1]
        height, width = self.indices.shape
        return (height, width) if channels == 1 else (height, width, channels)

    def __repr__(self) -> str:
        height, width = self.indices.shape
        quality = "dithered" if self.psnr is None else f"PSNR {self.psnr:.1f} dB"
        colors = color_count(len(self.palette))
        return f"<kmc.LazyIndexedImage: {width} x {height} pixels, {colors}, {quality}>"

    def compute(self) -> IndexedImage:
        """Compute all indices, by the Dask scheduler in use.

        Returns
        -------
        IndexedImage
            The one that `kmc.quantize` returns for the same image in memory, without metadata.

        Raises
        ------
        ClusterError, MissingPackageError
            The cluster fails, or its workers have no kmc.
        ImageTypeError, ImageShapeError
            A chunk is not what the Dask array says it is.
        OutOfMemoryError
            There is not enough memory.

        Examples
        --------
        >>> import dask.array as da, kmc
        >>> image = da.from_array([[0, 2, 9], [0, 2, 9]], chunks=(1, 2)).astype("uint8")
        >>> kmc.quantize(image, 2).compute()
        <kmc.IndexedImage: 3 x 2 pixels, 2 colours, PSNR 49.9 dB>
        """
        indices, mse = computed(dask_array(self.indices), self.mse)
        return IndexedImage(indices, self.palette, float(mse), dither=self.dither)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The pixels, computed; a new array each time."""
        return self.compute().__array__(dtype, copy)


def quantized_later(
    image: Any,
    importance: ArrayLike | None,
    checked: Options,
    dithering: Dither | None,
    sorting: str | None,
) -> LazyIndexedImage:
    """The palette of a Dask array, which is counted now, and indices that are computed later.

    The rest of `kmc.quantize`, once its options are checked.
    """
    lazy = lazy_image(image)
    refuse_diffusion(dithering)
    if sorting == "compact" or (sorting == "popularity" and dithering is not None):
        raise ArgumentError(
            f'order="{sorting}" depends on all indices, which are computed later for a Dask array; '
            'there are "luminance" and "hue", and without dithering "popularity"'
        )
    with checked.watch():
        given = weighted_colors(lazy, importance)
        problem = ClusteringProblem(given, checked)
        found = problem.solve(checked.k) if checked.goal is None else smallest_palette(problem)
    indices = remapped(lazy, found.colors, checked.space, dithering)
    if sorting is not None:
        entries = sorted_entries(found.colors, found.counts, sorting, checked.n_fixed)
        found = found.reordered(entries)
        indices = indices.map_blocks(
            renumbered, entries, dtype=indices.dtype, meta=indices._meta, token="kmc-order"
        )
    palette, method = fitted_palette(found, checked.space), dithering.name if dithering else None
    mse: Any = found.error / given.n_pixels
    if dithering is not None:
        mse = mean_error(lazy, indices, palette.colors)
    return LazyIndexedImage(lazy.named(indices), palette, mse, dither=method)
