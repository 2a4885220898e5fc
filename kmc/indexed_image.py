"""The indexed image: an index for each pixel, and the palette they point into."""

from __future__ import annotations

import io
import math
import os
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kmc.clustering.goals import psnr_of
from kmc.display.notebook import image_bundle
from kmc.display.wording import color_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.formats.painting import painted, pillow_image
from kmc.formats.png_compression import Plan
from kmc.formats.registry import write
from kmc.mapping.dithering import DITHERS, DitherName
from kmc.metadata import Metadata
from kmc.utils.arguments import not_negative, one_of
from kmc.utils.immutable import Immutable

if TYPE_CHECKING:
    from PIL import Image

    from kmc.palette import Palette


class IndexedImage(Immutable):
    """An image as palette indices with their palette; immutable.

    Made by `kmc.quantize` and `kmc.Palette.remap`. ``np.asarray(result)`` gives its pixels.

    Parameters
    ----------
    indices : ndarray of uint8 or uint16, shape (H, W)
        Below ``len(palette)``; ``uint16`` where the palette has more than 256 colours.
    palette : Palette
    mse : float
        Mean squared error against the original image, summed over the channels, in 8-bit levels
        squared whatever the palette's space. With alpha, of the premultiplied colours and of alpha.
    metadata : Metadata, optional
        What the original file said besides its pixels, to be kept in saved files.
    dither : str, optional
        The dithering that made the indices, as `kmc.quantize` names it; None where there was none,
        or where it is not known.
    png_plan : optional
        How the rows compress best in PNG files, where `kmc.quantize` has found out for
        ``order="compact"``; `save` then need not.

    Raises
    ------
    ArgumentTypeError
        An argument is of the wrong type.
    ArgumentError
        Indices are not two-dimensional or not below ``len(palette)``; `mse` is negative or not
        finite.

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

    __slots__ = ("dither", "indices", "metadata", "mse", "palette", "png_plan")

    indices: NDArray[np.uint8] | NDArray[np.uint16]
    palette: Palette
    mse: float
    metadata: Metadata | None
    dither: DitherName | None
    png_plan: Plan | None

    def __init__(
        self,
        indices: NDArray[np.uint8] | NDArray[np.uint16],
        palette: Palette,
        mse: float,
        metadata: Metadata | None = None,
        *,
        dither: DitherName | None = None,
        png_plan: Plan | None = None,
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
            mse=_checked_mse(mse),
            metadata=metadata,
            dither=None if dither is None else one_of("dither", dither, DITHERS),
            png_plan=png_plan,
        )

    @staticmethod
    def open(file: str | os.PathLike[str] | bytes | BinaryIO, **options: Any) -> IndexedImage:
        """Open an indexed file as it is; the same as `kmc.open`.

        Examples
        --------
        >>> import kmc
        >>> made = kmc.quantize([[0, 2], [9, 9]], 3)
        >>> kmc.IndexedImage.open(made.to_bytes("png")).indices.tolist()
        [[0, 1], [2, 2]]
        """
        from kmc.opening import open as open_file  # which makes IndexedImages

        return open_file(file, **options)

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
        """The palette's inertia, of the unrounded centroids over what the palette was fitted to.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> kmc.quantize(np.array([[0, 2], [9, 9]], np.uint8), 2).inertia
        2.0
        """
        return self.palette.inertia

    @property
    def n_iter(self) -> int:
        """The palette's number of Lloyd's iterations.

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
        """Whether the palette's centroids came to rest.

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
        """The shape of the pixels: (H, W, C), or (H, W) for grey.

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
            self.indices,
            self.palette.colors,
            self.mse,
            self.metadata or Metadata(),
            repr(self),
            self.png_plan,
        )

    def _repr_html_(self) -> str | bytes:
        return self._repr_mimebundle_()["text/html"]

    def _repr_png_(self) -> str | bytes:
        return self._repr_mimebundle_()["image/png"]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """The pixels, uint8 of shape (H, W, C), or (H, W) for grey: a new array each time."""
        if copy is False:
            raise ValueError("the pixels of an IndexedImage are computed: copy=False is impossible")
        pixels = painted(self.indices, self.palette.colors).reshape(self.shape)
        return pixels if dtype is None else pixels.astype(dtype, copy=False)

    def to_pil(self) -> Image.Image:
        """Convert to a Pillow image.

        Returns
        -------
        PIL.Image.Image
            Of mode "P" with exactly these k palette entries as RGB, and their transparency in
            ``info["transparency"]``. Where k > 256, which "P" cannot hold, the pixels in mode
            "RGB", "RGBA" or "L".

        Examples
        --------
        >>> import kmc, numpy as np
        >>> picture = kmc.quantize(np.array([[0, 2], [9, 9]], np.uint8), 3).to_pil()
        >>> picture.mode, picture.size, len(picture.getpalette()) // 3
        ('P', (2, 2), 3)
        """
        return pillow_image(self.indices, self.palette.colors)

    def to_bytes(self, format: str = "png", *, metadata: bool = True, **params: Any) -> bytes:
        """Encode as a file in memory.

        Parameters
        ----------
        format : str, default "png"
            A suffix that `save` knows.
        metadata, **params
            As for `save`.

        Returns
        -------
        bytes

        Examples
        --------
        >>> import kmc
        >>> kmc.quantize([[0, 2], [9, 9]], 3).to_bytes("gif")[:4]
        b'GIF8'
        """
        file = io.BytesIO()
        kept = self.metadata if metadata else None
        write(self.indices, self.palette.colors, kept, file, format, plan=self.png_plan, **params)
        return file.getvalue()

    def save(
        self,
        path: str | os.PathLike[str] | BinaryIO,
        format: str | None = None,
        *,
        metadata: bool = True,
        **params: Any,
    ) -> None:
        """Write the image to a file, atomically.

        Parameters
        ----------
        path : str, os.PathLike or binary file object
            An existing file is replaced once the new one is complete.
        format : str, optional
            ``"png"``, ``"kmc"``, ``"gif"``, ``"webp"``, ``"tiff"``, ``"bmp"``, ``"jxl"``,
            ``"avif"`` or ``"jpg"``; by default the suffix of `path`. Required for a file object.
        metadata : bool, default True
            Whether to keep metadata, as far as the format has a place for it: PNG and .kmc keep
            all, though PNG no profile of more than 1 MiB; TIFF (descriptive EXIF tags only), JPEG,
            WebP and AVIF the ICC profile, EXIF, XMP and, but for the latter two, `dpi`; JPEG XL
            EXIF and XMP; BMP `dpi`; GIF nothing.
        **params
            Parameters of the format's encoder. For PNG and .kmc: `level`, 1 (fastest) to 9
            (smallest), and `threads`. The default level of .kmc is 5; of PNG it is the higher the
            smaller the image. For other formats, and other parameters, those of Pillow's writer.

        Raises
        ------
        ArgumentError
            There is no such format, it cannot hold the colours, or its encoder has no such
            parameter.
        FileWriteError
            The file cannot be written; an existing file is left as it was.

        Warns
        -----
        FormatWarning
            The format changes the pixels (JPEG, AVIF), or cannot keep text, the shape of pixels, or
            a colour space other than sRGB: it has no place for profiles, or not for one so long.

        Notes
        -----
        .kmc files are the smallest and keep everything; `kmc.open` reads them. PNG, GIF, TIFF and
        BMP keep palette and indices for k <= 256; beyond that, PNG, TIFF and BMP hold the pixels.
        GIF and TIFF pad the palette with black to a power of two. WebP and JPEG XL (with the
        package pillow-jxl-plugin) are written losslessly, without a palette. JPEG and AVIF are
        lossy; a JPEG is usually larger than the PNG.

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
        write(self.indices, self.palette.colors, kept, path, format, plan=self.png_plan, **params)


def _checked_mse(mse: float) -> float:
    value = not_negative("mse", mse)
    if not math.isfinite(value):
        raise ArgumentError(f"mse must be finite, not {value}")
    return value
