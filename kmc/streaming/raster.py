"""Rasters: pictures in files, of which a few rows at a time are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.colors.arrays import promoted
from kmc.mapping.bands import BAND_ROWS, Margins
from kmc.metadata import Metadata

# About how many pixels a block has: enough to keep all threads busy, few enough for any memory.
BLOCK_PIXELS = 1 << 22

NO_MARGINS = Margins(0, 0)

# Told how many pixels have been dealt with since the last call.
Progress = Callable[[int], None]


class Raster(Protocol):
    """A picture of which rows can be read.

    Attributes
    ----------
    name : str
        What error messages call it.
    height, width, channels : int
        As of pixels: 1 is grey, 3 RGB, 4 RGB with straight alpha.
    step : int
        The rows of a tile or strip: reading multiples of them decodes each once.
    metadata : Metadata
        What the file holds besides.
    changes : tuple of str
        What reading has to change.
    """

    name: str
    height: int
    width: int
    channels: int
    step: int
    metadata: Metadata
    changes: tuple[str, ...]

    def rows(self, begin: int, end: int) -> NDArray[np.uint8]:
        """The rows from `begin` to before `end`, (end - begin, W, C), C-contiguous."""

    def close(self) -> None:
        """Release the file."""


@dataclass
class Adapted:
    """A raster whose rows are changed by a function, which may depend on their position.

    The function is called with rows that begin at a multiple of BAND_ROWS, and returns as many, of
    `channels` channels or fewer.
    """

    raster: Raster
    adapt: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    channels: int

    def __post_init__(self) -> None:
        self.name, self.step = self.raster.name, self.raster.step
        self.height, self.width = self.raster.height, self.raster.width
        self.metadata, self.changes = self.raster.metadata, self.raster.changes

    def rows(self, begin: int, end: int) -> NDArray[np.uint8]:
        found = self.adapt(self.raster.rows(begin, end))
        return np.ascontiguousarray(promoted(found, self.channels)[:, :, : self.channels])

    def close(self) -> None:
        self.raster.close()


class Band(NamedTuple):
    """Some rows of a raster, between rows of the bands before and after."""

    rows: NDArray[np.uint8]
    above: int
    below: int

    @property
    def own(self) -> NDArray[np.uint8]:
        """Its rows without the margins."""
        return self.rows[self.above : len(self.rows) - self.below]


def block_rows(raster: Raster) -> int:
    """How many rows of a raster are read at a time: a multiple of BAND_ROWS, and of whole tiles."""
    wanted, whole = max(1, BLOCK_PIXELS // raster.width), int(np.lcm(BAND_ROWS, raster.step))
    unit = whole if whole <= 2 * wanted else BAND_ROWS
    return max(1, wanted // unit) * unit


def bands(raster: Raster, margins: Margins = NO_MARGINS) -> Iterator[Band]:
    """The bands of a raster from top to bottom; each row is read once."""
    step = block_rows(raster)
    none = before = np.empty((0, raster.width, raster.channels), np.uint8)
    here = raster.rows(0, min(step, raster.height))
    for begin in range(0, raster.height, step):
        core.run.watch().look()
        end = min(begin + step, raster.height)
        after = raster.rows(end, min(end + step, raster.height)) if end < raster.height else none
        below = after[: margins.below]
        parts = [part for part in (before, here, below) if len(part)]
        rows = parts[0] if len(parts) == 1 else np.concatenate(parts)
        yield Band(rows, len(before), len(below))
        before = here[len(here) - margins.above :].copy() if margins.above else before
        here = after
