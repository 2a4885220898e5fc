"""What is quantized in bands is what the whole picture would have become."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import encoded
from scenes import cutout, few, gradient, noise, photo, soft, veil

import kmc
from kmc.mapping.bands import BAND_ROWS
from kmc.mapping.dithering import DITHERS, checked_dither
from kmc.metadata import Metadata
from kmc.streaming import raster
from kmc.streaming.array_raster import ArrayRaster
from kmc.streaming.quantizing import counted, quantized, remapped
from kmc.streaming.raster import Adapted, bands, block_rows
from kmc.streaming.sinks import Content, regrouped, write_kmc

PICTURES = {
    "photo": photo(300, 41),
    "tall": gradient(321, 1),
    "flat": noise(3, 200),
    "grey": np.ascontiguousarray(photo(150, 40)[:, :, :1]),
    "clear": cutout(170, 40),
    "soft": soft(140, 50),
    "veil": veil(130, 30),
    "opaque": np.dstack((photo(150, 30), np.full((150, 30), 255, np.uint8))),
    "few": few(200, 30, 5),
}


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(raster, "BLOCK_PIXELS", 64 * 64)


def silent(_):
    pass


def drawn(image):
    return np.concatenate(list(image.bands(silent)))


def assert_same(image, whole):
    np.testing.assert_array_equal(image.palette.colors, whole.palette.colors)
    indices = drawn(image)
    np.testing.assert_array_equal(indices, whole.indices)
    assert indices.dtype == whole.indices.dtype
    assert image.mse == pytest.approx(whole.mse, rel=1e-12)


@pytest.mark.parametrize("dither", [None, *DITHERS])
@pytest.mark.parametrize("name", PICTURES)
def test_quantized_as_a_whole(name, dither):
    pixels, source = PICTURES[name], ArrayRaster(name, PICTURES[name], 48)
    pixels = kmc.read(encoded_alpha(pixels)).pixels if name == "opaque" else pixels
    for k, options in (
        (6, {}),
        (40, {"space": "oklab", "order": "luminance"}),
        (9, {"order": "hue", "fixed": [pixels[0, 0].tolist()]}),
        (30, {"psnr": 18}),
    ):
        whole = kmc.quantize(pixels, k, dither=dither, **options)
        assert_same(quantized(source, k, checked_dither(dither, 1.0), silent, **options), whole)


def encoded_alpha(pixels):
    """As a file whose opaque alpha is dropped when it is read."""
    from PIL import Image

    return encoded(Image.fromarray(pixels))


@pytest.mark.parametrize("name", PICTURES)
def test_remapped_as_a_whole(name):
    pixels, source = PICTURES[name], ArrayRaster(name, PICTURES[name])
    if name == "opaque":
        pixels = np.ascontiguousarray(pixels[:, :, :3])
    for colors in ([[0, 0, 0], [250, 250, 240], [90, 60, 30]], [[0, 0, 0, 0], [9, 200, 9, 255]]):
        for dither in (None, "adaptive", "bayer"):
            palette = kmc.Palette(np.array(colors, np.uint8), space="lab")
            whole = palette.remap(pixels, dither=dither)
            assert_same(remapped(source, palette, checked_dither(dither, 1.0), 1, silent), whole)


def test_a_palette_of_greys_has_no_colors():
    palette = kmc.Palette([[0], [255]])
    with pytest.raises(kmc.ImageError, match="a palette of grey colours cannot represent"):
        remapped(ArrayRaster("x", PICTURES["photo"]), palette, None, 1, silent)


def test_the_order_of_dithered_pixels_takes_them_all():
    source = ArrayRaster("x", PICTURES["photo"])
    with pytest.raises(kmc.ArgumentError, match="popularity"):
        quantized(source, 9, checked_dither("bayer", 1.0), silent, order="popularity")
    assert_same(
        quantized(source, 9, None, silent, order="popularity"),
        kmc.quantize(PICTURES["photo"], 9, order="popularity"),
    )
    with pytest.raises(kmc.ArgumentError, match="compact"):
        quantized(source, 9, None, silent, order="compact")


def test_progress_is_of_pixels():
    seen = []
    image = quantized(ArrayRaster("x", PICTURES["photo"]), 9, None, seen.append)
    for _ in image.bands(seen.append):
        pass
    assert sum(seen) == 2 * 300 * 41
    assert max(seen) <= 41 * block_rows(ArrayRaster("x", PICTURES["photo"]))


class Counting(ArrayRaster):
    """Remembers which rows were read, and how many at most are alive."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.read = []

    def rows(self, begin, end):
        self.read.append((begin, end))
        return super().rows(begin, end)


