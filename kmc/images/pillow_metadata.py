"""The metadata of Pillow images: profile, resolution, EXIF and XMP, with the orientation undone."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any

from kmc.images.decoding import EXIF_ORIENTATION
from kmc.metadata import (
    EXIF_PREFIX,
    MAX_GAMMA,
    Metadata,
    descriptive_tags,
    is_aspect,
    is_chromaticity,
    is_resolution,
    is_text,
)

_EXIF_TABLES = (0x8769, 0x8825)  # of EXIF itself, and of GPS
_X_RESOLUTION = 282

# Keywords of PNG text that Pillow, or kmc, reads as something else.
_NOT_TEXT = ("XML:com.adobe.xmp", "Raw profile type exif", "Raw profile type APP1")


def pillow_metadata(
    picture: Any,
    info: Mapping[str, Any],
    *,
    orientation: int,
    profile: bytes | None,
    cicp: tuple[int, ...] | None = None,
) -> Metadata:
    """The metadata of a loaded Pillow picture.

    Parameters
    ----------
    picture : PIL.Image.Image
    info : mapping
        Its `info`, or what is to be used in its place.
    orientation : int
        The EXIF orientation that it had before it was turned upright.
    profile : bytes, optional
        The profile of the pixels.
    cicp : tuple of 4 ints, optional
        Their code points.
    """
    tags = getattr(picture, "tag_v2", None)
    unsaid = tags is not None and _X_RESOLUTION not in tags  # Pillow reports 1 dpi for such a TIFF
    dpi = None if unsaid else _resolution(info.get("dpi"))
    aspect = _aspect(info)
    sideways = orientation > 4
    bare = profile is None and "srgb" not in info
    gamma = info.get("gamma", 0)
    chromaticity = tuple(map(float, info.get("chromaticity", ())))
    return Metadata(
        icc_profile=profile,
        dpi=dpi[::-1] if dpi and sideways else dpi,
        exif=upright_exif(_raw_exif(picture, info)),
        xmp=_upright_xmp(info.get("xmp")),
        gamma=float(gamma) if bare and 0 < gamma <= MAX_GAMMA else None,
        chromaticity=chromaticity if bare and is_chromaticity(chromaticity) else None,
        cicp=cicp,
        aspect=aspect[::-1] if aspect and sideways else aspect,
        text=_text(picture),
    )


def _aspect(info: Mapping[str, Any]) -> tuple[int, int] | None:
    """Horizontal and vertical resolution, if they differ and the unit is unknown."""
    aspect: Any = info.get("aspect")
    if aspect is None and info.get("jfif_unit") == 0:
        aspect = info.get("jfif_density")
    return aspect if is_aspect(aspect) and aspect[0] != aspect[1] else None


def _text(picture: Any) -> tuple[tuple[str, str], ...]:
    """The text of a PNG or .kmc file, without other metadata that PNG stores in text chunks."""
    found = getattr(picture, "text", None) if picture.format in ("PNG", "KMC") else None
    pairs = ((str(keyword), str(value)) for keyword, value in (found or {}).items())
    return tuple(pair for pair in pairs if pair[0] not in _NOT_TEXT and is_text(pair))


def upright_exif(exif: bytes) -> bytes | None:
    """EXIF of a picture that has been turned upright; None where it is damaged.

    Only the orientation is changed, in place, so that offsets into the block (makers' notes) stay
    right. A thumbnail, which is not upright, is unlinked.
    """
    data = bytearray(exif.removeprefix(EXIF_PREFIX))
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(bytes(data[:4]))
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(order + "I", data, 4)
        (entries,) = struct.unpack_from(order + "H", data, start)
        end = start + 2 + 12 * entries
        for at in range(start + 2, end, 12):
            tag, _, _, value = struct.unpack_from(order + "HHIH", data, at)
            if tag == EXIF_ORIENTATION and value != 1:
                struct.pack_into(order + "HHIHH", data, at, tag, 3, 1, 1, 0)
                struct.pack_into(order + "I", data, end, 0)
    except struct.error:
        return None
    return bytes(data)


def _upright_xmp(xmp: Any) -> bytes | None:
    if not isinstance(xmp, bytes) or not xmp:
        return None
    return re.sub(rb"(tiff:Orientation\s*(?:=\s*[\"']|>))\d", rb"\g<1>1", xmp)


def _raw_exif(picture: Any, info: Mapping[str, Any]) -> bytes:
    exif: Any = info.get("exif")
    if isinstance(exif, bytes):
        return exif
    text = info.get("Raw profile type exif")  # as ImageMagick wrote it into PNG
    try:
        if hasattr(exif, "tobytes"):  # a PIL.Image.Exif, as Pillow's save() takes
            return bytes(exif.tobytes())
        if hasattr(picture, "tag_v2"):
            return _tiff_exif(picture.getexif())
        return bytes.fromhex("".join(text.split("\n")[3:])) if text else b""
    except Exception:  # damaged EXIF says nothing about the pixels
        return b""


def _tiff_exif(exif: Any) -> bytes:
    from PIL import Image

    kept = Image.Exif()
    kept.update(descriptive_tags(exif))
    tables = {tag: dict(exif.get_ifd(tag)) for tag in _EXIF_TABLES}
    kept.update({tag: table for tag, table in tables.items() if table})
    return bytes(kept.tobytes()) if kept else b""


def _resolution(dpi: Any) -> tuple[float, float] | None:
    """A plausible resolution, or None: files contain 0, huge values and divisions by zero."""
    try:
        across, down = (float(value) for value in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if is_resolution((across, down)) else None
