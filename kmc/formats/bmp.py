"""BMP files with a palette (Windows 3.0: BITMAPINFOHEADER), not compressed.

Pillow's writer gives each index a byte; this one 1, 4 or 8 bits, as few as the palette allows.
"""

from __future__ import annotations

import struct

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import rgb_colors
from kmc.formats.painting import index_bits, packed_rows

_DEPTHS = (1, 4, 8)
_FILE_HEADER = struct.Struct("<2sIxxxxI")  # signature, size of the file, offset of the rows
_INFO_HEADER = struct.Struct("<IiiHHIIiiII")
_INCH = 0.0254  # metres
_MAX_INT = 2**31 - 1


def bmp_bytes(
    indices: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    dpi: tuple[float, float] | None = None,
) -> bytes:
    """The BMP file of an indexed image.

    Parameters
    ----------
    indices : ndarray of uint8, shape (H, W)
        Each below k.
    colors : ndarray of uint8, shape (k, C)
        The palette, k = 1 to 256; alpha is left out.
    dpi : (float, float), optional
        Pixels per inch, across and down.

    Raises
    ------
    ValueError
        The file would be larger than the 4 GiB that its header can hold.
    """
    height, width = indices.shape
    k = len(colors)
    bits = _depth(colors)
    rows = packed_rows(indices[::-1], bits)  # from the bottom to the top
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    table = np.zeros((k, 4), np.uint8)
    table[:, :3] = rgb_colors(colors)[:, ::-1]
    start = _FILE_HEADER.size + _INFO_HEADER.size + table.size
    if start + rows.size >= 1 << 32:
        raise ValueError("BMP files end at 4 GiB")
    across, down = (min(_MAX_INT, round(each / _INCH)) for each in dpi or (0, 0))
    header = _FILE_HEADER.pack(b"BM", start + rows.size, start)
    header += _INFO_HEADER.pack(
        _INFO_HEADER.size, width, height, 1, bits, 0, rows.size, across, down, k, k
    )
    return b"".join((header, table.tobytes(), rows.tobytes()))


def _depth(colors: NDArray[np.uint8]) -> int:
    bits = index_bits(len(colors), _DEPTHS)
    levels = np.arange(len(colors), dtype=np.uint8)[:, None]
    # Pillow takes a palette of the greys 0, 1, 2 and so on for 8-bit grey, whatever the depth.
    return 8 if bits == 4 and (rgb_colors(colors) == levels).all() else bits
