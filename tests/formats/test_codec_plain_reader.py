"""The reader that was written from the document agrees with the engine on every file."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kmc_files import BEGINNING, described, encode, file_of, indexed, with_indices, with_metadata
from kmc_reader import read, read_metadata

import kmc
from kmc.formats.kmc.codec import picture_chunks
from kmc.formats.kmc.container import END, chunk
from kmc.formats.kmc.header import Header

pytestmark = pytest.mark.once


def assert_read(data: bytes, image: kmc.IndexedImage) -> None:
    rows, palette = read(data)
    assert np.array_equal(rows, image.indices)
    assert np.array_equal(palette, image.palette.colors)


@pytest.mark.parametrize("k", [1, 2, 3, 16, 40, 300])
@pytest.mark.parametrize("level", [1, 5, 9])
def test_levels_and_colors(k: int, level: int) -> None:
    image = indexed(17, 23, k, smooth=True)
    assert_read(encode(image, level=level), image)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("smooth", [False, True])
def test_channels(channels: int, smooth: bool) -> None:
    image = indexed(16, 30, 20, channels, smooth=smooth)
    assert_read(encode(image, level=9), image)


def test_metadata_is_no_hindrance() -> None:
    image = with_metadata()
    assert_read(encode(image), image)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"a",
        bytes(range(256)),
        bytes(9000),
        b"<rdf:li>kmc</rdf:li>\n" * 40,
        np.random.default_rng(1).bytes(300),
        (np.arange(1500) ** 2 // 40).astype(">u2").tobytes(),
    ],
    ids=["empty", "one byte", "every byte", "zeros", "text", "noise", "curve"],
)
def test_blocks_of_metadata(block: bytes) -> None:
    metadata = kmc.Metadata(icc_profile=block, exif=block[::-1], xmp=block[:7])
    image = described(indexed(3, 4, 2), metadata)
    data = encode(image)
    assert read_metadata(data) == {b"c": block, b"e": block[::-1], b"x": block[:7]}
    assert kmc.open(data).metadata == image.metadata


def test_more_nodes_than_have_weights_of_their_own() -> None:
    image = indexed(9, 14, 2500, smooth=True)
    assert_read(encode(image, level=7), image)


def test_repeated_patterns_are_matched() -> None:
    tile = np.random.default_rng(2).integers(0, 5, (6, 40))
    image = with_indices(indexed(24, 40, 5), np.tile(tile, (4, 1)))
    data = encode(image, level=9)
    assert len(data) < 250
    assert_read(data, image)


@settings(deadline=None, max_examples=25)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    k=st.integers(2, 70),
    channels=st.sampled_from((1, 3, 4)),
    contexts=st.integers(0, (1 << 24) - 1),
    slot_bits=st.integers(6, 9),
    n_bands=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_any_choice_of_contexts(
    height: int,
    width: int,
    k: int,
    channels: int,
    contexts: int,
    slot_bits: int,
    n_bands: int,
    seed: int,
) -> None:
    image = indexed(height, width, k, channels, seed, smooth=seed % 2 == 0)
    data = file_of(image, contexts | 0x080000, slot_bits, min(n_bands, height))
    assert_read(data, image)


@pytest.mark.parametrize("k", [2, 3, 40, 300])
def test_the_plain_model(k: int) -> None:
    image = indexed(20, 21, k)
    for contexts in (0, 1):
        assert_read(file_of(image, contexts, 0), image)
        assert_read(file_of(image, contexts, 0, 3), image)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (5, 2)])
def test_differences_at_the_edges(shape: tuple[int, int]) -> None:
    image = indexed(*shape, 7)
    assert_read(file_of(image, 1, 0), image)


@pytest.mark.parametrize("slope", [(1, 1), (3, 1), (0, 1), (2, 0)])
def test_ramps(slope: tuple[int, int]) -> None:
    y, x = np.indices((20, 30))
    indices = (slope[0] * x + slope[1] * y) // 2
    colors = np.arange(60, dtype=np.uint8)[:, None] * 4
    image = kmc.IndexedImage(indices.astype(np.uint8), kmc.Palette(colors), 0.0)
    data = encode(image)
    assert len(data) < 60
    assert_read(data, image)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_symbols_are_expected_by_their_colors(channels: int) -> None:
    y, x = np.indices((24, 30))
    grid = np.stack([20 * (x // 5), 30 * (y // 4), 90 + 0 * x, 255 - 10 * (x // 10)], axis=-1)
    colors, indices = np.unique(
        grid[..., :channels].reshape(-1, channels), axis=0, return_inverse=True
    )
    twice = np.concatenate([colors, colors]).astype(np.uint8)
    indices = indices.reshape(24, 30) + len(colors) * ((x + y) % 7 == 0)
    for pixels in (indices, indices % len(colors)):
        image = kmc.IndexedImage(pixels.astype(np.uint8), kmc.Palette(twice), 0.0)
        assert_read(file_of(image, 0xFFC38B, 14), image)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_palettes_that_count(channels: int) -> None:
    levels = [[200, 30, 80], [3, 9, 27, 255], [0, 100], [10, 255]][:channels]
    colors = np.stack(np.meshgrid(*levels, indexing="ij"), axis=-1).reshape(-1, channels)
    y, x = np.indices((6, 8))
    image = kmc.IndexedImage(
        ((x + y) % len(colors)).astype(np.uint8), kmc.Palette(colors.astype(np.uint8)), 0.0
    )
    assert_read(encode(image), image)


def test_rows_that_were_there_before() -> None:
    image = indexed(60, 30, 5)
    indices = image.indices.copy()
    for y in (3, 4, 9, 10, 11, 20):
        indices[y] = indices[y - 3]
    indices[13:16] = 2
    indices[24:60] = indices[:9].repeat(4, axis=0)
    image = with_indices(image, indices)
    for model in ((0x0BC38B, 14), (0xFFC38B, 14), (0x080000, 6)):
        assert_read(file_of(image, *model), image)


def test_rows_too_wide_to_be_compared() -> None:
    image = with_indices(indexed(2, 8193, 2), np.arange(8193) == 5000)
    assert_read(file_of(image, 0x080000, 6), image)


def test_bands_of_a_file() -> None:
    indices = np.ones((128, 64), np.uint8)
    indices[::9, ::7] = 2
    image = with_indices(indexed(128, 64, 3), indices)
    data = file_of(image, 0x080000, 6, 2)
    assert_read(data, image)
    assert np.array_equal(kmc.open(data).indices, image.indices)


@pytest.mark.parametrize("k", [2, 5, 300])
@pytest.mark.parametrize("contexts", [0x080000, 0x0B800B, 0xFFC38B, 0xFFFFFF])
@pytest.mark.parametrize("code", [b"", b"\0\0", b"\1", b"\xa5\x5a\xff\0\0\0", b"\x37" * 9])
def test_codes_that_end_before_the_picture_does(k: int, contexts: int, code: bytes) -> None:
    image = indexed(21, 30, k)
    header = Header(21, 30, image.palette.colors, 1, contexts, 9)
    first = picture_chunks(image.indices, header, 1)[0]
    data = BEGINNING + first + chunk(b"I", code) + END
    assert_read(data, kmc.open(data))


# The bytes of these files. A change to them is a change of the format or of what a level chooses:
# the one needs another version, the other a line in the changelog.
GOLDEN = {
    (1, 3, 5): "017d263f3371d59f",
    (2, 1, 1): "21a21fb505e28a3e",
    (16, 3, 5): "637cc21d62f5234f",
    (16, 1, 9): "e201b828c93ab306",
    (40, 3, 9): "ac6e088d37700d9b",
    (256, 3, 5): "4b1416d7b0329cef",
    (300, 4, 9): "50895ae32abd59e0",
}


@pytest.mark.parametrize(
    ("block", "digest"),
    [(b"<rdf:li>kmc</rdf:li>" * 9, "a3e1aaf706ef0872"), (bytes(700), "0821c69787ed49bf")],
)
def test_the_bytes_of_metadata_never_change(block: bytes, digest: str) -> None:
    image = described(indexed(3, 4, 2), kmc.Metadata(icc_profile=block))
    assert hashlib.sha256(encode(image)).hexdigest()[:16] == digest


@pytest.mark.parametrize("key", GOLDEN)
def test_the_bytes_never_change(key: tuple[int, int, int]) -> None:
    k, channels, level = key
    data = encode(indexed(50, 70, k, channels, seed=5, smooth=True), level=level)
    assert hashlib.sha256(data).hexdigest()[:16] == GOLDEN[key]
