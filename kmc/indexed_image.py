"""The indexed image: an index for each pixel, and the palette they point into."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kmc.clustering.goals import psnr_of
from kmc.display.notebook import image_bundle
from kmc.display.wording import color_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.formats.painting import painted, pillow_image
from kmc.formats.registry import write
from kmc.metadata import Metadata
from kmc.utils.arguments import not_negative
from kmc.utils.immutable import Immutable

if TYPE_CHECKING:
    from PIL import Image

    from kmc.palette import Palette


class IndexedImage(Immutable):
    """A picture of few colours: an index for each pixel, and the palette they point into.

    Made by `kmc.quantize` and `kmc.Palette.remap`. ``np.asarray(result)`` paints it.

    Parameters
    ----------
    indices : ndarray of uint8 or uint16, shape (H, W)
        Each below ``len(palette)``; ``uint16`` where the palette has more than 256 colours.
    palette : Palette
        The k colours.
    mse : float
        Squared differences to the original picture, summed over the channels and averaged over the
        pixels, in 8-bit levels squared, whatever space the palette is for. With alpha, they are
        those of red, green and blue times alpha / 255, and of alpha.
    metadata : Metadata, optional
        What the original file says beside its pixels, for the files that are made of the result.

    Attributes
    ----------
    indices, palette, mse, metadata
        As above.

    Raises
    ------
    ArgumentTypeError
        Indices of another dtype, or no array; a `palette` that is no Palette; an `mse` that is no
        number; `metadata` of another type.
    ArgumentError
        Indices not in two dimensions, or beyond the palette; a negative `mse`.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> result = kmc.quantize(np.array([[0, 2, 9], [0, 2, 9]], np.uint8), 2)
    >>> result
    <kmc.IndexedImage: 3 x 2 pixels, 2 colours, PSNR 49.9 dB>
    >>> result.indices.shape, result.palette.colors.shape, np.asarray(result).shape
    ((2, 3), (2, 1), (2, 3))
    >>> np.asarray(result)
    array([[1, 1, 9],
           [1, 1, 9]], dtype=uint8)
    """

    __slots__ = ("indices", "metadata", "mse", "palette")

    indices: NDArray[np.uint8] | NDArray[np.uint16]
    palette: Palette
    mse: float
    metadata: Metadata | None

    def __init__(
        self,
        indices: NDArray[np.uint8] | NDArray[np.uint16],
        palette: Palette,
        mse: float,
        metadata: Metadata | None = None,
    ) -> None:
        if not isinstance(indices, np.ndarray) or indices.dtype not in (np.uint8, np.uint16):
            kind = getattr(indices, "dtype", type(indices).__name__)
            raise ArgumentTypeError(f"indices must be an array of uint8 or uint16, not {kind}")
        if indices.ndim != 2 or indices.size == 0:
            raise ArgumentError(f"indices must have shape (H, W), not {indices.shape}")
        if not hasattr(palette, "colors"):
            raise ArgumentTypeError(f"palette must be a Palette, not {type(palette).__name__}")
        k = len(palette)
        if k <= np.iinfo(indices.dtype).max and indices.max() >= k:
            raise ArgumentError(f"index {indices.max()} is beyond a palette of {k} colours")
        if metadata is not None and not isinstance(metadata, Metadata):
            raise ArgumentTypeError(f"metadata must be Metadata, not {type(metadata).__name__}")
        self._set(
            indices=indices,
            palette=palette,
            mse=not_negative("mse", mse),
            metadata=metadata,
        )

    @property
    def psnr(self) -> float:
        """Peak signal-to-noise ratio in dB: ``10 log10(255**2 / (mse / C))``, inf where mse is 0.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> kmc.quantize(np.zeros((2, 2), np.uint8), 1).psnr
        inf
        """
        return psnr_of(self.mse, self.palette.colors.shape[1])

    @property
    def inertia(self) -> float:
        """The palette's inertia: over the pixels it was fitted to, before centroids were rounded.

        After a fit with ``weights="uniform"`` it is over their distinct colours, each taken once;
        after one with `importance`, weighted. `mse` is always over all pixels alike.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> kmc.quantize(np.array([[0, 2], [9, 9]], np.uint8), 2).inertia
        2.0
        """
        return self.palette.inertia

    @property
    def n_iter(self) -> int:
        """How many iterations the palette took.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> picture = np.arange(256, dtype=np.uint8).reshape(16, 16)
        >>> kmc.quantize(picture, 4, max_iter=2, tol=0, effort="fast").n_iter <= 2
        True
        """
        return self.palette.n_iter

    @property
    def converged(self) -> bool:
        """Whether the iterations ended by themselves.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> kmc.quantize(np.array([[0, 2], [9, 9]], np.uint8), 2).converged
        True
        """
        return self.palette.converged

    @property
    def history(self) -> list[tuple[float, float]]:
        """The palette's (inertia, shift) of each iteration.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> result = kmc.quantize(np.array([[0, 2], [9, 9]], np.uint8), 2)
        >>> len(result.history) == result.n_iter
        True
        """
        return self.palette.history

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the painted picture: (H, W, C), or (H, W) for grey.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> kmc.quantize(np.zeros((2, 5, 3), np.uint8), 1).shape
        (2, 5, 3)
        """
        channels = self.palette.colors.shape[1]
        height, width = self.indices.shape
        return (height, width) if channels == 1 else (height, width, channels)

    def __repr__(self) -> str:
        height, width = self.indices.shape
        colors, psnr = color_count(len(self.palette)), f"PSNR {self.psnr:.1f} dB"
        return f"<kmc.IndexedImage: {width} x {height} pixels, {colors}, {psnr}>"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str | bytes]:
        """What notebooks show."""
        return image_bundle(
            self.indices, self.palette.colors, self.mse, self.metadata or Metadata(), repr(self)
        )

    def _repr_html_(self) -> str | bytes:
        return self._repr_mimebundle_()["text/html"]

    def _repr_png_(self) -> str | bytes:
        return self._repr_mimebundle_()["image/png"]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The painted picture, (H, W, C) uint8 or (H, W) for grey; a new array each time."""
        if copy is False:
            raise ValueError(
                "an IndexedImage holds indices and not the painted picture, "
                "which cannot be had without a copy"
            )
        pixels = painted(self.indices, self.palette.colors).reshape(self.shape)
        return pixels if dtype is None else pixels.astype(dtype, copy=False)

    def to_pil(self) -> Image.Image:
        """Turn the result into a Pillow picture.

        Returns
        -------
        PIL.Image.Image
            Of mode "P" with exactly k palette entries, in order, grey ones as equal RGB, and what
            is transparent in ``info["transparency"]``; where k > 256, which "P" cannot hold, the
            painted picture in mode "RGB", "RGBA" or "L".

        Examples
        --------
        >>> import kmc, numpy as np
        >>> picture = kmc.quantize(np.array([[0, 2], [9, 9]], np.uint8), 3).to_pil()
        >>> picture.mode, picture.size, len(picture.getpalette()) // 3
        ('P', (2, 2), 3)
        """
        return pillow_image(self.indices, self.palette.colors)

    def save(
        self,
        path: str | os.PathLike[str] | BinaryIO,
        format: str | None = None,
        *,
        metadata: bool = True,
        **params: Any,
    ) -> None:
        """Write the picture to a file.

        Parameters
        ----------
        path : str, os.PathLike or binary file object
            Where to. An existing file is replaced, and only once the new one is complete.
        format : str, optional
            ``"png"``, ``"kmc"``, ``"gif"``, ``"webp"``, ``"tiff"``, ``"bmp"``, ``"jxl"``,
            ``"avif"`` or ``"jpg"``; by default what the suffix of `path` says. A file object needs
            it.
        metadata : bool, default True
            Whether the file keeps what it has a place for of the picture's metadata: all of it in
            PNG and .kmc; all but `gamma` in TIFF (of EXIF only who, what and when), JPEG and,
            without `dpi`, WebP and AVIF; EXIF and XMP in JPEG XL; `dpi` in BMP; nothing in GIF.
        **params
            Handed to Pillow's writer, over kmc's own settings; of .kmc files `level`, 1 (fastest)
            to 9 (smallest), 5 by default, and `threads`.

        Raises
        ------
        ArgumentError
            A suffix or format kmc cannot write, or none.
        FileWriteError
            The file cannot be written; the target is as it was.

        Warns
        -----
        FormatWarning
            The format changes the pixels (JPEG, AVIF), or has no place for a colour profile that
            is not sRGB.

        Notes
        -----
        A .kmc file is the smallest, keeps everything, and `kmc.open` gives it back as it was.
        PNG, GIF, TIFF and BMP keep palette and indices as they are (k <= 256; beyond that, PNG,
        TIFF and BMP hold the painted picture). GIF and TIFF have room only for 2, 4, 8, ... or 256
        entries: the rest is black and unused. WebP and JPEG XL (by way of the package
        pillow-jxl-plugin) have no palettes, but are written lossless. **JPEG is lossy**: it blurs
        the flat colours, so that the file holds thousands of them, and is usually larger than the
        PNG. AVIF as Pillow writes it is lossy as well.

        Examples
        --------
        >>> import io, kmc, numpy as np
        >>> result = kmc.quantize(np.array([[0, 2], [9, 9]], np.uint8), 3)
        >>> file = io.BytesIO()
        >>> result.save(file, "png")
        >>> file.getvalue()[:4]
        b'\\x89PNG'
        """
        kept = self.metadata if metadata else None
        write(self.indices, self.palette.colors, kept, path, format, **params)
