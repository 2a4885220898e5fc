"""Decodes Pillow pictures, and corrects what Pillow decodes wrongly or with loss of precision.

`decode` loads a picture and returns it with all that is needed to convert it to pixels:
the low bytes of 16-bit channels, of which Pillow keeps the high ones; the palette as the file has
it; the transparent level or colour in the units of the samples.
"""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.errors import ImageReadError, ImageShapeError
from kmc.images.file_facts import FileFacts, file_facts

EXIF_ORIENTATION = 0x0112
_ORIENTATIONS = range(1, 9)
TIFF_BITS_PER_SAMPLE, TIFF_PHOTOMETRIC, TIFF_PLANES, TIFF_COLOR_MAP = 258, 262, 284, 320
_SEPARATE = 2  # planes, of one channel each

# For each of Pillow's decoders for 16-bit samples, the one that keeps the other byte.
_OTHER_BYTE = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}
_GREY_ALPHA = "LA;16B"  # has no counterpart: its four bytes are decoded as RGBA

# Pillow's scale factors for grey levels of 1, 2 and 4 bits.
_SCALES = {1: 255, 2: 85, 4: 17}


@dataclass(frozen=True, eq=False)
class Decoded:
    """A loaded Pillow picture, which must not be changed, with the facts needed to convert it.

    Attributes
    ----------
    picture : PIL.Image.Image
        As Pillow loaded it.
    name : str
        What error messages call it.
    facts : FileFacts
        What the file says besides.
    orientation : int
        The EXIF orientation that `picture` has, 1 (upright) to 8.
    stored_orientation : int
        The one that the file says, although Pillow may have turned `picture` upright already.
    low : PIL.Image.Image, optional
        The low bytes of 16-bit channels, whose high bytes `picture` holds.
    bits : int
        The most bits of a sample in the file, as far as is known.
    key : int or tuple of int, optional
        The level or colour that is transparent, in the units of the samples.
    """

    picture: Any
    name: str
    facts: FileFacts
    orientation: int
    stored_orientation: int
    low: Any
    bits: int
    key: int | tuple[int, ...] | None

    @property
    def is_grey(self) -> bool:
        """Whether samples are levels of grey, with or without alpha."""
        mode = self.picture.mode
        return self.facts.grey or mode in ("1", "L", "LA", "La", "I") or mode.startswith("I;16")


def decode(picture: Any, name: str) -> Decoded:
    """Load the current frame of a Pillow picture.

    Raises
    ------
    ImageReadError
        Its indices have no palette, or a checksum is wrong.
    ImageShapeError
        It is empty.
    """
    facts = file_facts(picture)
    if facts.is_damaged:
        raise ImageReadError(f"{name}: cannot be decoded: the checksum of its pixels is wrong")
    if facts.missing_palette:
        raise ImageReadError(f"{name}: cannot be decoded: it has palette indices and no palette")
    # Pillow rotates a TIFF when it loads it, and then removes the orientation.
    tags = getattr(picture, "tag_v2", {})
    stored = tags.get(EXIF_ORIENTATION, 1)
    bits = _bits(picture, facts)
    low = _low_bytes(picture) if bits == 16 else None
    picture.load()
    if 0 in picture.size:
        raise ImageShapeError(
            f"{name}: the picture is empty: {picture.width} x {picture.height} pixels"
        )
    orientation = exif_orientation(picture)
    stored = (stored if stored in _ORIENTATIONS else 1) if tags else orientation
    key = _key(picture, facts)
    return Decoded(picture, name, facts, orientation, stored, low, bits, key)


def exif_orientation(picture: Any) -> int:
    """The EXIF orientation of a Pillow picture, 1 to 8; 1 is upright."""
    try:
        orientation = picture.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # ignore damaged EXIF: the pixels are unaffected
        return 1
    return orientation if orientation in _ORIENTATIONS else 1


def orientation_of(exif: Any) -> int:
    """The orientation in EXIF, given as bytes or as a Pillow object; 1 if there is none."""
    from PIL import Image

    try:
        if isinstance(exif, bytes):
            loaded = Image.Exif()
            loaded.load(exif)
            exif = loaded
        orientation = exif.get(EXIF_ORIENTATION, 1)
    except Exception:  # ignore damaged EXIF: the pixels are unaffected
        return 1
    return orientation if orientation in _ORIENTATIONS else 1


def _bits(picture: Any, facts: FileFacts) -> int:
    """The number of bits of a sample: 8, unless the file or the mode has more."""
    if picture.mode.startswith("I") and picture.format == "JPEG2000" and facts.bits > 8:
        return min(16, facts.bits)
    if picture.mode.startswith("I"):
        tags = getattr(picture, "tag_v2", {})
        return int(min(16, max(tags.get(TIFF_BITS_PER_SAMPLE, (16,)))))
    if picture.format == "TIFF":
        return int(max(picture.tag_v2.get(TIFF_BITS_PER_SAMPLE, (8,))))
    if picture.format == "PPM" and picture.tile and picture.tile[0].codec_name.startswith("ppm"):
        args = picture.tile[0].args  # the highest level, which Pillow scales to 255; none in PBM
        highest = args[-1] if isinstance(args, tuple) else 1
        return max(8, int(highest).bit_length())
    return facts.bits


