"""SSIMULACRA2, an index of what people see of a difference, by the package of that name."""

from __future__ import annotations

import importlib
import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kmc.errors import MissingPackageError
from kmc.images.compositing import BLACK, WHITE, over
from kmc.images.similarity import widened

# The index is not defined where a side is shorter.
_LEAST_SIDE = 8


def ssimulacra2(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """The SSIMULACRA2 index [1]_ of the second picture against the first.

    Parameters
    ----------
    first, second : ndarray of uint8, shape (H, W, C)
        As `kmc.images.similarity.similarity` takes them, of one size.

    Returns
    -------
    float
        At most 100; 90 is hard to tell from the original, 70 is high, 50 medium quality. With
        alpha, the lower one of over black and over white. NaN where a side has fewer than 8 pixels.

    Raises
    ------
    MissingPackageError
        The package ssimulacra2 is not installed.

    References
    ----------
    .. [1] J. Sneyers, "SSIMULACRA 2: Structural SIMilarity Unveiling Local And Compression Related
       Artifacts", Cloudinary, 2023.
    """
    try:
        measure = importlib.import_module("ssimulacra2").compute_ssimulacra2
    except ImportError:
        raise MissingPackageError(
            "SSIMULACRA2 needs the package ssimulacra2, which is not installed: "
            'pip install "kmc-quantize[compare]"'
        ) from None
    if min(first.shape[:2]) < _LEAST_SIDE:
        return math.nan
    channels = max(3, first.shape[2], second.shape[2])
    pair = widened(first, channels), widened(second, channels)
    backgrounds = (BLACK, WHITE) if channels == 4 else (BLACK,)
    return min(
        float(measure(*(_file(over(each, background)) for each in pair)))
        for background in backgrounds
    )


def _file(pixels: NDArray[np.uint8]) -> io.BytesIO:
    """The file in memory that the package reads."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    file.seek(0)
    return file
