"""The compressed rows of PNG files with a palette: bit depth, row filters, zlib stream.

Rows are packed here, filtered by the engine (src_c/png/filter.c) and compressed by libdeflate.
Which bit depth and filters are best is found by trial: drawings and gradients are compressed in
several layouts at a fast level, photographs in two; of large pictures only a sample.
"""

from __future__ import annotations

import itertools
import threading
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core

# Filter types of PNG, and the choice of one for each row.
NONE, SUB, UP, PAETH, ADAPTIVE = 0, 1, 2, 4, -1
FILTERS = (NONE, SUB, UP, PAETH, ADAPTIVE)

# The levels of libdeflate behind levels 1 to 9.
LEVELS = (1, 2, 4, 6, 8, 9, 10, 11, 12)
FAST, MEDIUM, SLOW = 9, 10, 12
ZLIB = 0  # zlib at its highest level, which finds some long repeats that libdeflate's FAST does not

# By default, the level of rows of up to so many bytes. On drawings, slow levels take many times as
# long as fast ones; on photographs, only a few times.
DRAWING_LEVELS = ((1 << 17, SLOW), (1 << 22, 11), (1 << 62, MEDIUM))
PHOTOGRAPH_LEVELS = ((1 << 20, SLOW), (1 << 23, 11), (1 << 62, MEDIUM))

# Photographs compress to more than this share of rows in the fewest bits. Of what compresses to
# less than the others, zlib is worth trying, and slow levels are not.
PHOTOGRAPH, ZLIB_BELOW, REPETITIVE = 1 / 8, 1 / 32, 1 / 64

# Pictures of up to so many pixels are compressed as a whole, at the slowest level in the layouts
# that are about as good as the best, tiny ones in all.
TINY, SMALL = 1 << 12, 1 << 15

# Larger ones are judged by so many pixels, in so many bands.
SAMPLE, BANDS = 1 << 16, 3

# Candidates within this factor of the smallest one, at most so many, are tried at a slower level.
NEAR, MOST_NEAR = 1.1, 4
SMALL_NEAR, SMALL_MOST_NEAR = 1.3, 16

# Up to so many bytes are compressed within 100 ms at any level.
AT_ONCE = 1 << 17

IDENTITY = bytes(range(256))


class Layout(NamedTuple):
    """How rows are laid out before they are compressed.

    Attributes
    ----------
    bits : int
        Bits per index: 1, 2, 4 or 8.
    filter : int
        The PNG filter type of all rows, 0 to 4, or `ADAPTIVE`: of each row the one that leaves
        the least entropy.
    """

    bits: int
    filter: int


class Plan(NamedTuple):
    """The outcome of a trial.

    Attributes
    ----------
    order : int
        Which of the given orders of the palette compresses best.
    layouts : tuple of Layout
        Those that compress best in that order, the best one first.
    ratio : float
        The compressed size to that of rows in the fewest bits.
    stream : bytes or None
        The rows of a small picture, compressed in the best layout.
    """

    order: int
    layouts: tuple[Layout, ...]
    ratio: float
    stream: bytes | None


# The number of an order of the palette, and a layout.
_Candidate = tuple[int, Layout]


def index_bits(k: int) -> int:
    """The fewest bits that PNG can give to an index below k: 1, 2, 4 or 8.

    Examples
    --------
    >>> from kmc.formats.png_compression import index_bits
    >>> [index_bits(k) for k in (1, 2, 3, 16, 17, 256)]
    [1, 1, 2, 4, 8, 8]
    """
    return next(bits for bits in (1, 2, 4, 8) if k <= 1 << bits)


