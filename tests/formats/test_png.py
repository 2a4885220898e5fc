"""PNG files are small and exact; corner files, made here, come in with the right colours."""

from __future__ import annotations

import io
import itertools
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from graphics import graphics, with_numbers
from hypothesis import given
from hypothesis import strategies as st
from kmc_files import ordered_image
from PIL import Image
from scenes import few, gradient, noise, photo

import kmc
from kmc.core import _core
from kmc.formats.png import (
    LEAST,
    NONE,
    SAMPLE,
    _compressed,
    _sample,
    _stream,
    index_bits,
    png_bytes,
)
from kmc.metadata import Metadata

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunks_of(file: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a PNG file, their checksums verified."""
    assert file[:8] == SIGNATURE
    found, at = [], 8
    while at < len(file):
        (size,) = struct.unpack_from(">I", file, at)
        name, content = file[at + 4 : at + 8], file[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", file, at + 8 + size) == (zlib.crc32(name + content),)
        found.append((name, content))
        at += 12 + size
    return found


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG file of these chunks."""
    parts = [SIGNATURE]
    for name, content in (*chunks, (b"IEND", b"")):
        crc = zlib.crc32(name + content)
        parts += [struct.pack(">I", len(content)), name, content, struct.pack(">I", crc)]
    return b"".join(parts)


# ---- compression ---------------------------------------------------------------------------------


def deflated(data: bytes, threads: int = 1) -> bytes:
    return _core.deflate(np.frombuffer(data, np.uint8), threads)


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


@pytest.mark.parametrize("kind", KINDS)
def test_zlib_reads_what_deflate_writes(kind):
    data = KINDS[kind]
    stream = deflated(data)
    assert zlib.decompress(stream) == data
    assert len(stream) <= len(zlib.compress(data, 9)) + 1
    quick = _core.deflate(np.frombuffer(data, np.uint8), 1, True)
    assert zlib.decompress(quick) == data
    assert len(stream) <= len(quick)


@given(st.binary(min_size=1, max_size=2000), st.integers(1, 300), st.integers(0, 7))
def test_deflate_of_anything(data, times, cut):
    data = (data * times)[cut:100_000] or b"x"
    assert zlib.decompress(deflated(data)) == data


def test_deflate_is_the_same_on_any_threads():
    values = np.random.default_rng(1).integers(0, 40, 700_001, np.uint8)
    data = np.tile(values, 2).tobytes()
    streams = {deflated(data, threads) for threads in (1, 2, 5)}
    assert len(streams) == 1
    assert zlib.decompress(streams.pop()) == data


def test_more_segments_than_are_worked_on_at_a_time():
    data = np.repeat(np.random.default_rng(2).integers(0, 9, 90_000, np.uint8), 50).tobytes()
    assert zlib.decompress(_core.deflate(np.frombuffer(data, np.uint8), 2, True)) == data


def test_nothing_is_refused():
    with pytest.raises(kmc.ArgumentError):
        deflated(b"")


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
        found = _core.png_filter(rows, threads)
        for row, ways in zip(found, filtered_slowly(rows), strict=True):
            orders = [order_of(way) for way in ways]
            assert row[0] == orders.index(max(orders))
            assert row[1:].tobytes() == ways[row[0]]


@pytest.mark.parametrize("filter", range(5))
def test_all_rows_have_the_filter_asked_for(filter):
    rows = np.concatenate([gradient(20, 90)[..., 0], noise(3, 90)[..., 0]])
    found = _core.png_filter(rows, 2, filter)
    for row, ways in zip(found, filtered_slowly(rows), strict=True):
        assert row.tobytes() == bytes([filter]) + ways[filter]


def test_long_rows_are_filtered_in_parts():
    rows = noise(2, 66_000)[..., 0].copy()
    expected = filtered_slowly(rows)
    for filter in range(-1, 5):
        for row, ways in zip(_core.png_filter(rows, 1, filter), expected, strict=True):
            assert row[1:].tobytes() == ways[row[0]]


def test_filters_are_the_same_on_any_threads():
    rows = photo(300, 900)[..., 0].copy()
    np.testing.assert_array_equal(_core.png_filter(rows, 1), _core.png_filter(rows, 4))
    with pytest.raises(kmc.ArgumentError):
        _core.png_filter(np.zeros((0, 4), np.uint8), 1)
    with pytest.raises(kmc.ArgumentError):
        _core.png_filter(rows, 1, 5)


# ---- files ---------------------------------------------------------------------------------------


def read_back(file: bytes) -> tuple[np.ndarray, np.ndarray]:
    with Image.open(io.BytesIO(file)) as picture:
        picture.load()
        colors = np.array(picture.getpalette(picture.palette.mode), np.uint8)
        return np.asarray(picture), colors.reshape(-1, len(picture.palette.mode))


SHAPES = ((1, 1), (1, 9), (9, 1), (5, 7), (33, 8), (300, 401))


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 15, 16, 17, 255, 256])
@pytest.mark.parametrize("shape", SHAPES)
def test_indices_and_palette_come_back(k, shape):
    colors = noise(k, 1, 3)[:, 0]
    for indices in (
        (noise(*shape)[..., 0].astype(int) * k // 256).astype(np.uint8),
        (np.add.outer(np.arange(shape[0]), np.arange(shape[1])) % k).astype(np.uint8),
    ):
        views = (indices, indices[::-1, ::-1], np.asfortranarray(indices))
        for view in views[: 1 if indices.size > 2 * SAMPLE else None]:
            read, palette = read_back(png_bytes(view, colors))
            np.testing.assert_array_equal(read, view)
            np.testing.assert_array_equal(palette, colors)


def test_alpha_goes_into_trns_up_to_the_last_that_needs_it():
    indices = np.array([[0, 1, 2, 3]], np.uint8)
    colors = np.array([[1, 2, 3, 0], [4, 5, 6, 128], [7, 8, 9, 255], [9, 9, 9, 255]], np.uint8)
    file = png_bytes(indices, colors)
    names = dict(chunks_of(file))
    assert names[b"PLTE"] == colors[:, :3].tobytes()
    assert names[b"tRNS"] == bytes([0, 128])
    with Image.open(io.BytesIO(file)) as picture:
        np.testing.assert_array_equal(np.asarray(picture.convert("RGBA"))[0], colors)
    colors[:, 3] = 255
    assert b"tRNS" not in dict(chunks_of(png_bytes(indices, colors)))


def test_an_empty_profile_is_none():
    indices, colors = np.zeros((1, 1), np.uint8), np.array([[9]], np.uint8)
    assert png_bytes(indices, colors, Metadata(icc_profile=b"")) == png_bytes(indices, colors)


def test_metadata_is_before_or_after_the_palette_as_the_standard_asks():
    metadata = Metadata(b"profile" * 9, (72.0, 300.0), b"MM\0*", b"<a/>", 0.5, (0.3, 0.3) * 4)
    file = png_bytes(np.zeros((1, 1), np.uint8), np.zeros((1, 4), np.uint8), metadata)
    found = chunks_of(file)
    names = b"IHDR iCCP gAMA cHRM PLTE tRNS pHYs eXIf iTXt IDAT IEND".split()
    assert [name for name, _ in found] == names
    content = dict(found)
    assert zlib.decompress(content[b"iCCP"].split(b"\0\0", 1)[1]) == metadata.icc_profile
    assert content[b"gAMA"] == struct.pack(">I", 50000)
    assert content[b"pHYs"] == struct.pack(">IIB", 2835, 11811, 1)
    assert content[b"iTXt"].endswith(b"\0<a/>")


PICTURES = {
    **graphics(),
    "photo": photo(200, 300),
    "few": few(100, 90, 30),
    "gradient": gradient(128, 128),
    "noise": noise(60, 60),
    "flat": np.full((64, 64, 3), 7, np.uint8),
    "a pixel": noise(1, 1),
}


@pytest.mark.once
@pytest.mark.parametrize(("name", "k"), with_numbers(PICTURES, (2, 4, 16, 64, 256)))
def test_no_larger_than_pillows_best(name, k):
    plain = kmc.quantize(PICTURES[name], k)
    for result in (plain, ordered_image(plain, "compact")):
        ours, theirs = io.BytesIO(), io.BytesIO()
        result.save(ours, "png")
        result.to_pil().save(theirs, "png", optimize=True)
        assert len(ours.getvalue()) <= len(theirs.getvalue())
        with Image.open(ours) as picture:
            painted = np.asarray(picture.convert("RGB" if result.shape[2:] else "L"))
        np.testing.assert_array_equal(painted, np.asarray(result))


def test_what_repeats_in_whole_bytes_has_a_byte_for_each_index():
    result = kmc.quantize(PICTURES["coloured letters"], 8)
    file = png_bytes(result.indices, result.palette.colors)
    assert (index_bits(8), file[24]) == (4, 8)


@pytest.mark.once
def test_large_photographs_have_filters_where_these_pay():
    sample = Path(__file__).parents[2] / "examples" / "balloons.jpg"
    sky = kmc.read(sample).pixels[:400, 600:]
    written = least = 0
    for k in (32, 256):
        result = kmc.quantize(sky, k, effort="fast", order="compact")
        written += len(_compressed(result.indices, 8, 1)[1])
        least += min(len(_stream(result.indices, (8, way), 1, False)) for way in (NONE, LEAST))
    assert written < 1.01 * least


@pytest.mark.parametrize("shape", [(1, 700_000), (2, 90_000), (500, 400), (90_000, 2)])
def test_samples_are_of_one_size_from_all_over(shape):
    indices = np.arange(np.prod(shape)).reshape(shape)
    taken = _sample(indices)
    assert SAMPLE * 0.9 < taken.size <= SAMPLE
    assert len(np.unique(taken)) > SAMPLE * 0.6  # not one place again and again
    assert taken.min() < indices.size / 3 < indices.size / 1.5 < taken.max()


# ---- corner files --------------------------------------------------------------------------------


def rows_of(samples: np.ndarray, bits: int) -> bytes:
    """Samples (H, W, C) packed into rows without a filter."""
    rows = []
    for row in samples.reshape(len(samples), -1):
        text = "".join(f"{value:0{bits}b}" for value in row.tolist())
        text += "0" * (-len(text) % 8)
        rows.append(b"\0" + int(text, 2).to_bytes(len(text) // 8, "big"))
    return b"".join(rows)


def interlaced(samples: np.ndarray, bits: int) -> bytes:
    """The seven passes of Adam7."""
    passes = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2)]
    passes.append((1, 2, 0, 1))
    parts = (samples[y::down, x::across] for y, down, x, across in passes)
    return b"".join(rows_of(part, bits) for part in parts if part.size)


GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
CORNERS = [
    *((GREY, bits) for bits in (1, 2, 4, 8, 16)),
    *((PALETTE, bits) for bits in (1, 2, 4, 8)),
    *itertools.product((RGB, GREY_ALPHA, RGBA), (8, 16)),
]


@pytest.mark.parametrize("adam7", [0, 1])
@pytest.mark.parametrize(("kind", "bits"), CORNERS)
def test_corner_files_have_the_right_colours(kind, bits, adam7):
    top = 2**bits - 1
    samples = np.random.default_rng(bits).integers(0, top + 1, (11, 13, CHANNELS[kind]))
    if kind in (GREY_ALPHA, RGBA):
        samples[..., -1] = top  # opaque
    colors = noise(2**bits if kind == PALETTE else 1, 1)[:, 0]
    header = struct.pack(">IIBBBBB", 13, 11, bits, kind, 0, 0, adam7)
    data = zlib.compress((interlaced if adam7 else rows_of)(samples, bits))
    palette = [(b"PLTE", colors.tobytes())] if kind == PALETTE else []
    read = kmc.read(png_of((b"IHDR", header), *palette, (b"IDAT", data))).pixels
    shown = samples[..., :-1] if kind in (GREY_ALPHA, RGBA) else samples
    if kind == PALETTE:
        expected = colors[samples[..., 0]]
    elif kind in (GREY, GREY_ALPHA) or bits == 8:
        expected = (shown * 255 + top // 2) // top
    else:
        expected = shown >> 8  # as Pillow reads more than one channel of 16 bits
    if kind == GREY_ALPHA and bits == 16:
        expected = shown >> 8
    if read.shape[2] > expected.shape[2]:
        expected = np.repeat(expected, read.shape[2], axis=2)
    np.testing.assert_array_equal(read, expected)


GAMMA = (b"gAMA", struct.pack(">I", 100000))
PRIMARIES = (b"cHRM", struct.pack(">8I", *range(30000, 38000, 1000)))


@pytest.mark.parametrize("chunks", [(GAMMA,), (GAMMA, PRIMARIES), (PRIMARIES,)])
def test_gamma_and_primaries_are_kept(chunks):
    header = struct.pack(">IIBBBBB", 3, 1, 8, RGB, 0, 0, 0)
    data = zlib.compress(b"\0" + bytes(range(9)))
    source = png_of((b"IHDR", header), *chunks, (b"IDAT", data))
    result = kmc.quantize(source, 4)
    assert np.asarray(result).tobytes() == bytes(range(9))
    file = io.BytesIO()
    result.save(file, "png")
    found = dict(chunks_of(file.getvalue()))
    assert {name: found.get(name) for name in (b"gAMA", b"cHRM")} == {
        b"gAMA": None,
        b"cHRM": None,
    } | dict(chunks)
    if GAMMA in chunks:
        with pytest.warns(kmc.FormatWarning, match="no place for the picture's colour profile"):
            result.save(io.BytesIO(), "webp")


def test_gamma_beside_a_chunk_that_says_srgb_is_not_kept():
    header = struct.pack(">IIBBBBB", 1, 1, 8, GREY, 0, 0, 0)
    srgb = (b"sRGB", b"\0")
    source = png_of((b"IHDR", header), srgb, GAMMA, (b"IDAT", zlib.compress(b"\0\7")))
    assert kmc.read(source).metadata == Metadata()
