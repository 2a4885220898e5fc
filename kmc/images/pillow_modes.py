"""Conversion of Pillow pictures of all modes to upright pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ImageShapeError, ImageTypeError
from kmc.images.decoding import (
    TIFF_PHOTOMETRIC,
    Decoded,
    is_reduced_palette,
    palette_entries,
)
from kmc.images.icc import color_space, grey_table, to_srgb

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
_WHITE_IS_ZERO = 0

_STRIP_BYTES = 1 << 18

# From strips of the picture, and of the low bytes of its samples where there are any, to pixels.
_Convert = Callable[..., Any]


@dataclass
class Changes:
    """What reading a picture had to change.

    Attributes
    ----------
    lossy : list of str
        What makes the pixels others than those of the file.
    others : list of str
        What is done as the file asks, or concerns no pixel.
    used_profile : bool
        Whether the pixels were converted by the colour profile.
    """

    lossy: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    used_profile: bool = False


def pillow_pixels(decoded: Decoded, changes: Changes) -> NDArray[np.uint8]:
    """The pixels of a decoded picture of any mode, upright; with any transparent pixel RGBA.

    Raises
    ------
    ImageShapeError
        The transparent colour can no longer be distinguished from others.
    ImageTypeError
        Its values have 32 bits.
    """
    channels, convert = _conversion(decoded, changes)
    pictures = [upright(part, decoded.orientation) for part in (decoded.picture, decoded.low)]
    pixels = _in_strips([part for part in pictures if part is not None], channels, convert)
    unsure = decoded.key is not None or decoded.low is not None or decoded.picture.mode == "PA"
    if unsure and pixels.shape[2] == 4 and (pixels[..., 3] == 255).all():
        pixels = np.ascontiguousarray(pixels[..., :3])
    return _grey_pixels(pixels, decoded, changes) if decoded.is_grey else pixels


def upright(picture: Any, orientation: int) -> Any:
    """Rotate a Pillow picture by its EXIF orientation; the same object if that is 1."""
    method = _UPRIGHT.get(orientation)
    if picture is None or method is None:
        return picture
    from PIL import Image

    return picture.transpose(Image.Transpose[method])


def _grey_pixels(
    pixels: NDArray[np.uint8], decoded: Decoded, changes: Changes
) -> NDArray[np.uint8]:
    """Opaque grey as one channel, converted by its ICC profile if it has one for grey."""
    if pixels.shape[2] == 3:
        pixels = np.ascontiguousarray(pixels[..., :1])
    profile = decoded.picture.info.get("icc_profile")
    if decoded.facts.cicp is not None or color_space(profile) != "GRAY":
        return pixels
    table = grey_table(profile)
    if table is None:
        return pixels
    changes.used_profile = True
    changes.others.append("converted from its grey colour profile to sRGB")
    if pixels.shape[2] == 1:
        return table[pixels]
    return np.concatenate([table[pixels[..., :3]], pixels[..., 3:]], axis=2)


def _conversion(decoded: Decoded, changes: Changes) -> tuple[int, _Convert]:
    """The number of channels, and the function that converts a strip of the picture."""
    picture = decoded.picture
    mode = picture.mode
    if mode.startswith("I;16") or (mode == "I" and picture.format == "PPM"):
        return _deep_grey(decoded, changes)
    if mode in ("I", "F"):
        error = ImageTypeError(f"{decoded.name}: has 32-bit values (mode {mode}) of unknown range")
        error.add_note("scale np.asarray(image) to 0..255 and convert with .astype(np.uint8)")
        raise error
    if decoded.low is not None:
        return _deep_color(decoded, changes)
    if decoded.bits > 8:
        changes.lossy.append(_reduced(decoded.bits))
    if mode in ("P", "PA"):
        return _palette_conversion(decoded, changes)
    if decoded.key is not None:
        return _keyed(decoded)
    if mode in ("1", "L", "LA", "La", "RGB", "RGBA", "RGBX", "RGBa"):
        return _plain(picture)
    changes.lossy.append(f"converted from {mode} to RGB")
    if mode == "CMYK":
        return 3, _cmyk_conversion(picture, changes)
    return 3, lambda strip: strip.convert("RGB")


def _reduced(bits: int) -> str:
    return f"{bits} bits a channel reduced to 8"


def _plain(picture: Any) -> tuple[int, _Convert]:
    """Grey or RGB of at most 8 bits, with or without alpha; opaque alpha is dropped."""
    mode = picture.mode
    if mode in ("L", "RGB"):
        return len(mode), lambda strip: strip
    if mode in ("1", "RGBX"):
        wanted = {"1": "L", "RGBX": "RGB"}[mode]
        return len(wanted), lambda strip: strip.convert(wanted)
    straight = mode.upper()
    if picture.getchannel(straight[-1] if mode.isupper() else "a").getextrema()[0] < 255:
        if mode == "RGBA":
            return 4, lambda strip: strip
        return 4, lambda strip: strip.convert(straight).convert("RGBA")
    opaque = straight[:-1]
    return len(opaque), lambda strip: strip.convert(straight).convert(opaque)


def _keyed(decoded: Decoded) -> tuple[int, _Convert]:
    """Grey or RGB of 8 bits with one transparent level or colour."""
    picture, key = decoded.picture, decoded.key
    highest = max(key) if isinstance(key, tuple) else key or 0
    if highest > 255 or (decoded.bits > 8 and decoded.low is None):
        raise ImageShapeError(
            f"{decoded.name}: a colour of 16 bits, {decoded.key}, is transparent, but pixels were "
            "read with 8, so they may not be of it; image.info.pop('transparency') makes all opaque"
        )

    def convert(strip: Any) -> Any:
        strip = strip.convert("L") if picture.mode == "1" else strip
        strip = strip.copy() if strip is picture else strip
        strip.info = {"transparency": key}
        return strip.convert("RGBA")

    return 4, convert


def _with_alpha(values: NDArray[np.uint8], clear: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """RGBA from grey or RGB values, with alpha 0 where `clear`."""
    rgba = np.empty((*values.shape[:2], 4), np.uint8)
    rgba[..., :3] = values
    rgba[..., 3] = np.where(clear, 0, 255)
    return rgba


def _palette_conversion(decoded: Decoded, changes: Changes) -> tuple[int, _Convert]:
    if is_reduced_palette(decoded.picture):
        changes.lossy.append("palette of 16 bits a channel reduced to 8")
    picture, colors = decoded.picture, palette_entries(decoded)
    if picture.mode == "P":
        if colors.shape[1] == 4 and (colors[np.flatnonzero(picture.histogram()), 3] == 255).all():
            colors = np.ascontiguousarray(colors[:, :3])
        mode = {3: "RGB", 4: "RGBA"}[colors.shape[1]]

        def paint(strip: Any) -> Any:
            strip = strip.copy() if strip is picture else strip
            strip.info = {}
            strip.putpalette(colors.tobytes(), mode)
            return strip.convert(mode)

        return len(mode), paint

    def convert(strip: Any) -> NDArray[np.uint8]:
        values = np.asarray(strip)
        return np.concatenate([colors[values[..., 0], :3], values[..., 1:]], axis=2)

    return 4, convert


# ---- more than 8 bits ----------------------------------------------------------------------------


def _deep_grey(decoded: Decoded, changes: Changes) -> tuple[int, _Convert]:
    """Grey of up to 16 bits, one level of which may be transparent."""
    table, exact = _level_table(decoded)
    if not all(exact[np.asarray(strip)].all() for (strip,) in _strips([decoded.picture], 2)):
        changes.lossy.append(_reduced(decoded.bits))
    key = decoded.key
    if key is None:
        return 1, lambda strip: table[np.asarray(strip)]

    def convert(strip: Any) -> NDArray[np.uint8]:
        levels = np.asarray(strip)
        return _with_alpha(table[levels][..., None], levels == key)

    return 4, convert


def _level_table(decoded: Decoded) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The 8-bit level of each 16-bit one, and whether nothing of it is lost.

    Pillow neither scales the 12-bit values of a TIFF nor inverts 16-bit ones where white is zero.
    """
    tags = getattr(decoded.picture, "tag_v2", {})
    top = (1 << decoded.bits) - 1
    levels = np.arange(1 << 16)
    if decoded.picture.format == "JPEG2000":  # of fewer bits than 16: Pillow shifts them up
        levels >>= 16 - decoded.bits
    levels = np.minimum(levels, top)
    if tags.get(TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO:
        levels = top - levels
    table = ((levels * 255 + top // 2) // top).astype(np.uint8)
    return table, (levels * 255) % top == 0


def _deep_color(decoded: Decoded, changes: Changes) -> tuple[int, _Convert]:
    """RGB or RGBA, or grey with alpha, of 16 bits a channel: value / 257, rounded."""
    picture, low, key = decoded.picture, decoded.low, decoded.key
    interleaved = decoded.facts.grey  # grey with alpha: their bytes are interleaved in `low`
    channels = len(picture.getbands())

    def halves(strip: Any, other: Any) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        high, rest = np.asarray(strip), np.asarray(other)
        return high, rest[..., [1, 1, 1, 3]] if interleaved else rest

    def convert(strip: Any, other: Any) -> NDArray[np.uint8]:
        high, rest = halves(strip, other)
        difference = rest.astype(np.int16) - high
        values = (high + (difference > 128).astype(np.uint8) - (difference < -128)).astype(np.uint8)
        if key is None:
            return values
        wanted = np.array(key)
        clear = ((high == wanted >> 8) & (rest == wanted & 255)).all(axis=2)
        return _with_alpha(values, clear)

    pairs = (halves(*strips) for strips in _strips([picture, low], channels))
    if any((high != rest).any() for high, rest in pairs):
        changes.lossy.append(_reduced(decoded.bits))
    return channels if key is None else 4, convert


# ---- CMYK and strips -----------------------------------------------------------------------------


def _cmyk_conversion(picture: Any, changes: Changes) -> _Convert:
    """Convert to sRGB by the picture's ICC profile, or without one by Pillow's simple formula."""
    profile = picture.info.get("icc_profile")
    through = to_srgb(profile, "CMYK") if profile else None
    changes.used_profile = through is not None
    return through or (lambda strip: strip.convert("RGB"))


def _strips(pictures: list[Any], channels: int) -> Any:
    """The same few rows of each picture, from top to bottom."""
    width, height = pictures[0].size
    rows = max(1, _STRIP_BYTES // (width * channels))
    if rows >= height:
        yield tuple(pictures)
        return
    for top in range(0, height, rows):
        box = (0, top, width, min(top + rows, height))
        yield tuple(picture.crop(box) for picture in pictures)


def _in_strips(pictures: list[Any], channels: int, convert: _Convert) -> NDArray[np.uint8]:
    """Convert a few rows at a time.

    That takes a third of the time of np.asarray(picture) and makes no second copy of everything.
    """
    width, height = pictures[0].size
    pixels: NDArray[np.uint8] | None = None
    top = 0
    for strips in _strips(pictures, channels):
        rows = strips[0].height
        part = np.asarray(convert(*strips)).reshape(rows, width, channels)
        if rows == height:
            return np.ascontiguousarray(part)
        if pixels is None:
            pixels = np.empty((height, width, channels), np.uint8)
        pixels[top : top + rows] = part
        top += rows
    assert pixels is not None
    return pixels
