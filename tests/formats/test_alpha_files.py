"""Pictures with alpha in files: every pixel comes back, or an error says what will do it."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image
from scenes import ALPHA, NAMED, scattered

import kmc


def saved(result: kmc.IndexedImage, format: str, **params) -> bytes:
    file = io.BytesIO()
    result.save(file, format, **params)
    return file.getvalue()


def painted(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def chunk(data: bytes, name: bytes) -> bytes:
    at = data.index(name)
    return data[at + 4 : at + 4 + struct.unpack(">I", data[at - 4 : at])[0]]


@pytest.mark.parametrize("k", [2, 3, 16, 17, 256, 300])
@pytest.mark.parametrize("name", ALPHA)
@pytest.mark.parametrize("format", ["png", "webp", "tiff"])
def test_all_of_it_comes_back(name, k, format):
    result = kmc.quantize(ALPHA[name], k)
    np.testing.assert_array_equal(painted(saved(result, format)), np.asarray(result))


@pytest.mark.parametrize("name", ALPHA)
def test_trns_is_as_short_as_can_be(name):
    for k in (2, 9, 256):
        result = kmc.quantize(ALPHA[name], k)
        alpha = result.palette.colors[:, 3]
        for params in ({}, {"compress_level": 1}):  # our own writer and Pillow's
            data = saved(result, "png", **params)
            assert chunk(data, b"tRNS") == alpha[alpha < 255].tobytes()
            assert len(chunk(data, b"PLTE")) == 3 * len(alpha)
            np.testing.assert_array_equal(painted(data), np.asarray(result))


@pytest.mark.parametrize("name", ALPHA)
def test_pillow_pictures_have_the_alpha(name):
    for k in (2, 9, 300):
        result = kmc.quantize(ALPHA[name], k)
        picture = result.to_pil()
        assert picture.mode == ("P" if k <= 256 else "RGBA")
        np.testing.assert_array_equal(np.asarray(picture.convert("RGBA")), np.asarray(result))
        np.testing.assert_array_equal(kmc.quantize(picture, k).mse, 0)


def test_gif_holds_what_is_opaque_or_not_there():
    result = kmc.quantize(ALPHA["cutout"], 12)
    assert result.palette.colors[:, 3].tolist() == [0] + 11 * [255]
    np.testing.assert_array_equal(painted(saved(result, "gif")), np.asarray(result))
    for name in ("soft", "veil"):
        with pytest.raises(kmc.ArgumentError, match=r"gif.*png, kmc, webp[\s\S]*alpha_threshold"):
            saved(kmc.quantize(ALPHA[name], 12), "gif")
    twice = kmc.Palette([[0, 0, 0, 0], [9, 9, 9, 0], [1, 2, 3, 255]]).remap(ALPHA["cutout"])
    with pytest.raises(kmc.ArgumentError, match="the one colour that is fully transparent"):
        saved(twice, "gif")


@pytest.mark.parametrize("format", ["bmp", "jpg"])
def test_formats_without_alpha_say_so(format, tmp_path):
    path = tmp_path / f"soft.{format}"
    words = rf"{format} holds no alpha; png[\s\S]*background="
    with pytest.raises(kmc.ArgumentError, match=words):
        kmc.quantize(ALPHA["soft"], 12).save(path)
    assert not path.exists()


@pytest.mark.filterwarnings("ignore::kmc.FormatWarning")
@pytest.mark.parametrize("format", ["png", "gif", "webp", "tiff", "bmp", "jpg"])
@pytest.mark.parametrize("k", [12, 300])
def test_opaque_pictures_with_an_alpha_channel_are_saved_everywhere(format, k):
    photo = NAMED["photo"]
    alpha = np.concatenate((photo, np.full_like(photo[..., :1], 255)), axis=-1)
    plain, result = kmc.quantize(photo, k), kmc.quantize(alpha, k)
    if (format, k) == ("gif", 300):
        return
    assert saved(result, format) == saved(plain, format)


def test_a_given_palette_may_have_clear_entries_anywhere():
    colors = scattered((9, 4), 256, 5).astype(np.uint8)
    colors[4, 3], colors[7, 3] = 0, 255
    result = kmc.Palette(colors).remap(ALPHA["soft"])
    data = saved(result, "png")
    np.testing.assert_array_equal(painted(data), np.asarray(result))
    assert len(chunk(data, b"tRNS")) == 9
