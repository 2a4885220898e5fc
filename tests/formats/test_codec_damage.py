""".kmc files that are damaged or made up: an error says so, or what survived comes back."""

import io
import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kmc_files import BEGINNING, assert_same, encode, file_of, indexed
from numpy.typing import NDArray

import kmc
from kmc import core
from kmc.formats.kmc.container import END, chunk, read_chunks, varint


def test_truncation_at_every_byte_is_noticed(sample_file: bytes) -> None:
    for n in range(len(sample_file)):
        with pytest.raises(kmc.FormatError):
            kmc.open(sample_file[:n])


def test_every_flipped_bit_is_noticed(sample_file: bytes) -> None:
    for i in range(8 * len(sample_file)):
        damaged = bytearray(sample_file)
        damaged[i // 8] ^= 1 << i % 8
        with pytest.raises(kmc.FormatError):
            kmc.open(bytes(damaged))


@settings(deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_rubbish_is_refused(rubbish: bytes, signed: bool) -> None:
    with pytest.raises(kmc.FormatError):
        kmc.open((BEGINNING if signed else b"") + rubbish)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: b"", "no .kmc file: it is empty"),
        (lambda d: b"\x89PNG\r\n\x1a\n", "cannot be decoded: it begins as a PNG file, but: "),
        (lambda d: d[:2], "cut short: it ends at byte 2, in its signature"),
        (lambda d: d[:4], "cut short: it ends at byte 4, before its version"),
        (lambda d: d[:4] + b"\x02" + d[5:], "of version 2"),
        (lambda d: d[:30], "cut short: chunk b'.' at byte"),
        (lambda d: d[:-1], "without its end mark"),
        (lambda d: d + b"\0\0", "2 bytes follow its end at byte"),
        (lambda d: d[:5] + b"I" + d[6:], "the checksum of chunk b'I' at byte 5 is wrong"),
        (lambda d: d[:6] + b"\xff" * 9 + d[15:], "byte 6 begins no number"),
    ],
)
def test_errors_say_what_and_where(change, message: str, sample_file: bytes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(kmc.FormatError, match=message):
        kmc.open(change(sample_file))


def rebuilt(data: bytes, change) -> bytes:  # type: ignore[no-untyped-def]
    """The file with its list of (type, data) changed, under right checksums."""
    chunks = [(c.type, c.data) for c in read_chunks(data, "")]
    return BEGINNING + b"".join(chunk(*c) for c in change(chunks)) + END


def header(
    width: int, height: int, k: int, bands: int = 1, model: int = 10, contexts: int = 0xFFFFFF
) -> bytes:
    sizes = [width - 1, height - 1, k - 1, *([bands] if bands != 1 else [])]
    kind = bytes([2 | model << 2 | (bands != 1) << 7])
    named = b"" if model < 4 else contexts.to_bytes(3, "little")
    return kind + b"".join(map(varint, sizes)) + named + b"\x55" * 30


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (header(1 << 31, 1, 2), "2147483648 x 1 pixels"),
        (header(1, 1 << 31, 2), "1 x 2147483648 pixels"),
        (header(9, 9, 65537), "65537 colours"),
        (header(9, 9, 1), "has a model for 1 colour"),
        (header(9, 9, 1, model=3), "has a model for 1 colour"),
        (header(9, 9, 2, contexts=0), "contexts 0x0"),
        (header(9, 9, 2, model=4), r"2\*\*4 slots"),
        (header(9, 9, 2, model=5), r"2\*\*5 slots"),
        (header(9, 9, 2, model=23), r"2\*\*23 slots"),
        (header(64, 64, 2, 0), "64 x 64 pixels of 2 colours into 0 bands"),
        (header(1 << 20, 10, 2, 11), "pixels of 2 colours into 11 bands"),
        (header(64, 128, 1, 2, model=0), "of 1 colours into 2 bands"),
        (header(64, 127, 2, 2), "64 x 127 pixels of 2 colours into 2 bands"),
        (header(64, 128, 2, 2, model=15), r"2\*\*15 slots for 4096 pixels"),
        (header(1 << 20, 1 << 13, 2), "into only 1 bands"),
        (header(1 << 28, 1 << 28, 2, 1 << 28), "bytes of memory to decode"),
        (header(20000, 60000, 2, 16), "takes [0-9]+ bytes of memory to decode, and max_memory"),
        (b"\x01" + header(9, 9, 2)[1:], "2 channels"),
        (b"", "the header: cut short"),
        (b"\x02\x09", "cut short"),
        (b"\x2a\x09\x09\x02\xff", "is cut short"),
    ],
)
def test_absurd_headers(made: bytes, message: str, sample_file: bytes) -> None:
    file = rebuilt(sample_file, lambda chunks: [(b"H", made), *chunks[1:]])
    with pytest.raises(kmc.FormatError, match=message):
        kmc.open(file, max_pixels=1 << 60)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c[1:], "begins no header"),
        (lambda c: c[:-1], "has no band 0, of 1"),
        (lambda c: [*c, c[-1]], "chunk b'I' at byte [0-9]+: there is but one band"),
        (lambda c: [c[0], (b"Q", b""), *c[1:]], "chunk b'Q' at byte [0-9]+ must be understood"),
        (lambda c: [c[0], (b"?", b""), *c[1:]], "chunk b'.' at byte [0-9]+ must be understood"),
        (lambda c: [*c[:2], c[1], *c[2:]], "a second chunk b'c'"),
        (lambda c: [c[0], (b"d", b"123"), *c[2:]], "has 3 bytes, not 16"),
        (lambda c: [c[0], (b"d", b"\xff" * 16), *c[2:]], "dpi must be two numbers above 0"),
        (lambda c: [*c, (b"g", struct.pack("<d", 1e300))], "at byte [0-9]+: gamma must be above 0"),
        (lambda c: [*c, (b"w", struct.pack("<8d", *[-1] * 8))], "must be eight numbers from 0 to"),
        (lambda c: [c[0], (b"x", b""), *c[2:]], "chunk b'x' at byte [0-9]+: cut short"),
        (lambda c: [c[0], (b"x", b"\x80"), *c[2:]], "chunk b'x' at byte [0-9]+: cut short"),
        (
            lambda c: [c[0], (b"x", b"\xc1\x01abc"), *c[2:]],
            "chunk b'x' at byte [0-9]+ claims 193 bytes in a code of 3, which holds at most 192",
        ),
    ],
)
def test_absurd_chunks(change, message: str, sample_file: bytes) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(kmc.FormatError, match=message):
        kmc.open(rebuilt(sample_file, change))


