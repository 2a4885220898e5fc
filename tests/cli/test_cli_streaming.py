"""``kmc quantize`` in bands: pictures beyond memory give the files that they would give at once."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image
from scenes import photo, soft
from shell import tree

import kmc
from kmc.streaming import raster, sinks

pytestmark = pytest.mark.once

POSIX = pytest.mark.parametrize("_", ["posix"] if os.name == "posix" else [])

PIXELS = photo(301, 203)
ORDERED = {"look": "best", "order": "luminance"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with pictures in it, all of which are too large to be read whole."""
    monkeypatch.chdir(tmp_path)
    tifffile.imwrite(
        "a.tif", PIXELS, photometric="rgb", tile=(64, 64), compression="zlib",
        resolution=(300, 300), resolutionunit="inch",
    )  # fmt: skip
    tifffile.imwrite("soft.tif", soft(200, 210), photometric="rgb", extrasamples=["unassalpha"])
    np.save("a.npy", PIXELS)
    zarr.create_array("a.zarr", data=PIXELS, chunks=(100, 100, 3))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20_000)
    monkeypatch.setattr(raster, "BLOCK_PIXELS", 64 * 203)
    monkeypatch.setattr(sinks, "TIFF_TILE", 64)
    monkeypatch.setattr(sinks, "ZARR_CHUNK", 80)
    return tmp_path


def opened(name, monkeypatch):
    """A picture of a file that is large here."""
    with monkeypatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", None)
        return kmc.open(name) if name.endswith(".kmc") else kmc.read(name)


@pytest.mark.parametrize("source", ["a.tif", "a.npy", "a.zarr"])
@pytest.mark.parametrize("target", ["o.tif", "o.tiff", "o.zarr", "o.kmc"])
def test_every_source_and_target(cli, here, monkeypatch, source, target):
    code, out, err = cli("quantize", source, "-k", 20, "-o", target, "--json")
    assert (code, err) == (0, "")
    whole = kmc.quantize(PIXELS, 20, **ORDERED)
    said = json.loads(out)
    assert (said["width"], said["height"], said["colors"]) == (203, 301, 20)
    assert said["bytes_after"] == sinks.size_of(target)
    assert said["mse"] == pytest.approx(whole.mse, abs=1e-6)
    assert tree(here).count(target) + os.path.isdir(target) == 1
    assert not [name for name in os.listdir() if "tmp" in name]
    if target.endswith("zarr"):
        written = zarr.open(target)
        np.testing.assert_array_equal(written[:], whole.indices)
        assert written.attrs["palette"] == whole.palette.colors.tolist()
        return
    if target.endswith("kmc"):
        dpi = kmc.Metadata(dpi=(300.0, 300.0)) if source == "a.tif" else None
        whole = kmc.IndexedImage(whole.indices, whole.palette, whole.mse, dpi)
        whole.save("whole.kmc")
        with open("whole.kmc", "rb") as one, open(target, "rb") as other:
            assert one.read() == other.read()
        return
    picture = opened(target, monkeypatch)
    np.testing.assert_array_equal(picture.pixels, np.asarray(whole))
    assert (picture.metadata.dpi == (300, 300)) == (source == "a.tif")
    with tifffile.TiffFile(target) as file:
        page = file.pages[0]
        assert (page.photometric.name, page.is_tiled, page.shape) == ("PALETTE", True, (301, 203))
        np.testing.assert_array_equal(page.asarray(), whole.indices)


def test_many_colors_and_alpha_are_painted(cli, here, monkeypatch):
    for arguments, whole in (
        (["a.tif", "-k", 300], kmc.quantize(PIXELS, 300, **ORDERED)),
        (["soft.tif", "-k", 30], kmc.quantize(soft(200, 210), 30, **ORDERED)),
    ):
        assert cli("quantize", *arguments, "-f", "-o", "o.tif")[0] == 0
        np.testing.assert_array_equal(opened("o.tif", monkeypatch).pixels, np.asarray(whole))


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--dither", "atkinson", "--space", "lab"], {"dither": "atkinson", "space": "lab"}),
        (["--look", "plain", "--fixed", "#fff"], {"look": "plain", "fixed": [(255, 255, 255)]}),
        (["--order", "none"], {"order": None}),
        (["--quality", "20-30"], {"quality": (20, 30)}),
        (["--order", "popularity", "--dither", "none"], {"order": "popularity", "dither": "none"}),
        (["--effort", "fast", "--seed", "4"], {"effort": "fast", "seed": 4}),
    ],
)
def test_options_mean_what_they_mean(cli, here, arguments, options):
    assert cli("quantize", "a.tif", "-k", 30, *arguments, "-o", "o.zarr")[0] == 0
    whole = kmc.quantize(PIXELS, 30, **ORDERED | options)
    np.testing.assert_array_equal(zarr.open("o.zarr")[:], whole.indices)


