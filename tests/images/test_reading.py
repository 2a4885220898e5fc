"""Files and Pillow pictures become upright pixels, or an error that says what is wrong."""

from __future__ import annotations

import io
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pictures import encoded
from PIL import ExifTags, Image

import kmc
from kmc.images.files import FORMATS
from kmc.images.reading import as_pixels

pytestmark = pytest.mark.once


class Unseekable(io.RawIOBase):
    """As a pipe is."""

    def __init__(self, data: bytes):
        self.data = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self.data.readinto(buffer)


class OnlyRead:
    def __init__(self, data):
        self.data = data

    def read(self, *_):
        return self.data


def test_every_way_to_hand_over_a_picture_gives_the_same(photo, tmp_path):
    picture = Image.fromarray(photo)
    data = encoded(picture)
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    read_to_the_end = io.BytesIO(data)
    read_to_the_end.read()
    with open(path, "rb") as file:
        ways = (
            path,
            str(path),
            data,
            bytearray(data),
            memoryview(data),
            io.BytesIO(data),
            read_to_the_end,
            Unseekable(data),
            OnlyRead(data),
            file,
            picture,
            Image.open(path),
        )
        for way in ways:
            np.testing.assert_array_equal(as_pixels(way), photo)
        assert not file.closed


def test_a_large_picture_is_read_the_same_in_strips():
    image = np.random.default_rng(1).integers(0, 256, (700, 501, 3), dtype=np.uint8)
    np.testing.assert_array_equal(as_pixels(Image.fromarray(image)), image)
    np.testing.assert_array_equal(as_pixels(Image.fromarray(image[..., 0])), image[..., :1])


def test_the_callers_picture_is_left_as_it_was(photo):
    picture = Image.fromarray(photo).quantize(8)
    picture.getexif()[ExifTags.Base.Orientation] = 6
    before = (picture.mode, picture.size, picture.tobytes(), dict(picture.info))
    as_pixels(picture)
    assert (picture.mode, picture.size, picture.tobytes(), dict(picture.info)) == before


def test_missing_files_and_directories(tmp_path):
    with pytest.raises(kmc.ImageNotFoundError, match=r"nowhere\.png: no such file") as caught:
        as_pixels(tmp_path / "nowhere.png")
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.errno is not None
    with pytest.raises(kmc.ImageReadError, match="is a directory"):
        as_pixels(tmp_path)
    with pytest.raises(kmc.ImageReadError, match="cannot be read: embedded null"):
        as_pixels("a\0b")
    with pytest.raises(kmc.ImageNotFoundError):
        as_pixels("")
    with pytest.raises(kmc.ImageReadError, match="cannot be read"):
        as_pixels(str(tmp_path / ("x" * 5000)))


def test_empty_files_text_and_other_bytes(tmp_path):
    for name, content, words in (
        ("empty.png", b"", "empty.png: the file is empty"),
        ("notes.txt", b"to be or not to be", "notes.txt: not a picture kmc can read.*PNG, JPEG"),
        ("page.pdf", b"%PDF-1.4\n%%EOF", "not a picture"),
        ("page.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture"),
        ("noise.bin", bytes(range(256)) * 9, "not a picture"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(kmc.ImageReadError, match=words) as caught:
            as_pixels(path)
        assert isinstance(caught.value, OSError)
    with pytest.raises(kmc.ImageReadError, match="a path is given as str, not bytes"):
        as_pixels(b"photo.jpg")


def test_text_files_and_broken_file_objects(tmp_path, photo):
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(Image.fromarray(photo)))
    with open(path, encoding="latin-1") as file, pytest.raises(kmc.ImageTypeError, match="'rb'"):
        as_pixels(file)
    with pytest.raises(kmc.ImageTypeError, match=r"read\(\) to return bytes, got str"):
        as_pixels(OnlyRead("text"))
    with open(path, "rb") as file:
        pass
    with pytest.raises(kmc.ImageReadError, match="closed file"):
        as_pixels(file)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "JPEG2000"])
