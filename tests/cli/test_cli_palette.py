"""``kmc palette`` and ``kmc plot``."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shell import tree

import kmc
from kmc.cli import console
from kmc.cli.parameter_types import numbers_of_colors
from kmc.display.swatches import swatches

pytestmark = pytest.mark.once


def swatches_of(palette):
    return swatches(palette.colors, palette.counts)


@pytest.fixture
def cli(cli, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo).save("photo.png")
    return cli


@pytest.fixture
def expected(photo):
    return swatches_of(kmc.fit(photo, 5, space="oklab", weights="balanced"))


def test_a_table_of_colours_and_shares(cli, expected):
    code, out, err = cli("palette", "photo.png", "-k", 5)
    assert (code, err) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    assert [line[0] for line in lines] == [swatch.hex for swatch in expected]
    assert [line[4] for line in lines] == [f"{100 * swatch.share:.1f}" for swatch in expected]
    assert ["".join(f"{int(level):02x}" for level in line[1:4]) for line in lines] == [
        swatch.hex[1:] for swatch in expected
    ]
    assert len(cli("palette", "photo.png")[1].splitlines()) == 8


def test_formats(cli, expected):
    codes = [swatch.hex for swatch in expected]
    assert cli("palette", "photo.png", "-k5", "--format", "hex")[1].split() == codes
    rgb = cli("palette", "photo.png", "-k5", "--format", "rgb")[1].splitlines()
    assert [f"#{bytes(map(int, line.split())).hex()}" for line in rgb] == codes
    said = json.loads(cli("palette", "photo.png", "-k5", "--format", "json")[1])
    assert said["colors"] == codes
    assert sum(said["shares"]) == pytest.approx(1, abs=1e-5)
    css = cli("palette", "photo.png", "-k5", "--format", "css")[1]
    assert css.startswith(":root {\n  --color-1: " + codes[0] + "; /* ")
    assert css.endswith("}\n")
    assert cli("palette", "photo.png", "-k5", "--format", "gpl")[1].startswith("GIMP Palette\n")


@pytest.mark.parametrize("format", ["hex", "json", "gpl"])
def test_what_is_printed_can_be_loaded(cli, expected, tmp_path, format):
    path = tmp_path / f"p.{format}"
    path.write_text(cli("palette", "photo.png", "-k5", "--format", format)[1])
    loaded = kmc.Palette.load(path)
    assert [f"#{color.tobytes().hex()}" for color in loaded.colors] == [s.hex for s in expected]


@pytest.mark.parametrize("suffix", ["gpl", "hex", "json", "act", "pal", "png"])
def test_palettes_as_files(cli, expected, suffix):
    name = f"p.{suffix}"
    assert cli("palette", "photo.png", "-k5", "-o", name) == (0, "", "")
    loaded = kmc.Palette.load(name)
    assert [f"#{color.tobytes().hex()}" for color in loaded.colors] == [s.hex for s in expected]
    assert cli("palette", "photo.png", "-o", name)[0] == 15
    assert cli("palette", "photo.png", "-o", name, "--force")[0] == 0
    assert len(kmc.Palette.load(name)) == 8


def test_one_palette_of_several_pictures(cli, photo):
    Image.fromarray(255 - photo).save("other.png")
    lines = cli("palette", "photo.png", "other.png", "-k", 6, "--format", "hex")[1].split()
    best = swatches_of(kmc.fit(["photo.png", "other.png"], 6, space="oklab", weights="balanced"))
    assert lines == [swatch.hex for swatch in best]
    assert cli("palette", "-r", ".", "-k", 6, "--format", "hex")[1].split() == lines


def test_swatches_only_on_a_terminal_that_wants_colour(cli, expected, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    red, green, blue = bytes.fromhex(expected[0].hex[1:])
    colored = f"\x1b[48;2;{red};{green};{blue}m        \x1b[0m  {expected[0].hex}"
    assert "\x1b" not in cli("palette", "photo.png", "-k", 5)[1]
    monkeypatch.setattr(console, "is_terminal", lambda stream: stream is sys.stdout)
    assert cli("palette", "photo.png", "-k", 5)[1].startswith(colored)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in cli("palette", "photo.png", "-k", 5)[1]


def test_palette_complains(cli):
    hint = "kmc: .: is a folder; -r takes the pictures in it\n"
    assert cli("palette", ".") == (2, "", hint)
    assert cli("palette", "none.png") == (2, "", "kmc: none.png: no such file\n")
    assert cli("palette", "photo.png", "--format", "xyz")[0] == 1
    assert cli("palette", "photo.png", "--format", "hex", "-o", "a.hex")[0] == 1
    assert cli("palette", "photo.png", "-o", "a.xyz")[0] == 1
    assert cli("palette", "photo.png", "-o", "none/a.gpl")[0] == 3
    assert os.listdir() == ["photo.png"]


def test_side_by_side(cli, photo):
    assert cli("plot", "photo.png", "-k", 6, "-o", "figure.png")[0] == 0
    with Image.open("figure.png") as figure:
        pixels = np.asarray(figure.convert("RGB")).reshape(-1, 3)
    drawn = {tuple(color) for color in pixels.tolist()}
    assert {tuple(color) for color in kmc.quantize(photo, 6).palette.colors.tolist()} <= drawn
    code, _, err = cli("plot", "photo.png", "-k", 6, "-o", "figure.png")
    assert (code, err) == (15, "kmc: figure.png: exists already; --force replaces it\n")
    assert cli("plot", "photo.png", "-k", 2, "-o", "figure.png", "--force")[0] == 0


def test_other_figures(cli):
    options = ["-k", 3, "--max-iter", 3, "--tol", 0, "--init", "random"]
    assert cli("plot", "photo.png", *options, "--clusters", "-o", "steps/a")[0] == 0
    steps = [f"steps/a/iteration-00{n}.png" for n in (0, 1, 2, 3)]
    assert tree(".") == ["photo.png", *steps]
    assert cli("plot", "photo.png", *options, "--history", "-o", "history.svg")[0] == 0
    assert cli("plot", "photo.png", "--curve", "2-8", "-o", "curve.pdf")[0] == 0
    rates = ["--rate-distortion", "2,8", "--losses", "0,40", "--format", "kmc"]
    assert cli("plot", "photo.png", *rates, "-o", "rates.svg")[0] == 0
    with open("history.svg", encoding="utf-8") as file:
        assert "<svg" in file.read()
    with open("curve.pdf", "rb") as file:
        assert file.read(4) == b"%PDF"


def test_figures_of_an_earlier_run_are_replaced_only_with_force(cli):
    def drawn(*options):
        code, _, err = cli("plot", "photo.png", "-k", 3, "--clusters", "-o", "steps", *options)
        return code, err, tree("steps")

    names = [f"iteration-00{n}.png" for n in (0, 1, 2, 3)]
    longer = ["--max-iter", 3, "--tol", 0, "--init", "random"]
    assert drawn(*longer)[::2] == (0, names)
    Path("steps/notes.txt").touch()
    os.remove("steps/iteration-000.png")
    said = "kmc: steps/iteration-001.png: exists already; --force replaces it\n"
    assert drawn("--max-iter", 1) == (15, said, [*names[1:], "notes.txt"])
    assert drawn("--max-iter", 1, "--force")[::2] == (0, [*names[:2], "notes.txt"])
    Path("steps/iteration-007.png").write_bytes(b"mine")
    code, err, _ = drawn("--force")
    assert code == 15
    assert err.startswith("kmc: steps/iteration-007.png: exists already, and was not drawn by")
    assert Path("steps/iteration-007.png").read_bytes() == b"mine"


def test_plot_complains(cli, monkeypatch):
    for arguments, code, words in (
        (["photo.png"], 1, "Missing option '-o'"),
        (["photo.png", "-o", "a.xyz"], 1, "a.xyz: a figure's name ends in .png, .pdf, .svg"),
        (["photo.png", "-o", "a.png", "--curve", "9-3"], 1, "'9-3' is neither a range"),
        (["photo.png", "-o", "a.png", "--choices", "4,,8"], 1, "'4,,8' is neither a range"),
        (["photo.png", "-o", "a.png", "--choices", "0,8"], 1, "'0,8' is neither a range"),
        (["photo.png", "-o", "a", "--curve", "2-3", "--clusters"], 1, "are different figures"),
        (["photo.png", "-o", "a.png", "--losses", "9"], 1, "for the files of --rate-distortion"),
        (["photo.png", "-o", "a.png", "--losses", "0,101"], 1, "'0,101' is no list of losses"),
        (["photo.png", "-o", "a.png", "--losses", "0,"], 1, "'0,' is no list of losses"),
        (
            ["photo.png", "-o", "a.png", "--rate-distortion", "8,512"],
            1,
            "photo.png: lossy is for at most 256 colours in png, not 512",
        ),
        (["none.png", "-o", "a.png"], 2, "none.png: no such file"),
        ([".", "-o", "a.png"], 2, ".: is a folder, not a picture"),
        (["photo.png", "-o", "none/a.png"], 3, "none/a.png: cannot be written"),
        (["photo.png", "-o", "photo.png/a", "--clusters"], 3, "cannot be made"),
    ):
        result, out, err = cli("plot", *arguments)
        assert (result, out) == (code, "")
        assert words in err
    assert os.listdir() == ["photo.png"]
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, _, err = cli("plot", "photo.png", "-o", "a.png")
    assert code == 1
    assert 'pip install "kmc-quantize[plot]"' in err
    assert err.count("\n") == 1


def test_dominant_colours_of_a_logo(cli):
    logo = np.full((40, 60, 3), 255, np.uint8)
    logo[5:15, 5:25], logo[20:30, 5:45] = (228, 0, 43), (0, 51, 160)
    logo[15, 5:25] = (242, 128, 149)  # a soft edge
    Image.fromarray(logo).save("logo.png")
    wanted = ["#0033a0", "#e4002b"]
    arguments = ("palette", "logo.png", "-k", 2, "--ignore", "white", "--merge", 10)
    assert cli(*arguments, "--format", "hex")[1].split() == wanted
    assert cli(*arguments, "-o", "logo.gpl")[0] == 0
    assert kmc.Palette.load("logo.gpl") == kmc.Palette(wanted)
    said = json.loads(cli(*arguments, "--format", "json")[1])
    found = kmc.dominant_colors(
        "logo.png", 2, ignore="white", merge=10, space="oklab", weights="balanced"
    )
    assert said["shares"] == [round(share, 6) for _, share in found]
    Image.fromarray(logo[:4]).save("white.png")
    code, out, err = cli("palette", "white.png", "--ignore", "white")
    assert (code, out) == (1, "")
    assert "white.png: nothing is left" in err
    Image.fromarray(logo[..., 0]).save("mask.png")
    code, _, err = cli("palette", "logo.png", "--merge", 5, "--importance", "mask.png")
    assert (code, "--merge excludes --importance" in err) == (1, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2-256", [2, 10, 51, 256]), ("3-4", [3, 4]), ("7-7", [7]), ("16, 4,8,4", [4, 8, 16])],
)
def test_numbers_of_colours_are_a_range_or_a_list(text, expected):
    assert numbers_of_colors(4)(text) == expected
