"""Facts in the headers of picture files that Pillow does not pass on.

Pillow scales grey levels of few bits and not the transparent level beside them, drops PNG's coding
independent code points (cICP) and background, the code points (nclx) of AVIF, and how the
components of JPEG 2000 are mapped to its palette, and does not check the pixels of PNG. Damaged
headers are ignored: Pillow reads the same file and reports what is wrong with it.
"""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_GREY, _PNG_INDEXED = (0, 4), 3

# Larger than any legitimate header; limits what a damaged size field can make us read.
_LONGEST_CHUNK = 1 << 16
_LONGEST_BOX = 1 << 20

_BLOCK = 1 << 20  # bytes of pixels that are read at a time

CodePoints = tuple[int, int, int, int]

# Code points (ITU-T H.273) that stand for sRGB: BT.709 or unspecified primaries; a transfer
# function that is unspecified, that of sRGB, or that of video, which viewers treat as sRGB.
_SRGB_PRIMARIES, _SRGB_TRANSFERS = (1, 2), (1, 2, 6, 13, 14, 15)


@dataclass(frozen=True, eq=False)
class FileFacts:
    """Facts from the header of a file, or defaults where it has none.

    Attributes
    ----------
    bits : int
        The most bits of a sample.
    grey : bool
        Whether a PNG file is grey, which Pillow may decode as RGBA.
    key : tuple of int, optional
        The transparent level or colour of a PNG file, of `bits` bits.
    missing_palette : bool
        Whether a PNG file has indices and no palette.
    is_damaged : bool
        Whether the pixels of a PNG file have a wrong checksum.
    colors : ndarray of uint8, shape (k, C), optional
        The palette of a JPEG 2000 file.
    cicp : tuple of 4 ints, optional
        Code points of the colours: primaries, transfer function, matrix, full range.
    background : bool
        Whether a PNG file names a background colour.
    """

    bits: int = 8
    grey: bool = False
    key: tuple[int, ...] | None = None
    missing_palette: bool = False
    is_damaged: bool = False
    colors: NDArray[np.uint8] | None = None
    cicp: CodePoints | None = None
    background: bool = False


def file_facts(picture: Any) -> FileFacts:
    """The facts about the file of a Pillow picture that has not been loaded yet."""
    stream = getattr(picture, "fp", None)
    parse = _PARSERS.get(picture.format)
    if parse is None or stream is None or not getattr(picture, "tile", None):
        return FileFacts()
    with contextlib.suppress(Exception), _at_start(stream):  # a caller's stream may raise anything
        return parse(stream)
    return FileFacts()


@contextlib.contextmanager
def _at_start(stream: Any) -> Iterator[None]:
    """Rewinds the stream, and restores its position afterwards."""
    position = stream.tell()
    try:
        stream.seek(0)
        yield
    finally:
        stream.seek(position)


# ---- PNG (W3C Recommendation, third edition) -----------------------------------------------------


def _png_facts(stream: Any) -> FileFacts:
    chunks = dict(_png_chunks(stream))
    bits, kind = struct.unpack_from(">BB", chunks[b"IHDR"], 8)
    indexed = kind == _PNG_INDEXED
    samples = {0: 1, 2: 3}.get(kind, 0)  # only grey and RGB without alpha have a transparent colour
    cicp = chunks.get(b"cICP", b"")
    return FileFacts(
        bits=8 if indexed else bits,
        grey=kind in _PNG_GREY,
        key=_png_samples(chunks.get(b"tRNS"), samples),
        missing_palette=indexed and b"PLTE" not in chunks,
        is_damaged=_has_damaged_pixels(stream),
        cicp=(cicp[0], cicp[1], cicp[2], cicp[3]) if len(cicp) == 4 else None,
        background=b"bKGD" in chunks,
    )


def _png_samples(content: bytes | None, n: int) -> tuple[int, ...] | None:
    if content is None or n == 0 or len(content) < 2 * n:
        return None
    return struct.unpack_from(f">{n}H", content)


def _png_chunks(stream: Any) -> Iterator[tuple[bytes, bytes]]:
    """The chunks before the pixels, without the content of long ones."""
    if stream.read(8) != _PNG_SIGNATURE:
        return
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name == b"IDAT":
            return
        if length > _LONGEST_CHUNK:
            stream.seek(length + 4, 1)
            yield name, b""
        else:
            yield name, stream.read(length)
            stream.read(4)  # the checksum is Pillow's to check


