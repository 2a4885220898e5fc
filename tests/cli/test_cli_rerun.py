"""``kmc quantize`` over its own results, and over those that are not out of date."""

from __future__ import annotations

import json
import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scenes import cutout, photo, soft
from shell import picture, run, tree

import kmc

pytestmark = pytest.mark.once

LOSSLESS = ("png", "kmc", "gif", "tiff", "bmp", "webp")
ALPHA = ("png", "kmc", "tiff", "webp")


def drawing() -> np.ndarray:
    """Flat areas and thin lines."""
    page = np.full((90, 120, 3), 250, np.uint8)
    page[20:50, 30:90] = (255, 0, 0)
    page[60:] = (0, 99, 200)
    page[::7] = (40, 160, 90)
    page[:, ::9] = (3, 4, 5)
    return page


PICTURES = {
    "photo": photo(90, 130),
    "grey": photo(90, 130)[..., 1],
    "drawing": drawing(),
    "cutout": cutout(80, 100),
    "soft": soft(80, 100),
}
OPTIONS = {
    "default": [],
    "few": ["-k", "12"],
    "two": ["-k", "2"],
    "dithered": ["-k", "12", "--dither", "floyd-steinberg"],
    "dithered in many": ["--dither", "bayer"],
    "oklab": ["-k", "12", "--space", "oklab"],
    "goal": ["--psnr", "28"],
    "quality": ["--quality", "50-60"],
    "unsorted": ["-k", "12", "--order", "none"],
    "sorted": ["-k", "12", "--order", "hue"],
    "fixed": ["-k", "12", "--fixed", "#123456,#fff"],
    "given": ["--palette", "pico-8", "--background", "#fff"],
    "shared": ["-k", "12", "--shared-palette"],
    "fast": ["-k", "12", "--level", "1"],
    "stripped": ["-k", "12", "--strip"],
    "scaled": ["-k", "12", "--resize", "100"],
}