# ---- 16 bits a channel ---------------------------------------------------------------------------


def _low_bytes(picture: Any) -> Any:
    """The low bytes of RGB(A) of 16 bits a channel, None where Pillow's decoder cannot give them.

    The file is decoded a second time, by the decoder for the other byte order.
    """
    swapped = [_swapped(tile) for tile in getattr(picture, "tile", ())]
    if not swapped or None in swapped:
        return None
    tags, frame = getattr(picture, "tag_v2", {}), picture.tell()
    if tags.get(TIFF_PLANES) == _SEPARATE:  # for each plane Pillow chooses the decoder itself
        return None
    if frame > 0 and picture.format != "TIFF":  # drawn over the frames before
        return None
    from PIL import Image

    stream = picture.fp
    position = stream.tell()
    try:
        stream.seek(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decompression bomb: already issued
            other = Image.open(stream, formats=[picture.format])
            if frame > 0:
                other.seek(frame)
        other.tile = swapped
        other.load()
        return other
    finally:
        stream.seek(position)


def _swapped(tile: Any) -> Any:
    """A tile of 16-bit samples for the decoder that keeps the other byte; None if there is none."""
    rawmode, *rest = tile.args if isinstance(tile.args, tuple) else (tile.args,)
    if rawmode == _GREY_ALPHA:
        return tile._replace(args="RGBA")
    mode, _, order = str(rawmode).partition(";")
    if mode not in ("RGB", "RGBA", "RGBX") or order not in _OTHER_BYTE:
        return None
    swapped = f"{mode};{_OTHER_BYTE[order]}"
    return tile._replace(args=(swapped, *rest) if isinstance(tile.args, tuple) else swapped)


# ---- transparent colours -------------------------------------------------------------------------


def _key(picture: Any, facts: FileFacts) -> int | tuple[int, ...] | None:
    """The transparent level or colour; None for pictures with a palette or alpha."""
    key = picture.info.get("transparency")
    if picture.mode == "RGB":
        return key if isinstance(key, tuple) and len(key) == 3 else None
    if not isinstance(key, int) or picture.mode not in ("1", "L", "I", "I;16", "I;16B", "I;16L"):
        return None
    if picture.mode != "L" or picture.format != "PNG":
        return key
    if facts.key is not None:
        return key * _SCALES.get(facts.bits, 1)
    # Loaded before, so that the file is out of reach: Pillow has scaled the pixels, not the key.
    levels = np.flatnonzero(picture.histogram()).tolist()
    for bits in (2, 4):
        if 0 < key < 1 << bits and all(level % _SCALES[bits] == 0 for level in levels):
            return key * _SCALES[bits]
    return key


# ---- palettes ------------------------------------------------------------------------------------


def palette_entries(decoded: Decoded) -> NDArray[np.uint8]:
    """The palette of a picture of mode P or PA, (k, 3), or (k, 4) where an entry is transparent.

    As the file has it: in its order, with duplicates. Indices beyond it are opaque black, or
    transparent where the file says so of that index.
    """
    picture, facts = decoded.picture, decoded.facts
    if facts.colors is not None:
        colors = facts.colors
    elif picture.format == "TIFF" and TIFF_COLOR_MAP in getattr(picture, "tag_v2", {}):
        colors = _tiff_colors(picture.tag_v2[TIFF_COLOR_MAP])[0]
    else:
        colors = np.array(picture.getpalette("RGBA"), np.uint8).reshape(-1, 4)
    if colors.shape[1] == 1:
        colors = np.repeat(colors, 3, axis=1)
    last = int(np.max(picture.getextrema()[0] if picture.mode == "PA" else picture.getextrema()))
    rgba = np.zeros((max(len(colors), last + 1), 4), np.uint8)
    rgba[:, 3] = 255
    rgba[: len(colors), : colors.shape[1]] = colors
    key = picture.info.get("transparency") if picture.mode == "P" else None
    if isinstance(key, bytes):
        rgba[: len(key), 3] = np.frombuffer(key[: len(rgba)], np.uint8)
    elif isinstance(key, int) and 0 <= key < len(rgba):
        rgba[key, 3] = 0
    opaque = bool((rgba[:, 3] == 255).all())
    return rgba[:, :3] if opaque else rgba


def is_reduced_palette(picture: Any) -> bool:
    """Whether reducing the colours of a TIFF palette to 8 bits loses information."""
    if picture.format != "TIFF" or picture.mode not in ("P", "PA"):
        return False
    return _tiff_colors(picture.tag_v2[TIFF_COLOR_MAP])[1]


def _tiff_colors(values: tuple[int, ...]) -> tuple[NDArray[np.uint8], bool]:
    """A TIFF's colour map as 8-bit (k, 3), and whether the conversion loses information.

    Its values have 16 bits: an 8-bit one twice, as the standard asks, or followed by 0. Some
    writers give 8 bits.
    """
    levels = np.array(values, np.uint16).reshape(3, -1).T
    if levels.max() < 256:
        return levels.astype(np.uint8), False
    if not (levels & 255).any():
        return (levels >> 8).astype(np.uint8), False
    reduced = np.round(levels / 257).astype(np.uint8)
    return reduced, bool((levels % 257).any())
