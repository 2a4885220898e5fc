"""What a palette is fitted to: the colours of one picture or several, and what each weighs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.clustering.importance import fixed_point, weigh, within_limit
from kmc.color_histogram import Histogram, histogram, morton_keys
from kmc.errors import ArgumentError, KmcError
from kmc.images.arrays import promoted
from kmc.images.reading import Picture, as_pixels, is_pillow
from kmc.utils.arguments import array


class Sample(NamedTuple):
    """Colours with how many pixels have each, and their weights where these are not as many.

    Weights are 0 or more, one for each colour.
    """

    counted: Histogram
    weights: NDArray[np.int64] | None = None


def sample(
    image: Any,
    importance: ArrayLike | None = None,
    image_weights: ArrayLike | None = None,
    threads: int = 1,
) -> Sample:
    """What `kmc.fit` is given as a sample.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.clustering.samples import sample
    >>> grey, red = np.full((2, 2), 7, np.uint8), np.full((1, 1, 3), (255, 0, 0), np.uint8)
    >>> both = sample([grey, red], image_weights=[1, 8])
    >>> both.counted.colors.tolist(), both.counted.counts.tolist(), both.weights.tolist()
    ([[7, 7, 7], [255, 0, 0]], [4, 1], [4, 8])
    """
    if is_several(image):
        if importance is not None:
            raise ArgumentError(
                "importance is of the pixels of one picture: for several, add up "
                "kmc.histogram(image, importance=...) of each"
            )
        return _of_several(image, image_weights, threads)
    if image_weights is not None:
        raise ArgumentError("image_weights are of several pictures, and this is one")
    if isinstance(image, Histogram):
        if importance is not None:
            raise ArgumentError(
                "importance is of pixels, which a Histogram has no more: "
                "give it to kmc.histogram(image, importance=...)"
            )
        return Sample(image)
    return weighed(as_pixels(image), importance, threads)


def weighed(pixels: NDArray[np.uint8], importance: ArrayLike | None, threads: int) -> Sample:
    """The sample that the pixels of one picture are.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.clustering.samples import weighed
    >>> weighed(np.array([[[5], [9], [9]]], np.uint8), [[2, 4, 0]], threads=1)
    Sample(counted=<kmc.Histogram: 2 colours of 1 channels, 3 pixels>, weights=array([1, 2]))
    """
    counted = histogram(pixels, threads=threads)
    if importance is None:
        return Sample(counted)
    return Sample(counted, weigh(pixels, counted, importance, threads))


def is_several(image: object) -> bool:
    """Whether this is a list, a tuple or an iterator of pictures, rather than one picture.

    A list is one picture if it is made of numbers, at whatever depth, or of rows: arrays of one
    dimension.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.clustering.samples import is_several
    >>> is_several(["a.png", "b.png"]), is_several([[0, 255], [255, 0]]), is_several("a.png")
    (True, False, False)
    """
    if isinstance(image, list | tuple):
        return len(image) == 0 or any(map(_is_picture, image))
    return isinstance(image, Iterator) and not hasattr(image, "read")


def _is_picture(part: Any) -> bool:
    if isinstance(part, str | bytes | bytearray | os.PathLike | Histogram | Picture):
        return True
    if hasattr(part, "read") or is_pillow(part):
        return True
    return not isinstance(part, list | tuple) and getattr(part, "ndim", 0) >= 2


# ---- several pictures ----------------------------------------------------------------------------


def _of_several(images: Iterable[Any], image_weights: ArrayLike | None, threads: int) -> Sample:
    """The sum of the samples of each picture, of which only one is in memory at a time."""
    multiples, divisor = _multiples(image_weights)
    counted, weighted = _Sums(), _Sums()
    n = 0
    for n, image in enumerate(images, 1):
        if multiples is not None and n > len(multiples):
            break
        one = _histogram_of(image, n - 1, threads)
        counted.add(one, one.counts)
        if multiples is not None and multiples[n - 1] > 0:
            weighted.add(one, one.counts * multiples[n - 1])
    if n == 0:
        raise ArgumentError("expected at least one picture, and there is none")
    if multiples is None:
        return Sample(counted.total())
    if n != len(multiples):
        number = f"more than {n - 1}" if n > len(multiples) else f"{n}"
        raise ArgumentError(
            f"image_weights must be one for each picture, and {len(multiples)} are not {number}"
        )
    whole, part = counted.total(), weighted.total(counted.channels)
    sums = np.zeros(len(whole), np.int64)
    sums[np.searchsorted(morton_keys(whole.colors), morton_keys(part.colors))] = part.counts
    return Sample(whole, within_limit(sums // divisor))


def _multiples(image_weights: ArrayLike | None) -> tuple[NDArray[np.int64] | None, int]:
    if image_weights is None:
        return None, 1
    given = array("image_weights", image_weights)
    if given.ndim != 1 or not len(given):
        raise ArgumentError(f"image_weights must have shape (n,), not {given.shape}")
    whole, divisor = fixed_point("image_weights", given, given.shape)
    return whole.astype(np.int64), divisor


def _histogram_of(image: Any, number: int, threads: int) -> Histogram:
    if isinstance(image, Histogram):
        return image
    try:
        return histogram(image, threads=threads)
    except KmcError as error:
        error.add_note(f"this is picture {number} of those given, counted from 0")
        raise


class _Sums:
    """Histograms added up, apart for each number of channels: they are only promoted at the end."""

    def __init__(self) -> None:
        self.of: dict[int, Histogram] = {}

    @property
    def channels(self) -> int:
        return max(self.of)

    def add(self, one: Histogram, counts: NDArray[np.int64]) -> None:
        channels = one.colors.shape[1]
        if counts is not one.counts:
            one = Histogram(one.colors, counts)
        self.of[channels] = self.of[channels] + one if channels in self.of else one

    def total(self, channels: int | None = None) -> Histogram:
        most = channels or self.channels
        parts = [Histogram(promoted(one.colors, most), one.counts) for one in self.of.values()]
        return sum(parts[1:], parts[0])