def test_alpha_as_asked_for(cli, here, monkeypatch):
    def same(*arguments):
        with monkeypatch.context() as patch:
            patch.setattr(Image, "MAX_IMAGE_PIXELS", None)
            order = ["--order", "luminance"]
            assert cli("quantize", "soft.tif", "-k", 256, *order, *arguments, "-f")[0] == 0
            whole = kmc.read("soft-kmc.png").pixels
        assert cli("quantize", "soft.tif", "-k", 256, *arguments, "-f", "-o", "o.tif")[0] == 0
        np.testing.assert_array_equal(opened("o.tif", monkeypatch).pixels, whole)

    same("--background", "#abc")
    same("--alpha-threshold", "100", "--look", "plain")
    same("--alpha-threshold", "dither", "--look", "plain")


def test_importance_by_masks_of_any_size(cli, here):
    """One that is read whole, and those that are read in rows; the divisor is that of all rows."""
    levels = np.random.default_rng(0).integers(0, 4, (301, 203), np.uint8) * 60
    levels[:150] = 0
    colored = np.dstack((levels, 255 - levels, levels // 2))
    np.save("mask.npy", levels)
    np.save("flat.npy", np.full_like(levels, 9))
    tifffile.imwrite("mask.tif", colored, photometric="rgb", rowsperstrip=50)
    luma = (colored @ np.array((299, 587, 114), np.int64) + 500) // 1000
    for mask, importance in (("mask.npy", levels), ("flat.npy", None), ("mask.tif", luma)):
        arguments = ["-k", 20, "--importance", mask, "-f", "-o", "o.zarr"]
        assert cli("quantize", "a.tif", *arguments)[0] == 0
        whole = kmc.quantize(PIXELS, 20, importance=importance, **ORDERED)
        np.testing.assert_array_equal(zarr.open("o.zarr")[:], whole.indices)
    np.save("none.npy", np.zeros_like(levels))
    code, _, err = cli("quantize", "a.tif", "--importance", "none.npy", "-k", 4, "-o", "n.zarr")
    assert (code, "importance must not be zero everywhere" in err) == (1, True)
    code, _, err = cli(
        "quantize", "a.tif", "--importance", "mask.npy", "-k", 4, "-vf", "-o", "o.kmc"
    )
    assert (code, "weighted error in oklab" in err) == (0, True)


def test_a_palette_given_or_shared(cli, here):
    assert cli("quantize", "a.tif", "--palette", "nord", "-o", "o.zarr")[0] == 0
    palette = kmc.Palette(kmc.palettes["nord"].colors, space="oklab")
    whole = palette.remap(PIXELS, dither="adaptive")
    np.testing.assert_array_equal(zarr.open("o.zarr")[:], whole.indices)
    Image.fromarray(255 - PIXELS[:90, :90]).save("b.png")
    assert cli("palette", "a.tif", "-k", 9, "--space", "rgb", "-o", "p.gpl")[0] == 0
    colors = kmc.fit(PIXELS, 9, weights="balanced").colors
    assert sorted(map(tuple, kmc.Palette.load("p.gpl").colors)) == sorted(map(tuple, colors))
    arguments = ["a.tif", "b.png", "-k", 9, "--shared-palette", "--look", "plain"]
    assert cli("quantize", *arguments, "--ext", "kmc", "--out-dir", "out")[0] == 0
    shared = kmc.fit([PIXELS, 255 - PIXELS[:90, :90]], 9, order="luminance")
    for name in ("out/a.kmc", "out/b.kmc"):
        np.testing.assert_array_equal(kmc.open(name).palette.colors, shared.colors)


def test_small_rasters_are_read_whole(cli, here, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    for source in ("a.npy", "a.zarr", "a.zarr/"):
        assert cli("quantize", source, "-k", 9, "-f", "--resize", "50%", "-o", "o.png")[0] == 0
        with Image.open("o.png") as written:
            assert written.size == (102, 150)
    assert cli("quantize", "a.zarr", "-k", 9, "--resize", "50%", "-o", "half.zarr")[0] == 0
    assert zarr.open("half.zarr").shape == (150, 102)
    assert cli("quantize", "a.zarr", "-k", 9)[0] == 0
    assert os.path.isfile("a-kmc.png")
    Image.fromarray(PIXELS).save("whole.png")
    assert cli("quantize", "whole.png", "-k", 9, "-o", "w.zarr", "--resize", "50%")[0] == 0
    assert zarr.open("w.zarr").shape == (150, 102)
    with tifffile.TiffWriter("p.tif") as file:
        file.write(PIXELS, subifds=1, photometric="rgb", tile=(64, 64))
        file.write(PIXELS[::2, ::2], subfiletype=1, photometric="rgb", tile=(64, 64))
    assert cli("quantize", "p.tif", "--pyramid", 1, "-k", 9, "-o", "l.png")[0] == 0
    whole = kmc.quantize(PIXELS[::2, ::2], 9, look="best")
    assert kmc.read("l.png").pixels.shape == np.asarray(whole).shape


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["a.tif"], "png file, which is made in memory; .tif, .kmc and .zarr are written in bands"),
        (["a.tif", "-o", "o.gif"], "gif file, which is made in memory"),
        (["a.tif", "-o", "-", "--format", "tif"], "-o"),
        (["a.tif", "--in-place", "--format", "tif"], "--in-place"),
        (["a.tif", "--check", "--format", "tif"], "--check"),
        (["a.tif", "--ext", "tif", "--order", "compact"], "--order compact"),
        (["a.tif", "--ext", "tif", "--order", "popularity"], "--order popularity"),
        (["a.tif", "--ext", "tif", "--resize", "50%"], "--resize"),
        (["a.tif", "--ext", "tif", "--importance", "small.png"], "--importance has 10 x 10"),
        (["a.tif", "--ext", "tif", "--frame", "0"], "--frame"),
        (["a.tif", "--ext", "tif", "--pyramid", "1"], "no pyramid"),
        (["a.tif", "--ext", "tif", "--pyramid", "0", "--frame", "0"], "--frame"),
        (["a.npy", "--ext", "tif", "--pyramid", "0"], "is no TIFF"),
        (["a.tif", "--ext", "tif", "--level", "3"], "--level"),
        (["a.tif", "-o", "o.zarr", "--preserve"], "--preserve"),
        (["a.tif", "-o", "o.zarr", "--optimize"], "--optimize"),
        (["a.tif", "-o", "o.zarr", "--format", "png"], "--format png contradicts"),
        (["large.png"], "kmc quantize reads TIFF, zarr and .npy files of any size"),
    ],
)
def test_what_needs_the_whole_picture_is_refused_by_name(cli, here, arguments, named):
    Image.new("L", (10, 10)).save("small.png")
    Image.fromarray(PIXELS).save("large.png")
    before = tree(here)
    code, _, err = cli("quantize", "-k", 9, *arguments)
    assert (code, tree(here)) == (2 if arguments == ["large.png"] else 1, before)
    assert named in err


