"""The public results: `Palette`, and `IndexedImage`, which holds one.

They make each other (a palette maps images, a file holds both), so they share a module.
"""

from __future__ import annotations

import copy
import io
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Unpack, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from kmc.clustering.goals import psnr_of
from kmc.clustering.problem import Clustering
from kmc.colors.arrays import checked_colors, checked_counts
from kmc.colors.spaces import SpaceName, checked_space
from kmc.cpu import thread_count
from kmc.display.wording import color_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.formats.indexed_files import open_indexed
from kmc.formats.painting import painted, pillow_image
from kmc.formats.palette_files import load_colors, save_colors
from kmc.formats.png_compression import Plan
from kmc.formats.registry import write
from kmc.images.arrays import LazyInput, dask_array
from kmc.images.reading import ImageInput, read
from kmc.mapping.dithering import DITHERS, DitherName, RemapOptions, checked_dither
from kmc.mapping.remapping import fitted_alpha, remap
from kmc.metadata import Metadata
from kmc.utils.arguments import array, finite, flag, not_negative, one_of, pairs, whole
from kmc.utils.immutable import Immutable

if TYPE_CHECKING:
    from PIL import Image


class Palette(Immutable):
    """The k colours of an image, as files store them and as k-means found them; immutable.

    Made by `kmc.fit`, or from given colours. As an array it is its `colors`.

    Parameters
    ----------
    colors : array_like of uint8, shape (k, C), or sequence of str
        The colours, k = 1 to 65 536; C = 1 for grey, 3 for RGB, 4 for RGBA with straight alpha. Or
        their hex codes: ``#rrggbb``, ``#rgb``, or with alpha ``#rrggbbaa``, ``#rgba``.
    centroids : array_like of float64, shape (k, C), optional
        The means that k-means found, in 8-bit levels; by default the colours. `colors` are their
        rounded values, except for grey palettes and after ``effort="best"``, which optimize the
        rounding.
    counts : array_like of int64, shape (k,), optional
        Pixels nearest to each colour among those the palette was fitted to; by default 0.
    inertia : float, optional
        Weighted sum of squared distances to the nearest centroid, in the units of `space`.
    n_iter : int, optional
        Number of Lloyd's iterations.
    converged : bool, optional
        Whether the iterations ended because the centroids came to rest.
    history : sequence of (float, float), optional
        Inertia and largest squared movement of a centroid, of each iteration.
    space : {"rgb", "linear", "oklab", "lab"}, default "rgb"
        Where distances are measured; see `kmc.fit`.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An array or a number of the wrong type, shape or range.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> palette = kmc.Palette([(0, 0, 0), (255, 255, 255)])
    >>> palette
    <kmc.Palette: 2 colours>
    >>> palette == kmc.Palette(["#000", "#fff"])  # equal palettes map every image alike
    True
    >>> kmc.Palette(["#ff0000", "#0000ff80"]).colors.tolist()
    [[255, 0, 0, 255], [0, 0, 255, 128]]
    >>> palette.remap(np.array([[[20, 30, 40], [200, 210, 220]]], np.uint8)).indices
    array([[0, 1]], dtype=uint8)
    """

    __slots__ = (
        "centroids",
        "colors",
        "converged",
        "counts",
        "history",
        "inertia",
        "n_iter",
        "space",
    )

    colors: NDArray[np.uint8]
    centroids: NDArray[np.float64]
    counts: NDArray[np.int64]
    inertia: float
    n_iter: int
    converged: bool
    history: list[tuple[float, float]]
    space: SpaceName

    def __init__(
        self,
        colors: ArrayLike | Sequence[str],
        centroids: ArrayLike | None = None,
        counts: ArrayLike | None = None,
        *,
        inertia: float = 0.0,
        n_iter: int = 0,
        converged: bool = True,
        history: Sequence[tuple[float, float]] = (),
        space: SpaceName = "rgb",
    ) -> None:
        checked = checked_colors("colors", colors)
        k = len(checked)
        means = array("centroids", checked if centroids is None else centroids, np.float64).copy()
        pixels = checked_counts("counts", np.zeros(k, np.int64) if counts is None else counts)
        if means.shape != checked.shape or pixels.shape != (k,):
            raise ArgumentError(
                f"colors {checked.shape}, centroids {means.shape} and counts "
                f"{pixels.shape} do not fit together"
            )
        if not np.isfinite(means).all():
            raise ArgumentError("centroids must be finite")
        self._set(
            colors=checked,
            centroids=means,
            counts=pixels,
            inertia=not_negative("inertia", inertia),
            n_iter=whole("n_iter", n_iter, 0),
            converged=flag("converged", converged),
            history=pairs("history", history),
            space=checked_space(space),
        )

    def __len__(self) -> int:
        return len(self.colors)

    def __repr__(self) -> str:
        return f"<kmc.Palette: {color_count(len(self))}>"

    def __eq__(self, other: object) -> bool:
        """Whether the palettes map every image alike: the same colours, measured alike."""
        if not isinstance(other, Palette):
            return NotImplemented
        return self.space == other.space and np.array_equal(self.colors, other.colors)

    def __hash__(self) -> int:
        return hash((self.space, self.colors.shape, self.colors.tobytes()))

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.colors, dtype, copy=copy)

    def __dask_tokenize__(self) -> tuple[str, str]:
        return "kmc.Palette", self._digest()

    def _repr_html_(self) -> str:
        from kmc.display.notebook import palette_html  # loaded late: only notebooks need it

        return palette_html(self.colors, self.counts)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Palette:
        """Read a palette from a file.

        Parameters
        ----------
        path : str or os.PathLike
            The suffix names the format: ``.gpl`` (GIMP, and Aseprite's with alpha), ``.hex`` (one
            ``rrggbb`` or ``rrggbbaa``, or ``#rgb``, a line), ``.json`` (a list of ``"#rrggbb"`` or
            ``[r, g, b]``, or an object that has one as ``"colors"``), ``.txt`` (paint.net),
            ``.pal`` (JASC, or Microsoft's RIFF), ``.act`` and ``.ase`` (Adobe's colour tables and
            swatches, these in RGB or grey). Any other file is read as an image: the palette of an
            indexed one, without unused black entries at its end, or else the distinct colours row
            by row.

        Returns
        -------
        Palette
            In the order of the file, duplicates included; (k, 4) where a colour is not opaque.

        Raises
        ------
        PaletteReadError, PaletteNotFoundError
            The file is missing, unreadable, malformed, or has more than 65 536 colours.
        ImageError
            The image cannot be read.

        Examples
        --------
        >>> import kmc, pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = pathlib.Path(folder, "traffic.json")
        ...     _ = file.write_text('["#ff0000", "#ffbf00", [0, 160, 0]]')
        ...     kmc.Palette.load(file).colors.tolist()
        [[255, 0, 0], [255, 191, 0], [0, 160, 0]]
        """
        return Palette(load_colors(path))

    def save(self, path: str | os.PathLike[str], format: str | None = None) -> None:
        """Write the colours to a file, atomically.

        Parameters
        ----------
        path : str or os.PathLike
            An existing file is replaced once the new one is complete.
        format : str, optional
            ``"gpl"``, ``"hex"``, ``"json"``, ``"txt"``, ``"pal"`` (JASC), ``"riff"`` (Microsoft's
            ``.pal``), ``"act"``, ``"ase"``, or an image format of `kmc.IndexedImage.save`; by
            default the suffix of `path`. An image is one row with a pixel of each colour. Grey
            colours are written as RGB.

        Raises
        ------
        ArgumentError
            There is no such format, or it cannot hold the colours: ``.act`` has room for 256, one
            of them fully transparent; RIFF and ``.ase`` have no alpha.
        FileWriteError
            The file cannot be written; an existing file is left as it was.

        Examples
        --------
        >>> import kmc, os, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = os.path.join(folder, "pico-8.gpl")
        ...     kmc.palettes["pico-8"].save(file)
        ...     len(kmc.Palette.load(file))
        16
        """
        save_colors(self.colors, path, format)

    @overload
    def remap(self, image: LazyInput, **options: Unpack[RemapOptions]) -> Any: ...

    @overload
    def remap(self, image: ImageInput, **options: Unpack[RemapOptions]) -> IndexedImage: ...

    def remap(
        self,
        image: Any,
        *,
        dither: DitherName | Literal["none"] | None = None,
        dither_strength: float = 1.0,
        threads: int | None = None,
    ) -> Any:
        """Map every pixel of an image to its nearest colour of this palette.

        The nearest colour has the smallest squared distance in the palette's space; the lowest
        index wins ties. With alpha, squared distances are the mean of what is seen over black and
        over white, and opaque pixels get only opaque colours, if the palette has any.

        Parameters
        ----------
        image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
            As `kmc.quantize` takes it. Grey becomes RGB; without alpha, it is opaque. For an image
            with transparency, a palette of RGB colours gets a transparent entry in front. A Dask
            array may also be a stack of images, (T, H, W, C).
        dither, dither_strength, threads
            As for `kmc.quantize`. `threads` is not for Dask arrays, each of whose tasks has one.

        Returns
        -------
        IndexedImage
            With this palette, or with that entry more, and the `mse` of this mapping. For a Dask
            array, or a DataArray of one, the indices as such: in the same chunks, computed later.

        Raises
        ------
        ImageError
            The image cannot be read, or has colours where the palette has greys.
        ArgumentError, ArgumentTypeError
            An option is out of range or of the wrong type.
        OutOfMemoryError
            There is not enough memory.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> palette = kmc.Palette([[0], [100]])
        >>> result = palette.remap(np.array([[10, 50, 51]], np.uint8))
        >>> result.indices, result.mse
        (array([[0, 0, 1]], dtype=uint8), 1667.0)
        """
        dithering, n_threads = checked_dither(dither, dither_strength), thread_count(threads)
        if dask_array(image) is not None:
            from kmc.lazy.mapping import remapped_image  # loaded late: of no use for other arrays

            return remapped_image(image, self.colors, self.space, dithering, threads)
        picture = read(image)
        pixels, colors = fitted_alpha(picture.pixels, self.colors)
        palette = self if colors is self.colors else Palette(colors, space=self.space)
        mapped = remap(pixels, colors, self.space, dithering, n_threads)
        used = dithering.name if dithering else None
        return IndexedImage(mapped.indices, palette, mapped.mse, picture.metadata, dither=used)


