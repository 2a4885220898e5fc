"""Jobs of ``kmc quantize --scheduler``: zarr arrays in and out, on a Dask cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import kmc
from kmc.cli.inputs import Input, is_zarr
from kmc.cli.opening import check_mask_size
from kmc.cli.report import Outcome
from kmc.cli.streaming import chosen_order, kept, printer
from kmc.clustering.goals import psnr_of
from kmc.errors import ArgumentError
from kmc.images.files import errors_of
from kmc.lazy_indexed_image import LazyIndexedImage
from kmc.mapping.dithering import DIFFUSING
from kmc.streaming.array_raster import zarr_raster
from kmc.streaming.cluster import cluster, lazily_remapped, lazy_zarr, store
from kmc.streaming.sinks import ZARR, size_of

if TYPE_CHECKING:
    from kmc.cli.job import Pipeline


def quantize_on_cluster(pipeline: Pipeline, source: Input, outcome: Outcome) -> None:
    """Do a job on the cluster whose scheduler the option names.

    Raises
    ------
    ArgumentError
        The input or the output is no zarr array, or an option is not for clusters.
    KmcError
        As for other jobs; ClusterError where the cluster fails.
    """
    if not is_zarr(source.path) or pipeline.format is not ZARR:
        raise ArgumentError(
            f"{source.name}: --scheduler is for zarr arrays, in and out, whose chunks the workers "
            "read and write: name a .zarr by -o"
        )
    _refuse(pipeline, source)
    raster = zarr_raster(source.path)  # which checks that it is a picture
    raster.close()
    outcome.before = size_of(source.path)
    outcome.height, outcome.width = raster.height, raster.width
    check_mask_size(pipeline.fit, (raster.height, raster.width))
    with pipeline.one_stream, cluster(str(pipeline.scheduler)):
        with errors_of(source.name):
            image = _image(pipeline, source)
        with kept(pipeline, source.name, outcome, None) as temporary:
            outcome.mse = store(image, temporary)
    outcome.colors, outcome.iterations = len(image.palette), image.palette.n_iter
    outcome.psnr = psnr_of(outcome.mse, image.palette.colors.shape[1])


def _image(pipeline: Pipeline, source: Input) -> LazyIndexedImage:
    pixels = lazy_zarr(source.path)
    remap = {name: value for name, value in pipeline.remap.items() if name != "threads"}
    if pipeline.palette is not None:
        return lazily_remapped(pixels, pipeline.palette, **remap)
    fit = {name: value for name, value in pipeline.fit.items() if name not in ("order", "threads")}
    n_pixels = pixels.shape[0] * pixels.shape[1]
    image: Any = kmc.quantize(
        pixels,
        pipeline.k,
        order=chosen_order(pipeline),
        callback=printer(pipeline, source.name, n_pixels),
        **fit | remap,
    )
    return cast(LazyIndexedImage, image)


def _refuse(pipeline: Pipeline, source: Input) -> None:
    """Refuse options that are about files, or about the whole picture."""
    dither, opener = pipeline.remap.get("dither"), pipeline.opener
    refused = {
        f"--dither {dither}": dither in (*DIFFUSING, "adaptive"),
        "--order compact": pipeline.order == "compact",
        "--order popularity": pipeline.order == "popularity" and dither not in (None, "none"),
        "--resize": opener.size is not None,
        "--background": opener.background is not None,
        "--alpha-threshold": opener.alpha_threshold is not None,
        "--frame": opener.frame is not None,
        "--pyramid": opener.pyramid is not None,
        "--preserve": pipeline.preserve,
        "--check": pipeline.check,
        "--in-place": pipeline.naming.in_place,
    }
    for option, is_given in refused.items():
        if is_given:
            raise ArgumentError(
                f"{source.name}: {option} is not for chunks that workers read and write on their "
                "own: leave out --scheduler"
            )
