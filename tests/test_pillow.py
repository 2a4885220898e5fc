"""kmc.pillow.quantize in place of Pillow's own method."""

from __future__ import annotations

import inspect
import io

import numpy as np
import pytest
from PIL import Image, ImageCms
from scenes import noise, photo, soft

import kmc
import kmc.pillow

PHOTO = Image.fromarray(photo(30, 40))
TRAFFIC = [255, 0, 0, 255, 191, 0, 0, 160, 0]


def palette_image(values, mode="RGB"):
    image = Image.new("P", (1, 1))
    image.putpalette(bytes(values), mode)
    return image


def same(found, expected):
    assert (found.mode, found.size) == (expected.mode, expected.size)
    assert found.getpalette() == expected.getpalette()
    assert found.tobytes() == expected.tobytes()


def test_the_parameters_are_those_of_pillow():
    ours = inspect.signature(kmc.pillow.quantize).parameters
    theirs = inspect.signature(Image.Image.quantize).parameters
    assert list(ours)[1:] == list(theirs)[1:]
    for name in ("colors", "method", "kmeans", "palette"):
        assert ours[name].default == theirs[name].default


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16"]
)
def test_every_mode(mode):
    image = PHOTO.convert("L").convert(mode) if mode == "I;16" else PHOTO.convert(mode)
    found = kmc.pillow.quantize(image, 8)
    assert (found.mode, found.size) == ("P", image.size)
    assert len(found.getcolors()) <= 8
    expected = kmc.quantize(image, 8)
    np.testing.assert_array_equal(np.asarray(found), expected.indices)
    with io.BytesIO() as file:
        found.save(file, "PNG")


def test_less_error_than_pillow():
    original = np.asarray(PHOTO).astype(int)

    def error(image):
        return np.square(np.asarray(image.convert("RGB")) - original).sum()

    assert error(kmc.pillow.quantize(PHOTO, 16)) < error(PHOTO.quantize(16, kmeans=1))


def test_alpha_is_kept():
    image = Image.fromarray(soft(30, 40))
    found = kmc.pillow.quantize(image, 16)
    expected = np.asarray(kmc.quantize(soft(30, 40), 16))
    shown = np.asarray(found.convert("RGBA"))
    np.testing.assert_array_equal(shown, expected)


@pytest.mark.parametrize(
    ("method", "effort"),
    [(None, "default"), (0, "default"), (1, "default"), (2, "fast"), (3, "default")],
)
@pytest.mark.parametrize("kmeans", [0, 1, 100])
def test_methods_are_efforts(method, effort, kmeans):
    found = kmc.pillow.quantize(PHOTO, 32, method, kmeans)
    same(found, kmc.quantize(PHOTO, 32, effort=effort).to_pil())
    if method is not None:
        same(kmc.pillow.quantize(PHOTO, 32, Image.Quantize(method)), found)


@pytest.mark.parametrize(
    ("dither", "name"),
    [
        (None, None),
        (Image.Dither.NONE, None),
        (Image.Dither.ORDERED, "bayer"),
        (Image.Dither.FLOYDSTEINBERG, "floyd-steinberg"),
        ("atkinson", "atkinson"),
        ("blue-noise", "blue-noise"),
    ],
)
def test_dithering(dither, name):
    same(kmc.pillow.quantize(PHOTO, 8, dither=dither), kmc.quantize(PHOTO, 8, dither=name).to_pil())
    by_default = "floyd-steinberg" if dither is None else name
    same(
        kmc.pillow.quantize(PHOTO, palette=TRAFFIC, dither=dither),
        kmc.Palette(np.reshape(TRAFFIC, (3, 3))).remap(PHOTO, dither=by_default).to_pil(),
    )


@pytest.mark.parametrize(
    "palette",
    [
        TRAFFIC,
        tuple(TRAFFIC),
        bytes(TRAFFIC),
        bytearray(TRAFFIC),
        np.array(TRAFFIC, np.uint8),
        np.reshape(TRAFFIC, (3, 3)),
        [(255, 0, 0), (255, 191, 0), (0, 160, 0)],
        ["#ff0000", "#ffbf00", "#00a000"],
        kmc.Palette(np.reshape(TRAFFIC, (3, 3))),
        palette_image(TRAFFIC),
    ],
    ids=lambda palette: type(palette).__name__,
)
def test_palettes(palette):
    found = kmc.pillow.quantize(PHOTO, palette=palette, dither=0)
    assert found.getpalette() == TRAFFIC
    theirs = PHOTO.quantize(palette=palette_image(TRAFFIC), dither=0)
    entries, rows = np.reshape(TRAFFIC, (3, 1, 3)), np.asarray(PHOTO).reshape(-1, 3).astype(int)
    nearest = np.square(rows - entries).sum(axis=2).argmin(axis=0)
    np.testing.assert_array_equal(np.asarray(found).ravel(), nearest)
    assert (np.asarray(theirs).ravel() == nearest).mean() > 0.9  # Pillow's is approximate


def test_transparent_palettes():
    palette = palette_image(TRAFFIC)
    palette.info["transparency"] = 1
    found = kmc.pillow.quantize(Image.fromarray(soft(30, 40)), palette=palette, dither=0)
    assert found.info["transparency"] == 1
    assert 1 in np.asarray(found)
    assert 1 not in np.asarray(kmc.pillow.quantize(PHOTO, palette=palette))


