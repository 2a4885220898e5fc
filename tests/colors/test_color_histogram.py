"""Histograms count right, keep their order, add exactly and survive a journey in bytes."""

from __future__ import annotations

import copy
import io
import pickle
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

import kmc
from kmc.cpu import thread_count

PICTURES = st.sampled_from([1, 3, 4]).flatmap(
    lambda channels: arrays(
        np.uint8,
        st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(channels)),
        elements=st.one_of(st.integers(0, 255), st.sampled_from([0, 1, 7, 8, 128, 255])),
    )
)


def counted(pixels):
    """The colours with their counts, by NumPy, in no particular order."""
    flat = pixels.reshape(-1, pixels.shape[-1])
    colors, counts = np.unique(flat, axis=0, return_counts=True)
    return dict(zip(map(tuple, colors.tolist()), counts.tolist(), strict=True))


def morton(color):
    """The key that puts colours in order, bit by bit."""
    key = 0
    for bit in range(7, -1, -1):
        for level in color:
            key = key << 1 | level >> bit & 1
    return key


def as_dict(histogram):
    return dict(zip(map(tuple, histogram.colors.tolist()), histogram.counts.tolist(), strict=True))


@given(PICTURES)
def test_counts_every_colour_in_morton_order(pixels):
    histogram = kmc.histogram(pixels)
    assert as_dict(histogram) == counted(pixels)
    keys = [morton(color) for color in histogram.colors.tolist()]
    assert keys == sorted(set(keys))
    assert histogram.n_pixels == pixels.shape[0] * pixels.shape[1] == histogram.counts.sum()
    assert len(histogram) == len(histogram.colors)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_the_same_with_any_number_of_threads(threads):
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    histogram = kmc.histogram(pixels, threads=threads)
    assert histogram == kmc.histogram(pixels, threads=1)
    assert as_dict(histogram) == counted(pixels)


def test_takes_every_kind_of_picture(photo, tmp_path):
    picture = Image.fromarray(photo)
    picture.save(tmp_path / "photo.png")
    expected = kmc.histogram(photo)
    for way in (picture, tmp_path / "photo.png", io.BytesIO((tmp_path / "photo.png").read_bytes())):
        assert kmc.histogram(way) == expected


@given(PICTURES, st.integers(0, 8))
def test_adding_is_exact(pixels, row):
    whole = kmc.histogram(pixels)
    parts = [kmc.histogram(part) for part in (pixels[:row], pixels[row:]) if len(part)]
    assert sum(parts) == whole
    assert sum(reversed(parts)) == whole
    double = whole + whole
    np.testing.assert_array_equal(double.colors, whole.colors)
    np.testing.assert_array_equal(double.counts, 2 * whole.counts)


@given(PICTURES, PICTURES)
def test_adding_does_not_care_about_order(a, b):
    if a.shape[2] != b.shape[2]:
        with pytest.raises(kmc.ArgumentError, match="same number of channels, not"):
            kmc.histogram(a) + kmc.histogram(b)
        return
    total = kmc.histogram(a) + kmc.histogram(b)
    assert total == kmc.histogram(b) + kmc.histogram(a)
    assert total.to_bytes() == (kmc.histogram(b) + kmc.histogram(a)).to_bytes()
    assert total.n_pixels == a[..., 0].size + b[..., 0].size


def test_adding_anything_else_is_a_type_error():
    histogram = kmc.Histogram([[1]], [1])
    for other in (1, None, [1], np.zeros(3)):
        with pytest.raises(TypeError):
            histogram + other
    with pytest.raises(TypeError):
        5 + histogram
    assert 0 + histogram is histogram


@given(PICTURES)
def test_there_and_back(pixels):
    histogram = kmc.histogram(pixels)
    data = histogram.to_bytes()
    for way in (
        kmc.Histogram.from_bytes(data),
        kmc.Histogram.from_bytes(bytearray(data)),
        kmc.Histogram.from_bytes(memoryview(data)),
        pickle.loads(pickle.dumps(histogram)),
        copy.deepcopy(histogram),
        kmc.Histogram(histogram.colors[::-1], histogram.counts[::-1]),
    ):
        assert way == histogram
        assert hash(way) == hash(histogram)
        assert way.to_bytes() == data
        assert way.n_pixels == histogram.n_pixels
        assert way.colors.dtype == np.uint8
        assert way.counts.dtype == np.int64


