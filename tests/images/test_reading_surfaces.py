"""Every function and command that takes a picture reads it in the same way."""

from __future__ import annotations

import io
import json
import pickle
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from pictures import encoded
from PIL import Image, ImageCms
from png_files import GREY, INDEXED, RGB, RGBA, chunk, decoded_png, png_file

import kmc
from kmc.cli.exit_codes import Exit
from kmc.cli.main import main

pytestmark = pytest.mark.once

SIDEWAYS = bytes.fromhex("4d4d002a 00000008 0001 0112 0003 00000001 00060000 00000000")
DEEP = np.arange(12, dtype=np.uint16).reshape(2, 2, 3) * 300


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """Of 16 bits a channel, which cannot be kept."""
    path = tmp_path / "deep.png"
    path.write_bytes(png_file(DEEP, RGB, 16))
    return path


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A GIF of three frames."""
    path = tmp_path / "pages.gif"
    first, *others = (Image.new("RGB", (8, 8), color) for color in ("red", "lime", "blue"))
    first.save(path, save_all=True, append_images=others)
    return path


def converted(path: Path, *options: str) -> kmc.IndexedImage:
    target = path.with_suffix(".kmc")
    assert main(["convert", str(path), str(target), "-f", *options]) == Exit.DONE
    return kmc.open(target)


# ---- kmc convert ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [RGB, INDEXED])
def test_convert_turns_pictures_upright(tmp_path, kind):
    samples = (
        np.arange(24, dtype=np.uint16).reshape(4, 6, 1).repeat(3 if kind == RGB else 1, axis=2)
    )
    palette = ((b"PLTE", bytes(range(72))),) if kind == INDEXED else ()
    path = tmp_path / "side.png"
    path.write_bytes(png_file(samples, kind, 8, *palette, (b"eXIf", SIDEWAYS)))
    expected = np.rot90(samples[..., 0], -1)
    image = converted(path)
    assert image.shape[:2] == (6, 4)
    np.testing.assert_array_equal(
        np.asarray(image)[..., 0], expected * (3 if kind == INDEXED else 1)
    )
    if kind == INDEXED:
        np.testing.assert_array_equal(image.indices, expected)
        np.testing.assert_array_equal(kmc.open(path).indices, expected)
    np.testing.assert_array_equal(kmc.read(path).pixels, np.asarray(image))
    exif = Image.Exif()
    exif.load(image.metadata.exif)
    assert exif[274] == 1


def test_convert_takes_one_frame(pages, capsys):
    target = pages.with_suffix(".kmc")
    assert main(["convert", str(pages), str(target)]) != Exit.DONE
    assert "pages.gif: holds 3 frames" in capsys.readouterr().err
    assert not target.exists()
    for frame, color in enumerate(([255, 0, 0], [0, 255, 0], [0, 0, 255])):
        image = converted(pages, "--frame", str(frame))
        assert np.asarray(image)[0, 0].tolist() == color
    assert main(["convert", str(pages), str(target), "-f", "--frame", "3"]) != Exit.DONE
    assert "has no frame 3" in capsys.readouterr().err
    assert main(["convert", str(target), str(pages), "-f", "--frame", "1"]) != Exit.DONE
    assert "has no frame 1, but one frame, 0" in capsys.readouterr().err


def test_convert_refuses_what_it_cannot_keep(deep, capsys):
    assert main(["convert", str(deep), str(deep.with_suffix(".kmc"))]) != Exit.DONE
    assert "deep.png: its pixels cannot be kept as they are: it has 16" in capsys.readouterr().err


def grey_profile() -> bytes:
    """A grey profile of linear light."""
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    curve = b"curv" + bytes(8)
    tags, body = b"", b""
    for name, content in ((b"wtpt", white), (b"kTRC", curve)):
        tags += name + struct.pack(">II", 156 + len(body), len(content))
        body += content
    head = struct.pack(">I4x4s4s4s4s12x4s", 156 + len(body), b"\2\x20\0\0", b"mntr", b"GRAY",
                       b"XYZ ", b"acsp")  # fmt: skip
    head += bytes(28) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return head.ljust(128, b"\0") + struct.pack(">I", 2) + tags + body


@pytest.mark.parametrize("kind", [GREY, INDEXED])
def test_grey_profiles_are_applied_or_left_out(tmp_path, kind, capsys):
    samples = np.array([[[0], [55], [255]]], np.uint16)
    profile = (b"iCCP", b"grey\0\0" + zlib.compress(grey_profile()))
    palette = ((b"PLTE", bytes(range(256)) * 3),) if kind == INDEXED else ()
    path = tmp_path / "grey.png"
    path.write_bytes(png_file(samples, kind, 8, profile, *palette))
    picture = kmc.read(path)
    assert picture.metadata.icc_profile is None
    image = converted(path)
    said = capsys.readouterr().err
    if kind == GREY:
        assert picture.pixels.ravel().tolist() == [0, 128, 255]
        assert "converted from its grey colour profile to sRGB" in said
    else:
        assert "colour profile left out: it is of the colour space GRAY" in said
    np.testing.assert_array_equal(np.asarray(image).reshape(picture.pixels.shape), picture.pixels)
    saved = image.to_bytes("png")
    assert b"iCCP" not in decoded_png(saved).chunks


# ---- the other commands --------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["quantize", "palette", "compare", "info", "plot"])
def test_commands_say_what_reading_changed(command, deep, capsys):
    arguments = {
        "quantize": ["-k", "2", "-o", str(deep.with_name("out.png"))],
        "compare": [str(deep)],
        "plot": ["-o", str(deep.with_name("plot.png"))],
    }
    assert main([command, str(deep), *arguments.get(command, [])]) == Exit.DONE
    said = capsys.readouterr()
    assert "deep.png: " in said.out + said.err
    assert "16 bits a channel reduced to 8" in said.out + said.err


def test_info_lists_changes_in_json(deep, capsys):
    assert main(["info", str(deep), "--json"]) == Exit.DONE
    assert json.loads(capsys.readouterr().out)["changes"] == ["16 bits a channel reduced to 8"]


def test_palettes_of_pictures(deep, pages):
    assert len(kmc.Palette.load(deep)) == 4
    with pytest.raises(kmc.ImageShapeError, match=r"pages\.gif: holds 3 frames"):
        kmc.Palette.load(pages)


# ---- Pillow's save -------------------------------------------------------------------------------


def saved(picture: Image.Image, **params: object) -> kmc.IndexedImage:
    file = io.BytesIO()
    picture.save(file, "KMC", **params)
    return kmc.open(file.getvalue())


def test_saving_turns_pictures_upright():
    samples = np.arange(24, dtype=np.uint16).reshape(4, 6, 1).repeat(3, axis=2)
    file = png_file(samples, RGB, 8, (b"eXIf", SIDEWAYS))
    with Image.open(io.BytesIO(file)) as picture:
        before = dict(picture.info)
        image = saved(picture)
        assert picture.info == before
        assert picture.size == (6, 4)
    np.testing.assert_array_equal(np.asarray(image), kmc.read(file).pixels)
    with Image.open(io.BytesIO(file)) as picture:
        np.testing.assert_array_equal(np.asarray(saved(picture, exif=Image.Exif())), samples)
    plain = Image.fromarray(samples.astype(np.uint8))
    np.testing.assert_array_equal(np.asarray(saved(plain, exif=SIDEWAYS)), np.asarray(image))


@pytest.mark.parametrize("exif", [b"Exif\0\0" + SIDEWAYS, SIDEWAYS, Image.Exif()])
def test_saving_leaves_the_picture_as_it_was(exif):
    picture = Image.new("P", (3, 2))
    picture.putpalette([1, 2, 3])
    picture.info |= {"exif": exif, "dpi": (72, 72)}
    before = dict(picture.info), picture.tobytes(), picture.getpalette(), picture.mode
    saved(picture)
    saved(picture, dpi=(300, 300))
    assert (dict(picture.info), picture.tobytes(), picture.getpalette(), picture.mode) == before


def test_saving_one_of_several_frames_is_said(pages):
    with Image.open(pages) as picture:
        picture.seek(1)
        with pytest.warns(kmc.FormatWarning, match=r"\.kmc holds frame 1 of 3") as said:
            image = saved(picture)
        assert said[0].filename == __file__
        assert np.asarray(image)[0, 0].tolist() == [0, 255, 0]
        assert picture.tell() == 1


@pytest.mark.parametrize("depth", [2, 4])
def test_saving_keeps_a_transparent_level(depth):
    top = (1 << depth) - 1
    samples = np.array([[[0], [top], [1]]], np.uint16)
    file = png_file(samples, GREY, depth, (b"tRNS", struct.pack(">H", top)))
    image = saved(Image.open(io.BytesIO(file)))
    assert np.asarray(image)[0, :, 3].tolist() == [255, 0, 255]


def test_saving_refuses_16_bits():
    deep = Image.fromarray(np.array([[0, 300]], np.uint16))
    with pytest.raises(kmc.ArgumentError, match="cannot be kept as they are"):
        saved(deep)
    exact = Image.fromarray(np.array([[0, 257, 65535]], np.uint16))
    assert np.asarray(saved(exact)).tolist() == [[0, 1, 255]]


# ---- kmc.open ------------------------------------------------------------------------------------


def test_open_refuses_pictures_without_a_palette(tmp_path):
    path = tmp_path / "rgb.png"
    path.write_bytes(png_file(DEEP & 255, RGB, 8))
    with pytest.raises(
        kmc.ImageTypeError, match=r"rgb\.png: holds no palette indices \(mode RGB\)"
    ):
        kmc.open(path)
    with pytest.raises(kmc.ImageReadError, match="cannot be decoded"):
        kmc.open(png_file(DEEP[..., :1] & 255, INDEXED, 8, (b"PLTE", b"abc"))[:-30])
    for rubbish in (b"", b"rubbish", b"Please read this"):
        with pytest.raises(kmc.FormatError, match=r"no \.kmc file"):
            kmc.open(rubbish)
    for format in ("JPEG", "WEBP", "AVIF", "ICO"):
        file = encoded(Image.new("RGB", (32, 32)), format)
        with pytest.raises(kmc.ImageTypeError, match=f"{format} files hold no palette indices"):
            kmc.open(file)
    with pytest.raises(kmc.ImageTypeError, match="holds no palette indices"):
        kmc.open(encoded(Image.new("RGB", (32, 32)), "PPM"))


def test_open_takes_a_frame_and_no_option_that_does_nothing(pages):
    with pytest.raises(kmc.ImageShapeError, match="holds 3 frames"):
        kmc.open(pages)
    assert np.asarray(kmc.open(pages, frame=0))[0, 0].tolist() == [255, 0, 0]
    with pytest.raises(kmc.ArgumentError, match=r"pages\.gif: partial is for \.kmc files"):
        kmc.open(pages, frame=0, partial=True)
    with pytest.raises(kmc.ImageTooLargeError, match="8 x 8 pixels are more than max_pixels, 63"):
        kmc.open(pages, frame=0, max_pixels=63)
    with pytest.raises(kmc.ImageTooLargeError, match="longer than 9 bytes"):
        kmc.open(pages, frame=0, max_memory=9)


def test_palettes_are_swapped():
    sprite = kmc.quantize([[0, 255], [255, 0]], 2)
    night = kmc.Palette(["#013", "#ffee88"])
    swapped = kmc.IndexedImage(kmc.open(sprite.to_bytes("gif")).indices, night, 0.0)
    assert np.asarray(swapped)[0].tolist() == [[0, 17, 51], [255, 238, 136]]


def test_to_bytes_is_what_save_writes(make_indexed):
    image = make_indexed(5)
    for suffix in ("png", "kmc", "gif", "tiff"):
        file = io.BytesIO()
        image.save(file, suffix)
        assert image.to_bytes(suffix) == file.getvalue()
    assert image.to_bytes("kmc", level=9) != b""
    with pytest.raises(kmc.ArgumentError, match="is no format kmc writes"):
        image.to_bytes("xyz")


# ---- arguments -----------------------------------------------------------------------------------


def test_hex_codes_of_palettes():
    assert kmc.Palette(["#ff0000", "00ff00"]).colors.tolist() == [[255, 0, 0], [0, 255, 0]]
    mixed = kmc.Palette(("#f00", "#0000ff80"))
    assert mixed.colors.tolist() == [[255, 0, 0, 255], [0, 0, 255, 128]]
    assert kmc.fit(np.zeros((2, 2, 3), np.uint8), 2, fixed=["#010203"]).colors[0].tolist() == [
        1,
        2,
        3,
    ]
    for codes in (["red"], ["#12345"], ["#1234567"], ["#ff0000", 3], ["#٣٣٣"], [""]):
        with pytest.raises(kmc.ArgumentError, match="is no colour like #ff8000"):
            kmc.Palette(codes)


@pytest.mark.parametrize("columns", [3, 4])
def test_lists_of_colours_are_warned_of(columns):
    colors = np.zeros((1000, columns), np.uint8)
    for function in (
        lambda a: kmc.fit(a, 8),
        kmc.histogram,
        kmc.read,
        lambda a: kmc.quantize(a, 2),
    ):
        with pytest.warns(kmc.ImageWarning, match=r"give.* shape \(n, 1, 3\)") as said:
            function(colors)
        assert said[0].filename == __file__
        for plain in (colors[:, None], colors[..., None], colors[:9], colors.T.copy()):
            function(plain)


def test_pictures_are_checked_where_they_are_made(photo):
    picture = kmc.read(photo)
    for sliced in (photo[::2, ::3], photo[..., 0], photo.transpose(1, 0, 2), photo[..., ::-1]):
        made = kmc.Picture(sliced, picture.metadata)
        assert made.pixels.flags.c_contiguous
        assert made.pixels.ndim == 3
        assert kmc.quantize(made, 3).shape[:2] == sliced.shape[:2]
    for wrong in (photo[:0], photo[..., :2], photo[0, 0], np.float32(photo), None, photo[None]):
        with pytest.raises(kmc.ImageError):
            kmc.Picture(wrong)
    with pytest.raises(kmc.ArgumentTypeError, match="metadata must be Metadata, not dict"):
        kmc.Picture(photo, {})
    with pytest.raises(kmc.ArgumentTypeError, match="changes must be a tuple of strings"):
        kmc.Picture(photo, None, "one")
    assert pickle.loads(pickle.dumps(picture)).pixels.shape == photo.shape


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"cicp": (1, 13, 0)}, "cicp must be four integers from 0 to 255"),
        ({"cicp": (1, 13, 0, 256)}, "cicp must be"),
        ({"aspect": (0, 1)}, "aspect must be two integers from 1"),
        ({"aspect": "ab"}, "aspect must be"),
        ({"text": (("", "x"),)}, "text must be a tuple of keywords"),
        ({"text": (("k" * 80, "x"),)}, "text must be"),
        ({"text": (("Title", "a\0b"),)}, "text must be"),
        ({"text": (("Title", "\ud800"),)}, "text must be"),
        ({"text": [("Title", "x")]}, "text must be"),
        ({"dpi": ("a", 1)}, "dpi must be two numbers"),
        ({"dpi": 72}, "dpi must be two numbers"),
        ({"gamma": "x"}, "gamma must be above 0"),
        ({"chromaticity": (None,) * 8}, "chromaticity must be eight numbers"),
        ({"xmp": "text"}, "xmp must be bytes, not str"),
    ],
)
def test_metadata_that_no_file_could_hold(fields, message):
    with pytest.raises((kmc.ArgumentError, kmc.ArgumentTypeError), match=message):
        kmc.Metadata(**fields)


# ---- profiles of more than a megabyte ------------------------------------------------------------


@pytest.mark.parametrize("k", [4, 300])
def test_profiles_that_no_reader_of_png_takes_are_left_out(photo, k):
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    wide = srgb.replace(b"sRGB", b"wide").replace("sRGB".encode("utf-16-be"), b"w\0i\0d\0e\0")
    for length, kept in ((1 << 20, True), ((1 << 20) + 1, False)):
        metadata = kmc.Metadata(icc_profile=wide.ljust(length, b"\0"))
        made = kmc.quantize(photo, k)
        image = kmc.IndexedImage(made.indices, made.palette, 0.0, metadata)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            data = image.to_bytes("png")
        assert kmc.read(data).metadata == (metadata if kept else kmc.Metadata())
        assert [str(each.message)[:46] for each in said] == (
            [] if kept else ["the file object given: png holds profiles of 1"]
        )
        assert kmc.open(image.to_bytes("kmc")).metadata == metadata


def test_chunks_of_the_tests_are_chunks():
    assert chunk(b"IEND", b"") == bytes.fromhex("00000000 49454e44 ae426082")
    assert decoded_png(png_file(DEEP, RGB, 16)).samples.tolist() == DEEP.tolist()
    assert RGBA == 6
