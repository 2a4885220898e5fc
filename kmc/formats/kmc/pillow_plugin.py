"""The plug-in that lets Pillow open and save .kmc files."""

from __future__ import annotations

import io
import warnings
from typing import IO, Any

import numpy as np
from PIL import Image, ImageFile, ImagePalette

from kmc.errors import FormatWarning, ImageWarning
from kmc.formats.kmc.codec import DEFAULT_MAX_MEMORY, decode, encode, read_header
from kmc.formats.kmc.container import NAME, SIGNATURE
from kmc.formats.kmc.header import Header
from kmc.formats.kmc.metadata_chunks import read_metadata
from kmc.formats.painting import painted
from kmc.images.files import read_bytes
from kmc.images.pillow_source import SETTINGS
from kmc.images.reading import open_source
from kmc.metadata import EXIF_PREFIX, Metadata


class KmcImageFile(ImageFile.ImageFile):
    """A .kmc file as Pillow sees it: of mode "P", or "L" where the palette is grey.

    Files of more than 256 colours, which "P" cannot hold, are of mode "RGB" or "RGBA".

    Examples
    --------
    >>> import io, kmc, numpy as np
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> kmc.quantize(np.zeros((2, 3, 3), np.uint8), 1).save(file, "kmc")
    >>> picture = Image.open(file)
    >>> picture.format, picture.mode, picture.size
    ('KMC', 'P', (3, 2))
    """

    format = NAME
    format_description = "kmc indexed image"

    def _open(self) -> None:
        assert self.fp is not None
        self._file: bytes | None
        self._file, name = read_bytes(self.fp, signature=SIGNATURE, limit=DEFAULT_MAX_MEMORY)
        named = isinstance(self.filename, str) and self.filename
        self._name = named or name
        header, chunks = read_header(self._file, self._name)
        self._size = header.width, header.height
        self._mode = _mode(header)
        if self._mode == "P":
            self.palette = ImagePalette.raw("RGB", header.colors[:, :3].tobytes())
            alpha = header.colors[:, 3:].ravel()
            if (alpha < 255).any():
                self.info["transparency"] = alpha.tobytes()
        metadata = read_metadata(chunks, self._name, DEFAULT_MAX_MEMORY)
        self.info.update(_info(metadata))
        self.text = dict(metadata.text)  # as Pillow's PNG pictures have it
        self.tile = []

    def load(self) -> Any:
        """Decode the picture, once."""
        if self._file is not None:
            pixels = self.size[0] * self.size[1]  # which Pillow has compared with its own limit
            found, self._file = decode(self._file, self._name, max_pixels=pixels), None
            decoded = found.indices
            if self.mode != "P":
                decoded = painted(found.indices, found.colors)
            if self.fp is not None and self._exclusive_fp:
                self.fp.close()
            self.fp = io.BytesIO(np.ascontiguousarray(decoded).tobytes())
            self.tile = [ImageFile._Tile("raw", (0, 0, *self.size), 0, self.mode)]
        return super().load()

    def load_seek(self, pos: int) -> None:
        """Keep Pillow from mapping the file into memory: the pixels are not in it as they are."""


def _mode(header: Header) -> str:
    k, channels = header.colors.shape
    if channels == 1:
        return "L"
    return "P" if k <= 256 else "RGB" if channels == 3 else "RGBA"


def _info(metadata: Metadata) -> dict[str, Any]:
    exif = metadata.exif and EXIF_PREFIX + metadata.exif
    names = ("icc_profile", "dpi", "xmp", "gamma", "chromaticity", "cicp", "aspect")
    info = {name: getattr(metadata, name) for name in names} | {"exif": exif}
    return {name: value for name, value in info.items() if value is not None}


def save(picture: Image.Image, file: IO[bytes]) -> None:
    """Write a Pillow picture as it is, upright: of several frames the current one, as Pillow does.

    Parameters of ``Image.save`` are `level` and `threads`, as for `kmc.IndexedImage.save`, and
    metadata in place of the picture's own: `icc_profile`, `dpi`, `exif` and `xmp`.

    Warns
    -----
    FormatWarning
        The picture has further frames.
    ImageWarning
        Something had to be changed.
    """
    given: dict[str, Any] = getattr(picture, "encoderinfo", {})
    options = {name: given[name] for name in ("level", "threads") if name in given}
    settings = {name: given[name] for name in SETTINGS if name in given}
    n_frames = getattr(picture, "n_frames", 1)
    frame = picture.tell() if n_frames > 1 and picture.format != "MPO" else None
    if frame is not None:
        warnings.warn(f".kmc holds frame {frame} of {n_frames}", FormatWarning, stacklevel=4)
    with open_source(picture, frame) as source:
        found = source.indexed(settings)
    for change in found.changes:
        warnings.warn(change, ImageWarning, stacklevel=4)
    file.write(encode(found.indices, found.colors, found.metadata, **options))
