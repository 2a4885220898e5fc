"""The container of .kmc files: a signature, chunks with a length and a checksum, an end mark."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from kmc.errors import FormatError

NAME, SUFFIX, MIME_TYPE = "KMC", ".kmc", "image/x-kmc"

SIGNATURE = b"\x8bkmc"  # not ASCII, so that no text begins with it
VERSION = 1
END = b"E"  # the last byte


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk of a file; `at` is the offset of its first byte.

    If it is damaged, `intact` is False, and `type` and `data` are unreliable.
    """

    type: bytes
    data: bytes
    at: int
    intact: bool = True


def varint(number: int) -> bytes:
    """Encode a number from 0 on: seven bits a byte, the lowest first; the last byte is below 128.

    Examples
    --------
    >>> from kmc.formats.kmc.container import varint
    >>> varint(5), varint(300)
    (b'\\x05', b'\\xac\\x02')
    """
    digits = bytearray()
    while number >= 128:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes(digits) + bytes([number])


def read_varint(data: bytes, at: int, name: str) -> tuple[int, int]:
    """Decode the number at an offset; return it and the offset behind it.

    Raises
    ------
    FormatError
        It is cut short, above 2**63 - 1, or longer than necessary.

    Examples
    --------
    >>> from kmc.formats.kmc.container import read_varint
    >>> read_varint(b"\\xac\\x02\\x00", 0, "a.kmc")
    (300, 2)
    """
    number = 0
    for i, byte in enumerate(data[at : at + 9]):
        number |= (byte & 127) << 7 * i
        if byte < 128:
            if byte == 0 and i > 0:
                break
            return number, at + i + 1
    rest = data[at:]
    if len(rest) < 9 and all(byte > 127 for byte in rest):
        raise FormatError(f"{name}: cut short: it ends at byte {len(data)}, within a number")
    raise FormatError(f"{name}: byte {at} begins no number of up to nine bytes")


def chunk(type: bytes, data: bytes) -> bytes:
    """Encode a chunk, with its length and checksum.

    Examples
    --------
    >>> from kmc.formats.kmc.container import chunk
    >>> chunk(b"q", b"12")[:4]
    b'q\\x0212'
    """
    head = type + varint(len(data)) + data
    return head + struct.pack("<I", zlib.crc32(head))


def read_chunks(data: bytes, name: str, *, partial: bool = False) -> Iterator[Chunk]:
    """Iterate over the chunks of a file up to its end mark.

    Parameters
    ----------
    data : bytes
        All of the file.
    name : str
        What errors call it.
    partial : bool
        Whether damage is reported in the chunk rather than raised, and ends the file where no
        further chunk can be found.

    Raises
    ------
    FormatError
        It is no .kmc file, of a later version, damaged, cut short, or goes on after its end.
    """
    _check_signature(data, name)
    at = len(SIGNATURE) + 1
    while data[at : at + 1] != END:
        if at >= len(data):
            if partial:
                return
            raise FormatError(f"{name}: cut short: it ends at byte {at} without its end mark")
        try:
            found, end = _read_chunk(data, at, name)
        except FormatError:
            if not partial:
                raise
            yield Chunk(data[at : at + 1], b"", at, intact=False)
            return
        if not found.intact and not partial:
            raise FormatError(
                f"{name}: damaged: the checksum of chunk {found.type!r} at byte {at} is wrong"
            )
        yield found
        at = end
    at += len(END)
    if at != len(data) and not partial:
        raise FormatError(f"{name}: {len(data) - at} bytes follow its end at byte {at}")


def _check_signature(data: bytes, name: str) -> None:
    begins = data[: len(SIGNATURE)]
    if begins != SIGNATURE:
        if begins and SIGNATURE.startswith(begins):
            raise FormatError(f"{name}: cut short: it ends at byte {len(data)}, in its signature")
        begins_with = f"it begins with {data[:8]!r}" if data else "it is empty"
        raise FormatError(f"{name}: no .kmc file: {begins_with}")
    if len(data) == len(SIGNATURE):
        raise FormatError(f"{name}: cut short: it ends at byte {len(data)}, before its version")
    version = data[len(SIGNATURE)]
    if version != VERSION:
        raise FormatError(
            f"{name}: of version {version}, and this reader knows version {VERSION} only"
        )


def _read_chunk(data: bytes, at: int, name: str) -> tuple[Chunk, int]:
    type = data[at : at + 1]
    size, start = read_varint(data, at + 1, name)
    if size > len(data) - start - 4:
        raise FormatError(
            f"{name}: cut short: chunk {type!r} at byte {at} is to have {size} bytes, "
            f"and {max(len(data) - start - 4, 0)} are left"
        )
    end = start + size
    (checksum,) = struct.unpack("<I", data[end : end + 4])
    intact = zlib.crc32(data[at:end]) == checksum
    return Chunk(type, data[start:end], at, intact), end + 4
