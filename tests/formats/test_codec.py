""".kmc files: what is written comes back, and nothing else ever does."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kmc_files import assert_same, encode, file_of, indexed, lossless_image, with_indices
from numpy.typing import NDArray
from PIL import Image

import kmc
from kmc import core
from kmc.formats.kmc import codec
from kmc.formats.kmc.codec import read_header

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
    palette = kmc.Palette(np.full((40, 3), 7, np.uint8))
    made = kmc.IndexedImage(indexed(9, 9, 40).indices, palette, 0.0)
    assert_same(kmc.open(encode(made)), made)


def test_extreme_colors() -> None:
    colors = np.array([(0, 0, 0, 0), (255, 255, 255, 255), (255, 0, 255, 0), (0, 255, 0, 255)])
    indices = np.random.default_rng(3).integers(0, 4, (50, 50), np.uint8)
    made = kmc.IndexedImage(indices, kmc.Palette(colors.astype(np.uint8)), 0.0)
    assert_same(kmc.open(encode(made, level=9)), made)


def test_strided_and_read_only_indices() -> None:
    made = indexed(40, 40, 5)
    part = made.indices[::-2, ::3]
    assert not part.flags.writeable
    assert not part.flags.c_contiguous
    strided = kmc.IndexedImage(part, made.palette, 0.0)
    assert_same(kmc.open(encode(strided)), strided)


def test_16_bit_indices_of_a_small_palette() -> None:
    made = indexed(8, 8, 5)
    wide = kmc.IndexedImage(made.indices.astype(np.uint16), made.palette, 0.0)
    assert_same(kmc.open(encode(wide)), made)


def test_metadata_is_kept(sample: kmc.IndexedImage, sample_file: bytes) -> None:
    assert_same(kmc.open(sample_file), sample)
    all_of_it = kmc.Metadata(b"icc", (1.5, 2.5), b"II*\0", b"", 0.5, tuple(n / 8 for n in range(8)))
    made = kmc.IndexedImage(sample.indices, sample.palette, 0.0, all_of_it)
    assert kmc.open(encode(made)).metadata == all_of_it


@pytest.mark.parametrize("n_bands", [1, 2, 3, 20])
def test_bands_and_threads_change_no_bytes(sample: kmc.IndexedImage, n_bands: int) -> None:
    colors = np.ascontiguousarray(sample.palette.colors)
    model = 0x7FFFFF, 10
    alone = core.codec.plane_write(sample.indices, colors, *model, n_bands, 1)
    assert alone == core.codec.plane_write(sample.indices, colors, *model, n_bands, 4)
    for threads in (1, 3):
        read = core.codec.plane_read(list(alone), *sample.indices.shape, colors, *model, threads)
        assert np.array_equal(read, sample.indices)


@pytest.mark.parametrize("k", [2, 16, 300])
@pytest.mark.parametrize("contexts", [0x080000, 0x080001, 0x0B800B, 0x7FFFFF, 0xFFFFFF])
def test_instruction_sets_change_no_bytes(k: int, contexts: int) -> None:
    """Also where there are so few slots that one pixel's contexts take them from each other."""
    made = indexed(60, 70, k, smooth=True)
    for slot_bits in (6, 14):
        with kmc.cpu.use("c"):
            plain = file_of(made, contexts, slot_bits)
        for name in kmc.cpu.available():
            with kmc.cpu.use(name):
                assert file_of(made, contexts, slot_bits) == plain
                assert_same(kmc.open(plain), made)


def test_large_pictures_are_cut_into_bands() -> None:
    indices = np.zeros((2500, 2500), np.uint8)
    indices[::97, ::89] = 1
    made = with_indices(indexed(2500, 2500, 2), indices)
    file = encode(made, level=1, threads=2)
    assert read_header(file, "")[0].n_bands == 2
    assert file == encode(made, level=1, threads=1)
    assert_same(kmc.open(file, threads=2), made)


