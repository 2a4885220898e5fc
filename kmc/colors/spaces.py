"""Colour spaces: conversion of colours to the coordinates that distances are taken in, and back.

Every colour has four coordinates, in 64ths of a level. The first three of an opaque RGB colour are:

======  ========================================================================================
space   coordinates
======  ========================================================================================
rgb     red, green, blue, 0 to 255 levels each, as files store them
linear  linear light by the sRGB transfer function [1]_, 0 to 255 levels each
oklab   255 L, 255 a + 128, 255 b + 128 of Oklab [2]_
lab     L*, a* + 128, b* + 128 of CIE 1976 under D65 [3]_: a level is a Delta E of 1
======  ========================================================================================

A grey colour has only the first one, its lightness. Other coordinates are 0.

With alpha, squared distances are the mean of what is seen over black and over white. Over black, a
channel of opacity a has the value c a, over white c a + w (1 - a). The mean of both squared
differences is that of c a + w/2 (1 - a), plus (w/2)**2 times that of 1 - a: a fourth coordinate.
So colours lie on lines from the grey between black and white, where all those of alpha 0 have the
same coordinates, to where opaque colours lie, as without alpha. The fourth coordinate is
w/2 (1 - a) in oklab and lab, where backgrounds differ in lightness alone, and sqrt(3) times that in
rgb and linear, where they differ in three channels.

.. [1] IEC 61966-2-1.
.. [2] B. Ottosson, "A perceptual color space for image processing", 2020.
.. [3] CIE 15, Colorimetry.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.utils.arguments import one_of

SpaceName = Literal["rgb", "linear", "oklab", "lab"]
SPACES: tuple[SpaceName, ...] = ("rgb", "linear", "oklab", "lab")

# The default `tol` is divided by these, since distances are smaller than in rgb.
TOL_DIVISORS: dict[SpaceName, int] = {"rgb": 1, "linear": 1, "oklab": 3, "lab": 3}

Floats = NDArray[np.float64]

# Coordinates are integers, in 64ths of a level.
UNITS_PER_LEVEL = 64


def checked_space(space: Any) -> SpaceName:
    """The option `space`, checked."""
    one_of("space", space, SPACES)
    known: SpaceName = space
    return known


def are_levels(space: SpaceName, channels: int) -> bool:
    """Whether coordinates are the levels themselves, in 64ths: those of rgb without alpha."""
    return space == "rgb" and channels < 4


def coordinates(
    colors: NDArray[np.uint8], space: SpaceName = "rgb", threads: int = 1
) -> NDArray[np.int16]:
    """Convert colours to coordinates.

    Parameters
    ----------
    colors : ndarray of uint8, shape (n, C)
        C = 1, 3 or 4 (straight alpha).
    space : {"rgb", "linear", "oklab", "lab"}, default "rgb"
    threads : int, default 1
        Maximum number of threads.

    Returns
    -------
    ndarray of int16, shape (n, 4)
        In 64ths of a level, 0 to 16 383.
    """
    return core.colors.coordinates(np.ascontiguousarray(colors), _engine_space(space), threads)


def to_colors(points: Floats, channels: int, space: SpaceName = "rgb") -> Floats:
    """Convert coordinates back to colours, clipped to 0 to 255 but not rounded.

    Parameters
    ----------
    points : ndarray of float64, shape (k, 4)
        Coordinates in levels, like centroids.
    channels : int
        C of the colours: 1, 3 or 4 (straight alpha).
    space : {"rgb", "linear", "oklab", "lab"}, default "rgb"

    Returns
    -------
    ndarray of float64, shape (k, C)
        Between two levels, linear light is interpolated.
    """
    axes = [points[:, i] for i in range(3)]
    if channels == 1:
        axes[1:] = (np.full(len(points), level) for level in transparent_point(space)[1:3])
    opacity = np.ones(len(points))
    if channels == 4:
        opacity = _opacity(points, space)
        axes = list(opaque_centroids(points, space)[:, :3].T)
    if space != "rgb":
        axes = _levels_of_light(_light_of_axes(axes, space))
    found = np.stack((*axes, 255 * opacity), axis=1)[:, : 4 if channels == 4 else channels]
    found[opacity == 0] = 0
    return found.clip(0, 255)


def to_rounded_colors(points: Floats, channels: int, space: SpaceName = "rgb") -> NDArray[np.uint8]:
    """Convert coordinates back to 8-bit colours, rounding halves up."""
    return np.floor(to_colors(points, channels, space) + 0.5).astype(np.uint8)


def opaque_centroids(points: Floats, space: SpaceName = "rgb") -> Floats:
    """The coordinates, in levels, of the same colours with full opacity."""
    opacity = _opacity(points, space)[:, None]
    start = transparent_point(space)
    divided = start + (points - start) / np.where(opacity > 0, opacity, 1)
    opaque = np.where(opacity < 1, divided, points)
    opaque[:, 3] = 0
    return opaque


def to_centroids(colors: NDArray[np.uint8], space: SpaceName = "rgb") -> Floats:
    """Convert colours to centroids: coordinates in levels, (k, 4)."""
    return coordinates(colors, space) / UNITS_PER_LEVEL


def pad_to_four(points: NDArray[Any]) -> Floats:
    """Pad points (k, C) with zeros to the four coordinates that the engine takes."""
    padded = np.zeros((len(points), 4))
    padded[:, : points.shape[1]] = points
    return padded


@cache
def transparent_point(space: SpaceName = "rgb") -> Floats:
    """Where transparent colours lie, (4,), in levels."""
    found: Floats = to_centroids(np.zeros((1, 4), np.uint8), space)[0]
    found.setflags(write=False)
    return found


def _opacity(points: Floats, space: SpaceName) -> Floats:
    """The alpha of coordinates, 0 to 1."""
    opacity: Floats = (1 - points[:, 3] / transparent_point(space)[3]).clip(0, 1)
    return opacity


@cache
def _engine_space(space: SpaceName) -> core.colors.Space | None:
    """The tables of a colour space, for the engine."""
    if space == "rgb":
        return None
    from kmc.colors.space_definitions import DEFINITIONS, LIGHT, RESPONSE, cube_roots, mixing_table

    definition = DEFINITIONS[space]
    toe = (0, 0, 0)
    if definition.toe:  # below (6/29)**3 the root is 841/108 of the light, plus 4/29
        toe = (LIGHT * 216 // 24389, RESPONSE * 841 // 108, RESPONSE * 4 // 29)
    unit = UNITS_PER_LEVEL << 16
    return core.colors.Space(
        mixing_table(definition),
        cube_roots() if definition.root else None,
        toe,
        np.array([[round(value * unit) for value in row] for row in definition.axes], np.int64),
        tuple((2 * UNITS_PER_LEVEL * offset + 1) << 39 for offset in definition.offset),
        definition.transparent(UNITS_PER_LEVEL),
    )


@cache
def _inverses(space: SpaceName) -> tuple[list[list[float]], list[list[float]]]:
    """The inverses of the two matrices of a space, `axes` and `cones`."""
    from kmc.colors.space_definitions import DEFINITIONS, inverse

    definition = DEFINITIONS[space]
    both = inverse(definition.axes), inverse(definition.cones)
    axes, cones = ([[float(value) for value in row] for row in matrix] for matrix in both)
    return axes, cones


@cache
def _light() -> Floats:
    """Linear light of each level, with 1 for white."""
    from kmc.colors.space_definitions import LIGHT, light_of_levels

    return np.array(light_of_levels(), np.float64) / LIGHT


def _applied(matrix: list[list[float]], axes: list[Floats]) -> list[Floats]:
    """A matrix times three axes, summed in a fixed order, which BLAS does not guarantee."""
    x, y, z = axes
    return [a * x + b * y + c * z for a, b, c in matrix]


def _light_of_axes(axes: list[Floats], space: SpaceName) -> list[Floats]:
    """Linear red, green and blue light, with 1 for white."""
    from kmc.colors.space_definitions import DEFINITIONS

    definition = DEFINITIONS[space]
    of_axes, of_lights = _inverses(space)
    centred = [axis - at for axis, at in zip(axes, definition.offset, strict=True)]
    lights = _applied(of_axes, centred)
    if definition.root:
        toe = 6 / 29 if definition.toe else -np.inf
        lights = [
            np.where(root > toe, root * root * root, (root - 4 / 29) * (108 / 841))
            for root in lights
        ]
    return _applied(of_lights, lights)


def _levels_of_light(lights: list[Floats]) -> list[Floats]:
    """The inverse of the transfer function, interpolated between levels."""
    table, found = _light(), []
    for light in lights:
        below = (np.searchsorted(table, light, side="right") - 1).clip(0, 254)
        fraction = (light - table[below]) / (table[below + 1] - table[below])
        found.append(below + fraction.clip(0, 1))
    return found
