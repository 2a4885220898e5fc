"""Rows of PNG files: each filter as the standard has it, and the layout that compresses best."""

from __future__ import annotations

import pickle
import random
import subprocess
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from scenes import few, gradient, noise, photo

import kmc
from kmc import core
from kmc.formats import png_compression
from kmc.formats.png_compression import (
    ADAPTIVE,
    AT_ONCE,
    NONE,
    SAMPLE,
    SLOW,
    SMALL,
    ZLIB,
    Layout,
    _filtered,
    _sample,
    best_order,
    best_plan,
    compressed_rows,
    deflated,
)

# ---- compression ---------------------------------------------------------------------------------


RANDOM = np.random.default_rng(0)
KINDS = {
    "a byte": b"a",
    "zeros": bytes(300_000),
    "words": b"to be or not to be, " * 400,
    "every byte": bytes(range(256)) * 40,
    "noise": RANDOM.integers(0, 256, 200_000, np.uint8).tobytes(),
    "bits": RANDOM.integers(0, 2, 100_000, np.uint8).tobytes(),
    "mostly one": RANDOM.geometric(0.9, 100_000).astype(np.uint8).tobytes(),
    "far repeats": RANDOM.integers(0, 256, 32_767, np.uint8).tobytes() * 4,
    "too far repeats": RANDOM.integers(0, 256, 32_768, np.uint8).tobytes() * 2,
    "longest matches": (b"x" * 258 + b"y") * 50 + b"x" * 259,
    "changing": b"".join(bytes([i]) * 3000 + RANDOM.bytes(3000) for i in range(60)),
    "fibonacci": b"".join(  # for the longest codewords
        bytes([i]) * n for i, n in enumerate([1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377])
    )
    * 40,
}


@pytest.mark.parametrize("level", [ZLIB, 1, 9, 12])
@pytest.mark.parametrize("kind", KINDS)
def test_zlib_reads_what_is_deflated(kind, level):
    data = KINDS[kind]
    stream = deflated(np.frombuffer(data, np.uint8), level)
    assert zlib.decompress(stream) == data
    assert level in (1, 9) or len(stream) <= len(zlib.compress(data, 9)) + 8


def test_what_fails_in_another_thread_fails_here():
    with pytest.raises(ValueError):
        deflated(np.zeros(AT_ONCE + 1, np.uint8), 99)


def test_a_long_compression_is_interrupted_at_once(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import signal, sys, threading, time\n"
        "import numpy as np\n"
        "from kmc.formats.png_compression import deflated\n"
        "data = np.random.default_rng(0).geometric(0.2, 1 << 25).astype(np.uint8)\n"
        "begun = []\n"
        "def interrupt():\n"
        "    begun.append(time.monotonic())\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "threading.Timer(0.3, interrupt).start()\n"
        "try:\n"
        "    deflated(data, 12)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(0 if time.monotonic() - begun[0] < 0.5 else 3)\n"
        "sys.exit(4)\n"
    )
    started = time.monotonic()
    assert subprocess.run([sys.executable, program], check=False).returncode == 0
    assert time.monotonic() - started < 10


# ---- filters -------------------------------------------------------------------------------------


def paeth(left: int, above: int, corner: int) -> int:
    foretold = left + above - corner
    return min((left, above, corner), key=lambda value: abs(foretold - value))


def filtered_slowly(rows: np.ndarray) -> list[list[bytes]]:
    """Each row by each of the five filters, as the standard defines them."""
    height, width = rows.shape
    padded = np.zeros((height + 1, width + 1), int)
    padded[1:, 1:] = rows
    ways = []
    for y in range(1, height + 1):
        row = [
            [
                value,
                value - left,
                value - above,
                value - (left + above) // 2,
                value - paeth(left, above, corner),
            ]
            for value, left, above, corner in zip(
                padded[y, 1:].tolist(),
                padded[y, :-1].tolist(),
                padded[y - 1, 1:].tolist(),
                padded[y - 1, :-1].tolist(),
                strict=True,
            )
        ]
        ways.append([bytes(value % 256 for value in way) for way in zip(*row, strict=True)])
    return ways


def log2(number: int) -> int:
    """In 64ths, rounded down, by whole numbers alone."""
    return (number**64).bit_length() - 1


def order_of(data: bytes) -> int:
    counts = np.bincount(np.frombuffer(data, np.uint8)).tolist()
    return sum(n * log2(n) for n in counts if n)


@pytest.mark.parametrize("threads", [1, 3])
def test_each_row_has_the_filter_of_least_entropy(threads):
    wide = np.concatenate([gradient(20, 90)[..., 0], noise(3, 90)[..., 0], few(9, 90, 4)[..., 1]])
    for rows in (wide, wide[:, :1].copy(), wide[:1].copy(), np.zeros((2, 7), np.uint8)):
        found = core.png.filter_rows(rows, threads)
        for row, ways in zip(found, filtered_slowly(rows), strict=True):
            orders = [order_of(way) for way in ways]
            assert row[0] == orders.index(max(orders))
            assert row[1:].tobytes() == ways[row[0]]


