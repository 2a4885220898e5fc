"""What notebooks show: well-formed HTML, the true picture in it, and the right figures."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image, ImageCms

import kmc
from kmc.display.wording import byte_count

pytestmark = pytest.mark.once


class Reader(HTMLParser):
    """Takes HTML apart, and insists that what is opened is closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def image(self):
        (attributes,) = [attributes for tag, attributes in self.tags if tag == "img"]
        return attributes

    @property
    def picture(self):
        kind, data = self.image["src"].split(",")
        assert kind == "data:image/png;base64"
        return Image.open(io.BytesIO(base64.b64decode(data, validate=True)))


def test_an_indexed_image_shows_picture_figures_and_palette(photo):
    result = kmc.quantize(photo, 6)
    page = Reader(result._repr_html_())
    np.testing.assert_array_equal(np.asarray(page.picture.convert("RGB")), np.asarray(result))
    n_bytes = len(result._repr_png_())
    assert page.words[:3] == [
        "64 × 48 pixels",
        f"6 colours, MSE {result.mse:.1f}, PSNR {result.psnr:.1f} dB",
        f"{byte_count(n_bytes)} as PNG, 9.2 kB as 24-bit pixels",
    ]
    share = np.bincount(result.indices.reshape(-1)) / result.indices.size
    expected = [
        (f"#{bytes(result.palette.colors[i]).hex()}", f"{100 * share[i]:.1f} %")
        for i in np.argsort(-share, kind="stable")
    ]
    assert list(zip(page.words[3::2], page.words[4::2], strict=True)) == expected


def test_the_bundle_holds_the_same(photo):
    result = kmc.quantize(photo, 6)
    assert result._repr_mimebundle_(include=None, exclude=None) == {
        "text/plain": repr(result),
        "text/html": result._repr_html_(),
        "image/png": result._repr_png_(),
    }


def test_large_pictures_are_scaled_down_and_the_size_is_said():
    stripes = np.zeros((1000, 3000, 3), np.uint8)
    stripes[::2] = 255
    result = kmc.quantize(stripes, 2)
    page = Reader(result._repr_html_())
    assert page.picture.size == (800, 267)
    assert (page.image["width"], page.image["height"]) == ("800", "267")
    assert page.words[0] == "3000 × 1000 pixels, shown as 800 × 267"
    means = np.asarray(page.picture.convert("L"), float)
    assert 100 < means.mean() < 155  # averages, not a chance choice of stripes
    assert len(result._repr_html_()) < 30_000


@pytest.mark.parametrize(("shape", "shown"), [((1, 5000), (800, 1)), ((5000, 1), (1, 600))])
def test_thin_pictures_stay_visible(shape, shown):
    result = kmc.quantize(np.zeros(shape, np.uint8), 1)
    assert Reader(result._repr_html_()).picture.size == shown


@pytest.mark.parametrize("width", [40, 900])
def test_what_says_how_colours_look_is_shown_and_nothing_private(width):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    exif = b"MM\0*\0\0\0\x08\0\0\0\0\0\0"
    metadata = kmc.Metadata(icc_profile=profile, exif=exif, xmp=b"<x:xmpmeta/>")
    picture = kmc.quantize(np.zeros((9, width, 3), np.uint8), 1)
    result = kmc.IndexedImage(picture.indices, picture.palette, picture.mse, metadata)
    shown = Reader(result._repr_html_()).picture
    assert shown.info["icc_profile"] == profile
    assert not {"exif", "xmp", "XML:com.adobe.xmp"} & set(shown.info)


def test_small_pictures_are_enlarged_by_whole_numbers(make_indexed):
    page = Reader(make_indexed(4, shape=(20, 30))._repr_html_())
    assert (page.image["width"], page.image["height"]) == ("180", "120")
    assert page.picture.size == (30, 20)
    assert "pixelated" in page.image["style"]


@pytest.mark.parametrize("k", [1, 2, 33, 256, 300, 2000])
@pytest.mark.parametrize("channels", [1, 3])
def test_palettes_of_any_size(make_indexed, k, channels):
    image = make_indexed(k, channels)
    for thing in (image, image.palette):
        page = Reader(thing._repr_html_())
        shown = [style for _, style in page.tags if re.search("height:.*background:#", str(style))]
        assert len(shown) == min(k, 1024)
        assert ("and 976 more" in page.words) == (k == 2000)
        assert any(f"{k} colour" in word for word in page.words)


@pytest.mark.parametrize("times", [1, 20])
def test_transparent_colours_lie_over_a_checkerboard(photo, times):
    alpha = np.broadcast_to(np.arange(0, 256, 4, dtype=np.uint8)[:, None], (48, 64, 1))
    pixels = np.concatenate((photo, alpha), axis=2).repeat(times, axis=0).repeat(times, axis=1)
    result = kmc.quantize(pixels, 6)
    page = Reader(result._repr_html_())
    shown = np.asarray(page.picture.convert("RGBA"))
    assert shown[:, 0, 3].max() == 0
    assert shown[:, -1, 3].min() > 150
    assert "conic-gradient" in page.image["style"]
    swatches = [style["style"] for _, style in page.tags if "linear-gradient" in str(style)]
    assert len(swatches) == (result.palette.colors[:, 3] < 255).sum() > 0
    assert "32-bit pixels" in page.words[2]


def test_squares_of_a_large_palette_have_names(make_indexed):
    palette = make_indexed(40).palette
    titles = [style["title"] for tag, style in Reader(palette._repr_html_()).tags if tag == "i"]
    largest = int(np.argmax(palette.counts))
    share = 100 * palette.counts[largest] / palette.counts.sum()
    assert titles[0] == f"{largest}: #{bytes(palette.colors[largest]).hex()} {share:.1f} %"


def test_a_palette_that_served_no_picture_has_no_shares():
    page = Reader(kmc.Palette([[0, 0, 0], [255, 0, 10]])._repr_html_())
    assert page.words == ["2 colours", "#000000", "#ff000a"]


def test_no_error_is_called_lossless():
    result = kmc.quantize(np.array([[0, 9]], np.uint8), 2)
    assert "2 colours, lossless" in Reader(result._repr_html_()).words
    assert "2 B as 8-bit pixels" in result._repr_html_()


def test_what_is_slow_to_encode_is_not_encoded(monkeypatch, photo):
    monkeypatch.setattr("kmc.display.notebook.MAX_ENCODED_PIXELS", 100)
    assert Reader(kmc.quantize(photo, 4)._repr_html_()).words[2] == "9.2 kB as 24-bit pixels"


@pytest.mark.parametrize(
    ("n_bytes", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (3e9, "3.0 GB"),
        (2e12, "2000.0 GB"),
    ],
)
def test_sizes(n_bytes, text):
    assert byte_count(n_bytes) == text
