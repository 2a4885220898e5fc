"""The difference of two pictures: mean and largest error, and structural similarity."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import color_channels
from kmc.colors.quality import SPACE, picture_quality
from kmc.colors.spaces import UNITS_PER_LEVEL, SpaceName, coordinates
from kmc.errors import ImageShapeError
from kmc.images.compositing import BLACK, WHITE, over

# The window and the constants of the paper; levels go up to 255.
_RADIUS, _SIGMA = 5, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2

# Rows worked on at a time, so that no more memory is needed for a large picture than for a small.
_ROWS = 128


@dataclass(frozen=True, slots=True)
class Similarity:
    """How much two pictures differ.

    Attributes
    ----------
    mse : float
        Squared differences, summed over the channels and averaged over the pixels, in 8-bit levels
        squared: what `IndexedImage.mse` is. With alpha, the mean over black and over white.
    psnr : float
        Peak signal-to-noise ratio in dB, of the mean over the color channels; infinite for equals.
    quality : float
        What people see of the difference, 0 to 100, 100 for equals: of differences in Oklab, of
        which those that cancel out among 3 x 3 pixels count a fifth, as dithering does.
    ssim : float
        Structural similarity, 1 for equals; NaN where a side has fewer than 11 pixels. With alpha,
        the lower one of over black and over white.
    max_error : int
        The largest difference of any value; with alpha, over black or over white.
    """

    mse: float
    psnr: float
    quality: float
    ssim: float
    max_error: int


def similarity(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Similarity:
    """Compare two pictures of one size.

    Parameters
    ----------
    first, second : ndarray of uint8, shape (H, W, C)
        C = 1, 3 or 4 each; where they differ, grey becomes RGB, and RGB gets an opaque alpha.

    Returns
    -------
    Similarity

    Raises
    ------
    ImageShapeError
        They have different sizes.
    """
    if first.shape[:2] != second.shape[:2]:
        (h, w), (other_h, other_w) = first.shape[:2], second.shape[:2]
        raise ImageShapeError(f"differ in size: {w} x {h} and {other_w} x {other_h} pixels")
    channels = max(first.shape[2], second.shape[2])
    total, largest, structure, measured = 0.0, 0, [0.0, 0.0], 0
    seen, seen_locally = 0, 0
    height, width = first.shape[:2]
    for top in range(0, height, _ROWS):
        # The window of the last of these rows reaches into the next ones.
        rows = slice(top, min(top + _ROWS + 2 * _RADIUS, height))
        a, b = widened(first[rows], channels), widened(second[rows], channels)
        total += _squared_error(a[:_ROWS], b[:_ROWS])
        around = slice(max(0, top - 1), top + _ROWS + 1)
        off = _difference(widened(first[around], channels), widened(second[around], channels))
        own = slice(min(1, top), min(1, top) + _ROWS)
        seen += int(np.square(off[own]).sum())
        seen_locally += int(np.square(_sums_around(off)[own]).sum())
        backgrounds = (BLACK, WHITE) if channels == 4 else (BLACK,)
        for i, background in enumerate(backgrounds):
            seen_a, seen_b = over(a, background), over(b, background)
            apart = seen_a[:_ROWS].astype(np.int16) - seen_b[:_ROWS]
            largest = max(largest, int(np.abs(apart).max()))
            values = _ssim_map(seen_a.astype(np.float64), seen_b.astype(np.float64))
            structure[i] += float(values.sum())
        measured += values.size
    mse = total / (height * width)
    quality = picture_quality(
        seen / (height * width * UNITS_PER_LEVEL**2),
        seen_locally / (81 * height * width * UNITS_PER_LEVEL**2),
    )
    lowest = min(structure[: len(backgrounds)]) / measured if measured else math.nan
    psnr = 10 * math.log10(255**2 * color_channels(channels) / mse) if mse else math.inf
    return Similarity(mse, psnr, quality, lowest, largest)


def ssim(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Structural similarity [1]_: of each channel, averaged.

    With the Gaussian window of 11 x 11 pixels and the constants of the paper, population variances,
    and only windows that lie inside the picture.

    Parameters
    ----------
    first, second : ndarray of uint8, shape (H, W, C)
        As `similarity` takes them.

    Returns
    -------
    float
        At most 1; NaN where a side has fewer than 11 pixels.

    References
    ----------
    .. [1] Z. Wang, A. C. Bovik, H. R. Sheikh and E. P. Simoncelli, "Image quality assessment: from
       error visibility to structural similarity", IEEE Transactions on Image Processing 13(4),
       2004.
    """
    return similarity(first, second).ssim


def widened(pixels: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """Convert pixels to at least `channels` channels."""
    if pixels.shape[2] == 1 and channels > 1:
        pixels = np.repeat(pixels, 3, axis=2)
    if pixels.shape[2] == 3 and channels == 4:
        opaque = np.full((*pixels.shape[:2], 1), 255, np.uint8)
        pixels = np.concatenate((pixels, opaque), axis=2)
    return pixels


def _squared_error(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> float:
    """The error as the engine computes it: with alpha, from coordinates."""
    if a.shape[2] < 4:
        return float(np.square(a.astype(np.int32) - b).sum(dtype=np.int64))
    return float(np.square(_difference(a, b, "rgb")).sum()) / UNITS_PER_LEVEL**2


def _difference(
    a: NDArray[np.uint8], b: NDArray[np.uint8], space: SpaceName = SPACE
) -> NDArray[np.int64]:
    """The difference of coordinates, (H, W, 4)."""
    flat = (np.ascontiguousarray(pixels).reshape(-1, pixels.shape[2]) for pixels in (a, b))
    places = (coordinates(pixels, space).astype(np.int64) for pixels in flat)
    return (next(places) - next(places)).reshape(*a.shape[:2], 4)


def _sums_around(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sum of each 3 x 3 values; those at the edges count as often as needed."""
    for axis in (0, 1):
        padding = [(1, 1) if each == axis else (0, 0) for each in range(3)]
        padded = np.pad(values, padding, mode="edge")
        first, second, third = (
            np.take(padded, range(at, at + values.shape[axis]), axis) for at in range(3)
        )
        values = first + second + third
    return values


def _ssim_map(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The similarity of every window that lies inside, channel by channel."""
    mean_a, mean_b = _blurred(a), _blurred(b)
    var_a = _blurred(a * a) - mean_a * mean_a
    var_b = _blurred(b * b) - mean_b * mean_b
    cov = _blurred(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + _C1) / (mean_a * mean_a + mean_b * mean_b + _C1)
    return luminance * (2 * cov + _C2) / (var_a + var_b + _C2)


def _blurred(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The Gaussian mean of each window: (H, W, C) becomes (H - 10, W - 10, C)."""
    offsets = np.arange(-_RADIUS, _RADIUS + 1)
    weights = np.exp(-0.5 * (offsets / _SIGMA) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        n = max(0, values.shape[axis] - 2 * _RADIUS)
        values = sum(
            weight * np.take(values, range(at, at + n), axis) for at, weight in enumerate(weights)
        )
    return values
