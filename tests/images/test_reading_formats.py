"""Where Pillow decodes a format wrongly or coarsely, kmc reads what the file says."""

from __future__ import annotations

import io
import struct
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from pictures import encoded
from PIL import Image

import kmc
from kmc.images.file_facts import file_facts
from kmc.images.reading import read_indexed

pytestmark = pytest.mark.once

REDUCED = "16 bits a channel reduced to 8"


# ---- TIFF ----------------------------------------------------------------------------------------


def tiff_file(
    tags: dict[int, tuple[int, tuple[int, ...]]], data: bytes, order: str = "<", strips=None
) -> bytes:
    """A TIFF; `tags` are types (3 short, 4 long) and values.

    It has one strip, or those whose positions in the file and sizes are given.
    """
    positions, sizes = strips or ([8], [len(data)])
    tags = {**tags, 273: (4, tuple(positions)), 279: (4, tuple(sizes))}
    data += bytes(len(data) % 2)
    start, outside, entries = 8 + len(data), b"", b""
    behind = start + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in sorted(tags.items()):
        content = struct.pack(f"{order}{len(values)}{' HI'[kind - 2]}", *values)
        if len(content) > 4:
            outside, content = outside + content, struct.pack(order + "I", behind + len(outside))
        entries += struct.pack(order + "HHI", tag, kind, len(values)) + content.ljust(4, b"\0")
    head = struct.pack(order + "2sHI", b"II" if order == "<" else b"MM", 42, start)
    return head + data + struct.pack(order + "H", len(tags)) + entries + bytes(4) + outside


def size_tags(width: int, height: int, bits: tuple[int, ...], photometric: int):
    return {
        256: (4, (width,)),
        257: (4, (height,)),
        258: (3, bits),
        259: (3, (1,)),
        262: (3, (photometric,)),
        277: (3, (len(bits),)),
        278: (4, (height,)),
    }


def palette_tiff(columns: np.ndarray) -> bytes:
    """Of 16 entries, each used once."""
    tags = size_tags(16, 1, (4,), 3) | {320: (3, tuple(columns.T.ravel().tolist()))}
    return tiff_file(tags, bytes((2 * i << 4) + 2 * i + 1 for i in range(8)))


@pytest.mark.parametrize("factor", [1, 256, 257])
def test_colour_maps_of_8_bits_of_either_kind(factor):
    colors = np.random.default_rng(1).integers(0, 256, (16, 3), np.uint16)
    colors[3] = 255
    colors[5] = colors[4]
    file = palette_tiff(colors * factor)
    picture = kmc.read(file)
    np.testing.assert_array_equal(picture.pixels[0], colors)
    assert picture.changes == ()
    image = kmc.open(file)
    np.testing.assert_array_equal(image.palette.colors, colors)
    assert image.indices.tolist() == [list(range(16))]


def test_colour_maps_of_16_bits_are_rounded_and_said():
    colors = np.random.default_rng(1).integers(0, 65536, (16, 3), np.uint16)
    file = palette_tiff(colors)
    picture = kmc.read(file)
    np.testing.assert_array_equal(picture.pixels[0], np.round(colors / 257))
    assert picture.changes == ("palette of 16 bits a channel reduced to 8",)
    with pytest.raises(kmc.ArgumentError, match="cannot be kept as they are: its palette has 16"):
        kmc.open(file)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_colour_of_tiff_is_rounded(order, channels):
    samples = np.random.default_rng(2).integers(0, 65536, (5, 4, channels), np.uint16)
    tags = size_tags(4, 5, (16,) * channels, 2)
    tags |= {338: (3, (2,))} if channels == 4 else {}
    file = tiff_file(tags, samples.astype(order + "u2").tobytes(), order)
    picture = kmc.read(file)
    np.testing.assert_array_equal(picture.pixels, np.round(samples / 257))
    assert picture.changes == (REDUCED,)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_16_bit_colour_of_compressed_tiff(compression, tmp_path):
    """Pillow writes no such files, so grey samples are compressed and called RGB."""
    samples = np.random.default_rng(2).integers(0, 65536, (5, 12), np.uint16)
    file = io.BytesIO()
    Image.fromarray(samples).save(file, "TIFF", compression=compression)
    with Image.open(file) as picture:
        offset, length = picture.tag_v2[273][0], picture.tag_v2[279][0]
    code = {"tiff_lzw": 5, "tiff_adobe_deflate": 8}[compression]
    tags = size_tags(4, 5, (16, 16, 16), 2) | {259: (3, (code,))}
    made = tiff_file(tags, file.getvalue()[offset : offset + length])
    path = tmp_path / "a.tif"
    path.write_bytes(made)
    expected = np.round(samples.reshape(5, 4, 3) / 257)
    for way in (made, path, Image.open(path)):
        np.testing.assert_array_equal(kmc.read(way).pixels, expected)


