"""Palette files: GIMP's, hex codes, JSON, Adobe's colour tables, JASC's, and pictures."""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kmc.colors.arrays import MAX_COLORS, color_of_code, hex_codes, promoted
from kmc.errors import ArgumentError, ImageReadError, PaletteNotFoundError, PaletteReadError
from kmc.formats.palette_pictures import colors_of, strip
from kmc.formats.registry import FORMATS, format_of_suffix, write
from kmc.images.files import is_unidentified
from kmc.utils.arguments import path_name
from kmc.utils.atomic_write import replace
from kmc.utils.os_errors import reading, writing

Colors = NDArray[np.uint8]

# Larger than the text of 65 536 colours in any of the formats.
MOST_BYTES = 1 << 23

_ACT_COLORS = 256
_NOT_TRANSPARENT = 0xFFFF


def load_colors(path: str | os.PathLike[str]) -> Colors:
    """The palette colours in a file; see `kmc.Palette.load`.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from kmc.formats.palette_files import load_colors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "two.hex")
    ...     _ = file.write_text("000000\\nff8000\\n")
    ...     load_colors(file).tolist()
    [[0, 0, 0], [255, 128, 0]]
    """
    name = path_name(path)
    parse = _PARSERS.get(os.path.splitext(name)[1].lower())
    if parse is None:
        return _trimmed(_picture_colors(name))
    data = _content(name)
    try:
        colors = parse(data)
    except (ValueError, RecursionError) as error:
        raise PaletteReadError(f"{name}: {error}") from error
    if not 1 <= len(colors) <= MAX_COLORS:
        raise PaletteReadError(f"{name}: holds {len(colors)} colours; 1 to {MAX_COLORS} are taken")
    return _trimmed(colors)


def _picture_colors(name: str) -> Colors:
    try:
        return colors_of(name)
    except ImageReadError as error:
        if is_unidentified(error):
            palettes = ", ".join(each[1:] for each in _PARSERS)
            message = f"{error}; palettes are read from {palettes} and pictures"
            error.args = (message, *error.args[1:])
        raise


def save_colors(colors: Colors, path: str | os.PathLike[str]) -> None:
    """Write palette colours to a file; see `kmc.Palette.save`.

    Examples
    --------
    >>> import numpy as np, pathlib, tempfile
    >>> from kmc.formats.palette_files import save_colors
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = pathlib.Path(folder, "two.hex")
    ...     save_colors(np.array([[0, 0, 0], [255, 128, 0]], np.uint8), file)
    ...     file.read_text()
    '000000\\nff8000\\n'
    """
    name = path_name(path)
    suffix = os.path.splitext(name)[1].lower()
    check_suffix(name)
    if suffix not in _WRITERS:
        write(*strip(colors), None, name)
        return
    data = encoded(colors, suffix, os.path.splitext(os.path.basename(name))[0])
    with writing(name):
        replace(name, data)


def check_suffix(path: str) -> None:
    """Check that `save_colors` writes files of this suffix.

    Raises
    ------
    ArgumentError
        It does not.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in _WRITERS and format_of_suffix(path) is None:
        ending = f"suffix {suffix!r}" if suffix else "a name without a suffix"
        palettes = ", ".join(each[1:] for each in _WRITERS)
        pictures = ", ".join(kind.name for kind in FORMATS)
        raise ArgumentError(
            f"{path}: {ending} is no format of palettes; these are {palettes}, "
            f"and of pictures {pictures}"
        )


def encoded(colors: Colors, suffix: str, title: str) -> bytes:
    """What a file of such a suffix holds; some have a title.

    Examples
    --------
    >>> import numpy as np
    >>> from kmc.formats.palette_files import encoded
    >>> encoded(np.array([[0], [255]], np.uint8), ".hex", "two")
    b'000000\\nffffff\\n'
    """
    return _WRITERS[suffix](_trimmed(promoted(colors, 3)), title)


def _content(name: str) -> bytes:
    with reading(name, PaletteReadError, PaletteNotFoundError), open(name, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PaletteReadError(f"{name}: more than {MOST_BYTES} bytes; too large for a palette")
    return data


def _trimmed(colors: Colors) -> Colors:
    """Without an alpha that says nothing."""
    opaque = colors.shape[1] == 4 and bool((colors[:, 3] == 255).all())
    return colors[:, :3] if opaque else colors


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
    """The numbers that a line begins with, as many as there are."""
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
    return (head + "#\n" + "".join(rows)).encode()


def _parse_pal(data: bytes) -> Colors:
    lines = [line for line in _lines(data) if line]
    if lines[:2] != ["JASC-PAL", "0100"] or len(lines) < 3 or not lines[2].isdecimal():
        raise ValueError("no JASC palette: it does not begin with 'JASC-PAL', '0100' and a number")
    rows = [_row(line, number, (3, 4)) for number, line in enumerate(lines[3:], 4)]
    if str(len(rows)) != lines[2].lstrip("0"):
        raise ValueError(f"{lines[2][:20]} colours were to come, and {len(rows)} did")
    return _array(rows)


def _write_pal(colors: Colors, name: str) -> bytes:
    rows = (" ".join(map(str, row)) + "\r\n" for row in colors.tolist())
    return f"JASC-PAL\r\n0100\r\n{len(colors)}\r\n{''.join(rows)}".encode()


def _parse_json(data: bytes) -> Colors:
    import json  # only here: `import kmc` need not wait the 2 ms that it takes

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


_PARSERS: dict[str, Callable[[bytes], Any]] = {
    ".act": _parse_act,
    ".gpl": _parse_gpl,
    ".hex": _parse_hex,
    ".json": _parse_json,
    ".pal": _parse_pal,
}
_WRITERS: dict[str, Callable[[Any, str], bytes]] = {
    ".act": _write_act,
    ".gpl": _write_gpl,
    ".hex": _write_hex,
    ".json": _write_json,
    ".pal": _write_pal,
}
