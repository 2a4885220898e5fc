"""The whole road: any picture in, an indexed picture out that keeps its promises."""

from __future__ import annotations

import io

import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scenes import NAMED, PICTURES, noise, photo

import kmc


def check(picture, result, k):
    """All that holds of every result."""
    colors = result.palette.colors
    n_colors = len(np.unique(picture.reshape(-1, colors.shape[1]), axis=0))
    assert colors.shape == (min(k, n_colors), picture.shape[2] if picture.ndim == 3 else 1)
    assert colors.dtype == np.uint8
    assert len(np.unique(colors, axis=0)) == len(colors)
    assert result.indices.dtype == (np.uint8 if len(colors) <= 256 else np.uint16)
    expected = reference.assign(picture.reshape(-1, colors.shape[1]), colors)
    np.testing.assert_array_equal(result.indices.ravel(), expected)
    painted = np.asarray(result)
    assert painted.shape == result.shape == picture.shape
    counts = np.bincount(result.indices.ravel(), minlength=len(colors))
    np.testing.assert_array_equal(result.palette.counts, counts)
    off = np.square(painted.astype(int) - picture)
    assert result.mse == pytest.approx(off.sum() / result.indices.size, rel=1e-14, abs=0)
    if result.mse == 0:
        assert result.psnr == np.inf
    else:
        assert result.psnr == pytest.approx(10 * np.log10(255**2 / off.mean()), rel=1e-12)
    assert (len(result.history), result.history) == (result.n_iter, result.palette.history)
    assert result.inertia == result.palette.inertia
    assert result.converged is result.palette.converged


@given(
    PICTURES,
    st.integers(1, 40),
    st.sampled_from(["k-means++", "random", "bisecting"]),
    st.sampled_from(["fast", "default", "best"]),
    st.sampled_from(["counts", "balanced", "uniform"]),
)
def test_every_result_keeps_its_promises(picture, k, init, effort, weights):
    options = {"init": init, "effort": effort, "weights": weights, "max_iter": 9}
    check(picture, kmc.quantize(picture, k, **options), k)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("k", [1, 2, 16, 255, 256, 257, 700, 65536])
def test_every_number_of_colours(name, k):
    picture = NAMED[name][:24, :36]
    check(picture, kmc.quantize(picture, k), k)


@pytest.mark.parametrize("name", NAMED)
def test_the_default_are_256_colours(name):
    expected = kmc.quantize(NAMED[name], 256)
    np.testing.assert_array_equal(np.asarray(kmc.quantize(NAMED[name])), np.asarray(expected))


@pytest.mark.parametrize("name", NAMED)
def test_a_picture_of_few_colours_comes_back_unchanged(name):
    picture = NAMED[name]
    counted = kmc.histogram(picture)
    for k in (len(counted), 65536):
        result = kmc.quantize(picture, k)
        np.testing.assert_array_equal(np.asarray(result), picture)
        np.testing.assert_array_equal(result.palette.colors, counted.colors)
        assert (result.mse, result.psnr, result.inertia) == (0.0, np.inf, 0.0)


def test_fit_and_remap_are_quantize():
    for picture in (NAMED["photo"], NAMED["grey photo"]):
        whole = kmc.quantize(picture, 20, effort="fast", seed=4)
        parts = kmc.fit(kmc.histogram(picture), 20, effort="fast", seed=4).remap(picture)
        np.testing.assert_array_equal(whole.indices, parts.indices)
        np.testing.assert_array_equal(whole.palette.centroids, parts.palette.centroids)
        assert (whole.mse, whole.history) == (parts.mse, parts.history)


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 1), (1, 1, 3), (1, 50, 3), (50, 1, 3), (2, 3)])
def test_small_and_thin_pictures(shape):
    for level in (0, 7, 255):
        result = kmc.quantize(np.full(shape, level, np.uint8), 5)
        assert len(result.palette) == 1
        assert (np.asarray(result) == level).all()
    check(noise(1, 50), kmc.quantize(noise(1, 50), 5), 5)


def test_one_colour():
    picture = np.full((30, 40, 3), (1, 2, 3), np.uint8)
    result = kmc.quantize(picture, 16)
    assert result.palette.colors.tolist() == [[1, 2, 3]]
    assert result.palette.counts.tolist() == [1200]
    check(picture, result, 16)


