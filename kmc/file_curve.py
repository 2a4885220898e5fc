"""The files of an image for several numbers of colours and losses: their bytes and errors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from numpy.typing import ArrayLike

from kmc.clustering.goals import psnr_of
from kmc.clustering.options import Options
from kmc.clustering.problem import Clustering, ClusteringProblem
from kmc.color_histogram import Histogram
from kmc.errors import ArgumentError
from kmc.formats.registry import Format, file_size, find_format
from kmc.image_sets import colors_of_pixels, is_several
from kmc.images.arrays import dask_array
from kmc.images.reading import Picture, read
from kmc.lossy.choice import with_loss
from kmc.lossy.options import checked_request
from kmc.mapping.remapping import map_labels


class FilePoint(NamedTuple):
    """A number of colours and a loss, the error of the quantized image, and the size of its file.

    `mse` and `psnr`, in dB, are those with the loss. `is_efficient` says that no other point is
    smaller without a larger error, or nearer without more bytes.
    """

    k: int
    lossy: int
    mse: float
    psnr: float
    n_bytes: int
    is_efficient: bool


class File(NamedTuple):
    """A mean squared error, and the bytes that it takes."""

    mse: float
    n_bytes: int


def file_points(
    image: Any,
    ks: list[int],
    losses: list[int],
    format: str,
    importance: ArrayLike | None,
    options: Options,
) -> list[FilePoint]:
    """The points of each of `ks` with each loss, in that order.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        There is no such format, it changes pixels or cannot hold the picture; or options exclude
        each other.
    """
    kind = find_format("", format)
    _refuse(image, kind, max(ks, default=1), max(losses, default=0), importance, options)
    found: dict[tuple[int, int], File] = {}
    with options.watch():
        picture = read(image)
        channels = picture.pixels.shape[2]
        given = colors_of_pixels(picture.pixels, importance, options.threads)
        problem = ClusteringProblem(given, options)
        for k in dict.fromkeys(ks):
            clustering = problem.solve(k)
            for loss, file in _files(picture, given.colors, clustering, losses, kind, options):
                found[k, loss] = file
    best = set(efficient(found.values()))
    return [
        FilePoint(k, loss, file.mse, psnr_of(file.mse, channels), file.n_bytes, file in best)
        for k in ks
        for loss in losses
        for file in [found[k, loss]]
    ]


def efficient(files: Iterable[File]) -> Iterator[File]:
    """Those of which no other is smaller without a larger error, or nearer without more bytes."""
    least = math.inf
    for file in sorted(set(files), key=lambda each: (each.n_bytes, each.mse)):
        if file.mse < least:
            least = file.mse
            yield file


def _refuse(
    image: Any, kind: Format, k: int, loss: int, importance: ArrayLike | None, options: Options
) -> None:
    """Raise ArgumentError for what there are no files of."""
    if isinstance(image, Histogram) or is_several(image) or dask_array(image) is not None:
        raise ArgumentError(
            "format and lossy need the pixels of one image in memory, not a Histogram, several "
            "images or a Dask array"
        )
    if kind.loss:
        raise ArgumentError(f"format {kind.name!r} changes pixels: its files have other errors")
    if k > kind.max_colors:
        raise ArgumentError(f"{kind.name} holds at most {kind.max_colors} colours: ks has {k}")
    request = checked_request(loss, None, kind.name) if loss else None
    if request is not None:
        request.refuse_others(options.with_colors(k), {"importance": importance})


def _files(
    picture: Picture,
    colors: Any,
    found: Clustering,
    losses: list[int],
    kind: Format,
    options: Options,
) -> Iterator[tuple[int, File]]:
    """The file of a clustering with each loss, as `kmc.quantize` and `to_bytes` make it."""
    pixels, threads = picture.pixels, options.threads
    nearest, error = map_labels(
        pixels, colors, found.labels, found.error, found.colors, options.space, None, threads
    )
    for loss in dict.fromkeys(losses):
        made = found, nearest, error
        if loss:
            made = with_loss(found, nearest, pixels, options, loss, kind.name)
        chosen, indices, total = made
        size = file_size(indices, chosen.colors, picture.metadata, kind, threads)
        yield loss, File(total / indices.size, size)
