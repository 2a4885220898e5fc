"""Dithering: error diffusion and ordered dithering."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypedDict, get_args

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.colors.spaces import SpaceName, are_levels, coordinates
from kmc.errors import ArgumentError
from kmc.utils.arguments import not_negative, one_of

DitherName = Literal["adaptive", "floyd-steinberg", "atkinson", "bayer", "blue-noise"]
DITHERS: tuple[DitherName, ...] = get_args(DitherName)


class RemapOptions(TypedDict, total=False):
    """The options of `kmc.Palette.remap`."""

    dither: DitherName | Literal["none"] | None
    dither_strength: float
    threads: int | None


DIFFUSING = ("floyd-steinberg", "atkinson")

# The engine takes the strength as an integer from 0 to this.
FULL_STRENGTH = 256

# Weights of red, green and blue in the lightness by which ordered dithering sorts entries, in
# 256ths.
LIGHTNESS = (54, 183, 19)


@dataclass(frozen=True)
class Dither:
    """A dithering method and its strength, 1 to FULL_STRENGTH.

    `origin` is the row and the column of the first pixel in a larger picture: ordered dithering of
    its parts is that of the whole.
    """

    name: DitherName
    strength: int
    origin: tuple[int, int] = (0, 0)

    @property
    def diffuses(self) -> bool:
        """Whether this is error diffusion everywhere, which needs no labels of the colours."""
        return self.name in DIFFUSING


def checked_dither(dither: Any, strength: Any) -> Dither | None:
    """The options `dither` and `dither_strength`, checked; None, also for "none", is no dithering.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        The name is unknown, or the strength is outside 0 to 1 or given without a method.
    """
    share = not_negative("dither_strength", strength)
    if share > 1:
        raise ArgumentError(f"dither_strength must be 0 to 1, not {strength}")
    if dither is None or (isinstance(dither, str) and dither == "none"):
        if share != 1:
            raise ArgumentError(f"dither_strength needs a dither: {', '.join(DITHERS)}")
        return None
    name: Any = one_of("dither", dither, ("none", *DITHERS))
    units = round(share * FULL_STRENGTH)
    return Dither(name, units) if units else None


def dithered(
    dither: Dither,
    pixels: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    labels: NDArray[np.uint16],
    palette: NDArray[np.uint8],
    space: SpaceName,
    threads: int,
    places: NDArray[np.int16] | None = None,
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], float]:
    """Dither pixels whose distinct `colors` have the nearest entries `labels`.

    `places`, (n, 4), are the coordinates of the colours, where they are known.

    Returns the indices, (H, W), and the sum of squared distances to the pixels, in levels squared.
    """
    if dither.diffuses:
        return diffused(dither, pixels, palette, space, threads, colors, places)
    canvas = _canvas(pixels, palette, space, threads, colors, places)
    indices = _chosen(dither, canvas, colors, labels, palette, space, threads)
    return indices, _error(indices, pixels, canvas, palette, space, threads, colors)


def dithered_rows(
    dither: Dither,
    pixels: NDArray[np.uint8],
    labels: core.colors.Labels,
    palette: NDArray[np.uint8],
    space: SpaceName,
    threads: int,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Dither some rows of an image, all of whose colours have `labels`; returns their indices."""
    if dither.diffuses:
        known = (
            None
            if are_levels(space, pixels.shape[2])
            else core.colors.histogram(pixels, threads)[0]
        )
        canvas = _canvas(pixels, palette, space, threads, known)
        return canvas.diffuse(dither.name == "atkinson", dither.strength, threads)[0]
    colors, _ = core.colors.histogram(pixels, threads)
    canvas = _canvas(pixels, palette, space, threads, colors)
    own = labels.remap(colors[:, None], threads)[:, 0].astype(np.uint16)
    return _chosen(dither, canvas, colors, own, palette, space, threads)


def _chosen(
    dither: Dither,
    canvas: core.dither.Canvas,
    colors: NDArray[np.uint8],
    labels: NDArray[np.uint16],
    palette: NDArray[np.uint8],
    space: SpaceName,
    threads: int,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The indices of a canvas by a method that starts from the nearest entries of its colours."""
    places = canvas.coordinates
    if places is None:
        places = coordinates(colors, space, threads)
    if dither.name == "adaptive":
        return canvas.adapt(places, labels, dither.strength, threads)
    return canvas.order(
        dither.name == "blue-noise",
        colors,
        places,
        labels,
        _lightness(palette),
        dither.strength,
        threads,
        *dither.origin,
    )


def diffused(
    dither: Dither,
    pixels: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    space: SpaceName,
    threads: int,
    colors: NDArray[np.uint8] | None = None,
    places: NDArray[np.int16] | None = None,
) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], float]:
    """Dither pixels by error diffusion; returns indices and error like `dithered`.

    The distinct `colors` of the pixels, and their coordinates, save time where they are known.
    """
    canvas = _canvas(pixels, palette, space, threads, colors, places)
    indices, error = canvas.diffuse(dither.name == "atkinson", dither.strength, threads)
    if space != "rgb":
        error = _error(indices, pixels, canvas, palette, space, threads, colors)
    return indices, error


def _error(
    indices: NDArray[np.uint8] | NDArray[np.uint16],
    pixels: NDArray[np.uint8],
    canvas: core.dither.Canvas,
    palette: NDArray[np.uint8],
    space: SpaceName,
    threads: int,
    colors: NDArray[np.uint8] | None,
) -> float:
    """The squared error of indices, in levels for any colour space."""
    if space == "rgb":
        return canvas.error(indices, threads)
    return squared_error(pixels, indices, palette, threads, colors)


def squared_error(
    pixels: NDArray[np.uint8],
    indices: NDArray[np.uint8] | NDArray[np.uint16],
    palette: NDArray[np.uint8],
    threads: int,
    colors: NDArray[np.uint8] | None = None,
) -> float:
    """The squared error of indices, which may be those of a part of an image, in levels."""
    return _canvas(pixels, palette, "rgb", threads, colors).error(indices, threads)


def _canvas(
    pixels: NDArray[np.uint8],
    palette: NDArray[np.uint8],
    space: SpaceName,
    threads: int,
    colors: NDArray[np.uint8] | None,
    places: NDArray[np.int16] | None = None,
) -> core.dither.Canvas:
    """An image and a palette in the form that the engine takes.

    Coordinates, of the distinct colours or of all pixels, are needed only where they are not the
    levels themselves.
    """
    channels = pixels.shape[2]
    if are_levels(space, channels):
        places = None
    elif places is None:
        given = pixels.reshape(-1, channels) if colors is None else colors
        places = coordinates(given, space, threads)
    transparent = coordinates(np.zeros((1, channels), np.uint8), space)
    entries = coordinates(palette, space, threads)
    return core.dither.Canvas(pixels, entries, transparent, places, colors, threads)


def _lightness(colors: NDArray[np.uint8]) -> NDArray[np.uint16]:
    """The rank of each colour by its lightness, over mid-grey with alpha; 0 is the darkest."""
    axes = coordinates(colors)[:, :3].astype(np.int64)
    lightness = axes @ np.array(LIGHTNESS)  # grey has only the first coordinate
    rank = np.empty(len(colors), np.uint16)
    rank[np.argsort(lightness, kind="stable")] = np.arange(len(colors))
    return rank
