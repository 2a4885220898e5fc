"""Files as rasters: their rows are those of the picture, and what is wrong with them is said."""

from __future__ import annotations

import contextlib
import os
import sys

import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image, ImageCms
from scenes import noise, photo, veil

import kmc
from kmc.streaming.array_raster import zarr_raster
from kmc.streaming.npy_raster import npy_raster
from kmc.streaming.opening import is_large, open_raster
from kmc.streaming.tiff_raster import MAX_SEGMENT_BYTES, TiffRaster

PIXELS = photo(150, 203)
TILES = {"tile": (32, 48), "compression": "zlib"}


def tiff(path):
    """A TIFF as a raster, closed at the end."""
    return contextlib.closing(TiffRaster(str(path)))


def everything(raster):
    """All rows, by steps that fit no tile, and at once."""
    whole = raster.rows(0, raster.height)
    parts = [raster.rows(at, min(at + 37, raster.height)) for at in range(0, raster.height, 37)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert whole.dtype == np.uint8
    assert whole.flags.c_contiguous
    assert whole.shape == (raster.height, raster.width, raster.channels)
    return whole


LAYOUTS = {
    "tiles": TILES,
    "strips": {"rowsperstrip": 7, "compression": "lzw"},
    "one strip": {},
    "big": {"bigtiff": True, "byteorder": ">", "tile": (64, 64)},
    "predicted": {"tile": (16, 16), "compression": "deflate", "predictor": True},
    "zstd": {"tile": (256, 256), "compression": "zstd"},
    "planes": {"planarconfig": "separate", "tile": (64, 32), "compression": "zlib"},
}


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_of_tiff(tmp_path, layout, threads):
    settings = dict(LAYOUTS[layout])
    file = {name: settings.pop(name) for name in ("bigtiff", "byteorder") if name in settings}
    pixels = np.moveaxis(PIXELS, 2, 0) if layout == "planes" else PIXELS
    with tifffile.TiffWriter(tmp_path / "x.tif", **file) as writer:
        writer.write(pixels, photometric="rgb", **settings)
    raster = TiffRaster(str(tmp_path / "x.tif"), threads=threads)
    np.testing.assert_array_equal(everything(raster), PIXELS)
    raster.close()


def test_jpeg_compressed_tiff_is_as_pillow_has_it(tmp_path):
    """Tiles of YCbCr, as slides have them."""
    path = tmp_path / "x.tif"
    tifffile.imwrite(
        path, PIXELS, photometric="ycbcr", tile=(64, 64), compression="jpeg",
        compressionargs={"level": 95},
    )  # fmt: skip
    with tiff(path) as raster:
        found = everything(raster).astype(int)
    assert np.abs(found - kmc.read(path).pixels).max() <= 4  # of two decoders of JPEG


def test_kinds_of_pixels_are_as_pillow_has_them(tmp_path):
    path, grey = tmp_path / "x.tif", PIXELS[:, :, 0]
    colors = np.random.default_rng(0).integers(0, 256, (3, 256)).astype(np.uint16)
    for pixels, settings in (
        (grey, {"photometric": "minisblack"}),
        (grey, {"photometric": "miniswhite"}),
        (grey, {"photometric": "palette", "colormap": colors * np.uint16(257)}),
        (grey, {"photometric": "palette", "colormap": colors << np.uint16(8)}),
        (veil(150, 90), {"photometric": "rgb", "extrasamples": ["unassalpha"]}),
        (veil(150, 90), {"photometric": "rgb", "extrasamples": ["unspecified"]}),
        (veil(150, 90)[:, :, 2:], {"photometric": "minisblack", "extrasamples": ["unassalpha"]}),
    ):
        tifffile.imwrite(path, pixels, **settings, **TILES)
        with tiff(path) as raster:
            np.testing.assert_array_equal(everything(raster), kmc.read(path).pixels)


def test_metadata_of_tiff(tmp_path):
    path = str(tmp_path / "x.tif")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    xmp = b"<x:xmpmeta/>"
    tifffile.imwrite(
        path, PIXELS, photometric="rgb", iccprofile=profile, resolution=(100, 200),
        resolutionunit="centimeter", extratags=[(700, 1, len(xmp), xmp, True)], **TILES,
    )  # fmt: skip
    with tiff(path) as raster:
        found = raster.metadata
    assert (found.icc_profile, found.dpi, found.xmp) == (profile, (254.0, 508.0), xmp)
    tifffile.imwrite(path, PIXELS, photometric="rgb", resolution=(3, 3), resolutionunit="none")
    with tiff(path) as raster:
        assert raster.metadata == kmc.Metadata()


def test_exif_that_is_lost_is_told(tmp_path):
    exif, path = Image.Exif(), tmp_path / "x.tif"
    exif.get_ifd(0x8769)[0x9286] = b"a comment"
    for given, told in (
        (exif, ("EXIF data left out: the picture is read in bands",)),
        (Image.Exif(), ()),
    ):
        Image.fromarray(PIXELS).save(path, exif=given.tobytes())
        with tiff(path) as raster:
            assert raster.changes == told


def test_a_georeference_that_is_lost_is_told(tmp_path):
    path = str(tmp_path / "x.tif")
    keys = [(34735, "H", 4, (1, 1, 0, 0), True), (33550, "d", 3, (1.0, 1.0, 0.0), True)]
    tifffile.imwrite(path, PIXELS, photometric="rgb", extratags=keys)
    with tiff(path) as raster:
        assert raster.changes == ("georeference left out",)
    assert kmc.read(path).changes == ("georeference left out",)


def test_levels_of_a_pyramid(tmp_path):
    """In subdirectories, as OME-TIFF has them."""
    path, settings = str(tmp_path / "x.tif"), {"photometric": "rgb", **TILES}
    with tifffile.TiffWriter(path) as file:
        file.write(PIXELS, subifds=2, **settings)
        for step in (2, 4):
            file.write(PIXELS[::step, ::step], subfiletype=1, **settings)
    for level, step in enumerate((1, 2, 4)):
        raster = open_raster(path, level)
        np.testing.assert_array_equal(everything(raster), PIXELS[::step, ::step])
        raster.close()
    with pytest.raises(kmc.ArgumentError, match=r"x\.tif: has no level 3 of a pyramid, but levels"):
        open_raster(path, 3)
    assert open_raster(path) is None  # it is small enough for Pillow
    tifffile.imwrite(path, PIXELS, **settings)
    with pytest.raises(kmc.ArgumentError, match="but no pyramid"):
        open_raster(path, 1)


def refused(path, kind, match):
    with pytest.raises(kind, match=match) as caught:
        open_raster(str(path), 0)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize(
    ("pixels", "settings", "match"),
    [
        (PIXELS.astype(np.uint16), {"photometric": "rgb"}, "16 bits a channel"),
        (PIXELS.astype(np.float32), {"photometric": "rgb"}, "32 bits a channel .float32"),
        (PIXELS.astype(np.int8), {"photometric": "rgb"}, "int8"),
        (veil(20, 30), {"photometric": "separated"}, "its pixels are SEPARATED"),
        (PIXELS, {"photometric": "cielab"}, "its pixels are CIELAB"),
        (veil(20, 30), {"photometric": "rgb", "extrasamples": ["assocalpha"]}, "premultiplied"),
        (noise(20, 30, 5), {"photometric": "minisblack", "planarconfig": "contig"}, "5 channels"),
        (PIXELS, {"photometric": "rgb", "extratags": [(274, 3, 1, 6, True)]}, "orientation is 6"),
    ],
)
def test_what_is_not_streamed_is_refused(tmp_path, pixels, settings, match):
    tifffile.imwrite(tmp_path / "x.tif", pixels, **settings)
    refused(tmp_path / "x.tif", kmc.errors.ImageTypeError, match)


def test_stacks_and_huge_strips_are_refused(tmp_path, monkeypatch):
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, np.zeros((3, 40, 50), np.uint8), photometric="minisblack")
    refused(path, kmc.errors.ImageShapeError, r"a stack of the shape \(3, 40, 50\)")
    tifffile.imwrite(path, PIXELS, photometric="rgb", rowsperstrip=150, compression="zlib")
    monkeypatch.setattr("kmc.streaming.tiff_raster.MAX_SEGMENT_BYTES", PIXELS.size - 1)
    refused(path, kmc.errors.ImageTypeError, "is one strip of 150 rows")
    assert MAX_SEGMENT_BYTES > 10**8


