"""Dithering equals its plain twin bit for bit, keeps clean what is clean, and serves areas."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import reference_dither as twin
from engine import ways
from hypothesis import given
from hypothesis import strategies as st
from scenes import few, gradient, noise, photo, scattered

import kmc
from kmc import core
from kmc.colors.spaces import SPACES, coordinates
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.mapping.dithering import DITHERS, LIGHTNESS, Dither, dithered
from kmc.mapping.remapping import remap

DIFFUSING = {"floyd-steinberg": twin.FLOYD_STEINBERG, "atkinson": twin.ATKINSON}
SOURCES = Path(__file__).resolve().parents[2] / "src_c"


def blue_noise():
    """The mask of the C header, thresholds 0 to 15."""
    text = (SOURCES / "dither" / "blue_noise.h").read_text(encoding="utf-8")
    body = text[text.index("= {") + 3 : text.index("};")]
    return np.array([int(value) for value in body.split(",")[:-1]]).reshape(64, 64) // 16


MASKS = {"bayer": twin.bayer(), "blue-noise": blue_noise()}


def plain_labels(colors, palette, space="rgb"):
    """The nearest entry of each colour as a remap gives it: clear to clear, opaque to opaque."""
    d = twin.Dithering(colors[None], palette, space)
    return np.array(
        [d.nearest(at, alpha == 255) for at, alpha in zip(d.at[0], d.alpha[0], strict=True)],
        np.uint16,
    )


def expected(pixels, palette, name, strength, space):
    d = twin.Dithering(pixels, palette, space)
    if name in DIFFUSING:
        return twin.diffuse(d, DIFFUSING[name], strength)
    plain = plain_labels(pixels.reshape(-1, pixels.shape[2]), palette, space)
    plain = plain.reshape(d.alpha.shape)
    if name == "adaptive":
        return twin.adapt(d, plain, strength)
    light = coordinates(palette)[:, :3].astype(np.int64) @ np.array(LIGHTNESS)
    rank = np.argsort(np.argsort(light, kind="stable"))
    return twin.order(d, plain, MASKS[name], rank, strength)


def found(pixels, palette, name, strength=256, threads=1, space="rgb"):
    colors, _ = core.colors.histogram(pixels, threads)
    labels = plain_labels(colors, palette, space)
    return dithered(Dither(name, strength), pixels, colors, labels, palette, space, threads)


def check(pixels, palette, name, strength=256, space="rgb"):
    """The engine against its twin, and its error against the pixels, always in levels."""
    right = expected(pixels, palette, name, strength, space)
    indices, error = found(pixels, palette, name, strength, space=space)
    np.testing.assert_array_equal(indices, right)
    assert indices.dtype == (np.uint8 if len(palette) <= 256 else np.uint16)
    flat = coordinates(pixels.reshape(-1, pixels.shape[2])).astype(np.int64)
    off = flat - coordinates(palette)[right.reshape(-1)]
    assert error == np.square(off).sum() / 64**2


def alpha_picture(height, width, seed):
    picture = noise(height, width, 4, seed)
    picture[..., 3] = np.array([0, 255, 255, 130, 40])[picture[..., 3] % 5]
    return picture


def some_palette(channels, k, seed):
    palette = noise(1, k, channels, seed + 77)[0]
    if channels == 4:
        palette[:, 3] = np.array([255, 0, 200, 255])[np.arange(k) % 4]
    return palette


PICTURES = {
    1: lambda height, width, seed: gradient(height, width)[..., :1].copy(),
    3: lambda height, width, seed: photo(height, width, seed),
    4: alpha_picture,
}


@given(
    st.sampled_from(DITHERS),
    st.integers(1, 13),
    st.integers(1, 13),
    st.sampled_from([1, 3, 4]),
    st.sampled_from([1, 2, 3, 7, 40]),
    st.sampled_from([256, 256, 128, 3]),
    st.integers(0, 99),
)
def test_equals_its_twin(name, height, width, channels, k, strength, seed):
    pixels = PICTURES[channels](height, width, seed)
    check(pixels, some_palette(channels, k, seed), name, strength)


@pytest.mark.parametrize("name", DITHERS)
@pytest.mark.parametrize("space", SPACES)
def test_every_space(name, space):
    for channels in (1, 3, 4):
        pixels = PICTURES[channels](10, 12, 3)
        check(pixels, some_palette(channels, 9, 4), name, 230, space)


@pytest.mark.parametrize("name", DITHERS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (150, 1), (140, 5)])
def test_bands_masks_and_thin_pictures(name, shape):
    pixels = photo(*shape)
    check(pixels, kmc.fit(noise(20, 20), 9).colors, name)


@pytest.mark.parametrize("space", ["rgb", "oklab"])
def test_adaptive_where_few_pixels_accept_errors(space):
    """Bands and flat areas in patches of a picture, across the borders between the parts that it is
    worked on in, 352, 704 and 1008 pixels from the left; texture hides errors elsewhere."""
    palette = kmc.fit(gradient(24, 22), 6).colors
    pixels = noise(44, 1050, 3, 1)
    pixels[20:44, 340:362] = gradient(24, 22)
    pixels[:6, :30] = gradient(6, 30)
    pixels[4:40, 690:720] = pixels[4:40, 995:1020] = palette[1] ^ 2
    pixels[25:38, 998:1012] = palette[4]
    right = expected(pixels, palette, "adaptive", 256, space)
    plain = kmc.Palette(palette, space=space).remap(pixels).indices
    assert 0 < (right != plain).mean() < 0.02
    for variant in kmc.cpu.available():
        with kmc.cpu.use(variant):
            np.testing.assert_array_equal(found(pixels, palette, "adaptive", space=space)[0], right)


@pytest.mark.parametrize("name", DITHERS)
def test_many_colours_and_equal_ones(name):
    palette = noise(1, 300, 3, 5)[0]
    palette[200:] = palette[:100]
    check(noise(9, 11), palette, name)
    check(noise(9, 11), np.full((5, 3), 90, np.uint8), name)


def test_rows_above_the_picture_are_like_its_first_one():
    """They have no share in what the second one loses."""
    palette = np.array([[255, 255, 255], [0, 128, 0], [0, 127, 128], [0, 255, 128]], np.uint8)
    check((scattered((2, 8, 3), 3, 5) * 60).astype(np.uint8), palette, "floyd-steinberg")


EQUAL = """
import resource
import kmc, numpy as np
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
palette = kmc.Palette(np.full((65536, 3), 90, np.uint8))
before = peak()
assert not palette.remap(picture, dither="floyd-steinberg", threads=1).indices.any()
assert peak() < 4 * before, (before, peak())
"""


@pytest.mark.parametrize("code", [EQUAL] if os.name == "posix" else [])
def test_very_many_equal_colours_take_little_memory(code):
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", DITHERS)
def test_the_same_in_every_way(name):
    """Any threads, any instruction set; few entries far apart drive errors to their limits."""
    for pixels, k in ((photo(300, 310), 12), (alpha_picture(140, 240, 5), 7), (noise(150, 220), 2)):
        palette = kmc.Palette(some_palette(pixels.shape[2], k, 6))
        results = {
            palette.remap(pixels, dither=name, threads=threads).indices.tobytes()
            for _, threads in ways()
        }
        assert len(results) == 1


@pytest.mark.parametrize("name", DITHERS)
def test_black_and_white(name):
    palette = np.array([[0, 0, 0], [255, 255, 255]], np.uint8)
    for picture in (noise(20, 30), 255 * (noise(20, 30) & 1), photo(70, 8)):
        check(picture, palette, name)


@pytest.mark.parametrize("name", DITHERS)
@pytest.mark.parametrize("space", ["rgb", "oklab"])
def test_quantize_and_remap_dither_alike(name, space):
    pixels = photo(60, 80)
    whole = kmc.quantize(pixels, 8, dither=name, dither_strength=0.75, space=space)
    again = whole.palette.remap(pixels, dither=name, dither_strength=0.75, threads=2)
    np.testing.assert_array_equal(whole.indices, again.indices)
    off = np.asarray(whole).astype(int) - pixels
    assert whole.mse == again.mse == np.square(off).sum() / (60 * 80)
    assert (whole.indices != kmc.quantize(pixels, 8, space=space).indices).any()


@pytest.mark.parametrize("name", DITHERS)
def test_pictures_with_alpha(name):
    pixels = alpha_picture(40, 50, 1)
    result = kmc.quantize(pixels, 12, dither=name)
    painted = np.asarray(result)
    clear, opaque = pixels[..., 3] == 0, pixels[..., 3] == 255
    assert (painted[clear] == 0).all()
    assert (painted[opaque][:, 3] == 255).all()
    off = coordinates(painted.reshape(-1, 4)).astype(int) - coordinates(pixels.reshape(-1, 4))
    assert result.mse == np.square(off).sum() / 64**2 / (40 * 50)


@pytest.mark.parametrize("name", DITHERS)
def test_no_strength_is_no_dithering(name):
    pixels = photo(60, 80)
    plain = kmc.quantize(pixels, 8)
    result = kmc.quantize(pixels, 8, dither=name, dither_strength=0)
    np.testing.assert_array_equal(result.indices, plain.indices)
    assert result.mse == plain.mse


@pytest.mark.parametrize("name", DITHERS)
def test_a_picture_of_few_colours_stays_as_it_is(name):
    pixels = few(30, 40, 12)
    np.testing.assert_array_equal(np.asarray(kmc.quantize(pixels, 12, dither=name)), pixels)


@pytest.mark.parametrize("name", DITHERS)
@given(st.integers(1, 3), st.integers(0, 9))
def test_colours_that_are_near_each_other_stay_as_they_are(name, apart, seed):
    """Several palette colours in one cell of the grid."""
    colors = (100 + apart * scattered((40, 3), 5, seed)).astype(np.uint8)
    pixels = colors[scattered((12, 20), 40, seed + 1)]
    np.testing.assert_array_equal(np.asarray(kmc.quantize(pixels, 256, dither=name)), pixels)


@pytest.mark.parametrize("name", DITHERS)
def test_clear_stays_clear_and_opaque_stays_opaque(name):
    pixels, palette = alpha_picture(40, 50, 1), some_palette(4, 16, 2)
    painted = palette[found(pixels, palette, name)[0]]
    before = plain_labels(pixels.reshape(-1, 4), palette).reshape(40, 50)
    clear, opaque = pixels[..., 3] == 0, pixels[..., 3] == 255
    np.testing.assert_array_equal(painted[clear], palette[before[clear]])
    assert (painted[opaque][:, 3] == 255).all()


def test_nothing_flows_through_clear_pixels():
    """What lies beyond a clear stripe, two pixels wide, is as if there was nothing before it."""
    pixels = np.full((1, 40, 4), 255, np.uint8)
    pixels[..., :3] = 90
    pixels[:, 10:12, 3] = 0
    other = pixels.copy()
    other[:, :10, :3] = 30
    palette = np.array([[0, 0, 0, 0], [0, 0, 0, 255], [255, 255, 255, 255]], np.uint8)
    for name in DITHERS:
        np.testing.assert_array_equal(
            found(pixels, palette, name)[0][:, 14:], found(other, palette, name)[0][:, 14:]
        )


def blurred(picture):
    """Means over 9 x 9 pixels, inside."""
    sums = np.cumsum(np.cumsum(np.pad(picture.astype(np.int64), ((1, 0), (1, 0), (0, 0))), 0), 1)
    return (sums[9:, 9:] - sums[:-9, 9:] - sums[9:, :-9] + sums[:-9, :-9]) / 81


@pytest.mark.parametrize("name", DITHERS)
def test_a_gradient_has_no_bands(name):
    """In 16 colours, blurred, its error is less than a third of what it is without dithering."""
    x = np.broadcast_to(np.arange(256), (128, 256))
    pixels = np.stack((40 + x // 2, 60 + x // 4, 200 - x // 3), -1).astype(np.uint8)
    off = [
        np.square(blurred(np.asarray(kmc.quantize(pixels, 16, dither=d))) - blurred(pixels)).mean()
        for d in (None, name)
    ]
    assert off[1] < off[0] / 3


def drawing():
    """Line art with soft edges: discs and lines, flat inside and outside."""
    y, x = np.mgrid[0:480, 0:640]
    picture = np.full((480, 640, 3), (250, 248, 240))
    for (at_y, at_x, size), color in zip(
        [(150, 160, 110), (260, 430, 150)], [(90, 160, 220), (230, 90, 70)], strict=True
    ):
        away = (y - at_y) ** 2 + (x - at_x) ** 2
        picture[away < (size + 10) ** 2] = (20, 20, 30)
        picture[away < size**2] = color
    for i in range(6):
        picture[np.abs(3 * x - 7 * y + 300 * i) < 12] = (20, 20, 30)
    return (picture.reshape(120, 4, 160, 4, 3).sum(axis=(1, 3)) // 16).astype(np.uint8)


@pytest.mark.parametrize("name", DITHERS)
def test_flat_areas_of_a_drawing_stay_clean(name):
    """In 16 colours no pixel among equal ones whose colour the palette has gets another."""
    pixels = drawing()
    result = kmc.quantize(pixels, 16, dither=name)
    painted, plain = np.asarray(result), np.asarray(kmc.quantize(pixels, 16))
    same = np.ones((118, 158), bool)
    for y in range(3):
        for x in range(3):
            same &= (pixels[y : y + 118, x : x + 158] == pixels[1:-1, 1:-1]).all(axis=2)
    exact = same & (plain[1:-1, 1:-1] == pixels[1:-1, 1:-1]).all(axis=2)
    assert exact.mean() > 0.5
    np.testing.assert_array_equal(painted[1:-1, 1:-1][exact], pixels[1:-1, 1:-1][exact])


@pytest.mark.parametrize("space", ["rgb", "oklab"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", ["bayer", "blue-noise"])
def test_ordered_dithering_of_parts_is_that_of_the_whole(name, channels, space):
    pixels = noise(150, 140, channels) if channels != 3 else photo(150, 140)
    palette = kmc.fit(pixels, 9, effort="fast", space=space).colors
    whole = remap(pixels, palette, space, Dither(name, 256), 1)
    error = 0
    for y, x in ((0, 0), (0, 33), (71, 0), (71, 33)):
        rows, columns = slice(y, 150 if y else 71), slice(x, 140 if x else 33)
        part = np.ascontiguousarray(pixels[rows, columns])
        found = remap(part, palette, space, Dither(name, 256, (y, x)), 1)
        np.testing.assert_array_equal(found.indices, whole.indices[rows, columns])
        error += found.error
    assert error == whole.error


@pytest.mark.parametrize("name", ["bayer", "blue-noise"])
def test_ordered_kinds_know_only_the_place(name):
    pixels = photo(128, 192)
    palette = kmc.fit(pixels, 8)
    whole = palette.remap(pixels, dither=name).indices
    tile = palette.remap(pixels[64:, 64:128], dither=name).indices
    np.testing.assert_array_equal(whole[64:, 64:128], tile)


def test_half_of_black_and_white_is_grey():
    """Of adaptive dithering not: it leaves flat areas alone."""
    palette = kmc.Palette([[0], [255]])
    for name in set(DITHERS) - {"adaptive"}:
        painted = np.asarray(palette.remap(np.full((64, 64), 127, np.uint8), dither=name))
        assert abs(painted.mean() - 127) < 12


def test_the_mask_is_the_one_its_script_makes():
    spec = importlib.util.spec_from_file_location("mask", SOURCES / "dither" / "make_blue_noise.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.header() == (SOURCES / "dither" / "blue_noise.h").read_text(encoding="utf-8")
    assert sorted(script.ranks().reshape(-1).tolist()) == list(range(64 * 64))


def test_refusals():
    pixels, palette = photo(9, 9), kmc.Palette([[0, 0, 0]])
    for options, error, message in (
        ({"dither": "sierra"}, ArgumentError, "dither must be one of none, adaptive, floyd"),
        ({"dither": 3}, ArgumentTypeError, "dither must be one of"),
        ({"dither": "bayer", "dither_strength": 1.5}, ArgumentError, "must be 0 to 1"),
        ({"dither": "bayer", "dither_strength": -1}, ArgumentError, "dither_strength must be 0"),
        ({"dither": "bayer", "dither_strength": "1"}, ArgumentTypeError, "must be a number"),
        ({"dither_strength": 0.5}, ArgumentError, "dither_strength needs a dither"),
    ):
        with pytest.raises(error, match=message):
            kmc.quantize(pixels, 2, **options)
        with pytest.raises(error, match=message):
            palette.remap(pixels, **options)


def test_adaptive_dithers_bands_and_leaves_texture_alone():
    """A ramp, and beside it the same levels in random order, by six levels of grey."""
    ramp = np.linspace(40, 200, 96)[None].repeat(64, axis=0).astype(np.uint8)
    mixed = np.random.default_rng(3).permuted(ramp, axis=1)
    palette = kmc.Palette(np.linspace(40, 200, 6).round().astype(np.uint8)[:, None])
    for picture, least, most in ((ramp, 0.15, 0.9), (mixed, 0, 0.02)):
        plain = palette.remap(picture).indices
        changed = (palette.remap(picture, dither="adaptive").indices != plain).mean()
        assert least <= changed <= most
    dithered = np.asarray(palette.remap(ramp, dither="adaptive")).astype(float)
    bands = np.asarray(palette.remap(ramp)).astype(float)
    columns = [abs(each.mean(axis=0) - ramp.mean(axis=0)).mean() for each in (dithered, bands)]
    assert columns[0] < columns[1] / 2


def squares_and_a_ramp(seed, channels):
    """Squares of one colour each, soft edges between some of them, and a slow gradient."""
    random = np.random.default_rng(seed)
    squares = random.integers(0, 256, (3, 4, channels), np.uint8).repeat(9, 0).repeat(9, 1)
    squares[8:10, 5:20] = squares[7, 5] // 2 + squares[10, 5] // 2
    squares[18:, 18:] = (100 + np.arange(18) * (1 + seed) // 4)[:, None]
    if channels == 4:
        squares[..., 3] = np.where(squares[..., 3] < 90, 40, 255)
    return squares


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("space", ["rgb", "oklab"])
def test_drawings_equal_their_twin(channels, space):
    for seed in range(4):
        pixels = squares_and_a_ramp(seed, channels)
        check(pixels, some_palette(channels, 6, seed), "adaptive", 256, space)


def test_adaptive_leaves_flat_areas_alone_up_to_their_edges():
    """Unless the palette has no colour like theirs."""
    flat = np.full((40, 40), 95, np.uint8)
    flat[:, 20:] = flat[:20, 7:] = 145
    for entries, is_plain in (([90, 140, 200], True), ([80, 140, 200], False)):
        palette = kmc.Palette(np.array(entries)[:, None])
        plain, dithered = (palette.remap(flat, dither=name).indices for name in (None, "adaptive"))
        assert np.array_equal(dithered, plain) is is_plain
        area = np.asarray(palette.remap(flat, dither="adaptive"))[25:, 4:16]
        assert area.mean() == pytest.approx(90 if is_plain else 95, abs=1)


def test_adaptive_dithers_slow_gradients_and_soft_alpha():
    """One level in five pixels; and white that fades, whose coordinates have a constant sum."""
    slow = (60 + np.arange(160) // 5).astype(np.uint8)[None].repeat(40, axis=0)
    palette = kmc.Palette([[50], [70], [100]])
    changed = palette.remap(slow, dither="adaptive").indices != palette.remap(slow).indices
    assert changed[:, 75:150].reshape(40, 15, 5).any(axis=(0, 2)).all()
    fading = np.full((40, 160, 4), 255, np.uint8)
    fading[..., 3] = np.arange(160)
    result = kmc.quantize(fading, 6, look="best")
    alpha = np.asarray(result)[..., 3].astype(float)
    columns = np.convolve(alpha.mean(axis=0) - np.arange(160), np.ones(5) / 5, "valid")
    assert abs(columns[:130]).max() < 6  # 13 without dithering


def test_adaptive_leaves_errors_that_nobody_sees():
    ramp = np.linspace(0, 255, 256).astype(np.uint8)[None].repeat(40, axis=0)
    levels = np.arange(256, dtype=np.uint8)
    palette = kmc.Palette(
        levels[levels % 4 != 0, None]
    )  # a quarter of the pixels are off by a level
    plain = palette.remap(ramp)
    np.testing.assert_array_equal(palette.remap(ramp, dither="adaptive").indices, plain.indices)
    assert palette.remap(ramp, dither="adaptive").mse == plain.mse


def test_colors_of_another_picture_are_refused_by_the_core():
    pixels = photo(9, 9)
    entries, clear = coordinates(pixels[0]), coordinates(pixels[0, :1])
    colors, _ = core.colors.histogram(pixels, 1)
    places, labels = coordinates(colors), np.zeros(len(colors), np.uint16)
    canvas = core.dither.Canvas(pixels, entries, clear, None, colors)
    for wrong in ((places[1:], labels), (places, labels[1:]), (places[:, :3].copy(), labels)):
        with pytest.raises(ArgumentError, match="colors and labels do not fit together"):
            canvas.adapt(*wrong, 256, 1)
    with pytest.raises(ArgumentError):  # beyond the palette
        canvas.adapt(places, labels + 9, 256, 1)
    with pytest.raises(ArgumentError, match="colors and labels do not fit together"):
        core.dither.Canvas(pixels, entries, clear, None).adapt(places, labels, 256, 1)
    for at, of in ((places[1:], colors), (places, colors[1:]), (places, None)):
        with pytest.raises(ArgumentError, match="pixels and coordinates do not fit together"):
            core.dither.Canvas(pixels, entries, clear, at, of)
    with pytest.raises(ArgumentError, match="pixels and colors do not fit together"):
        core.dither.Canvas(pixels, entries, clear, places, colors[:, :1].copy())
