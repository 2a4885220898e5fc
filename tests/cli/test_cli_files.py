"""``kmc quantize`` and what files hold beside one picture: metadata, frames, alpha, formats."""

from __future__ import annotations

import io
import struct
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from shell import look_best, run

import kmc
from kmc.utils.streams import read_stream

pytestmark = pytest.mark.once


@pytest.fixture
def cli(cli, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "a camera"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    wide = profile[:16] + b"RGB " + profile[20:]  # of a space that nobody knows, and not sRGB
    Image.fromarray(photo).save("photo.jpg", exif=exif, dpi=(300, 300), icc_profile=wide)
    return cli


def test_metadata_comes_along_unless_stripped(cli):
    assert cli("quantize", "photo.jpg", "-k", 8, "-o", "kept.png")[0] == 0
    assert cli("quantize", "photo.jpg", "-k", 8, "-o", "bare.png", "--strip")[0] == 0
    assert cli("quantize", "photo.jpg", "-k", 8, "-o", "tiny.png", "--resize", "10x10")[0] == 0
    for name in ("kept.png", "tiny.png"):
        kept = kmc.read(name).metadata
        assert kept.dpi == pytest.approx((300, 300), abs=0.01)
        assert kept.icc_profile == kmc.read("photo.jpg").metadata.icc_profile
        assert b"a camera" in kept.exif
    bare = kmc.read("bare.png").metadata
    assert (bare.dpi, bare.icc_profile, bare.exif, bare.xmp) == (None, None, None, None)
    with Image.open("kept.png") as kept, Image.open("bare.png") as bare:
        assert kept.size == bare.size == (48, 64)  # upright
        assert kept.getexif().get(0x0112, 1) == 1
        np.testing.assert_array_equal(np.asarray(kept), np.asarray(bare))


def test_a_profile_that_is_lost_is_told_of(cli):
    code, _, err = cli("quantize", "photo.jpg", "-k", 8, "-o", "o.gif")
    assert code == 0
    said, outcome = err.splitlines()
    assert said.startswith("kmc: o.gif: gif has no place for the picture's colour profile")
    assert outcome.startswith("photo.jpg -> o.gif: ")
    _, _, err = cli("quantize", "photo.jpg", "-k", 8, "-o", "-", "--format", "gif", "-f")
    assert err.startswith("kmc: standard output: gif has no place for")
    assert cli("quantize", "photo.jpg", "-k", 8, "-o", "o.gif", "-fq") == (0, "", "")
    code, _, err = cli("quantize", "photo.jpg", "-k", 8, "-o", "o.gif", "-f", "--strip")
    assert (code, err.count("\n")) == (0, 1)


def test_what_pillow_warns_of_names_the_picture(cli):
    """A file that calls itself an animation of no frames."""
    Image.new("RGB", (4, 4), "navy").save("film.png")
    data = Path("film.png").read_bytes()
    chunk = b"acTL" + bytes(8)
    chunk = b"\0\0\0\x08" + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    Path("film.png").write_bytes(data[:33] + chunk + data[33:])
    said = "kmc: film.png: Invalid APNG, will use default PNG image if possible\n"
    for command in (["quantize", "-n"], ["info"], ["palette"], ["compare", "film.png"],
                    ["plot", "-k", 1, "-o", "p.png"], ["convert", "film.gif"]):  # fmt: skip
        names = ["film.png", command.pop()] if command[0] == "convert" else ["film.png"]
        code, _, err = cli(*command, *names)
        assert (code, said in err) == (0, True)
        assert "Warning" not in err
    for command in (["quantize", "-n"], ["compare", "film.png"], ["convert", "-f", "film.png"]):
        names = ["film.gif"] if command[0] == "convert" else ["film.png"]
        assert cli(*command, *names, "-q") == (0, "", "")


def test_frames(cli):
    frames = [Image.new("L", (5, 5), level) for level in (0, 99, 200)]
    frames[0].save("film.gif", save_all=True, append_images=frames[1:])
    code, _, err = cli("quantize", "film.gif")
    assert code == 2
    assert err.startswith("kmc: film.gif: holds 3 frames")
    assert "--frame" in err
    assert cli("quantize", "film.gif", "--frame", 1, "-o", "o.png")[0] == 0
    assert np.asarray(kmc.read("o.png").pixels).ravel()[0] == 99
    code, _, err = cli("quantize", "film.gif", "--frame", 3, "-o", "o.png", "-f")
    assert (code, err) == (1, "kmc: film.gif: has no frame 3, but frames 0 to 2\n")


def test_alpha(cli, photo):
    clear = np.dstack((photo, np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))))
    Image.fromarray(clear).save("clear.png")
    assert cli("quantize", "clear.png", "-k", 12, "-o", "o.png")[0] == 0
    expected = np.asarray(look_best(clear, 12))
    with Image.open("o.png") as written:
        assert written.mode == "P"
        np.testing.assert_array_equal(np.asarray(written.convert("RGBA")), expected)
    code, _, err = cli("quantize", "clear.png", "-k", 12, "-o", "o.jpg")
    assert code != 0
    assert "o.jpg" in err


