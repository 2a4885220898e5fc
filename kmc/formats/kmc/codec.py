"""Encode indexed images as .kmc files and decode them; docs/kmc-format.md specifies the format."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.cpu import thread_count
from kmc.errors import (
    ArgumentError,
    ArgumentTypeError,
    FormatError,
    FormatWarning,
    ImageTooLargeError,
    OutOfMemoryError,
)
from kmc.formats.kmc.container import (
    END,
    SIGNATURE,
    VERSION,
    Chunk,
    chunk,
    read_chunks,
    read_varint,
    varint,
)
from kmc.formats.kmc.header import (
    ORDER0_MODEL,
    ORDER0_RESIDUALS,
    SHORT_MODELS,
    Header,
    decoding_memory,
    header_bytes,
    parse_header,
)
from kmc.formats.kmc.metadata_chunks import metadata_bytes, metadata_chunks, read_metadata
from kmc.metadata import Metadata
from kmc.utils.arguments import whole

Indices = NDArray[np.uint8] | NDArray[np.uint16]

HEADER, BAND = b"H", b"I"

# The inputs of the model at each level: bits 0 to 15 are contexts, 16 to 18 relations, 19 to 22
# predictions, 23 the expected symbol. Chosen by the time and bytes that each costs and saves on
# photographs of 16 and of 256 colours.
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

# Smaller pictures are encoded by several models, and the smallest result is taken: pixel art
# repeats over longer distances than photographs, gradients go on in steps, and noise has nothing to
# learn.
_SMALL_PIXELS = 100_000

# The model has 2**b slots: b follows the number of pixels, within limits, and is one more for many
# colours.
_MIN_SLOT_BITS = 8
_MAX_SLOT_BITS = {1: 16, 2: 16, 3: 16, 4: 16, 5: 18, 6: 18, 7: 19, 8: 20, 9: 20}
_SLOTS_PER_PIXEL_BITS = {1: -4, 2: -4, 3: -4, 4: -3, 5: -3, 6: -2, 7: -2, 8: -2, 9: -1}

# Bands have at least so many pixels, since each learns anew. Their number is a power of two: of
# three bands, the last one would leave one of two threads idle.
_BAND_PIXELS = 2_500_000

DEFAULT_LEVEL = 5

# The level whose model prices indices that are still to be chosen: that of the default level would
# save another 1 % and take twice as long.
_CHOOSING_LEVEL = 4
DEFAULT_MAX_MEMORY = 1 << 30
DEFAULT_MAX_PIXELS = 1 << 28


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
        Each below k.
    colors : ndarray of uint8, shape (k, C)
        The palette: 1 to 65 536 colours of 1, 3 or 4 channels.
    metadata : Metadata, optional
        Stored beside the image.
    level : int, default 5
        From 1, the fastest, to 9, the smallest.
    threads : int, optional
        The most threads to use; the bytes never depend on it.

    Returns
    -------
    bytes
        The file. Indices, palette and metadata are stored losslessly.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        Arrays of another shape or dtype, an index beyond the palette, or an option outside its
        range.
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
    indices, colors = _checked(indices, colors)
    header = _header_for(indices.shape, colors, level)
    candidates = [header]
    if header.n_bands and indices.size <= _SMALL_PIXELS:
        order0 = [ORDER0_MODEL, ORDER0_RESIDUALS]
        models = SHORT_MODELS if level >= DEFAULT_LEVEL else order0
        candidates += [replace(header, contexts=c, slot_bits=s) for c, s in models]
    encoded = [picture_chunks(indices, candidate, n_threads) for candidate in candidates]
    first, *bands = min(encoded, key=lambda chunks: sum(map(len, chunks)))
    blocks = metadata_chunks(metadata or Metadata())
    return b"".join([SIGNATURE, bytes([VERSION]), first, *blocks, *bands, END])


def _checked(indices: Any, colors: Any) -> tuple[Indices, NDArray[np.uint8]]:
    """The arrays, checked; the palette is a copy that nobody else can change meanwhile."""
    if not isinstance(indices, np.ndarray) or indices.dtype not in (np.uint8, np.uint16):
        kind = getattr(indices, "dtype", type(indices).__name__)
        raise ArgumentTypeError(f"indices must be an array of uint8 or uint16, not {kind}")
    if indices.ndim != 2 or indices.size == 0:
        raise ArgumentError(f"indices must have shape (H, W), not {indices.shape}")
    if not isinstance(colors, np.ndarray) or colors.dtype != np.uint8:
        kind = getattr(colors, "dtype", type(colors).__name__)
        raise ArgumentTypeError(f"palette colours must be an array of uint8, not {kind}")
    if colors.ndim != 2 or colors.shape[1] not in (1, 3, 4) or not 1 <= len(colors) <= 65536:
        raise ArgumentError(
            f"palette colours must have shape (k, C), k from 1 to 65536 and C 1, 3 or 4, "
            f"not {colors.shape}"
        )
    colors = np.array(colors, order="C")
    if len(colors) == 1 and indices.any():
        raise ArgumentError(f"index {indices.max()} is beyond a palette of 1 colour")
    return indices, colors


def picture_chunks(indices: Indices, header: Header, threads: int) -> list[bytes]:
    """The header and the bands of a picture."""
    first = chunk(HEADER, header_bytes(header))
    if not header.n_bands:
        return [first]
    model = header.contexts, header.slot_bits, header.n_bands
    bands = core.codec.plane_write(indices, header.colors, *model, threads)
    if header.n_bands == 1:
        return [first, chunk(BAND, bands[0])]
    return [first, *(chunk(BAND, varint(i) + band) for i, band in enumerate(bands))]


def _header_for(shape: tuple[int, ...], colors: NDArray[np.uint8], level: int) -> Header:
    """The header of a picture by the model of a level."""
    height, width = shape
    if len(colors) == 1:
        return Header(height, width, colors, 0, 0, 0)
    n_bands = min(height, 1 << max(1, height * width // _BAND_PIXELS).bit_length() - 1)
    contexts = _CONTEXTS[level]
    wanted = (height * width // n_bands).bit_length() + _SLOTS_PER_PIXEL_BITS[level]
    if len(colors) >= _MANY_COLORS:
        contexts = _CONTEXTS_OF_MANY_COLORS.get(level, contexts)
        wanted += 1
    slot_bits = min(max(wanted, _MIN_SLOT_BITS), _MAX_SLOT_BITS[level])
    return Header(height, width, colors, n_bands, contexts, slot_bits)


def choosing_model(shape: tuple[int, int], colors: NDArray[np.uint8]) -> tuple[int, int, int]:
    """The contexts, slot bits and bands of the model that indices of two or more colours are
    chosen by."""
    header = _header_for(shape, colors, _CHOOSING_LEVEL)
    return header.contexts, header.slot_bits, header.n_bands


class EncodedBands:
    """A .kmc file made of one band of its rows after the other, with the bytes of `encode`.

    Parameters
    ----------
    shape, colors, metadata, level, threads
        As for `encode`.

    Attributes
    ----------
    edges : list of int
        The rows that the bands end before, ascending to the height.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        colors: NDArray[np.uint8],
        metadata: Metadata,
        level: int,
        threads: int,
    ) -> None:
        self._colors, self._metadata, self._level, self._threads = colors, metadata, level, threads
        self._header = _header_for(shape, colors, whole("level", level, 1, 9))
        several = range(self._header.n_bands) if self._header.n_bands > 1 else ()
        self.edges = [self._header.rows(i).stop for i in several] or [shape[0]]

    def parts(self, bands: Iterable[Indices]) -> Iterator[bytes]:
        """The parts of the file, of the indices of each band in turn."""
        from concurrent.futures import ThreadPoolExecutor  # slow to import, and needed only here

        header = self._header
        if header.n_bands < 2:
            for indices in bands:
                yield encode(
                    indices,
                    self._colors,
                    self._metadata,
                    level=self._level,
                    threads=self._threads,
                )
            return
        first = chunk(HEADER, header_bytes(header))
        yield b"".join([SIGNATURE, bytes([VERSION]), first, *metadata_chunks(self._metadata)])
        with ThreadPoolExecutor(self._threads) as pool:
            for i, group in enumerate(_groups(bands, self._threads)):
                coded = pool.map(self._coded, group)
                yield b"".join(
                    chunk(BAND, varint(i * self._threads + j) + band)
                    for j, band in enumerate(coded)
                )
        yield END

    def _coded(self, indices: Indices) -> bytes:
        model = self._header.contexts, self._header.slot_bits
        return core.codec.plane_write(indices, self._colors, *model, 1, 1)[0]


