"""One palette for many pictures, opened one after the other, each counting as much as it should."""

from __future__ import annotations

import io
import weakref
from itertools import pairwise

import numpy as np
import pytest
from engine import same_palette
from hypothesis import given
from hypothesis import strategies as st
from pictures import encoded
from PIL import Image
from scenes import NAMED, few, noise, photo

import kmc
from kmc import core
from kmc.image_sets import HistogramSum, is_several, weighted_colors

PARTS = [photo(20, 30, 1), photo(11, 17, 2), few(9, 40, 30), photo(20, 30, 1)]


def joined(parts, times=None):
    """All pixels in one row, each picture's as many times as said."""
    rows = [part.reshape(-1, part.shape[-1]) for part in parts]
    each = times or [1] * len(parts)
    return np.concatenate([np.repeat(row, n, axis=0) for row, n in zip(rows, each, strict=True)])[
        None
    ]


def test_a_sum_is_kept_in_parts_that_halve():
    """Adding is linear in the pictures, and equal ones take the memory of one."""
    total, work = HistogramSum(1), []
    random = np.random.default_rng(0)
    pictures = [random.integers(0, 256, (30, 40, 3), np.uint8) for _ in range(24)]
    for each in pictures:
        found = kmc.histogram(each)
        total.add(found)
        parts = total.by_channels[3]
        work.append(len(parts))
        assert all(len(a) > 2 * len(b) for a, b in pairwise(parts))
    assert max(work) <= 5
    assert total.total() == kmc.histogram(joined(pictures))
    equal = HistogramSum(1)
    for _ in range(9):
        equal.add(found)
        assert [len(part) for part in equal.by_channels[3]] == [len(found)]


@given(st.lists(st.sampled_from(range(4)), min_size=1, max_size=5), st.integers(1, 20))
def test_several_pictures_are_one_of_all_their_pixels(chosen, k):
    parts = [PARTS[i] for i in chosen]
    same_palette(kmc.fit(parts, k), kmc.fit(joined(parts), k))


@given(st.lists(st.integers(0, 5), min_size=4, max_size=4).filter(any), st.integers(1, 20))
def test_whole_weights_are_as_many_times_the_pictures(times, k):
    found, whole = weighted_colors(PARTS, image_weights=times), joined(PARTS)
    assert kmc.Histogram(found.colors, found.counts) == kmc.histogram(whole)
    expected = kmc.histogram(joined(PARTS, times))
    divisor = np.gcd.reduce(times)
    weighted = found.weights[found.weights > 0]
    np.testing.assert_array_equal(weighted * divisor, expected.counts)
    palette = kmc.fit(PARTS, k, image_weights=times)
    if divisor == 1 and k < len(expected):
        alone = kmc.fit(joined(PARTS, times), k)
        np.testing.assert_array_equal(palette.centroids, alone.centroids)
    assert palette.counts.sum() == whole.shape[1]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_stack_is_several_pictures(channels):
    stack = noise(5 * 6, 7, channels).reshape(5, 6, 7, channels)
    for pictures in (stack, list(stack), np.asfortranarray(stack), iter(stack)):
        same_palette(kmc.fit(pictures, 9), kmc.fit(joined(stack), 9))
    same_palette(kmc.fit(stack[::-2], 9), kmc.fit(joined(stack[::2]), 9))
    weights = [1, 0, 2, 0, 1]
    same_palette(
        kmc.fit(stack, 9, image_weights=weights), kmc.fit(list(stack), 9, image_weights=weights)
    )
    assert kmc.curve(stack, [4]) == kmc.curve(joined(stack), [4])