def test_existing_results(cli, here):
    for target in ("o.zarr", "o.tif"):
        arguments = ["quantize", "a.npy", "-o", target, "-k"]
        assert cli(*arguments, 4)[0] == 0
        assert cli(*arguments, 5)[0] == 15
        assert cli(*arguments, 5, "-f")[0] == 0
        assert cli(*arguments, 6, "--if-newer", "--json")[1].count("up_to_date") == 1
    assert len(zarr.open("o.zarr").attrs["palette"]) == 5
    os.mkdir("folder.zarr")
    code, _, err = cli("quantize", "a.npy", "-k", 4, "-f", "-o", "folder.zarr")
    assert (code, "it is a folder" in err, os.listdir("folder.zarr")) == (3, True, [])
    assert cli("quantize", "a.npy", "-k", 4, "-n", "-o", "dry.zarr")[0] == 0
    assert not os.path.exists("dry.zarr")
    code, _, err = cli("quantize", "a.npy", "-k", 4, "--skip-if-larger", "-o", "s.kmc")
    assert (code, os.path.exists("s.kmc")) == (0, True)
    np.save("flat.npy", np.zeros((400, 300), np.uint8))
    tifffile.imwrite("flat.tif", np.zeros((400, 300), np.uint8), compression="zstd")
    code, _, err = cli("quantize", "flat.tif", "-k", 4, "--skip-if-larger", "-o", "s.tif")
    assert (code, os.path.exists("s.tif")) == (98, False)
    assert "left as it is" in err


