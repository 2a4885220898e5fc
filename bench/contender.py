"""What a contender is, what it answers, and how an answer is verified and scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.pictures import Picture

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Answer:
    """An indexed picture: one palette index a pixel, with the palette as the tool left it.

    Tools that end with real-valued centroids fill `centroids`; `colors` is what a file would
    hold, by default the centroids rounded to whole levels.
    """

    indices: NDArray[Any]  # (n,) or (H, W)
    colors: NDArray[Any] | None = None  # (k, C) uint8
    centroids: NDArray[Any] | None = None  # (k, C) real
    iterations: int | None = None
    claimed_mse: float | None = None  # what the tool itself says, checked when given

    def palette(self) -> Pixels:
        """The colours of the repainted picture, (k, C) uint8."""
        if self.colors is not None:
            return self.colors.astype(np.uint8)
        if self.centroids is None:
            raise ValueError("an answer without a palette")
        whole: Pixels = np.rint(self.centroids).clip(0, 255).astype(np.uint8)
        return whole


def unchanged(value: Any) -> Any:
    """For contenders that take pixels as they are, or return an Answer themselves."""
    return value


@dataclass(frozen=True)
class Contender:
    """One tool in one setting. Only `run` is timed."""

    label: str
    version: str
    run: Callable[[Any, int], Any]  # (prepared pixels, k) to a result
    prepare: Callable[[Pixels], Any] = unchanged  # pixels to the form the tool takes
    read: Callable[[Any], Answer] = unchanged  # a result to an Answer
    slow: bool = False  # seconds a picture: timed less often
    per_iteration: bool = False  # its time is scaled to as many iterations as kmc took
    max_k: int = 65536


@dataclass(frozen=True)
class Score:
    """Squared error a pixel, summed over the channels."""

    mse: float  # of the repainted uint8 picture
    unrounded: float | None  # of the real-valued centroids, every pixel to its nearest


def verify(answer: Answer, picture: Picture, k: int) -> None:
    """Raise ValueError unless the answer is an indexed picture of at most k colours."""
    indices = np.asarray(answer.indices).ravel()
    palette = answer.palette()
    if indices.size != picture.n_pixels:
        raise ValueError(f"{indices.size} indices for {picture.n_pixels} pixels")
    if palette.ndim != 2 or not 1 <= len(palette) <= k:
        raise ValueError(f"a palette of shape {palette.shape} where at most {k} were asked for")
    if indices.min() < 0 or indices.max() >= len(palette):
        raise ValueError("an index points outside the palette")
    if answer.centroids is not None and not np.isfinite(answer.centroids).all():
        raise ValueError("a centroid is not a number")
    if answer.claimed_mse is not None:
        measured = score(answer, picture).mse
        if not np.isclose(answer.claimed_mse, measured, rtol=1e-9, atol=1e-9):
            raise ValueError(f"an MSE of {answer.claimed_mse} is claimed where it is {measured}")


def score(answer: Answer, picture: Picture) -> Score:
    """The errors of an answer, computed here and not by the tool."""
    pixels = picture.pixels.reshape(picture.n_pixels, -1)
    repainted = answer.palette()[np.asarray(answer.indices).ravel()]
    difference = np.subtract(repainted, pixels, dtype=np.int16).astype(np.int64)
    mse = float(np.square(difference).sum() / picture.n_pixels)
    if answer.centroids is None:
        return Score(mse, None)
    return Score(mse, nearest_mse(picture, np.asarray(answer.centroids, dtype=np.float64)))


def nearest_mse(picture: Picture, centroids: NDArray[np.float64]) -> float:
    """MSE with every pixel at its nearest centroid, over the distinct colours of the picture."""
    colors, counts = picture.distinct
    total = 0.0
    for start in range(0, len(colors), 16384):
        part = colors[start : start + 16384]
        # |x - c|^2 = |x|^2 - 2 x.c + |c|^2
        distances = np.square(centroids).sum(axis=1) - 2.0 * (part @ centroids.T)
        nearest = distances.min(axis=1) + np.square(part).sum(axis=1)
        total += float(nearest @ counts[start : start + 16384])
    return total / picture.n_pixels