@pytest.mark.parametrize(
    ("count", "width"),
    [(1, 1), (255, 1), (256, 2), (65535, 2), (65536, 4), (2**32 - 1, 4), (2**32, 8), (2**62, 8)],
)
def test_the_layout_is_the_documented_one(count, width):
    data = kmc.Histogram([[1, 2, 3], [1, 2, 2]], [count, 1]).to_bytes()
    head = b"KMCH" + bytes((1, 3, width, 0)) + struct.pack("<Q", 2)
    body = bytes((1, 2, 2, 1, 2, 3)) + b"".join(n.to_bytes(width, "little") for n in (1, count))
    assert data == head + body + struct.pack("<I", zlib.crc32(head + body))
    assert kmc.Histogram.from_bytes(data).counts.tolist() == [1, count]


def sealed(data: bytes) -> bytes:
    """With a checksum that matches, so that only the rule in question is broken."""
    return data + struct.pack("<I", zlib.crc32(data))


def layout(colors, counts, version=1, channels=1, width=1, spare=0, n=None):
    n = len(colors) if n is None else n
    head = b"KMCH" + bytes((version, channels, width, spare)) + struct.pack("<Q", n)
    return sealed(head + bytes(colors) + b"".join(c.to_bytes(width, "little") for c in counts))


def test_the_helper_builds_a_good_one():
    assert kmc.Histogram.from_bytes(layout([3, 9], [1, 2])) == kmc.Histogram([[9], [3]], [2, 1])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a histogram"),
        (b"KMCH", "not a histogram"),
        (b"\x89PNG" + bytes(40), "not a histogram"),
        (layout([3], [1])[:-1], "not a whole histogram: expected 22 bytes, got 21"),
        (layout([3], [1]) + b"\0", "not a whole histogram"),
        (layout([3], [1], n=2**63), "not a whole histogram"),
        (layout([3], [1], version=2), "version 2; this kmc reads version 1"),
        (layout([3], [1], channels=2), "header"),
        (layout([3], [1], width=3), "header"),
        (layout([], []), "header"),
        (layout([3], [1])[:-4] + bytes(4), "checksum"),
        (layout([3], [0]), "at least 1, not 0"),
        (layout([9, 3], [1, 1]), "out of order"),
        (layout([3, 3], [1, 1]), "out of order"),
        (layout([3], [1], width=2), "wider than necessary"),
        (layout([3], [1], spare=1), "out of order, or"),
        (layout([3, 9], [2**63 - 1, 1], width=8), "below 2.*63"),
        (layout([3], [2**64 - 1], width=8), "below 2.*63"),
    ],
)
def test_damaged_bytes_are_refused(data, words):
    with pytest.raises(kmc.ArgumentError, match=words):
        kmc.Histogram.from_bytes(data)


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_flipped_bit_is_noticed(position, mask):
    data = bytearray(kmc.Histogram([[1, 2, 3], [9, 2, 7]], [4, 500]).to_bytes())
    data[position % len(data)] ^= mask
    with pytest.raises(kmc.ArgumentError):
        kmc.Histogram.from_bytes(data)


@pytest.mark.parametrize("data", [None, "KMCH", 3, [1, 2]])
def test_from_bytes_wants_bytes(data):
    with pytest.raises(kmc.ArgumentTypeError, match="expected bytes, got"):
        kmc.Histogram.from_bytes(data)


