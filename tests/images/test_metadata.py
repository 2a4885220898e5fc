"""Colour profile, resolution, EXIF and XMP come through, and colours mean what they meant."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from pictures import encoded
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

import kmc
from kmc.images.pillow_metadata import upright_exif

pytestmark = pytest.mark.once

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
WIDE = SRGB.replace(b"sRGB", b"wide").replace("sRGB".encode("utf-16-be"), b"w\0i\0d\0e\0")
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6" b="caf\xc3\xa9"/></x:xmpmeta>'


def exif_of(orientation: int = 1) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = "kmc"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.ExposureTime: (1, 60)}
    return exif.tobytes()


def photo_file(photo, format="PNG", **params) -> bytes:
    params = {"icc_profile": WIDE, "dpi": (300, 150), "exif": exif_of()} | params
    if format == "PNG":
        params["pnginfo"] = PngImagePlugin.PngInfo()
        params["pnginfo"].add_itxt("XML:com.adobe.xmp", XMP.decode())
    elif format == "TIFF":
        exif = Image.Exif()
        exif.load(params["exif"])
        exif[700] = XMP
        params["exif"] = exif
    else:
        params["xmp"] = XMP
    return encoded(Image.fromarray(photo), format, **params)


def saved(result, suffix, **params):
    file = io.BytesIO()
    result.save(file, suffix, **params)
    return kmc.read(file).metadata


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_what_files_say_is_read(photo, format):
    metadata = kmc.read(photo_file(photo, format)).metadata
    assert metadata.icc_profile == WIDE
    assert metadata.dpi == (None if format == "WEBP" else pytest.approx((300, 150), rel=1e-3))
    assert metadata.xmp == XMP.replace(b'"6"', b'"1"')
    exif = Image.Exif()
    exif.load(metadata.exif)
    assert exif[ExifTags.Base.Make] == "kmc"
    assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureTime] == (1, 60)


def test_pictures_in_memory(photo):
    with Image.open(io.BytesIO(photo_file(photo))) as picture:
        assert kmc.read(picture).metadata == kmc.read(photo_file(photo)).metadata
    assert kmc.read(Image.fromarray(photo)).metadata == kmc.Metadata()
    assert kmc.read(photo).metadata is None
    assert kmc.quantize(photo, 2).metadata is None


def test_results_carry_it(photo):
    data = photo_file(photo)
    expected = kmc.read(data).metadata
    assert kmc.quantize(data, 4).metadata == expected
    assert kmc.fit(photo, 4).remap(data).metadata == expected
    assert kmc.quantize(kmc.read(data), 4).metadata == expected


def test_it_is_checked(make_indexed):
    image = make_indexed(4)
    with pytest.raises(kmc.ArgumentTypeError, match="metadata must be Metadata, not dict"):
        kmc.IndexedImage(image.indices, image.palette, 0.0, {"dpi": 3})


KEPT = {
    "png": {"icc_profile", "dpi", "exif", "xmp"},
    "tiff": {"icc_profile", "dpi", "exif", "xmp"},
    "jpg": {"icc_profile", "dpi", "exif", "xmp"},
    "webp": {"icc_profile", "exif", "xmp"},
    "bmp": {"dpi"},
    "gif": set(),
}


@pytest.mark.filterwarnings("ignore::kmc.FormatWarning")
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("k", [16, 300])
@pytest.mark.parametrize("suffix", KEPT)
def test_files_keep_what_they_can(photo, suffix, k, channels):
    if k > 256 and suffix == "gif":
        return
    data = photo_file(photo)
    result = kmc.quantize(data, k)
    if channels == 1:  # a grey picture with the profile of an RGB space
        grey = kmc.quantize(photo[..., 1], min(k, 200))
        result = kmc.IndexedImage(grey.indices, grey.palette, 0.0, result.metadata)
    metadata = saved(result, suffix)
    for name in ("icc_profile", "dpi", "exif", "xmp"):
        value, expected = getattr(metadata, name), getattr(result.metadata, name)
        if name not in KEPT[suffix]:
            assert value is None or (suffix, name) == ("gif", "dpi")
        elif name == "dpi":
            assert value == pytest.approx(expected, rel=1e-2)
        elif (suffix, name) != ("tiff", "exif"):
            assert value == expected
        else:
            assert b"kmc" in value
    bare = saved(result, suffix, metadata=False)
    assert bare == kmc.Metadata()


def test_a_lost_profile_is_told(photo):
    result = kmc.quantize(photo_file(photo), 4)
    for suffix in ("gif", "bmp"):
        with pytest.warns(kmc.FormatWarning, match=f"{suffix} has no place for .* profile") as told:
            saved(result, suffix)
        assert told[0].filename == __file__
        saved(result, suffix, metadata=False)  # as asked for
    saved(kmc.quantize(photo_file(photo, icc_profile=SRGB), 4), "gif")  # what readers assume anyway


def test_blocks_too_long_for_jpeg_are_left_out(photo):
    result = kmc.quantize(photo, 4)
    long = kmc.Metadata(xmp=b"<a/>" * 20000, exif=exif_of().removeprefix(b"Exif\0\0"))
    image = kmc.IndexedImage(result.indices, result.palette, 0.0, long)
    said = "at most 65000 bytes of XMP, and this has 80000"
    with pytest.warns(match="JPEG blurs"), pytest.warns(kmc.FormatWarning, match=said):
        metadata = saved(image, "jpg")
    assert metadata.xmp is None
    assert metadata.exif == long.exif


# ---- upright -------------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_a_result_is_turned_but_once(photo, format, orientation):
    data = photo_file(photo, format, exif=exif_of(orientation))
    result = kmc.quantize(data, 8)
    file = io.BytesIO()
    result.save(file, "png")
    np.testing.assert_array_equal(kmc.read(file).pixels, np.asarray(result))
    assert b'tiff:Orientation="6"' not in result.metadata.xmp
    if format != "WEBP":
        expected = (150, 300) if orientation > 4 else (300, 150)
        assert result.metadata.dpi == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("frame", [0, 1])
def test_a_page_of_several_says_what_it_says(photo, frame):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "kmc"
    pages = [Image.fromarray(page) for page in (photo[:, :-3], photo[:-2])]
    for dpi in (None, (300, 150)):
        params = {"exif": exif, "save_all": True, "append_images": pages[1:]}
        data = encoded(pages[0], "TIFF", **params, **({"dpi": dpi} if dpi else {}))
        alone = kmc.read(encoded(pages[frame], "TIFF", exif=exif, **({"dpi": dpi} if dpi else {})))
        for way in (data, Image.open(io.BytesIO(data))):
            read = kmc.read(way, frame=frame)
            np.testing.assert_array_equal(read.pixels, alone.pixels)
            assert read.metadata == alone.metadata
        assert read.metadata.dpi == (dpi and (150, 300))
        assert b"kmc" in read.metadata.exif


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [3, 4])
def test_only_the_orientation_changes(order, kind):
    value = struct.pack(order + "HH", 6, 0) if kind == 3 else struct.pack(order + "I", 6)
    other = struct.pack(order + "HHI4s", 0x010F, 2, 4, b"kmc\0")
    turned = struct.pack(order + "HHI", 0x0112, kind, 1) + value
    block = struct.pack(order + "2sHIH", b"II" if order == "<" else b"MM", 42, 8, 2)
    block += other + turned + struct.pack(order + "I", 38) + b"thumbnail"
    made = upright_exif(b"Exif\0\0" + block)
    upright = struct.pack(order + "HHIHHI", 0x0112, 3, 1, 1, 0, 0)
    if order == "<" or kind == 3:
        assert made == block[:22] + upright + b"thumbnail"
    exif = Image.Exif()
    exif.load(made)
    assert exif[ExifTags.Base.Orientation] == 1
    assert exif[ExifTags.Base.Make] == "kmc"


@pytest.mark.parametrize("exif", [b"", b"rubbish", b"II*\0\xff\xff\xff\xff", exif_of()[:20]])
def test_damaged_exif_is_dropped(exif):
    assert upright_exif(exif) is None


def test_exif_as_text_in_png(photo):
    text = PngImagePlugin.PngInfo()
    block = exif_of(6)
    text.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}\n")
    data = encoded(Image.fromarray(photo), pnginfo=text)
    assert b"kmc" in kmc.read(data).metadata.exif
    assert kmc.read(data).pixels.shape == (64, 48, 3)


@pytest.mark.parametrize("dpi", [(0, 0), (float("nan"), 72), (float("inf"), 1), None, (1, 2, 3)])
def test_resolutions_that_are_none(dpi):
    picture = Image.new("L", (2, 2))
    picture.info["dpi"] = dpi
    assert kmc.read(picture).metadata.dpi is None


# ---- what colours mean ---------------------------------------------------------------------------


def profile_with(space: bytes, *tags: tuple[bytes, bytes]) -> bytes:
    """A profile of a display, with these tags."""
    at, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags:
        content += bytes(-len(content) % 4)
        table += name + struct.pack(">II", at + len(body), len(content))
        body += content
    header = struct.pack(">I4x4s4s4s4s12x4s", at + len(body), b"\2\x20\0\0", b"mntr", space,
                         b"XYZ ", b"acsp")  # fmt: skip
    header += bytes(28) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D)
    return header.ljust(128, b"\0") + table + body


WHITE = (b"wtpt", b"XYZ " + bytes(4) + struct.pack(">3i", 0xF6D6, 0x10000, 0xD32D))
LINEAR = profile_with(b"GRAY", WHITE, (b"kTRC", b"curv" + bytes(8)))


@pytest.mark.parametrize("mode", ["L", "1", "I;16"])
def test_grey_goes_through_its_profile(mode):
    levels = np.array([[0, 55, 128, 255]], np.uint8)
    if mode == "I;16":
        picture = Image.fromarray(levels.astype(np.uint16) * 257)
    else:
        picture = Image.fromarray(levels).convert(mode, dither=Image.Dither.NONE)
    plain = kmc.read(picture).pixels[..., 0].astype(float) / 255
    picture.info["icc_profile"] = LINEAR
    read = kmc.read(picture)
    curve = np.where(plain <= 0.0031308, 12.92 * plain, 1.055 * plain ** (1 / 2.4) - 0.055)
    assert np.abs(read.pixels[..., 0] - 255 * curve).max() <= 1.5
    assert read.pixels.shape == (1, 4, 1)
    assert read.metadata.icc_profile is None


def test_profiles_that_do_not_fit_are_dropped(photo):
    for mode, profile in (
        ("RGB", LINEAR),
        ("RGB", b"rubbish" * 99),
        ("L", b"x"),
        ("L", LINEAR[:140]),
        ("CMYK", WIDE),
        ("P", LINEAR),
    ):
        picture = Image.fromarray(photo).convert(mode)
        expected = kmc.read(picture).pixels
        picture.info["icc_profile"] = profile
        read = kmc.read(picture)
        assert read.metadata.icc_profile is None
        np.testing.assert_array_equal(read.pixels, expected)


@pytest.mark.parametrize(
    ("mode", "profile", "reason"),
    [
        ("CMYK", WIDE, "of the colour space RGB"),
        ("CMYK", WIDE[:16] + b"CMYK" + WIDE[20:200], "damaged"),
        ("L", LINEAR[:140], "damaged"),
        ("RGB", LINEAR, "of the colour space GRAY"),
    ],
)
def test_profiles_that_are_dropped_are_said(photo, mode, profile, reason):
    picture = Image.fromarray(photo).convert(mode)
    picture.info["icc_profile"] = profile
    assert f"colour profile left out: it is {reason}" in kmc.read(picture).changes


def test_wide_gamut_pictures_keep_pixels_and_profile(photo):
    for mode in ("RGB", "P", "L"):
        picture = Image.fromarray(photo).convert(mode)
        expected = kmc.read(picture).pixels
        picture.info["icc_profile"] = WIDE
        result = kmc.quantize(picture, 256, max_iter=5)
        np.testing.assert_array_equal(kmc.read(picture).pixels, expected)
        assert saved(result, "png").icc_profile == WIDE


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("dpi", (1e308, 1.0), "dpi must be two numbers above 0, at most 50000000, not"),
        ("dpi", (0.0, 72.0), "dpi must be two numbers above 0"),
        ("dpi", (72.0, float("nan")), "dpi must be two numbers above 0"),
        ("dpi", (72.0,), "dpi must be two numbers"),
        ("gamma", float("inf"), "gamma must be above 0, at most 20000, not inf"),
        ("gamma", 0.0, "gamma must be above 0"),
        ("chromaticity", (-0.1,) * 8, "chromaticity must be eight numbers from 0 to 20000"),
        ("chromaticity", (0.3,) * 7, "chromaticity must be eight numbers"),
    ],
)
def test_numbers_that_no_file_could_hold(field, value, message):
    with pytest.raises(kmc.ArgumentError, match=message):
        kmc.Metadata(**{field: value})


@pytest.mark.parametrize("value", [5e-324, 5e7, 20_000.0, 0.3])
@pytest.mark.parametrize("suffix", ["png", "tiff", "bmp", "kmc"])
def test_numbers_that_files_hold(value, suffix, make_indexed):
    plain = make_indexed(3)
    made = kmc.IndexedImage(plain.indices, plain.palette, 0.0, kmc.Metadata(dpi=(value, 1.0)))
    nothing = value < 0.01 and suffix != "kmc"  # others hold whole dots a metre, or fractions
    assert saved(made, suffix).dpi == (None if nothing else pytest.approx((value, 1), rel=0.02))
    if suffix in ("png", "kmc"):
        other = min(value, 2e4)
        metadata = kmc.Metadata(gamma=other, chromaticity=(other,) * 8)
        made = kmc.IndexedImage(plain.indices, plain.palette, 0.0, metadata)
        assert saved(made, suffix).chromaticity == pytest.approx((other,) * 8, abs=1e-5)


def test_repr():
    assert repr(kmc.Metadata()) == "<kmc.Metadata: none>"
    full = kmc.Metadata(b"abc", (300.0, 72.5), b"ab", b"<a/>", 0.5)
    assert repr(full) == (
        "<kmc.Metadata: 3 bytes of ICC profile, gamma 0.5, 300 x 72.5 dpi, "
        "2 bytes of EXIF, 4 bytes of XMP>"
    )


@pytest.mark.parametrize(
    ("gamma", "is_srgb"), [(None, True), (0.45455, True), (0.46, True), (0.5, False), (0.4, False)]
)
def test_which_gamma_is_that_of_srgb(gamma, is_srgb):
    assert kmc.Metadata(gamma=gamma).is_srgb == is_srgb