def test_stacks_that_are_none_are_refused():
    with pytest.raises(kmc.ArgumentError, match="at least one image"):
        kmc.fit(np.zeros((0, 2, 2, 3), np.uint8))
    with pytest.raises(kmc.ImageTypeError, match="expected uint8, got float64"):
        kmc.fit(np.zeros((2, 2, 2, 3)))
    with pytest.raises(kmc.ImageShapeError, match=r"got \(2, 2, 2\)"):
        kmc.fit(np.zeros((3, 2, 2, 2), np.uint8))
    with pytest.raises(kmc.ImageTypeError, match="quantize takes one picture"):
        kmc.quantize(np.zeros((2, 2, 2, 3), np.uint8), 2)
    with pytest.raises(kmc.ImageShapeError, match=r"one at a time, except to kmc\.fit"):
        kmc.histogram(np.zeros((2, 2, 2, 3), np.uint8))


def test_fractions_weigh_as_they_say():
    same_palette(
        kmc.fit(PARTS, 9, image_weights=[0.5, 1.5, 0.0, 1]),
        kmc.fit(PARTS, 9, image_weights=[1, 3, 0, 2]),
    )
    same_palette(kmc.fit(PARTS, 9, image_weights=[0.3] * 4), kmc.fit(PARTS, 9))


def test_every_kind_of_picture_and_of_sequence(tmp_path):
    pillow = [Image.fromarray(part) for part in PARTS]
    for i, picture in enumerate(pillow):
        picture.save(tmp_path / f"{i}.png")
    paths = sorted(tmp_path.iterdir())
    expected = kmc.fit(joined(PARTS), 12)
    kinds = (
        PARTS,
        tuple(PARTS),
        iter(PARTS),
        (part for part in PARTS),
        map(np.asfortranarray, PARTS),
        pillow,
        paths,
        [str(path) for path in paths],
        iter(paths),
        [encoded(picture) for picture in pillow],
        [io.BytesIO(encoded(picture)) for picture in pillow],
        [kmc.histogram(part) for part in PARTS],
        [PARTS[0].tolist(), *paths[1:]],
        [kmc.histogram(PARTS[0]), pillow[1], str(paths[2]), PARTS[3]],
    )
    for pictures in kinds:
        same_palette(kmc.fit(pictures, 12), expected)


@pytest.mark.parametrize(
    ("image", "several"),
    [
        ([], True),
        ([b""], True),
        ([np.zeros((2, 3))], True),
        ([np.zeros(3), np.zeros(3)], False),
        ([[1, 2], [3, 4]], False),
        ([[[1, 2, 3]], [[3, 4, 5]]], False),
        ([1, 2], False),
        (np.zeros((2, 3, 4, 3)), True),
        (np.zeros((2, 3, 4)), False),
        ([[[[1, 2, 3]]]], False),
        (io.BytesIO(), False),
        ("photo.png", False),
        (b"photo", False),
        (None, False),
        (range(3), False),
        (kmc.Histogram([[1]], [1]), False),
    ],
)
def test_what_is_several_pictures(image, several):
    assert is_several(image) is several


def test_lists_of_numbers_are_still_one_picture():
    rows = [[10, 20, 30], [40, 50, 60]]
    same_palette(kmc.fit(rows, 2), kmc.fit(np.array(rows, np.uint8), 2))
    same_palette(kmc.fit([np.array(row) for row in rows], 2), kmc.fit(np.array(rows, np.uint8), 2))


def test_pictures_are_let_go_one_after_the_other():
    alive = []

    def pictures():
        for seed in range(5):
            picture = photo(20, 20, seed)
            assert not any(reference() is not None for reference in alive[:-1])
            alive.append(weakref.ref(picture))
            yield picture
            del picture

    kmc.fit(pictures(), 4)
    assert len(alive) == 5


def test_grey_and_colour_together():
    grey, rgb = NAMED["grey photo"], NAMED["few"]
    thrice = np.stack([grey] * 3, axis=-1)
    same_palette(kmc.fit([grey, rgb], 16), kmc.fit([thrice, rgb], 16))
    same_palette(kmc.fit([rgb, grey], 16), kmc.fit([thrice, rgb], 16))
    same_palette(
        kmc.fit([rgb, grey], 16, image_weights=[0, 1]),
        kmc.fit([rgb, thrice], 16, image_weights=[0, 1]),
    )
    same_palette(kmc.fit([grey, grey], 16), kmc.fit(np.concatenate((grey, grey)), 16))
    shared = kmc.fit([grey, rgb], 16)
    for picture in (grey, rgb):
        assert shared.remap(picture).mse > 0
    assert kmc.fit([grey, rgb], 65536).remap(grey).mse == 0


