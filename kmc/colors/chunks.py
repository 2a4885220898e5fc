"""Work on arrays of millions of colours in short steps.

Between two steps signals are handled and the callback of the call is asked, and temporary arrays
stay small.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from kmc import core

Scalar = TypeVar("Scalar", bound=np.generic)

# Elements per step: less than a millisecond for most operations.
CHUNK = 1 << 16


def chunks(n: int) -> Iterator[slice]:
    """Slices that together cover n elements, with a poll before each."""
    for start in range(0, n, CHUNK):
        core.run.watch().look()
        yield slice(start, start + CHUNK)


def selected(
    values: NDArray[Scalar], mask: NDArray[np.bool_], n_before: int = 0
) -> NDArray[Scalar]:
    """The rows ``values[mask]``, after `n_before` uninitialized ones."""
    begin = n_before
    found = np.empty((begin + np.count_nonzero(mask), *values.shape[1:]), values.dtype)
    for part in chunks(len(values)):
        # For random masks many times as fast as indexing by the mask.
        step = np.compress(mask[part], values[part], axis=0)
        found[begin : begin + len(step)] = step
        begin += len(step)
    return found


def assign_selected(
    target: NDArray[Scalar], mask: NDArray[np.bool_], values: NDArray[Scalar]
) -> None:
    """``target[mask] = values``."""
    begin = 0
    for part in chunks(len(target)):
        rows = np.flatnonzero(mask[part])
        target[part][rows] = values[begin : begin + len(rows)]
        begin += len(rows)


def looked_up(table: NDArray[Scalar], indices: NDArray[Any]) -> NDArray[Scalar]:
    """``table[indices]``, for one-dimensional arrays."""
    found = np.empty(len(indices), table.dtype)
    for part in chunks(len(indices)):
        found[part] = np.take(table, indices[part])
    return found
