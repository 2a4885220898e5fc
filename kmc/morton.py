"""Morton keys: the order that colours have in a histogram."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def morton_keys(colors: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The bits of the channels interleaved from the top down, first channel first.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.morton import morton_keys
    >>> morton_keys(np.array([[1, 0, 0], [0, 2, 3]], np.uint8)).tolist()
    [4, 25]
    """
    channels = colors.shape[1]
    levels = np.arange(256, dtype=np.uint32)
    spread = np.zeros(256, np.uint32)
    for bit in range(8):
        spread |= (levels >> bit & 1) << (bit * channels)
    keys = np.zeros(len(colors), np.uint32)
    for channel in range(channels):
        keys |= spread[colors[:, channel]] << np.uint32(channels - 1 - channel)
    return keys