def test_one_palette_serves_each():
    palette = kmc.fit(PARTS, 16)
    errors = [palette.remap(part).mse * part[..., 0].size for part in PARTS]
    assert sum(errors) == pytest.approx(palette.remap(joined(PARTS)).mse * joined(PARTS).shape[1])


def test_more_weight_means_less_error():
    one, two = photo(30, 40, 3), 255 - photo(30, 40, 4)
    errors = [
        kmc.fit([one, two], 8, image_weights=[weight, 1]).remap(one).mse for weight in (0, 1, 30)
    ]
    assert errors[2] < errors[1] < errors[0]


def test_with_fixed_colours():
    palette = kmc.fit(PARTS, 9, fixed=[(1, 2, 3)])
    same_palette(palette, kmc.fit(joined(PARTS), 9, fixed=[(1, 2, 3)]))


@pytest.mark.parametrize(
    ("pictures", "options", "error", "words"),
    [
        ([], {}, kmc.ArgumentError, "at least one image"),
        (iter(()), {}, kmc.ArgumentError, "at least one image"),
        (PARTS, {"image_weights": [1, 2, 3]}, kmc.ArgumentError, "3 values and more than 3 images"),
        (PARTS, {"image_weights": [1] * 5}, kmc.ArgumentError, "5 values and 4 images"),
        (PARTS, {"image_weights": 2}, kmc.ArgumentError, r"must have shape \(n,\)"),
        (PARTS, {"image_weights": []}, kmc.ArgumentError, r"must have shape \(n,\)"),
        (PARTS, {"image_weights": [1, 2, 3, -1]}, kmc.ArgumentError, "0 or more"),
        (PARTS, {"image_weights": [0] * 4}, kmc.ArgumentError, "not be zero everywhere"),
        (PARTS, {"image_weights": ["1"] * 4}, kmc.ArgumentTypeError, "numbers"),
        (
            [kmc.Histogram([[1]], [2**60]), kmc.Histogram([[2]], [1])],
            {"image_weights": [17, 1]},
            kmc.ArgumentError,
            "below 2",
        ),
        (PARTS, {"importance": np.ones((20, 30))}, kmc.ArgumentError, "add up"),
        (PARTS[0], {"image_weights": [1]}, kmc.ArgumentError, "several images"),
        (
            PARTS,
            {"image_weights": [1] * 4, "weights": "uniform"},
            kmc.ArgumentError,
            "image_weights and weights",
        ),
        (["no such file.png"], {}, kmc.ImageNotFoundError, "no such file"),
        ([PARTS[0], noise(2, 2).astype(float)], {}, kmc.ImageTypeError, "float64"),
    ],
)
def test_wrong_ones(pictures, options, error, words):
    with pytest.raises(error, match=words):
        kmc.fit(pictures, 4, **options)


def test_errors_tell_which_picture():
    with pytest.raises(kmc.ImageTypeError) as caught:
        kmc.fit([PARTS[0], PARTS[1], None], 4)
    assert caught.value.__notes__ == ["in image 2, counted from 0"]


def test_quantize_says_what_to_do_with_several():
    for pictures in (PARTS, ["a.png"], iter(PARTS)):
        with pytest.raises(kmc.ImageTypeError, match=r"kmc\.fit\(pictures, k\)"):
            kmc.quantize(pictures, 4)


def test_sums_use_no_more_threads_than_allowed(monkeypatch):
    used, real = set(), core.colors.add_histograms

    def add_histograms(*lists):
        used.add(lists[-1])
        return real(*lists)

    monkeypatch.setattr(core.colors, "add_histograms", add_histograms)
    images = [noise(20, 30, channels, channels) for channels in (3, 3, 3, 4)]
    for threads in (1, 3):
        kmc.fit(images, 9, threads=threads)
        assert used == {threads}
        used.clear()
