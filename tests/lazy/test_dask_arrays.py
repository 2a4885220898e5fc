"""Dask arrays give what the same arrays in memory give, when they are asked to, or say why not."""

from __future__ import annotations

import pickle
import subprocess
import sys

import dask
import dask.array as da
import numpy as np
import pytest
import xarray
from dask.base import tokenize
from hypothesis import given
from hypothesis import strategies as st
from scenes import noise, photo

import kmc

pytestmark = pytest.mark.once

CHUNKS = {"tiles": (256, 256, 3), "odd": (1000, 37, 3), "rows": (50, -1, -1), "one": -1,
          "channels": (300, 300, 1)}  # fmt: skip

RGB = photo(310, 290)
GREY = RGB[..., :1]
RGBA = np.dstack((RGB, np.clip(RGB[..., 0].astype(int) * 3 - 200, 0, 255).astype(np.uint8)))
KINDS = {"grey": GREY, "flat grey": GREY[..., 0], "rgb": RGB, "rgba": RGBA, "noise": noise(99, 101)}
PALETTE = kmc.fit(RGB, 9)


@pytest.fixture(autouse=True)
def one_thread():
    """Without threads, tests are quick and their failures plain."""
    with dask.config.set({"scheduler": "synchronous", "tokenize.ensure-deterministic": True}):
        yield


def chunked(pixels, chunks=(100, 130, 1)):
    chunks = chunks[: pixels.ndim] if isinstance(chunks, tuple) else chunks
    return da.from_array(pixels, chunks=chunks)


def untouchable(shape, dtype=np.uint8):
    """An array of which no chunk may be computed, and on no dummy data either."""

    def never(*_, **__):
        raise AssertionError("computed too early")

    return da.map_blocks(
        never, chunks=da.core.normalize_chunks(10, shape), dtype=dtype, meta=np.empty((0,) * 3)
    ).astype(dtype)


def same(lazy, image):
    """Whether a result is that of the picture in memory."""
    assert isinstance(lazy, kmc.LazyIndexedImage)
    made = lazy.compute()
    np.testing.assert_array_equal(made.indices, image.indices)
    assert made.indices.dtype == image.indices.dtype == lazy.indices.dtype
    np.testing.assert_array_equal(made.palette.centroids, image.palette.centroids)
    np.testing.assert_array_equal(made.palette.counts, image.palette.counts)
    assert (made.mse, made.dither) == (image.mse, image.dither)
    assert float(lazy.mse) == image.mse
    assert (lazy.shape, lazy.palette.history) == (image.shape, image.palette.history)
    return True


@pytest.mark.parametrize("chunks", CHUNKS.values(), ids=CHUNKS)
def test_any_chunks_give_the_same(chunks):
    image = chunked(RGB, chunks)
    assert kmc.histogram(image) == kmc.histogram(RGB)
    palette = kmc.fit(image, 19)
    np.testing.assert_array_equal(palette.centroids, kmc.fit(RGB, 19).centroids)
    for dither in (None, "bayer", "blue-noise"):
        labels = palette.remap(image, dither=dither)
        assert labels.chunks == image.chunks[:2]
        np.testing.assert_array_equal(labels, palette.remap(RGB, dither=dither).indices)
    assert same(kmc.quantize(image, 19), kmc.quantize(RGB, 19))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"k": 400},
        {"space": "oklab"},
        {"dither": "blue-noise"},
        {"dither": "bayer", "dither_strength": 0.5},
        {"order": "hue"},
        {"order": "popularity"},
        {"order": "luminance", "dither": "bayer"},
        {"psnr": 24.0},
        {"quality": (5, 40)},
        {"effort": "best", "k": 5},
        {"weights": "uniform"},
        {"look": "best", "dither": "none"},
    ],
    ids=str,
)
def test_any_option_gives_the_same(kind, options):
    pixels = KINDS[kind]
    options = {"k": 7, "effort": "fast"} | options
    if "psnr" in options or "quality" in options:
        options["k"] = 256
    assert same(kmc.quantize(chunked(pixels), **options), kmc.quantize(pixels, **options))


