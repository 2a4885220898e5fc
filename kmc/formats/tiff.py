"""TIFF files with a palette (TIFF 6.0), compressed by deflate.

Pillow's writer gives each index a byte; this one 1, 4 or 8 bits, as few as the palette allows. The
file's directory is written by Pillow.
"""

from __future__ import annotations

import io
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import rgb_colors
from kmc.formats.painting import index_bits, packed_rows
from kmc.formats.png_compression import FAST, deflated

_DEPTHS = (1, 4, 8)
_STRIP = 1 << 17  # bytes before compression

# Numbers of tags, and of their types and values.
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_SIZES, _PLANES = 273, 277, 278, 279, 284
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT, _COLOR_MAP = 282, 283, 296, 320
_ICC_PROFILE = 34675
_LONG = 4
_DEFLATE, _PALETTE, _INCH = 8, 3, 2


def tiff_bytes(
    indices: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    *,
    tiffinfo: dict[int, Any] | None = None,
    icc_profile: bytes | None = None,
    dpi: tuple[float, float] | None = None,
) -> bytes:
    """The TIFF file of an indexed image.

    Parameters
    ----------
    indices : ndarray of uint8, shape (H, W)
        Each below k.
    colors : ndarray of uint8, shape (k, C)
        The palette, k = 1 to 256; alpha is left out.
    tiffinfo : dict, optional
        More tags, as Pillow's writer takes them.
    icc_profile : bytes, optional
    dpi : (float, float), optional
        Pixels per inch, across and down.
    """
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    height, width = indices.shape
    bits = index_bits(len(colors), _DEPTHS)
    rows = packed_rows(indices, bits)
    step = max(1, _STRIP // rows.shape[1])
    strips = [deflated(rows[at : at + step].reshape(-1), FAST) for at in range(0, height, step)]
    table = np.zeros((3, 1 << bits), np.uint16)
    table[:, : len(colors)] = rgb_colors(colors).T
    tags = (tiffinfo or {}) | {
        _WIDTH: width,
        _HEIGHT: height,
        _BITS: bits,
        _COMPRESSION: _DEFLATE,
        _PHOTOMETRIC: _PALETTE,
        _SAMPLES: 1,
        _ROWS_PER_STRIP: step,
        _STRIP_SIZES: tuple(map(len, strips)),
        _PLANES: 1,
        _COLOR_MAP: tuple((257 * table).ravel().tolist()),
    }
    if dpi is not None:
        tags |= {_X_RESOLUTION: dpi[0], _Y_RESOLUTION: dpi[1], _RESOLUTION_UNIT: _INCH}
    if icc_profile is not None:
        tags[_ICC_PROFILE] = icc_profile
    directory: Any = ImageFileDirectory_v2()
    for tag, value in tags.items():
        directory[tag] = value
    # Offsets from the end of the directory, to which Pillow adds where that is.
    directory[_STRIP_OFFSETS] = tuple(accumulate(map(len, strips[:-1]), initial=0))
    directory.tagtype[_STRIP_OFFSETS] = directory.tagtype[_STRIP_SIZES] = _LONG
    file = io.BytesIO()
    directory.save(file)
    return b"".join((file.getvalue(), *strips))
