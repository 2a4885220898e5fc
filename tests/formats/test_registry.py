"""Files give back what was saved, in every format, and fail with a reason."""

from __future__ import annotations

import io
import struct
import sys
import types

import numpy as np
import pytest
from PIL import Image, features
from scenes import scattered

import kmc
from kmc.colors.arrays import rgb_colors
from kmc.formats import registry as files
from kmc.images.reading import as_pixels

KS = (1, 2, 3, 4, 5, 15, 16, 17, 100, 255, 256)


def read_back(path):
    with Image.open(path) as picture:
        picture.load()
        return picture


def painted(image):
    """The picture in RGB, as every file holds it."""
    array = np.asarray(image)
    return np.repeat(array[..., None], 3, axis=2) if array.ndim == 2 else array


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", KS)
@pytest.mark.parametrize("suffix", ["png", "bmp", "gif", "tiff"])
def test_palette_files_keep_indices_and_palette(make_indexed, tmp_path, suffix, k, channels):
    image = make_indexed(k, channels)
    path = tmp_path / f"out.{suffix}"
    image.save(path)
    picture = read_back(path)
    assert picture.mode == "P" or suffix == "gif"  # Pillow opens a grey GIF as such
    if picture.mode == "P":
        np.testing.assert_array_equal(np.asarray(picture), image.indices)
        palette = np.array(picture.getpalette(), np.uint8).reshape(-1, 3)
        np.testing.assert_array_equal(palette[:k], rgb_colors(image.palette.colors))
        if suffix in ("png", "bmp"):
            assert len(palette) == k
        else:
            assert not palette[k:].any()
    np.testing.assert_array_equal(np.asarray(picture.convert("RGB")), painted(image))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", ["png", "bmp", "gif", "tiff", "webp"])
def test_black_and_white(tmp_path, suffix, channels):
    picture = (scattered((40, 13, 1), 2) * 255).astype(np.uint8).repeat(channels, axis=2)
    image = kmc.Palette([[0] * channels, [255] * channels]).remap(picture)
    image.save(tmp_path / f"out.{suffix}")
    found = read_back(tmp_path / f"out.{suffix}").convert("RGB")
    np.testing.assert_array_equal(np.asarray(found), painted(image))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [1, 16, 256, 257, 1000])
def test_webp_is_lossless(make_indexed, tmp_path, k, channels):
    image = make_indexed(k, channels)
    image.save(tmp_path / "out.webp")
    np.testing.assert_array_equal(as_pixels(tmp_path / "out.webp"), painted(image))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", ["png", "tiff", "bmp"])
def test_more_than_256_colours_are_saved_painted(make_indexed, tmp_path, suffix, channels):
    image = make_indexed(400, channels)
    image.save(tmp_path / f"out.{suffix}")
    picture = read_back(tmp_path / f"out.{suffix}")
    assert picture.mode == ("L" if channels == 1 else "RGB")
    np.testing.assert_array_equal(np.asarray(picture), np.asarray(image))


def test_more_than_256_colours_do_not_fit_a_gif(make_indexed, tmp_path):
    with pytest.raises(kmc.ArgumentError, match="gif holds at most 256 colours, and these are 400"):
        make_indexed(400).save(tmp_path / "out.gif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["jpg", "jpeg"])
def test_jpeg_is_near(photo, tmp_path, suffix):
    result = kmc.quantize(photo, 16)
    with pytest.warns(kmc.FormatWarning, match=rf"out\.{suffix}: JPEG blurs.*png") as caught:
        result.save(tmp_path / f"out.{suffix}")
    assert caught[0].filename == __file__
    difference = as_pixels(tmp_path / f"out.{suffix}").astype(int) - np.asarray(result)
    assert np.abs(difference).mean() < 6
    grey = kmc.quantize(photo[..., 0], 16)
    with pytest.warns(kmc.FormatWarning):
        grey.save(tmp_path / "grey.jpg")
    assert as_pixels(tmp_path / "grey.jpg").shape == (48, 64, 1)


@pytest.mark.parametrize(
    ("k", "bits"), [(1, 1), (2, 1), (4, 2), (16, 4), (17, 8), (255, 8), (256, 8)]
)
def test_png_uses_as_few_bits_as_pay(make_indexed, k, bits):
    file = io.BytesIO()
    make_indexed(k, shape=(40, 48)).save(file, "png")
    data = file.getvalue()
    depth, color_type = data[24], data[25]
    assert (depth, color_type) == (bits, 3)
    at = data.index(b"PLTE")
    assert struct.unpack(">I", data[at - 4 : at])[0] == 3 * k


def test_an_image_read_again_has_the_same_colours(photo, tmp_path):
    result = kmc.quantize(photo, 16)
    result.save(tmp_path / "once.png")
    again = kmc.quantize(tmp_path / "once.png", 16)
    np.testing.assert_array_equal(np.asarray(again), np.asarray(result))
    assert again.mse == 0


# ---- which format --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "format", "name"),
    [
        ("a.png", None, "png"),
        ("A.PNG", None, "png"),
        ("a.b.tif", None, "tiff"),
        ("a.jpeg", None, "jpg"),
        ("a.webp", "gif", "gif"),
        ("a", "PNG", "png"),
        ("a", ".bmp", "bmp"),
        (io.BytesIO(), "jpeg", "jpg"),
    ],
)
def test_format_by_name_or_suffix(target, format, name):
    assert files.find_format(target, format).name == name


