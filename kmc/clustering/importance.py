"""Importance of pixels as integer weights, the same on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.colors.chunks import chunks
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.utils.arguments import array

# The largest total weight whose sum of squares fits the engine's 64-bit integers.
MAX_TOTAL_WEIGHT = 1 << 33

# Integer importance up to this value is used unchanged.
MAX_INTEGER_WEIGHT = 65535

# The weight of the largest importance otherwise. It is a multiple of 1 to 10 and of 100, so that
# percentages and common fractions of the largest importance are exact.
SCALE = 50400


def color_weights(
    pixels: NDArray[np.uint8], colors: NDArray[np.uint8], importance: ArrayLike, threads: int
) -> NDArray[np.int64]:
    """The weight of each colour of an image: the sum of the importance of its pixels.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (H, W, C)
    colors : ndarray of uint8, shape (n, C)
        The distinct colours of these pixels, in Morton order.
    importance : array_like, shape (H, W)
        As `kmc.fit` takes it.
    threads : int

    Returns
    -------
    ndarray of int64, shape (n,)
        0 or more for each colour. If all pixels have the same importance, the weights are the
        pixel counts.

    Raises
    ------
    ArgumentTypeError
        `importance` is not an array of numbers or booleans, or has masked values.
    ArgumentError
        Its shape is different, a value is negative, infinite or NaN, or all are 0.
    """
    height, width = pixels.shape[:2]
    weights, divisor = integer_weights("importance", importance, (height, width))
    sums = core.colors.add_weights(pixels, weights, colors, threads)
    return limit_total(sums, divisor)


def integer_weights(
    name: str, values: ArrayLike, shape: tuple[int, ...]
) -> tuple[NDArray[np.uint16], int]:
    """Scale values of 0 or more to integers; return these and their greatest common divisor.

    Equal values all become 1. Otherwise booleans and integers up to `MAX_INTEGER_WEIGHT` are
    unchanged, and all other values are scaled so that the largest becomes `SCALE`, and rounded.
    """
    given = checked_values(name, values, shape).reshape(-1)
    weights, divisor = scaled(given, *_range(name, given))
    if divisor == 0:  # the array has changed since it was checked
        raise ArgumentError(f"{name} must not be zero everywhere")
    return weights.reshape(shape), divisor


def scaled(given: NDArray[Any], smallest: float, largest: float) -> tuple[NDArray[np.uint16], int]:
    """Scale checked values (n,) to integers, by the smallest and the largest value there are.

    Returns these and their greatest common divisor, 0 if they are all 0.
    """
    if smallest == largest:
        return np.ones(given.shape, np.uint16), 1
    is_integer = given.dtype.kind in "biu" and largest <= MAX_INTEGER_WEIGHT
    weights = np.empty(given.shape, np.uint16)
    divisor = 0
    for part in chunks(len(given)):
        if is_integer:
            weights[part] = given[part]
        else:
            shares = given[part].astype(np.float64) / largest
            weights[part] = np.floor(shares * SCALE + 0.5)
        if divisor != 1:
            divisor = int(
                np.gcd.reduce(np.flatnonzero(np.bincount(weights[part])), initial=divisor)
            )
    return weights, divisor


def checked_values(name: str, values: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Values as an array of numbers of that shape."""
    given = array(name, values)
    if given.dtype.kind == "f" and given.dtype.itemsize > 8:  # its width depends on the platform
        with np.errstate(over="ignore"):
            given = given.astype(np.float64)
    if given.dtype.kind not in "biuf":
        raise ArgumentTypeError(f"{name} must be an array of numbers, not {given.dtype}")
    if given.shape != shape:
        raise ArgumentError(f"{name} must have shape {shape}, not {given.shape}")
    return given


def _range(name: str, given: NDArray[Any]) -> tuple[float, float]:
    """The smallest and the largest value, checked."""
    smallest, largest = np.inf, 0.0
    for part in chunks(len(given)):
        step = given[part]
        smallest = float(np.minimum(smallest, step.min()))  # NaN where there is one
        largest = float(np.maximum(largest, step.max()))
    return checked_range(name, smallest, largest)


def checked_range(name: str, smallest: float, largest: float) -> tuple[float, float]:
    """The smallest and the largest value, which must be finite, and not negative nor all 0."""
    if not (smallest >= 0 and largest < np.inf):  # false for NaN
        raise ArgumentError(f"{name} must be 0 or more and finite everywhere")
    if not largest > 0:
        raise ArgumentError(f"{name} must not be zero everywhere")
    return smallest, largest


def check_clustered(weights: NDArray[np.int64]) -> None:
    """Raise ArgumentError for more pixels than the engine can sum."""
    total = int(weights.sum())
    if total > MAX_TOTAL_WEIGHT:
        raise ArgumentError(f"at most {MAX_TOTAL_WEIGHT} pixels can be clustered, not {total}")


def limit_total(sums: NDArray[np.int64], divisor: int = 1) -> NDArray[np.int64]:
    """Divide weights, then halve them, rounding, until their sum fits `MAX_TOTAL_WEIGHT`.

    Works in place. `divisor` is a common one; positive weights stay positive.
    """
    total, shift = int(sums.sum()) // divisor, 0
    if total > MAX_TOTAL_WEIGHT:
        while (total >> shift) + len(sums) > MAX_TOTAL_WEIGHT:
            shift += 1
    if divisor == 1 and shift == 0:
        return sums
    for part in chunks(len(sums)):
        divided = sums[part] // divisor
        sums[part] = np.maximum((divided + ((1 << shift) >> 1)) >> shift, divided > 0)
    return sums