def test_truncated_files_of_every_format(photo, format):
    data = encoded(Image.fromarray(photo), format)
    with pytest.raises(kmc.ImageReadError):
        as_pixels(data[: len(data) // 2])


def test_truncated_pillow_pictures(photo):
    data = encoded(Image.fromarray(photo), "JPEG")
    with pytest.raises(kmc.ImageReadError, match="truncated"):
        as_pixels(Image.open(io.BytesIO(data[:-50])))


@given(
    format=st.sampled_from(["PNG", "GIF", "BMP", "TIFF", "JPEG", "WEBP", "PPM", "QOI"]),
    changes=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=6),
    keep=st.floats(0, 1),
)
def test_damaged_files_give_pixels_or_an_image_error(format, changes, keep):
    picture = Image.fromarray(np.arange(300, dtype=np.uint8).reshape(10, 10, 3))
    data = bytearray(encoded(picture, format))
    for position, value in changes:
        data[position % len(data)] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on damaged metadata are not kmc's
        try:
            pixels = as_pixels(bytes(data[: round(keep * len(data))]))
        except (kmc.ImageError, kmc.OutOfMemoryError):
            return
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert pixels.ndim == 3
    assert pixels.shape[2] in (1, 3)


def test_decompression_bombs(photo, monkeypatch):
    data = encoded(Image.fromarray(photo))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", photo.shape[0] * photo.shape[1] - 1)
    with pytest.warns(Image.DecompressionBombWarning):
        np.testing.assert_array_equal(as_pixels(data), photo)
    with pytest.raises(kmc.ImageTooLargeError, match="could be decompression bomb"):
        as_pixels(data)  # warnings are errors here
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", photo.shape[0] * photo.shape[1] // 2 - 1)
    with pytest.raises(kmc.ImageTooLargeError, match=r"PIL\.Image\.MAX_IMAGE_PIXELS") as error:
        as_pixels(data)
    assert isinstance(error.value, ValueError)


def test_formats_are_an_explicit_list():
    assert not {"EPS", "PSD", "FITS", "PDF", "WMF"} & set(FORMATS)


# ---- several frames ------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_animations_are_refused(photo, format):
    first = Image.fromarray(photo)
    data = encoded(first, format, save_all=True, append_images=[first.rotate(90), first.rotate(9)])
    with pytest.raises(kmc.ImageShapeError, match=r"holds 3 frames.*0 to 2, by frame= or --frame"):
        as_pixels(data)
    with Image.open(io.BytesIO(data)) as picture:
        with pytest.raises(kmc.ImageShapeError, match=r"the PIL\.Image given: holds 3 frames"):
            as_pixels(picture)
        picture.seek(2)
        for frame in (1, 0, 1):
            expected = as_pixels(first.rotate(90) if frame else first)
            for way in (data, picture):
                pixels = kmc.read(way, frame=frame).pixels.astype(int)
                assert np.abs(pixels - expected).mean() < 12  # GIF and WebP are lossy here
        assert picture.tell() == 2
        with pytest.raises(kmc.ArgumentError, match="has no frame 3, but frames 0 to 2"):
            kmc.read(picture, frame=3)


def test_frames_of_a_still_picture(photo):
    data = encoded(Image.fromarray(photo))
    for way in (data, photo, kmc.read(data)):
        np.testing.assert_array_equal(kmc.read(way, frame=0).pixels, photo)
        with pytest.raises(kmc.ArgumentError, match="has no frame 1, but one frame, 0"):
            kmc.read(way, frame=1)
    with pytest.raises(kmc.ArgumentError, match="frame must be at least 0, not -1"):
        kmc.read(data, frame=-1)
    with pytest.raises(kmc.ArgumentTypeError):
        kmc.read(data, frame="first")


def test_what_was_read_is_a_picture(photo):
    picture = kmc.read(photo)
    assert kmc.read(picture) is picture
    assert kmc.quantize(picture, 4).mse == kmc.quantize(photo, 4).mse


def test_the_main_picture_of_an_mpo_is_taken(photo):
    first = Image.fromarray(photo)
    data = encoded(first, "MPO", save_all=True, append_images=[first.rotate(90)], quality=100)
    assert Image.open(io.BytesIO(data)).n_frames == 2
    np.testing.assert_array_equal(as_pixels(data), as_pixels(encoded(first, "JPEG", quality=100)))


# ---- orientation ---------------------------------------------------------------------------------

UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF", "WEBP"])
def test_exif_orientation_is_applied(photo, orientation, format):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    params = {"exif": exif} | ({"lossless": True} if format == "WEBP" else {})
    data = encoded(Image.fromarray(photo), format, **params)
    np.testing.assert_array_equal(as_pixels(data), UPRIGHT[orientation](photo))
    with Image.open(io.BytesIO(data)) as picture:
        np.testing.assert_array_equal(as_pixels(picture), UPRIGHT[orientation](photo))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "HSV", "LAB", "I;16"])
