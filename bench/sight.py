"""Similarity of two pictures as seen: PSNR after a small blur, and by SSIMULACRA2."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bench.contender import Pixels
from bench.rivals import installed
from kmc.images import ssimulacra2 as index

SIGMA = 1.5  # pixels: about the blur of a screen seen from arm's length


def blurred(pixels: Pixels) -> NDArray[np.float64]:
    """Gaussian blur, with the border pixels repeated beyond the edges."""
    reach = math.ceil(4 * SIGMA)
    weights = np.exp(-np.square(np.arange(-reach, reach + 1)) / (2 * SIGMA**2))
    weights /= weights.sum()
    found = pixels.astype(np.float64)
    for axis in (0, 1):
        width = [(reach, reach) if a == axis else (0, 0) for a in range(3)]
        wide, n = np.pad(found, width, mode="edge"), found.shape[axis]
        found = sum(
            weight * np.take(wide, range(i, i + n), axis) for i, weight in enumerate(weights)
        )
    return found


def blurred_psnr(original: Pixels, other: Pixels) -> float:
    """PSNR in dB once both are blurred; inf where they are the same."""
    error = float(np.square(blurred(original) - blurred(other)).mean())
    return 10 * math.log10(255**2 / error) if error > 0 else math.inf


def ssimulacra2(original: Pixels, other: Pixels) -> float | None:
    """SSIMULACRA2, 100 for equal pictures; None where the package of that name is missing."""
    if installed("ssimulacra2") is None:
        return None
    return index.ssimulacra2(original, other)
