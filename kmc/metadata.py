"""What a picture file says beside its pixels: colour profile, resolution, EXIF, XMP."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Any

from kmc.errors import ArgumentError
from kmc.images.pillow_modes import EXIF_ORIENTATION

EXIF_PREFIX = b"Exif\0\0"

# The largest that files hold: pixels a metre in 31 bits, and hundred-thousandths.
_MOST_DPI = 50_000_000.0
_MOST_VALUE = 20_000.0

# What of a TIFF's own tags describes the picture rather than the file: description, make, model,
# software, date, artist, copyright, and the tables that EXIF and GPS have for themselves.
_DESCRIPTIVE_TAGS = (270, 271, 272, 305, 306, 315, 33432)
_EXIF_TABLES = (0x8769, 0x8825)
_X_RESOLUTION = 282


@dataclass(frozen=True, slots=True, repr=False)
class Metadata:
    """What a picture brings along and a file can keep. Made by `kmc.read`.

    Parameters
    ----------
    icc_profile : bytes, optional
        The ICC profile (ISO 15076-1) of the RGB values; without one they are sRGB.
    dpi : (float, float), optional
        Pixels an inch, across and down: above 0, at most 50 million.
    exif : bytes, optional
        EXIF (CIPA DC-008) from its TIFF header on. The picture is upright, so no orientation but
        that is left in it.
    xmp : bytes, optional
        XMP (ISO 16684-1), an RDF document.
    gamma : float, optional
        The exponent by which a PNG file without a profile says that its values were encoded;
        that of sRGB is about 0.45455. Above 0, at most 20 000.
    chromaticity : tuple of 8 floats, optional
        x and y of white, red, green and blue in such a file: 0 to 20 000.

    Attributes
    ----------
    icc_profile, dpi, exif, xmp, gamma, chromaticity
        As above; None where the picture has none.

    Raises
    ------
    ArgumentError
        Numbers that no file could hold.

    Examples
    --------
    >>> import kmc
    >>> kmc.Metadata(dpi=(300.0, 300.0), xmp=b"<x:xmpmeta/>")
    <kmc.Metadata: 300 x 300 dpi, 12 bytes of XMP>
    """

    icc_profile: bytes | None = None
    dpi: tuple[float, float] | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    gamma: float | None = None
    chromaticity: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        if self.dpi is not None and not _resolvable(self.dpi):
            raise ArgumentError(
                f"dpi must be two numbers above 0, at most {_MOST_DPI:.0f}, not {self.dpi!r}"
            )
        if self.gamma is not None and not 0 < self.gamma <= _MOST_VALUE:
            raise ArgumentError(
                f"gamma must be above 0, at most {_MOST_VALUE:.0f}, not {self.gamma!r}"
            )
        if self.chromaticity is not None and not _chromatic(self.chromaticity):
            raise ArgumentError(
                f"chromaticity must be eight numbers from 0 to {_MOST_VALUE:.0f}, "
                f"not {self.chromaticity!r}"
            )

    def __repr__(self) -> str:
        parts = []
        if self.icc_profile is not None:
            parts.append(f"{len(self.icc_profile)} bytes of ICC profile")
        if self.gamma is not None:
            parts.append(f"gamma {self.gamma:g}")
        if self.dpi is not None:
            parts.append(f"{self.dpi[0]:g} x {self.dpi[1]:g} dpi")
        for name in ("exif", "xmp"):
            if getattr(self, name) is not None:
                parts.append(f"{len(getattr(self, name))} bytes of {name.upper()}")
        return f"<kmc.Metadata: {', '.join(parts) or 'none'}>"

    @property
    def is_srgb(self) -> bool:
        """Whether the values are sRGB, as far as the picture says.

        Examples
        --------
        >>> import kmc
        >>> kmc.Metadata().is_srgb, kmc.Metadata(gamma=1.0).is_srgb
        (True, False)
        """
        if self.icc_profile is not None:
            named = (b"sRGB", "sRGB".encode("utf-16-be"))
            return any(name in self.icc_profile for name in named)
        return self.gamma is None or abs(self.gamma - 1 / 2.2) < 0.01


def _resolvable(dpi: tuple[float, ...]) -> bool:
    return len(dpi) == 2 and all(0 < value <= _MOST_DPI for value in dpi)


def _chromatic(values: tuple[float, ...]) -> bool:
    return len(values) == 8 and all(0 <= value <= _MOST_VALUE for value in values)


def pillow_metadata(picture: Any, orientation: int, profile: bytes | None) -> Metadata:
    """The metadata of a loaded Pillow picture that had this EXIF orientation before it was upright.

    `profile` is the one that the RGB pixels are in, if any.

    Examples
    --------
    >>> from PIL import Image
    >>> from kmc.metadata import pillow_metadata
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
        gamma=float(gamma) if bare and 0 < gamma <= _MOST_VALUE else None,
        chromaticity=chromaticity if bare and _chromatic(chromaticity) else None,
    )


def upright_exif(exif: bytes) -> bytes | None:
    """EXIF of a picture that has been turned upright; None where it is damaged.

    Only the orientation is changed, in place, so that what points into the block (makers' notes)
    stays right. A thumbnail, which is not upright, is taken off the chain.

    Examples
    --------
    >>> from kmc.metadata import upright_exif
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


def descriptive_tags(exif: Any) -> dict[int, Any]:
    """What describes the picture among the tags of a ``PIL.Image.Exif``.

    In a TIFF these stand beside the tags that say how its pixels are stored, which must not be
    carried from file to file.

    Examples
    --------
    >>> from PIL import Image
    >>> from kmc.metadata import descriptive_tags
    >>> exif = Image.Exif()
    >>> exif.update({271: "a maker", 256: 640})
    >>> descriptive_tags(exif)
    {271: 'a maker'}
    """
    return {tag: exif[tag] for tag in _DESCRIPTIVE_TAGS if tag in exif}


def _resolution(dpi: Any) -> tuple[float, float] | None:
    """What formats call a resolution may be 0, absurdly large or a fraction of 0."""
    try:
        across, down = (float(value) for value in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return (across, down) if _resolvable((across, down)) else None
