"""How much each pixel counts: importance becomes whole weights, the same on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.core import _core
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.utils.arguments import array

# The engine's sums of squares have room for so many pixels, or weights that come to as much.
MAX_TOTAL_WEIGHT = 1 << 33

# Whole importance up to here counts as it is.
MAX_INTEGER_WEIGHT = 65535

# What the largest importance becomes otherwise. 1 to 10 divide it, and so does 100: hundredths and
# the usual fractions of the largest come out exactly.
SCALE = 50400

_CHUNK = 1 << 16


def color_weights(
    pixels: NDArray[np.uint8], colors: NDArray[np.uint8], importance: ArrayLike, threads: int
) -> NDArray[np.int64]:
    """The weight of each colour of a picture: the importance of its pixels, added up.

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
        For each of the n colours, 0 or more. Where all pixels have the same importance, their
        number.

    Raises
    ------
    ArgumentTypeError
        No array of numbers or truth values, or with masked ones.
    ArgumentError
        Another shape, a negative, infinite or missing value, or nothing but zeros.
    """
    height, width = pixels.shape[:2]
    weights, divisor = integer_weights("importance", importance, (height, width))
    sums = _core.add_weights(pixels, weights, colors, threads)
    return limit_total(sums // divisor)


def integer_weights(
    name: str, values: ArrayLike, shape: tuple[int, ...]
) -> tuple[NDArray[np.uint16], int]:
    """Numbers of 0 or more as whole ones, and the largest number that divides all of these.

    Where all are the same, they become 1. Otherwise truth values and whole numbers up to 65 535
    stay as they are. Of others the largest becomes 50 400, and the rest what is in proportion to
    it, rounded.
    """
    given = _checked(name, values, shape)
    largest = given.max()
    if given.min() == largest:
        return np.ones(shape, np.uint16), 1
    as_they_are = given.dtype.kind in "biu" and largest <= MAX_INTEGER_WEIGHT
    whole = np.empty(shape, np.uint16)
    flat, target = given.reshape(-1), whole.reshape(-1)
    divisor = 0
    for start in range(0, len(flat), _CHUNK):
        _core.watch().look()
        part = slice(start, start + _CHUNK)
        if as_they_are:
            target[part] = flat[part]
        else:
            shares = flat[part].astype(np.float64) / float(largest)
            target[part] = np.floor(shares * SCALE + 0.5)
        if divisor != 1:
            divisor = int(np.gcd.reduce(np.flatnonzero(np.bincount(target[part])), initial=divisor))
    return whole, divisor


def _checked(name: str, values: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    given = array(name, values)
    if given.dtype.kind == "f" and given.dtype.itemsize > 8:  # of other widths on other machines
        with np.errstate(over="ignore"):
            given = given.astype(np.float64)
    if given.dtype.kind not in "biuf":
        raise ArgumentTypeError(f"{name} must be an array of numbers, not {given.dtype}")
    if given.shape != shape:
        raise ArgumentError(f"{name} must have shape {shape}, not {given.shape}")
    if not (given.min() >= 0 and given.max() < np.inf):  # false for NaN
        raise ArgumentError(f"{name} must be 0 or more and finite everywhere")
    if not given.max() > 0:
        raise ArgumentError(f"{name} must not be 0 everywhere")
    return given


def limit_total(sums: NDArray[np.int64]) -> NDArray[np.int64]:
    """Weights halved, rounded, as often as it takes for the engine to add them up.

    None that is positive becomes 0.
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
