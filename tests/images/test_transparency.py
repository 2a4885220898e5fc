"""`background` and `alpha_threshold` of `kmc.read`."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scenes import photo, veil

import kmc

SOFT = np.dstack((photo(48, 64, 3), np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))))


@pytest.mark.parametrize("background", ["#f80", "ff8800", (255, 136, 0), np.array([255, 136, 0])])
def test_over_a_background(background, tmp_path):
    ground = Image.new("RGBA", (64, 48), "#ff8800")
    expected = np.asarray(Image.alpha_composite(ground, Image.fromarray(SOFT)))[:, :, :3]
    path = tmp_path / "soft.png"
    Image.fromarray(SOFT).save(path)
    for source in (SOFT, path, kmc.read(SOFT), Image.fromarray(SOFT)):
        found = kmc.read(source, background=background).pixels
        assert found.shape == expected.shape
        assert np.abs(found.astype(int) - expected).max() <= 1  # Pillow rounds otherwise


@pytest.mark.parametrize("threshold", [1, 128, 255])
def test_alpha_is_rounded(threshold):
    found = kmc.read(SOFT, alpha_threshold=threshold).pixels
    opaque = SOFT[:, :, 3] >= threshold
    np.testing.assert_array_equal(found[opaque][:, :3], SOFT[opaque][:, :3])
    assert (found[opaque][:, 3] == 255).all()
    assert not found[~opaque].any()


def test_alpha_is_dithered():
    """As grey of two colours is."""
    found = kmc.read(SOFT, alpha_threshold="dither").pixels[:, :, 3]
    extremes = kmc.Palette(np.array([[0], [255]]))
    expected = np.asarray(extremes.remap(SOFT[:, :, 3], dither="blue-noise"))
    np.testing.assert_array_equal(found, expected)
    shares = []
    for level in range(256):
        flat = np.dstack((np.zeros((64, 64, 3), np.uint8), np.full((64, 64), level, np.uint8)))
        pixels = kmc.read(flat, alpha_threshold="dither").pixels
        shares.append(1.0 if pixels.shape[2] == 3 else np.mean(pixels[:, :, 3] == 255))
    assert shares == sorted(shares)
    assert shares[0] == 0 and shares[255] == 1
    np.testing.assert_allclose(shares, np.arange(256) / 255, atol=1 / 8)


def test_formats_without_alpha(tmp_path):
    result = kmc.quantize(SOFT, 12)
    for format, options in {
        "gif": {"alpha_threshold": "dither"},
        "bmp": {"background": "#fff"},
    }.items():
        with pytest.raises(kmc.ArgumentError) as caught:
            result.save(tmp_path / f"soft.{format}")
        assert f"kmc.read(image, {next(iter(options))}=" in caught.value.__notes__[0]
        kmc.quantize(kmc.read(SOFT, **options), 12).save(tmp_path / f"soft.{format}")


def test_pictures_without_alpha_stay_as_they_are():
    for pixels in (SOFT[:, :, :3], SOFT[:, :, :1]):
        for options in ({"background": "#fff"}, {"alpha_threshold": 9}):
            picture = kmc.read(pixels.copy())
            assert kmc.read(picture, **options) is picture
    clear = veil(48, 64)
    clear[:, :, 3] = 200
    assert kmc.read(clear, alpha_threshold=100).pixels.shape == (48, 64, 3)
    text = kmc.Picture(SOFT, kmc.Metadata(text=(("Comment", "kept"),)), ("something",))
    found = kmc.read(text, background="#fff")
    assert (found.metadata, found.changes) == (text.metadata, text.changes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"background": "white"}, "background: 'white' is no colour like #ff8000"),
        ({"background": "#ffff"}, "background must be an opaque colour: #ffffff, not '#ffff'"),
        ({"background": 9}, "background must"),
        ({"background": (1, 2, 300)}, r"background must lie in 0\.\.255"),
        ({"alpha_threshold": 0}, "alpha_threshold must be 1 to 255, not 0"),
        ({"alpha_threshold": 256}, "alpha_threshold must be 1 to 255, not 256"),
        ({"alpha_threshold": "noise"}, "alpha_threshold must be one of dither"),
        ({"alpha_threshold": 1, "background": "#fff"}, "exclude each other"),
    ],
)
def test_refused(options, words):
    with pytest.raises(kmc.ArgumentError, match=words):
        kmc.read(SOFT, **options)


def test_types():
    for options in ({"alpha_threshold": 1.5}, {"background": (0.5, 1, 1)}):
        with pytest.raises(kmc.ArgumentTypeError):
            kmc.read(SOFT, **options)
