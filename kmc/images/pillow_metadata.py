"""The metadata of Pillow images: profile, resolution, EXIF and XMP, with the orientation undone."""

from __future__ import annotations

import re
import struct
from typing import Any

from kmc.images.pillow_modes import EXIF_ORIENTATION
from kmc.metadata import (
    EXIF_PREFIX,
    MAX_GAMMA,
    Metadata,
    descriptive_tags,
    is_chromaticity,
    is_resolution,
)

_EXIF_TABLES = (0x8769, 0x8825)  # of EXIF itself, and of GPS
_X_RESOLUTION = 282


def pillow_metadata(picture: Any, orientation: int, profile: bytes | None) -> Metadata:
    """The metadata of a loaded Pillow picture that had this EXIF orientation before it was upright.

    `profile` is the one that the RGB pixels are in, if any.

    Examples
    --------
    >>> from PIL import Image
    >>> from kmc.images.pillow_metadata import pillow_metadata
    >>> picture = Image.new("RGB", (1, 1))
    >>> picture.info["dpi"] = (72, 144)
    >>> pillow_metadata(picture, 6, None)
    <kmc.Metadata: 144 x 72 dpi>
    """
    info = picture.info
    tags = getattr(picture, "tag_v2", None)
    unsaid = tags is not None and _X_RESOLUTION not in tags  # Pillow says 1 dpi of such a TIFF
    dpi = None if unsaid else _resolution(info.get("dpi"))
    bare = profile is None and "srgb" not in info
    gamma = info.get("gamma", 0)
    chromaticity = tuple(map(float, info.get("chromaticity", ())))
    return Metadata(
        icc_profile=profile,
        dpi=dpi[::-1] if dpi and orientation > 4 else dpi,
        exif=upright_exif(_raw_exif(picture)),
        xmp=_upright_xmp(info.get("xmp")),
        gamma=float(gamma) if bare and 0 < gamma <= MAX_GAMMA else None,
        chromaticity=chromaticity if bare and is_chromaticity(chromaticity) else None,
    )


def upright_exif(exif: bytes) -> bytes | None:
    """EXIF of a picture that has been turned upright; None where it is damaged.

    Only the orientation is changed, in place, so that what points into the block (makers' notes)
    stays right. A thumbnail, which is not upright, is taken off the chain.

    Examples
    --------
    >>> from kmc.images.pillow_metadata import upright_exif
    >>> sideways = bytes.fromhex("4d4d002a 00000008 0001 0112 0003 00000001 00060000 00000000")
    >>> upright_exif(sideways).hex(" ", -4)
    '4d4d002a 00000008 00010112 00030000 00010001 00000000 0000'
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


def _raw_exif(picture: Any) -> bytes:
    exif = picture.info.get("exif")
    if isinstance(exif, bytes):
        return exif
    text = picture.info.get("Raw profile type exif")  # as ImageMagick wrote it into PNG
    try:
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
    """What formats call a resolution may be 0, absurdly large or a fraction of 0."""
    try:
        across, down = (float(value) for value in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if is_resolution((across, down)) else None