SIZES = st.lists(st.integers(0, 7), min_size=1, max_size=4).filter(any)


@given(st.sampled_from([(), (1,), (3,), (4,)]), SIZES, SIZES, st.integers(0, 2**32 - 1))
def test_any_shape(channels, rows, columns, seed):
    random = np.random.default_rng(seed)
    shape = (sum(rows), sum(columns), *channels)
    pixels = random.integers(0, 4, shape, np.uint8) * 80
    importance = random.integers(0, 3, shape[:2])
    image = da.from_array(pixels, chunks=(tuple(rows), tuple(columns), *[1] * len(channels)))
    assert kmc.histogram(image) == kmc.histogram(pixels)
    if importance.any():
        assert kmc.histogram(image, importance=importance) == kmc.histogram(
            pixels, importance=importance
        )
    for dither in (None, "bayer"):
        expected = kmc.quantize(pixels, 3, dither=dither)
        assert same(kmc.quantize(image, 3, dither=dither), expected)


@pytest.mark.parametrize(
    "importance",
    [
        np.random.default_rng(0).random((310, 290)),
        np.random.default_rng(0).integers(0, 5, (310, 290)) * 6,
        np.random.default_rng(0).integers(0, 10**9, (310, 290)),
        np.arange(310 * 290).reshape(310, 290) % 5 == 0,
        np.full((310, 290), 0.3),
        np.longdouble(1) / (1 + np.arange(310 * 290).reshape(310, 290)),
    ],
    ids=["floats", "multiples", "large", "mask", "equal", "long"],
)
@pytest.mark.parametrize("kind", ["rgb", "rgba"])
def test_importance(importance, kind):
    pixels = KINDS[kind]
    image, expected = chunked(pixels), kmc.quantize(pixels, 9, importance=importance)
    assert same(kmc.quantize(image, 9, importance=importance), expected)
    for later in (da.from_array(importance, chunks=(99, 77)), xarray.DataArray(importance)):
        counted = kmc.histogram(image, importance=later)
        assert counted == kmc.histogram(pixels, importance=importance)