def _groups(bands: Iterable[Indices], n: int) -> Iterator[list[Indices]]:
    """Groups of n, the last one of at most n."""
    left = iter(bands)
    while group := list(islice(left, n)):
        yield group


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
    max_pixels: int = DEFAULT_MAX_PIXELS,
    max_memory: int = DEFAULT_MAX_MEMORY,
    threads: int | None = None,
) -> Decoded:
    """Decode a .kmc file; `name` is what errors call it, and `kmc.open` explains the rest.

    Raises
    ------
    FormatError, ImageTooLargeError, OutOfMemoryError

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.kmc.codec import decode, encode
    >>> file = encode(np.array([[0, 1, 1]], np.uint8), np.array([[7], [9]], np.uint8))
    >>> decode(file, "a.kmc").colors.tolist()
    [[7], [9]]
    """
    max_pixels = whole("max_pixels", max_pixels, 1)
    max_memory = min(whole("max_memory", max_memory, 1), sys.maxsize)
    n_threads = thread_count(threads)
    try:
        return _decoded(data, name, partial, max_pixels, max_memory, n_threads)
    except MemoryError as error:
        raise OutOfMemoryError(f"{name}: not enough memory to open the picture") from error


def _decoded(
    data: bytes, name: str, partial: bool, max_pixels: int, max_memory: int, n_threads: int
) -> Decoded:
    header, chunks = read_header(data, name, partial=partial)
    if header.width * header.height > max_pixels:
        raise ImageTooLargeError(
            f"{name}: {header.width} x {header.height} pixels are more than max_pixels = "
            f"{max_pixels}; raise it if you trust the file"
        )
    picture, band = decoding_memory(header)
    if picture + band > max_memory:
        raise FormatError(
            f"{name}: takes {picture + band} bytes of memory to decode, and max_memory allows "
            f"{max_memory}"
        )
    bands = _bands(header, chunks, name, partial)
    kept = [c for c in chunks if c.intact]
    metadata = read_metadata(kept, name, max_memory - picture - band, partial=partial)
    if band:
        left = max_memory - picture - metadata_bytes(metadata)
        n_threads = max(1, min(n_threads, left // band))
    shape = header.height, header.width
    if header.n_bands:
        indices = core.codec.plane_read(
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
    return parse_header(chunks[0], name), chunks[1:]


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