def best_plan(
    indices: NDArray[np.uint8], k: int, tables: Sequence[bytes] = (IDENTITY,), threads: int = 1
) -> Plan:
    """Find how indices of k colours compress best, and in which order of the palette.

    Parameters
    ----------
    indices : ndarray of uint8, shape (H, W)
        Each below k.
    k : int
        The number of colours, 1 to 256.
    tables : sequence of bytes
        For each order of the palette, the new index of every old one; 256 bytes. Of a photograph
        only the first is tried.
    threads : int
        The most threads to use.

    Returns
    -------
    Plan

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.png_compression import best_plan
    >>> best_plan(np.zeros((50, 40), np.uint8), 2).layouts[0]
    Layout(bits=1, filter=0)
    """
    trial = _Trial(indices, tables, threads)
    bits, small = index_bits(k), indices.size <= SMALL
    plain, orders = Layout(bits, NONE), range(len(tables))
    first = itertools.product(orders if small else [0], (plain, Layout(bits, ADAPTIVE)))
    trial.compress(first, MEDIUM)
    if small or trial.ratio(bits) < PHOTOGRAPH:
        every = [Layout(*each) for each in itertools.product(sorted({bits, 8}), FILTERS)]
        trial.compress(itertools.product(orders, every), FAST)
        if not small:
            trial.compress(trial.near_best(NEAR, MOST_NEAR), MEDIUM)
    if small:
        tiny = indices.size <= TINY
        near = [*trial.streams] if tiny else trial.near_best(SMALL_NEAR, SMALL_MOST_NEAR)
        for level in (SLOW, ZLIB):
            trial.compress(dict.fromkeys([(0, plain), *near]), level)
    order, layout = trial.best()
    near = trial.near_best(NEAR, MOST_NEAR)
    layouts = tuple(candidate[1] for candidate in near if candidate[0] == order)
    stream = trial.streams[order, layout] if small else None
    return Plan(order, layouts, trial.ratio(bits), stream)


def compressed_rows(
    indices: NDArray[np.uint8],
    k: int,
    level: int | None = None,
    threads: int = 1,
) -> tuple[Layout, bytes]:
    """The rows' layout, and their zlib stream.

    Parameters
    ----------
    indices : ndarray of uint8, shape (H, W)
        Each below k.
    k : int
        The number of colours, 1 to 256.
    level : int, optional
        From 1, the fastest, to 9, the smallest. By default the slower the smaller the picture.
    threads : int
        The most threads to use.

    Returns
    -------
    tuple of Layout and bytes

    Examples
    --------
    >>> import numpy as np, zlib
    >>> from kmc.formats.png_compression import compressed_rows
    >>> layout, stream = compressed_rows(np.ones((2, 9), np.uint8), 2)
    >>> layout, zlib.decompress(stream).hex()
    (Layout(bits=1, filter=0), '00ff8000ff80')
    """
    plain = Layout(index_bits(k), NONE)
    if level == 1:
        return _smallest(indices, [plain], [LEVELS[0]], threads)
    plan = best_plan(indices, k, threads=threads)
    best = plan.layouts[0]
    if level == 9:
        return _smallest(indices, dict.fromkeys([best, plain]), (SLOW, FAST, ZLIB), threads)
    if level is not None:
        return _smallest(indices, [best], [LEVELS[level - 1]], threads)
    if plan.stream is not None:
        return best, plan.stream
    if plan.ratio >= PHOTOGRAPH:
        return _smallest(indices, [best], [_level(indices, best, PHOTOGRAPH_LEVELS)], threads)
    fast = _smallest(indices, dict.fromkeys([*plan.layouts, plain]), [FAST], threads)
    found = [fast]
    if plan.ratio < ZLIB_BELOW:
        found.append(_smallest(indices, [fast[0]], [ZLIB], threads))
    if plan.ratio >= REPETITIVE:
        level = _level(indices, best, DRAWING_LEVELS)
        found.append(_smallest(indices, [best], [level], threads))
    return min(found, key=lambda each: len(each[1]))


def _level(indices: NDArray[np.uint8], layout: Layout, limits: Iterable[tuple[int, int]]) -> int:
    n_bytes = indices.size * layout.bits // 8
    return next(level for most, level in limits if n_bytes <= most)


def _smallest(
    indices: NDArray[np.uint8], layouts: Iterable[Layout], levels: Iterable[int], threads: int
) -> tuple[Layout, bytes]:
    """The smallest stream of the whole picture in these layouts and levels."""
    best: tuple[Layout, bytes] | None = None
    for layout in layouts:
        rows = _filtered(indices, layout, threads)
        for level in levels:
            stream = deflated(rows, level)
            if best is None or len(stream) < len(best[1]):
                best = layout, stream
    assert best is not None
    return best


