"""Importance of pixels as integer weights, the same on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.utils.arguments import array

# The largest total weight whose sum of squares fits the engine's 64-bit integers.
MAX_TOTAL_WEIGHT = 1 << 33

# Integer importance up to this value is used unchanged.
MAX_INTEGER_WEIGHT = 65535

# The weight of the largest importance otherwise. It is a multiple of 1 to 10 and of 100, so that
# percentages and common fractions of the largest importance are exact.
SCALE = 50400

_CHUNK = 1 << 16


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
    return limit_total(sums // divisor)


def integer_weights(
    name: str, values: ArrayLike, shape: tuple[int, ...]
) -> tuple[NDArray[np.uint16], int]:
    """Scale values of 0 or more to integers; return these and their greatest common divisor.

    Equal values all become 1. Otherwise booleans and integers up to `MAX_INTEGER_WEIGHT` are
    unchanged, and all other values are scaled so that the largest becomes `SCALE`, and rounded.
    """
    given = _checked(name, values, shape)
    largest = given.max()
    if given.min() == largest:
        return np.ones(shape, np.uint16), 1
    is_integer = given.dtype.kind in "biu" and largest <= MAX_INTEGER_WEIGHT
    scaled = np.empty(shape, np.uint16)
    flat, target = given.reshape(-1), scaled.reshape(-1)
    divisor = 0
    for start in range(0, len(flat), _CHUNK):
        core.run.watch().look()
        part = slice(start, start + _CHUNK)
        if is_integer:
            target[part] = flat[part]
        else:
            shares = flat[part].astype(np.float64) / float(largest)
            target[part] = np.floor(shares * SCALE + 0.5)
        if divisor != 1:
            divisor = int(np.gcd.reduce(np.flatnonzero(np.bincount(target[part])), initial=divisor))
    if divisor == 0:  # the array has changed since it was checked
        raise ArgumentError(f"{name} must not be zero everywhere")
    return scaled, divisor


def _checked(name: str, values: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    given = array(name, values)
    if given.dtype.kind == "f" and given.dtype.itemsize > 8:  # its width depends on the platform
        with np.errstate(over="ignore"):
            given = given.astype(np.float64)
    if given.dtype.kind not in "biuf":
        raise ArgumentTypeError(f"{name} must be an array of numbers, not {given.dtype}")
    if given.shape != shape:
        raise ArgumentError(f"{name} must have shape {shape}, not {given.shape}")
    if not (given.min() >= 0 and given.max() < np.inf):  # false for NaN
        raise ArgumentError(f"{name} must be 0 or more and finite everywhere")
    if not given.max() > 0:
        raise ArgumentError(f"{name} must not be zero everywhere")
    return given


def limit_total(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """Halve all weights, rounding, until their sum fits `MAX_TOTAL_WEIGHT`.

    Positive weights stay positive.
    """
    total, shift = int(sums.sum()), 0
    if total > MAX_TOTAL_WEIGHT:
        while (total >> shift) + len(sums) > MAX_TOTAL_WEIGHT:
            shift += 1
    if shift == 0:
        return sums
    halved: NDArray[np.int64] = sums + (1 << (shift - 1))
    halved >>= shift
    return np.maximum(halved, sums > 0, out=halved)