def test_16_bit_colour_of_separate_planes_is_said():
    """Pillow gives the high bytes only."""
    samples = np.array([[[0, 511, 65535]]], np.uint16)
    tags = size_tags(1, 1, (16, 16, 16), 2) | {259: (3, (8,)), 284: (3, (2,))}
    planes = [zlib.compress(plane.astype("<u2").tobytes()) for plane in np.moveaxis(samples, 2, 0)]
    at = [8 + len(b"".join(planes[:i])) for i in range(3)]
    file = tiff_file(tags, b"".join(planes), strips=(at, [*map(len, planes)]))
    assert kmc.read(file).changes == (REDUCED,)
    with pytest.raises(kmc.ArgumentError, match="its pixels cannot be kept as they are"):
        read_indexed(file)


@pytest.mark.parametrize("page", [0, 1])
def test_16_bit_colour_of_several_pages_is_rounded(page):
    samples = np.random.default_rng(3).integers(0, 1 << 16, (2, 3, 5, 3), np.uint16)
    tags, size = size_tags(5, 3, (16, 16, 16), 2), samples[0].nbytes
    one, other = (
        bytearray(tiff_file(tags, samples.tobytes(), strips=([8 + i * size], [size])))
        for i in range(2)
    )
    # The other directory is put behind the first file, which is as long, and linked to it.
    start = 8 + samples.nbytes
    moved = bytes(other[start:])
    link = start + 2 + 12 * (len(tags) + 2)
    struct.pack_into("<I", one, link, len(one))
    bits = moved.index(struct.pack("<HHI", 258, 3, 3)) + 8
    moved = moved[:bits] + struct.pack("<I", len(one) + link + 4 - start) + moved[bits + 4 :]
    picture = kmc.read(bytes(one) + moved, frame=page)
    np.testing.assert_array_equal(picture.pixels, np.round(samples[page] / 257))
    assert picture.changes == (REDUCED,)


def test_12_bit_grey_is_said():
    file = tiff_file(size_tags(2, 1, (12,), 1), bytes((0x00, 0x0F, 0xFF)))
    assert kmc.read(file).pixels.ravel().tolist() == [0, 255]
    assert kmc.read(file).changes == ()
    file = tiff_file(size_tags(2, 1, (12,), 1), bytes((0x00, 0x1F, 0xFF)))
    assert kmc.read(file).changes == ("12 bits a channel reduced to 8",)


# ---- GIF and BMP ---------------------------------------------------------------------------------


