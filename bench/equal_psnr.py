"""The smallest JPEG that is as near to a picture as another version of it is."""

from __future__ import annotations

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def smallest_jpeg(pixels: NDArray[np.uint8], psnr: float) -> int | None:
    """The bytes of the smallest JPEG of at least that PSNR; None if no quality reaches it.

    The quality is found by bisection, with and without subsampled chroma.
    """
    sizes = []
    for subsampling in (0, 2):
        low, high = 1, 100
        if psnr_of(jpeg(pixels, high, subsampling), pixels) < psnr:
            continue
        while low < high:
            middle = (low + high) // 2
            if psnr_of(jpeg(pixels, middle, subsampling), pixels) >= psnr:
                high = middle
            else:
                low = middle + 1
        sizes.append(len(jpeg(pixels, high, subsampling)))
    return min(sizes, default=None)


def jpeg(pixels: NDArray[np.uint8], quality: int, subsampling: int) -> bytes:
    """A JPEG file with optimized tables."""
    file = io.BytesIO()
    settings = {"quality": quality, "subsampling": subsampling, "optimize": True}
    Image.fromarray(pixels).save(file, "JPEG", **settings)
    return file.getvalue()


def psnr_of(data: bytes, pixels: NDArray[np.uint8]) -> float:
    """How near a file's picture is to the pixels, in dB over all channels."""
    with Image.open(io.BytesIO(data)) as picture:
        off = np.asarray(picture).astype(np.int64) - pixels
    mse = float((off**2).mean())
    return math.inf if mse == 0 else 10 * math.log10(255**2 / mse)
