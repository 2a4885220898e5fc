"""Palette files: text (GIMP, hex codes, JSON, JASC, paint.net), Adobe's and Microsoft's, images."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import MAX_COLORS, color_of_code, hex_codes, promoted
from kmc.errors import (
    ArgumentError,
    ArgumentTypeError,
    ImageReadError,
    PaletteNotFoundError,
    PaletteReadError,
)
from kmc.formats import registry
from kmc.formats.palette_pictures import colors_of, strip
from kmc.images.files import is_unidentified
from kmc.utils.arguments import path_name
from kmc.utils.atomic_write import replace
from kmc.utils.os_errors import reading, writing

Colors = NDArray[np.uint8]

# More than any of the formats needs for 65 536 colours.
MAX_BYTES = 1 << 23

_ACT_COLORS = 256
_NOT_TRANSPARENT = 0xFFFF

_PICTURE_SUFFIXES = {suffix for kind in registry.FORMATS for suffix in kind.suffixes}


def load_colors(path: str | os.PathLike[str]) -> Colors:
    """The palette colours in a file; see `kmc.Palette.load`."""
    name = path_name(path)
    suffix = _suffix(name)
    if suffix not in _FORMATS:
        return _without_opaque_alpha(_picture_colors(name))
    data = _content(name)
    kind = _FORMATS["riff" if suffix == "pal" and data.startswith(b"RIFF") else suffix]
    try:
        colors = kind.parse(data)
    except (ValueError, RecursionError) as error:
        raise PaletteReadError(f"{name}: {error}") from error
    if not 1 <= len(colors) <= MAX_COLORS:
        raise PaletteReadError(f"{name}: holds {len(colors)} colours; 1 to {MAX_COLORS} are taken")
    return _without_opaque_alpha(colors)


def save_colors(colors: Colors, path: str | os.PathLike[str], format: str | None = None) -> None:
    """Write palette colours to a file; see `kmc.Palette.save`."""
    name = path_name(path)
    wanted = checked_format(name, format)
    if wanted in _PICTURE_SUFFIXES:
        registry.write(*strip(colors), None, name, wanted)
        return
    try:
        data = encoded(colors, wanted, os.path.splitext(os.path.basename(name))[0])
    except ArgumentError as error:
        raise ArgumentError(f"{name}: {error}") from error
    with writing(name):
        replace(name, data)


def checked_format(path: str, format: str | None = None) -> str:
    """The format in which `save_colors` writes: `format`, or else the suffix of the path.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        There is no such format.
    """
    if format is not None and not isinstance(format, str):
        raise ArgumentTypeError(f"format must be a string, not {type(format).__name__}")
    wanted = _suffix(path) if format is None else format.removeprefix(".").lower()
    if wanted in _PICTURE_SUFFIXES or wanted in _FORMATS:
        return wanted
    found = f"{path}: suffix {'.' + wanted!r}" if wanted else f"{path}: a name without a suffix"
    if format is not None:
        found = f"format {format!r}"
    raise ArgumentError(f"{found} is no format of palettes; these are {_known_formats()}")


def encoded(colors: Colors, format: str, title: str) -> bytes:
    """The content of a palette file; some formats have a title."""
    return _FORMATS[format].write(_without_opaque_alpha(promoted(colors, 3)), title)


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].removeprefix(".").lower()


def _known_formats() -> str:
    pictures = (kind.name for kind in registry.FORMATS if not kind.loss)
    return f"{', '.join(_FORMATS)}, and images: {', '.join(pictures)}"


def _picture_colors(name: str) -> Colors:
    try:
        return colors_of(name)
    except ImageReadError as error:
        if is_unidentified(error):
            message = f"{error}; palettes are read from {', '.join(_FORMATS)} and images"
            error.args = (message, *error.args[1:])
        raise


def _content(name: str) -> bytes:
    with reading(name, PaletteReadError, PaletteNotFoundError), open(name, "rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise PaletteReadError(f"{name}: more than {MAX_BYTES} bytes; too large for a palette")
    return data


def _without_opaque_alpha(colors: Colors) -> Colors:
    """RGB where every colour is opaque."""
    return colors[:, :3] if colors.shape[1] == 4 and (colors[:, 3] == 255).all() else colors


def _check_opaque(colors: Colors, kind: str) -> None:
    if colors.shape[1] == 4:
        raise ArgumentError(f"{kind} has no alpha, and some of these colours are not opaque")


def _unpack(layout: str, data: bytes, offset: int) -> tuple[Any, ...]:
    """As `struct.unpack_from`, with a ValueError where data ends too early."""
    if offset + struct.calcsize(layout) > len(data):
        raise ValueError("is cut short")
    return struct.unpack_from(layout, data, offset)


# ---- text ----------------------------------------------------------------------------------------


def _lines(data: bytes) -> list[str]:
    return [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines()]


def _array(rows: list[list[int]]) -> Colors:
    """Rows of 3 or 4 values; those without alpha are opaque."""
    for row in rows:
        if not all(0 <= value <= 255 for value in row):
            raise ValueError(f"the colour {row} does not lie in 0..255")
    full = [row if len(row) == 4 else [*row, 255] for row in rows]
    return np.array(full, np.uint8).reshape(-1, 4)


def _row(line: str, number: int, counts: tuple[int, ...]) -> list[int]:
    """The 3 or 4 levels at the start of a line."""
    words = re.match(r"(?:\d{1,9}(?:\s+|$)){3,4}", line, re.ASCII)
    found = [int(word) for word in words[0].split()] if words else []
    if len(found) < counts[0]:
        raise ValueError(f"line {number} is no colour: {line[:40]!r}")
    return found[: counts[-1]]


def _parse_hex(data: bytes) -> Colors:
    rows = []
    for number, line in enumerate(_lines(data), 1):
        if line:
            rows.append(_from_code(line, f"line {number}"))
    return _array(rows)


def _from_code(code: str, where: str) -> list[int]:
    try:
        if len(code) < 6 and not code.startswith("#"):  # short codes only where they are marked
            raise ValueError
        return list(color_of_code(code))
    except ValueError:
        raise ValueError(f"{where} is no colour like ff8000: {code[:40]!r}") from None


def _write_hex(colors: Colors, name: str) -> bytes:
    return "".join(f"{code[1:]}\n" for code in hex_codes(colors)).encode()


def _parse_gpl(data: bytes) -> Colors:
    lines = _lines(data)
    if not lines or lines[0] != "GIMP Palette":
        raise ValueError("no GIMP palette: its first line is not 'GIMP Palette'")
    counts, rows = (3,), []
    for number, line in enumerate(lines[1:], 2):
        if line.lower().startswith("channels:") and "rgba" in line.lower():
            counts = (4,)
        elif line and not re.match(r"#|name:|columns:|channels:", line, re.IGNORECASE):
            rows.append(_row(line, number, counts))
    return _array(rows)


def _write_gpl(colors: Colors, name: str) -> bytes:
    title = " ".join(name.split()) or "palette"
    head = f"GIMP Palette\nName: {title}\n"
    head += "Channels: RGBA\n" if colors.shape[1] == 4 else ""
    rows = (
        " ".join(f"{value:3}" for value in row) + f"\t{code}\n"
        for row, code in zip(colors.tolist(), hex_codes(colors), strict=True)
    )
    return (head + "#\n" + "".join(rows)).encode("utf-8", "replace")


def _parse_jasc(data: bytes) -> Colors:
    numbered = [(number, line) for number, line in enumerate(_lines(data), 1) if line]
    head = [line for _, line in numbered[:3]]
    if head[:2] != ["JASC-PAL", "0100"] or len(head) < 3 or not head[2].isdecimal():
        raise ValueError("no JASC palette: it does not begin with 'JASC-PAL', '0100' and a number")
    rows = [_row(line, number, (3, 4)) for number, line in numbered[3:]]
    if str(len(rows)) != head[2].lstrip("0"):
        raise ValueError(f"{len(rows)} colours where its third line says {head[2][:20]}")
    return _array(rows)


def _write_jasc(colors: Colors, name: str) -> bytes:
    rows = (" ".join(map(str, row)) + "\r\n" for row in colors.tolist())
    return f"JASC-PAL\r\n0100\r\n{len(colors)}\r\n{''.join(rows)}".encode()


def _parse_paint_net(data: bytes) -> Colors:
    rows = []
    for number, line in enumerate(_lines(data), 1):
        if not line or line.startswith(";"):
            continue
        if not re.fullmatch(r"[0-9a-fA-F]{6}(?:[0-9a-fA-F]{2})?", line):
            raise ValueError(f"line {number} is no colour like ffff8000: {line[:40]!r}")
        alpha, *rgb = bytes.fromhex(line.rjust(8, "f"))
        rows.append([*rgb, alpha])
    return _array(rows)


def _write_paint_net(colors: Colors, name: str) -> bytes:
    rows = (
        f"{alpha:02X}{bytes(rgb).hex().upper()}" for *rgb, alpha in promoted(colors, 4).tolist()
    )
    head = ("; paint.net Palette File", f"; Colors: {len(colors)}")
    return "".join(f"{line}\r\n" for line in (*head, *rows)).encode()


def _parse_json(data: bytes) -> Colors:
    import json  # only here, so that `import kmc` stays fast

    found = json.loads(data.decode("utf-8-sig", "replace"))
    if isinstance(found, dict):
        found = found.get("colors")
    if not isinstance(found, list):
        raise ValueError('expected a list of colours, or an object with such a list as "colors"')
    return _array([_from_json(entry, f"colour {i}") for i, entry in enumerate(found)])


def _from_json(entry: Any, where: str) -> list[int]:
    if isinstance(entry, str):
        return _from_code(entry, where)
    numbers = isinstance(entry, list) and all(type(value) is int for value in entry)
    if not numbers or len(entry) not in (3, 4):
        raise ValueError(f'{where} is neither "#rrggbb" nor [r, g, b]: {str(entry)[:40]}')
    return list(entry)


def _write_json(colors: Colors, name: str) -> bytes:
    import json

    found = {"name": name, "colors": hex_codes(colors)}
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "replace")


# ---- Adobe's table of 256 colours ----------------------------------------------------------------


def _parse_act(data: bytes) -> Colors:
    if len(data) not in (3 * _ACT_COLORS, 3 * _ACT_COLORS + 4):
        raise ValueError(f"no Adobe colour table: of 768 or 772 bytes, not {len(data)}")
    n, transparent = _ACT_COLORS, _NOT_TRANSPARENT
    if len(data) > 3 * _ACT_COLORS:
        n, transparent = struct.unpack_from(">HH", data, 3 * _ACT_COLORS)
    if not 1 <= n <= _ACT_COLORS:
        raise ValueError(f"a damaged Adobe colour table: {n} colours of {_ACT_COLORS}")
    colors = np.frombuffer(data, np.uint8, 3 * n).reshape(n, 3)
    colors = promoted(colors, 4)
    if transparent < n:
        colors[transparent] = 0
    return colors


def _write_act(colors: Colors, name: str) -> bytes:
    if len(colors) > _ACT_COLORS:
        raise ArgumentError(f"an .act file holds 256 colours, not {len(colors)}")
    transparent = _NOT_TRANSPARENT
    if colors.shape[1] == 4:
        hidden = np.flatnonzero(colors[:, 3] < 255)
        if len(hidden) != 1 or colors[hidden[0], 3] != 0:
            raise ArgumentError("of alpha, an .act file holds one fully transparent colour only")
        transparent = int(hidden[0])
    table = colors[:, :3].tobytes().ljust(3 * _ACT_COLORS, b"\0")
    return table + struct.pack(">HH", len(colors), transparent)


# ---- Adobe Swatch Exchange -----------------------------------------------------------------------

_ASE_COLOR = 1  # blocks of other types begin and end groups
_ASE_MODELS = {b"RGB ": ">3f", b"Gray": ">f"}
_ASE_PROCESS = 2  # a colour that is neither global nor spot


def _parse_ase(data: bytes) -> Colors:
    if data[:4] != b"ASEF":
        raise ValueError("no Adobe swatches: it does not begin with 'ASEF'")
    rows: list[list[int]] = []
    (n_blocks,) = _unpack(">I", data, 8)
    at = 12
    for _ in range(n_blocks):
        kind, size = _unpack(">HI", data, at)
        at += 6
        if kind == _ASE_COLOR:
            rows.append(_swatch(data[at : at + size], len(rows) + 1))
        at += size
    return _array(rows)


def _swatch(block: bytes, number: int) -> list[int]:
    (letters,) = _unpack(">H", block, 0)
    at = 2 + 2 * letters  # UTF-16
    model = block[at : at + 4]
    if model not in _ASE_MODELS:
        name = model.decode("ascii", "replace").strip()
        raise ValueError(f"swatch {number} is {name!r}; only RGB and grey are read")
    values = _unpack(_ASE_MODELS[model], block, at + 4)
    if not all(0 <= value <= 1 for value in values):
        raise ValueError(f"swatch {number} does not lie in 0..1: {values}")
    levels = [round(255 * value) for value in values]
    return levels if len(levels) == 3 else 3 * levels


def _write_ase(colors: Colors, name: str) -> bytes:
    _check_opaque(colors, "an .ase file")
    blocks = [struct.pack(">4sHHI", b"ASEF", 1, 0, len(colors))]
    for code, color in zip(hex_codes(colors), colors.tolist(), strict=True):
        title = f"{code}\0".encode("utf-16-be")
        levels = (level / 255 for level in color)
        content = struct.pack(">H", len(title) // 2) + title
        content += struct.pack(">4s3fH", b"RGB ", *levels, _ASE_PROCESS)
        blocks.append(struct.pack(">HI", _ASE_COLOR, len(content)) + content)
    return b"".join(blocks)


# ---- Microsoft's RIFF ----------------------------------------------------------------------------

_RIFF_VERSION = 0x300
_MAX_RIFF_COLORS = 0xFFFF


def _parse_riff(data: bytes) -> Colors:
    if data[:4] != b"RIFF" or data[8:12] != b"PAL ":
        raise ValueError("no RIFF palette: it does not begin with 'RIFF', a size and 'PAL '")
    at, name, size = 12, b"", 0
    while name != b"data":
        at += size + size % 2  # chunks begin at even bytes
        name, size = _unpack("<4sI", data, at)
        at += 8
    version, n = _unpack("<HH", data, at)
    if version != _RIFF_VERSION:
        raise ValueError(f"a RIFF palette of version {version:#x}, not {_RIFF_VERSION:#x}")
    if at + 4 + 4 * n > len(data):
        raise ValueError("is cut short")
    entries = np.frombuffer(data, np.uint8, 4 * n, at + 4).reshape(n, 4)
    return entries[:, :3].copy()  # the fourth byte tells Windows how to use an entry


def _write_riff(colors: Colors, name: str) -> bytes:
    _check_opaque(colors, "a RIFF palette")
    if len(colors) > _MAX_RIFF_COLORS:
        raise ArgumentError(f"a RIFF palette holds {_MAX_RIFF_COLORS} colours, not {len(colors)}")
    entries = np.zeros((len(colors), 4), np.uint8)
    entries[:, :3] = colors
    content = struct.pack("<HH", _RIFF_VERSION, len(colors)) + entries.tobytes()
    head = struct.pack("<4sI4s4sI", b"RIFF", 12 + len(content), b"PAL ", b"data", len(content))
    return head + content


class _Format(NamedTuple):
    parse: Callable[[bytes], Colors]
    write: Callable[[Colors, str], bytes]  # of colours and a title


# By suffix; "riff" is the other format of .pal files.
_FORMATS = {
    "gpl": _Format(_parse_gpl, _write_gpl),
    "hex": _Format(_parse_hex, _write_hex),
    "json": _Format(_parse_json, _write_json),
    "txt": _Format(_parse_paint_net, _write_paint_net),
    "pal": _Format(_parse_jasc, _write_jasc),
    "riff": _Format(_parse_riff, _write_riff),
    "act": _Format(_parse_act, _write_act),
    "ase": _Format(_parse_ase, _write_ase),
}
