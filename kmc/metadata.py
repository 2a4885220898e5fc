"""What a picture file says beside its pixels: colour profile, resolution, EXIF, XMP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kmc.errors import ArgumentError

EXIF_PREFIX = b"Exif\0\0"

# The largest that files hold: pixels a metre in 31 bits, and hundred-thousandths.
MAX_DPI = 50_000_000.0
MAX_GAMMA = 20_000.0

# What of a TIFF's own tags describes the picture rather than the file: description, make, model,
# software, date, artist, copyright.
_DESCRIPTIVE_TAGS = (270, 271, 272, 305, 306, 315, 33432)


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
        if self.dpi is not None and not is_resolution(self.dpi):
            raise ArgumentError(
                f"dpi must be two numbers above 0, at most {MAX_DPI:.0f}, not {self.dpi!r}"
            )
        if self.gamma is not None and not 0 < self.gamma <= MAX_GAMMA:
            raise ArgumentError(
                f"gamma must be above 0, at most {MAX_GAMMA:.0f}, not {self.gamma!r}"
            )
        if self.chromaticity is not None and not is_chromaticity(self.chromaticity):
            raise ArgumentError(
                f"chromaticity must be eight numbers from 0 to {MAX_GAMMA:.0f}, "
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


def is_resolution(dpi: tuple[float, ...]) -> bool:
    """Whether files can hold this resolution.

    Examples
    --------
    >>> from kmc.metadata import is_resolution
    >>> is_resolution((300, 0))
    False
    """
    return len(dpi) == 2 and all(0 < value <= MAX_DPI for value in dpi)


def is_chromaticity(values: tuple[float, ...]) -> bool:
    """Whether files can hold these eight numbers.

    Examples
    --------
    >>> from kmc.metadata import is_chromaticity
    >>> is_chromaticity((0.3127, 0.329))
    False
    """
    return len(values) == 8 and all(0 <= value <= MAX_GAMMA for value in values)


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