def test_the_mean_is_the_best_single_colour():
    picture = photo(30, 40)
    mean = picture.reshape(-1, 3).mean(axis=0)
    result = kmc.quantize(picture, 1)
    np.testing.assert_allclose(result.palette.centroids, [mean], rtol=1e-13)
    np.testing.assert_array_equal(result.palette.colors, [np.floor(mean + 0.5)])
    error = np.square(picture - mean).sum()
    assert result.inertia == pytest.approx(error, rel=1e-12)


def test_every_grey_level():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    result = kmc.quantize(ramp, 64, effort="best")
    check(ramp, result, 64)
    assert 64 * 5 <= result.inertia < 64 * 5.3  # at best, fours of neighbours
    check(ramp, kmc.quantize(ramp, 255), 255)


def test_most_colours_there_may_be():
    place = np.arange(70_000, dtype=np.uint32).reshape(250, 280)
    picture = np.stack((place >> 9, place >> 4 & 255, place & 255), axis=-1).astype(np.uint8)
    result = kmc.quantize(picture, 65536, init="random", max_iter=1)
    assert len(kmc.histogram(picture)) == 70_000
    assert len(np.unique(result.palette.colors, axis=0)) == 65536
    assert result.indices.dtype == np.uint16
    assert result.indices.max() == 65535
    off = np.square(np.asarray(result).astype(int) - picture).sum()
    assert result.mse == off / 70_000 < 2


def same_result(result, expected):
    np.testing.assert_array_equal(result.indices, expected.indices)
    np.testing.assert_array_equal(result.palette.colors, expected.palette.colors)


@pytest.mark.parametrize("name", ["photo", "grey photo"])
def test_arrays_of_any_kind(name):
    picture = NAMED[name]
    expected = kmc.quantize(picture, 9)
    read_only = picture.copy()
    read_only.setflags(write=False)
    padded = np.full((picture.shape[0] * 2, picture.shape[1] + 5, *picture.shape[2:]), 77, np.uint8)
    padded[::2, 2:-3] = picture
    several = [read_only, np.asfortranarray(picture), padded[::2, 2:-3], picture.tolist()]
    several += [picture[::-1].copy()[::-1], memoryview(picture), Image.fromarray(picture)]
    if picture.ndim == 2:
        several += [picture[..., None], picture[:, :, None].copy()]
    for other in several:
        same_result(kmc.quantize(other, 9), expected)


def test_the_callers_array_is_left_alone():
    picture = photo(30, 40)
    before = picture.copy()
    kmc.quantize(picture, 5)
    np.testing.assert_array_equal(picture, before)


def test_files_of_any_kind(tmp_path):
    picture = photo(30, 40)
    expected = kmc.quantize(picture, 9)
    path = tmp_path / "photo.png"
    Image.fromarray(picture).save(path)
    data = path.read_bytes()
    for source in (path, str(path), data, io.BytesIO(data)):
        same_result(kmc.quantize(source, 9), expected)


def test_the_result_survives_a_file(tmp_path):
    for picture in (NAMED["photo"], NAMED["grey photo"]):
        result = kmc.quantize(picture, 16)
        for suffix in ("png", "gif", "webp", "tiff", "bmp"):
            result.save(tmp_path / f"out.{suffix}")
            with Image.open(tmp_path / f"out.{suffix}") as file:
                painted = np.asarray(file.convert("RGB"))
            expected = np.asarray(result)
            expected = expected if expected.ndim == 3 else np.repeat(expected[..., None], 3, axis=2)
            np.testing.assert_array_equal(painted, expected)


