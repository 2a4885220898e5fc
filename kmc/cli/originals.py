"""Originals that are left as they are: files that have few enough colours already.

A result quantized again has the same colours, so that only its compression could change. Its file
stays, byte for byte, unless it is worth replacing: so a second run changes nothing.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import kmc
from kmc.cli.opening import Opened
from kmc.errors import ImageNotFoundError, ImageReadError
from kmc.formats.registry import Format, format_of_suffix
from kmc.metadata import Metadata
from kmc.utils.os_errors import reading

# An indexed file is replaced by one that is smaller by more than this share and so many bytes:
# not for what another version of kmc, or of a compression library, gains or loses at random.
MIN_SHARE, MIN_BYTES = 0.01, 16

# Formats in which every result of at most 256 colours has indices that Pillow shows.
INDEXED = ("png", "gif", "bmp")


@dataclass(frozen=True)
class Original:
    """The file of an input that could be its own result: in the right format, and kept whole.

    Attributes
    ----------
    is_indexed : bool
        Whether it holds indices and a palette.
    looks_reduced : bool
        Whether it may be a result, if it has few colours: results in its format are indexed as it
        is, or need not be.
    n_bytes : int
        Its size.
    """

    is_indexed: bool
    looks_reduced: bool
    n_bytes: int

    def is_as_good_as(self, image: kmc.IndexedImage, n_bytes: int) -> bool:
        """Whether a result has the same pixels, in a file that is not worth it."""
        if image.mse > 0:
            return False
        if not self.is_indexed:
            return n_bytes >= self.n_bytes
        return n_bytes + max(MIN_BYTES, self.n_bytes * MIN_SHARE) >= self.n_bytes


def original_of(opened: Opened, format: Format, *, keep_metadata: bool) -> Original | None:
    """The file of an input, unless it cannot be its own result.

    It cannot where it has another format, metadata that shall not be kept, several frames, or
    pixels that reading or an option has changed.
    """
    if not opened.is_untouched or format_of_suffix(f"x.{opened.format}") is not format:
        return None
    has_metadata = opened.has_exif or opened.picture.metadata not in (None, Metadata())
    if has_metadata and not keep_metadata:
        return None
    looks_reduced = opened.is_indexed or format.name not in INDEXED
    return Original(opened.is_indexed, looks_reduced, opened.n_bytes)


def content(opened: Opened) -> bytes:
    """The bytes of the file of an input.

    Raises
    ------
    ImageReadError
        It cannot be read again.
    """
    if isinstance(opened.stream, io.BytesIO):
        return opened.stream.getvalue()
    name = opened.stream
    with reading(name, ImageReadError, ImageNotFoundError), open(name, "rb") as file:
        return file.read()
