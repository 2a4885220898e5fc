"""Errors of files and memory that other packages raise, as kmc's own exceptions."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from kmc.errors import (
    FileWriteError,
    ImageReadError,
    KmcError,
    OutOfMemoryError,
    PaletteReadError,
)

Unreadable = type[ImageReadError] | type[PaletteReadError]


@contextlib.contextmanager
def reading(name: str, unreadable: Unreadable, missing: Unreadable) -> Iterator[None]:
    """Translate errors while the file called `name` in messages is opened and read.

    Raises
    ------
    ImageReadError, PaletteReadError
        `missing` if the file does not exist, otherwise `unreadable`; with the `errno` of the
        original error.
    """
    try:
        yield
    except KmcError:
        raise
    except FileNotFoundError as error:
        raise _with_errno(missing(f"{name}: no such file"), error) from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        refusal = unreadable(f"{name}: cannot be read: {_reason(error)}")
        raise _with_errno(refusal, error) from error


@contextlib.contextmanager
def writing(name: str) -> Iterator[None]:
    """Translate errors while the file called `name` in messages is created and written.

    Raises
    ------
    FileWriteError
        For any exception that is not kmc's own; with the `errno` of the original error.
    OutOfMemoryError
        There is not enough memory.
    """
    try:
        yield
    except KmcError:
        raise
    except MemoryError as error:
        raise OutOfMemoryError(f"{name}: not enough memory to write it") from error
    except Exception as error:  # Pillow's writers raise OSError, ValueError, struct.error, ...
        reason, folder = _reason(error), os.path.dirname(name)
        if isinstance(error, FileNotFoundError) and folder and not os.path.isdir(folder):
            reason = f"there is no folder {folder}"
        refusal = FileWriteError(f"{name}: cannot be written: {reason}")
        raise _with_errno(refusal, error) from error


@contextlib.contextmanager
def enough_memory() -> Iterator[None]:
    """Translate the MemoryError of NumPy.

    Raises
    ------
    OutOfMemoryError
        There is not enough memory.
    """
    try:
        yield
    except KmcError:
        raise
    except MemoryError as error:
        raise OutOfMemoryError("not enough memory for this picture") from error


def _reason(error: Exception) -> object:
    return getattr(error, "strerror", None) or error


def _with_errno(refusal: OSError, error: Exception) -> OSError:
    refusal.errno = getattr(error, "errno", None)
    return refusal
