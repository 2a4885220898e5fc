"""Palettes in files of every format, and the well-known ones that come with kmc."""

from __future__ import annotations

import json
import os
import re
import struct
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scenes import noise, photo, scattered

import kmc
from kmc.formats import palette_files
from kmc.known_palettes import KnownPalettes

pytestmark = pytest.mark.once

TEXT = (".gpl", ".hex", ".json", ".pal", ".txt")
ALL = (*TEXT, ".act", ".ase", ".png", ".gif", ".webp", ".tiff", ".bmp")
SIX = np.array([[1, 2, 3], [255, 0, 0], [0, 0, 0], [9, 99, 199], [255, 255, 255], [7, 7, 7]])


def written(tmp_path, name, content):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def riff(content, before=b""):
    """A RIFF palette with this chunk of data, and with other chunks before it."""
    chunks = b"PAL " + before + b"data" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def swatch(model, *values):
    """The block of a colour called "x" in an Adobe swatch file."""
    content = b"\0\2\0x\0\0" + model + struct.pack(f">{len(values)}fH", *values, 0)
    return struct.pack(">HI", 1, len(content)) + content


def ase(*blocks):
    return b"ASEF" + struct.pack(">HHI", 1, 0, len(blocks)) + b"".join(blocks)


@pytest.mark.parametrize("suffix", ALL)
def test_there_and_back(tmp_path, suffix):
    for colors in (SIX, SIX[:1], scattered((256, 3), 256, 4)):
        file = tmp_path / f"some{suffix}"
        kmc.Palette(colors).save(file)
        found = kmc.Palette.load(str(file)).colors
        np.testing.assert_array_equal(found, colors)


@pytest.mark.parametrize("suffix", [*TEXT, ".png"])
def test_alpha_there_and_back(tmp_path, suffix):
    colors = np.concatenate((SIX, [[0], [128], [255], [1], [254], [255]]), axis=1)[[0, 1, 3, 5]]
    file = tmp_path / f"some{suffix}"
    kmc.Palette(colors).save(file)
    found = kmc.Palette.load(file).colors
    np.testing.assert_array_equal(found[1:], colors[1:])
    assert found[0, 3] == 0


def test_one_transparent_colour_in_an_adobe_table(tmp_path):
    colors = [(9, 9, 9, 255), (0, 0, 0, 0), (1, 2, 3, 255)]
    kmc.Palette(colors).save(tmp_path / "some.act")
    np.testing.assert_array_equal(kmc.Palette.load(tmp_path / "some.act").colors, colors)
    for hidden in ([(1, 1, 1, 0), (0, 0, 0, 0)], [(1, 1, 1, 128)]):
        with pytest.raises(kmc.ArgumentError, match="one fully transparent colour"):
            kmc.Palette(hidden).save(tmp_path / "other.act")
    with pytest.raises(kmc.ArgumentError, match="holds 256 colours, not 257"):
        kmc.Palette(scattered((257, 3), 256)).save(tmp_path / "other.act")
    assert not (tmp_path / "other.act").exists()


@pytest.mark.parametrize("suffix", [*TEXT, ".ase", ".png"])
def test_more_than_256_colours(tmp_path, suffix):
    colors = np.stack((*np.divmod(np.arange(3000), 256), np.full(3000, 5)), axis=1)
    kmc.Palette(colors).save(tmp_path / f"many{suffix}")
    np.testing.assert_array_equal(kmc.Palette.load(tmp_path / f"many{suffix}").colors, colors)


@pytest.mark.parametrize("suffix", [".gpl", ".act", ".png"])
def test_grey_is_written_as_rgb(tmp_path, suffix):
    kmc.Palette([[0], [99]]).save(tmp_path / f"grey{suffix}")
    found = kmc.Palette.load(tmp_path / f"grey{suffix}").colors
    assert found.tolist() == [[0, 0, 0], [99, 99, 99]]


