"""Palette indices as pixels, as Pillow images, and packed in bits, as the writers take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import rgb_colors

if TYPE_CHECKING:
    from PIL import Image

# Pixels per block: NumPy widens indices to 8 bytes before it looks them up.
_BLOCK = 1 << 16


def painted(
    indices: NDArray[np.uint8] | NDArray[np.uint16], colors: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Look up the pixels (H, W, C) of palette indices."""
    pixels = np.empty((indices.size, colors.shape[1]), np.uint8)
    flat = indices.reshape(-1)
    for start in range(0, flat.size, _BLOCK):
        block = slice(start, start + _BLOCK)
        pixels[block] = np.take(colors, flat[block], axis=0)
    return pixels.reshape(*indices.shape, colors.shape[1])


def pillow_image(
    indices: NDArray[np.uint8] | NDArray[np.uint16], colors: NDArray[np.uint8]
) -> Image.Image:
    """A Pillow image of mode "P" with exactly these entries; of other modes where k > 256."""
    from PIL import Image

    if len(colors) > 256:
        return painted_image(indices, colors)
    height, width = indices.shape
    picture = Image.frombytes("P", (width, height), indices.astype(np.uint8).tobytes())
    picture.putpalette(rgb_colors(colors).tobytes(), "RGB")
    transparency = _transparency(colors)
    if transparency is not None:
        picture.info["transparency"] = transparency
    return picture


def painted_image(
    indices: NDArray[np.uint8] | NDArray[np.uint16], colors: NDArray[np.uint8]
) -> Image.Image:
    """A Pillow image of mode "L", "RGB", or "RGBA" where a colour is not opaque."""
    from PIL import Image

    if is_opaque(colors):
        colors = colors[:, :3]
    pixels = painted(indices, colors)
    return Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)


def is_opaque(colors: NDArray[np.uint8]) -> bool:
    """Whether no palette colour is transparent."""
    return bool((colors[:, 3:] == 255).all())


def _transparency(colors: NDArray[np.uint8]) -> int | bytes | None:
    """Alpha as Pillow takes it: the index of one transparent entry, all alphas, or None."""
    alpha = colors[:, 3:].ravel()
    below = np.flatnonzero(alpha < 255)
    if not len(below):
        return None
    if len(below) == 1 and alpha[below[0]] == 0:  # the only form that GIF can store
        return int(below[0])
    return alpha[: below[-1] + 1].tobytes()


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