@pytest.fixture
def cli(cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return cli


def saved(name: str, pixels: np.ndarray, **settings: object) -> Path:
    Image.fromarray(pixels).save(name, **settings)
    return Path(name)


def files(folder: str = ".") -> dict[Path, tuple[bytes, int]]:
    found = [path for path in Path(folder).rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


# ---- results as inputs ---------------------------------------------------------------------------


@pytest.mark.parametrize("options", OPTIONS)
def test_a_second_run_in_place_changes_nothing(cli, options):
    for name, pixels in PICTURES.items():
        saved(f"{name}.png", pixels, dpi=(300, 300))
    if options == "fixed":  # which colours need
        Path("grey.png").unlink()
    arguments = ["quantize", "-r", ".", "--suffix", "", "-f", *OPTIONS[options]]
    assert cli(*arguments)[0] == 0
    first = files()
    code, out, _ = cli(*arguments, "--json")
    assert (code, files() == first) == (0, True)
    assert all(json.loads(line).get("unchanged") for line in out.splitlines())
    assert files() == first


@pytest.mark.parametrize("format", LOSSLESS)
@pytest.mark.parametrize("options", ["default", "few", "dithered", "sorted", "goal"])
def test_in_every_lossless_format(cli, format, options):
    names = [name for name in PICTURES if format in ALPHA or name not in ("cutout", "soft")]
    for name in names:
        saved(f"{name}.bmp" if name in ("photo", "drawing") else f"{name}.png", PICTURES[name])
    arguments = ["--ext", format, "-f", *OPTIONS[options]]
    assert cli("quantize", "-r", ".", "--out-dir", "made", *arguments)[0] == 0
    first = files("made")
    assert cli("quantize", "-r", "made", "--suffix", "", *arguments)[0] == 0
    assert files("made") == first
    assert cli("quantize", "-r", "made", "--out-dir", "again", *arguments)[0] == 0
    again = {path.name: content for path, (content, _) in files("again").items()}
    assert again == {path.name: content for path, (content, _) in first.items()}


@pytest.mark.parametrize("_", ["oxipng"] if find_spec("oxipng") else [])
def test_what_was_optimized_stays_so(cli, _):
    saved("a.png", PICTURES["photo"])
    in_place = ["quantize", "a.png", "-k", 12, "--suffix", "", "-f"]
    assert cli(*in_place, "--optimize")[0] == 0
    first = files()
    for options in ([], ["--optimize"], ["--level", 3], ["-k", 256]):
        assert cli(*in_place, *options)[0] == 0
        assert files() == first


def test_what_has_few_colours_already(cli):
    """Its file is taken as it is, unless a smaller one holds the same."""
    indexed = Image.fromarray(PICTURES["photo"]).quantize(40)
    indexed.save("small.png", optimize=True)
    small, n_colors = Path("small.png"), len(kmc.histogram("small.png"))
    kmc.quantize(small, 256, order="compact").save(small, level=9)
    indexed.save("large.png", compress_level=0)
    Image.fromarray(np.asarray(indexed.convert("RGB"))).save("rgb.png")
    code, _, err = cli("quantize", "small.png", "large.png", "rgb.png", "--out-dir", "out", "-q")
    assert (code, err) == (0, "")
    assert Path("out/small.png").read_bytes() == small.read_bytes()
    for name in ("large", "rgb"):
        made = Path(f"out/{name}.png")
        assert made.stat().st_size < Path(f"{name}.png").stat().st_size
        np.testing.assert_array_equal(kmc.read(made).pixels, kmc.read(f"{name}.png").pixels)
    code, _, err = cli("quantize", small, "--suffix", "", "-f")
    assert (code, err) == (0, f"small.png -> small.png: as it is: {n_colors} colours already\n")
    with small.open("rb") as stdin:
        assert run("quantize", "-", "-o", "-", "-q", stdin=stdin).stdout == small.read_bytes()


def test_what_an_option_changes_is_not_as_it_was(cli):
    saved("a.png", PICTURES["soft"], dpi=(300, 300))
    assert cli("quantize", "a.png", "-k", 20, "--suffix", "", "-f")[0] == 0
    for options in (["-k", 19], ["--resize", "50%"], ["--background", "#fff"], ["--strip"],
                    ["--alpha-threshold", 9], ["--ext", "webp"], ["--palette", "nord", "-f"],
                    ["--fixed", "#123456"]):  # fmt: skip
        options = [*options, *(["--background", "#fff"] if "nord" in options else [])]
        code, out, _ = cli("quantize", "a.png", "--out-dir", "out", "-f", "--json", *options)
        assert code == 0
        assert "unchanged" not in json.loads(out), options


def test_a_frame_of_several_is_not_the_file(cli):
    frames = [Image.fromarray(drawing()).quantize(8) for _ in range(2)]
    frames[1].putpixel((0, 0), 3)
    frames[0].save("film.gif", save_all=True, append_images=frames[1:])
    assert cli("quantize", "film.gif", "--frame", 0, "--ext", "gif")[0] == 0
    with Image.open("film-kmc.gif") as made:
        assert made.n_frames == 1


def test_a_goal_reduces_what_has_its_colours_in_full(cli):
    """Only a file that holds a palette is taken for a result."""
    indexed = Image.fromarray(PICTURES["photo"]).quantize(200)
    indexed.save("indexed.png")
    indexed.convert("RGB").save("rgb.png")
    code, out, _ = cli("quantize", "indexed.png", "rgb.png", "--psnr", 30, "--json")
    assert code == 0
    left, reduced = map(json.loads, out.splitlines())
    n_colors = len(kmc.histogram("indexed.png"))
    assert (left["colors"], left["unchanged"]) == (n_colors, True)
    assert reduced["colors"] < n_colors
    less = ["-k", n_colors - 1, "--json", "-f"]
    code, out, _ = cli("quantize", "indexed.png", "--psnr", 30, *less)
    assert json.loads(out)["colors"] == reduced["colors"]
    code, out, _ = cli("quantize", "indexed.png", "--psnr", 90, *less)
    assert (code, "colors" in json.loads(out)) == (99, False)


# ---- --check -------------------------------------------------------------------------------------


def test_check_says_what_a_run_would_change(cli, tmp_path):
    saved("a.png", PICTURES["photo"])
    saved("b.png", PICTURES["drawing"])
    before = files()
    code, out, err = cli("quantize", "a.png", "b.png", "-k", 12, "--check", "-q")
    assert (code, out) == (1, "")
    assert [line.partition(" would change: ")[0] for line in err.splitlines()] == [
        "kmc: a.png:",
        "kmc: b.png:",
    ]
    assert files() == before
    assert cli("quantize", "a.png", "b.png", "-k", 12, "--suffix", "", "-f")[0] == 0
    before = files()
    assert cli("quantize", "a.png", "b.png", "-k", 12, "--check", "-q") == (0, "", "")
    assert cli("quantize", "a.png", "none.png", "-k", 12, "--check")[0] == 2
    assert cli("quantize", "a.png", "--format", "gif", "--check")[0] == 1
    assert cli("quantize", "a.png", "-k", 11, "--check", "--json")[0] == 1
    assert files() == before


def test_check_passes_what_would_be_larger(cli):
    Image.linear_gradient("L").convert("RGB").save("flat.png", optimize=True)
    arguments = ["quantize", "flat.png", "-k", 250, "--dither", "floyd-steinberg", "--check"]
    assert cli(*arguments)[0] == 1
    assert cli(*arguments, "--skip-if-larger")[0] == 0


ELSEWHERE = [["-o", "x.png"], ["--out-dir", "x"], ["--suffix", "x"], ["-f"], ["--if-newer"],
             ["--ext", "gif"]]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "other"),
    [
        *(("--check", each) for each in (*ELSEWHERE, ["-n"], ["--preserve"], ["--in-place"])),
        *(("--in-place", each) for each in ELSEWHERE),
    ],
)
def test_what_is_about_other_files_is_excluded(cli, tmp_path, option, other):
    picture(tmp_path / "a.png")
    code, _, err = cli("quantize", "a.png", option, *other)
    assert code == 1
    assert err.startswith(f"kmc: {option} is about the files themselves: it excludes -")
    assert tree(tmp_path) == ["a.png"]