class FullError(OSError):
    pass


@pytest.mark.parametrize("target", ["o.tif", "o.zarr", "o.kmc"])
def test_a_full_disk_leaves_nothing(cli, here, monkeypatch, target):
    """Whatever fails in the midst of a file, and whatever was there stays."""
    assert cli("quantize", "a.npy", "-k", 3, "-o", target)[0] == 0
    before, old = tree(here), sinks.size_of(target)
    writer = sinks.WRITERS[target.split(".")[1].replace("tif", "tiff")]

    def failing(path, content):
        def bands():
            for n, band in enumerate(content.bands):
                if n == 2:
                    raise FullError(28, "No space left on device")
                yield band

        writer(path, content._replace(bands=bands()))

    for name in sinks.WRITERS:
        monkeypatch.setitem(sinks.WRITERS, name, failing)
    code, _, err = cli("quantize", "a.npy", "-k", 3, "-f", "-o", target)
    assert (code, tree(here), sinks.size_of(target)) == (3, before, old)
    assert err == f"kmc: {target}: cannot be written: No space left on device\n"


def test_a_damaged_input_leaves_nothing(cli, here):
    with open("a.tif", "r+b") as file:
        file.truncate(os.path.getsize("a.tif") - 300)
    before = tree(here)
    with tifffile.TiffFile("a.tif") as file:
        n_tiles = len(file.pages[0].dataoffsets)
    code, _, err = cli("quantize", "a.tif", "-k", 9, "-o", "o.tif")
    assert (code, tree(here)) == (2, before)
    assert re.match(r"kmc: a\.tif: cut short: tile \d+ at byte \d+ has \d+ bytes, of which", err)
    assert n_tiles > 10


def test_profiles_that_zarr_cannot_hold_are_reported(cli, here):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB", 5000)).tobytes()
    wide = profile[:16] + b"RGB " + profile[20:]  # that of some RGB space
    tifffile.imwrite("p.tif", PIXELS, photometric="rgb", iccprofile=wide)
    code, _, err = cli("quantize", "p.tif", "-k", 9, "-o", "o.zarr")
    assert code == 0
    assert "zarr has no place for the picture's colour profile" in err


SLOWLY = """
import sys, time
import PIL.Image
from kmc.streaming import raster
from kmc.cli.main import main

PIL.Image.MAX_IMAGE_PIXELS = 20_000
raster.BLOCK_PIXELS = 64 * 203
all_bands = raster.bands

def slow(*arguments):
    for band in all_bands(*arguments):
        time.sleep(0.3)
        yield band

from kmc.streaming import quantizing
quantizing.bands = slow
print("begun", flush=True)
sys.exit(main(sys.argv[1:]))
"""


@POSIX
@pytest.mark.parametrize("jobs", [[], ["b.npy"]])
@pytest.mark.parametrize("ext", ["tif", "zarr", "kmc"])
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_nothing(here, jobs, ext, by, _):
    """Also with several jobs, whose threads end in the midst of it."""
    np.save("b.npy", PIXELS)
    before = tree(here)
    command = [sys.executable, "-c", SLOWLY, "quantize", "a.npy", *jobs, "-k", "4", "--ext", ext]
    with subprocess.Popen([*command, "--jobs", "2"], stdout=-1, stderr=-1) as process:
        while not [name for name in os.listdir() if name.startswith(".kmc-")]:
            assert process.poll() is None
        process.send_signal(by)
        process.communicate(timeout=30)
    assert process.returncode == (130 if by == signal.SIGINT else 143)
    after = [name for name in tree(here) if not (jobs and name.startswith("a-kmc"))]  # it is done
    assert after == before


@POSIX
def test_progress_with_rate_and_time_left(here, _):
    import pty

    command = [sys.executable, "-c", SLOWLY, "quantize", "a.npy", "-k", "4", "-o", "o.tif"]
    keyboard, terminal = pty.openpty()
    environment = dict(os.environ) | {"TERM": "xterm"}
    with subprocess.Popen(command, stdout=-1, stderr=terminal, env=environment) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                shown += os.read(keyboard, 4096)
            except OSError:
                break
    os.close(keyboard)
    assert process.returncode == 0
    text = shown.decode()
    assert re.search(r"\[#+-+\]\s+\d+%  00:00:0\d  [\d.]+ megapixels/s", text), text
    assert "a.npy -> o.tif: " in text
