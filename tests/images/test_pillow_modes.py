"""Pictures of every Pillow mode come in with the right colours and alpha."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from pictures import encoded
from PIL import Image, ImageCms, PngImagePlugin

import kmc
from kmc.images.reading import as_pixels

pytestmark = pytest.mark.once


def test_grey_and_black_and_white(photo):
    grey = Image.fromarray(photo).convert("L")
    np.testing.assert_array_equal(as_pixels(grey)[..., 0], np.asarray(grey))
    bits = grey.convert("1")
    for way in (bits, encoded(bits), encoded(bits, "TIFF")):
        np.testing.assert_array_equal(as_pixels(way)[..., 0], np.asarray(bits) * np.uint8(255))


def test_palette_pictures_are_painted(photo):
    picture = Image.fromarray(photo).quantize(7)
    painted = np.asarray(picture.convert("RGB"))
    for way in (picture, encoded(picture), encoded(picture, "GIF"), encoded(picture, "BMP")):
        np.testing.assert_array_equal(as_pixels(way), painted)


SIXTEEN_BITS = np.array([[0, 1, 128, 129, 384], [385, 32767, 32896, 65406, 65535]], np.uint16)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM", "JPEG2000"])
def test_16_bit_grey_is_scaled_and_rounded(format):
    picture = Image.fromarray(SIXTEEN_BITS)
    params = {"irreversible": False} if format == "JPEG2000" else {}
    pixels = as_pixels(encoded(picture, format, **params))
    expected = np.round(SIXTEEN_BITS.astype(np.float64) * 255 / 65535)
    np.testing.assert_array_equal(pixels[..., 0], expected)


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B", "I;16N"])
def test_16_bit_grey_of_every_byte_order(mode):
    kind = {"I;16B": ">u2", "I;16N": "=u2"}.get(mode, "<u2")
    data = SIXTEEN_BITS.astype(kind).tobytes()
    picture = Image.frombytes(mode, (5, 2), data)
    expected = np.round(SIXTEEN_BITS.astype(np.float64) * 255 / 65535)
    np.testing.assert_array_equal(as_pixels(picture)[..., 0], expected)


def tiff_of(values: bytes, width: int, height: int, bits: int, photometric: int) -> bytes:
    """A little-endian, uncompressed, one-strip grey TIFF, as scanners write them."""
    tags = (
        (256, width),
        (257, height),
        (258, bits),
        (259, 1),
        (262, photometric),
        (273, 8),
        (277, 1),
        (278, height),
        (279, len(values)),
    )
    start = 8 + len(values) + len(values) % 2
    data = struct.pack("<2sHI", b"II", 42, start) + values.ljust(start - 8, b"\0")
    data += struct.pack("<H", len(tags))
    for tag, value in tags:
        data += struct.pack("<HHII", tag, 4, 1, value)
    return data + struct.pack("<I", 0)


def test_12_bit_grey_and_white_is_zero():
    twelve = tiff_of(bytes.fromhex("000fff7ff800"), 4, 1, 12, 1)  # 0, 4095, 2047, 2048
    assert as_pixels(twelve)[0, :, 0].tolist() == [0, 255, 127, 128]
    inverted = tiff_of(struct.pack("<3H", 0, 65535, 257), 3, 1, 16, 0)
    assert as_pixels(inverted)[0, :, 0].tolist() == [255, 0, 254]


@pytest.mark.parametrize("mode", ["I", "F"])
def test_32_bit_pictures_are_refused(mode):
    with pytest.raises(kmc.ImageTypeError, match=rf"mode {mode}[\s\S]*scale"):
        as_pixels(Image.new(mode, (2, 2)))


def test_16_bit_rgb_comes_in_as_8():
    chunks = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    row = b"\0" + struct.pack(">3H", 0x1234, 0xABCD, 0xFFFF)
    file = io.BytesIO()
    file.write(b"\x89PNG\r\n\x1a\n")
    PngImagePlugin.putchunk(file, b"IHDR", chunks)
    PngImagePlugin.putchunk(file, b"IDAT", zlib.compress(row))
    PngImagePlugin.putchunk(file, b"IEND", b"")
    assert as_pixels(file.getvalue()).tolist() == [[[0x12, 0xAB, 0xFF]]]


@pytest.mark.parametrize("mode", ["YCbCr", "HSV", "LAB", "RGBX"])
def test_other_colour_modes_become_rgb(photo, mode):
    rgb = Image.fromarray(photo)
    if mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        picture = ImageCms.profileToProfile(rgb, srgb, lab, outputMode="LAB")
    else:
        picture = rgb.convert(mode)
    difference = as_pixels(picture).astype(int) - photo
    assert np.abs(difference).mean() < 4
    assert (as_pixels(picture) == np.asarray(picture.convert("RGB"))).all()


def cmyk_profile() -> bytes:
    """A colour profile whose cyan ink is grey of lightness 50, whose key is black, and no more."""
    identity = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    ramp = bytes(range(256))
    lightness = (0 if node & 1 else 127 if node & 8 else 255 for node in range(16))
    nodes = b"".join(bytes((level, 128, 128)) for level in lightness)
    lut = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + identity + ramp * 4 + nodes + ramp * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    tags = ((b"A2B0", lut), (b"wtpt", white))
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, content in tags:
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    header = struct.pack(">I4x4s4s4s4s12x4s", at + len(body), b"\2\x20\0\0", b"prtr", b"CMYK",
                         b"Lab ", b"acsp")  # fmt: skip
    header += bytes(28) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + table + body


def test_cmyk_goes_through_its_profile():
    picture = Image.new("CMYK", (2, 1), (255, 0, 0, 0))
    picture.putpixel((1, 0), (0, 0, 0, 0))
    for params in ({}, {"icc_profile": b"rubbish"}):
        data = encoded(picture, "TIFF", **params)
        assert as_pixels(data).tolist() == [[[0, 255, 255], [255, 255, 255]]]
    through = as_pixels(encoded(picture, "TIFF", icc_profile=cmyk_profile())).astype(int)
    assert np.abs(through - [[[119] * 3, [255] * 3]]).max() <= 2
    picture.info["icc_profile"] = cmyk_profile()
    assert (as_pixels(picture) == through).all()
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert as_pixels(encoded(picture, "TIFF", icc_profile=srgb))[0, 0].tolist() == [0, 255, 255]


def test_cmyk_jpeg():
    picture = Image.new("CMYK", (16, 16), (0, 255, 0, 0))
    pixels = as_pixels(encoded(picture, "JPEG", quality=100)).astype(int)
    assert np.abs(pixels - (255, 0, 255)).max() < 8


# ---- transparency --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "RGBa", "La"])
def test_alpha_comes_along_unless_opaque(photo, mode):
    rgba = Image.fromarray(photo).convert("RGBA")
    base = {"La": "LA", "RGBa": "RGBA"}.get(mode, mode)
    picture = rgba.convert("P").convert("PA") if mode == "PA" else rgba.convert(base)
    picture.putalpha(255) if mode == "PA" else None
    opaque = picture.convert(mode)
    expected = np.asarray(picture.convert("L" if base == "LA" else "RGB"))
    np.testing.assert_array_equal(as_pixels(opaque).reshape(expected.shape), expected)
    alpha = Image.new("L", picture.size, 255)
    alpha.putpixel((3, 4), 254)
    alpha.putpixel((5, 4), 0)
    picture.putalpha(alpha)
    pixels = as_pixels(picture.convert(mode))
    np.testing.assert_array_equal(pixels[..., 3], np.asarray(alpha))
    colored = pixels[..., 3] == 255
    rgb = np.asarray(picture.convert("RGBA"))
    np.testing.assert_array_equal(pixels[colored], rgb[colored])
    assert np.abs(pixels[4, 3].astype(int) - rgb[4, 3]).max() <= 1


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_alpha_in_files(photo, format):
    picture = Image.fromarray(photo).convert("RGBA")
    params = {"lossless": True, "exact": True} if format == "WEBP" else {}
    np.testing.assert_array_equal(as_pixels(encoded(picture, format, **params)), photo)
    picture.putpixel((0, 0), (1, 2, 3, 0))
    picture.putpixel((1, 0), (1, 2, 3, 77))
    pixels = as_pixels(encoded(picture, format, **params))
    np.testing.assert_array_equal(pixels, np.asarray(picture))


@pytest.mark.parametrize("key", [2, bytes((255, 255, 0))])
@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_a_transparent_palette_entry_matters_only_if_used(key, format):
    if format == "GIF" and isinstance(key, bytes):
        key = key.index(0)
    picture = Image.new("P", (2, 2))
    picture.putpalette([9, 8, 7, 30, 20, 10, 1, 2, 3])
    params = {"transparency": key} | ({"optimize": False} if format == "GIF" else {})
    assert (as_pixels(encoded(picture, format, **params)) == (9, 8, 7)).all()
    picture.putpixel((0, 1), 2)
    pixels = as_pixels(encoded(picture, format, **params))
    assert pixels[1, 0].tolist() == [1, 2, 3, 0]
    assert pixels[0, 0].tolist() == [9, 8, 7, 255]


@pytest.mark.parametrize(
    ("mode", "color", "key", "unused"),
    [
        ("L", 9, 9, 10),
        ("1", 1, 255, 0),
        ("RGB", (1, 2, 3), (1, 2, 3), (3, 2, 1)),
        ("I;16", 500, 500, 501),
    ],
)
def test_a_transparent_colour_matters_only_if_used(mode, color, key, unused):
    picture = Image.new(mode, (200, 900), color)  # in several strips
    picture.info["transparency"] = unused
    opaque = as_pixels(picture)
    assert opaque.shape == (900, 200, 3 if mode == "RGB" else 1)
    picture.info["transparency"] = key
    pixels = as_pixels(picture)
    assert pixels.shape == (900, 200, 4)
    assert (pixels[..., 3] == 0).all()
    assert (pixels[..., :3] == opaque).all()
    picture.putpixel((7, 800), 0)
    changed = as_pixels(picture)
    assert changed[800, 7].tolist() == [0, 0, 0, 255]
    assert (changed[..., 3] == 0).sum() == 900 * 200 - 1


def test_a_16_bit_transparent_colour_is_refused():
    picture = Image.new("RGB", (2, 2), (1, 2, 3))
    picture.info["transparency"] = (257, 2, 3)
    with pytest.raises(kmc.ImageShapeError, match=r"16 bits.*info\.pop"):
        as_pixels(picture)
