""".kmc files that are damaged or made up: an error says so, or what survived comes back."""

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kmc_files import assert_same, with_metadata
from numpy.typing import NDArray

import kmc
from kmc import _core
from kmc.codec import encode
from kmc.container import chunk, read_chunks, varint
from kmc.signature import SIGNATURE

HEADER_AT = len(SIGNATURE) + 1


@pytest.fixture(scope="module")
def image() -> kmc.IndexedImage:
    return with_metadata()


@pytest.fixture(scope="module")
def data(image: kmc.IndexedImage) -> bytes:
    return encode(image)


def test_truncation_at_every_byte_is_noticed(data: bytes) -> None:
    for n in range(len(data)):
        with pytest.raises(kmc.FormatError):
            kmc.open(data[:n])


def test_every_flipped_bit_is_noticed(data: bytes) -> None:
    for i in range(8 * len(data)):
        damaged = bytearray(data)
        damaged[i // 8] ^= 1 << i % 8
        with pytest.raises(kmc.FormatError):
            kmc.open(bytes(damaged))


@settings(deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_rubbish_is_refused(rubbish: bytes, signed: bool) -> None:
    with pytest.raises(kmc.FormatError):
        kmc.open((SIGNATURE + b"\x01" if signed else b"") + rubbish)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: b"", "no .kmc file: it is empty"),
        (lambda d: b"\x89PNG\r\n\x1a\n", "no .kmc file: it begins with b'.x89PNG"),
        (lambda d: d.replace(b"\r\n", b"\n", 1), "damaged by a transfer as text"),
        (lambda d: d[:5], "cut short: it ends at byte 5, in its signature"),
        (lambda d: d[:7], "cut short: it ends at byte 7, before its version"),
        (lambda d: d[:7] + b"\x02" + d[8:], "of version 2"),
        (lambda d: d[:60], "cut short: chunk b'.' at byte"),
        (lambda d: d[:-6], "without its end mark"),
        (lambda d: d + b"\0\0", "2 bytes follow its end at byte"),
        (lambda d: d[:8] + b"I" + d[9:], "the checksum of chunk b'I' at byte 8 is wrong"),
        (lambda d: d[:9] + b"\xff" * 9 + d[18:], "byte 9 begins no number"),
    ],
)
def test_errors_say_what_and_where(change, message: str, data: bytes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(kmc.FormatError, match=message):
        kmc.open(change(data))


def rebuilt(data: bytes, change) -> bytes:  # type: ignore[no-untyped-def]
    """The file with its list of (type, data) changed, under right checksums."""
    chunks = [(c.type, c.data) for c in read_chunks(data, "")]
    return data[:HEADER_AT] + b"".join(chunk(*c) for c in change(chunks))


EVERYTHING = b"\xff\xff\x7f\x0a"


def header(width: int, height: int, k: int, bands: int, model: bytes = EVERYTHING) -> bytes:
    return b"\x03" + b"".join(map(varint, (width, height, k, bands))) + model + b"\x55" * 30


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (header(0, 1, 2, 1), "0 x 1 pixels"),
        (header(1 << 31, 1, 2, 1), "2147483648 x 1 pixels"),
        (header(9, 9, 0, 1), "0 colours"),
        (header(9, 9, 65537, 1), "65537 colours"),
        (header(9, 9, 2, 0), "0 bands for 9 rows of 2 colours"),
        (header(9, 9, 2, 10), "10 bands for 9 rows"),
        (header(9, 9, 1, 1), "1 bands for 9 rows of 1 colours"),
        (header(9, 9, 2, 1, b"\0\0\0\x0a"), "contexts 0x0"),
        (header(9, 9, 2, 1, b"\xff\xff\xff\x0a"), "contexts 0xffffff"),
        (header(9, 9, 2, 1, b"\xff\xff\x3f\x05"), r"2\*\*5 slots"),
        (header(9, 9, 2, 1, b"\xff\xff\x3f\x17"), r"2\*\*23 slots"),
        (header(1 << 20, 1 << 13, 2, 1), "into only 1 bands"),
        (header(1 << 28, 1 << 28, 2, 1 << 28), "bytes of memory to decode"),
        (header(1, 1 << 29, 2, 1 << 29), "bytes of memory to decode"),
        (header(20000, 60000, 2, 16), "takes [0-9]+ bytes of memory to decode, and max_memory"),
        (b"\x02" + header(9, 9, 2, 1)[1:], "2 channels"),
        (b"", "0 channels"),
        (b"\x03\x09", "cut short"),
        (b"\x03\x09\x09\x02\x01\xff", "is cut short"),
    ],
)
def test_absurd_headers(made: bytes, message: str, data: bytes) -> None:
    file = rebuilt(data, lambda chunks: [(b"H", made), *chunks[1:]])
    with pytest.raises(kmc.FormatError, match=message):
        kmc.open(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c[1:], "begins no header"),
        (lambda c: [*c[:-2], c[-1]], "has no band 0, of 1"),
        (lambda c: [*c[:-1], c[-2], c[-1]], "is band 0, not 1, of 1"),
        (lambda c: [*c[:-2], (b"I", b"\x05"), c[-1]], "is band 5, not 0, of 1"),
        (lambda c: [c[0], (b"Q", b""), *c[1:]], "chunk b'Q' at byte [0-9]+ must be understood"),
        (lambda c: [*c[:2], c[1], *c[2:]], "a second chunk b'c'"),
        (lambda c: [c[0], (b"d", b"123"), *c[2:]], "has 3 bytes, not 16"),
        (lambda c: [c[0], (b"d", b"\xff" * 16), *c[2:]], "holds no numbers"),
        (lambda c: [c[0], (b"x", b"no zlib"), *c[2:]], "chunk b'x' at byte [0-9]+: Error -3"),
    ],
)
def test_absurd_chunks(change, message: str, data: bytes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(kmc.FormatError, match=message):
        kmc.open(rebuilt(data, change))


def test_unknown_chunks_are_skipped(image: kmc.IndexedImage, data: bytes) -> None:
    extended = rebuilt(data, lambda c: [*c[:2], (b"q", b"new"), *c[2:-1], (b"z", b""), c[-1]])
    assert_same(kmc.open(extended), image)


def test_memory_has_a_limit(image: kmc.IndexedImage, data: bytes) -> None:
    with pytest.raises(kmc.FormatError, match=r"takes \d+ bytes of memory to decode"):
        kmc.open(data, max_memory=100_000)
    assert_same(kmc.open(data, max_memory=8_000_000), image)
    bomb = zlib.compress(bytes(9_000_000))
    with pytest.raises(kmc.FormatError, match="not one zlib stream of at most 8000000 bytes"):
        kmc.open(rebuilt(data, lambda c: [c[0], (b"x", bomb), *c[2:]]), max_memory=8_000_000)


def test_more_memory_than_there_is(image: kmc.IndexedImage, data: bytes) -> None:
    assert_same(kmc.open(data, max_memory=1 << 70), image)
    large = b"\x01" + b"".join(map(varint, (2**31 - 1, 2**31 - 1, 1, 0)))
    with pytest.raises(kmc.OutOfMemoryError, match="not enough memory to open the picture"):
        kmc.open(rebuilt(data, lambda c: [(b"H", large), c[-1]]), max_memory=1 << 70)


def test_the_tables_take_what_is_said() -> None:
    small = _core.plane_bytes(100, 100, 0x7FFFFF, 6, 1)
    large = _core.plane_bytes(100, 100, 0x7FFFFF, 20, 1)
    assert 1e6 < small < 3e6
    assert 64 << 20 < large < 80 << 20


# ---- what survives -------------------------------------------------------------------------------


def banded(image: kmc.IndexedImage, n_bands: int) -> bytes:
    colors = np.ascontiguousarray(image.palette.colors)
    bands = _core.plane_write(image.indices, colors, 0x0B800B, 8, n_bands, 1)
    height, width = image.indices.shape
    sizes = b"".join(map(varint, (width, height, len(colors), n_bands)))
    head = b"\x03" + sizes + b"\x0b\x80\x0b\x08" + _core.palette_write(colors)
    parts = [(b"H", head), *((b"I", varint(i) + band) for i, band in enumerate(bands)), (b"E", b"")]
    return SIGNATURE + b"\x01" + b"".join(chunk(*part) for part in parts)


def rows_kept(found: kmc.IndexedImage, image: kmc.IndexedImage) -> NDArray[np.bool_]:
    kept: NDArray[np.bool_] = (found.indices == image.indices).all(axis=1)
    return kept


def test_rows_that_survived(image: kmc.IndexedImage) -> None:
    whole = kmc.IndexedImage(np.maximum(image.indices, 1), image.palette, 0.0)
    data = banded(whole, 4)
    assert_same(kmc.open(data), whole)
    second = next(c.at for c in list(read_chunks(data, ""))[2:])
    damaged = bytearray(data)
    damaged[second + 6] ^= 1
    with pytest.raises(kmc.FormatError, match=f"chunk b'I' at byte {second} is wrong"):
        kmc.open(bytes(damaged))
    with pytest.warns(kmc.FormatWarning, match="rows 5 to 9 are lost"):
        found = kmc.open(bytes(damaged), partial=True)
    kept = rows_kept(found, whole)
    assert kept[:5].all()
    assert kept[10:].all()
    assert (found.indices[5:10] == 0).all()


def test_what_is_left_of_a_file_cut_short(image: kmc.IndexedImage) -> None:
    whole = kmc.IndexedImage(np.maximum(image.indices, 1), image.palette, 0.0)
    data = banded(whole, 4)
    seen = set()
    for n in range(len(data)):
        try:
            with pytest.warns(kmc.FormatWarning):
                found = kmc.open(data[:n], partial=True)
        except (kmc.FormatError, pytest.fail.Exception):
            continue
        seen.add(int(rows_kept(found, whole).sum()))
    assert seen >= {0, 5, 10, 15}


def test_neighbouring_rows_are_named_together(image: kmc.IndexedImage) -> None:
    data = banded(image, 10)
    kept = rebuilt(data, lambda c: [c[0], *(c[1 + i] for i in (0, 4, 5)), c[-1]])
    with pytest.warns(kmc.FormatWarning, match="rows 2 to 7, 12 to 19 are lost"):
        found = kmc.open(kept, partial=True)
    assert np.array_equal(found.indices[8:12], image.indices[8:12])


def test_lost_bands_take_no_tables(image: kmc.IndexedImage) -> None:
    file = rebuilt(encode(image), lambda c: [(b"H", header(1, 100_000, 2, 100_000)), c[-1]])
    with pytest.warns(kmc.FormatWarning, match="rows 0 to 99999 are lost"):
        assert not kmc.open(file, partial=True).indices.any()


def test_damage_anywhere_gives_no_wrong_rows(image: kmc.IndexedImage) -> None:
    whole = kmc.IndexedImage(np.maximum(image.indices, 1), image.palette, 0.0)
    data = banded(whole, 3)
    first = list(read_chunks(data, ""))[1].at
    for i in range(first, len(data) - 6):
        damaged = bytearray(data)
        damaged[i] ^= 16
        with pytest.warns(kmc.FormatWarning, match="rows .* are lost"):
            found = kmc.open(bytes(damaged), partial=True)
        assert (rows_kept(found, whole) | (found.indices == 0).all(axis=1)).all()
