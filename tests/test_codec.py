""".kmc files: what is written comes back, and nothing else ever does."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kmc_files import assert_same, indexed, with_metadata

import kmc
from kmc import _core
from kmc.codec import encode, read_header


@pytest.fixture(scope="module")
def image() -> kmc.IndexedImage:
    return with_metadata()


@pytest.fixture(scope="module")
def data(image: kmc.IndexedImage) -> bytes:
    return encode(image)


# ---- round trips ---------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    k=st.sampled_from((1, 2, 3, 4, 16, 17, 64, 255, 256, 257, 1000)),
    channels=st.sampled_from((1, 3, 4)),
    level=st.integers(1, 9),
    smooth=st.booleans(),
    seed=st.integers(0, 9),
)
def test_what_is_written_comes_back(
    height: int, width: int, k: int, channels: int, level: int, smooth: bool, seed: int
) -> None:
    made = indexed(height, width, k, channels, seed, smooth)
    assert_same(kmc.open(encode(made, level=level)), made)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (2, 2)])
@pytest.mark.parametrize("k", [1, 2, 65536])
def test_extremes(shape: tuple[int, int], k: int) -> None:
    made = indexed(*shape, k)
    assert_same(kmc.open(encode(made, level=9)), made)


def test_many_nodes_share_what_they_learn() -> None:
    made = indexed(60, 60, 3000, smooth=True)
    assert_same(kmc.open(encode(made, level=9)), made)


def test_a_palette_of_equal_colors() -> None:
    made = indexed(9, 9, 40)
    made.palette.colors[:] = 7
    assert_same(kmc.open(encode(made)), made)


def test_extreme_colors() -> None:
    colors = np.array([(0, 0, 0, 0), (255, 255, 255, 255), (255, 0, 255, 0), (0, 255, 0, 255)])
    indices = np.random.default_rng(3).integers(0, 4, (50, 50), np.uint8)
    made = kmc.IndexedImage(indices, kmc.Palette(colors.astype(np.uint8)), 0.0)
    assert_same(kmc.open(encode(made, level=9)), made)


def test_strided_and_read_only_indices() -> None:
    made = indexed(40, 40, 5)
    part = made.indices[::-2, ::3]
    part.flags.writeable = False
    strided = kmc.IndexedImage(part, made.palette, 0.0)
    assert_same(kmc.open(encode(strided)), strided)


def test_16_bit_indices_of_a_small_palette() -> None:
    made = indexed(8, 8, 5)
    wide = kmc.IndexedImage(made.indices.astype(np.uint16), made.palette, 0.0)
    assert_same(kmc.open(encode(wide)), made)


def test_metadata_is_kept(image: kmc.IndexedImage, data: bytes) -> None:
    assert_same(kmc.open(data), image)
    all_of_it = kmc.Metadata(b"icc", (1.5, 2.5), b"II*\0", b"", 0.5, tuple(n / 8 for n in range(8)))
    made = kmc.IndexedImage(image.indices, image.palette, 0.0, all_of_it)
    assert kmc.open(encode(made)).metadata == all_of_it


@pytest.mark.parametrize("n_bands", [1, 2, 3, 20])
def test_bands_and_threads_change_no_bytes(image: kmc.IndexedImage, n_bands: int) -> None:
    colors = np.ascontiguousarray(image.palette.colors)
    model = 0x7FFFFF, 10
    alone = _core.plane_write(image.indices, colors, *model, n_bands, 1)
    assert alone == _core.plane_write(image.indices, colors, *model, n_bands, 4)
    for threads in (1, 3):
        read = _core.plane_read(list(alone), *image.indices.shape, colors, *model, threads)
        assert np.array_equal(read, image.indices)


def test_large_pictures_are_cut_into_bands() -> None:
    made = indexed(2500, 2500, 2)
    made.indices[:] = 0
    made.indices[::97, ::89] = 1
    file = encode(made, level=1, threads=2)
    assert read_header(file, "")[0].n_bands == 2
    assert file == encode(made, level=1, threads=1)
    assert_same(kmc.open(file, threads=2), made)


def test_what_can_be_foretold_takes_few_bytes() -> None:
    made = indexed(64, 64, 4)
    made.indices[:] = np.arange(64) // 16 % 4
    assert len(encode(made)) < 100
    assert len(encode(indexed(1, 1, 1))) < 32
    plain = indexed(200, 300, 3)
    plain.indices[:] = 2
    assert len(encode(plain)) < 64


def test_higher_levels_are_smaller_on_a_picture_with_structure() -> None:
    y, x = np.indices((150, 200))
    wave = np.sin(x / 9) + np.cos(y / 7) + np.random.default_rng(1).random((150, 200)) * 0.3
    picture = (128 + 60 * wave).clip(0, 255).astype(np.uint8)
    made = kmc.quantize(np.dstack([picture, picture // 2, 255 - picture]), 32)
    sizes = [len(encode(made, level=level)) for level in (1, 5, 9)]
    assert sizes[0] > sizes[1] > sizes[2]
    png = io.BytesIO()
    made.save(png, "png")
    assert sizes[1] < 0.8 * len(png.getvalue())


# ---- files ---------------------------------------------------------------------------------------


def test_files(tmp_path: Path, image: kmc.IndexedImage, data: bytes) -> None:
    path = tmp_path / "a.kmc"
    image.save(path)
    assert path.read_bytes() == data
    assert_same(kmc.open(path), image)
    assert_same(kmc.open(str(path)), image)
    assert_same(kmc.open(io.BytesIO(data)), image)
    with path.open("rb") as file:
        assert_same(kmc.open(file), image)
    image.save(path, level=9, metadata=False)
    assert kmc.open(path).metadata == kmc.Metadata()
    assert len(path.read_bytes()) < len(data)


def test_errors_of_files(tmp_path: Path, image: kmc.IndexedImage) -> None:
    with pytest.raises(kmc.ImageNotFoundError, match="no such file"):
        kmc.open(tmp_path / "none.kmc")
    with pytest.raises(kmc.ImageReadError, match="is a directory"):
        kmc.open(tmp_path)
    with pytest.raises(kmc.ImageTypeError, match="expected a path, bytes or a binary file"):
        kmc.open(7)  # type: ignore[arg-type]
    for level in (0, 10):
        with pytest.raises(kmc.ArgumentError, match="level must be 1 to 9"):
            image.save(tmp_path / "a.kmc", level=level)
    with pytest.raises(kmc.ArgumentError, match="max_memory must be at least 1"):
        kmc.open(b"", max_memory=0)
    assert list(tmp_path.iterdir()) == []


def test_a_format_error_is_what_one_would_expect() -> None:
    assert issubclass(kmc.FormatError, kmc.ImageReadError)
    assert issubclass(kmc.FormatError, OSError)
    assert issubclass(kmc.FormatError, ValueError)


def test_the_engine_refuses_what_does_not_fit(image: kmc.IndexedImage) -> None:
    colors = np.ascontiguousarray(image.palette.colors)
    with pytest.raises(kmc.ArgumentError, match="beyond the palette"):
        _core.plane_write(image.indices, colors[:3], 0x080000, 8, 1, 1)
    for model in ((0, 8, 1), (0x880000, 8, 1), (0x080000, 5, 1), (0x080000, 23, 1)):
        with pytest.raises(kmc.ArgumentError):
            _core.plane_write(image.indices, colors, *model, 1)
    with pytest.raises(kmc.ArgumentError):
        _core.plane_write(image.indices, colors, 0x080000, 8, 21, 1)
    with pytest.raises(kmc.ArgumentError, match="palette is empty"):
        _core.palette_write(colors[:0])


def test_small_pictures_are_coded_in_the_better_of_two_ways() -> None:
    tiles = np.random.default_rng(4).integers(0, 6, (5, 16, 16))
    order = np.random.default_rng(5).integers(0, 5, (12, 12))
    indices = np.block([[tiles[i] for i in row] for row in order]).astype(np.uint8)
    made = indexed(1, 1, 6)
    made.indices = indices
    data = encode(made)
    colors = np.ascontiguousarray(made.palette.colors)
    alone = _core.plane_write(indices, colors, 0x0B800B, 13, 1, 1)
    assert len(data) < 0.9 * len(alone[0])
    assert_same(kmc.open(data), made)
