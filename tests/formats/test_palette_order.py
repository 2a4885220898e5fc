"""Palettes in every order: sorted as they should be, and the picture stays what it was."""

from __future__ import annotations

import colorsys
import io
from pathlib import Path

import numpy as np
import pytest
from graphics import graphics, with_numbers
from hypothesis import given
from hypothesis import strategies as st
from kmc_files import ordered_image
from scenes import few, noise, photo, soft

import kmc
from kmc import core
from kmc.formats.palette_order import ORDERS, sorted_entries
from kmc.formats.png_compression import SAMPLE


def image_of(colors, indices, counts=None) -> kmc.IndexedImage:
    palette = kmc.Palette(colors, np.asarray(colors) + 0.25, counts)
    indices = np.asarray(indices)
    if indices.dtype != np.uint16:
        indices = indices.astype(np.uint8)
    return kmc.IndexedImage(indices, palette, 1.0)


def luma(color) -> int:
    return int(np.dot(color[:3], (2126, 7152, 722)))


# ---- sorted --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("k", [1, 2, 3, 17, 256, 300])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_picture_stays(order, k, channels):
    random = np.random.default_rng(k)
    colors = random.integers(0, 256, (k, channels), np.uint8)
    counts = random.integers(0, 9, k)
    indices = random.integers(0, k, (23, 31)).astype(np.uint8 if k <= 256 else np.uint16)
    image = image_of(colors, indices, counts)
    before = image.indices.copy(), image.palette.colors.copy()
    made = ordered_image(image, order)
    np.testing.assert_array_equal(made.palette.colors[made.indices], colors[indices])
    places = [made.indices[indices == i] for i in range(k)]
    for i, place in enumerate(places):
        assert len(set(place.tolist())) <= 1
        if len(place):
            assert made.palette.counts[place[0]] == counts[i]
            assert made.palette.centroids[place[0]].tolist() == (colors[i] + 0.25).tolist()
    assert made.indices.dtype == indices.dtype
    assert made.mse == image.mse
    np.testing.assert_array_equal(image.indices, before[0])
    np.testing.assert_array_equal(image.palette.colors, before[1])


def sorted_colors(colors, order: str) -> np.ndarray:
    colors = np.asarray(colors, np.uint8)
    return colors[sorted_entries(colors, np.zeros(len(colors), np.int64), order)]


def test_from_dark_to_light():
    result = kmc.quantize(photo(60, 80), 32, order="luminance")
    values = [luma(color) for color in result.palette.colors]
    assert values == sorted(values)
    grey = kmc.quantize(photo(60, 80)[..., 0], 16, order="luminance").palette.colors
    assert grey.ravel().tolist() == sorted(grey.ravel().tolist())


def test_from_many_to_few_and_equal_ones_as_they_were():
    image = image_of([[1], [2], [3], [4]], [[0, 1, 2, 3]], counts=[5, 7, 5, 7])
    assert ordered_image(image, "popularity").palette.colors.ravel().tolist() == [2, 4, 1, 3]
    result = kmc.quantize(few(40, 50, 90), 16, order="popularity")
    counts = np.bincount(result.indices.ravel(), minlength=16).tolist()
    assert counts == result.palette.counts.tolist() == sorted(counts, reverse=True)


def test_round_the_circle_of_hues_greys_first():
    colors = np.concatenate([noise(1, 90, 3, seed=3)[0], np.repeat(noise(1, 9, 1)[0], 3, axis=1)])
    made = sorted_colors(colors, "hue")
    keys = []
    for color in made.tolist():
        grey = max(color) == min(color)
        hue = -1.0 if grey else colorsys.rgb_to_hsv(*(value / 255 for value in color))[0]
        keys.append((round(hue, 4), luma(color)))
    assert keys == sorted(keys)
    assert sorted_colors([[9], [3]], "hue").tolist() == [[3], [9]]


# ---- groups --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ORDERS)
def test_what_is_not_opaque_comes_first(order):
    random = np.random.default_rng(1)
    colors = random.integers(0, 256, (40, 4), np.uint8)
    colors[5:20, 3], colors[[8, 30], 3] = 255, 0
    made = ordered_image(image_of(colors, random.integers(0, 40, (9, 9), np.uint8)), order)
    alpha = made.palette.colors[:, 3]
    kinds = np.digitize(alpha, (1, 255)).tolist()
    assert kinds == sorted(kinds)
    assert kinds.count(0) == 2


