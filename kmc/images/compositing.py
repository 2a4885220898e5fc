"""Pictures with alpha as they are seen over a background."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def over(pixels: NDArray[np.uint8], background: tuple[int, ...]) -> NDArray[np.uint8]:
    """Pixels (H, W, C) laid over a colour, rounded; those without alpha stay as they are."""
    if pixels.shape[2] < 4:
        return pixels
    alpha = pixels[:, :, 3:].astype(np.uint16)
    ground = np.array(background, np.uint16)
    return ((pixels[:, :, :3] * alpha + ground * (255 - alpha) + 127) // 255).astype(np.uint8)