def test_damaged_tiff_is_reported(tmp_path):
    path = tmp_path / "x.tif"
    tifffile.imwrite(path, PIXELS, photometric="rgb", **TILES)
    data = path.read_bytes()
    with tifffile.TiffFile(path) as file:
        last, first = (file.pages[0].dataoffsets[i] for i in (-1, 7))
    path.write_bytes(data[: last + 4])
    raster = open_raster(str(path), 0)
    with pytest.raises(kmc.errors.ImageReadError, match=rf"^{path}: cut short: tile \d+ at byte"):
        everything(raster)
    raster.close()
    path.write_bytes(data[:first] + b"\0" * 40 + data[first + 40 :])
    raster = open_raster(str(path), 0)
    with pytest.raises(kmc.errors.ImageReadError, match=rf"^{path}: cannot be decoded: tile 7: "):
        everything(raster)
    raster.close()
    path.write_bytes(data[:20])
    refused(path, kmc.errors.ImageReadError, "cannot be decoded")


def test_random_damage_never_does_worse_than_an_error(tmp_path):
    path, random = tmp_path / "x.tif", np.random.default_rng(5)
    tifffile.imwrite(path, PIXELS[:40, :50], photometric="rgb", tile=(16, 32), compression="lzw")
    data = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(150):
        damaged = data.copy()
        damaged[random.integers(0, len(data), 3)] = random.integers(0, 256, 3)
        path.write_bytes(damaged.tobytes())
        try:
            raster = open_raster(str(path), 0)
        except kmc.KmcError:
            continue
        try:
            if raster.height * raster.width < 10**7:
                raster.rows(0, raster.height)
        except kmc.KmcError as error:
            assert str(error).startswith(f"{path}: ")
        finally:
            raster.close()