@pytest.mark.parametrize("order", ORDERS)
def test_fixed_colours_stay_first(order):
    fixed = [(255, 255, 255), (0, 0, 0), (255, 0, 0)]
    result = kmc.quantize(photo(40, 50), 16, fixed=fixed, order=order)
    assert result.palette.colors[:3].tolist() == [list(color) for color in fixed]
    plain = kmc.quantize(photo(40, 50), 16, fixed=fixed)
    np.testing.assert_array_equal(np.asarray(result), np.asarray(plain))


# ---- compact -------------------------------------------------------------------------------------


def meetings_of(indices: np.ndarray, k: int) -> np.ndarray:
    """By looking at every pair of neighbours."""
    counts = np.zeros((k, k), np.int64)
    for a, b in ((indices[:, 1:], indices[:, :-1]), (indices[1:], indices[:-1])):
        for i, j in zip(a.ravel().tolist(), b.ravel().tolist(), strict=True):
            if i != j:
                counts[i, j] += 1
                counts[j, i] += 1
    return counts


def log2(number: int) -> int:
    """In 64ths, rounded down, by whole numbers alone."""
    return (number**64).bit_length() - 1


def arranged_slowly(adjacency: np.ndarray) -> list[int]:
    """Grown from the pair that meets most, then improved by exchanges, in plain Python."""
    k = len(adjacency)
    met = [max(row) for row in adjacency.tolist()]
    placed: list[int] = []
    while len(placed) < k:
        entry = max((i for i in range(k) if i not in placed), key=lambda i: (met[i], -i))
        if not placed:
            met = [0] * k
        behind = sum(int(adjacency[entry, e]) * (len(placed) - 1 - p) for p, e in enumerate(placed))
        before = sum(int(adjacency[entry, e]) * p for p, e in enumerate(placed))
        placed.insert(0 if placed and before <= behind else len(placed), entry)
        met = [m + int(more) for m, more in zip(met, adjacency[entry], strict=True)]
    scaled = adjacency * 32767 // max(1, adjacency.max())
    bits = [log2(1 + apart) // 4 for apart in range(k)]

    def cost(order: list[int]) -> int:
        apart = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
        return int((scaled[np.ix_(order, order)] * np.array(bits)[apart]).sum()) // 2

    for _ in range(12):
        before_round = list(placed)
        for p in range(k):
            best, least = placed, cost(placed)
            for q in range(k):
                other = list(placed)
                other[p], other[q] = other[q], other[p]
                if cost(other) < least:
                    best, least = other, cost(other)
            placed = best
        if placed == before_round:
            break
    return placed


@pytest.mark.parametrize("k", [1, 2, 3, 8, 20])
def test_meetings_and_arrangement_are_those_of_slow_twins(k):
    for seed, shape in enumerate(((30, 40), (1, 50), (50, 1), (1, 1))):
        indices = (noise(*shape, 1, seed)[..., 0].astype(int) * k // 256).astype(np.uint8)
        indices = np.sort(indices, axis=0)  # so that some meet more often than others
        adjacency = core.png.adjacency(indices, k, 1)
        np.testing.assert_array_equal(adjacency, meetings_of(indices, k))
        assert core.png.palette_order(adjacency, 1).tolist() == arranged_slowly(adjacency)


@given(st.integers(1, 256), st.integers(0, 62), st.integers(0, 9))
def test_an_arrangement_has_every_entry_once(k, bits, seed):
    counts = np.random.default_rng(seed).integers(0, 1 << bits, (k, k)) >> 16
    adjacency = np.triu(counts, 1) + np.triu(counts, 1).T
    assert sorted(core.png.palette_order(adjacency, 1).tolist()) == list(range(k))


def png_size(result: kmc.IndexedImage) -> int:
    file = io.BytesIO()
    result.save(file, "png")
    return len(file.getvalue())


@pytest.mark.once
def test_compact_is_small():
    # On average: which palette a search ends at moves the size of one file by several per cent.
    sample = Path(__file__).parents[2] / "examples" / "balloons.jpg"
    shares = []
    for half in np.array_split(kmc.read(sample).pixels, 2):
        for quarter in np.array_split(half, 2, axis=1):
            for k in (16, 32, 256):
                plain = kmc.quantize(quarter, k, effort="fast")
                shares.append(png_size(ordered_image(plain, "compact")) / png_size(plain))
    assert len(shares) == 12
    assert np.exp(np.mean(np.log(shares))) < 0.97


@pytest.mark.once
@pytest.mark.parametrize(("name", "k"), with_numbers(graphics(), (4, 16, 256)))
def test_compact_is_no_larger_than_any_other_order_of_what_is_drawn(name, k):
    plain = kmc.quantize(graphics()[name], k)
    compact = png_size(ordered_image(plain, "compact"))
    assert compact <= png_size(plain)
    for order in ("luminance", "popularity"):
        assert compact <= png_size(ordered_image(plain, order))


def test_what_repeats_in_another_order_is_compact_in_that_one():
    y, x = np.mgrid[0:120, 0:160]
    waves = kmc.quantize(((x * x + y * y) // 16 % 256).astype(np.uint8), 256)
    adjacency = core.png.adjacency(waves.indices, 256, 1)
    places = core.png.palette_order(adjacency, 1)
    arranged = image_of(waves.palette.colors[places], np.argsort(places)[waves.indices])
    assert 4 * png_size(ordered_image(waves, "compact")) < png_size(arranged)


@pytest.mark.once
def test_large_drawings_are_compared_by_a_sample():
    page = np.tile(graphics()["coloured letters"], (3, 3, 1))
    plain = kmc.quantize(page, 8)
    compact = png_size(ordered_image(plain, "compact"))
    assert page[..., 0].size > 2 * SAMPLE
    assert compact == png_size(ordered_image(plain, "popularity"))
    assert compact < png_size(ordered_image(plain, "luminance"))


def test_the_more_popular_end_comes_first():
    for indices in ([[0, 0, 1]], [[0, 1, 1]]):
        image = image_of([[9], [5]], indices, counts=np.bincount(indices[0]))
        made = ordered_image(image, "compact")
        assert made.palette.counts.tolist() == [2, 1]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("picture", [photo(190, 200), few(190, 200, 40), soft(190, 200)])
def test_the_given_order_does_not_matter(picture, order):
    """Or pictures that are read from their files would get other files."""
    plain = kmc.quantize(picture, 40)
    others = np.random.default_rng(3).permutation(len(plain.palette))
    shuffled = image_of(
        plain.palette.colors[others],
        np.argsort(others)[plain.indices],
        plain.palette.counts[others],
    )
    first, second = ordered_image(plain, order), ordered_image(shuffled, order)
    np.testing.assert_array_equal(first.palette.colors, second.palette.colors)
    np.testing.assert_array_equal(first.indices, second.indices)


@pytest.mark.parametrize("dither", ["floyd-steinberg", "bayer"])
def test_popularity_is_that_in_the_picture(dither):
    """Dithering uses other colours than the nearest ones."""
    made = kmc.quantize(photo(90, 100), 12, dither=dither, order="popularity")
    counts = np.bincount(made.indices.ravel(), minlength=12)
    assert (np.diff(counts) <= 0).all()


# ---- refused -------------------------------------------------------------------------------------


def test_refusals():
    with pytest.raises(kmc.ArgumentError, match="order must be one of luminance, popularity, hue"):
        kmc.quantize(photo(9, 9), 2, order="size")
    with pytest.raises(kmc.ArgumentTypeError, match="order must be one of"):
        kmc.quantize(photo(9, 9), 2, order=1)
    with pytest.raises(kmc.ArgumentError, match=r"use kmc\.quantize"):
        kmc.fit(photo(9, 9), 2, order="compact")
    for bad in (np.zeros((0, 3), np.uint8), np.zeros((3, 0), np.uint8)):
        with pytest.raises(kmc.ArgumentError):
            core.png.adjacency(bad, 4, 1)
    with pytest.raises(kmc.ArgumentError):
        core.png.adjacency(np.zeros((3, 3), np.uint8), 257, 1)
    with pytest.raises(kmc.ArgumentError):
        core.png.palette_order(np.zeros((300, 300), np.int64), 1)


def test_fitted_palettes_are_ordered_too():
    for order in ("luminance", "popularity", "hue"):
        palette = kmc.fit(photo(40, 50), 16, order=order)
        same = kmc.quantize(photo(40, 50), 16, order=order).palette
        np.testing.assert_array_equal(palette.colors, same.colors)
        np.testing.assert_array_equal(palette.counts, same.counts)
