"""Arrays as pixels, or an error that says how to convert them."""

from __future__ import annotations

import inspect
import sys
import warnings
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ImageShapeError, ImageTypeError, ImageWarning, OutOfMemoryError
from kmc.utils.arguments import contiguous

# No grey picture has 3 or 4 columns and so many rows, and most lists of colours have.
MANY_ROWS = 64

# The types of Dask and xarray are not known to mypy, for they need not be installed.
DaskArray = Any

EXPECTED = "expected a path, bytes, a binary file object, a PIL.Image or a uint8 array"


class LazyInput(Protocol):
    """A Dask array, or a DataArray of one, as type checkers know them."""

    def __dask_graph__(self) -> Any: ...


def dask_array(value: Any) -> DaskArray | None:
    """The Dask array that a value is, or that a DataArray holds; None for everything else."""
    data = value.data if _is_instance(value, "xarray", "DataArray") else value
    return data if _is_instance(data, "dask.array", "Array") else None


def _is_instance(value: Any, module: str, name: str) -> bool:
    """Whether this is an instance of a class whose module need not be imported."""
    known = getattr(sys.modules.get(module), name, None)
    return isinstance(known, type) and isinstance(value, known)


def array_pixels(image: Any) -> NDArray[np.uint8]:
    """Turn an array-like into pixels, without a copy where it is contiguous.

    Parameters
    ----------
    image : array_like of uint8, shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4)
        Any strides, read-only included. Nested lists of integers from 0 to 255 will do.

    Returns
    -------
    ndarray of uint8, shape (H, W, C)
        C-contiguous, C = 1, 3 or 4.

    Raises
    ------
    ImageTypeError
        Not ``uint8``, masked, or nothing NumPy can make an array of.
    ImageShapeError
        Another shape, or no pixel at all.

    Warns
    -----
    ImageWarning
        It is grey, and likely to be meant as a list of colours.
    """
    try:
        array = np.asarray(image)
    except MemoryError as error:
        raise OutOfMemoryError("not enough memory for the picture as an array") from error
    except Exception as error:  # a foreign __array__ may raise anything: a tensor on a device
        raise ImageTypeError(f"{EXPECTED}; {type(image).__name__} gives none: {error}") from error
    if array.ndim == 0:
        raise ImageTypeError(f"{EXPECTED}, got {type(image).__name__}")
    if array.size == 0:
        raise ImageShapeError(
            f"the picture is empty: its shape is {array.shape}; expected at least one pixel"
        )
    if isinstance(image, list | tuple) and array.dtype.kind in "iu" and _fits(array):
        array = array.astype(np.uint8)
    if array.dtype != np.uint8:
        raise ImageTypeError(f"expected uint8, got {array.dtype}; {_to_uint8_hint(array)}")
    if hasattr(image, "mask") and np.ma.is_masked(image):
        raise ImageTypeError("some values are masked; give them one with image.filled(value)")
    check_shape(array.shape)
    warn_of_colors(array.shape)
    return contiguous("the picture", array, (*array.shape[:2], -1))


def warn_of_colors(shape: tuple[int, ...]) -> None:
    """Warn of an array that is read as a grey picture, and likely to be a list of colours."""
    if len(shape) == 2 and shape[1] in (3, 4) and shape[0] >= MANY_ROWS:
        warnings.warn(
            f"an array of shape {shape} is read as a grey picture {shape[1]} pixels "
            "wide; colours are given in shape (n, 1, 3): array[:, None]; and such a picture, if it "
            "is one, in shape (h, w, 1): array[..., None]",
            ImageWarning,
            stacklevel=_outside(),
        )


def _outside() -> int:
    """The `stacklevel` with which the caller of this function warns the first frame outside kmc."""
    frame, level = inspect.currentframe(), 0
    while frame is not None and str(frame.f_globals.get("__name__")).partition(".")[0] == "kmc":
        frame, level = frame.f_back, level + 1
    return level


def _fits(array: NDArray[Any]) -> bool:
    return bool(array.min() >= 0 and array.max() <= 255)


def _to_uint8_hint(array: NDArray[Any]) -> str:
    """Advice on how to convert an array of another dtype to uint8."""
    match array.dtype.kind:
        case "f" if not np.isfinite(array).all():
            return "it holds NaN or infinite values: replace them (np.nan_to_num), then convert"
        case "f" if array.max() <= 1:
            return "scale to 0..255 and convert: (image * 255).round().astype(np.uint8)"
        case "f":
            return "round and convert: image.clip(0, 255).round().astype(np.uint8)"
        case "i" | "u" if _fits(array):
            return "its values fit: image.astype(np.uint8)"
        case "u" if array.dtype.itemsize == 2:
            return "scale 16 bits to 8: (image / 257).round().astype(np.uint8)"
        case "i" | "u":
            return "bring its values into 0..255: image.clip(0, 255).astype(np.uint8)"
        case "b":
            return "convert: image.astype(np.uint8) * 255"
        case "c":
            return "take magnitudes or real parts, scale to 0..255 and convert to np.uint8"
    return "build it with np.array(..., dtype=np.uint8) from numbers in rows of equal length"


def check_shape(shape: tuple[int, ...], stacks: bool = False) -> None:
    """Raise ImageShapeError for a shape that no picture has; with `stacks`, several may have it."""
    n_axes = len(shape)
    if n_axes == 2 or (n_axes in ((3, 4) if stacks else (3,)) and shape[-1] in (1, 3, 4)):
        return
    message = f"expected shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), got {shape}"
    if n_axes == 3 and shape[2] == 2:
        message += (
            "; grey with alpha is given as RGBA: np.asarray(PIL.Image.fromarray(image, 'LA')"
            ".convert('RGBA'))"
        )
    elif n_axes == 3 and shape[0] in (1, 3, 4):
        message += "; with the channels first, move them last: np.moveaxis(image, 0, -1)"
    elif n_axes == 4 and not stacks:
        message += "; several pictures are given one at a time, except to kmc.fit"
    elif n_axes == 1:
        message += "; the content of a picture file is given as bytes: image.tobytes()"
    raise ImageShapeError(message)
