"""The compressed rows of PNG files with a palette: bit depth, row filters, zlib stream.

Rows are packed into bits, filtered (src_c/png/filter.c) and compressed by libdeflate. The best bit
depth and filters are found by trial: drawings and gradients are compressed in several layouts at a
fast level, photographs in two; of large pictures only a sample is compressed.
"""

from __future__ import annotations

import itertools
import threading
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc import core
from kmc.formats.painting import index_bits, packed_rows

# Filter types of PNG, and the choice of one for each row.
NONE, SUB, UP, PAETH, ADAPTIVE = 0, 1, 2, 4, -1
FILTERS = (NONE, SUB, UP, PAETH, ADAPTIVE)

# The levels of libdeflate for levels 1 to 9.
LEVELS = (1, 2, 4, 6, 8, 9, 10, 11, 12)
FAST, MEDIUM, SLOW = 9, 10, 12
ZLIB = 0  # zlib at its highest level, which finds some long repeats that libdeflate's FAST does not

# Default levels, by the largest number of bytes. On drawings, slow levels take many times as long
# as fast ones; on photographs, only a few times.
DRAWING_LEVELS = ((1 << 17, SLOW), (1 << 22, 11), (1 << 62, MEDIUM))
PHOTOGRAPH_LEVELS = ((1 << 20, SLOW), (1 << 23, 11), (1 << 62, MEDIUM))

# Ratios of the compressed size to that of rows in the fewest bits: photographs have at least the
# first; below the second, zlib is tried too; below the third, slow levels are not worth their time.
PHOTOGRAPH, ZLIB_BELOW, REPETITIVE = 1 / 8, 1 / 32, 1 / 64

# Pixels of pictures that are tried at the slowest level: tiny ones in all layouts, small ones in
# those that are about as good as the best.
TINY, SMALL = 1 << 12, 1 << 15

# Pixels in the sample of a large picture, and the bands they are taken from.
SAMPLE, BANDS = 1 << 16, 3

# Candidates within a factor of the smallest, up to a maximum number, are tried at a slower level.
NEAR, MAX_NEAR = 1.1, 4
SMALL_NEAR, SMALL_MAX_NEAR = 1.3, 16

# Bytes that are compressed within 100 ms at any level.
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
    """How a picture's rows compress best, as trials have shown.

    Attributes
    ----------
    layouts : tuple of Layout
        Those that compress best, the best one first.
    ratio : float
        The compressed size to that of rows in the fewest bits.
    streams : dict
        Of pictures that were compressed as a whole, the zlib streams of these layouts and of plain
        rows, by layout and level.
    complete : bool
        Whether the trials include the slow levels, so that the smallest stream is final.
    """

    layouts: tuple[Layout, ...]
    ratio: float
    streams: dict[tuple[Layout, int], bytes]
    complete: bool


# The position of an order of the palette among those given, and a layout.
_Candidate = tuple[int, Layout]


def best_plan(indices: NDArray[np.uint8], k: int, threads: int = 1) -> Plan:
    """Find by trial how indices of k colours compress best.

    Parameters
    ----------
    indices : ndarray of uint8, shape (H, W)
        Each below k.
    k : int
        The number of colours, 1 to 256.
    threads : int
        The most threads to use.
    """
    return _plan(_Trial(indices, [IDENTITY], threads), k, 0)


def best_order(
    indices: NDArray[np.uint8], k: int, tables: Sequence[bytes], threads: int = 1
) -> tuple[int, Plan]:
    """Find by trial in which order of the palette indices of k colours compress best.

    Parameters
    ----------
    indices, k, threads
        As for `best_plan`.
    tables : sequence of bytes
        For each order of the palette, the new index of every old one; 256 bytes. Of a photograph
        only the first is tried.

    Returns
    -------
    order : int
        The position in `tables`.
    plan : Plan
        That of `best_plan` for the indices in this order.
    """
    trial = _Trial(indices, tables, threads)
    order, _ = _Search(trial, k, range(len(tables))).best()
    return order, _plan(trial, k, order)


