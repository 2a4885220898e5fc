"""The .kmc format: indexed images to bytes and back; docs/kmc-format.md describes it."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import _core
from kmc.cpu import thread_count
from kmc.errors import FormatError, FormatWarning, OutOfMemoryError
from kmc.formats.kmc.container import (
    END,
    VERSION,
    Chunk,
    chunk,
    read_chunks,
    read_varint,
    varint,
)
from kmc.formats.kmc.metadata_chunks import metadata_chunks, read_metadata
from kmc.formats.kmc.signature import SIGNATURE
from kmc.metadata import Metadata
from kmc.utils.arguments import whole

Indices = NDArray[np.uint8] | NDArray[np.uint16]

HEADER, BAND = b"H", b"I"

# Bits 0 to 15 are contexts, 16 to 18 relations, 19 to 22 guesses, 23 the symbol expected. Chosen
# by what each costs and saves on photographs of 16 colours, and on those of 256.
_CONTEXTS = {
    1: 0x080000,
    2: 0x080001,
    3: 0x080003,
    4: 0x0A8003,
    5: 0x0B800B,
    6: 0x7BA00B,
    7: 0x7BA00F,
    8: 0x7BA04F,
    9: 0x7BA24F,
}
_CONTEXTS_OF_MANY_COLORS = {5: 0x5B801F, 6: 0x5B901F, 7: 0x7B901F, 8: 0x7BB01F, 9: 0x7BB11F}
_MANY_COLORS = 33

# So small a picture is coded in other ways, too: pixel art repeats over longer distances than
# photographs, ramps go on as they did, and of noise nothing is to be learnt, be it by itself or on
# what is smooth.
_SMALL_PIXELS = 100_000
# Contexts and slot bits; the header has short names for these. Without slots it is the plain model,
# and its differences.
_PLAIN_MODEL, _PLAIN_DIFFERENCES = (0, 0), (1, 0)
_SHORT_MODELS = [_PLAIN_MODEL, (0x0BC38B, 14), (0xFFC38B, 14), _PLAIN_DIFFERENCES]

# Tables of 2**b slots: by the number of pixels, within limits, and twice as many for many colours.
# Larger ones save 0.3 % of the bytes and cost a tenth of the time.
_FEWEST_SLOT_BITS = 8
_MOST_SLOT_BITS = {1: 16, 2: 16, 3: 16, 4: 16, 5: 18, 6: 18, 7: 19, 8: 20, 9: 20}
_SLOTS_PER_PIXEL_BITS = {1: -4, 2: -4, 3: -4, 4: -3, 5: -3, 6: -2, 7: -2, 8: -2, 9: -1}

# A band has so many pixels at least: it learns anew, which costs 1 to 4 kB. The four bands of 12
# megapixels take 0.3 % more than one at 16 colours, 0.6 % at 256, of a soft picture 1.2 and 1.0 %.
# Their number is a power of two: three bands would leave one of two threads with the last of them.
_BAND_PIXELS = 2_500_000

# Bands are no smaller, nor are their tables much larger than they are: else it would take long to
# read what few bytes can ask for.
_LEAST_BAND_PIXELS = 4096
_MOST_SLOTS_PER_PIXEL = 4

# What a reader notes of each band, however little is in it.
_BAND_BYTES = 64

DEFAULT_LEVEL = 5
DEFAULT_MAX_MEMORY = 1 << 30


@dataclass(frozen=True, slots=True)
class Header:
    """What the first chunk says: sizes, the palette, and how the bands were coded.

    Without slots it is by the plain model; without bands there is one colour.
    """

    height: int
    width: int
    colors: NDArray[np.uint8]
    n_bands: int
    contexts: int
    slot_bits: int

    def rows(self, band: int) -> slice:
        """The rows of a band."""
        edge = [self.height * i // self.n_bands for i in (band, band + 1)]
        return slice(*edge)


def encode(
    indices: Indices,
    colors: NDArray[np.uint8],
    metadata: Metadata | None = None,
    *,
    level: int = DEFAULT_LEVEL,
    threads: int | None = None,
) -> bytes:
    """Encode an indexed image as a .kmc file.

    Parameters
    ----------
    indices : ndarray of uint8 or uint16, shape (H, W)
    colors : ndarray of uint8, shape (k, C)
    metadata : Metadata, optional
    level : int, default 5
        From 1, the fastest, to 9, the smallest.
    threads : int, optional
        The most threads to use; the bytes never depend on it.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        An option outside its range.
    OutOfMemoryError
        The tables do not fit into memory.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.kmc.codec import decode, encode
    >>> indices, colors = np.array([[0, 1, 1]], np.uint8), np.array([[7], [9]], np.uint8)
    >>> decode(encode(indices, colors), "a.kmc").indices.tolist()
    [[0, 1, 1]]
    """
    level = whole("level", level, 1, 9)
    n_threads = thread_count(threads)
    header = _chosen(indices, colors, level)
    ways = [header]
    if header.n_bands and indices.size <= _SMALL_PIXELS:
        plain = [_PLAIN_MODEL, _PLAIN_DIFFERENCES]
        models = _SHORT_MODELS if level >= DEFAULT_LEVEL else plain
        ways += [replace(header, contexts=c, slot_bits=s) for c, s in models]
    tried = [picture_chunks(indices, way, n_threads) for way in ways]
    first, *bands = min(tried, key=lambda chunks: sum(map(len, chunks)))
    described = metadata_chunks(metadata or Metadata())
    return b"".join([SIGNATURE, bytes([VERSION]), first, *described, *bands, END])


def picture_chunks(indices: Indices, header: Header, threads: int) -> list[bytes]:
    """The header and the bands of a picture."""
    first = chunk(HEADER, _header_bytes(header))
    if not header.n_bands:
        return [first]
    model = header.contexts, header.slot_bits, header.n_bands
    bands = _core.plane_write(indices, header.colors, *model, threads)
    if header.n_bands == 1:
        return [first, chunk(BAND, bands[0])]
    return [first, *(chunk(BAND, varint(i) + band) for i, band in enumerate(bands))]


def _chosen(indices: Indices, colors: NDArray[np.uint8], level: int) -> Header:
    height, width = indices.shape
    colors = np.array(colors, order="C")  # header and bands are of one palette, if this one changes
    if len(colors) == 1:
        return Header(height, width, colors, 0, 0, 0)
    n_bands = min(height, 1 << max(1, height * width // _BAND_PIXELS).bit_length() - 1)
    contexts = _CONTEXTS[level]
    wanted = (height * width // n_bands).bit_length() + _SLOTS_PER_PIXEL_BITS[level]
    if len(colors) >= _MANY_COLORS:
        contexts = _CONTEXTS_OF_MANY_COLORS.get(level, contexts)
        wanted += 1
    slot_bits = min(max(wanted, _FEWEST_SLOT_BITS), _MOST_SLOT_BITS[level])
    return Header(height, width, colors, n_bands, contexts, slot_bits)


def _header_bytes(header: Header) -> bytes:
    k, channels = header.colors.shape
    model = header.contexts, header.slot_bits
    short = model in _SHORT_MODELS
    name = _SHORT_MODELS.index(model) if short else header.slot_bits
    contexts = b"" if short else header.contexts.to_bytes(3, "little")
    several = header.n_bands > 1
    kind = bytes([channels - 1 | name << 2 | several << 7])
    sizes = [header.width - 1, header.height - 1, k - 1]
    sizes += [header.n_bands] if several else []
    return kind + b"".join(map(varint, sizes)) + contexts + _core.palette_write(header.colors)


class Decoded(NamedTuple):
    """What a .kmc file holds."""

    indices: Indices
    colors: NDArray[np.uint8]
    metadata: Metadata


def decode(
    data: bytes,
    name: str,
    *,
    partial: bool = False,
    max_memory: int = DEFAULT_MAX_MEMORY,
    threads: int | None = None,
) -> Decoded:
    """Decode a .kmc file; `name` is what errors call it, and `kmc.open` explains the rest.

    Raises
    ------
    FormatError, OutOfMemoryError

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.kmc.codec import decode, encode
    >>> file = encode(np.array([[0, 1, 1]], np.uint8), np.array([[7], [9]], np.uint8))
    >>> decode(file, "a.kmc").colors.tolist()
    [[7], [9]]
    """
    max_memory = min(whole("max_memory", max_memory, 1), sys.maxsize)
    n_threads = thread_count(threads)
    try:
        return _decoded(data, name, partial, max_memory, n_threads)
    except MemoryError as error:
        raise OutOfMemoryError(f"{name}: not enough memory to open the picture") from error


def _decoded(data: bytes, name: str, partial: bool, max_memory: int, n_threads: int) -> Decoded:
    header, chunks = read_header(data, name, partial=partial)
    n_threads = _fitting_threads(header, n_threads, max_memory, name)
    bands = _bands(header, chunks, name, partial)
    kept = [c for c in chunks if c.intact]
    metadata = read_metadata(kept, name, max_memory, partial=partial)
    shape = header.height, header.width
    if header.n_bands:
        indices = _core.plane_read(
            bands, *shape, header.colors, header.contexts, header.slot_bits, n_threads
        )
    else:
        indices = np.zeros(shape, np.uint8)
    return Decoded(indices, header.colors, metadata)


def read_header(data: bytes, name: str, *, partial: bool = False) -> tuple[Header, list[Chunk]]:
    """The header of a file, and all chunks behind it.

    Raises
    ------
    FormatError
        It is no .kmc file, or damaged.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.kmc.codec import encode, read_header
    >>> file = encode(np.zeros((2, 5), np.uint8), np.array([[0]], np.uint8))
    >>> header, chunks = read_header(file, "a.kmc")
    >>> header.width, header.height, len(header.colors), len(chunks)
    (5, 2, 1, 0)
    """
    chunks = list(read_chunks(data, name, partial=partial))
    if not chunks or chunks[0].type != HEADER or not chunks[0].intact:
        raise FormatError(f"{name}: damaged: byte {len(SIGNATURE) + 1} begins no header")
    for c in chunks[1:]:
        if c.intact and not c.type.islower() and c.type != BAND:
            raise FormatError(
                f"{name}: chunk {c.type!r} at byte {c.at} must be understood to read the file"
            )
    return _read_header(chunks[0], name), chunks[1:]


def _read_header(found: Chunk, name: str) -> Header:
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
    if model < len(_SHORT_MODELS):
        contexts, slot_bits = _SHORT_MODELS[model]
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
    if several and not (n_bands >= 2 and k > 1 and band_pixels >= _LEAST_BAND_PIXELS):
        raise fail(f"cuts {width} x {height} pixels of {k} colours into {n_bands} bands")
    if several and 1 << slot_bits > _MOST_SLOTS_PER_PIXEL * band_pixels:
        raise fail(f"asks for 2**{slot_bits} slots for {band_pixels} pixels")
    if n_bands and (width + 8) * (height // n_bands + 4) >= 2**32:
        raise fail(f"cuts {width} x {height} pixels into only {n_bands} bands")
    colors = _core.palette_read(data[at:], k, channels)
    return Header(height, width, colors, n_bands, contexts, slot_bits)


def _fitting_threads(header: Header, threads: int, max_memory: int, name: str) -> int:
    """How many threads there is memory for."""
    index_bytes = 1 if len(header.colors) <= 256 else 2
    picture = header.height * header.width * index_bytes
    picture += _BAND_BYTES * header.n_bands + header.colors.nbytes
    band = 0
    if header.n_bands:
        picture += _core.palette_bytes(len(header.colors))
        band = _core.plane_bytes(
            header.height, header.width, header.contexts, header.slot_bits, header.n_bands
        )
    if picture + band > max_memory:
        raise FormatError(
            f"{name}: takes {picture + band} bytes of memory to decode, and max_memory allows "
            f"{max_memory}"
        )
    return max(1, min(threads, (max_memory - picture) // band)) if band else 1


def _bands(header: Header, chunks: list[Chunk], name: str, partial: bool) -> list[bytes | None]:
    """The bytes of each band, None for those that are lost."""
    bands: list[bytes | None] = [None] * header.n_bands
    for i, c in enumerate(c for c in chunks if c.type == BAND and c.intact):
        number = start = 0
        if header.n_bands > 1:
            number, start = read_varint(c.data, 0, f"{name}: chunk {c.type!r} at byte {c.at}")
        elif i >= header.n_bands and not partial:
            raise FormatError(f"{name}: chunk {c.type!r} at byte {c.at}: there is but one band")
        if number >= header.n_bands or (number != i and not partial):
            raise FormatError(
                f"{name}: chunk {c.type!r} at byte {c.at} is band {number}, not {i}, "
                f"of {header.n_bands}"
            )
        bands[number] = c.data[start:]
    lost = [i for i, band in enumerate(bands) if band is None]
    if lost and not partial:
        raise FormatError(f"{name}: has no band {lost[0]}, of {header.n_bands}")
    if lost:
        first = (header.rows(i).start for i in lost if i == 0 or bands[i - 1] is not None)
        last = (header.rows(i).stop - 1 for i in lost if bands[i + 1 : i + 2] != [None])
        rows = ", ".join(f"{a} to {b}" for a, b in zip(first, last, strict=True))
        warnings.warn(f"{name}: damaged: rows {rows} are lost", FormatWarning, stacklevel=4)
    return bands