def test_unknown_chunks_are_skipped(sample: kmc.IndexedImage, sample_file: bytes) -> None:
    extended = rebuilt(sample_file, lambda c: [*c[:2], (b"q", b"new"), *c[2:], (b"z", b"")])
    assert_same(kmc.open(extended), sample)


def test_memory_has_a_limit(sample: kmc.IndexedImage, sample_file: bytes) -> None:
    with pytest.raises(kmc.FormatError, match=r"takes \d+ bytes of memory to decode"):
        kmc.open(sample_file, max_memory=100_000)
    assert_same(kmc.open(sample_file, max_memory=8_000_000), sample)
    bomb = varint(9_000_000) + bytes(150_000)
    with pytest.raises(kmc.FormatError, match=r"chunk b'x' at byte .* takes \d+ bytes of memory"):
        kmc.open(rebuilt(sample_file, lambda c: [c[0], (b"x", bomb), *c[2:]]), max_memory=8_000_000)


def test_more_memory_than_there_is(sample: kmc.IndexedImage, sample_file: bytes) -> None:
    assert_same(kmc.open(sample_file, max_memory=1 << 70), sample)
    large = rebuilt(sample_file, lambda c: [(b"H", header(2**31 - 1, 2**31 - 1, 1, model=0))])
    with pytest.raises(kmc.OutOfMemoryError, match="not enough memory to open the picture"):
        kmc.open(large, max_pixels=1 << 70, max_memory=1 << 70)


