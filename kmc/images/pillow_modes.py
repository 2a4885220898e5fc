"""The modes of Pillow pictures become pixels: grey, RGB, alpha, palettes, CMYK, orientation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ImageShapeError, ImageTypeError
from kmc.images.icc import to_srgb

# EXIF orientation -> the name of the Pillow transposition that undoes it.
_UPRIGHT = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
EXIF_ORIENTATION = 0x0112
_TIFF_BITS_PER_SAMPLE, _TIFF_PHOTOMETRIC, _WHITE_IS_ZERO = 258, 262, 0

_STRIP_BYTES = 1 << 18


def pillow_pixels(picture: Any, name: str) -> NDArray[np.uint8]:
    """The pixels of a loaded Pillow picture of any mode, upright; `name` is what errors call it.

    With any transparent pixel it is RGBA, with straight alpha.

    Raises
    ------
    ImageShapeError
        It says that colours are transparent which can no longer be told from others.
    ImageTypeError
        Its values have 32 bits.

    Examples
    --------
    >>> from PIL import Image
    >>> from kmc.images.pillow_modes import pillow_pixels
    >>> pillow_pixels(Image.new("CMYK", (2, 1)), "white").tolist()
    [[[255, 255, 255], [255, 255, 255]]]
    """
    channels, convert = _conversion(picture, name)
    method = _UPRIGHT.get(exif_orientation(picture))
    if method is not None:
        from PIL import Image

        picture = picture.transpose(Image.Transpose[method])
    return _in_strips(picture, channels, convert)


def exif_orientation(picture: Any) -> int:
    """The EXIF orientation of a Pillow picture, 1 to 8; 1 is upright.

    Examples
    --------
    >>> from PIL import Image
    >>> from kmc.images.pillow_modes import exif_orientation
    >>> exif_orientation(Image.new("L", (1, 1)))
    1
    """
    try:
        orientation = picture.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # damaged EXIF says nothing about the pixels
        return 1
    return orientation if orientation in _UPRIGHT else 1


def _is_opaque(picture: Any, name: str) -> bool:
    """Whether no pixel of a picture is transparent, even a little."""
    if not picture.has_transparency_data:
        return True
    if picture.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        return bool(picture.getchannel(picture.getbands()[-1]).getextrema()[0] == 255)
    key = picture.info.get("transparency")
    if picture.mode.startswith("I"):  # convert() would not look at the colour key
        return not (np.asarray(picture) == key).any()
    if isinstance(key, tuple) and max(key) > 255:
        raise ImageShapeError(
            f"{name}: a colour of 16 bits, {key}, is transparent, but pixels were read with 8, "
            "so they may not be of it; image.info.pop('transparency') makes all opaque"
        )
    return bool(picture.convert("RGBA").getextrema()[3][0] == 255)


def _conversion(picture: Any, name: str) -> tuple[int, Callable[[Any], Any]]:
    """How many channels the pixels have, and what makes a strip of the picture array-like."""
    mode, opaque = picture.mode, _is_opaque(picture, name)
    if mode.startswith("I;16") or (mode == "I" and picture.format == "PPM"):
        return _grey_conversion(picture, opaque)
    if mode in ("I", "F"):
        raise ImageTypeError(
            f"{name}: has 32-bit values (mode {mode}) of unknown range; "
            "scale np.asarray(image) to 0..255 and convert with .astype(np.uint8)"
        )
    if not opaque:
        return 4, _rgba_conversion(picture)
    if mode in ("L", "RGB"):
        return len(mode), lambda strip: strip
    if mode == "La":
        return 1, lambda strip: strip.convert("LA").getchannel("L")
    if mode in ("1", "LA"):
        return 1, lambda strip: strip.convert("L")
    if mode == "CMYK":
        return 3, _cmyk_conversion(picture)
    if mode in ("P", "PA", "RGBa"):  # by way of RGBA: a palette may carry an (opaque) alpha
        return 3, lambda strip: strip.convert("RGBA").convert("RGB")
    return 3, lambda strip: strip.convert("RGB")


def _rgba_conversion(picture: Any) -> Callable[[Any], Any]:
    if picture.mode == "RGBA":
        return lambda strip: strip
    if picture.mode == "La":
        return lambda strip: strip.convert("LA").convert("RGBA")
    return lambda strip: strip.convert("RGBA")


def _grey_conversion(picture: Any, opaque: bool) -> tuple[int, Callable[[Any], Any]]:
    """Grey of 16 bits, of which one level may be transparent."""
    table = _grey_table(picture)
    if opaque:
        return 1, lambda strip: table[np.asarray(strip)]
    key = picture.info["transparency"]

    def convert(strip: Any) -> NDArray[np.uint8]:
        levels = np.asarray(strip)
        grey = table[levels]
        alpha = np.where(levels == key, 0, 255).astype(np.uint8)
        return np.stack((grey, grey, grey, alpha), axis=-1)

    return 4, convert


def _grey_table(picture: Any) -> NDArray[np.uint8]:
    """The 8-bit level of each 16-bit one.

    Pillow neither scales the 12-bit values of a TIFF nor inverts 16-bit ones where white is zero.
    """
    tags = getattr(picture, "tag_v2", {})
    bits = min(16, tags.get(_TIFF_BITS_PER_SAMPLE, (16,))[0])
    top = (1 << bits) - 1
    levels = np.minimum(np.arange(1 << 16), top)
    if tags.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO:
        levels = top - levels
    table: NDArray[np.uint8] = ((levels * 255 + top // 2) // top).astype(np.uint8)
    return table


def _cmyk_conversion(picture: Any) -> Callable[[Any], Any]:
    """Through the picture's own ICC profile into sRGB; without one, by Pillow's plain formula."""
    profile = picture.info.get("icc_profile")
    through = to_srgb(profile, "CMYK") if profile else None
    return through or (lambda strip: strip.convert("RGB"))


def _in_strips(picture: Any, channels: int, convert: Callable[[Any], Any]) -> NDArray[np.uint8]:
    """Convert a few rows at a time.

    That takes a third of the time of np.asarray(picture) and makes no second copy of everything.
    """
    width, height = picture.size
    rows = max(1, _STRIP_BYTES // (width * channels))
    if rows >= height:
        return np.ascontiguousarray(np.asarray(convert(picture)).reshape(height, width, channels))
    pixels = np.empty((height, width, channels), np.uint8)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        strip = np.asarray(convert(picture.crop((0, top, width, bottom))))
        pixels[top:bottom] = strip.reshape(bottom - top, width, channels)
    return pixels
