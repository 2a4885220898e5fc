"""PNG files are small and exact; corner files, made here, come in with the right colours."""

from __future__ import annotations

import io
import itertools
import struct
import zlib

import numpy as np
import pytest
from graphics import graphics, with_numbers
from kmc_files import ordered_image
from PIL import Image
from scenes import few, gradient, noise, photo

import kmc
from kmc.formats.painting import index_bits
from kmc.formats.png import png_bytes
from kmc.formats.png_compression import (
    SAMPLE,
    compressed_rows,
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


@pytest.mark.parametrize("shape", [(9, 11), (200, 300), (700, 800)])
def test_levels_go_from_fast_to_small(shape):
    pictures = [photo(*shape)[..., 0] // 4, gradient(*shape)[..., 0] // 16]
    for indices in pictures:
        k = int(indices.max()) + 1
        streams = {level: compressed_rows(indices, k, level) for level in (None, 1, 5, 9)}
        sizes = {level: len(stream) for level, (_, stream) in streams.items()}
        assert sizes[9] <= sizes[5] <= sizes[1] + 4
        assert sizes[9] <= sizes[None]
        colors = noise(k, 1)[:, 0]
        for level in range(1, 10):
            read, _ = read_back(png_bytes(indices, colors, level=level))
            np.testing.assert_array_equal(read, indices)


def test_save_takes_a_level():
    result = kmc.quantize(photo(120, 160), 32)
    sizes = []
    for level in (1, 9):
        file = io.BytesIO()
        result.save(file, "png", level=level, threads=1)
        sizes.append(len(file.getvalue()))
    assert sizes[1] < sizes[0]
    for level in (0, 10):
        with pytest.raises(kmc.ArgumentError, match="level"):
            result.save(io.BytesIO(), "png", level=level)
    with pytest.raises(kmc.ArgumentTypeError, match="level"):
        result.save(io.BytesIO(), "png", level="best")
    many = kmc.quantize(photo(120, 160), 300)
    sizes = []
    for level in (1, 9):
        file = io.BytesIO()
        many.save(file, "png", level=level)
        sizes.append(len(file.getvalue()))
    assert sizes[1] < sizes[0]


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
    expected = colors[samples[..., 0]] if kind == PALETTE else (shown * 255 + top // 2) // top
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


@pytest.mark.parametrize("other", [{"compress_level": 9}, {"optimize": True}])
def test_level_is_never_ignored(make_indexed, other):
    image = make_indexed(4)
    with pytest.raises(
        kmc.ArgumentError, match=f"level and {next(iter(other))} exclude each other"
    ):
        image.to_bytes("png", level=1, **other)
    assert image.to_bytes("png", level=1, optimize=False)