class _Trial:
    """The smallest stream of each candidate, of a large picture that of a sample."""

    def __init__(self, indices: NDArray[np.uint8], tables: Sequence[bytes], threads: int) -> None:
        sample = indices if indices.size <= 2 * SAMPLE else _sample(indices)
        self.pictures = [
            np.frombuffer(sample.tobytes().translate(table), np.uint8).reshape(sample.shape)
            for table in tables
        ]
        self.threads = threads
        self.streams: dict[_Candidate, bytes] = {}

    def compress(self, candidates: Iterable[_Candidate], level: int) -> None:
        for order, layout in candidates:
            stream = deflated(_filtered(self.pictures[order], layout, self.threads), level)
            least = self.streams.setdefault((order, layout), stream)
            self.streams[order, layout] = min(least, stream, key=len)

    def best(self) -> _Candidate:
        return min(self.streams, key=self._size)

    def near_best(self, factor: float, most: int) -> list[_Candidate]:
        """Those about as small as the best, among which a slower level decides."""
        limit = factor * self._size(self.best())
        near = [each for each in self.streams if self._size(each) <= limit]
        return sorted(near, key=self._size)[:most]

    def ratio(self, bits: int) -> float:
        """The size of the smallest stream to that of rows of so many bits per index."""
        return 8 * self._size(self.best()) / (bits * self.pictures[0].size)

    def _size(self, candidate: _Candidate) -> int:
        return len(self.streams[candidate])


def deflated(data: NDArray[np.uint8], level: int) -> bytes:
    """The zlib stream of some bytes, by libdeflate at this level, or at level 0 by zlib.

    The call into the library cannot be interrupted. Of much data it runs in a thread of its own,
    so that the caller answers Ctrl-C at once; the thread ends when it is done.

    Examples
    --------
    >>> import numpy as np, zlib
    >>> from kmc.formats.png_compression import deflated
    >>> zlib.decompress(deflated(np.array([107, 109, 99], np.uint8), 12))
    b'kmc'
    """
    if data.size <= AT_ONCE:
        return _deflated_at_once(data, level)
    streams: list[bytes] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            streams.append(_deflated_at_once(data, level))
        except BaseException as error:
            errors.append(error)

    # A program that is told to end does not wait for a daemon.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.05)  # on Windows, a wait without end cannot be interrupted
    for error in errors:
        raise error
    return streams[0]


def _deflated_at_once(data: NDArray[np.uint8], level: int) -> bytes:
    if level == ZLIB:
        return zlib.compress(data.data, 9)
    import deflate  # by those alone who write PNG files: ``import kmc`` stays light

    return bytes(deflate.zlib_compress(data, level))


def _filtered(indices: NDArray[np.uint8], layout: Layout, threads: int) -> NDArray[np.uint8]:
    return core.png.filter_rows(_packed(indices, layout.bits), threads, layout.filter).reshape(-1)


def _packed(indices: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """The rows with the first index of a byte in its high bits, filled up with zeros."""
    if bits == 8:
        return np.ascontiguousarray(indices)
    height, width = indices.shape
    per_byte = 8 // bits
    padded = np.zeros((height, -(-width // per_byte) * per_byte), np.uint8)
    padded[:, :width] = indices
    rows = np.zeros((height, padded.shape[1] // per_byte), np.uint8)
    for i in range(per_byte):
        rows |= padded[:, i::per_byte] << (8 - bits - bits * i)
    return rows


def _sample(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bands from all over the picture, one above the other."""
    height, width = indices.shape
    wide = min(width, SAMPLE // BANDS)
    high = SAMPLE // BANDS // wide
    bands = []
    for odd in range(1, 2 * BANDS, 2):  # not at the edges, where pictures are flat
        y, x = ((odd * room + BANDS) // (2 * BANDS) for room in (height - high, width - wide))
        bands.append(indices[y : y + high, x : x + wide])
    return np.concatenate(bands)