@pytest.mark.parametrize(
    ("target", "format", "words"),
    [
        ("a.xyz", None, r"a\.xyz: suffix '\.xyz' is no format kmc writes; it writes png, kmc, gif"),
        ("a.pdf", None, "suffix '.pdf'"),
        ("a", None, "without a suffix.*png, kmc, gif, webp, tiff, bmp, jxl, avif, jpg"),
        (".png", None, "without a suffix"),
        ("a.png", "eps", "format 'eps'"),
        ("a.png", "", "format ''"),
        (io.BytesIO(), None, "pass format=, one of png"),
    ],
)
def test_unknown_formats_list_the_known_ones(make_indexed, target, format, words):
    with pytest.raises(kmc.ArgumentError, match=words):
        make_indexed(4).save(target, format)


@pytest.mark.parametrize(("target", "format"), [(3, None), (None, None), ("a.png", 3)])
def test_wrong_types_of_target(make_indexed, target, format):
    with pytest.raises(kmc.ArgumentTypeError):
        make_indexed(4).save(target, format)


def test_paths_and_file_objects(make_indexed, tmp_path):
    image = make_indexed(12)
    image.save(tmp_path / "a.png")
    image.save(str(tmp_path / "b.png"))
    file = io.BytesIO(b"before ")
    file.seek(7)
    image.save(file, "png")
    contents = {(tmp_path / name).read_bytes() for name in ("a.png", "b.png")}
    assert contents == {file.getvalue()[7:]}
    image.save(tmp_path / "strange name", "png")
    assert (tmp_path / "strange name").read_bytes() == file.getvalue()[7:]


def test_parameters_go_to_pillow(make_indexed, tmp_path):
    image = make_indexed(200, shape=(90, 90))
    with pytest.warns(kmc.FormatWarning):
        image.save(tmp_path / "fine.jpg", quality=95)
    with pytest.warns(kmc.FormatWarning):
        image.save(tmp_path / "coarse.jpg", quality=10)
    assert (tmp_path / "coarse.jpg").stat().st_size < (tmp_path / "fine.jpg").stat().st_size / 2
    image.save(tmp_path / "flat.png", compress_level=0)
    assert (tmp_path / "flat.png").stat().st_size > 90 * 90


# ---- what cannot be written ----------------------------------------------------------------------


def test_what_pillow_refuses_is_a_write_error(make_indexed, tmp_path):
    with pytest.raises(kmc.FileWriteError, match=r"out\.webp: cannot be written"):
        make_indexed(2, shape=(1, 17000)).save(tmp_path / "out.webp")
    with (
        pytest.raises(kmc.FileWriteError, match=r"out\.jpg: cannot be written: Invalid quality"),
        pytest.warns(kmc.FormatWarning),
    ):
        make_indexed(2).save(tmp_path / "out.jpg", quality="magic")
    assert list(tmp_path.iterdir()) == []


def test_memory_errors_stay_memory_errors(make_indexed, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(kmc.OutOfMemoryError):
        make_indexed(2).save(io.BytesIO(), "gif")


# ---- plug-ins ------------------------------------------------------------------------------------


def test_jpeg_xl_is_exact_where_its_plug_in_is(make_indexed, monkeypatch):
    file, image = io.BytesIO(), make_indexed(9, shape=(64, 64))
    module = types.ModuleType("pillow_jxl")
    monkeypatch.setitem(sys.modules, "pillow_jxl", module)
    saved = {}
    monkeypatch.setitem(Image.SAVE, "JXL", lambda im, fp, _: saved.update(im=im, **im.encoderinfo))
    image.save(file, "jxl")
    np.testing.assert_array_equal(np.asarray(saved["im"]), np.asarray(image))
    assert saved["lossless"] is True
    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    with pytest.raises(kmc.FileWriteError, match="pip install pillow-jxl-plugin"):
        image.save(file, "jxl")


AVIF = ["avif"] if features.check("avif") else []


@pytest.mark.parametrize("suffix", AVIF)
def test_avif_is_near(photo, tmp_path, suffix):
    result = kmc.quantize(photo, 16)
    with pytest.warns(kmc.FormatWarning, match=r"out\.avif: Pillow writes AVIF in YUV"):
        result.save(tmp_path / "out.avif")
    difference = as_pixels(tmp_path / f"out.{suffix}").astype(int) - np.asarray(result)
    assert np.abs(difference).mean() < 6


def test_refusals_name_every_format_that_holds_alpha(make_indexed):
    image = make_indexed(4, channels=4)
    with pytest.raises(kmc.ArgumentError, match=r"; png, kmc, webp, tiff, jxl and avif do\n"):
        image.to_bytes("bmp")
