"""The pipeline for rasters: counted in one pass, clustered, and mapped in another.

Histograms add exactly, so the palette is the one of the whole picture, and so are the indices.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.clustering.importance import limit_total
from kmc.clustering.options import Callback, FitOptions, Options, checked_options
from kmc.clustering.problem import Clustering, ClusteringProblem
from kmc.clustering.targets import smallest_palette
from kmc.clustering.weighted_colors import WeightedColors
from kmc.color_histogram import Histogram
from kmc.colors.arrays import placed, promoted
from kmc.colors.chunks import selected
from kmc.errors import ArgumentError
from kmc.formats.palette_order import checked_order, renumbered, sorted_entries
from kmc.image_sets import HistogramSum
from kmc.indexed_image import Palette, fitted_palette
from kmc.mapping.bands import BandMapper
from kmc.mapping.dithering import Dither
from kmc.mapping.remapping import check_channels, labelled, with_clear_entry
from kmc.streaming.importance import Importance
from kmc.streaming.raster import Adapted, Progress, Raster, bands

Indices = NDArray[np.uint8] | NDArray[np.uint16]


class StreamedImage:
    """A raster and its palette: an indexed image whose indices are made band by band.

    Attributes
    ----------
    name : str
        What error messages call the raster.
    shape : (int, int)
        Height and width.
    palette : Palette
        In the order of the indices.
    error : float
        The sum of squared errors of the bands so far, or of all of them without dithering.
    """

    def __init__(
        self,
        raster: Raster,
        palette: Palette,
        mapper: BandMapper,
        error: float | None,
        entries: NDArray[np.intp] | None = None,
    ) -> None:
        self.name = raster.name
        self.shape = raster.height, raster.width
        self.palette = palette
        self.error = error or 0.0
        self._raster, self._mapper, self._entries = raster, mapper, entries
        self._measures = error is None

    @property
    def mse(self) -> float:
        """The mean squared error, summed over the channels, once all bands have been made."""
        return self.error / (self.shape[0] * self.shape[1])

    def bands(self, progress: Progress) -> Iterator[Indices]:
        """The indices of each band, from top to bottom."""
        for band in bands(self._raster, self._mapper.margins):
            indices = self._mapper.map(*band)
            if self._measures:
                self.error += self._mapper.error(band.own, indices)
            progress(indices.size)
            yield indices if self._entries is None else renumbered(indices, self._entries)


def counted(
    raster: Raster, threads: int, progress: Progress, importance: Importance | None = None
) -> tuple[Raster, WeightedColors]:
    """The colours of a raster, and the raster, both without alpha if it is opaque everywhere.

    Raises
    ------
    ImageError
        It cannot be read.
    OutOfMemoryError
        There is not enough memory for its distinct colours.
    """
    sums, weighted, at = HistogramSum(threads), HistogramSum(threads), 0
    for band in bands(raster):
        colors, counts = core.colors.histogram(band.rows, threads)
        sums.add(Histogram._from_sorted(colors, counts))
        end = at + len(band.rows)
        if importance is not None:
            weights = importance.weights(at, end)
            added = core.colors.add_weights(band.rows, weights, colors, threads)
            if (counts := selected(added, added > 0)).size:
                weighted.add(Histogram._from_sorted(selected(colors, added > 0), counts))
        at = end
        progress(band.rows.shape[0] * band.rows.shape[1])
    total = sums.total()
    found = WeightedColors(total.colors, total.counts)
    if importance is not None:
        some = weighted.total()
        placed_sums = placed(total.colors, (some.colors, some.counts))
        found = found._replace(weights=limit_total(placed_sums, importance.divisor))
    if raster.channels < 4 or not (total.colors[:, 3] == 255).all():
        return raster, found
    opaque = np.ascontiguousarray(total.colors[:, :3])  # in the same order
    return Adapted(raster, lambda rows: rows, 3), found._replace(colors=opaque)


def quantized(
    raster: Raster,
    k: int,
    dither: Dither | None,
    progress: Progress,
    *,
    importance: Importance | None = None,
    order: str | None = None,
    callback: Callback | None = None,
    psnr: float | None = None,
    max_mse: float | None = None,
    quality: tuple[float, float] | None = None,
    **options: Any,
) -> StreamedImage:
    """Find the best palette of a raster.

    Parameters
    ----------
    raster : Raster
    k : int
    dither : Dither, optional
        A checked dithering.
    progress : callable
        Told how many pixels have been counted since its last call.
    importance : Importance, optional
        Of its pixels.
    order, callback, psnr, max_mse, quality, **options
        As for `kmc.quantize`.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An option is wrong, or needs the whole picture at once.
    ImageError
        The raster cannot be read.
    QualityError, OutOfMemoryError
        As for `kmc.quantize`.
    """
    checked = checked_options(
        k,
        cast(FitOptions, options),
        callback=callback,
        psnr=psnr,
        max_mse=max_mse,
        quality=quality,
    )
    sorting = checked_order(order, picture=False)
    if sorting == "popularity" and dither is not None:
        raise ArgumentError(
            'order="popularity" counts the dithered pixels, of which only some are in memory: '
            "take another order, or no dithering"
        )
    with checked.watch():
        raster, given = counted(raster, checked.threads, progress, importance)
        found = _clustering(given, checked)
    entries = None
    mapper = BandMapper(
        given.colors, found.labels, found.colors, checked.space, dither, checked.threads
    )
    if sorting is not None:
        entries = sorted_entries(found.colors, found.counts, sorting, checked.n_fixed)
        found = found.reordered(entries)
    palette = fitted_palette(found, checked.space)
    return StreamedImage(raster, palette, mapper, None if dither else found.error, entries)


def _clustering(given: WeightedColors, checked: Options) -> Clustering:
    problem = ClusteringProblem(given, checked)
    return problem.solve(checked.k) if checked.goal is None else smallest_palette(problem)


def remapped(
    raster: Raster, palette: Palette, dither: Dither | None, threads: int, progress: Progress
) -> StreamedImage:
    """Map a raster to a palette, as `kmc.Palette.remap` maps a picture.

    Raises
    ------
    ImageError
        The raster cannot be read, or has colours where the palette has greys.
    OutOfMemoryError
        There is not enough memory for its distinct colours.
    """
    raster, total = counted(raster, threads, progress)
    if (raster.channels, palette.colors.shape[1]) == (4, 3):
        palette = Palette(with_clear_entry(palette.colors), space=palette.space)
    channels = palette.colors.shape[1]
    check_channels(raster.channels, channels)
    if raster.channels < channels:
        raster = Adapted(raster, lambda rows: rows, channels)
    colors = promoted(total.colors, channels)
    labels, error = labelled(palette.colors, palette.space, colors, total.counts, threads)
    mapper = BandMapper(colors, labels, palette.colors, palette.space, dither, threads)
    return StreamedImage(raster, palette, mapper, None if dither else error)