@pytest.mark.parametrize(
    ("name", "content", "colors"),
    [
        ("a.hex", "ff8000\n#00FF7f\r\n\n  010203", [(255, 128, 0), (0, 255, 127), (1, 2, 3)]),
        ("a.hex", "\ufeffff8000", [(255, 128, 0)]),
        ("a.hex", "ff8000\n00000000", [(255, 128, 0, 255), (0, 0, 0, 0)]),
        ("a.hex", "ff8000ff", [(255, 128, 0)]),
        ("A.HEX", "ff8000", [(255, 128, 0)]),
        ("a.json", '[[1, 2, 3], "#040506"]', [(1, 2, 3), (4, 5, 6)]),
        ("a.json", '{"name": "x", "colors": ["010203"]}', [(1, 2, 3)]),
        ("a.json", "[[1, 2, 3, 4]]", [(1, 2, 3, 4)]),
        (
            "a.gpl",
            "GIMP Palette\nName: x\nColumns: 4\n#\n  0   0   0\tBlack\n255 128 0 5 o'clock\n",
            [(0, 0, 0), (255, 128, 0)],
        ),
        ("a.gpl", "GIMP Palette\n1 2 3", [(1, 2, 3)]),
        (
            "a.gpl",
            "GIMP Palette\nChannels: RGBA\n1 2 3 4 half\n5 6 7 255\n",
            [(1, 2, 3, 4), (5, 6, 7, 255)],
        ),
        ("a.gpl", b"GIMP Palette\nName: caf\xe9\n1 2 3 caf\xe9", [(1, 2, 3)]),
        ("a.pal", "JASC-PAL\r\n0100\r\n2\r\n1 2 3\r\n4 5 6\r\n", [(1, 2, 3), (4, 5, 6)]),
        ("a.pal", "JASC-PAL\n0100\n1\n1 2 3 128\n", [(1, 2, 3, 128)]),
        ("a.hex", "#fff\n#f80", [(255, 255, 255), (255, 136, 0)]),
        ("a.hex", "#f808", [(255, 136, 0, 136)]),
        ("a.pal", riff(b"\0\3\2\0\1\2\3\0\4\5\6\4"), [(1, 2, 3), (4, 5, 6)]),
        ("a.pal", riff(b"\0\3\1\0\1\2\3\0", b"note\1\0\0\0x\0"), [(1, 2, 3)]),
        (
            "a.ase",
            ase(b"\xc0\1\0\0\0\4\0\1\0\0", swatch(b"RGB ", 1, 0.5, 0), swatch(b"Gray", 0.2)),
            [(255, 128, 0), (51, 51, 51)],
        ),
        ("a.txt", "; x\r\n\r\nFF0a0B0c\r\n80010203\r\n", [(10, 11, 12, 255), (1, 2, 3, 128)]),
        ("a.txt", "ff8000", [(255, 128, 0)]),
        ("a.act", bytes(range(6)) + bytes(762) + b"\0\2\xff\xff", [(0, 1, 2), (3, 4, 5)]),
        (
            "a.act",
            bytes(range(6)) + bytes(762) + b"\0\2\0\0",
            [(0, 0, 0, 0), (3, 4, 5, 255)],
        ),
    ],
)
def test_what_is_read(tmp_path, name, content, colors):
    found = kmc.Palette.load(written(tmp_path, name, content)).colors
    assert found.tolist() == [list(color) for color in colors]


