"""The result of quantizing a Dask array: `LazyIndexedImage`."""

from __future__ import annotations

from typing import Any

from numpy.typing import DTypeLike, NDArray

from kmc.clustering.goals import psnr_of
from kmc.display.wording import color_count
from kmc.indexed_image import IndexedImage, Palette
from kmc.lazy.computing import computed
from kmc.lazy.images import LazyImage
from kmc.lazy.mapping import lazy_error
from kmc.mapping.dithering import DitherName
from kmc.utils.immutable import Immutable


class LazyIndexedImage(Immutable):
    """A palette, and the indices of an image that are computed chunk by chunk; immutable.

    Made by `kmc.quantize` of a Dask array. ``np.asarray(result)`` computes its pixels.

    Attributes
    ----------
    indices : dask.array.Array, or xarray.DataArray of one
        Of uint8 or uint16 and shape (H, W), in the chunks of the image: ``indices.to_zarr(...)``
        writes them without having all of them in memory.
    palette : Palette
    mse : float or None
        As that of `kmc.IndexedImage`. With dithering, it is None, for only all indices tell.
    dither : str or None
        The dithering, as `kmc.quantize` names it.

    Examples
    --------
    >>> import kmc, pytest
    >>> da = pytest.importorskip("dask.array")
    >>> result = kmc.quantize(da.from_array([[0, 2, 9], [0, 2, 9]]).astype("uint8"), 2)
    >>> result
    <kmc.LazyIndexedImage: 3 x 2 pixels, 2 colours, PSNR 49.9 dB>
    >>> result.compute()
    <kmc.IndexedImage: 3 x 2 pixels, 2 colours, PSNR 49.9 dB>
    """

    __slots__ = ("_error", "dither", "indices", "mse", "palette")

    indices: Any
    palette: Palette
    mse: float | None
    dither: DitherName | None
    _error: Any

    def __init__(
        self,
        image: LazyImage,
        indices: Any,
        palette: Palette,
        mse: float | None,
        dither: DitherName | None,
    ) -> None:
        error = lazy_error(image, indices, palette.colors) if mse is None else None
        self._set(
            indices=image.named(indices), palette=palette, mse=mse, dither=dither, _error=error
        )

    @property
    def psnr(self) -> float | None:
        """PSNR in dB, as that of `kmc.IndexedImage`; None where the MSE is."""
        return None if self.mse is None else psnr_of(self.mse, self.palette.colors.shape[1])

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
        """
        indices = getattr(self.indices, "data", self.indices)
        if self.mse is not None:
            (found,) = computed(indices)
            return IndexedImage(found, self.palette, self.mse, dither=self.dither)
        found, error = computed(indices, self._error)
        return IndexedImage(found, self.palette, float(error) / found.size, dither=self.dither)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The pixels, computed; a new array each time."""
        return self.compute().__array__(dtype, copy)
