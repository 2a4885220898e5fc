"""PNG files of every colour type, depth and transparency are read as the standard says."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image
from png_files import (
    GREY,
    GREY_ALPHA,
    INDEXED,
    KINDS,
    RGB,
    RGBA,
    SAMPLES,
    SIGNATURE,
    chunk,
    decoded_png,
    png_file,
    rgba_of,
)

import kmc
from kmc.images.reading import read_indexed

pytestmark = pytest.mark.once

SIZES = [(1, 1), (3, 2), (7, 9), (33, 5)]


def samples_of(kind: int, depth: int, height: int = 9, width: int = 7):
    random = np.random.default_rng(100 * kind + depth)
    return random.integers(0, 1 << depth, (height, width, SAMPLES[kind]), np.uint16)


def chunks_for(kind: int, depth: int, samples, transparent: bool):
    """A palette, and what is transparent: some entries, or the colour of the last pixel."""
    if kind == INDEXED:
        palette = np.random.default_rng(depth).integers(0, 256, (1 << depth, 3), np.uint8)
        yield b"PLTE", palette.tobytes()
        if transparent:
            yield b"tRNS", bytes((0, 128))
    elif transparent and kind in (GREY, RGB):
        yield b"tRNS", samples[-1, -1].astype(">u2").tobytes()


def as_rgba(pixels):
    rgba = np.full((*pixels.shape[:2], 4), 255.0)
    rgba[..., : 3 if pixels.shape[2] == 1 else pixels.shape[2]] = pixels
    return rgba


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("kind", "depth"), KINDS)
def test_every_colour_type_and_depth(kind, depth, interlaced, transparent):
    for height, width in SIZES:
        samples = samples_of(kind, depth, height, width)
        chunks = chunks_for(kind, depth, samples, transparent)
        file = png_file(samples, kind, depth, *chunks, interlaced=interlaced)
        np.testing.assert_array_equal(decoded_png(file).samples, samples)
        expected = np.round(rgba_of(file))
        picture = kmc.read(file)
        np.testing.assert_array_equal(as_rgba(picture.pixels), expected)
        reduced = depth == 16 and bool((samples % 257).any())
        assert picture.changes == (("16 bits a channel reduced to 8",) if reduced else ())
        opened = kmc.read(Image.open(io.BytesIO(file)))
        np.testing.assert_array_equal(opened.pixels, picture.pixels)
        if depth < 16:
            found = read_indexed(file)
            np.testing.assert_array_equal(as_rgba(found.colors[found.indices]), expected)


@pytest.mark.parametrize("kind", [GREY, RGB, GREY_ALPHA, RGBA])
def test_16_bits_that_are_8_twice_are_kept_as_they_are(kind):
    samples = samples_of(kind, 8) * np.uint16(257)
    file = png_file(samples, kind, 16)
    assert kmc.read(file).changes == ()
    found = read_indexed(file)
    np.testing.assert_array_equal(as_rgba(found.colors[found.indices]), rgba_of(file))


@pytest.mark.parametrize("kind", [GREY, RGB])
def test_a_transparent_colour_of_16_bits_is_compared_with_16(kind):
    samples = np.zeros((1, 4, SAMPLES[kind]), np.uint16)
    samples[0, :, -1] = (0x1200, 0x1201, 0x1202, 0x1300)
    key = samples[0, 1].astype(">u2").tobytes()
    file = png_file(samples, kind, 16, (b"tRNS", key))
    assert kmc.read(file).pixels[0, :, 3].tolist() == [255, 0, 255, 255]


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_transparent_level_of_a_picture_that_was_loaded(depth):
    samples = samples_of(GREY, depth)
    samples[0, :2, 0] = 0, (1 << depth) - 1
    for key in {1, (1 << depth) - 1}:
        file = png_file(samples, GREY, depth, (b"tRNS", struct.pack(">H", key)))
        picture = Image.open(io.BytesIO(file))
        picture.load()
        expected = np.where(samples == key, 0, 255)[..., 0]
        np.testing.assert_array_equal(as_rgba(kmc.read(picture).pixels)[..., 3], expected)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_indexed_files_are_opened_as_they_are(depth):
    samples = samples_of(INDEXED, depth)
    palette = np.zeros((1 << depth, 3), np.uint8)  # with duplicates, and black at the end
    palette[0] = 9
    clear = bytes((255, 0))
    for alpha in ((), ((b"tRNS", clear),)):
        file = png_file(samples, INDEXED, depth, (b"PLTE", palette.tobytes()), *alpha)
        for image in (kmc.open(file), kmc.IndexedImage.open(io.BytesIO(file))):
            np.testing.assert_array_equal(image.indices, samples[..., 0])
            np.testing.assert_array_equal(image.palette.colors[:, :3], palette)
            if alpha:
                assert image.palette.colors[:3, 3].tolist() == [255, 0, 255][: 1 << depth]
            assert image.mse == 0


def test_indices_beyond_the_palette_are_black():
    samples = np.arange(4, dtype=np.uint16).reshape(1, 4, 1)
    plte = (b"PLTE", bytes((9, 8, 7, 6, 5, 4)))
    colors = kmc.open(png_file(samples, INDEXED, 8, plte)).palette.colors
    assert colors.tolist() == [[9, 8, 7], [6, 5, 4], [0, 0, 0], [0, 0, 0]]
    file = png_file(samples, INDEXED, 8, plte, (b"tRNS", bytes((1, 2, 0))))
    assert kmc.open(file).palette.colors[:, 3].tolist() == [1, 2, 0, 255]
    np.testing.assert_array_equal(kmc.read(file).pixels[0], kmc.open(file).palette.colors)


def test_indices_without_a_palette_are_refused(tmp_path):
    path = tmp_path / "bare.png"
    path.write_bytes(png_file(samples_of(INDEXED, 4), INDEXED, 4))
    for read in (kmc.read, kmc.open, read_indexed):
        with pytest.raises(kmc.ImageReadError, match=r"bare\.png: .*indices and no palette"):
            read(path)


# ---- what colours mean ---------------------------------------------------------------------------

PQ = (9, 16, 0, 1)


def with_chunks(*chunks, kind=RGB, after=()):
    samples = samples_of(kind, 8)
    return png_file(samples, kind, 8, *chunks, after=after)


@pytest.mark.parametrize("k", [8, 300])
def test_code_points_are_kept_in_png(k):
    file = png_file(samples_of(RGB, 8, 30, 30), RGB, 8, (b"cICP", bytes(PQ)))
    picture = kmc.read(file)
    assert picture.metadata.cicp == PQ
    assert not picture.metadata.is_srgb
    result = kmc.quantize(picture, k)
    data = result.to_bytes("png")
    assert decoded_png(data).chunks[b"cICP"] == bytes(PQ)
    names = list(decoded_png(data).chunks)
    assert names.index(b"cICP") < names.index(b"IDAT")
    assert "PLTE" not in names or names.index(b"cICP") < names.index(b"PLTE")
    assert kmc.read(data).metadata == picture.metadata
    assert kmc.open(result.to_bytes("kmc")).metadata == picture.metadata
    for suffix in ("gif", "bmp", "tiff", "webp"):
        if k <= 256 or suffix == "tiff":
            with pytest.warns(kmc.FormatWarning, match=f"{suffix} has no place for the code"):
                result.to_bytes(suffix)
            result.to_bytes(suffix, metadata=False)


def test_code_points_of_srgb_are_no_loss():
    metadata = kmc.read(with_chunks((b"cICP", bytes((1, 13, 0, 1))))).metadata
    assert metadata.is_srgb
    assert metadata.cicp == (1, 13, 0, 1)


def test_gamma_and_chromaticity_of_many_colours():
    chromaticity = struct.pack(">8I", *range(31270, 31278))
    chunks = (b"gAMA", struct.pack(">I", 100000)), (b"cHRM", chromaticity)
    file = png_file(samples_of(RGB, 8, 30, 30), RGB, 8, *chunks)
    saved = decoded_png(kmc.quantize(file, 300).to_bytes("png"))
    assert saved.kind == RGB
    assert [saved.chunks[name] for name, _ in chunks] == [content for _, content in chunks]


@pytest.mark.parametrize("k", [8, 300])
def test_the_shape_of_pixels(k):
    file = png_file(samples_of(RGB, 8, 30, 30), RGB, 8, (b"pHYs", struct.pack(">IIB", 2, 1, 0)))
    picture = kmc.read(file)
    assert picture.metadata == kmc.Metadata(aspect=(2, 1))
    result = kmc.quantize(picture, k)
    saved = decoded_png(result.to_bytes("png")).chunks[b"pHYs"]
    assert saved == struct.pack(">IIB", 2, 1, 0)
    with pytest.warns(kmc.FormatWarning, match="tiff has no place for the shape of its pixels"):
        result.to_bytes("tiff")
    square = with_chunks((b"pHYs", struct.pack(">IIB", 3, 3, 0)))
    assert kmc.read(square).metadata == kmc.Metadata()


@pytest.mark.parametrize("k", [8, 300])
def test_text_is_kept_in_png(k):
    chunks = (
        (b"tEXt", b"Title\0caf\xe9"),
        (b"iTXt", "Author\0\0\0\0\0Łukasz".encode()),
    )
    samples = samples_of(RGB, 8, 30, 30)
    file = png_file(samples, RGB, 8, *chunks, after=((b"tEXt", b"Comment\0at the end"),))
    text = (("Title", "café"), ("Author", "Łukasz"), ("Comment", "at the end"))
    picture = kmc.read(file)
    assert picture.metadata.text == text
    result = kmc.quantize(picture, k)
    saved = result.to_bytes("png")
    assert kmc.read(saved).metadata == picture.metadata
    assert kmc.read(result.to_bytes("png", metadata=False)).metadata == kmc.Metadata()
    with pytest.warns(kmc.FormatWarning, match="tiff has no place for its text; png and kmc do"):
        result.to_bytes("tiff")


def test_a_background_is_left_out_and_said():
    background = (b"bKGD", struct.pack(">3H", 1, 2, 3))
    assert kmc.read(with_chunks(background)).changes == ()  # nothing shows it
    assert kmc.read(with_chunks(background, kind=RGBA)).changes == ("background colour left out",)


def test_long_chunks_do_not_hide_what_comes_after():
    text = (b"tEXt", b"Comment\0" + bytes(range(32, 127)) * 1000)
    key = struct.pack(">H", 3)
    samples = samples_of(GREY, 2)
    file = png_file(samples, GREY, 2, text, (b"tRNS", key))
    np.testing.assert_array_equal(as_rgba(kmc.read(file).pixels), rgba_of(file))


@pytest.mark.parametrize("interlaced", [False, True])
def test_pixels_with_a_wrong_checksum_are_refused(interlaced):
    file = bytearray(png_file(samples_of(GREY, 8), GREY, 8, interlaced=interlaced))
    kmc.read(bytes(file))
    file[file.index(b"IEND") - 5] ^= 1
    with pytest.raises(kmc.ImageReadError, match="the checksum of its pixels is wrong"):
        kmc.read(bytes(file))


def test_a_damaged_header_is_not_taken_for_another_format():
    file = bytearray(png_file(samples_of(GREY, 8), GREY, 8))
    file[20] ^= 1
    with pytest.raises(kmc.ImageReadError, match=r"it begins as a PNG file, but: .*IHDR"):
        kmc.read(bytes(file))
    header = struct.pack(">IIBBBBB", 7, 9, 8, 1, 0, 0, 0)  # there is no colour type 1
    with pytest.raises(kmc.FormatError, match="PNG file, but: its header is damaged"):
        kmc.read(SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b""))