def test_an_adobe_table_without_its_last_words_is_of_256(tmp_path):
    table = noise(16, 16).tobytes()
    found = kmc.Palette.load(written(tmp_path, "a.act", table)).colors
    assert found.tobytes() == table


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.hex", "ff80", "line 1 is no colour like ff8000: 'ff80'"),
        ("a.hex", "ff8000\nred", "line 2 is no colour"),
        ("a.hex", "ff80\u0660\u0660", "line 1"),
        ("a.hex", "", "holds 0 colours"),
        ("a.hex", "000000\n" * 65537, "holds 65537 colours"),
        ("a.hex", b"\0" * (2**23 + 1), "too large for a palette"),
        ("a.json", "", "Expecting value"),
        ("a.json", "[" * 100_000, "recursion"),
        ("a.json", "{}", 'such a list as "colors"'),
        ("a.json", "7", "expected a list"),
        ("a.json", "[]", "holds 0 colours"),
        ("a.json", "[[1, 2]]", "colour 0 is neither"),
        ("a.json", "[[1, 2, 3.0]]", "colour 0 is neither"),
        ("a.json", "[[1, 2, true]]", "colour 0 is neither"),
        ("a.json", "[[1, 2, 256]]", "does not lie in 0..255"),
        ("a.json", "[[1, 2, -1]]", "does not lie in 0..255"),
        ("a.json", '["#12345"]', "colour 0 is no colour"),
        ("a.json", "[[" + "9" * 5000 + ", 1, 2]]", "a.json"),
        ("a.gpl", "1 2 3\n", "first line is not 'GIMP Palette'"),
        ("a.gpl", "GIMP Palette\n1 2\n", "line 2 is no colour"),
        ("a.gpl", "GIMP Palette\n1 2 red\n", "line 2 is no colour"),
        ("a.gpl", "GIMP Palette\n1 2 300\n", "does not lie in 0..255"),
        ("a.gpl", "GIMP Palette\nChannels: RGBA\n1 2 3\n", "line 3 is no colour"),
        ("a.gpl", "", "no GIMP palette"),
        ("a.pal", "RIFX....PAL data", "no JASC palette"),
        ("a.pal", "JASC-PAL\n0100\n", "no JASC palette"),
        ("a.pal", "JASC-PAL\n0100\nx\n", "no JASC palette"),
        ("a.pal", "JASC-PAL\n0100\n3\n1 2 3\n", "1 colours where its third line says 3"),
        ("a.pal", "JASC-PAL\n0100\n1\n1 2\n", "line 4 is no colour"),
        ("a.pal", "RIFF....WAVE", "no RIFF palette"),
        ("a.pal", "RIFF....PAL data", "is cut short"),
        ("a.pal", riff(b"\0\2\1\0\1\2\3\0"), "of version 0x200, not 0x300"),
        ("a.pal", riff(b"\0\3\2\0\1\2\3\0"), "is cut short"),
        ("a.pal", riff(b"\0\3\0\0"), "holds 0 colours"),
        ("a.ase", b"ASEX\0\1\0\0\0\0\0\0", "no Adobe swatches"),
        ("a.ase", b"ASEF\0\1\0\0\0\0\0\1", "is cut short"),
        ("a.ase", b"ASEF\0\1\0\0\0\0\0\0", "holds 0 colours"),
        ("a.ase", ase(swatch(b"CMYK", 0, 0, 0, 0)), "swatch 1 is 'CMYK'; only RGB and grey"),
        ("a.ase", ase(swatch(b"RGB ", 0, 2, 0)), "swatch 1 does not lie in 0..1"),
        ("a.ase", ase(swatch(b"Gray", np.nan)), "swatch 1 does not lie in 0..1"),
        ("a.ase", ase(swatch(b"RGB ", 0, 0)[:-2]), "is cut short"),
        ("a.txt", ";\nff8000\nred", "line 3 is no colour like ffff8000: 'red'"),
        ("a.txt", "", "holds 0 colours"),
        ("a.act", bytes(767), "of 768 or 772 bytes, not 767"),
        ("a.act", bytes(772), "0 colours of 256"),
        ("a.act", bytes(768) + b"\1\1\0\0", "257 colours of 256"),
    ],
)
def test_malformed_files(tmp_path, name, content, words):
    with pytest.raises(kmc.PaletteReadError, match=re.escape(words)) as caught:
        kmc.Palette.load(written(tmp_path, name, content))
    assert name in str(caught.value)