def _plan(trial: _Trial, k: int, order: int) -> Plan:
    search = _Search(trial, k, [order])
    layouts = tuple(layout for _, layout in search.near_best(NEAR, MAX_NEAR))
    kept = {*layouts, Layout(index_bits(k), NONE)}
    streams = {
        (layout, level): stream
        for (tried, layout, level), stream in trial.streams.items()
        if tried == order and layout in kept and trial.is_whole
    }
    return Plan(layouts, search.ratio(), streams, trial.is_small)


def compressed_rows(
    indices: NDArray[np.uint8],
    k: int,
    level: int | None = None,
    threads: int = 1,
    plan: Plan | None = None,
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
    plan : Plan, optional
        That of `best_plan`, where it is known.

    Returns
    -------
    tuple of Layout and bytes
    """
    plain = Layout(index_bits(k), NONE)
    if level == 1:
        return _Rows(indices, threads, {}).smallest([plain], [LEVELS[0]])
    plan = plan or best_plan(indices, k, threads)
    rows = _Rows(indices, threads, plan.streams)
    best = plan.layouts[0]
    if level == 9:
        return rows.smallest(dict.fromkeys([best, plain]), (SLOW, FAST, ZLIB))
    if level is not None:
        return rows.smallest([best], [LEVELS[level - 1]])
    if plan.complete:
        return best, min((plan.streams[key] for key in plan.streams if key[0] == best), key=len)
    if plan.ratio >= PHOTOGRAPH:
        return rows.smallest([best], [_level(indices, best, PHOTOGRAPH_LEVELS)])
    fast = rows.smallest(dict.fromkeys([*plan.layouts, plain]), [FAST])
    found = [fast]
    if plan.ratio < ZLIB_BELOW:
        found.append(rows.smallest([fast[0]], [ZLIB]))
    if plan.ratio >= REPETITIVE:
        found.append(rows.smallest([best], [_level(indices, best, DRAWING_LEVELS)]))
    return min(found, key=lambda each: len(each[1]))


def _level(indices: NDArray[np.uint8], layout: Layout, limits: Iterable[tuple[int, int]]) -> int:
    n_bytes = indices.size * layout.bits // 8
    return next(level for most, level in limits if n_bytes <= most)


class _Rows:
    """The compressed rows of a whole picture, reused if a trial has already compressed them."""

    def __init__(
        self,
        indices: NDArray[np.uint8],
        threads: int,
        streams: Mapping[tuple[Layout, int], bytes],
    ) -> None:
        self.indices, self.threads, self.streams = indices, threads, streams

    def smallest(self, layouts: Iterable[Layout], levels: Iterable[int]) -> tuple[Layout, bytes]:
        """The smallest stream among these layouts and levels, the first on ties."""
        streams = [(layout, stream) for layout in layouts for stream in self._each(layout, levels)]
        return min(streams, key=lambda each: len(each[1]))

    def _each(self, layout: Layout, levels: Iterable[int]) -> Iterator[bytes]:
        rows: NDArray[np.uint8] | None = None
        for level in levels:
            stream = self.streams.get((layout, level))
            if stream is None:
                rows = _filtered(self.indices, layout, self.threads) if rows is None else rows
                stream = deflated(rows, level)
            yield stream


class _Trial:
    """The trials of a picture, or of a sample of a large one, in several palette orders."""

    def __init__(self, indices: NDArray[np.uint8], tables: Sequence[bytes], threads: int) -> None:
        self.is_small, self.is_tiny = indices.size <= SMALL, indices.size <= TINY
        self.is_whole = indices.size <= 2 * SAMPLE
        sample = indices if self.is_whole else _sample(indices)
        self.pictures = [
            np.frombuffer(sample.tobytes().translate(table), np.uint8).reshape(sample.shape)
            for table in tables
        ]
        self.threads = threads
        self.streams: dict[tuple[int, Layout, int], bytes] = {}

    def stream(self, candidate: _Candidate, level: int) -> bytes:
        """The zlib stream of a candidate at a level, compressed once."""
        key = (*candidate, level)
        if key not in self.streams:
            order, layout = candidate
            rows = _filtered(self.pictures[order], layout, self.threads)
            self.streams[key] = deflated(rows, level)
        return self.streams[key]


class _Search:
    """The smallest size of each candidate among some orders of the palette."""

    def __init__(self, trial: _Trial, k: int, orders: Sequence[int]) -> None:
        self.trial, self.bits, self.sizes = trial, index_bits(k), dict[_Candidate, int]()
        plain, small = Layout(self.bits, NONE), trial.is_small
        first = orders if small else orders[:1]
        layouts = dict.fromkeys((plain, Layout(self.bits, ADAPTIVE), Layout(8, NONE)))
        self._try(itertools.product(first, layouts), MEDIUM)
        if small or self.ratio() < PHOTOGRAPH:
            depths = sorted({self.bits, 8})
            every = [Layout(*each) for each in itertools.product(depths, FILTERS)]
            self._try(itertools.product(orders, every), FAST)
            if not small:
                self._try(self.near_best(NEAR, MAX_NEAR), MEDIUM)
        if small:
            near = self.near_best(SMALL_NEAR, SMALL_MAX_NEAR)
            near = [*self.sizes] if trial.is_tiny else near
            for level in (SLOW, ZLIB):
                self._try(dict.fromkeys([(orders[0], plain), *near]), level)

    def _try(self, candidates: Iterable[_Candidate], level: int) -> None:
        for candidate in candidates:
            size = len(self.trial.stream(candidate, level))
            self.sizes[candidate] = min(size, self.sizes.get(candidate, size))

    def best(self) -> _Candidate:
        """The candidate of the smallest stream."""
        return min(self.sizes, key=self.sizes.__getitem__)

    def near_best(self, factor: float, n: int) -> list[_Candidate]:
        """The n smallest candidates within a factor of the best."""
        limit = factor * self.sizes[self.best()]
        near = [each for each, size in self.sizes.items() if size <= limit]
        return sorted(near, key=self.sizes.__getitem__)[:n]

    def ratio(self) -> float:
        """Ratio of the smallest stream to the rows at the lowest bit depth."""
        return 8 * self.sizes[self.best()] / (self.bits * self.trial.pictures[0].size)


def deflated(data: NDArray[np.uint8], level: int) -> bytes:
    """The zlib stream of some bytes, by libdeflate at this level, or at level 0 by zlib.

    The call into the library cannot be interrupted. Of much data it runs in a thread of its own,
    so that the caller answers Ctrl-C at once; the thread ends when it is done.
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

    # Daemon threads do not delay the exit of the program.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.05)  # on Windows, a wait without timeout cannot be interrupted
    for error in errors:
        raise error
    return streams[0]


def _deflated_at_once(data: NDArray[np.uint8], level: int) -> bytes:
    if level == ZLIB:
        return zlib.compress(data.data, 9)
    import deflate  # only when a PNG file is written, so that ``import kmc`` stays fast

    return bytes(deflate.zlib_compress(data, level))


def _filtered(indices: NDArray[np.uint8], layout: Layout, threads: int) -> NDArray[np.uint8]:
    return core.png.filter_rows(packed_rows(indices, layout.bits), threads, layout.filter).reshape(
        -1
    )


def _sample(indices: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Stack bands from all parts of the picture."""
    height, width = indices.shape
    wide = min(width, SAMPLE // BANDS)
    high = SAMPLE // BANDS // wide
    bands = []
    for odd in range(1, 2 * BANDS, 2):  # not at the edges, where pictures are flat
        y, x = ((odd * room + BANDS) // (2 * BANDS) for room in (height - high, width - wide))
        bands.append(indices[y : y + high, x : x + wide])
    return np.concatenate(bands)
