"""The header of a .kmc file: the size of the picture, its palette, and the model of its bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.errors import FormatError
from kmc.formats.kmc.container import Chunk, read_varint, varint

# A model is its contexts (a bit for each input) and its slot bits; without slots it is the order-0
# model, of symbols or of residuals. These four have numbers of their own in the header.
ORDER0_MODEL, ORDER0_RESIDUALS = (0, 0), (1, 0)
SHORT_MODELS = [ORDER0_MODEL, (0x0BC38B, 14), (0xFFC38B, 14), ORDER0_RESIDUALS]

# Bounds of bands, so that a small file cannot ask for much time.
_MIN_BAND_PIXELS = 4096
_MAX_SLOTS_PER_PIXEL = 4

# A decoder's own bytes for each band.
_BAND_BYTES = 64


@dataclass(frozen=True, slots=True)
class Header:
    """The first chunk: the size, the palette, and the model of the bands.

    Without slots it is the order-0 model; without bands the palette has one colour.
    """

    height: int
    width: int
    colors: NDArray[np.uint8]
    n_bands: int
    contexts: int
    slot_bits: int

    def rows(self, band: int) -> slice:
        """Return the rows of a band."""
        edge = [self.height * i // self.n_bands for i in (band, band + 1)]
        return slice(*edge)


def header_bytes(header: Header) -> bytes:
    """Encode a header, as the data of its chunk."""
    k, channels = header.colors.shape
    model = header.contexts, header.slot_bits
    short = model in SHORT_MODELS
    name = SHORT_MODELS.index(model) if short else header.slot_bits
    contexts = b"" if short else header.contexts.to_bytes(3, "little")
    several = header.n_bands > 1
    kind = bytes([channels - 1 | name << 2 | several << 7])
    sizes = [header.width - 1, header.height - 1, k - 1]
    sizes += [header.n_bands] if several else []
    return kind + b"".join(map(varint, sizes)) + contexts + core.codec.palette_write(header.colors)


def parse_header(found: Chunk, name: str) -> Header:
    """Decode and check a header.

    Raises
    ------
    FormatError
        It is cut short, or claims something that the format excludes.
    """

    def fail(what: str) -> FormatError:
        return FormatError(f"{name}: the header at byte {found.at} {what}")

    data = found.data
    kind = data[0] if data else 0
    channels, model, several = (kind & 3) + 1, kind >> 2 & 31, kind >> 7
    if channels == 2:
        raise fail("says 2 channels; there are 1, 3 or 4")
    at, sizes = 1, []
    for _ in range(3 + several):
        size, at = read_varint(data, at, f"{name}: the header")
        sizes.append(size)
    width, height, k = (size + 1 for size in sizes[:3])
    n_bands = sizes[3] if several else int(k > 1)
    if width >= 2**31 or height >= 2**31:
        raise fail(f"says {width} x {height} pixels; there are 1 to 2147483647 each way")
    if k > 65536:
        raise fail(f"says {k} colours; there are 1 to 65536")
    if model < len(SHORT_MODELS):
        contexts, slot_bits = SHORT_MODELS[model]
    else:
        slot_bits = model
        contexts = int.from_bytes(data[at : at + 3], "little")
        at += 3
        if at > len(data):
            raise fail("is cut short")
        if not contexts & 0x080000 or not 6 <= slot_bits <= 22:
            raise fail(f"asks for contexts {contexts:#x} in 2**{slot_bits} slots, which none has")
    if model and k == 1:
        raise fail("has a model for 1 colour")
    band_pixels = width * (height // max(1, n_bands))
    if several and not (n_bands >= 2 and k > 1 and band_pixels >= _MIN_BAND_PIXELS):
        raise fail(f"cuts {width} x {height} pixels of {k} colours into {n_bands} bands")
    if several and 1 << slot_bits > _MAX_SLOTS_PER_PIXEL * band_pixels:
        raise fail(f"asks for 2**{slot_bits} slots for {band_pixels} pixels")
    if n_bands and (width + 8) * (height // n_bands + 4) >= 2**32:
        raise fail(f"cuts {width} x {height} pixels into only {n_bands} bands")
    colors = core.codec.palette_read(data[at:], k, channels)
    return Header(height, width, colors, n_bands, contexts, slot_bits)


def decoding_memory(header: Header) -> tuple[int, int]:
    """Return the bytes of memory for a picture, and for the tables of each decoding thread."""
    index_bytes = 1 if len(header.colors) <= 256 else 2
    picture = header.height * header.width * index_bytes
    picture += _BAND_BYTES * header.n_bands + header.colors.nbytes
    if not header.n_bands:
        return picture, 0
    band = core.codec.plane_bytes(
        header.height, header.width, header.contexts, header.slot_bits, header.n_bands
    )
    return picture + core.codec.palette_bytes(len(header.colors)), band
