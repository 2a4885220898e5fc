"""The input of `kmc.fit`, one image or several, as weighted colours."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.clustering.importance import color_weights, integer_weights, limit_total
from kmc.clustering.weighted_colors import WeightedColors
from kmc.color_histogram import Histogram, histogram
from kmc.colors.arrays import check_total, placed, promoted
from kmc.errors import ArgumentError, KmcError
from kmc.images.arrays import dask_array
from kmc.images.files import is_pillow
from kmc.images.reading import Picture, as_pixels
from kmc.utils.arguments import array


def weighted_colors(
    image: Any,
    importance: ArrayLike | None = None,
    image_weights: ArrayLike | None = None,
    threads: int = 1,
) -> WeightedColors:
    """The weighted colours of an image, a Histogram, or several of them."""
    if image_weights is None and dask_array(image) is not None:
        from kmc.lazy import counting, images  # loaded late: of no use for other arrays

        return counting.weighted_colors(images.lazy_image(image), importance)
    if is_several(image):
        if importance is not None:
            raise ArgumentError(
                "importance applies to the pixels of one image; for several, add up "
                "kmc.histogram(image, importance=...) of each"
            )
        return _of_several(image, image_weights, threads)
    if image_weights is not None:
        raise ArgumentError("image_weights applies to several images, and this is one")
    if isinstance(image, Histogram):
        if importance is not None:
            raise ArgumentError(
                "importance applies to pixels, which a Histogram does not have; "
                "pass it to kmc.histogram(image, importance=...)"
            )
        return WeightedColors(image.colors, image.counts)
    return colors_of_pixels(as_pixels(image), importance, threads)


def colors_of_pixels(
    pixels: NDArray[np.uint8], importance: ArrayLike | None, threads: int
) -> WeightedColors:
    """The weighted colours of one image."""
    colors, counts = core.colors.histogram(pixels, threads)
    if importance is None:
        return WeightedColors(colors, counts)
    return WeightedColors(colors, counts, color_weights(pixels, colors, importance, threads))


def is_several(image: object) -> bool:
    """Whether this is a list, a tuple, an iterator or a stack of images, rather than one image.

    A list is one image if it consists of numbers, nested at any depth, or of one-dimensional
    arrays. A stack is an array of shape (T, H, W, C).
    """
    if isinstance(image, list | tuple):
        return len(image) == 0 or any(map(_is_image, image))
    if isinstance(image, Iterator):
        return not hasattr(image, "read")
    return not is_pillow(image) and getattr(image, "ndim", 0) == 4


def _is_image(item: Any) -> bool:
    if isinstance(item, str | bytes | bytearray | os.PathLike | Histogram | Picture):
        return True
    if hasattr(item, "read") or is_pillow(item):
        return True
    return not isinstance(item, list | tuple) and getattr(item, "ndim", 0) >= 2


def _of_several(
    images: Iterable[Any], image_weights: ArrayLike | None, threads: int
) -> WeightedColors:
    """The sum of the histograms of all images; only one image is in memory at a time."""
    factors, divisor = _integer_factors(image_weights)
    counted, weighted = HistogramSum(threads), HistogramSum(threads)
    n = 0
    for n, image in enumerate(images, 1):
        if factors is not None and n > len(factors):
            break
        found = _histogram_of(image, n - 1, threads)
        counted.add(found)
        if factors is not None and factors[n - 1] > 0:
            weighted.add(found, int(factors[n - 1]))
    if n == 0:
        raise ArgumentError("expected at least one image, and there is none")
    total = counted.total()
    if factors is None:
        return WeightedColors(total.colors, total.counts)
    if n != len(factors):
        number = f"more than {n - 1}" if n > len(factors) else f"{n}"
        raise ArgumentError(
            f"image_weights must have one value for each image: there are {len(factors)} values "
            f"and {number} images"
        )
    weights = weighted.total(counted.channels)
    sums = placed(total.colors, (weights.colors, weights.counts))
    return WeightedColors(total.colors, total.counts, limit_total(sums, divisor))


def _integer_factors(image_weights: ArrayLike | None) -> tuple[NDArray[np.int64] | None, int]:
    """Image weights as integers, and their greatest common divisor."""
    if image_weights is None:
        return None, 1
    given = array("image_weights", image_weights)
    if given.ndim != 1 or not len(given):
        raise ArgumentError(f"image_weights must have shape (n,), not {given.shape}")
    factors, divisor = integer_weights("image_weights", given, given.shape)
    return factors.astype(np.int64), divisor


def _histogram_of(image: Any, number: int, threads: int) -> Histogram:
    if isinstance(image, Histogram):
        return image
    try:
        return histogram(image, threads=threads if dask_array(image) is None else None)
    except KmcError as error:
        error.add_note(f"in image {number}, counted from 0")
        raise


class HistogramSum:
    """Adds histograms, by number of channels, and converts them to the largest at the end.

    For each number of channels there are partial sums, each more than twice as long as the next. So
    a colour is copied at most log n times, where n is the number of colours.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.by_channels: dict[int, list[Histogram]] = {}

    @property
    def channels(self) -> int:
        return max(self.by_channels)

    def add(self, found: Histogram, factor: int = 1) -> None:
        if factor != 1:
            check_total(found.n_pixels * factor)
            found = Histogram._from_sorted(found.colors, found.counts * factor)
        partial = self.by_channels.setdefault(found.colors.shape[1], [])
        partial.append(found)
        while len(partial) > 1 and len(partial[-2]) <= 2 * len(partial[-1]):
            last = partial.pop()
            partial[-1] = partial[-1]._plus(last, self.threads)

    def total(self, channels: int | None = None) -> Histogram:
        channels = channels or self.channels
        partial = [part for parts in self.by_channels.values() for part in parts]
        # Promotion preserves the order.
        promoted_parts = [
            Histogram._from_sorted(promoted(part.colors, channels), part.counts) for part in partial
        ]
        promoted_parts.sort(key=len)
        return reduce(lambda first, second: first._plus(second, self.threads), promoted_parts)
