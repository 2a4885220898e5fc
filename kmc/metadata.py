"""What a picture file holds besides its pixels: colour profile, resolution, EXIF, XMP, text."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Real
from typing import Any

from kmc.errors import ArgumentError, ArgumentTypeError

EXIF_PREFIX = b"Exif\0\0"

# The largest that files hold: pixels a metre in 31 bits, and hundred-thousandths.
MAX_DPI = 50_000_000.0
MAX_GAMMA = 20_000.0

# Tags of a TIFF that describe the picture rather than its storage: description, make, model,
# software, date, artist, copyright.
_DESCRIPTIVE_TAGS = (270, 271, 272, 305, 306, 315, 33432)

_SRGB_CODE_POINTS = (1, 13)  # primaries and transfer function


@dataclass(frozen=True, slots=True, repr=False)
class Metadata:
    """What a picture file holds besides its pixels, from `kmc.read` to `kmc.IndexedImage.save`.

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
    cicp : tuple of 4 ints, optional
        Coding independent code points (ITU-T H.273) of the colours, as PNG and AVIF hold them:
        primaries, transfer function, matrix, full range. They take precedence over a profile.
    aspect : (int, int), optional
        Pixels per unit across and down, of a unit that is not known: the shape of a pixel.
    text : tuple of (str, str), optional
        Keywords and texts of a PNG file: keywords of 1 to 79 Latin-1 characters, texts without NUL.

    Attributes
    ----------
    icc_profile, dpi, exif, xmp, gamma, chromaticity, cicp, aspect, text
        As above; None where the picture has none, and no `text` is ``()``.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        Values that no file could hold.

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
    cicp: tuple[int, ...] | None = None
    aspect: tuple[int, int] | None = None
    text: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for name in ("icc_profile", "exif", "xmp"):
            block = getattr(self, name)
            if block is not None and not isinstance(block, bytes | bytearray | memoryview):
                raise ArgumentTypeError(f"{name} must be bytes, not {type(block).__name__}")
        if self.dpi is not None and not is_resolution(self.dpi):
            raise ArgumentError(
                f"dpi must be two numbers above 0, at most {MAX_DPI:.0f}, not {self.dpi!r}"
            )
        if self.gamma is not None and not (_is_number(self.gamma) and 0 < self.gamma <= MAX_GAMMA):
            raise ArgumentError(
                f"gamma must be above 0, at most {MAX_GAMMA:.0f}, not {self.gamma!r}"
            )
        if self.chromaticity is not None and not is_chromaticity(self.chromaticity):
            raise ArgumentError(
                f"chromaticity must be eight numbers from 0 to {MAX_GAMMA:.0f}, "
                f"not {self.chromaticity!r}"
            )
        if self.cicp is not None and not is_cicp(self.cicp):
            raise ArgumentError(f"cicp must be four integers from 0 to 255, not {self.cicp!r}")
        if self.aspect is not None and not is_aspect(self.aspect):
            raise ArgumentError(f"aspect must be two integers from 1, not {self.aspect!r}")
        if not isinstance(self.text, tuple) or not all(map(is_text, self.text)):
            raise ArgumentError(
                "text must be a tuple of keywords, of 1 to 79 Latin-1 characters, with texts"
            )

    def __repr__(self) -> str:
        parts = []
        if self.icc_profile is not None:
            parts.append(f"{len(self.icc_profile)} bytes of ICC profile")
        if self.gamma is not None:
            parts.append(f"gamma {self.gamma:g}")
        if self.cicp is not None:
            parts.append("code points " + "/".join(map(str, self.cicp)))
        if self.dpi is not None:
            parts.append(f"{self.dpi[0]:g} x {self.dpi[1]:g} dpi")
        if self.aspect is not None:
            parts.append(f"{self.aspect[0]} x {self.aspect[1]} pixels a unit")
        for name in ("exif", "xmp"):
            if getattr(self, name) is not None:
                parts.append(f"{len(getattr(self, name))} bytes of {name.upper()}")
        if self.text:
            parts.append("text: " + ", ".join(keyword for keyword, _ in self.text))
        return f"<kmc.Metadata: {', '.join(parts) or 'none'}>"

    @property
    def is_srgb(self) -> bool:
        """Whether the colours are sRGB, as far as the metadata says.

        Examples
        --------
        >>> import kmc
        >>> kmc.Metadata().is_srgb, kmc.Metadata(gamma=1.0).is_srgb
        (True, False)
        """
        if self.cicp is not None:
            return self.cicp[:2] == _SRGB_CODE_POINTS
        if self.icc_profile is not None:
            named = (b"sRGB", "sRGB".encode("utf-16-be"))
            return any(name in self.icc_profile for name in named)
        return self.gamma is None or abs(self.gamma - 1 / 2.2) < 0.01


def is_resolution(dpi: tuple[float, ...]) -> bool:
    """Whether files can hold this resolution."""
    return _numbers(dpi, 2) and all(0 < value <= MAX_DPI for value in dpi)


def is_chromaticity(values: tuple[float, ...]) -> bool:
    """Whether files can hold these eight numbers."""
    return _numbers(values, 8) and all(0 <= value <= MAX_GAMMA for value in values)


def _numbers(values: Any, n: int) -> bool:
    return isinstance(values, tuple) and len(values) == n and all(map(_is_number, values))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def is_cicp(values: Any) -> bool:
    """Whether these are four code points."""
    return _integers(values, 4, 0, 255)


def is_aspect(values: Any) -> bool:
    """Whether PNG files can hold these pixels per unit."""
    return _integers(values, 2, 1, 2**31 - 1)


def _integers(values: Any, n: int, least: int, most: int) -> bool:
    if not isinstance(values, tuple) or len(values) != n:
        return False
    return all(type(value) is int and least <= value <= most for value in values)


def is_text(pair: Any) -> bool:
    """Whether PNG files can hold this keyword with its text."""
    if not isinstance(pair, tuple) or len(pair) != 2 or not all(type(part) is str for part in pair):
        return False
    keyword, text = pair
    printable = all(" " <= letter <= "~" or "\xa1" <= letter <= "\xff" for letter in keyword)
    return printable and 1 <= len(keyword) <= 79 and "\0" not in text and _encodable(text)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def descriptive_tags(exif: Any) -> dict[int, Any]:
    """The tags of a ``PIL.Image.Exif`` that describe the picture.

    In a TIFF these stand beside the tags that say how its pixels are stored, which are not to be
    copied from file to file.
    """
    return {tag: exif[tag] for tag in _DESCRIPTIVE_TAGS if tag in exif}