def test_in_place(cli, tmp_path):
    names = ["A.PNG", "b.png", "deep/c-kmc.png", "deep/d"]
    for name in names:
        picture(tmp_path / name, format="PNG")
    other = picture(tmp_path / "deep/other.jpg").read_bytes()
    Path("link.png").symlink_to("b.png")
    assert cli("quantize", "-r", "A.PNG", "link.png", "deep", "deep/d", "-k", 4, "-i")[0] == 0
    assert tree(tmp_path) == sorted([*names, "deep/other.jpg", "link.png"])
    assert Path("deep/other.jpg").read_bytes() == other
    assert Path("link.png").is_symlink()
    for name in names:
        with Image.open(name) as made:
            assert (made.format, made.mode) == ("PNG", "P")
    first = files()
    assert cli("quantize", *names, "-k", 4, "--check", "-q") == (0, "", "")
    assert cli("quantize", *names, "-k", 4, "--in-place", "-q") == (0, "", "")
    assert files() == first


@pytest.mark.parametrize("option", ["--in-place", "--check"])
def test_in_place_a_name_is_not_made_to_lie(cli, tmp_path, option):
    before = picture(tmp_path / "a.jpg").read_bytes()
    picture(tmp_path / "b.gif")
    for name, ending, format in (("a.jpg", "jpg", "png"), ("b.gif", "gif", "webp")):
        code, _, err = cli("quantize", name, "b.gif", "-k", 4, option, "--format", format)
        assert code == 1
        assert f"kmc: {name}: its ending is that of {ending}, and the result's format is" in err
    assert Path("a.jpg").read_bytes() == before
    if option == "--in-place":
        assert cli("quantize", "-", option)[0] == 1
        assert cli("quantize", "b.gif", option, "--format", "gif")[0] == 0


def test_in_place_only_for_formats_that_are_written(cli, tmp_path):
    pixels = np.asarray(Image.open(picture(tmp_path / "a.png")).convert("RGB"))
    np.save("a.npy", pixels)
    Image.fromarray(pixels).save("a.ppm")
    before = files(tmp_path)
    for name, format in (("a.npy", "npy"), ("a.ppm", "ppm")):
        code, _, err = cli("quantize", name, "-k", 4, "--in-place")
        assert code == 1
        assert f"kmc: {name}: its ending is that of {format}, and the result's format is png" in err
    assert files(tmp_path) == before
    shutil.copy("a.png", "a")
    shutil.copy("a.png", "a.old")
    assert cli("quantize", "a", "a.old", "-k", 4, "--in-place")[0] == 0


# ---- --if-newer ----------------------------------------------------------------------------------