@given(st.binary(max_size=60), st.sampled_from(list(palette_files._FORMATS)))
def test_any_bytes_are_read_or_refused(data, suffix):
    parse = palette_files._FORMATS[suffix].parse
    heads = {
        "gpl": b"GIMP Palette\n",
        "pal": b"JASC-PAL\n0100\n2\n",
        "riff": b"RIFF\0\0\0\0PAL data\0\0\0\0\0\3",
        "ase": b"ASEF\0\1\0\0\0\0\0\2\0\1\0\0\0\x20\0\0RGB ",
    }
    for content in (data, heads.get(suffix, b"") + data):
        try:
            assert parse(content).dtype == np.uint8
        except (ValueError, RecursionError) as error:
            assert str(error)


def test_files_that_are_not_there(tmp_path):
    for name in ("none.gpl", "none.png"):
        with pytest.raises(FileNotFoundError, match="no such file") as caught:
            kmc.Palette.load(tmp_path / name)
        assert isinstance(caught.value, kmc.KmcError)
        assert caught.value.errno is not None
    (tmp_path / "folder.hex").mkdir()
    for name in ("folder.hex", "a\0.hex"):
        with pytest.raises(kmc.PaletteReadError, match="cannot be read"):
            kmc.Palette.load(tmp_path / name)


def test_the_formats_of_pal_files(tmp_path):
    palette = kmc.Palette(SIX)
    palette.save(tmp_path / "jasc.pal")
    palette.save(tmp_path / "riff.pal", "riff")
    palette.save(tmp_path / "other", format=".HEX")
    assert (tmp_path / "jasc.pal").read_bytes()[:8] == b"JASC-PAL"
    data = (tmp_path / "riff.pal").read_bytes()
    assert data[:24] == b"RIFF" + struct.pack("<I", len(data) - 8) + b"PAL data\x1c\0\0\0\0\3\6\0"
    assert len(data) == 24 + 4 * 6
    for name in ("jasc.pal", "riff.pal"):
        np.testing.assert_array_equal(kmc.Palette.load(tmp_path / name).colors, SIX)
    assert (tmp_path / "other").read_text().startswith("010203\nff0000\n")


def test_a_swatch_file_byte_by_byte(tmp_path):
    kmc.Palette([(255, 0, 51)]).save(tmp_path / "a.ase")
    title = "#ff0033".encode("utf-16-be")
    assert (tmp_path / "a.ase").read_bytes() == (
        b"ASEF\0\1\0\0\0\0\0\1\0\1\0\0\0\x24\0\x08" + title + b"\0\0RGB "
        b"\x3f\x80\0\0\0\0\0\0\x3e\x4c\xcc\xcd\0\2"
    )


@pytest.mark.parametrize("format", ["ase", "riff"])
def test_formats_without_alpha_refuse_it(tmp_path, format):
    with pytest.raises(kmc.ArgumentError, match="has no alpha"):
        kmc.Palette([(1, 2, 3, 4)]).save(tmp_path / "a", format)
    kmc.Palette([(1, 2, 3, 255)]).save(tmp_path / "a", format)


def test_a_riff_palette_counts_in_16_bits(tmp_path):
    colors = np.stack((*np.divmod(np.arange(65536), 256), np.zeros(65536, int)), axis=1)
    with pytest.raises(kmc.ArgumentError, match="holds 65535 colours, not 65536"):
        kmc.Palette(colors).save(tmp_path / "a.pal", "riff")
    kmc.Palette(colors[1:]).save(tmp_path / "a.pal", "riff")
    np.testing.assert_array_equal(kmc.Palette.load(tmp_path / "a.pal").colors, colors[1:])


