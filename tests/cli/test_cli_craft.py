"""``kmc quantize`` with palettes that are shared, given, or held to something."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image
from shell import look_best, picture, tree

import kmc

pytestmark = pytest.mark.once


@pytest.fixture
def cli(cli, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo).save("photo.png")
    return cli


def painted(name):
    with Image.open(name) as written:
        return np.asarray(written.convert("RGB"))


def test_fixed_colours_stay(cli, photo):
    assert cli("quantize", "photo.png", "-k", 6, "--fixed", "#ffffff,f80", "-o", "o.png")[0] == 0
    expected = look_best(photo, 6, fixed=[(255, 255, 255), (255, 136, 0)])
    np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))
    code, _, err = cli("quantize", "photo.png", "photo.png", "-k", 1, "--fixed", "#fff,#000")
    assert code == 1
    assert err.count("\n") == 1
    for colors in ("white", "#12345", "#1234567", "", "#fff,", "#fff,#ffff"):
        assert cli("quantize", "photo.png", "--fixed", colors)[0] == 1


def test_importance_is_a_picture(cli, photo):
    mask = np.zeros((48, 64), np.uint8)
    mask[10:30, 20:44] = 255
    Image.fromarray(mask).save("mask.png")
    assert cli("quantize", "photo.png", "-k", 6, "--importance", "mask.png", "-o", "o.png")[0] == 0
    expected = look_best(photo, 6, importance=mask)
    np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))
    Image.fromarray(np.repeat(mask[:, :, None], 3, axis=2)).save("mask.png")
    arguments = ["-k", 6, "--importance", "mask.png", "-f"]
    assert cli("quantize", "photo.png", *arguments, "-o", "o.png")[0] == 0
    np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))
    assert cli("quantize", "photo.png", *arguments, "-o", "o.png", "--resize", "32")[0] == 0
    code, _, err = cli("quantize", "photo.png", "-k", 6, "--importance", "none.png", "-n")
    assert (code, err) == (2, "kmc: none.png: no such file\n")


def test_what_is_clear_in_a_mask_does_not_count(cli, photo):
    mask = np.full((48, 64, 4), 255, np.uint8)
    mask[:, :30, 3] = 0
    Image.fromarray(mask).save("mask.png")
    assert cli("quantize", "photo.png", "-k", 6, "--importance", "mask.png", "-o", "o.png")[0] == 0
    expected = look_best(photo, 6, importance=mask[:, :, 3])
    np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))


def test_a_mask_of_another_size(cli, tmp_path):
    picture(tmp_path / "mask.png", (5, 5))
    code, _, err = cli("quantize", "photo.png", "-k", 6, "--importance", "mask.png", "-n")
    assert code == 1
    assert err == (
        "kmc: photo.png: the mask of --importance has 5 x 5 pixels, and the picture 64 x 48\n"
    )


def test_one_palette_for_all(cli, photo, tmp_path):
    others = [picture(tmp_path / f"{n}.png", (9, 9), seed=n) for n in range(3)]
    Image.fromarray(photo[:, :, 0]).save("grey.png")
    names = ["photo.png", "grey.png", "none.png", *(path.name for path in others)]
    for jobs in (1, 3):
        out = f"out{jobs}"
        code, said, err = cli("quantize", *names, "-k", 12, "--shared-palette", "--out-dir", out,
                              "--json", "--jobs", jobs)  # fmt: skip
        assert code == 2
        assert err == "kmc: none.png: no such file\n"
        assert len(said.splitlines()) == 6
        assert len(tree(tmp_path / out)) == 5
    names.remove("none.png")
    palette = kmc.fit(names, 12, space="oklab", weights="balanced", order="luminance")
    for name in names:
        expected = palette.remap(name, dither="adaptive")
        np.testing.assert_array_equal(painted(f"out1/{name}"), painted(f"out3/{name}"))
        np.testing.assert_array_equal(
            painted(f"out1/{name}"), np.asarray(expected).reshape(*expected.indices.shape, -1)
        )
    mse = {entry["input"]: entry.get("mse") for entry in map(json.loads, said.splitlines())}
    assert mse["photo.png"] == pytest.approx(palette.remap("photo.png", dither="adaptive").mse)


def test_shared_palettes_warn_of_each_picture_once(cli):
    Image.fromarray(np.arange(60000, 60064, dtype=np.uint16).reshape(8, 8)).save("deep.png")
    said = cli("quantize", "deep.png", "photo.png", "--shared-palette", "-k", 4, "-n")[2]
    assert said.count("deep.png: 16 bits a channel reduced to 8\n") == 1


def test_shared_palettes_complain(cli):
    assert cli("quantize", "none.png", "--shared-palette", "-n")[0] == 2
    assert cli("quantize", "-", "--shared-palette", "-n")[0] == 1
    arguments = ["photo.png", "--shared-palette", "--importance", "photo.png", "-n"]
    assert cli("quantize", *arguments)[0] == 1


def test_dithering(cli, photo):
    arguments = ["-k", 6, "--dither", "atkinson", "--dither-strength", 0.75]
    assert cli("quantize", "photo.png", *arguments, "-o", "o.png")[0] == 0
    expected = look_best(photo, 6, dither="atkinson", dither_strength=0.75)
    np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))
    arguments += ["--shared-palette", "-f"]
    assert cli("quantize", "photo.png", *arguments, "-o", "o.png")[0] == 0
    np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))
    code = cli("quantize", "photo.png", "--dither-strength", 0.5, "-k", 6, "-o", "o.png", "-f")[0]
    assert code == 0
    expected = look_best(photo, 6, dither="adaptive", dither_strength=0.5)
    np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))
    for plain in (["--look", "plain"], ["--dither", "none"]):
        arguments = ["photo.png", "none.png", "--dither-strength", 0.5, *plain]
        code, _, err = cli("quantize", *arguments)
        assert code == 1
        assert err.startswith("kmc: --dither-strength needs --dither\n")
    assert cli("quantize", "photo.png", "--dither", "bayer", "--dither-strength", 2)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ([], {"look": "best"}),
        (["--look", "best"], {"look": "best"}),
        (["--look", "plain"], {}),
        (["--dither", "none"], {"look": "best", "dither": "none"}),
        (["--space", "rgb"], {"look": "best", "space": "rgb"}),
        (["--look", "plain", "--dither", "bayer"], {"dither": "bayer"}),
        (["--look", "plain", "--space", "lab"], {"space": "lab"}),
    ],
)
def test_a_look_and_its_parts(cli, photo, arguments, options):
    assert cli("quantize", "photo.png", "-k", 6, *arguments, "-o", "o.png")[0] == 0
    np.testing.assert_array_equal(painted("o.png"), np.asarray(kmc.quantize(photo, 6, **options)))


@pytest.mark.parametrize("optimizer", ["oxipng"] if find_spec("oxipng") else [])
def test_optimize_makes_a_smaller_file_of_the_same_picture(cli, tmp_path, optimizer):
    assert cli("quantize", "photo.png", "-k", 5, "-o", "plain.png")[0] == 0
    assert cli("quantize", "photo.png", "-k", 5, "-o", "small.png", "--optimize")[0] == 0
    np.testing.assert_array_equal(painted("small.png"), painted("plain.png"))
    sizes = [(tmp_path / name).stat().st_size for name in ("small.png", "plain.png")]
    assert sizes[0] <= sizes[1]
    code, _, err = cli("quantize", "photo.png", "-o", "o.gif", "--optimize")
    assert code == 1
    assert err.startswith("kmc: --optimize is for png files, not gif\n")


def test_optimize_says_where_to_get_it(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "oxipng", None)
    code, _, err = cli("quantize", "photo.png", "none.png", "--optimize")
    assert code == 1
    assert err.endswith('pip install "kmc-quantize[optimize]"\n')
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "value", "argument"),
    [
        ("--psnr", "30", {"psnr": 30}),
        ("--max-mse", "150.5", {"max_mse": 150.5}),
        ("--quality", "40-60", {"quality": (40, 60)}),
        ("--quality", "-65", {"quality": (0, 65)}),
    ],
)
def test_goals(cli, photo, option, value, argument):
    """What is written reaches a figure: with one, the look is plain unless it is asked for."""
    default = "best" if option == "--quality" else "plain"
    for look, asked in (
        (default, []),
        ("best", ["--look", "best"]),
        ("plain", ["--look", "plain"]),
    ):
        assert cli("quantize", "photo.png", option, value, *asked, "-fo", "o.png")[0] == 0
        expected = kmc.quantize(photo, 256, **argument, look=look)
        assert len(expected.palette) < 256
        np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))


def test_the_strength_of_no_dithering_is_refused(cli, photo):
    for goal in (["--psnr", 25], ["--max-mse", 200], ["--look", "plain"], ["--dither", "none"]):
        code, _, err = cli("quantize", "photo.png", *goal, "--dither-strength", 0.5, "-n")
        assert (code, "--dither-strength needs --dither" in err) == (1, True)
        more = ["--dither", "bayer", "--dither-strength", 0.5, "-n"]
        assert cli("quantize", "photo.png", *goal[: 2 * ("--dither" not in goal)], *more)[0] == 0


def test_goals_out_of_reach(cli, tmp_path):
    picture(tmp_path / "easy.bmp", (2, 2))
    for goal in (["--psnr", 60], ["--quality", "99-"], ["--max-mse", 0.5]):
        code, out, err = cli("quantize", "photo.png", "easy.bmp", "-k", 16, *goal, "-f", "--json")
        assert code == 99
        assert err.startswith("kmc: photo.png: ")
        figure = "quality" if "quality" in goal[0] else "PSNR"
        assert f"is out of reach: 16 colours have a {figure} of " in err
        assert [json.loads(line)["code"] for line in out.splitlines()] == [99, 0]
        assert tree(tmp_path) == ["easy-kmc.png", "easy.bmp", "photo.png"]
    code, _, err = cli("quantize", "photo.png", "photo.png", "--psnr", 3, "--max-mse", 4)
    assert code == 1
    assert err.startswith("kmc: --psnr and --max-mse exclude each other: one goal at a time\n")
    for wrong in ("80-60", "80", "-", "0-101", "a-b", "50--60"):
        assert cli("quantize", "photo.png", "--quality", wrong)[0] == 1
    assert cli("quantize", "photo.png", "--psnr", 30, "--shared-palette")[0] == 1


def test_a_given_palette_is_used_as_it_is(cli, photo):
    colors = [[0, 0, 0], [255, 255, 255], [200, 40, 60], [7, 7, 7]]
    palette = kmc.Palette(colors, space="oklab")
    expected = palette.remap(photo, dither="adaptive")
    for suffix in ("gpl", "hex", "json", "act", "pal", "png"):
        palette.save(f"p.{suffix}")
        arguments = ["--palette", f"p.{suffix}", "-o", "o.png", "-f"]
        assert cli("quantize", "photo.png", *arguments)[0] == 0
        np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))
    assert cli("quantize", "photo.png", *arguments, "--look", "plain")[0] == 0
    expected = kmc.Palette(colors).remap(photo)
    np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))
    arguments = ["--palette", "pico-8", "--space", "oklab", "--dither", "bayer"]
    assert cli("quantize", "photo.png", *arguments, "-o", "o.png", "-f")[0] == 0
    pico = kmc.Palette(kmc.palettes["pico-8"].colors, space="oklab")
    expected = pico.remap(photo, dither="bayer")
    np.testing.assert_array_equal(painted("o.png"), np.asarray(expected))


def test_given_palettes_complain(cli, tmp_path):
    (tmp_path / "bad.gpl").write_text("no palette")
    for name, words in (
        ("none.gpl", "none.gpl: no such file"),
        ("bad.gpl", "bad.gpl: no GIMP palette"),
        ("nord-2", "nord-2: no such file, and none of the well-known palettes, which are "),
    ):
        code, _, err = cli("quantize", "photo.png", "photo.png", "--palette", name)
        assert code == 2
        assert err.startswith(f"kmc: {words}")
        assert err.count("\n") == 1
    for option in (["-k", 4], ["--effort", "best"], ["--psnr", 30], ["--fixed", "#fff"],
                   ["--shared-palette"], ["--importance", "photo.png"], ["-v"]):  # fmt: skip
        code, _, err = cli("quantize", "photo.png", "--palette", "nord", *option)
        assert code == 1
        assert "--palette gives the colours: there is nothing to find by -" in err
    assert tree(tmp_path) == ["bad.gpl", "photo.png"]


def indices(name):
    with Image.open(name) as written:
        return np.asarray(written)


def test_a_seed_needs_something_random(cli):
    arguments = ["photo.png", "-n", "--seed", 3, "--init", "bisecting"]
    assert cli("quantize", *arguments)[0] == 0  # the search draws at random
    code, _, err = cli("quantize", *arguments, "--effort", "fast")
    assert code == 1
    assert err.startswith("kmc: nothing is random with these options: they exclude --seed\n")


def test_orders(cli, photo):
    for order in (None, "compact", "luminance", "popularity", "hue", "none"):
        option = ["--order", order] if order else []
        assert cli("quantize", "photo.png", "-k", 9, *option, "-o", "o.png", "-f")[0] == 0
        name = {None: "compact", "none": None}.get(order, order)
        expected = look_best(photo, 9, order=name)
        np.testing.assert_array_equal(indices("o.png"), expected.indices)


def test_a_shared_palette_is_the_same_in_all_files(cli, photo, tmp_path):
    picture(tmp_path / "other.png", (20, 20))
    for order in ([], ["--order", "hue"], ["--order", "none"]):
        names = ["photo.png", "other.png"]
        assert cli("quantize", *names, "-k", 9, "--shared-palette", *order, "-f")[0] == 0
        palettes = []
        for name in ("photo-kmc.png", "other-kmc.png"):
            with Image.open(name) as written:
                palettes.append(written.getpalette())
        assert palettes[0] == palettes[1]
        name = order[1] if order else "luminance"
        options = {"space": "oklab", "weights": "balanced"}
        expected = kmc.fit(names, 9, order=None if name == "none" else name, **options)
        assert palettes[0] == expected.colors.ravel().tolist()
    assert cli("quantize", *names, "--shared-palette", "--order", "compact")[0] == 1
    assert cli("quantize", *names, "--palette", "nord", "--order", "hue")[0] == 1