def test_what_can_be_foretold_takes_few_bytes() -> None:
    made = with_indices(indexed(64, 64, 4), np.arange(64) // 16 % 4)
    assert len(encode(made)) < 100
    assert len(encode(indexed(1, 1, 1))) <= 20
    plain = with_indices(indexed(200, 300, 3), np.array(2))
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


def test_files(tmp_path: Path, sample: kmc.IndexedImage, sample_file: bytes) -> None:
    path = tmp_path / "a.kmc"
    sample.save(path)
    assert path.read_bytes() == sample_file
    assert_same(kmc.open(path), sample)
    assert_same(kmc.open(str(path)), sample)
    assert_same(kmc.open(io.BytesIO(sample_file)), sample)
    with path.open("rb") as file:
        assert_same(kmc.open(file), sample)
    sample.save(path, level=9, metadata=False)
    assert kmc.open(path).metadata == kmc.Metadata()
    assert len(path.read_bytes()) < len(sample_file)


def test_errors_of_files(tmp_path: Path, sample: kmc.IndexedImage) -> None:
    with pytest.raises(kmc.ImageNotFoundError, match="no such file"):
        kmc.open(tmp_path / "none.kmc")
    with pytest.raises(kmc.ImageReadError, match="is a directory"):
        kmc.open(tmp_path)
    with pytest.raises(kmc.ImageTypeError, match="expected a path, bytes or a binary file"):
        kmc.open(7)  # type: ignore[arg-type]
    for level in (0, 10):
        with pytest.raises(kmc.ArgumentError, match="level must be 1 to 9"):
            sample.save(tmp_path / "a.kmc", level=level)
    with pytest.raises(kmc.ArgumentError, match="max_memory must be at least 1"):
        kmc.open(b"", max_memory=0)
    assert list(tmp_path.iterdir()) == []


def test_a_format_error_is_what_one_would_expect() -> None:
    assert issubclass(kmc.FormatError, kmc.ImageReadError)
    assert issubclass(kmc.FormatError, OSError)
    assert issubclass(kmc.FormatError, ValueError)


def test_the_engine_refuses_what_does_not_fit(sample: kmc.IndexedImage) -> None:
    colors = np.ascontiguousarray(sample.palette.colors)
    with pytest.raises(kmc.ArgumentError, match=r"index \d is beyond a palette of 3 colours"):
        core.codec.plane_write(sample.indices, colors[:3], 0x080000, 8, 1, 1)
    for model in ((0, 8, 1), (0x1080000, 8, 1), (0x080000, 5, 1), (0x080000, 23, 1)):
        with pytest.raises(kmc.ArgumentError):
            core.codec.plane_write(sample.indices, colors, *model, 1)
    with pytest.raises(kmc.ArgumentError):
        core.codec.plane_write(sample.indices, colors, 0x080000, 8, 21, 1)
    with pytest.raises(kmc.ArgumentError, match="palette is empty"):
        core.codec.palette_write(colors[:0])


@pytest.mark.parametrize(
    ("indices", "message"),
    [
        (np.full((4, 5), 7, np.uint8), "index 7 is beyond a palette of 7"),
        (np.full((4, 5), 300, np.uint16), "index 300 is beyond a palette of 7"),
        (np.zeros((4, 5), np.int64), "indices must be an array of uint8 or uint16, not int64"),
        ([[0]], "indices must be an array of uint8 or uint16, not list"),
        (np.zeros(5, np.uint8), r"indices must have shape \(H, W\), not \(5,\)"),
        (np.zeros((0, 5), np.uint8), r"indices must have shape \(H, W\)"),
    ],
)
def test_indices_are_checked(indices: object, message: str) -> None:
    for level in (1, 9):
        with pytest.raises(kmc.KmcError, match=message):
            codec.encode(indices, np.zeros((7, 3), np.uint8), level=level)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("colors", "message"),
    [
        (np.zeros((2, 3), np.uint8), "index 6 is beyond a palette of 2"),
        (np.zeros((1, 3), np.uint8), "index 6 is beyond a palette of 1 colour"),
        (np.zeros((0, 3), np.uint8), "palette colours must have shape"),
        (np.zeros((7, 2), np.uint8), "palette colours must have shape"),
        (np.zeros((70000, 3), np.uint8), "palette colours must have shape"),
        (np.zeros((7, 3)), "palette colours must be an array of uint8, not float64"),
        (None, "palette colours must be an array of uint8, not NoneType"),
    ],
)
def test_colors_are_checked(colors: object, message: str) -> None:
    indices = np.arange(7, dtype=np.uint8)[None]
    with pytest.raises(kmc.KmcError, match=message):
        codec.encode(indices, colors)  # type: ignore[arg-type]


def test_metadata_is_checked() -> None:
    with pytest.raises(kmc.ArgumentTypeError, match="xmp must be bytes, not str"):
        kmc.Metadata(xmp="text")  # type: ignore[arg-type]