WRONG = {
    "floats": (np.zeros((4, 4, 3)), kmc.ImageTypeError, TypeError),
    "NaN": (np.full((4, 4, 3), np.nan), kmc.ImageTypeError, TypeError),
    "16 bits": (np.zeros((4, 4, 3), np.uint16), kmc.ImageTypeError, TypeError),
    "signed": (np.zeros((4, 4, 3), np.int8), kmc.ImageTypeError, TypeError),
    "truth values": (np.zeros((4, 4), bool), kmc.ImageTypeError, TypeError),
    "complex numbers": (np.zeros((4, 4), complex), kmc.ImageTypeError, TypeError),
    "text": (np.full((4, 4), "x"), kmc.ImageTypeError, TypeError),
    "objects": (np.full((4, 4), None), kmc.ImageTypeError, TypeError),
    "a ragged list": ([[1, 2], [3]], kmc.ImageTypeError, TypeError),
    "a number": (7, kmc.ImageTypeError, TypeError),
    "nothing": (None, kmc.ImageTypeError, TypeError),
    "two channels": (np.zeros((4, 4, 2), np.uint8), kmc.ImageShapeError, ValueError),
    "channels first": (np.zeros((3, 4, 5), np.uint8), kmc.ImageShapeError, ValueError),
    "one axis": (np.zeros(4, np.uint8), kmc.ImageShapeError, ValueError),
    "no axis": (np.uint8(4), kmc.ImageTypeError, TypeError),
    "five axes": (np.zeros((1, 1, 4, 4, 3), np.uint8), kmc.ImageShapeError, ValueError),
    "no rows": (np.zeros((0, 4, 3), np.uint8), kmc.ImageShapeError, ValueError),
    "no columns": (np.zeros((4, 0, 3), np.uint8), kmc.ImageShapeError, ValueError),
    "no channels": (np.zeros((4, 4, 0), np.uint8), kmc.ImageShapeError, ValueError),
    "no such file": ("no such picture.png", kmc.ImageNotFoundError, FileNotFoundError),
    "no picture": (b"not a picture", kmc.ImageReadError, OSError),
    "no bytes": (b"", kmc.ImageReadError, OSError),
}


@pytest.mark.parametrize(("image", "error", "builtin"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize("call", [kmc.quantize, kmc.fit, kmc.Palette([[1, 2, 3]]).remap])
def test_wrong_pictures_say_so(call, image, error, builtin):
    with pytest.raises(error) as caught:
        call(image)
    assert isinstance(caught.value, kmc.ImageError)
    assert isinstance(caught.value, builtin)
    assert len(str(caught.value)) > 10


def test_a_look_is_a_space_and_weights_and_a_dithering():
    def same(first, second):
        assert (first.mse, first.dither) == (second.mse, second.dither)
        assert first.palette.space == second.palette.space
        np.testing.assert_array_equal(first.palette.colors, second.palette.colors)
        return np.array_equal(first.indices, second.indices)

    photo = NAMED["photo"]
    best = kmc.quantize(photo, 9, look="best")
    assert best.palette.space == "oklab" and best.dither == "adaptive"
    oklab = {"space": "oklab", "weights": "balanced"}
    assert same(best, kmc.quantize(photo, 9, dither="adaptive", **oklab))
    assert same(best, kmc.fit(photo, 9, **oklab).remap(photo, dither="adaptive"))
    assert same(kmc.quantize(photo, 9), kmc.quantize(photo, 9, look="plain", dither="none"))
    none = kmc.quantize(photo, 9, look="best", dither="none")
    assert same(none, kmc.quantize(photo, 9, **oklab)) and none.dither is None
    counts = kmc.quantize(photo, 9, look="best", weights="counts")
    assert same(counts, kmc.quantize(photo, 9, space="oklab", dither="adaptive"))
    lab = kmc.quantize(photo, 9, look="best", space="lab")
    assert same(lab, kmc.quantize(photo, 9, **oklab | {"space": "lab"}, dither="adaptive"))
    with pytest.raises(kmc.ArgumentError, match="look must be one of plain, best"):
        kmc.quantize(photo, 9, look="nice")
    with pytest.raises(kmc.ArgumentError, match="dither_strength needs a dither"):
        kmc.quantize(photo, 9, look="best", dither="none", dither_strength=0.5)


def test_wrong_options_are_found_before_the_picture_is_read():
    with pytest.raises(kmc.ArgumentError, match="k must be"):
        kmc.quantize("no such picture.png", 0)


@pytest.mark.parametrize("name", ["photo", "gradient", "few"])
@pytest.mark.parametrize("k", [8, 16, 60])
@pytest.mark.parametrize("effort", ["fast", "default"])
def test_loses_less_than_median_cut_does(name, k, effort):
    picture = NAMED[name]
    cut = Image.fromarray(picture).quantize(k, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    off = np.square(np.asarray(cut.convert("RGB")).astype(int) - picture).sum(axis=-1).mean()
    assert kmc.quantize(picture, k, effort=effort).mse < 0.95 * off