def test_colors_take_what_the_document_says() -> None:
    for k in [*range(1, 600), 1023, 1024, 21846, 43690, 43691, 65535, 65536]:
        # And as many bytes as they have channels.
        assert 78 * k < core.codec.palette_bytes(k) <= 96 * k
    many = indexed(4, 4, 65536, 4)
    data = file_of(many, 0x080000, 6)
    taken = 2 * 16 + 64 + 4 * 65536 + core.codec.palette_bytes(65536)
    taken += core.codec.plane_bytes(4, 4, 0x080000, 6, 1)
    assert_same(kmc.open(data, max_memory=taken), many)
    with pytest.raises(kmc.FormatError, match=f"takes {taken} bytes of memory to decode"):
        kmc.open(data, max_memory=taken - 1)


def test_the_tables_take_what_is_said() -> None:
    small = core.codec.plane_bytes(100, 100, 0x7FFFFF, 6, 1)
    large = core.codec.plane_bytes(100, 100, 0x7FFFFF, 20, 1)
    assert 1e6 < small < 3e6
    assert 64 << 20 < large < 80 << 20
    assert 4 << 20 < core.codec.block_bytes(1 << 40) < 5 << 20


def test_all_metadata_together_has_a_limit(sample: kmc.IndexedImage) -> None:
    blocks = kmc.Metadata(icc_profile=bytes(6 << 20), exif=bytes(4 << 20), xmp=bytes(6 << 20))
    made = kmc.IndexedImage(sample.indices, sample.palette, 0.0, blocks)
    data = encode(made)
    assert len(data) < 1 << 19
    assert kmc.open(data, max_memory=24 << 20).metadata == blocks
    for most in (20 << 20, 14 << 20):
        with pytest.raises(
            kmc.FormatError, match=r"chunk b'[ex]' .* max_memory leaves [0-9]+ for it"
        ):
            kmc.open(data, max_memory=most)


def test_stored_metadata_counts_as_well(sample_file: bytes) -> None:
    stored = rebuilt(sample_file, lambda c: [c[0], (b"x", bytes(8_000_000)), *c[2:]])
    with pytest.raises(kmc.FormatError, match="takes 7999999 bytes of memory"):
        kmc.open(stored, max_memory=8_000_000 + len(sample_file))


def test_pixels_have_a_limit(sample: kmc.IndexedImage, sample_file: bytes) -> None:
    height, width = sample.indices.shape
    pixels = height * width
    assert_same(kmc.open(sample_file, max_pixels=pixels), sample)
    message = f"{width} x {height} pixels are more than max_pixels = {pixels - 1}; raise it if"
    with pytest.raises(kmc.ImageTooLargeError, match=message):
        kmc.open(sample_file, max_pixels=pixels - 1)
    large = rebuilt(sample_file, lambda c: [(b"H", header(1 << 14, (1 << 14) + 1, 1, model=0))])
    with pytest.raises(kmc.ImageTooLargeError, match="max_pixels = 268435456"):
        kmc.open(large)
    with pytest.raises(kmc.ArgumentError, match="max_pixels must be at least 1"):
        kmc.open(sample_file, max_pixels=0)


class Endless(io.RawIOBase):
    """A stream of these bytes, then of zeros for ever, a few at a time."""

    def __init__(self, beginning: bytes = b"") -> None:
        self.beginning, self.taken = beginning, 0

    def read(self, n: int = -1, /) -> bytes:
        assert n >= 0, "all of an endless stream"
        n = min(n, 1000)
        piece = self.beginning[self.taken : self.taken + n].ljust(n, b"\0")
        self.taken += n
        return piece


def test_of_an_endless_stream_no_more_is_read_than_may_be(sample_file: bytes) -> None:
    stream = Endless()
    with pytest.raises(kmc.FormatError, match=r"no \.kmc file"):
        kmc.open(stream)  # type: ignore[arg-type]
    assert stream.taken <= 8
    stream = Endless(sample_file)
    with pytest.raises(kmc.ImageTooLargeError, match="is longer than 9000000 bytes"):
        kmc.open(stream, max_memory=9_000_000)  # type: ignore[arg-type]
    assert stream.taken <= 9_001_000


