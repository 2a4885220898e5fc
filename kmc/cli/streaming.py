"""Jobs of ``kmc quantize`` that read and write in bands: pictures larger than memory, and zarr."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kmc.cli.exit_codes import Exit
from kmc.cli.inputs import STDIO, Input
from kmc.cli.iterations import error_label, iteration_printer
from kmc.cli.opening import check_mask_size
from kmc.cli.outputs import display_name
from kmc.cli.report import BandProgress, Outcome, larger_message
from kmc.clustering.goals import psnr_of
from kmc.clustering.options import Callback
from kmc.cpu import thread_count
from kmc.errors import ArgumentError, KmcError
from kmc.formats.registry import kept_metadata
from kmc.mapping.dithering import checked_dither
from kmc.metadata import Metadata
from kmc.streaming.array_raster import ArrayRaster
from kmc.streaming.importance import Importance, Mask
from kmc.streaming.opening import is_large
from kmc.streaming.quantizing import StreamedImage, quantized, remapped
from kmc.streaming.raster import Raster
from kmc.streaming.sinks import WRITERS, ZARR, Content, size_of
from kmc.utils.atomic_write import inside, is_stream, replacement
from kmc.utils.os_errors import writing

if TYPE_CHECKING:
    from kmc.cli.job import Pipeline


class _UnwantedError(KmcError):
    """A result shall not be kept."""


def stream(
    pipeline: Pipeline,
    source: Input,
    raster: Raster | None,
    outcome: Outcome,
    like: os.stat_result | None,
) -> None:
    """Do a job in bands.

    Raises
    ------
    ArgumentError
        An option needs the whole picture at once, or the format is not written in bands.
    KmcError
        As for other jobs.
    """
    with contextlib.ExitStack() as stack:
        if raster is not None:
            stack.enter_context(contextlib.closing(raster))
        _refuse(pipeline, source, outcome.target)
        scales = pipeline.opener.size is not None
        if raster is not None and scales and is_large(raster):
            raise ArgumentError(
                f"{source.name}: --resize needs the whole picture, which is read in bands; a TIFF "
                "with a pyramid has smaller levels, --pyramid"
            )
        if raster is None or scales:
            opened = pipeline.opener.open(source, raster)
            pixels, metadata = opened.picture.pixels, opened.picture.metadata
            raster = ArrayRaster(source.name, pixels, metadata=metadata)
            outcome.before = opened.n_bytes
        else:
            raster = pipeline.opener.adapted(raster)
            outcome.before = size_of(source.path)
        outcome.height, outcome.width = raster.height, raster.width
        stack.enter_context(pipeline.one_stream)  # the memory of one is enough
        n_pixels = raster.height * raster.width
        with BandProgress(2 * n_pixels, visible=pipeline.shows_bands) as progress:
            image = _image(pipeline, raster, progress)
            outcome.colors, outcome.iterations = len(image.palette), image.palette.n_iter
            _write(pipeline, image, raster.metadata, progress, outcome, like)
    if outcome.code == Exit.DONE:
        outcome.mse = image.mse
        outcome.psnr = psnr_of(image.mse, image.palette.colors.shape[1])


def _refuse(pipeline: Pipeline, source: Input, target: str) -> None:
    """Refuse formats and options that need the whole picture in memory, or a file."""
    name, format = source.name, pipeline.format
    if target == STDIO or is_stream(target):
        raise ArgumentError(f"{name}: is written in bands, which takes a file: name one by -o")
    if format.name not in WRITERS:
        raise ArgumentError(
            f"{name}: has too many pixels for a {format.name} file, which is made in memory; "
            ".tif, .kmc and .zarr are written in bands: name one by -o or --ext"
        )
    refused = {
        "--in-place": pipeline.naming.in_place and not pipeline.check,
        "--check": pipeline.check,
        "--order compact": pipeline.order == "compact",
        "--lossy": "lossy" in pipeline.fit,
        "--max-bytes": "max_bytes" in pipeline.fit,
        "--preserve": pipeline.preserve and (format is ZARR or os.path.isdir(source.path)),
    }
    reasons = {"--preserve": "is for files, and a zarr array is a folder"}
    ways = {
        "--order compact": "; luminance, the default here, and hue need none of it",
    }
    for option, is_given in refused.items():
        if is_given:
            reason = reasons.get(option, "needs the whole picture, which is read in bands")
            raise ArgumentError(f"{name}: {option} {reason}{ways.get(option, '')}")


def chosen_order(pipeline: Pipeline) -> Any:
    """The order of a palette that is found before the indices are."""
    return {None: "luminance", "none": None}.get(pipeline.order, pipeline.order)


def printer(
    pipeline: Pipeline, name: str, total: int, *, is_weighted: bool = False
) -> Callback | None:
    """What prints each iteration, if that is wanted; `total` is the weight of all pixels."""
    if not pipeline.verbose:
        return None
    label = error_label(pipeline.fit.get("space"))
    return iteration_printer(name, lambda: total, f"weighted {label}" if is_weighted else label)


def _image(pipeline: Pipeline, raster: Raster, progress: BandProgress) -> StreamedImage:
    remap = pipeline.remap
    dither = checked_dither(remap.get("dither"), remap.get("dither_strength", 1.0))
    if pipeline.palette is not None:
        threads = thread_count(remap.get("threads"))
        return remapped(raster, pipeline.palette, dither, threads, progress)
    order = chosen_order(pipeline)
    if order == "popularity" and dither is not None:
        raise ArgumentError(
            f"{raster.name}: --order popularity counts the dithered pixels, which are in memory "
            "only in bands; luminance and hue need none of it, nor does --dither none"
        )
    fit = {name: value for name, value in pipeline.fit.items() if name != "order"}
    check_mask_size(fit, (raster.height, raster.width))
    mask: Mask | None = fit.pop("importance", None)
    importance = None if mask is None else Importance(mask)
    total = raster.height * raster.width if importance is None else importance.total
    callback = printer(pipeline, raster.name, total, is_weighted=importance is not None)
    fit["threads"] = remap.get("threads")
    return quantized(
        raster,
        pipeline.k,
        dither,
        progress,
        importance=importance,
        order=order,
        callback=callback,
        **fit,
    )


def _write(
    pipeline: Pipeline,
    image: StreamedImage,
    metadata: Metadata,
    progress: BandProgress,
    outcome: Outcome,
    like: os.stat_result | None,
) -> None:
    """Write the result, unless it shall not be; the outcome gets its size."""
    possible = kept_metadata(metadata, pipeline.format, display_name(outcome.target))
    content = Content(
        image.shape,
        image.palette.colors,
        image.bands(progress),
        possible if pipeline.keep else Metadata(),
        pipeline.settings.get("level"),
        thread_count(pipeline.remap.get("threads")),
    )
    with kept(pipeline, image.name, outcome, like) as temporary:
        WRITERS[pipeline.format.name](temporary, content)


@contextlib.contextmanager
def kept(
    pipeline: Pipeline, name: str, outcome: Outcome, like: os.stat_result | None
) -> Iterator[str]:
    """The name of a new file or folder, which becomes the output unless that is not wanted.

    The outcome gets its size, and the reason if it is larger than it may be.
    """
    target, folder, is_larger = outcome.target, pipeline.naming.folder, False
    try:
        with writing(target):
            if folder is not None:
                os.makedirs(os.path.dirname(inside(target, folder)), exist_ok=True)
            overwrite = pipeline.naming.overwrite
            with replacement(target, within=folder, overwrite=overwrite, like=like) as temporary:
                yield temporary
                outcome.after = size_of(temporary)
                is_larger = pipeline.skip_if_larger and outcome.after > outcome.before
                if is_larger or pipeline.dry_run:
                    raise _UnwantedError
    except _UnwantedError:
        if is_larger:
            outcome.code = Exit.LARGER
            outcome.message = larger_message(name, outcome)