def test_orientation_in_every_mode(photo, mode):
    rgb = Image.fromarray(photo)
    if mode == "I;16":
        picture = Image.fromarray(photo[..., 0].astype(np.uint16) * 200)
    else:
        picture = rgb.convert(mode) if mode != "LAB" else Image.new("LAB", rgb.size, (90, 9, 99))
    before = as_pixels(picture)
    picture.getexif()[ExifTags.Base.Orientation] = 8
    np.testing.assert_array_equal(as_pixels(picture), UPRIGHT[8](before))


@pytest.mark.parametrize("exif", [b"Exif\0\0rubbish", b"Exif\0\0II*\0\xff\xff\xff\xff", b"x"])
def test_damaged_exif_is_no_obstacle(photo, exif):
    data = encoded(Image.fromarray(photo), "PNG", exif=exif)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        np.testing.assert_array_equal(as_pixels(data), photo)


def test_a_zero_sized_pillow_picture():
    with pytest.raises(kmc.ImageShapeError, match="empty: 0 x 3"):
        as_pixels(Image.new("RGB", (0, 3)))


def test_relative_paths(photo, tmp_path, monkeypatch):
    Image.fromarray(photo).save(tmp_path / "here.png")
    monkeypatch.chdir(tmp_path)
    np.testing.assert_array_equal(as_pixels("here.png"), as_pixels(Path("here.png")))


# ---- foreign code --------------------------------------------------------------------------------


class Slow(io.BytesIO):
    """Waits in its first read() of the header until something else has been done."""

    def __init__(self, data: bytes, wait):
        super().__init__(data)
        self.wait = wait

    def read(self, *arguments):
        wait, self.wait = self.wait, lambda: None
        wait()
        return super().read(*arguments)


def test_a_slow_file_holds_nobody_up(photo):
    data = encoded(Image.fromarray(photo))
    reading, done = threading.Event(), threading.Event()

    def wait():
        reading.set()
        assert done.wait(60)

    with ThreadPoolExecutor(2) as pool:
        slow = pool.submit(as_pixels, Slow(data, wait))
        try:
            assert reading.wait(60)
            np.testing.assert_array_equal(pool.submit(as_pixels, data).result(10), photo)
        finally:
            done.set()
        np.testing.assert_array_equal(slow.result(60), photo)


def test_a_file_object_may_read_pictures_itself(photo):
    data = encoded(Image.fromarray(photo))
    other = []
    thread = threading.Thread(
        target=lambda: other.append(as_pixels(Slow(data, lambda: other.append(as_pixels(data))))),
        daemon=True,
    )
    thread.start()
    thread.join(10)
    assert len(other) == 2, "it waits for itself"
    np.testing.assert_array_equal(other, [photo, photo])


def test_bytes_of_any_stride(photo):
    data = encoded(Image.fromarray(photo))
    apart = np.zeros(2 * len(data), np.uint8)
    apart[::2] = np.frombuffer(data, np.uint8)
    np.testing.assert_array_equal(as_pixels(memoryview(apart.tobytes())[::2]), photo)
    with pytest.raises(kmc.ImageReadError, match="not a picture"):
        as_pixels(memoryview(b"abcdef")[::2])


def test_another_thread_may_be_importing_pillow(monkeypatch, photo):
    monkeypatch.setitem(sys.modules, "PIL.Image", ModuleType("PIL.Image"))
    np.testing.assert_array_equal(kmc.read(photo).pixels, photo)
    assert len(kmc.fit([photo, photo], 3)) == 3
