"""``kmc pngquant``: what scripts that call pngquant rely on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scenes import photo, soft
from shell import look_best, on_terminal, picture, run, tree

import kmc
from kmc.cli.redrawing import nearest_levels

pytestmark = pytest.mark.once

PHOTO = photo(60, 80)


@pytest.fixture
def cli(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(PHOTO).save("a.png", dpi=(300, 300))
    return cli


def pixels(name: str) -> np.ndarray:
    return kmc.read(name).pixels


@pytest.mark.parametrize(
    ("arguments", "k", "options", "name"),
    [
        ([], 256, {}, "a-fs8.png"),
        (["16"], 16, {}, "a-fs8.png"),
        (["--nofs", "16"], 16, {"dither": "none"}, "a-or8.png"),
        (["--ordered", "16", "--"], 16, {"dither": "none"}, "a-or8.png"),
        (["--floyd", "16"], 16, {}, "a-fs8.png"),
        (["--floyd=0.5", "16"], 16,
         {"dither_strength": 0.5}, "a-fs8.png"),
        (["--floyd=0", "16"], 16, {"dither": "none"}, "a-or8.png"),
        (["--speed", "1", "16"], 16, {"effort": "best"}, "a-fs8.png"),
        (["-s4", "16"], 16, {}, "a-fs8.png"),
        (["-s10", "16"], 16, {"effort": "fast"}, "a-fs8.png"),
        (["--speed=11", "16"], 16, {"effort": "fast", "dither": "none"}, "a-or8.png"),
        (["--ext", "-new.png", "16"], 16, {}, "a-new.png"),
        (["-o", "x.png", "16"], 16, {}, "x.png"),
        (["-Q", "50-60", "--nofs"], 256, {"quality": (50, 60), "dither": "none"}, "a-or8.png"),
    ],
)  # fmt: skip
def test_options_and_names(cli, tmp_path, arguments, k, options, name):
    assert cli("pngquant", *arguments, "a.png") == (0, "", "")
    assert tree(tmp_path) == sorted(["a.png", name])
    expected = np.asarray(look_best(PHOTO, k, **options))
    np.testing.assert_array_equal(pixels(name), expected)
    assert kmc.read(name).metadata.dpi is not None


def test_in_place_and_again(cli):
    arguments = ["pngquant", "--force", "--ext", ".png", "--skip-if-larger", "--strip", "32"]
    assert cli(*arguments, "a.png") == (0, "", "")
    first = Path("a.png").read_bytes()
    assert kmc.read("a.png").metadata == kmc.Metadata()
    code, _, err = cli(*arguments, "-v", "a.png")
    assert (code, err) == (0, "a.png -> a.png: as it is: 32 colours already\n")
    assert Path("a.png").read_bytes() == first


def test_exit_codes(cli, tmp_path):
    assert cli("pngquant", "16", "a.png")[0] == 0
    code, _, err = cli("pngquant", "16", "a.png")
    assert (code, err) == (15, "kmc: a-fs8.png: exists already; --force replaces it\n")
    assert cli("pngquant", "none.png")[0] == 2
    assert cli("pngquant", "-Q", "99-100", "4", "a.png", "-f")[0] == 99
    Image.new("RGB", (1, 1)).save("tiny.webp", lossless=True)
    assert cli("pngquant", "--skip-if-larger", "tiny.webp")[0] == 98
    assert tree(tmp_path) == ["a-fs8.png", "a.png", "tiny.webp"]


def test_standard_input_becomes_standard_output(cli):
    data = Path("a.png").read_bytes()
    expected = np.asarray(look_best(PHOTO, 8))
    for arguments in (["8"], ["8", "-"], ["8", "-", "-o", "-"]):
        done = run("pngquant", *arguments, input=data)
        assert (done.returncode, done.stderr) == (0, b"")
        np.testing.assert_array_equal(kmc.read(done.stdout).pixels, expected)
    done = run("pngquant", "8", "-Q", "90-95", "--strip", input=data)
    assert (done.returncode, done.stdout) == (99, data)
    code, sent, _ = on_terminal("pngquant", "8")
    assert code == 1
    assert "standard input is a terminal" in sent


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_levels_of_few_bits(bits):
    levels = nearest_levels(bits)
    shown = {high << bits | high >> 8 - 2 * bits for high in range(1 << 8 - bits)}
    assert set(levels.tolist()) == shown
    for level in range(256):
        assert abs(int(levels[level]) - level) == min(abs(each - level) for each in shown)


@pytest.mark.parametrize("given", [PHOTO, soft(60, 80), PHOTO[..., 1]])
@pytest.mark.parametrize("dither", [[], ["--nofs"]])
def test_posterized_palettes(cli, given, dither):
    Image.fromarray(given).save("a.png")
    arguments = ["pngquant", "--posterize", "4", *dither, "40", "a.png", "-o", "b.png", "-f"]
    assert cli(*arguments)[0] == 0
    made = pixels("b.png")
    assert (made % 17 == 0).all()
    assert len(kmc.histogram(made)) <= 40
    assert np.abs(made.astype(int) - pixels("a.png")).mean() < 40
    first = Path("b.png").read_bytes()
    assert cli("pngquant", "--posterize", "4", "b.png", "-f", "--ext", ".png")[0] == 0
    assert Path("b.png").read_bytes() == first
    assert cli("pngquant", "--posterize", "0", *dither, "40", "a.png", "-o", "c.png")[0] == 0
    assert not (pixels("c.png") % 17 == 0).all()


def test_posterized_palettes_look_best(cli):
    """In Oklab and by adaptive dithering, as all results."""
    assert cli("pngquant", "--posterize", "4", "40", "a.png", "-o", "b.png")[0] == 0
    colors = np.unique(nearest_levels(4)[look_best(PHOTO, 40).palette.colors], axis=0)
    expected = kmc.Palette(colors, space="oklab").remap(PHOTO, dither="adaptive")
    np.testing.assert_array_equal(pixels("b.png"), np.asarray(expected))


@pytest.mark.parametrize("dither", ["adaptive", "none"])
@pytest.mark.parametrize("name", ["map.png", "map.gpl", "pico-8"])
def test_the_colours_of_a_map(cli, dither, name):
    colors = kmc.palettes["pico-8"].colors
    Image.fromarray(colors[None]).save("map.png")
    kmc.Palette(colors).save("map.gpl")
    options = ["--nofs"] if dither == "none" else []
    assert cli("pngquant", "--map", name, *options, "a.png", "-o", "b.png") == (0, "", "")
    expected = kmc.Palette(colors, space="oklab").remap(PHOTO, dither=dither)
    np.testing.assert_array_equal(pixels("b.png"), np.asarray(expected))
    first = Path("b.png").read_bytes()
    assert cli("pngquant", "--map", name, *options, "b.png", "-f", "--ext", ".png")[0] == 0
    np.testing.assert_array_equal(pixels("b.png"), np.asarray(expected))
    assert Path("b.png").read_bytes() == first


def test_maps_that_are_refused(cli, tmp_path):
    picture(tmp_path / "one.png")
    for arguments, code, words in (
        (["--map", "one.png", "16"], 1, "--map gives the colours: it excludes a number of colours"),
        (["--map", "one.png", "-Q", "20-30"], 1, "it excludes --quality"),
        (["--map", "one.png", "--posterize", "2"], 1, "it excludes --posterize"),
        (["--map", "one.png", "--speed", "1"], 1, "it excludes --speed"),
        (["--map", "none.png"], 2, "none.png: no such file"),
    ):
        found, _, err = cli("pngquant", *arguments, "a.png")
        assert (found, words in err) == (code, True), err
    several = np.stack(np.meshgrid(range(17), range(16), [0]), axis=-1).reshape(1, -1, 3)
    Image.fromarray(several.astype(np.uint8)).save("map.png")
    code, _, err = cli("pngquant", "--map", "map.png", "a.png")
    assert (code, "map.png has 272 colours, more than 256" in err) == (1, True)
    assert tree(tmp_path) == ["a.png", "map.png", "one.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["1", "a.png"], "'1' is not a whole number from 2 to 256"),
        (["257", "a.png"], "'257' is not a whole number from 2 to 256"),
        (["--speed", "12", "a.png"], "--speed"),
        (["--posterize", "5", "a.png"], "--posterize"),
        (["--floyd=2", "a.png"], "--floyd"),
        (["--nofs", "--floyd", "a.png"], "--nofs does not dither: it excludes --floyd"),
        (["-s11", "--floyd", "a.png"], "--speed 11 does not dither: it excludes --floyd"),
        (["--posterize", "2", "-Q", "50-60", "a.png"], "they exclude each other"),
        (["--ext", "-new", "a.png"], "--ext -new has no ending"),
        (["--ext", "-new.gif", "a.png"], "--format png contradicts the ending, that of gif"),
        (["--ext", "-new.png", "-o", "x.png", "a.png"], "it excludes -o and -"),
        (["--ext", "-new.png", "-"], "it excludes -o and -"),
        (["-o", "x.png", "a.png", "b.png"], "-o names one file"),
        (["--transbug", "a.png"], "No such option"),
    ],
)
def test_refusals(cli, tmp_path, arguments, words):
    picture(tmp_path / "b.png")
    code, _, err = cli("pngquant", *arguments)
    assert code == 1
    assert words in err
    assert tree(tmp_path) == ["a.png", "b.png"]
