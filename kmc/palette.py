"""The palette: `Palette` holds the k colours that k-means found, or that were given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from kmc.clustering.problem import Clustering
from kmc.colors.arrays import checked_colors
from kmc.colors.spaces import SpaceName, checked_space
from kmc.cpu import thread_count
from kmc.display.notebook import palette_html
from kmc.display.wording import color_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.formats.palette_files import load_colors, save_colors
from kmc.images.reading import ImageInput, read
from kmc.indexed_image import IndexedImage
from kmc.mapping.dithering import DitherName, checked_dither
from kmc.mapping.remapping import remap
from kmc.utils.arguments import array, flag, not_negative, whole
from kmc.utils.immutable import Immutable


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
        pixels = _checked_counts(np.zeros(k, np.int64) if counts is None else counts)
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
            history=_checked_history(history),
            space=checked_space(space),
        )

    def __len__(self) -> int:
        return len(self.colors)

    def __repr__(self) -> str:
        return f"<kmc.Palette: {color_count(len(self))}>"

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.colors, dtype, copy=copy)

    def _repr_html_(self) -> str:
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

    def remap(
        self,
        image: ImageInput,
        *,
        dither: DitherName | None = None,
        dither_strength: float = 1.0,
        threads: int | None = None,
    ) -> IndexedImage:
        """Map every pixel of an image to its nearest colour of this palette.

        The nearest colour has the smallest squared distance in the palette's space; the lowest
        index wins ties. With alpha, distances are between premultiplied colours and between
        alphas, and opaque pixels get only opaque colours, if the palette has any.

        Parameters
        ----------
        image : path, bytes, binary file object, PIL.Image.Image or array_like of uint8
            An image as `kmc.quantize` takes it, with at most as many channels as the palette. Grey
            is promoted to RGB, and an image without alpha is opaque.
        dither, dither_strength
            As for `kmc.quantize`.
        threads : int, optional
            Maximum number of threads; by default ``kmc.cpu.threads()``.

        Returns
        -------
        IndexedImage
            With this palette, and the `mse` of this mapping.

        Raises
        ------
        ImageError
            The image cannot be read, or has more channels than the palette.
        ArgumentError, ArgumentTypeError
            An option is out of range or of the wrong type.

        Examples
        --------
        >>> import kmc, numpy as np
        >>> palette = kmc.Palette([[0], [100]])
        >>> result = palette.remap(np.array([[10, 50, 51]], np.uint8))
        >>> result.indices, result.mse
        (array([[0, 0, 1]], dtype=uint8), 1667.0)
        """
        dithering, n_threads = checked_dither(dither, dither_strength), thread_count(threads)
        picture = read(image)
        mapped = remap(picture.pixels, self.colors, self.space, dithering, n_threads)
        return IndexedImage(mapped.indices, self, mapped.mse, picture.metadata, dither=dither)


def _checked_counts(counts: ArrayLike) -> NDArray[np.int64]:
    values = array("counts", counts)
    if values.dtype.kind not in "iu":
        raise ArgumentTypeError(f"counts must be integers, not {values.dtype}")
    if values.size and not 0 <= values.min() <= values.max() < 2**63:
        raise ArgumentError("counts must be 0 or more, and below 2**63")
    return np.array(values, np.int64)


def _checked_history(history: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    try:
        return [(float(inertia), float(shift)) for inertia, shift in history]
    except (TypeError, ValueError):
        raise ArgumentTypeError(
            f"history must be pairs of inertia and shift, not {history!r}"
        ) from None


def fitted_palette(found: Clustering, space: SpaceName) -> Palette:
    """The palette of a solved clustering problem.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.clustering.problem import Clustering
    >>> from kmc.palette import fitted_palette
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