def fitted_palette(found: Clustering, space: SpaceName) -> Palette:
    """The palette of a solved clustering problem.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.clustering.problem import Clustering
    >>> from kmc.indexed_image import fitted_palette
    >>> colors, counts = np.array([[9]], np.uint8), np.array([2])
    >>> fitted_palette(Clustering(colors, colors * 1.0, counts, counts, 0.0), "rgb")
    <kmc.Palette: 1 colour>
    """
    return Palette(
        found.colors,
        found.centroids,
        found.counts,
        inertia=found.inertia,
        n_iter=found.n_iter,
        converged=found.converged,
        history=found.history,
        space=space,
    )


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
        squared whatever the palette's space. With alpha, the mean over black and over white.
    metadata : Metadata, optional
        What the original file said besides its pixels, to be kept in saved files.
    dither : str, optional
        The dithering that made the indices, as `kmc.quantize` names it; None where there was none,
        or where it is not known.

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

    __slots__ = ("_png_plan", "dither", "indices", "metadata", "mse", "palette")

    indices: NDArray[np.uint8] | NDArray[np.uint16]
    palette: Palette
    mse: float
    metadata: Metadata | None
    dither: DitherName | None
    _png_plan: Plan | None

    def __init__(
        self,
        indices: NDArray[np.uint8] | NDArray[np.uint16],
        palette: Palette,
        mse: float,
        metadata: Metadata | None = None,
        *,
        dither: DitherName | None = None,
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
            mse=finite("mse", mse),
            metadata=metadata,
            dither=None if dither is None else one_of("dither", dither, DITHERS),
            _png_plan=None,
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
        found = open_indexed(file, **options)
        return IndexedImage(found.indices, Palette(found.colors), 0.0, found.metadata)

    def _with_png_plan(self, plan: Plan | None) -> IndexedImage:
        """The same image that knows how its PNG file is compressed best."""
        image = copy.copy(self)
        image._set(_png_plan=plan)
        return image

    @property
    def psnr(self) -> float:
        """PSNR in dB: ``10 log10(255**2 / (mse / C))``, C = 1 for grey, else 3; inf where equal.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> kmc.quantize(np.zeros((2, 2), np.uint8), 1).psnr
        inf
        """
        return psnr_of(self.mse, self.palette.colors.shape[1])

    @property
    def inertia(self) -> float:
        """The palette's inertia, of the unrounded centroids over what the palette was fitted to."""
        return self.palette.inertia

    @property
    def n_iter(self) -> int:
        """The palette's number of Lloyd's iterations."""
        return self.palette.n_iter

    @property
    def converged(self) -> bool:
        """Whether the palette's centroids came to rest."""
        return self.palette.converged

    @property
    def history(self) -> list[tuple[float, float]]:
        """The palette's (inertia, shift) of each iteration."""
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
        from kmc.display.notebook import image_bundle

        colors, kept = self.palette.colors, self.metadata or Metadata()
        return image_bundle(self.indices, colors, self.mse, kept, repr(self), self._png_plan)

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
        write(self.indices, self.palette.colors, kept, file, format, plan=self._png_plan, **params)
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
        write(self.indices, self.palette.colors, kept, path, format, plan=self._png_plan, **params)