def _has_damaged_pixels(stream: Any) -> bool:
    """Whether a chunk of pixels has a wrong checksum; Pillow checks those of other chunks."""
    stream.seek(len(_PNG_SIGNATURE))
    while len(head := stream.read(8)) == 8:
        length, name = struct.unpack(">I4s", head)
        if name != b"IDAT":
            stream.seek(length + 4, 1)
            continue
        checksum = zlib.crc32(name)
        while length > 0:
            content = stream.read(min(length, _BLOCK))
            if not content:
                return False  # cut short: Pillow says so if pixels are missing
            checksum = zlib.crc32(content, checksum)
            length -= len(content)
        if (stored := stream.read(4)) != checksum.to_bytes(4, "big") and len(stored) == 4:
            return True
    return False


# ---- JPEG 2000 (ISO/IEC 15444-1) and AVIF (ISO/IEC 23008-12): boxes ------------------------------


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The complete boxes in the data."""
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1 and at + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, at + 8)
            head = 16
        end = len(data) if size == 0 else at + size
        if end < at + head:
            return
        yield name, data[at + head : end]
        at = end


def _jp2_facts(stream: Any) -> FileFacts:
    data = stream.read(_LONGEST_BOX)
    if data.startswith(b"\xff\x4f"):  # a code stream without boxes
        return FileFacts(bits=_code_stream_bits(data))
    boxes = dict(_boxes(data))
    header = dict(_boxes(boxes[b"jp2h"]))
    bits = _code_stream_bits(boxes.get(b"jp2c", b""))
    return FileFacts(bits=bits, colors=_jp2_palette(header.get(b"pclr"), header.get(b"cmap")))


def _code_stream_bits(data: bytes) -> int:
    """The largest bit depth of a component, from the marker segment SIZ."""
    (n,) = struct.unpack_from(">H", data, 40)
    return max(1 + (data[42 + 3 * i] & 0x7F) for i in range(n))


def _jp2_palette(pclr: bytes | None, cmap: bytes | None) -> NDArray[np.uint8] | None:
    """The palette entries, with their columns in the order that the components are mapped to."""
    if pclr is None:
        return None
    n_entries, n_columns = struct.unpack_from(">HB", pclr)
    if any((bits & 0x7F) + 1 > 8 for bits in pclr[3 : 3 + n_columns]):
        return None
    table = np.frombuffer(pclr, np.uint8, n_entries * n_columns, 3 + n_columns)
    columns = list(range(n_columns))
    if cmap is not None:  # two bytes of component, one of type (1: by the palette), one of column
        mapped = [cmap[at : at + 4] for at in range(0, len(cmap) - 3, 4)]
        columns = [column for _, _, kind, column in mapped if kind == 1]
    colors = table.reshape(n_entries, n_columns)[:, columns]
    return colors.copy() if colors.shape[1] in (1, 3, 4) else None


def _avif_facts(stream: Any) -> FileFacts:
    """Properties of the first picture: its bit depth, and code points if it has no ICC profile."""
    meta = dict(_boxes(stream.read(_LONGEST_BOX)))[b"meta"]
    properties = list(_boxes(dict(_boxes(dict(_boxes(meta[4:]))[b"iprp"]))[b"ipco"]))
    bits = max((max(box[5:]) for name, box in properties if name == b"pixi"), default=8)
    profiles = [box for name, box in properties if name == b"colr"]
    nclx = next((box for box in profiles if box.startswith(b"nclx")), None)
    if nclx is None or any(box[:4] in (b"prof", b"rICC") for box in profiles):
        return FileFacts(bits=bits)
    primaries, transfer = struct.unpack_from(">HH", nclx, 4)
    if primaries in _SRGB_PRIMARIES and transfer in _SRGB_TRANSFERS:
        return FileFacts(bits=bits)
    return FileFacts(bits=bits, cicp=(primaries & 255, transfer & 255, 0, 1))  # RGB, full range


_PARSERS = {"PNG": _png_facts, "JPEG2000": _jp2_facts, "AVIF": _avif_facts}