@pytest.mark.parametrize("step", [1, 7, 48, 64, 1000])
def test_each_row_is_read_once(step):
    source = Counting("x", photo(700, 33), step)
    rows = block_rows(source)
    assert rows % BAND_ROWS == 0
    assert rows % step == 0 or np.lcm(step, BAND_ROWS) * 33 > 2 * raster.BLOCK_PIXELS
    list(bands(source))
    assert [begin for begin, _ in source.read] == list(range(0, 700, rows))
    assert source.read[-1][1] == 700


def test_an_adapted_raster_keeps_its_channels():
    source = ArrayRaster("x", veil(130, 10))
    opaque = Adapted(source, lambda rows: rows[:, :, :3], 4)
    assert opaque.rows(0, 5).shape == (5, 10, 4)
    adapted, total = counted(opaque, 1, silent)
    assert (adapted.channels, total.colors.shape[1]) == (3, 3)
    assert adapted.rows(64, 70).flags.c_contiguous


@pytest.mark.parametrize("heights", [[7], [1, 2, 3], [500], [64, 0, 5]])
@pytest.mark.parametrize("edges", [[400], [1, 399, 400], [100, 200, 300, 400]])
def test_bands_are_regrouped(heights, edges):
    plane, given, at, i = np.arange(4000, dtype=np.uint16).reshape(400, 10), [], 0, 0
    while at < 400:
        given.append(plane[at : at + heights[i % len(heights)]])
        at, i = at + heights[i % len(heights)], i + 1
    found = list(regrouped(iter(given), edges))
    np.testing.assert_array_equal(np.concatenate(found), plane)
    np.testing.assert_array_equal(np.cumsum([len(each) for each in found]), edges)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("shape", [(50, 60), (2300, 1100), (5101, 2000), (3, 1_700_001)])
def test_kmc_files_have_the_bytes_of_the_whole(tmp_path, shape, threads):
    """Of one band and of several, among them bands of a single row."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    indices = ((x // 40 + y // 30) % 9).astype(np.uint8)
    colors, metadata = noise(9, 1)[:, 0], Metadata(dpi=(72.0, 72.0), text=(("Title", "x"),))
    whole = kmc.IndexedImage(indices, kmc.Palette(colors), 0.0, metadata)
    whole.save(tmp_path / "whole.kmc", level=1)
    parts = (indices[at : at + 77] for at in range(0, shape[0], 77))
    write_kmc(str(tmp_path / "x.kmc"), Content(shape, colors, parts, metadata, 1, threads))
    assert (tmp_path / "x.kmc").read_bytes() == (tmp_path / "whole.kmc").read_bytes()


def test_one_color_has_no_bands(tmp_path):
    plane = np.zeros((3000, 1000), np.uint8)
    kmc.IndexedImage(plane, kmc.Palette([[7]]), 0.0).save(tmp_path / "whole.kmc")
    content = Content(plane.shape, np.array([[7]], np.uint8), iter([plane]), Metadata(), None, 1)
    write_kmc(str(tmp_path / "x.kmc"), content)
    assert (tmp_path / "x.kmc").read_bytes() == (tmp_path / "whole.kmc").read_bytes()