@pytest.mark.parametrize("device", [d for d in ("/dev/zero",) if os.path.exists(d)])
def test_devices_without_an_end(device: str) -> None:
    with pytest.raises(kmc.FormatError, match=r"no \.kmc file"):
        kmc.open(device)


# ---- what survives -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole() -> kmc.IndexedImage:
    """Rows of 64 pixels, none of them of index 0; a band has 64 at least."""
    y, x = np.indices((320, 64))
    indices = (1 + (x // 16 + y // 40) % 6).astype(np.uint8)
    return kmc.IndexedImage(indices, indexed(1, 1, 7).palette, 0.0)


def banded(image: kmc.IndexedImage, n_bands: int) -> bytes:
    return file_of(image, 0x0B800B, 8, n_bands)


def rows_kept(found: kmc.IndexedImage, image: kmc.IndexedImage) -> NDArray[np.bool_]:
    kept: NDArray[np.bool_] = (found.indices == image.indices).all(axis=1)
    return kept


def test_bands_in_order(whole: kmc.IndexedImage) -> None:
    data = banded(whole, 4)
    assert_same(kmc.open(data), whole)
    for change, message in (
        (lambda c: [*c[:2], c[3], c[2], c[4]], "is band 2, not 1, of 4"),
        (lambda c: [*c[:3], *c[4:]], "is band 3, not 2, of 4"),
        (lambda c: c[:-1], "has no band 3, of 4"),
        (lambda c: [*c, (b"I", b"\x05")], "is band 5, not 4, of 4"),
    ):
        with pytest.raises(kmc.FormatError, match=message):
            kmc.open(rebuilt(data, change))


def test_rows_that_survived(whole: kmc.IndexedImage) -> None:
    data = banded(whole, 4)
    second = next(c.at for c in list(read_chunks(data, ""))[2:])
    damaged = bytearray(data)
    damaged[second + 6] ^= 1
    with pytest.raises(kmc.FormatError, match=f"chunk b'I' at byte {second} is wrong"):
        kmc.open(bytes(damaged))
    with pytest.warns(kmc.FormatWarning, match="rows 80 to 159 are lost"):
        found = kmc.open(bytes(damaged), partial=True)
    kept = rows_kept(found, whole)
    assert kept[:80].all()
    assert kept[160:].all()
    assert (found.indices[80:160] == 0).all()


def test_what_is_left_of_a_file_cut_short(whole: kmc.IndexedImage) -> None:
    data = banded(whole, 4)
    seen = set()
    for n in range(len(data)):
        try:
            with pytest.warns(kmc.FormatWarning):
                found = kmc.open(data[:n], partial=True)
        except (kmc.FormatError, pytest.fail.Exception):
            continue
        seen.add(int(rows_kept(found, whole).sum()))
    assert seen >= {0, 80, 160, 240}


def test_neighbouring_rows_are_named_together(whole: kmc.IndexedImage) -> None:
    data = banded(whole, 5)
    kept = rebuilt(data, lambda c: [c[0], c[1], c[4]])
    with pytest.warns(kmc.FormatWarning, match="rows 64 to 191, 256 to 319 are lost"):
        found = kmc.open(kept, partial=True)
    assert np.array_equal(found.indices[192:256], whole.indices[192:256])


def test_lost_bands_take_no_tables(sample_file: bytes) -> None:
    made = header(4096, 10_000, 2, 10_000)
    file = rebuilt(sample_file, lambda c: [(b"H", made)])
    with pytest.warns(kmc.FormatWarning, match="rows 0 to 9999 are lost"):
        assert not kmc.open(file, partial=True).indices.any()


def test_damage_anywhere_gives_no_wrong_rows(whole: kmc.IndexedImage) -> None:
    data = banded(whole, 3)
    first = list(read_chunks(data, ""))[1].at
    for i in range(first, len(data) - 1):
        damaged = bytearray(data)
        damaged[i] ^= 16
        with pytest.warns(kmc.FormatWarning, match="rows .* are lost"):
            found = kmc.open(bytes(damaged), partial=True)
        assert (rows_kept(found, whole) | (found.indices == 0).all(axis=1)).all()