def test_stacks():
    stack = np.stack((RGB, RGB[::-1], RGB // 2))
    images = da.from_array(stack, chunks=(2, 100, 77, 3))
    assert kmc.fit(images, 9).inertia == kmc.fit(stack, 9).inertia
    assert kmc.histogram(images) == sum(map(kmc.histogram, stack))
    weighted = kmc.fit(images, 9, image_weights=[1, 0, 3])
    assert weighted.inertia == kmc.fit(stack, 9, image_weights=[1, 0, 3]).inertia
    palette = kmc.fit(images, 9)
    for dither in (None, "bayer", "blue-noise"):
        labels = palette.remap(images, dither=dither)
        assert labels.chunks == images.chunks[:3]
        expected = [palette.remap(each, dither=dither).indices for each in stack]
        np.testing.assert_array_equal(labels, expected)
    assert (
        kmc.fit([images[0], RGB, images[1]], 9).inertia == kmc.fit([RGB, RGB, RGB[::-1]], 9).inertia
    )


def test_nothing_is_computed_early():
    palette = kmc.fit(RGB, 9)
    for shape in ((40, 30, 3), (2, 40, 30, 3)):
        image = untouchable(shape)
        for dither in (None, "blue-noise"):
            labels = palette.remap(image, dither=dither)
            assert isinstance(labels, da.Array)
            assert (labels.dtype, labels._meta.dtype) == (np.uint8, np.uint8)
            assert labels._meta.shape == (0,) * (len(shape) - 1)
            with pytest.raises(AssertionError, match="computed too early"):
                labels.compute()
    assert kmc.assign(untouchable((40, 30, 3)), palette).dtype == np.uint8
    assert kmc.Palette(np.zeros((300, 3), np.uint8)).remap(image).dtype == np.uint16


def test_dithered_images_are_mapped_when_they_are_computed():
    calls = []

    def counted(block):
        calls.append(block.shape)
        return block

    image = chunked(RGB, (100, 100, 3)).map_blocks(
        counted, dtype=np.uint8, meta=np.empty((0, 0, 0))
    )
    image = image.astype(np.uint8)
    result = kmc.quantize(image, 9, dither="bayer")
    assert len(calls) == 12
    assert (result.mse.shape, result.psnr) == ((), None)
    assert repr(result) == "<kmc.LazyIndexedImage: 290 x 310 pixels, 9 colours, dithered>"
    expected = kmc.quantize(RGB, 9, dither="bayer")
    assert result.compute().mse == expected.mse
    assert len(calls) == 24  # indices and error of a chunk come from one reading
    np.testing.assert_array_equal(np.asarray(result), np.asarray(expected))
    assert np.asarray(result, np.int16).dtype == np.int16


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"indices": np.zeros((2, 3), np.uint8)}, "indices must be a Dask array.*uint8 of shape"),
        ({"indices": da.zeros((2, 3))}, "not float64 of shape"),
        ({"indices": da.zeros((2, 3, 1), dtype=np.uint8)}, r"shape \(2, 3, 1\)"),
        ({"indices": None}, "not NoneType"),
        ({"palette": RGB}, "palette must be a Palette, not ndarray"),
        ({"mse": -1.0}, "mse must be 0 or more"),
        ({"mse": np.inf}, "mse must be finite"),
        ({"mse": None}, "mse must be a number"),
        ({"mse": da.zeros(3)}, "mse must be a number, not an array"),
        ({"dither": "foo"}, "dither must be one of"),
    ],
    ids=str,
)
def test_what_a_lazy_image_is_made_of(wrong, words):
    given = {"indices": da.zeros((2, 3), dtype=np.uint8), "palette": PALETTE, "mse": 1.0}
    assert kmc.LazyIndexedImage(**given).compute().mse == 1.0
    with pytest.raises(kmc.KmcError, match=words):
        kmc.LazyIndexedImage(**given | wrong)


def test_a_lazy_image_is_immutable_and_travels():
    result = kmc.quantize(chunked(RGB), 9)
    with pytest.raises(AttributeError, match="immutable"):
        result.mse = 3.0
    again = pickle.loads(pickle.dumps(result))
    np.testing.assert_array_equal(again.compute().indices, result.compute().indices)
    assert (again.psnr, repr(again)) == (result.psnr, repr(result))


# ---- xarray ------------------------------------------------------------------------------------


def named(data):
    return xarray.DataArray(
        data,
        dims=("y", "x", "band"),
        coords={
            "y": np.arange(310) * 10.0,
            "band": ["r", "g", "b"],
            "wavelength": ("band", [1.0, 2.0, 3.0]),
            "spatial_ref": 0,
        },
        attrs={"crs": "EPSG:32633"},
        name="mosaic",
    )


def test_labels_keep_their_names():
    image, palette = named(chunked(RGB)), kmc.fit(RGB, 9)
    expected = palette.remap(RGB).indices
    for labels in (
        palette.remap(image),
        kmc.quantize(image, 9).indices,
        kmc.assign(image, palette),
    ):
        assert isinstance(labels, xarray.DataArray)
        assert isinstance(labels.data, da.Array)
        assert labels.dims == ("y", "x")
        assert set(labels.coords) == {"y", "spatial_ref"}
        assert (labels.attrs, labels.name) == (image.attrs, "mosaic")
        np.testing.assert_array_equal(labels, expected)
    grey = image.isel(band=0)
    labels = palette.remap(grey)
    assert labels.dims == ("y", "x")
    assert set(labels.coords) == {"y", "band", "wavelength", "spatial_ref"}
    np.testing.assert_array_equal(labels, palette.remap(RGB[..., 0]).indices)
    assert kmc.quantize(image, 9).compute().mse == kmc.quantize(RGB, 9).mse


