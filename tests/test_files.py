"""Files give back what was saved, are replaced whole or not at all, and fail with a reason."""

from __future__ import annotations

import io
import os
import stat
import struct
import sys

import numpy as np
import pytest
from PIL import Image

import kmc
from kmc import files
from kmc.image import as_pixels
from kmc.indexed import rgb_colors

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
    result.save(tmp_path / f"out.{suffix}")
    difference = as_pixels(tmp_path / f"out.{suffix}").astype(int) - np.asarray(result)
    assert np.abs(difference).mean() < 6
    grey = kmc.quantize(photo[..., 0], 16)
    grey.save(tmp_path / "grey.jpg")
    assert as_pixels(tmp_path / "grey.jpg").shape == (48, 64, 1)


@pytest.mark.parametrize(
    ("k", "bits"), [(1, 1), (2, 1), (3, 2), (4, 2), (5, 4), (16, 4), (17, 8), (256, 8)]
)
def test_png_uses_as_few_bits_as_it_can(make_indexed, k, bits):
    file = io.BytesIO()
    make_indexed(k).save(file, "png")
    data = file.getvalue()
    depth, color_type = data[24], data[25]
    assert (depth, color_type) == (bits, 3)
    at = data.index(b"PLTE")
    assert struct.unpack(">I", data[at - 4 : at])[0] == 3 * k


def test_png_keeps_the_smallest_of_its_tries(make_indexed):
    image, kind = make_indexed(2, shape=(90, 90)), files.find_format("a.png")
    sizes = []
    for more in kind.tries:
        file = io.BytesIO()
        image.to_pil().save(file, "PNG", compress_level=9, **more)
        sizes.append(len(file.getvalue()))
    assert len(sizes) > 1
    assert len(files.encode(image, kind)) == min(sizes)


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
        ("a.xyz", None, r"a\.xyz: suffix '\.xyz' is no format kmc writes; it writes png, gif, w"),
        ("a.pdf", None, "suffix '.pdf'"),
        ("a", None, "without a suffix.*png, gif, webp, tiff, bmp, jpg"),
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
    image.save(tmp_path / "fine.jpg", quality=95)
    image.save(tmp_path / "coarse.jpg", quality=10)
    assert (tmp_path / "coarse.jpg").stat().st_size < (tmp_path / "fine.jpg").stat().st_size / 2
    image.save(tmp_path / "flat.png", compress_level=0)
    assert (tmp_path / "flat.png").stat().st_size > 90 * 90


# ---- replaced whole or not at all ----------------------------------------------------------------


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_an_existing_file_is_replaced(make_indexed, tmp_path):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    make_indexed(4).save(path)
    assert read_back(path).mode == "P"
    assert names(tmp_path) == ["out.png"]


@pytest.mark.parametrize("step", ["write", "os.replace", "chmod"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    make_indexed, tmp_path, monkeypatch, step, error
):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")

    def fail(*_, **__):
        raise error

    class Full(io.BytesIO):
        write = fail

    def open_full(name, mode="r", **kwargs):
        real_open(name, mode, **kwargs).close()
        return Full()

    real_open = open
    if step == "write":
        monkeypatch.setattr(files, "open", open_full, raising=False)
    else:
        monkeypatch.setattr(files.os, step.removeprefix("os."), fail)
    expected = kmc.FileWriteError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        make_indexed(4).save(path)
    if isinstance(error, OSError):
        assert str(path) in str(caught.value)
        assert "No space left" in str(caught.value)
        assert caught.value.errno == 28
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["out.png"]


def test_where_nothing_can_be_written(make_indexed, tmp_path):
    image = make_indexed(4)
    with pytest.raises(kmc.FileWriteError, match=r"out\.png: cannot be written: No such"):
        image.save(tmp_path / "nowhere" / "out.png")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(kmc.FileWriteError, match=r"folder\.png: cannot be written"):
        image.save(tmp_path / "folder.png")
    with pytest.raises(kmc.FileWriteError, match="null"):
        image.save("a\0b.png")
    with pytest.raises(kmc.FileWriteError, match="cannot be written"):
        image.save(Unwritable(), "png")
    assert names(tmp_path) == ["folder.png"]


class Unwritable:
    def write(self, data):
        raise OSError("the wire is cut")


def test_what_pillow_refuses_is_a_write_error(make_indexed, tmp_path):
    with pytest.raises(kmc.FileWriteError, match=r"out\.webp: cannot be written"):
        make_indexed(2, shape=(1, 17000)).save(tmp_path / "out.webp")
    with pytest.raises(kmc.FileWriteError, match=r"out\.jpg: cannot be written: Invalid quality"):
        make_indexed(2).save(tmp_path / "out.jpg", quality="magic")
    assert names(tmp_path) == []


def test_memory_errors_stay_memory_errors(make_indexed, monkeypatch):
    def fail(*_, **__):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(kmc.OutOfMemoryError):
        make_indexed(2).save(io.BytesIO(), "png")


posix = pytest.mark.parametrize("_", ["posix"] if os.name == "posix" else [])


@posix
def test_permissions(make_indexed, tmp_path, _):
    path = tmp_path / "out.png"
    before = os.umask(0o027)
    try:
        make_indexed(4).save(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        make_indexed(4).save(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    finally:
        os.umask(before)


@posix
def test_a_write_protected_file_stays(make_indexed, tmp_path, monkeypatch, _):
    path = tmp_path / "out.png"
    path.write_bytes(b"old")
    monkeypatch.setattr(files.os, "access", lambda *_: False)  # root may write anything
    with pytest.raises(kmc.FileWriteError, match="Permission denied"):
        make_indexed(4).save(path)
    assert path.read_bytes() == b"old"


@posix
def test_symbolic_links_are_followed(make_indexed, tmp_path, _):
    real, link = tmp_path / "real.png", tmp_path / "link.png"
    real.write_bytes(b"old")
    link.symlink_to(real)
    make_indexed(4).save(link)
    assert link.is_symlink()
    assert read_back(real).mode == "P"


@posix
def test_a_device_is_written_to_and_not_replaced(make_indexed, _):
    make_indexed(4).save(os.devnull, "png")
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.parametrize("_", ["full device"] if sys.platform == "linux" else [])
def test_a_full_device(make_indexed, _):
    with pytest.raises(kmc.FileWriteError, match="No space left on device"):
        make_indexed(4).save("/dev/full", "png")