@pytest.mark.parametrize(
    ("colors", "counts", "error", "words"),
    [
        ([[0.5]], [1], kmc.ArgumentTypeError, "colors must be uint8, not float64"),
        ([["a"]], [1], kmc.ArgumentTypeError, "colors must be uint8"),
        ([], [], kmc.ArgumentTypeError, "colors must be uint8"),
        ([[256]], [1], kmc.ArgumentError, "0..255"),
        ([[-1]], [1], kmc.ArgumentError, "0..255"),
        ([1, 2], [1, 1], kmc.ArgumentError, r"not \(2,\)"),
        ([[1, 2]], [1], kmc.ArgumentError, "C = 1, 3 or 4"),
        (np.zeros((0, 3), np.uint8), np.zeros(0, int), kmc.ArgumentError, "n >= 1"),
        ([[1]], [1, 2], kmc.ArgumentError, r"shape \(1,\), not \(2,\)"),
        ([[1]], [1.0], kmc.ArgumentTypeError, "counts must be integers, not float64"),
        ([[1]], [True], kmc.ArgumentTypeError, "integers"),
        ([[1, 2, 3], [4]], [1, 1], kmc.ArgumentTypeError, "colors cannot be converted to an array"),
        ([[1]], [[1], []], kmc.ArgumentTypeError, "counts cannot"),
        ([[1]], [0], kmc.ArgumentError, "at least 1, not 0"),
        ([[1], [2]], [5, -5], kmc.ArgumentError, "at least 1, not -5"),
        ([[1], [2]], [2**62, 2**62], kmc.ArgumentError, "below 2"),
    ],
)
def test_the_constructor_checks(colors, counts, error, words):
    with pytest.raises(error, match=words):
        kmc.Histogram(colors, counts)


def test_the_constructor_sorts_and_merges():
    histogram = kmc.Histogram([[200, 0, 0], [0, 0, 1], [200, 0, 0]], np.array([1, 2, 3], np.uint16))
    assert histogram.colors.tolist() == [[0, 0, 1], [200, 0, 0]]
    assert histogram.counts.tolist() == [2, 4]
    assert kmc.Histogram([[1, 2, 3, 4]], [1]).colors.shape == (1, 4)


def test_a_histogram_does_not_change(photo):
    source_colors, source_counts = np.array([[1]], np.uint8), np.array([1])
    own = kmc.Histogram(source_colors, source_counts)
    source_colors[:], source_counts[:] = 7, 7
    assert own == kmc.Histogram([[1]], [1])
    for histogram in (own, kmc.histogram(photo), kmc.Histogram.from_bytes(own.to_bytes())):
        with pytest.raises(ValueError, match="read-only"):
            histogram.counts[0] = 9
        with pytest.raises(ValueError, match="read-only"):
            histogram.colors[0] = 9
        with pytest.raises(AttributeError, match="is immutable"):
            histogram.n_pixels = 3
        with pytest.raises(AttributeError, match="is immutable"):
            del histogram.counts


def test_equality():
    histogram = kmc.Histogram([[1]], [2])
    assert histogram == kmc.Histogram([[1]], [2])
    assert histogram != kmc.Histogram([[1]], [3])
    assert histogram != kmc.Histogram([[2]], [2])
    assert histogram != kmc.Histogram([[1, 1, 1]], [2])
    assert histogram != "histogram"
    assert len({histogram, kmc.Histogram([[1]], [2]), kmc.Histogram([[1]], [3])}) == 2


def test_repr():
    histogram = kmc.Histogram([[1, 2, 3], [4, 5, 6]], [2, 5])
    assert repr(histogram) == "<kmc.Histogram: 2 colours of 3 channels, 7 pixels>"


@pytest.mark.parametrize(
    ("threads", "error"),
    [
        (0, kmc.ArgumentError),
        (-1, kmc.ArgumentError),
        (True, kmc.ArgumentTypeError),
        (1.0, kmc.ArgumentTypeError),
        ("2", kmc.ArgumentTypeError),
    ],
)
def test_threads_are_checked(threads, error):
    with pytest.raises(error, match="threads must be"):
        kmc.histogram(np.zeros((2, 2), np.uint8), threads=threads)


def test_thread_counts():
    assert thread_count(None) == kmc.cpu.threads()
    assert thread_count(np.int8(3)) == 3
    assert kmc.histogram(np.zeros((2, 2), np.uint8), threads=10**30).n_pixels == 4