def test_a_dataarray_in_memory_is_an_array():
    image = named(RGB)
    assert kmc.histogram(image) == kmc.histogram(RGB)
    assert isinstance(kmc.quantize(image, 3), kmc.IndexedImage)


# ---- tokens ------------------------------------------------------------------------------------


def test_tokens_tell_contents_apart():
    palette, counted = kmc.fit(RGB, 9), kmc.histogram(RGB)
    others = [
        kmc.fit(RGB, 8), kmc.Palette(palette.colors), kmc.Palette(palette.colors, space="lab"),
        counted + counted, kmc.Histogram(counted.colors[:9], counted.counts[:9]), counted, palette,
    ]  # fmt: skip
    assert len({tokenize(each) for each in others}) == len(others)
    for each in (palette, counted):
        assert tokenize(each) == tokenize(pickle.loads(pickle.dumps(each)))
    code = (
        "import kmc, numpy as np; from dask.base import tokenize; "
        "p = np.arange(96, dtype='u1').reshape(4, 8, 3); "
        "print(tokenize(kmc.fit(p, 3)), tokenize(kmc.histogram(p)))"
    )
    said = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            for _ in range(2)]  # fmt: skip
    assert said[0].stdout == said[1].stdout


def test_equal_calls_have_equal_keys():
    image, palette = chunked(RGB), kmc.fit(RGB, 9)
    again = kmc.fit(RGB, 9)
    assert palette.remap(image, dither="bayer").name == again.remap(image, dither="bayer").name
    assert palette.remap(image).name != palette.remap(image, dither="bayer").name
    assert palette.remap(image).name != kmc.fit(RGB, 8).remap(image).name


# ---- errors ------------------------------------------------------------------------------------

IMAGE, FOUR = chunked(RGB), chunked(RGBA)