def gif_file(colors: list[tuple[int, int, int]], indices: bytes, key: int | None) -> bytes:
    """One row of indices below 16, in LZW codes of 5 bits with a clear code before each."""
    size = len(colors).bit_length() - 2
    file = b"GIF89a" + struct.pack("<HHBBB", len(indices), 1, 0x80 | size, 0, 0)
    file += bytes(np.array(colors, np.uint8))
    if key is not None:
        file += b"\x21\xf9\x04\x01\0\0" + bytes((key, 0))
    codes = [code for index in indices for code in (16, index)] + [17]
    bits = "".join(f"{code:05b}" for code in reversed(codes))
    data = int(bits, 2).to_bytes(-(-len(bits) // 8), "little")
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, len(indices), 1, 0)
    return file + frame + bytes((4, len(data))) + data + b"\0\x3b"


def test_transparent_indices_beyond_the_palette_of_a_gif(tmp_path):
    colors = [(200, 1, 2), (3, 100, 4), (5, 6, 150), (9, 9, 9)]
    file = gif_file(colors, bytes((0, 5, 3, 6)), 5)
    expected = [[200, 1, 2, 255], [0, 0, 0, 0], [9, 9, 9, 255], [0, 0, 0, 255]]
    assert kmc.read(file).pixels[0].tolist() == expected
    image = kmc.open(file)
    assert image.indices.tolist() == [[0, 5, 3, 6]]
    assert image.palette.colors[:, 3].tolist() == [255] * 5 + [0, 255]
    unused = gif_file(colors, bytes((0, 1, 2, 3)), 9)
    assert kmc.read(unused).pixels[0].tolist() == [list(color) for color in colors]
    assert kmc.open(unused).palette.colors.tolist() == [list(color) for color in colors]
    path = tmp_path / "a.gif"
    path.write_bytes(unused)
    assert kmc.Palette.load(path).colors.tolist() == [list(color) for color in colors]


@pytest.mark.parametrize("format", ["GIF", "BMP"])
def test_palettes_that_are_a_ramp_of_grey(format):
    indices = np.array([[0, 3, 2, 1], [1, 1, 3, 0]], np.uint8)
    picture = Image.fromarray(indices, "P")
    picture.putpalette([level for level in range(4) for _ in "rgb"])
    file = encoded(picture, format, **({"optimize": False} if format == "GIF" else {}))
    image = kmc.open(file)
    np.testing.assert_array_equal(image.indices, indices)
    assert image.palette.colors.tolist() == [[level] * 3 for level in range(4)]


def test_black_and_white_bmp():
    picture = Image.fromarray(np.array([[0, 255, 255]], np.uint8)).convert("1")
    image = kmc.open(encoded(picture, "BMP"))
    assert image.indices.tolist() == [[0, 1, 1]]
    assert image.palette.colors.tolist() == [[0, 0, 0], [255, 255, 255]]


def test_indexed_files_of_every_format(make_indexed):
    made = make_indexed(16)
    for suffix in ("png", "gif", "bmp", "tiff", "kmc"):
        image = kmc.open(made.to_bytes(suffix))
        np.testing.assert_array_equal(image.indices, made.indices)
        np.testing.assert_array_equal(image.palette.colors[:16], made.palette.colors)


# ---- JPEG 2000 -----------------------------------------------------------------------------------


def box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), name) + content


def jp2_file(indices: np.ndarray, table: np.ndarray, columns: tuple[int, ...]) -> bytes:
    code = encoded(Image.fromarray(indices), "JPEG2000", no_jp2=True)
    height, width = indices.shape
    header = box(b"ihdr", struct.pack(">IIHBBBB", height, width, 1, 7, 7, 0, 0))
    header += box(b"colr", struct.pack(">BBBI", 1, 0, 0, 16))
    n, channels = table.shape
    header += box(
        b"pclr", struct.pack(">HB", n, channels) + bytes([7] * channels) + table.tobytes()
    )
    header += box(b"cmap", b"".join(struct.pack(">HBB", 0, 1, column) for column in columns))
    kind = box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    signature = box(b"jP  ", b"\r\n\x87\n")
    return signature + kind + box(b"jp2h", header) + box(b"jp2c", code)


@pytest.mark.parametrize("columns", [(0, 1, 2), (2, 0, 1)])
def test_palettes_of_jpeg_2000(columns):
    table = np.random.default_rng(3).integers(0, 256, (6, 3), np.uint8)
    table[3] = table[1]  # Pillow would merge them, and number the following ones anew
    indices = np.array([[0, 1, 2, 3], [4, 5, 3, 1]], np.uint8)
    file = jp2_file(indices, table, columns)
    expected = table[:, list(columns)]
    np.testing.assert_array_equal(kmc.read(file).pixels, expected[indices])
    image = kmc.open(file)
    np.testing.assert_array_equal(image.indices, indices)
    np.testing.assert_array_equal(image.palette.colors, expected)


@pytest.mark.parametrize("bits", [9, 12])
def test_deep_grey_of_jpeg_2000_is_rounded(bits):
    """Pillow writes 16 bits; with fewer in the header, the middle level is another."""
    top = (1 << bits) - 1
    levels = np.linspace(0, top, 30).astype(np.uint16)
    shifted = Image.fromarray(levels[None] + np.uint16((1 << 15) - (1 << (bits - 1))))
    file = bytearray(encoded(shifted, "JPEG2000", irreversible=False, no_jp2=True))
    assert file[42] == 15  # bits of the component, less one
    file[42] = bits - 1
    picture = kmc.read(bytes(file))
    np.testing.assert_array_equal(picture.pixels[0, :, 0], np.round(levels * (255 / top)))
    assert picture.changes == (f"{bits} bits a channel reduced to 8",)


