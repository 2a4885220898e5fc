"""BMP and TIFF files: indices in as few bits as the palette allows, for Pillow and ImageMagick."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess

import numpy as np
import pytest
from PIL import Image
from scenes import scattered

import kmc
from kmc.colors.arrays import rgb_colors
from kmc.formats import tiff

pytestmark = pytest.mark.once

FORMATS = ("bmp", "tiff")
BITS = [(1, 1), (2, 1), (3, 4), (16, 4), (17, 8), (256, 8)]


def image_of(k, shape, channels=3):
    """Scattered indices and colours; every index is used where there are enough pixels."""
    indices = scattered(shape, k)
    indices.ravel()[: min(k, indices.size)] = np.arange(k)[: indices.size]
    colors = scattered((k, channels), 256, 5)
    return kmc.IndexedImage(indices.astype(np.uint8), kmc.Palette(colors), 0.0)


def file_of(image, format, **params):
    file = io.BytesIO()
    image.save(file, format, **params)
    return file.getvalue()


def stored_bits(data, format):
    if format == "bmp":
        return struct.unpack_from("<H", data, 28)[0]
    with Image.open(io.BytesIO(data)) as picture:
        return picture.tag_v2[258][0]


def read_back(data):
    """The pixels as RGB, and the indices and colours if the file has a palette."""
    with Image.open(io.BytesIO(data)) as picture:
        pixels = np.asarray(picture.convert("RGB"))
        if picture.mode != "P":
            return pixels, None, None
        return pixels, np.asarray(picture), np.reshape(picture.getpalette(), (-1, 3))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(("k", "bits"), BITS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (5, 7), (8, 8), (9, 33)])
def test_pillow_reads_them(format, k, bits, shape):
    for channels in (1, 3):
        image = image_of(k, shape, channels)
        data = file_of(image, format)
        pixels, indices, colors = read_back(data)
        expected = rgb_colors(image.palette.colors)
        assert stored_bits(data, format) == bits
        np.testing.assert_array_equal(pixels, expected[image.indices])
        np.testing.assert_array_equal(indices, image.indices)
        np.testing.assert_array_equal(colors[:k], expected)
        again = kmc.open(data)
        np.testing.assert_array_equal(again.indices, image.indices)
        np.testing.assert_array_equal(again.palette.colors[:k], expected)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("k", [k for k, _ in BITS])
def test_imagemagick_reads_them(tmp_path, format, k):
    """Where it is installed."""
    if shutil.which("convert") is None:
        return
    image = image_of(k, (9, 33))
    image.save(tmp_path / f"a.{format}")
    command = ["convert", str(tmp_path / f"a.{format}"), "-depth", "8", str(tmp_path / "a.ppm")]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    found = kmc.read(tmp_path / "a.ppm").pixels
    np.testing.assert_array_equal(np.broadcast_to(found, (9, 33, 3)), np.asarray(image))


@pytest.mark.parametrize("k", [1, 2, 3, 15, 16, 17, 255, 256])
@pytest.mark.parametrize("step", [1, 17, 255])
@pytest.mark.parametrize("format", FORMATS)
def test_palettes_of_greys(k, step, format):
    """Which Pillow reads as greyscale, where it takes them for that."""
    levels = (np.arange(k) * step % 256)[:, None]
    indices = np.arange(600).reshape(20, 30) % k
    image = kmc.IndexedImage(indices.astype(np.uint8), kmc.Palette(levels), 0.0)
    pixels, _, _ = read_back(file_of(image, format))
    np.testing.assert_array_equal(pixels, levels[indices].repeat(3, axis=2))


def test_the_bytes_of_a_bmp():
    image = kmc.IndexedImage(np.array([[0, 1, 1], [2, 0, 1]], np.uint8), kmc.palettes["rgb-8"], 0.0)
    assert file_of(image, "bmp", dpi=(254, 127)) == (
        struct.pack("<2sIII", b"BM", 54 + 4 * 8 + 8, 0, 54 + 4 * 8)
        + struct.pack("<IiiHHIIiiII", 40, 3, 2, 1, 4, 0, 8, 10000, 5000, 8, 8)
        + b"".join(bytes((*color[::-1], 0)) for color in kmc.palettes["rgb-8"].colors)
        + b"\x20\x10\0\0\x01\x10\0\0"
    )


def test_strips_of_a_tiff(monkeypatch):
    monkeypatch.setattr(tiff, "_STRIP", 100)
    for k, shape in ((2, (80, 33)), (16, (9, 201)), (200, (3, 50))):
        image = image_of(k, shape)
        np.testing.assert_array_equal(read_back(file_of(image, "tiff"))[1], image.indices)


def test_metadata_of_both():
    profile = b"\0" * 16 + b"RGB " + b"sRGB" * 26
    metadata = kmc.Metadata(dpi=(300.0, 150.0), xmp=b"<x/>", icc_profile=profile)
    image = image_of(9, (4, 5))
    image = kmc.IndexedImage(image.indices, image.palette, 0.0, metadata)
    with Image.open(io.BytesIO(file_of(image, "tiff"))) as picture:
        assert picture.info["dpi"] == (300, 150)
        assert picture.info["icc_profile"] == profile
        assert picture.tag_v2[700] == b"<x/>"
    with Image.open(io.BytesIO(file_of(image, "bmp"))) as picture:
        assert picture.info["dpi"] == pytest.approx((300, 150), abs=0.02)


def test_parameters():
    image = image_of(9, (40, 50))
    with Image.open(io.BytesIO(file_of(image, "tiff", compression="tiff_lzw"))) as picture:
        assert picture.info["compression"] == "tiff_lzw"
    with Image.open(io.BytesIO(file_of(image, "bmp", dpi=(72, 72)))) as picture:
        assert picture.info["dpi"] == pytest.approx((72, 72), abs=0.02)
    with pytest.raises(kmc.ArgumentError, match="bmp has no parameter 'level'"):
        file_of(image, "bmp", level=9)
