"""Reference versions of the pixel functions in plain NumPy: slow, but obviously right."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from kmc.colors.spaces import coordinates


def morton_keys(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The bits of the channels interleaved from the top bit down, first channel first.

    >>> [bin(key) for key in morton_keys(np.array([[255, 0, 0], [1, 0, 2]], np.uint8)).tolist()]
    ['0b100100100100100100100100', '0b1100']
    """
    keys = np.zeros(colors.shape[:-1], np.uint32)
    for bit in range(7, -1, -1):
        for channel in range(colors.shape[-1]):
            keys = keys << np.uint32(1) | (colors[..., channel] >> bit & 1)
    return keys


def histogram(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The distinct colours in Morton order, and how many pixels have each.

    >>> colors, counts = histogram(np.array([[[9], [7], [9]]], np.uint8))
    >>> colors.tolist(), counts.tolist()
    ([[7], [9]], [1, 2])
    """
    flat = pixels.reshape(-1, pixels.shape[-1])
    _, first, counts = np.unique(morton_keys(flat), return_index=True, return_counts=True)
    return flat[first], counts.astype(np.int64)


def remap(
    pixels: NDArray[np.uint8], colors: NDArray[np.uint8], labels: NDArray[np.uint16], k: int
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The label of every pixel's colour.

    >>> colors = np.array([[7], [9]], np.uint8)
    >>> remap(colors[[[1, 0]]], colors, np.array([5, 3], np.uint16), 6).tolist()
    [[3, 5]]
    """
    where = np.searchsorted(morton_keys(colors), morton_keys(pixels))
    return labels[where].astype(np.uint8 if k <= 256 else np.uint16)


def assign(
    pixels: NDArray[np.uint8], palette: NDArray[np.uint8]
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """The nearest palette colour of every pixel, the lowest index on ties.

    >>> assign(np.array([[5], [9]], np.uint8), np.array([[4], [6], [9]], np.uint8)).tolist()
    [0, 2]
    """
    dtype = np.uint8 if len(palette) <= 256 else np.uint16
    nearest = np.empty(len(pixels), dtype)
    for begin in range(0, len(pixels), 64):
        block = pixels[begin : begin + 64, None].astype(np.int64)
        distances = ((block - palette[None].astype(np.int64)) ** 2).sum(axis=2)
        nearest[begin : begin + 64] = distances.argmin(axis=1)
    return nearest


def accumulate(
    pixels: NDArray[np.uint8], labels: NDArray[np.integer], k: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many pixels have each label, and the sums of their channels.

    >>> counts, sums = accumulate(np.array([[5], [9]], np.uint8), np.array([1, 1]), 2)
    >>> counts.tolist(), sums.tolist()
    ([0, 2], [[0], [14]])
    """
    sums = np.zeros((k, pixels.shape[1]), np.int64)
    np.add.at(sums, labels, pixels)
    return np.bincount(labels, minlength=k), sums


def quality_by_colors(picture: NDArray[np.uint8], made: NDArray[np.uint8]) -> float:
    """By the root mean squared distance in Oklab."""
    channels = picture.shape[2]
    flat = (np.ascontiguousarray(each).reshape(-1, channels) for each in (picture, made))
    first, second = (coordinates(each, "oklab") / 64 for each in flat)
    return 100 - 8.6 * math.sqrt(((first - second) ** 2).sum(axis=1).mean())
