"""The distinct colours of a Dask array, counted chunk by chunk and added in a tree."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.clustering.importance import checked_range, checked_values, limit_total, scaled
from kmc.clustering.weighted_colors import WeightedColors
from kmc.colors.arrays import Counted, added, placed
from kmc.colors.chunks import selected
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.images.arrays import DaskArray, dask_array
from kmc.lazy.computing import computed
from kmc.lazy.images import LazyImage, check_known, checked_block
from kmc.utils.os_errors import enough_memory


def weighted_colors(image: LazyImage, importance: ArrayLike | None = None) -> WeightedColors:
    """The weighted colours of an image, computed by the scheduler in use.

    They are those of the same image in memory, whatever the chunks: sums of integers.
    """
    import dask.array as da  # here and below, whoever calls has imported it

    image = image.without_empty_chunks()
    pixels, of_importance = image.pixels, None
    weights: tuple[DaskArray, ...] = ()
    if importance is not None:
        given, bounds = _checked_importance(image, importance)
        weights, of_importance = (given[..., None],), (given.dtype, bounds)
    counted = da.map_blocks(
        _count,
        pixels,
        *weights,
        of_importance=of_importance,
        dtype=object,
        meta=_no_parts(pixels.ndim),
        token="kmc-count",
    )
    total = da.reduction(
        counted,
        chunk=_same,
        aggregate=_sum,
        concatenate=False,
        dtype=object,
        meta=_no_parts(0),
        name="kmc-sum",
    )
    part = computed(total)[0].item()
    with enough_memory():
        colors, counts = part.counted.read()
        if part.weighted is None:
            return WeightedColors(colors, counts)
        sums = limit_total(placed(colors, part.weighted.read()), part.divisor)
        return WeightedColors(colors, counts, sums)


def _no_parts(n_axes: int) -> NDArray[Any]:
    return np.empty((0,) * n_axes, object)


def _checked_importance(
    image: LazyImage, importance: ArrayLike
) -> tuple[DaskArray, tuple[float, float]]:
    """Importance in the chunks of the pixels, and its smallest and largest value."""
    import dask.array as da

    if image.is_stack:
        raise ArgumentError(
            "importance applies to the pixels of one image; for several, add up "
            "kmc.histogram(image, importance=...) of each"
        )
    pixels = image.pixels
    given = dask_array(importance)
    if given is None:
        values = checked_values("importance", importance, pixels.shape[:-1])
        given = da.from_array(values, chunks=pixels.chunks[:-1])
    check_known("importance", given)
    if given.dtype.kind not in "biuf":
        raise ArgumentTypeError(f"importance must be an array of numbers, not {given.dtype}")
    if given.shape != pixels.shape[:-1]:
        raise ArgumentError(f"importance must have shape {pixels.shape[:-1]}, not {given.shape}")
    given = given.rechunk(pixels.chunks[:-1])
    smallest, largest = map(float, computed(given.min(), given.max()))
    return given, checked_range("importance", smallest, largest)


@dataclass(frozen=True, slots=True)
class _Colors:
    """Distinct colours in Morton order with their counts, in as few bytes as these need.

    This is what partial sums take in memory and on the way from one worker to another.
    """

    colors: NDArray[np.uint8]
    counts: NDArray[Any]

    @classmethod
    def of(cls, colors: NDArray[np.uint8], counts: NDArray[np.int64]) -> _Colors:
        largest = int(counts.max()) if len(counts) else 0
        return cls(colors, counts.astype(np.min_scalar_type(largest)))

    def read(self) -> Counted:
        return self.colors, self.counts.astype(np.int64)

    def __add__(self, other: _Colors) -> _Colors:
        return _Colors.of(*added(self.read(), other.read(), threads=1))

    def __sizeof__(self) -> int:  # by which Dask knows the memory of results
        return self.colors.nbytes + self.counts.nbytes


@dataclass(frozen=True, slots=True)
class _Part:
    """What some of the pixels add up to.

    `weighted` are the colours whose importance is not 0, with its sums, and `divisor` is a common
    one of these.
    """

    counted: _Colors
    weighted: _Colors | None = None
    divisor: int = 1

    def __add__(self, other: _Part) -> _Part:
        counted = self.counted + other.counted
        if self.weighted is None or other.weighted is None:
            return _Part(counted)
        divisor = int(np.gcd(self.divisor, other.divisor))
        return _Part(counted, self.weighted + other.weighted, divisor)

    def __len__(self) -> int:
        return len(self.counted.colors)

    def __sizeof__(self) -> int:
        return sys.getsizeof(self.counted) + sys.getsizeof(self.weighted)


def _count(
    block: Any,
    importance: Any = None,
    *,
    of_importance: tuple[Any, tuple[float, float]] | None,
    block_info: dict[Any, Any],
) -> NDArray[Any]:
    """The task of one chunk; `of_importance` are the type and the bounds of all of it."""
    pixels = checked_block(block, np.uint8, block_info[0]["array-location"])
    channels = pixels.shape[-1]
    flat = np.ascontiguousarray(pixels).reshape(1, -1, channels)
    colors, counts = core.colors.histogram(flat, 1)
    part = _Part(_Colors.of(colors, counts))
    if of_importance is not None:
        dtype, bounds = of_importance
        values = checked_block(importance, dtype, block_info[1]["array-location"])
        values = checked_values("importance", values, values.shape).reshape(-1)
        if not (bounds[0] <= values.min() and values.max() <= bounds[1]):
            raise ArgumentError("importance is not the same each time that it is computed")
        weights, divisor = scaled(values, *bounds)
        sums = core.colors.add_weights(flat, weights.reshape(1, -1), colors, 1)
        weighted = _Colors.of(selected(colors, sums > 0), selected(sums, sums > 0))
        part = _Part(part.counted, weighted, divisor)
    return _boxed(part, block.ndim)


def _boxed(part: _Part, n_axes: int) -> NDArray[Any]:
    """A part as the only element of an array, since that is what chunks of arrays are."""
    box = np.empty((1,) * n_axes, object)
    box.flat[0] = part
    return box


def _same(box: NDArray[Any], axis: Any, keepdims: bool) -> NDArray[Any]:
    return box


def _sum(boxes: Any, axis: Any, keepdims: bool) -> NDArray[Any]:
    """The task that adds parts, the smallest first."""
    parts = sorted(_parts(boxes), key=len)
    n_axes = len(axis) if keepdims else 0
    return _boxed(reduce(lambda a, b: a + b, parts), n_axes)


def _parts(boxes: Any) -> Iterator[_Part]:
    """The parts in nested lists of boxes."""
    if isinstance(boxes, list):
        for each in boxes:
            yield from _parts(each)
    else:
        yield boxes.item()