def test_unknown_formats_name_those_of_palettes(tmp_path):
    palette = kmc.Palette(SIX)
    formats = "is no format of palettes; these are gpl, hex, json, txt, pal, riff, act, ase, and "
    for name, format, words in (
        ("a.unknown", None, "suffix '.unknown' "),
        ("a", None, "a name without a suffix "),
        ("a.gpl", "aco", "format 'aco' "),
    ):
        with pytest.raises(kmc.ArgumentError, match=re.escape(words + formats) + "images: png"):
            palette.save(tmp_path / name, format)
    with pytest.raises(kmc.ArgumentTypeError, match="format must be a string, not int"):
        palette.save(tmp_path / "a.gpl", 3)
    with pytest.raises(kmc.ImageReadError, match=r"a\.aco: .* palettes are read from gpl, .* ase"):
        kmc.Palette.load(written(tmp_path, "a.aco", b"\0\1\0\1"))
    with pytest.raises(kmc.ImageNotFoundError):
        kmc.Palette.load(tmp_path / "none.aco")


@pytest.mark.parametrize("suffix", [*TEXT, ".act", ".ase", ".png"])
def test_names_that_are_not_utf_8(tmp_path, suffix):
    """Elsewhere than on Linux, all names are Unicode."""
    if sys.platform != "linux":
        return
    file = os.fsencode(tmp_path) + b"/caf\xe9" + suffix.encode()
    kmc.Palette(SIX).save(os.fsdecode(file))
    np.testing.assert_array_equal(kmc.Palette.load(os.fsdecode(file)).colors, SIX)


def test_what_cannot_be_written(tmp_path):
    with pytest.raises(kmc.FileWriteError, match="cannot be written"):
        kmc.Palette(SIX).save(tmp_path / "no folder" / "a.gpl")
    with pytest.raises(kmc.ArgumentError):
        kmc.Palette(SIX).save(tmp_path / "a.unknown")
    assert list(tmp_path.iterdir()) == []


# ---- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["png", "gif", "bmp", "tiff"])
def test_the_palette_of_an_indexed_picture_in_its_order(tmp_path, format):
    picture = Image.new("P", (5, 1))
    colors = [(9, 9, 9), (200, 0, 0), (9, 9, 9), (0, 0, 0), (1, 2, 3)]
    picture.putpalette(np.array(colors, np.uint8).tobytes(), "RGB")
    picture.putdata([4, 0, 3, 1, 2])
    picture.save(tmp_path / f"a.{format}")
    assert kmc.Palette.load(tmp_path / f"a.{format}").colors.tolist() == [list(c) for c in colors]


@pytest.mark.parametrize("key", [1, bytes([255, 0, 128])])
def test_transparent_entries(tmp_path, key):
    picture = Image.new("P", (3, 1))
    picture.putpalette(bytes(range(12)), "RGB")
    picture.putdata([0, 1, 3])
    picture.save(tmp_path / "a.png", transparency=key)
    alpha = kmc.Palette.load(tmp_path / "a.png").colors[:, 3]
    assert alpha.tolist() == ([255, 0, 255, 255] if key == 1 else [255, 0, 128, 255])


def test_the_colours_of_other_pictures_as_they_come(tmp_path):
    rows = np.array([[[5, 0, 0], [1, 9, 9]], [[1, 9, 9], [0, 0, 255]]], np.uint8)
    Image.fromarray(rows).save(tmp_path / "a.png")
    expected = [[5, 0, 0], [1, 9, 9], [0, 0, 255]]
    assert kmc.Palette.load(tmp_path / "a.png").colors.tolist() == expected
    Image.fromarray(rows[..., 2]).save(tmp_path / "grey.png")
    assert kmc.Palette.load(tmp_path / "grey.png").colors.tolist() == [[0], [9], [255]]