def grey(indices: NDArray[np.intp], k: int) -> kmc.IndexedImage:
    """Grey levels at even steps."""
    colors = np.arange(k, dtype=np.uint8)[:, None] * (255 // max(1, k - 1))
    return kmc.IndexedImage(indices.astype(np.uint8), kmc.Palette(colors), 0.0)


def test_small_pictures_are_coded_in_the_best_of_several_ways() -> None:
    random = np.random.default_rng(4)
    tiles = random.integers(0, 6, (5, 16, 16))
    order = random.integers(0, 5, (12, 12))
    art = grey(np.block([[tiles[i] for i in row] for row in order]), 6)
    x = np.arange(100)
    ramp = grey(x + x[:, None], 199)
    noise = grey(random.integers(0, 16, (32, 32)), 16)
    default = 0x0B800B, 13
    assert len(encode(art)) < 0.9 * len(file_of(art, *default))
    assert len(encode(ramp)) < 0.5 * len(file_of(ramp, *default))
    assert len(encode(noise)) < len(file_of(noise, *default))
    for made in (art, ramp, noise):
        assert_same(kmc.open(encode(made)), made)


def test_gradients_go_on_in_two_directions() -> None:
    y, x = np.indices((96, 96))
    both = np.stack([x // 8 * 20, y // 8 * 20, 0 * x], axis=-1).astype(np.uint8)
    grid = lossless_image(Image.fromarray(both))
    hill = lossless_image(Image.fromarray((250 - (np.hypot(x - 48, y - 48) * 3)).astype(np.uint8)))
    assert len(encode(grid)) < 70
    assert len(encode(hill)) < 0.85 * len(file_of(hill, 0x7FB13F, 16))
    for made in (grid, hill):
        assert_same(kmc.open(encode(made)), made)


def test_noise_takes_no_more_than_its_bits() -> None:
    random = np.random.default_rng(5)
    for side, k in ((8, 2), (16, 8), (32, 4), (64, 256)):
        made = grey(random.integers(0, k, (side, side)), k)
        bits = side * side * np.log2(k)
        assert len(encode(made)) < 1.01 * bits / 8 + 40


def test_noise_on_a_ramp_takes_little_more_than_its_bits() -> None:
    y, x = np.indices((64, 64))
    noise = np.random.default_rng(6).integers(0, 9, (64, 64))
    made = grey((x + y + noise), 144)
    bits = 64 * 64 * np.log2(9)
    assert len(encode(made)) < 1.12 * bits / 8
    assert_same(kmc.open(encode(made)), made)


def test_rows_that_repeat_take_next_to_nothing() -> None:
    random = np.random.default_rng(6)
    rows = random.integers(0, 4, (9, 200))
    once, often = grey(rows, 4), grey(np.tile(rows, (30, 1)), 4)
    one_row = 200 // 4
    assert len(encode(often)) < len(encode(once)) + one_row + 20
    assert_same(kmc.open(encode(often)), often)


@pytest.mark.parametrize("width", [8192, 8193])
def test_wide_rows(width: int) -> None:
    made = indexed(4, width, 3, smooth=True)
    made = with_indices(made, made.indices[[0, 1, 1, 1]])
    assert_same(kmc.open(encode(made)), made)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_palettes_take_no_more_than_their_bytes(channels: int) -> None:
    random = np.random.default_rng(7)
    for k in (1, 2, 17, 300):
        noise = random.integers(0, 256, (k, channels), np.uint8)
        coded = core.codec.palette_write(noise)
        assert len(coded) <= noise.size + 1
        assert np.array_equal(core.codec.palette_read(coded, k, channels), noise)
    steps = (np.arange(60)[:, None] * np.arange(1, channels + 1)).astype(np.uint8)
    coded = core.codec.palette_write(steps)
    assert len(coded) < 8 * channels
    assert np.array_equal(core.codec.palette_read(coded, 60, channels), steps)


def counted(*levels: list[int]) -> NDArray[np.uint8]:
    """Every combination of the channels' levels; the last channel changes the most often."""
    return np.stack(np.meshgrid(*levels, indexing="ij"), axis=-1).reshape(-1, len(levels))


@pytest.mark.parametrize(
    ("palette", "size"),
    [
        (counted([0, 51, 102, 153, 204, 255], [*range(0, 256, 51)], [*range(0, 256, 51)]), 16),
        (counted([*range(0, 256, 36)], [*range(0, 256, 36)], [0, 85, 170, 255]), 16),
        (counted([7], [*range(0, 256, 17)], [*range(0, 256, 17)]), 16),
        (counted([*range(0, 256, 17)], [90], [*range(0, 256, 17)]), 16),
        (np.roll(counted([64, 128, 255], *[[0, 100, 200]] * 3), -1, axis=1), 20),
        (counted([*range(256)]), 4),
    ],
)
def test_palettes_that_count_take_next_to_nothing(palette: NDArray[np.intp], size: int) -> None:
    colors = palette.astype(np.uint8)
    coded = core.codec.palette_write(colors)
    assert len(coded) <= size
    assert np.array_equal(core.codec.palette_read(coded, *colors.shape), colors)


@pytest.mark.parametrize("channels", [3, 4])
def test_colors_are_put_in_the_order_that_takes_fewer_bytes(channels: int) -> None:
    y, x = np.indices((16, 16))
    grid = np.stack([16 * x, 16 * y, 0 * x + 96, 255 - y][:channels], axis=2).astype(np.uint8)
    steps = lossless_image(Image.fromarray(grid))
    assert np.array_equal(np.asarray(steps), grid)
    colors = steps.palette.colors
    assert len(core.codec.palette_write(colors)) < 40
    if channels == 4:
        assert (np.diff(colors[:, 3].astype(int)) >= 0).all()

    near = np.cumsum(np.random.default_rng(8).integers(0, 3, (1, 200, channels)), axis=1)
    counted, _ = core.colors.histogram(near.astype(np.uint8), 1)
    kept = lossless_image(Image.fromarray(near.astype(np.uint8)))
    assert np.array_equal(np.asarray(kept), near)
    written = core.codec.palette_write
    assert len(written(kept.palette.colors)) <= len(written(counted))