def lying(result, dtype=np.uint8):
    whole = IMAGE.rechunk((100, 130, 3))
    return whole.map_blocks(result, dtype=dtype, meta=np.empty((0, 0, 0), dtype))


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (IMAGE.astype(float), kmc.ImageTypeError, "uint8, got float64; .*astype"),
        (IMAGE.astype(np.uint16), kmc.ImageTypeError, "uint8, got uint16"),
        (IMAGE[IMAGE[:, 0, 0] > 3], kmc.ImageShapeError, "unknown sizes.*compute_chunk_sizes"),
        (IMAGE[:0], kmc.ImageShapeError, "the picture is empty"),
        (IMAGE.transpose(2, 0, 1), kmc.ImageShapeError, "move them last"),
        (IMAGE[..., :2], kmc.ImageShapeError, "grey with alpha"),
        (IMAGE[0, :, 0], kmc.ImageShapeError, r"expected shape .*got \(290,\)"),
        (IMAGE[None, None], kmc.ImageShapeError, "expected shape"),
        (lying(lambda b: b * 1.0), kmc.ImageTypeError, "a chunk is float64, .*says uint8"),
        (lying(lambda b: b[:-1]), kmc.ImageShapeError, "a chunk has shape .*although"),
        (lying(lambda b: np.ma.masked_equal(b, 9)), kmc.ImageTypeError, "chunk are masked"),
    ],
    ids=str,
)
def test_bad_arrays(image, error, words):
    with pytest.raises(error, match=words):
        kmc.fit(image, 3)
    with pytest.raises(error, match=words):
        kmc.histogram(image)
    with pytest.raises(error, match=words):
        PALETTE.remap(image).compute()
    with pytest.raises(error, match=words):
        kmc.quantize(image, 3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kmc.quantize(IMAGE, 3, dither="floyd-steinberg"), "across chunks.*blue-noise"),
        (lambda: kmc.quantize(IMAGE, 3, dither="adaptive"), "across chunks.*compute"),
        (lambda: kmc.quantize(IMAGE, 3, look="best"), "look=.best. chooses.*across chunks"),
        (lambda: PALETTE.remap(IMAGE, dither="atkinson"), "across chunks"),
        (lambda: kmc.quantize(IMAGE, 3, order="compact"), 'order="compact" depends'),
        (
            lambda: kmc.quantize(IMAGE, 3, order="popularity", dither="bayer"),
            'order="popularity" depends',
        ),
        (lambda: kmc.quantize(IMAGE[None], 3), "quantize takes one picture"),
        (lambda: kmc.histogram(IMAGE, threads=2), "threads does not apply"),
        (lambda: PALETTE.remap(IMAGE, threads=2), "threads does not apply"),
        (lambda: kmc.assign(IMAGE, PALETTE, threads=2), "threads does not apply"),
        (lambda: kmc.assign(IMAGE, PALETTE, return_sums=True), "return_sums is for arrays in"),
        (lambda: PALETTE.remap(FOUR), "transparent entry depends on all pixels"),
        (lambda: kmc.Palette([[1]]).remap(IMAGE), "cannot represent an image in RGB"),
        (lambda: kmc.fit(IMAGE[None], 3, importance=RGB[None, :, :, 0]), "importance applies to"),
        (lambda: kmc.fit(IMAGE, 3, importance=np.ones((3, 3))), r"importance must have shape"),
        (lambda: kmc.fit(IMAGE, 3, importance=IMAGE), r"importance must have shape"),
        (lambda: kmc.fit(IMAGE, 3, importance=IMAGE[..., 0] * 0), "zero everywhere"),
        (lambda: kmc.fit(IMAGE, 3, importance=IMAGE[..., 0] * np.nan), "finite everywhere"),
        (lambda: kmc.fit(IMAGE, 3, importance=IMAGE[..., 0] - 300.0), "0 or more"),
        (lambda: kmc.fit(IMAGE, 3, importance=IMAGE[..., 0].astype("S2")), "array of numbers"),
        (lambda: kmc.fit(IMAGE, 3, image_weights=[1]), "and this is one"),
    ],
)
def test_what_does_not_apply_is_refused_by_name(call, words):
    with pytest.raises(kmc.KmcError, match=words):
        call()


def test_errors_of_tasks_are_raised_as_they_are():
    def fail(block):
        raise FileNotFoundError("tile 17")

    with pytest.raises(FileNotFoundError, match="tile 17"):
        kmc.fit(lying(fail), 3)


def test_importance_that_changes_is_refused():
    calls = iter(range(1, 10**6))
    changing = da.map_blocks(
        lambda block: block[..., 0] * 0.0 + next(calls),
        IMAGE.rechunk((100, 130, 3)),
        drop_axis=2,
        dtype=float,
        meta=np.empty((0, 0)),
    )
    with pytest.raises(kmc.ArgumentError, match="importance is not the same each time"):
        kmc.fit(IMAGE, 3, importance=changing)


def test_a_list_of_colours_is_warned_of():
    with pytest.warns(kmc.ImageWarning, match="read as a grey picture 3 pixels wide") as caught:
        kmc.fit(da.from_array(RGB[0]), 3)
    assert caught[0].filename == __file__


def test_dask_is_imported_by_nobody_else():
    code = (
        "import sys, kmc, numpy as np; p = np.zeros((4, 8, 3), 'u1'); kmc.quantize(p, 3); "
        "kmc.fit(p, 2).remap(p); kmc.histogram(p); kmc.assign(p, [[1, 2, 3]]); "
        "assert not {'dask', 'distributed', 'xarray'} & {n.split('.')[0] for n in sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_sums_on_the_way_take_few_bytes_a_colour():
    from kmc.lazy.counting import _Colors, _Part

    counted = kmc.histogram(noise(300, 300))
    part = _Part(_Colors.of(counted.colors, counted.counts))
    assert sys.getsizeof(part) < 4 * len(part) + 200
    assert len(pickle.dumps(part)) < 4 * len(part) + 1000