def test_only_what_is_newer_than_its_result(cli, tmp_path):
    for name in ("in/a.png", "in/deep/b.png", "in/deep/c.png"):
        picture(tmp_path / name)
    arguments = ["quantize", "-r", "in", "--out-dir", "out", "-k", 4, "--if-newer"]
    assert cli(*arguments)[0] == 0
    assert tree(tmp_path / "out") == ["a.png", "deep/b.png", "deep/c.png"]
    first = files("out")
    code, _, err = cli(*arguments)
    assert code == 0
    assert err.splitlines()[0] == "in/a.png -> out/a.png: up to date"
    assert err.splitlines()[-1].startswith("0 of 3 files, 3 up to date, in ")
    assert files("out") == first
    picture(tmp_path / "in/deep/b.png", seed=5)
    os.utime("out/deep/b.png", (1e9, 1e9))
    Path("out/deep/c.png").unlink()
    code, out, _ = cli(*arguments, "--json")
    assert code == 0
    assert [json.loads(line).get("up_to_date") for line in out.splitlines()] == [True, None, None]
    changed = files("out")
    assert {path.name for path in changed if changed[path] != first[path]} == {"b.png", "c.png"}
    assert cli(*arguments, "--quiet") == (0, "", "")


def test_a_result_as_old_as_its_picture_is_up_to_date(cli, tmp_path):
    picture(tmp_path / "a.png")
    for _ in range(2):
        code, _, err = cli("quantize", "a.png", "-k", 4, "--if-newer", "--preserve")
        assert code == 0
    assert err == "a.png -> a-kmc.png: up to date\n"


def test_what_if_newer_does_not_go_with(cli, tmp_path):
    picture(tmp_path / "a.png")
    for option, words in (
        (["-f"], "it excludes --force"),
        (["--shared-palette"], "it excludes --if-newer"),
        (["--suffix", ""], "compares a picture with its result, and a.png is both"),
        (["-o", "-"], "is for files, not for standard streams or pipes"),
    ):
        code, _, err = cli("quantize", "a.png", "--if-newer", *option)
        assert code == 1
        assert words in err
        assert "--if-newer" in err
    assert tree(tmp_path) == ["a.png"]


# ---- --preserve ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["made.png", "a.png"])
def test_time_stamps_and_permissions_stay(cli, tmp_path, name):
    picture(tmp_path / "a.png")
    os.utime("a.png", ns=(1_000_000_001_000_000_000, 1_100_000_002_000_000_000))
    Path("a.png").chmod(0o640)
    assert cli("quantize", "a.png", "-k", 4, "-o", name, "-f", "--preserve")[0] == 0
    status = Path(name).stat()
    assert status.st_mtime_ns == 1_100_000_002_000_000_000
    assert status.st_atime_ns // 10**9 >= 1_000_000_001
    if os.name == "posix":
        assert status.st_mode & 0o777 == 0o640
    with Image.open(name) as made:
        assert made.mode == "P"


def test_standard_streams_have_no_time_stamps(cli, tmp_path):
    picture(tmp_path / "a.png")
    for arguments in (["-", "-o", "x.png"], ["a.png", "-o", "-"]):
        code, out, err = cli("quantize", *arguments, "--preserve")
        assert (code, out) == (1, "")
        assert err.startswith("kmc: --preserve is for files, not for standard streams or pipes\n")


# ---- filters -------------------------------------------------------------------------------------


def test_a_filter_without_a_result_passes_the_original_on(cli, tmp_path):
    noise = picture(tmp_path / "noise.png", (30, 30))
    Image.linear_gradient("L").convert("RGB").save("flat.png", optimize=True)
    flat = Path("flat.png")
    for source, options, expected in (
        (noise, ["--psnr", 90, "-k", 2], 99),
        (flat, ["-k", 250, "--dither", "floyd-steinberg", "--skip-if-larger"], 98),
    ):
        code, _, err = cli("quantize", source, "-o", "-", *options)
        assert code == expected
        assert err.startswith("kmc: ")
        assert cli.raw == source.read_bytes()
        assert cli("quantize", source, "-o", "-", "-n", *options)[0] == expected
        assert cli.raw == b""
    assert cli("quantize", noise, "-o", "-", "--format", "gif", "--psnr", 90, "-k", 2)[0] == 99
    assert cli.raw == b""
