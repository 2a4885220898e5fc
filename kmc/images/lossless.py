"""Pictures of few colours become indexed images as they are, not a level changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import MAX_COLORS
from kmc.core import _core
from kmc.cpu import thread_count
from kmc.errors import ArgumentError
from kmc.images.pillow_metadata import pillow_metadata
from kmc.metadata import EXIF_PREFIX, Metadata

if TYPE_CHECKING:
    from PIL import Image


class AsIs(NamedTuple):
    """An indexed image read without any change."""

    indices: NDArray[np.uint8] | NDArray[np.uint16]
    colors: NDArray[np.uint8]
    metadata: Metadata


def indexed(picture: Image.Image, settings: dict[str, Any] | None = None) -> AsIs:
    """The indices and palette that a Pillow picture already has.

    Parameters
    ----------
    picture : PIL.Image.Image
        Of mode "P", whose indices and palette are kept; or of "1", "L", "LA", "RGB" or "RGBA" with
        up to 65 536 colours, which become the palette in whichever of two orders takes fewer
        bytes in a .kmc file.
    settings : dict, optional
        Metadata in place of the picture's own: icc_profile, dpi, exif, xmp, as in Pillow's save().

    Raises
    ------
    ArgumentError
        Of another mode, or of too many colours.

    Examples
    --------
    >>> from PIL import Image
    >>> from kmc.images.lossless import indexed
    >>> indexed(Image.new("RGB", (3, 2), "navy")).colors.tolist()
    [[0, 0, 128]]
    """
    from PIL.Image import Exif

    picture.load()
    if picture.mode == "P":
        indices: Any = np.array(picture)
        colors = _palette_of(picture, int(indices.max()))
    else:
        indices, colors = _counted(picture)
    told = picture.copy() if settings else picture
    told.info |= {name: value for name, value in (settings or {}).items() if name in _TOLD}
    exif = told.info.get("exif")
    if isinstance(exif, Exif):
        exif = exif.tobytes()
    if isinstance(exif, bytes):
        told.info["exif"] = EXIF_PREFIX + exif.removeprefix(EXIF_PREFIX)
    metadata = pillow_metadata(told, 1, told.info.get("icc_profile"))
    return AsIs(indices, colors, metadata)


_TOLD = ("icc_profile", "dpi", "exif", "xmp")


def _palette_of(picture: Image.Image, last: int) -> NDArray[np.uint8]:
    """All entries of the palette, and black ones where indices go beyond them."""
    rgb = np.array(picture.getpalette("RGB"), np.uint8).reshape(-1, 3)
    alpha = np.array(picture.getpalette("RGBA"), np.uint8).reshape(-1, 4)[:, 3]
    key = picture.info.get("transparency")
    if isinstance(key, bytes):
        alpha[: len(key)] = np.frombuffer(key[: len(alpha)], np.uint8)
    elif isinstance(key, int) and key < len(alpha):
        alpha[key] = 0
    missing = max(0, last + 1 - len(rgb))
    rgb = np.pad(rgb, ((0, missing), (0, 0)))
    if (alpha == 255).all():
        return rgb
    return np.column_stack([rgb, np.pad(alpha, (0, missing), constant_values=255)])


def _counted(picture: Image.Image) -> tuple[Any, NDArray[np.uint8]]:
    wanted = {"1": "L", "L": "L", "LA": "RGBA", "RGB": "RGB", "RGBA": "RGBA"}.get(picture.mode)
    if wanted is None:
        raise ArgumentError(
            f"a picture of mode {picture.mode} is not written as it is; convert it to RGB"
        )
    if picture.mode in ("L", "RGB") and "transparency" in picture.info:
        wanted = "RGBA"
    pixels = np.asarray(picture.convert(wanted))
    pixels = pixels.reshape(*pixels.shape[:2], -1)
    threads = thread_count(None)
    colors, _ = _core.histogram(pixels, threads)
    k = len(colors)
    if k > MAX_COLORS:
        raise ArgumentError(
            f"the picture has {k} colours, and a palette at most {MAX_COLORS}: "
            "kmc.quantize finds the best"
        )
    order = _order(colors)
    ranks = np.argsort(order).astype(np.uint16)
    return _core.remap(pixels, colors, ranks, k, threads), colors[order]


def _order(colors: NDArray[np.uint8]) -> NDArray[np.intp]:
    """As they were counted; or by alpha, red, green and blue, where that is coded in fewer bytes.

    The one keeps near colours near, the other lets those of a grid go on in even steps.
    """
    keys = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[colors.shape[1]]  # the last counts first
    by_channels = np.lexsort(colors[:, keys].T)
    orders = np.arange(len(colors)), by_channels
    return min(orders, key=lambda order: len(_core.palette_write(colors[order])))