def test_npy_files(tmp_path):
    path = tmp_path / "x.npy"
    for pixels in (
        PIXELS,
        PIXELS[:, :, 0],
        veil(20, 30),
        np.asfortranarray(PIXELS),
        PIXELS[:, ::-2],
    ):
        np.save(path, pixels)
        raster = open_raster(str(path))
        expected = pixels.reshape(*pixels.shape[:2], -1)
        np.testing.assert_array_equal(everything(raster), expected)
        np.testing.assert_array_equal(raster.rows(7, 12), expected[7:12])
        raster.close()
    for pixels, kind in (
        (PIXELS / 2, kmc.errors.ImageTypeError),
        (PIXELS.astype(np.uint16), kmc.errors.ImageTypeError),
        (np.zeros((3, 4, 5), np.uint8), kmc.errors.ImageShapeError),
        (np.zeros((0, 4), np.uint8), kmc.errors.ImageShapeError),
        (np.zeros((2, 3, 4, 3), np.uint8), kmc.errors.ImageShapeError),
    ):
        np.save(path, pixels)
        with pytest.raises(kind, match=rf"^{path}: "):
            npy_raster(str(path))
    np.save(path, PIXELS)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(kmc.errors.ImageReadError, match=rf"^{path}: cannot be decoded: "):
        npy_raster(str(path))


@pytest.mark.parametrize("pixels", [PIXELS, np.asfortranarray(PIXELS)])
def test_npy_files_that_shrink_meanwhile(tmp_path, pixels):
    path = tmp_path / "x.npy"
    np.save(path, pixels)
    raster = npy_raster(str(path))
    os.truncate(path, 200)
    with pytest.raises(kmc.errors.ImageReadError, match=rf"^{path}: has become shorter"):
        everything(raster)
    raster.close()


@pytest.mark.parametrize("version", [2, 3])
def test_zarr_stores(tmp_path, version):
    path = tmp_path / "x.zarr"
    zarr.create_array(path, data=PIXELS, chunks=(64, 50, 3), zarr_format=version)
    raster = open_raster(str(path))
    assert raster.step == 64
    np.testing.assert_array_equal(everything(raster), PIXELS)
    group = zarr.open_group(tmp_path / "g.zarr", mode="w", zarr_format=version)
    group.create_array("full", data=PIXELS)
    with pytest.raises(kmc.errors.ImageReadError, match=r"is a group of arrays: .*full"):
        zarr_raster(str(tmp_path / "g.zarr"))
    np.testing.assert_array_equal(everything(zarr_raster(str(tmp_path / "g.zarr/full"))), PIXELS)
    zarr.create_array(tmp_path / "f.zarr", data=PIXELS / 2, zarr_format=version)
    with pytest.raises(kmc.errors.ImageTypeError, match="holds float64"):
        zarr_raster(str(tmp_path / "f.zarr"))
    chunk = max((each for each in path.rglob("*") if each.is_file()), key=os.path.getsize)
    chunk.write_bytes(chunk.read_bytes()[:-9])
    with pytest.raises(kmc.errors.ImageReadError, match=rf"^{path}: "):
        everything(zarr_raster(str(path)))
    (path / ("zarr.json" if version == 3 else ".zarray")).write_bytes(b"{")
    with pytest.raises(kmc.errors.ImageReadError, match=rf"^{path}: "):
        zarr_raster(str(path))


def test_what_is_opened_as_a_raster(tmp_path, monkeypatch):
    """TIFFs that Pillow refuses for their size, and what it does not read at all."""
    name, png = str(tmp_path / "x.tif"), str(tmp_path / "x.png")
    Image.fromarray(PIXELS).save(name)
    Image.fromarray(PIXELS).save(png)
    assert open_raster(name) is None
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", PIXELS.shape[0] * PIXELS.shape[1] // 2 - 1)
    raster = open_raster(name)
    assert is_large(raster)
    np.testing.assert_array_equal(everything(raster), PIXELS)
    raster.close()
    assert open_raster(png) is None
    with pytest.raises(kmc.ArgumentError, match="is no TIFF"):
        open_raster(png, 1)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert open_raster(name) is None
    with pytest.raises(kmc.errors.ImageNotFoundError):
        open_raster(str(tmp_path / "none.tif"))


@pytest.mark.parametrize(("package", "name"), [("tifffile", "x.tif"), ("zarr", "x.zarr")])
def test_without_the_extra_a_message_says_how_to_get_it(tmp_path, monkeypatch, package, name):
    Image.fromarray(PIXELS).save(tmp_path / "x.tif")
    zarr.create_array(tmp_path / "x.zarr", data=PIXELS)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(kmc.errors.MissingPackageError, match=r"kmc-quantize\[large\]"):
        open_raster(str(tmp_path / name), 0 if name.endswith("tif") else None)