def test_deep_jpeg_2000_is_said():
    levels = np.array([[0, 4095, 17]], np.uint16)
    file = encoded(Image.fromarray(levels), "JPEG2000", irreversible=False)
    assert kmc.read(file).changes == (REDUCED,)
    assert kmc.read(encoded(Image.new("RGB", (4, 4)), "JPEG2000")).changes == ()


# ---- AVIF, PPM, CMYK, ICO ------------------------------------------------------------------------


def avif_file(primaries: int, transfer: int, bits: int = 8) -> bytes:
    data = bytearray(encoded(Image.new("RGB", (8, 8), (9, 99, 199)), "AVIF"))
    at = data.index(b"nclx") + 4
    struct.pack_into(">HH", data, at, primaries, transfer)
    at = data.index(b"pixi") + 4
    data[at + 5 : at + 8] = bytes([bits] * 3)
    return bytes(data)


def test_code_points_of_avif_become_those_of_png():
    assert kmc.read(avif_file(1, 13)).metadata.cicp is None
    assert kmc.read(avif_file(2, 2)).metadata.cicp is None
    picture = kmc.read(avif_file(9, 16))
    assert picture.metadata.cicp == (9, 16, 0, 1)
    assert b"cICP\x09\x10\0\1" in kmc.quantize(picture, 4).to_bytes("png")
    with pytest.warns(kmc.FormatWarning, match="code points"):
        kmc.quantize(picture, 4).to_bytes("webp")


def test_the_bits_of_avif():
    """Pillow writes 8 bits only, and reads no file that claims more than it has."""
    stream = io.BytesIO(avif_file(1, 13, bits=10))
    opened = SimpleNamespace(format="AVIF", fp=stream, tile=["one"])
    assert file_facts(opened).bits == 10
    assert stream.tell() == 0


@pytest.mark.parametrize(("highest", "changes"), [(255, ()), (65535, (REDUCED,))])
def test_16_bit_ppm_is_rounded(highest, changes):
    samples = np.random.default_rng(2).integers(0, highest + 1, (2, 3, 3), np.uint16)
    kind = ">u2" if highest > 255 else "u1"
    file = b"P6 3 2 %d\n" % highest + samples.astype(kind).tobytes()
    picture = kmc.read(file)
    np.testing.assert_array_equal(picture.pixels, np.round(samples * (255 / highest)))
    assert picture.changes == changes


def test_plain_ppm():
    assert kmc.read(b"P1 3 1\n1 0 1\n").pixels.ravel().tolist() == [0, 255, 0]
    assert kmc.read(b"P2 3 1 15\n0 3 15\n").pixels.ravel().tolist() == [0, 51, 255]
    assert kmc.read(b"P3 1 1 255\n1 2 3\n").pixels.ravel().tolist() == [1, 2, 3]


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB"])
def test_other_colour_spaces_are_said_and_not_taken_for_lossless(mode):
    file = encoded(Image.new(mode, (2, 2)), "TIFF")
    assert kmc.read(file).changes == (f"converted from {mode} to RGB",)
    with pytest.raises(kmc.ArgumentError, match=f"mode {mode} is not written as it is"):
        read_indexed(file)


def test_icons_of_several_sizes_are_said():
    file = encoded(Image.new("RGBA", (32, 32), (1, 2, 3, 4)), "ICO", sizes=[(16, 16), (32, 32)])
    picture = kmc.read(file)
    assert picture.pixels.shape == (32, 32, 4)
    assert picture.changes == ("the largest of 2 sizes",)


def test_pixel_aspect_of_jpeg():
    data = bytearray(encoded(Image.new("RGB", (8, 8)), "JPEG"))
    at = data.index(b"JFIF\0") + 7
    data[at : at + 5] = struct.pack(">BHH", 0, 2, 1)
    assert kmc.read(bytes(data)).metadata == kmc.Metadata(aspect=(2, 1))


def test_decoders_of_either_byte_of_16_bit_samples():
    """The low bytes are had by exchanging one of Pillow's decoders for the other."""
    for mode in ("RGB", "RGBA"):
        for order, expected in (("16B", 1), ("16L", 2)):
            samples = bytes(range(1, 1 + 2 * len(mode)))
            pixel = Image.frombytes(mode, (1, 1), samples, "raw", f"{mode};{order}")
            assert pixel.getpixel((0, 0))[0] == expected