@pytest.mark.parametrize("filter", range(5))
def test_all_rows_have_the_filter_asked_for(filter):
    rows = np.concatenate([gradient(20, 90)[..., 0], noise(3, 90)[..., 0]])
    found = core.png.filter_rows(rows, 2, filter)
    for row, ways in zip(found, filtered_slowly(rows), strict=True):
        assert row.tobytes() == bytes([filter]) + ways[filter]


def test_long_rows_are_filtered_in_parts():
    rows = noise(2, 66_000)[..., 0].copy()
    expected = filtered_slowly(rows)
    for filter in range(-1, 5):
        for row, ways in zip(core.png.filter_rows(rows, 1, filter), expected, strict=True):
            assert row[1:].tobytes() == ways[row[0]]


def test_filters_are_the_same_on_any_threads():
    rows = photo(300, 900)[..., 0].copy()
    np.testing.assert_array_equal(core.png.filter_rows(rows, 1), core.png.filter_rows(rows, 4))
    with pytest.raises(kmc.ArgumentError):
        core.png.filter_rows(np.zeros((0, 4), np.uint8), 1)
    with pytest.raises(kmc.ArgumentError):
        core.png.filter_rows(rows, 1, 5)


# ---- layouts -------------------------------------------------------------------------------------


@pytest.mark.once
def test_large_photographs_have_filters_where_these_pay():
    sample = Path(__file__).parents[2] / "examples" / "balloons.jpg"
    sky = kmc.read(sample).pixels[:400, 600:]
    written = least = 0
    for k in (32, 256):
        indices = kmc.quantize(sky, k, effort="fast", order="compact").indices
        written += len(compressed_rows(indices, k)[1])
        ways = (Layout(8, NONE), Layout(8, ADAPTIVE))
        least += min(len(deflated(_filtered(indices, way, 1), SLOW)) for way in ways)
    assert written < 1.01 * least


def test_layouts_that_repeat_better_are_chosen():
    y, x = np.mgrid[:300, :400]
    waves = np.sin(x / 25) + np.cos(y / 19) + np.sin((x + y) / 31)
    heights = ((waves + 3) * 2.5).astype(np.uint8)  # a map of 16 colours
    assert heights.size > SMALL
    plan = best_plan(heights, 16)
    sizes = {
        way: len(deflated(_filtered(heights, way, 1), SLOW))
        for way in (Layout(bits, filter) for bits in (4, 8) for filter in (0, 1, 2, 4, -1))
    }
    assert not plan.complete and {*plan.layouts} <= {*sizes}
    assert len(compressed_rows(heights, 16)[1]) < 1.05 * min(sizes.values())


def drawings():
    """Pictures that compress well, from tiny to so large that only a sample is tried."""
    y, x = np.mgrid[:500, :400]
    waves = ((np.sin(x / 25) + np.cos(y / 19) + 2) * 4).astype(np.uint8)
    shapes = [(16, 16), (60, 64), (100, 200), (300, 200), (400, 320), (500, 400)]
    return {shape: np.ascontiguousarray(waves[: shape[0], : shape[1]]) for shape in shapes}


@pytest.mark.parametrize("shape", drawings())
@pytest.mark.parametrize("best", [0, 1, 2])
def test_the_plan_of_an_order_is_that_of_the_indices_in_it(shape, best):
    indices, k = drawings()[shape], 16
    tables = [bytes(random.Random(i).sample(range(16), 16)) + bytes(240) for i in range(3)]
    tables[best] = bytes(range(256))
    order, plan = best_order(indices, k, tables)
    chosen = np.frombuffer(indices.tobytes().translate(tables[order]), np.uint8).reshape(shape)
    alone = best_plan(chosen, k)
    assert (plan.layouts, plan.ratio, plan.complete) == (alone.layouts, alone.ratio, alone.complete)
    for level in (None, 1, 5, 9):
        found = compressed_rows(chosen, k, level)
        for given in (plan, alone):
            assert compressed_rows(chosen, k, level, plan=given) == found


@pytest.mark.parametrize("name", ["drawing", "small", "photo"])
def test_nothing_is_compressed_twice(name, monkeypatch):
    picture = {
        "drawing": drawings()[500, 400] * 15,
        "small": drawings()[100, 200] * 15,
        "photo": photo(300, 400),
    }[name]
    seen = set()

    def record(rows, level):
        key = (rows.tobytes(), level)
        assert key not in seen
        seen.add(key)
        return deflated(rows, level)

    monkeypatch.setattr(png_compression, "deflated", record)
    image = kmc.quantize(picture, 12, order="compact")
    file = image.to_bytes("png")
    assert seen
    monkeypatch.undo()
    assert pickle.loads(pickle.dumps(image)).to_bytes("png") == file
    assert kmc.IndexedImage(image.indices, image.palette, image.mse).to_bytes("png") == file


@pytest.mark.parametrize("shape", [(1, 700_000), (2, 90_000), (500, 400), (90_000, 2)])
def test_samples_are_of_one_size_from_all_over(shape):
    indices = np.arange(np.prod(shape)).reshape(shape)
    taken = _sample(indices)
    assert SAMPLE * 0.9 < taken.size <= SAMPLE
    assert len(np.unique(taken)) > SAMPLE * 0.6  # not one place again and again
    assert taken.min() < indices.size / 3 < indices.size / 1.5 < taken.max()