def test_a_picture_of_too_many_colours(tmp_path):
    Image.fromarray(noise(300, 300)).save(tmp_path / "a.png")
    with pytest.raises(kmc.PaletteReadError, match=r"a picture of 8\d{4} colours"):
        kmc.Palette.load(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(kmc.ImageReadError):
        kmc.Palette.load(tmp_path / "b.png")


# ---- well-known palettes -------------------------------------------------------------------------


def test_each_is_distinct_colours():
    assert list(kmc.palettes) == sorted(kmc.palettes)
    for name, palette in kmc.palettes.items():
        assert len(np.unique(palette.colors, axis=0)) == len(palette) <= 256
        assert palette.colors.shape[1] == 3
        assert kmc.palettes.about(name)


def test_the_docstring_lists_them_all():
    rows = re.findall(r"^ *([a-z0-9-]+) +(\d+)  (.+)$", KnownPalettes.__doc__, re.MULTILINE)
    assert rows == [
        (name, str(len(palette)), kmc.palettes.about(name))
        for name, palette in kmc.palettes.items()
    ]


def test_those_that_follow_a_rule():
    steps = np.array(np.meshgrid(*[[0, 51, 102, 153, 204, 255]] * 3, indexing="ij"))
    np.testing.assert_array_equal(kmc.palettes["web-safe"].colors, steps.reshape(3, -1).T)
    codes = np.arange(64)[:, None]  # bits rgbRGB, the small letters a third of the large ones' two
    levels = 170 * (codes >> [2, 1, 0] & 1) + 85 * (codes >> [5, 4, 3] & 1)
    ega, cga = kmc.palettes["ega-64"].colors, kmc.palettes["cga"].colors
    np.testing.assert_array_equal(ega, levels)
    brown = [0, 1, 2, 3, 4, 5, 20, 7, *range(56, 64)]
    np.testing.assert_array_equal(cga, ega[brown])
    np.testing.assert_array_equal(kmc.palettes["cga-4"].colors, cga[[0, 11, 13, 15]])
    codes = np.arange(256)[:, None]
    levels = np.round((codes >> [5, 2, 0] & [7, 7, 3]) * 255 / [7, 7, 3])
    np.testing.assert_array_equal(kmc.palettes["rgb-332"].colors, levels)
    corners = 255 * (np.arange(8)[:, None] >> [2, 1, 0] & 1)
    np.testing.assert_array_equal(kmc.palettes["rgb-8"].colors, corners)
    for n in (4, 16):
        greys = np.repeat(np.linspace(0, 255, n)[:, None], 3, axis=1)
        np.testing.assert_array_equal(kmc.palettes[f"grey-{n}"].colors, greys)


def test_names():
    assert "pico-8" in kmc.palettes
    assert "pico-9" not in kmc.palettes
    assert kmc.palettes.get("pico-9") is None
    assert len(kmc.palettes) == len(list(kmc.palettes)) > 10
    assert "nord" in repr(kmc.palettes)
    with pytest.raises(KeyError, match="no palette 'x'; there are black-and-white"):
        kmc.palettes["x"]


def test_they_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        kmc.palettes["nord"].colors[:] = 0


def test_they_serve_as_given_and_as_fixed_ones():
    picture = photo(30, 40)
    pico = kmc.palettes["pico-8"]
    np.testing.assert_array_equal(pico.remap(picture).indices, kmc.assign(picture, pico))
    assert (
        kmc.quantize(picture, 32, fixed=pico).palette.colors[:16].tolist() == pico.colors.tolist()
    )


def test_the_data_is_tidy():
    text = (palette_files.os.path.dirname(palette_files.__file__)) + "/../known_palettes.json"
    with open(text, encoding="utf-8") as file:
        entries = json.load(file)
    for entry in entries.values():
        assert {"about", "colors"} <= set(entry) <= {"about", "colors", "source"}
        assert all(re.fullmatch(r"#[0-9a-f]{6}", code) for code in entry["colors"])


def test_an_adobe_table_is_of_772_bytes(tmp_path):
    kmc.palettes["cga"].save(tmp_path / "cga.act")
    data = (tmp_path / "cga.act").read_bytes()
    assert len(data) == 772
    assert struct.unpack(">HH", data[768:]) == (16, 0xFFFF)


def test_lines_are_counted_with_empty_ones(tmp_path):
    path = tmp_path / "gaps.pal"
    path.write_text("JASC-PAL\n0100\n2\n\n1 2 3\n\nx\n")
    with pytest.raises(kmc.PaletteReadError, match="line 7 is no colour: 'x'"):
        kmc.Palette.load(path)
