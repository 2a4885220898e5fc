"""Options and arrays from the caller, checked: errors name the option that is wrong."""

from __future__ import annotations

import operator
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from kmc.errors import ArgumentError, ArgumentTypeError, OutOfMemoryError


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """The integer behind an option.

    Parameters
    ----------
    name : str
        What errors call the option.
    value : object
        Any integer, NumPy's included; truth values are none.
    least, most : int
        The range, both ends included; by default without an upper end.

    Raises
    ------
    ArgumentTypeError
        No integer.
    ArgumentError
        Out of range.
    """
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"{name} must be an integer, not {value!r}") from None
    if isinstance(value, bool | np.bool_):
        raise ArgumentTypeError(f"{name} must be an integer, not {value!r}")
    if number < least or (most is not None and number > most):
        bounds = f"at least {least}" if most is None else f"{least} to {most}"
        raise ArgumentError(f"{name} must be {bounds}, not {number}")
    return number


def not_negative(name: str, value: Any) -> float:
    """The number behind an option that is 0 or more, infinity included.

    Raises
    ------
    ArgumentTypeError
        No real number.
    ArgumentError
        Negative, NaN, or an integer beyond the range of a float.
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


def array(name: str, value: Any, dtype: DTypeLike | None = None) -> NDArray[Any]:
    """What the caller gave as an array, and the caller's own memory where it is one already.

    Raises
    ------
    ArgumentTypeError
        NumPy makes no array of it: rows of different lengths, or values of another type; or some
        values are masked.
    """
    try:
        found = np.asarray(value)
        if dtype is not None and found.dtype.kind != "c":
            found = found.astype(dtype, copy=False)
    except MemoryError as error:
        raise OutOfMemoryError(f"not enough memory for {name} as an array") from error
    except Exception as error:  # a foreign __array__ may raise anything
        raise ArgumentTypeError(f"{name} cannot become an array: {error}") from error
    if dtype is not None and found.dtype.kind == "c":  # would be cast with a mere warning
        raise ArgumentTypeError(f"{name} must be real numbers, not {found.dtype}")
    if hasattr(value, "mask") and np.ma.is_masked(value):
        raise ArgumentTypeError(f"{name} has masked values; fill them in: {name}.filled(value)")
    return found


def contiguous(name: str, values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The values in this shape, one after the other, copied only if they are not so already."""
    try:
        return np.ascontiguousarray(values.reshape(shape))
    except MemoryError as error:
        raise OutOfMemoryError(f"not enough memory for a copy of {name}") from error


def flag(name: str, value: Any) -> bool:
    """The truth value behind an option.

    Raises
    ------
    ArgumentTypeError
        Neither True nor False.
    """
    if not isinstance(value, bool | np.bool_):
        raise ArgumentTypeError(f"{name} must be True or False, not {value!r}")
    return bool(value)


def one_of(name: str, value: Any, known: tuple[str, ...]) -> str:
    """The option that is one of a few words.

    Raises
    ------
    ArgumentTypeError
        No string.
    ArgumentError
        None of the `known` ones.
    """
    if not isinstance(value, str):
        raise ArgumentTypeError(f"{name} must be one of {', '.join(known)}, not {value!r}")
    if value not in known:
        raise ArgumentError(f"{name} must be one of {', '.join(known)}, not {value!r}")
    return value
