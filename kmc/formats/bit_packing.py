"""Indices in few bits: several of them in a byte, as PNG, BMP and TIFF hold them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def index_bits(k: int, depths: tuple[int, ...] = (1, 2, 4, 8)) -> int:
    """The smallest bit depth that can hold the indices of k colours."""
    return next(bits for bits in depths if k <= 1 << bits)


def packed_rows(indices: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """The rows as bytes, padded with zeros; the first index of a byte is in its highest bits.

    Parameters
    ----------
    indices : ndarray of uint8, shape (H, W)
        Each below ``2**bits``.
    bits : int
        1, 2, 4 or 8.

    Returns
    -------
    ndarray of uint8, shape (H, ceil(W * bits / 8))
    """
    if bits == 8:
        return np.ascontiguousarray(indices)
    height, width = indices.shape
    per_byte = 8 // bits
    padded = np.zeros((height, -(-width // per_byte) * per_byte), np.uint8)
    padded[:, :width] = indices
    rows = np.zeros((height, padded.shape[1] // per_byte), np.uint8)
    for i in range(per_byte):
        rows |= padded[:, i::per_byte] << (8 - bits - bits * i)
    return rows
