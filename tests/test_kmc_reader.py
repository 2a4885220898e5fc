"""The reader that was written from the document agrees with the engine on every file."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kmc_files import indexed, with_metadata
from kmc_reader import read

import kmc
from kmc import _core
from kmc.codec import encode
from kmc.container import chunk, varint
from kmc.signature import SIGNATURE


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


def test_more_nodes_than_have_weights_of_their_own() -> None:
    image = indexed(9, 14, 2500, smooth=True)
    assert_read(encode(image, level=7), image)


def test_repeated_patterns_are_matched() -> None:
    tile = np.random.default_rng(2).integers(0, 5, (6, 40))
    image = indexed(24, 40, 5)
    image.indices[:] = np.tile(tile, (4, 1))
    data = encode(image, level=9)
    assert len(data) < 250
    assert_read(data, image)


@settings(deadline=None, max_examples=25)
@given(
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    k=st.integers(2, 70),
    channels=st.sampled_from((1, 3, 4)),
    contexts=st.integers(0, (1 << 23) - 1),
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
    contexts |= 0x080000
    n_bands = min(n_bands, height)
    colors = np.ascontiguousarray(image.palette.colors)
    bands = _core.plane_write(image.indices, colors, contexts, slot_bits, n_bands, 1)
    head = bytes([channels]) + b"".join(map(varint, (width, height, k, n_bands)))
    head += contexts.to_bytes(3, "little") + bytes([slot_bits]) + _core.palette_write(colors)
    parts = [(b"H", head), *((b"I", varint(i) + band) for i, band in enumerate(bands)), (b"E", b"")]
    assert_read(SIGNATURE + b"\x01" + b"".join(chunk(*part) for part in parts), image)


# The bytes of these files. A change to them is a change of the format or of what a level chooses:
# the one needs another version, the other a line in the changelog.
GOLDEN = {
    (1, 3, 5): "cbc39aedb12a0978",
    (2, 1, 1): "c1034db449a683ea",
    (16, 3, 5): "2d82936d7738eeb5",
    (16, 1, 9): "1771bff2b3e28ef0",
    (40, 3, 9): "9426d7fdefb85a49",
    (256, 3, 5): "b0302894b2356a93",
    (300, 4, 9): "e0f46901de93d7dc",
}


@pytest.mark.parametrize("key", GOLDEN)
def test_the_bytes_never_change(key: tuple[int, int, int]) -> None:
    k, channels, level = key
    data = encode(indexed(50, 70, k, channels, seed=5, smooth=True), level=level)
    assert hashlib.sha256(data).hexdigest()[:16] == GOLDEN[key]
