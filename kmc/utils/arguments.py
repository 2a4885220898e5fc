"""Checks of options and arrays given by the caller; errors name the option."""

from __future__ import annotations

import math
import operator
import os
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kmc.errors import ArgumentError, ArgumentTypeError, OutOfMemoryError


def path_name(path: Any, name: str = "path") -> str:
    """Convert a path to text, decoded like file names; errors call it `name`.

    Raises
    ------
    ArgumentTypeError
        `path` is not a path, or an ``os.PathLike`` that does not return one.
    """
    if not isinstance(path, str | bytes | os.PathLike):
        raise ArgumentTypeError(f"{name} must be a path, not {type(path).__name__}")
    try:
        return os.fsdecode(path)
    except TypeError as error:
        raise ArgumentTypeError(f"{name} must be a path: {error}") from None


def whole(name: str, value: Any, minimum: int, maximum: int | None = None) -> int:
    """Check an option that is an integer.

    Parameters
    ----------
    name : str
        The name of the option, for error messages.
    value : object
        Any integer, also of NumPy, but not a boolean.
    minimum, maximum : int
        The range, inclusive; by default without an upper limit.

    Raises
    ------
    ArgumentTypeError
        `value` is not an integer.
    ArgumentError
        `value` is out of range.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"{name} must be an integer, not {value!r}") from None
    if isinstance(value, bool | np.bool_):
        raise ArgumentTypeError(f"{name} must be an integer, not {value!r}")
    if number < minimum or (maximum is not None and number > maximum):
        bounds = f"at least {minimum}" if maximum is None else f"{minimum} to {maximum}"
        raise ArgumentError(f"{name} must be {bounds}, not {number}")
    return number


def not_negative(name: str, value: Any) -> float:
    """Check an option that is a real number of 0 or more; infinity is allowed.

    Raises
    ------
    ArgumentTypeError
        `value` is not a real number.
    ArgumentError
        `value` is negative, NaN, or an integer too large for a float.
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        raise ArgumentTypeError(f"{name} must be a number, not {value!r}")
    try:
        number = float(value)
    except OverflowError:
        raise ArgumentError(f"{name} must be below 2**1024") from None
    if not number >= 0:
        raise ArgumentError(f"{name} must be 0 or more, not {number}")
    return number


def finite(name: str, value: Any) -> float:
    """Check an option that is a finite real number of 0 or more."""
    number = not_negative(name, value)
    if not math.isfinite(number):
        raise ArgumentError(f"{name} must be finite, not {number}")
    return number


def pairs(name: str, values: Any) -> list[tuple[float, float]]:
    """Check an option that is a sequence of pairs of numbers."""
    try:
        return [(float(first), float(second)) for first, second in values]
    except (TypeError, ValueError):
        raise ArgumentTypeError(f"{name} must be pairs of numbers, not {values!r}") from None


def array(name: str, value: Any, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """Convert an option to an array; an array is not copied.

    Raises
    ------
    ArgumentTypeError
        NumPy cannot convert `value`, for instance since rows have different lengths, or some values
        are masked.
    """
    try:
        found = np.asarray(value)
        if dtype is not None and found.dtype.kind != "c":
            found = found.astype(dtype, copy=False)
    except MemoryError as error:
        raise OutOfMemoryError(f"not enough memory for {name} as an array") from error
    except Exception as error:  # a foreign __array__ may raise anything
        raise ArgumentTypeError(f"{name} cannot be converted to an array: {error}") from error
    if dtype is not None and found.dtype.kind == "c":  # NumPy would only warn
        raise ArgumentTypeError(f"{name} must be real numbers, not {found.dtype}")
    if hasattr(value, "mask") and np.ma.is_masked(value):
        raise ArgumentTypeError(f"{name} has masked values; fill them in: {name}.filled(value)")
    return found


def contiguous(name: str, values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Reshape an array to a C-contiguous one, copying it only if necessary."""
    try:
        return np.ascontiguousarray(values.reshape(shape))
    except MemoryError as error:
        raise OutOfMemoryError(f"not enough memory for a copy of {name}") from error


def flag(name: str, value: Any) -> bool:
    """Check an option that is True or False.

    Raises
    ------
    ArgumentTypeError
        `value` is neither.
    """
    if not isinstance(value, bool | np.bool_):
        raise ArgumentTypeError(f"{name} must be True or False, not {value!r}")
    return bool(value)


def one_of(name: str, value: Any, known: tuple[str, ...]) -> str:
    """Check an option that is one of several names.

    Raises
    ------
    ArgumentTypeError
        `value` is not a string.
    ArgumentError
        `value` is not one of `known`.
    """
    if not isinstance(value, str):
        raise ArgumentTypeError(f"{name} must be one of {', '.join(known)}, not {value!r}")
    if value not in known:
        raise ArgumentError(f"{name} must be one of {', '.join(known)}, not {value!r}")
    return value