def test_formats_without_alpha(cli, photo):
    alpha = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))
    clear = np.dstack((photo, alpha))
    Image.fromarray(clear).save("clear.png")
    for suffix, option in (("bmp", "--background"), ("jpg", "--background"),
                           ("gif", "--alpha-threshold")):  # fmt: skip
        code, _, err = cli("quantize", "clear.png", "-k", 12, "--ext", suffix, "-q")
        assert code == 1
        assert err.startswith(f"kmc: clear-kmc.{suffix}: ")
        assert f"{option} " in err
        assert "Image" not in err
    assert cli("quantize", "clear.png", "-k", 12, "--background", "#f80", "-o", "o.bmp")[0] == 0
    ground = Image.new("RGBA", (64, 48), "#ff8800")
    expected = np.asarray(Image.alpha_composite(ground, Image.fromarray(clear)))[:, :, :3]
    painted = np.asarray(look_best(expected, 12))
    assert np.abs(kmc.read("o.bmp").pixels.astype(int) - painted).mean() < 1  # Pillow rounds so
    arguments = ["-k", 12, "--alpha-threshold", 128, "-o", "o.gif"]
    assert cli("quantize", "clear.png", *arguments)[0] == 0
    written = kmc.read("o.gif").pixels
    np.testing.assert_array_equal(written[:, :, 3], np.where(alpha >= 128, 255, 0))
    assert cli("quantize", "clear.png", *arguments, "-f", "--background", "#fff")[0] == 1
    arguments[3] = "dither"
    assert cli("quantize", "clear.png", *arguments, "-f")[0] == 0
    mixed = kmc.read("o.gif").pixels[:, :, 3]
    assert set(np.unique(mixed)) == {0, 255}
    assert (mixed[alpha == 0] == 0).all() and (mixed[alpha == 255] == 255).all()
    assert mixed.mean() == pytest.approx(alpha.mean(), abs=4)
    assert cli("quantize", "clear.png", "--alpha-threshold", "256", "-n")[0] == 1
    assert cli("quantize", "clear.png", "--background", "#fff8", "-n")[0] == 1


def test_a_palette_without_alpha_for_a_picture_with(cli):
    picture = np.zeros((4, 4, 4), np.uint8)
    picture[:2] = (200, 10, 20, 255)
    Image.fromarray(picture).save("clear.png")
    for format in ("png", "gif"):
        assert cli("quantize", "clear.png", "--palette", "nord", "--format", format)[0] == 0
        written = kmc.read(f"clear-kmc.{format}").pixels
        red = kmc.palettes["nord"].remap(picture[..., :3]).palette.colors[..., :3]
        np.testing.assert_array_equal(written[..., 3], picture[..., 3])
        assert written[0, 0, :3].tolist() in red.tolist()
    assert cli("quantize", "clear.png", "--palette", "nord", "-nf", "--background", "#fff")[0] == 0


@pytest.mark.parametrize("suffix", ["png", "gif", "webp", "tiff", "bmp"])
def test_formats_hold_the_colours_exactly(cli, photo, suffix):
    Image.fromarray(photo).save("photo.png")
    assert cli("quantize", "photo.png", "-k", 12, "--ext", suffix)[0] == 0
    with Image.open(f"photo-kmc.{suffix}") as written:
        painted = np.asarray(written.convert("RGB"))
    np.testing.assert_array_equal(painted, np.asarray(look_best(photo, 12)))


def test_a_format_with_too_few_places(cli):
    code, _, err = cli("quantize", "photo.jpg", "-k", 300, "-o", "o.gif")
    assert code == 1
    assert err.startswith("kmc: o.gif: gif holds at most 256 colours")


@pytest.mark.parametrize("device", [d for d in ("/dev/zero",) if Path(d).exists()])
def test_devices_without_an_end(cli, monkeypatch, device):
    monkeypatch.setattr("kmc.cli.inputs.read_stream", partial(read_stream, limit=5_000_000))
    for command in (["quantize", device, "-k", 4, "-o", "a.png"], ["convert", device, "a.kmc"],
                    ["info", device], ["compare", device, device]):  # fmt: skip
        code, _, err = cli(*command)
        assert code != 0
        assert f"{device}: is longer than 5000000 bytes" in err


@pytest.mark.parametrize("name", ["a", "1", "has"])
def test_messages_begin_with_the_file_however_short_its_name(cli, name):
    Image.new("RGBA", (4, 4), (1, 2, 3, 4)).save(name, "PNG")
    said = cli("quantize", name, "--frame", 7)[2]
    assert said.startswith(f"kmc: {name}: ")


@pytest.mark.parametrize(("suffix", "k"), [("act", 300), ("ase", 3)])
def test_palettes_that_a_format_does_not_hold_name_the_file(cli, suffix, k):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 30, 4), np.uint8)
    Image.fromarray(pixels).save("soft.png")
    code, _, said = cli("palette", "soft.png", "-k", k, "-o", f"out.{suffix}")
    assert (code, said[: len(suffix) + 10]) == (1, f"kmc: out.{suffix}:")


def test_info_prints_text_as_it_is(cli):
    text = PngInfo()
    text.add_text("Part of, ", "x")
    Image.new("P", (4, 4)).save("a.png", pnginfo=text)
    assert "text: Part of, " in cli("info", "a.png")[1]


def test_convert_prints_no_picture_on_a_terminal(cli, monkeypatch):
    Image.new("P", (4, 4)).save("a.png")
    monkeypatch.setattr("kmc.cli.console.is_terminal", lambda stream: True)
    code, out, said = cli("convert", "a.png", "-", "--format", "png")
    assert (code, out) == (1, "")
    assert "a terminal shows no pictures" in said


def test_what_pillow_logs_is_not_printed(cli):
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "TIFF")
    data = bytearray(file.getvalue())
    samples = data.index(struct.pack("<HHI", 277, 3, 1)) + 8
    struct.pack_into("<H", data, samples, 65535)
    Path("many.tif").write_bytes(data)
    said = run("info", "many.tif").stderr.decode()
    assert said.startswith("kmc: many.tif: cannot be decoded: it begins as a TIFF file, but: ")
    assert said.count("\n") == 1
