"""Pictures with alpha made opaque, or of opaque and clear pixels only, for formats without it."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.colors.arrays import checked_colors
from kmc.colors.spaces import coordinates
from kmc.errors import ArgumentError
from kmc.images.compositing import over
from kmc.utils.arguments import one_of, whole

Threshold = int | Literal["dither"]


class Transparency(NamedTuple):
    """What is made of alpha: an opaque colour is laid under it, or it is rounded; or neither."""

    background: tuple[int, ...] | None = None
    threshold: Threshold | None = None

    def applied(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pixels (H, W, C) with such an alpha, or without: the same array if nothing changes."""
        if self.background is not None:
            pixels = over(pixels, self.background)
        if self.threshold is not None:
            pixels = with_binary_alpha(pixels, self.threshold)
        return pixels


def checked_transparency(background: Any, alpha_threshold: Any) -> Transparency:
    """The options `background` and `alpha_threshold`, checked.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        One of them is out of range or of the wrong type, or both are given.
    """
    ground: tuple[int, ...] | None = None
    if background is not None:
        if alpha_threshold is not None:
            raise ArgumentError(
                "background and alpha_threshold exclude each other: a background leaves no alpha"
            )
        colors = checked_colors("background", [background])
        if colors.shape[1] != 3:
            raise ArgumentError(f"background must be an opaque colour: #ffffff, not {background!r}")
        ground = tuple(colors[0].tolist())
    if alpha_threshold is None:
        return Transparency(ground)
    if isinstance(alpha_threshold, str):
        one_of("alpha_threshold", alpha_threshold, ("dither",))
        return Transparency(ground, "dither")
    return Transparency(ground, whole("alpha_threshold", alpha_threshold, 1, 255))


def with_binary_alpha(pixels: NDArray[np.uint8], threshold: Threshold) -> NDArray[np.uint8]:
    """Pixels (H, W, 4) of at least this alpha made opaque, the others (0, 0, 0, 0).

    With "dither", both are mixed by blue noise. What is opaque everywhere loses
    its alpha; pixels (H, W, C) without alpha stay as they are.
    """
    if pixels.shape[2] < 4:
        return pixels
    alpha = np.ascontiguousarray(pixels[:, :, 3])
    opaque = _mixed(alpha) if threshold == "dither" else alpha >= threshold
    if opaque.all():
        return np.ascontiguousarray(pixels[:, :, :3])
    found = np.where(opaque[:, :, None], pixels, np.uint8(0))
    found[:, :, 3] = 255 * opaque
    return found


def _mixed(alpha: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Where alpha (H, W) is dithered to 255, by the ordered dithering of grey pictures."""
    levels, ends = np.arange(256, dtype=np.uint8)[:, None], np.array([[0], [255]], np.uint8)
    nearest, lightness = (levels[:, 0] > 127).astype(np.uint16), np.arange(2, dtype=np.uint16)
    entries = coordinates(ends)
    canvas = core.dither.Canvas(alpha[:, :, None], entries, entries[:1], None, levels)
    strength, threads = 256, 1
    mixed = canvas.order(True, levels, coordinates(levels), nearest, lightness, strength, threads)
    opaque: NDArray[np.bool_] = mixed == 1
    return opaque
