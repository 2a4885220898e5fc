"""Dithering: indices that serve areas rather than pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kmc.colors.spaces import SpaceName, coordinates
from kmc.core import _core
from kmc.errors import ArgumentError
from kmc.utils.arguments import not_negative, one_of

DitherName = Literal["floyd-steinberg", "atkinson", "bayer", "blue-noise"]
DITHERS: tuple[DitherName, ...] = ("floyd-steinberg", "atkinson", "bayer", "blue-noise")

DIFFUSING = ("floyd-steinberg", "atkinson")

# The engine counts strength in whole numbers up to this one.
FULL_STRENGTH = 256

# How much red, green and blue add to lightness, of 256; ordered dithering sorts entries by it.
LIGHTNESS = (54, 183, 19)


@dataclass(frozen=True)
class Dither:
    """A kind of dithering with its strength, 1 to FULL_STRENGTH."""

    name: str
    strength: int

    @property
    def diffuses(self) -> bool:
        """Whether errors are diffused: only then does dithering need no mapping before it."""
        return self.name in DIFFUSING


def checked_dither(dither: Any, strength: Any) -> Dither | None:
    """The options `dither` and `dither_strength`, checked; None where nothing is to be dithered.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An unknown name, a strength outside 0 to 1, or one for no dithering.
    """
    share = not_negative("dither_strength", strength)
    if share > 1:
        raise ArgumentError(f"dither_strength must be 0 to 1, not {strength}")
    if dither is None:
        if share != 1:
            raise ArgumentError(f"dither_strength needs a dither: {', '.join(DITHERS)}")
        return None
    name = one_of("dither", dither, DITHERS)
    whole = round(share * FULL_STRENGTH)
    return Dither(name, whole) if whole else None


def dithered(
    dither: Dither,
    pixels: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    labels: NDArray[np.uint16],
    palette: NDArray[np.uint8],
    space: SpaceName,
    threads: int,
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], float]:
    """The dithered indices of pixels whose distinct colours have these labels, and their error.

    The error is the sum of squared differences to the pixels, in levels squared.
    """
    if dither.diffuses:
        return diffused(dither, pixels, palette, space, threads)
    canvas = _canvas(pixels, palette, space, threads)
    indices = canvas.order(
        dither.name == "blue-noise",
        colors,
        coordinates(colors, space, threads),
        labels,
        _lightness(palette),
        dither.strength,
        threads,
    )
    return indices, _error(indices, pixels, canvas, palette, space, threads)


def diffused(
    dither: Dither,
    pixels: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    space: SpaceName,
    threads: int,
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], float]:
    """The same by error diffusion, for which distinct colours need not be known."""
    canvas = _canvas(pixels, palette, space, threads)
    indices, error = canvas.diffuse(dither.name == "atkinson", dither.strength, threads)
    if space != "rgb":
        error = _error(indices, pixels, canvas, palette, space, threads)
    return indices, error


def _error(
    indices: NDArray[np.uint8] | NDArray[np.uint16],
    pixels: NDArray[np.uint8],
    canvas: _core.Canvas,
    palette: NDArray[np.uint8],
    space: SpaceName,
    threads: int,
) -> float:
    """The squared error of indices, in levels whatever the space."""
    measured = canvas if space == "rgb" else _canvas(pixels, palette, "rgb", threads)
    return measured.error(indices, threads)


def _canvas(
    pixels: NDArray[np.uint8], palette: NDArray[np.uint8], space: SpaceName, threads: int
) -> _core.Canvas:
    """What the engine dithers; pixels in rgb without alpha lie where their levels are."""
    channels = pixels.shape[2]
    places = None
    if space != "rgb" or channels == 4:
        places = coordinates(pixels.reshape(-1, channels), space, threads)
    clear = coordinates(np.zeros((1, channels), np.uint8), space)
    return _core.Canvas(pixels, coordinates(palette, space, threads), clear, places)


def _lightness(colors: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The place of each colour when they are sorted from dark to light, as premultiplied."""
    places = coordinates(colors).astype(np.int64)
    light = places[:, :3] @ np.array(LIGHTNESS)  # of grey ones only the first is not 0
    rank = np.empty(len(colors), np.uint16)
    rank[np.argsort(light, kind="stable")] = np.arange(len(colors))
    return rank