def test_the_current_frame():
    frames = [Image.new("L", (4, 4), 60 * i) for i in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    with Image.open(file) as animation:
        animation.seek(2)
        assert kmc.pillow.quantize(animation, 4).getpalette()[:3] == [120, 120, 120]
        assert animation.tell() == 2


def test_images_are_neither_turned_nor_changed():
    image = PHOTO.copy()
    exif = Image.Exif()
    exif[0x0112] = 6
    image.info |= {"exif": exif.tobytes(), "dpi": (72, 72), "comment": b"mine"}
    before = dict(image.info), image.tobytes()
    found = kmc.pillow.quantize(image, 8)
    assert found.size == image.size and found.info == image.info
    assert (image.info, image.tobytes()) == before
    same(found, kmc.pillow.quantize(PHOTO, 8))
    file = io.BytesIO()
    image.save(file, "PNG", exif=exif)
    with Image.open(file) as opened:
        again = kmc.pillow.quantize(opened, 8)
        assert again.size == image.size and again.getexif()[0x0112] == 6


def test_profiles_stay_where_they_are_true():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = PHOTO.copy()
    image.info["icc_profile"] = profile
    assert kmc.pillow.quantize(image, 8).info["icc_profile"] == profile
    image = PHOTO.convert("CMYK")
    image.info["icc_profile"] = profile
    assert "icc_profile" not in kmc.pillow.quantize(image, 8).info


def test_an_old_transparency_does_not_stay():
    image = Image.fromarray(photo(9, 9)[..., 0])
    image.info["transparency"] = int(np.asarray(image)[0, 0])
    found = kmc.pillow.quantize(image, 4)
    assert found.convert("RGBA").getpixel((0, 0))[3] == 0
    image.info["transparency"] = 256 - 1 if 255 not in np.asarray(image) else 254
    assert "transparency" not in kmc.pillow.quantize(image, 4).info


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"colors": 0}, kmc.ArgumentError, "colors must be 1 to 256, not 0"),
        ({"colors": 257}, kmc.ArgumentError, "colors must be 1 to 256"),
        ({"method": 4}, kmc.ArgumentError, "method must be 0 to 3, not 4"),
        ({"method": "octree"}, kmc.ArgumentTypeError, "method must be an integer"),
        ({"kmeans": -1}, kmc.ArgumentError, "kmeans must be at least 0"),
        ({"kmeans": None}, kmc.ArgumentTypeError, "kmeans must be an integer"),
        ({"dither": 2}, kmc.ArgumentError, "dither must not be RASTERIZE"),
        ({"dither": 4}, kmc.ArgumentError, "dither must be 0 to 3"),
        ({"dither": "fine"}, kmc.ArgumentError, "dither must be one of adaptive, floyd-steinberg"),
        ({"palette": TRAFFIC, "colors": 2}, kmc.ArgumentError, "colors and palette exclude"),
        ({"palette": TRAFFIC, "method": 0}, kmc.ArgumentError, "method and palette exclude"),
        ({"palette": TRAFFIC, "kmeans": 1}, kmc.ArgumentError, "kmeans and palette exclude"),
        ({"palette": [1, 2]}, kmc.ArgumentError, "red, green and blue of each colour, not 2"),
        ({"palette": b""}, kmc.ArgumentError, "red, green and blue of each colour, not 0"),
        ({"palette": [1, 2, 300]}, kmc.ArgumentError, "palette must lie in 0..255"),
        ({"palette": ["red"]}, kmc.ArgumentError, "palette: 'red' is no colour"),
        ({"palette": PHOTO}, kmc.ArgumentError, 'image of mode "P", not "RGB"'),
        ({"palette": noise(20, 20)[0].repeat(20, axis=0)}, kmc.ArgumentError, "at most 256"),
        ({"palette": 7}, kmc.ArgumentError, "palette must have shape"),
    ],
)
def test_what_is_wrong_is_said(options, error, message):
    with pytest.raises(error, match=message):
        kmc.pillow.quantize(PHOTO, **options)


def test_only_pillow_images():
    with pytest.raises(kmc.ArgumentTypeError, match=r"im must be a PIL\.Image\.Image, not ndarray"):
        kmc.pillow.quantize(photo(4, 4))
    with pytest.raises(kmc.ImageError):  # grey for colours
        kmc.pillow.quantize(Image.fromarray(photo(30, 40)), palette=kmc.Palette([[1], [9]]))
    with pytest.raises(kmc.ImageShapeError, match="empty"):
        kmc.pillow.quantize(Image.new("RGB", (0, 3)))


def test_an_rgb_palette_serves_transparency():
    image = Image.fromarray(soft(30, 40))
    result = kmc.pillow.quantize(image, palette=TRAFFIC)
    assert (result.mode, result.info["transparency"]) == ("P", 0)
    alpha = np.asarray(result.convert("RGBA"))[..., 3]
    original = np.asarray(image)[..., 3]
    assert (alpha[original == 0] == 0).all() and (alpha[original == 255] == 255).all()
    full = np.random.default_rng(0).integers(0, 256, (256, 3), np.uint8)
    with pytest.raises(kmc.ArgumentError, match="256 colours leave no room for a transparent one"):
        kmc.pillow.quantize(image, palette=full)
