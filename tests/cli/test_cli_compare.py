"""``kmc compare`` and ``kmc info``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shell import picture, run

import kmc
from kmc.images.similarity import similarity
from kmc.images.ssimulacra2 import ssimulacra2

pytestmark = pytest.mark.once


@pytest.fixture
def pair(photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo).save("a.png")
    kmc.quantize(photo, 64).save("b.png")


def test_compare_says_the_figures(cli, pair):
    found = similarity(kmc.read("a.png").pixels, kmc.read("b.png").pixels)
    assert cli("compare", "a.png", "b.png") == (
        0,
        f"MSE {found.mse:.2f}, PSNR {found.psnr:.2f} dB, quality {found.quality:.1f}, "
        f"SSIM {found.ssim:.4f}, "
        f"largest error {found.max_error}\n",
        "",
    )
    code, out, err = cli("compare", "a.png", "b.png", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "mse": found.mse,
        "psnr": found.psnr,
        "quality": found.quality,
        "ssim": found.ssim,
        "max_error": found.max_error,
    }


@pytest.mark.parametrize(
    ("option", "name", "sign"),
    [("--max-mse", "mse", 1), ("--min-psnr", "psnr", -1), ("--min-ssim", "ssim", -1),
     ("--max-error", "max_error", 1), ("--min-quality", "quality", -1)],
)  # fmt: skip
def test_thresholds(cli, pair, option, name, sign):
    value = getattr(similarity(kmc.read("a.png").pixels, kmc.read("b.png").pixels), name)
    assert cli("compare", "a.png", "b.png", option, value, "-q") == (0, "", "")
    near = value + sign * 1e-3
    assert cli("compare", "a.png", "b.png", option, near, "-q") == (0, "", "")
    assert cli("compare", "a.png", "b.png", option, value - sign * 1e-3, "-q") == (1, "", "")
    code, out, _ = cli("compare", "a.png", "b.png", option, value - sign * 1e-3)
    assert code == 1
    assert out.startswith("MSE ")


def test_ssimulacra2(cli, pair, tmp_path):
    expected = ssimulacra2(kmc.read("a.png").pixels, kmc.read("b.png").pixels)
    out = cli("compare", "a.png", "b.png", "--ssimulacra2")[1]
    assert out.endswith(f", SSIMULACRA2 {expected:.1f}\n")
    said = json.loads(cli("compare", "a.png", "b.png", "--ssimulacra2", "--json")[1])
    assert said["ssimulacra2"] == expected
    for least, code in ((expected, 0), (expected + 0.01, 1)):
        assert cli("compare", "a.png", "b.png", "--min-ssimulacra2", least, "-q")[0] == code
    assert cli("compare", "a.png", "a.png", "--min-ssimulacra2", 100)[0] == 0
    tiny = picture(tmp_path / "tiny.png", (7, 9))
    assert "SSIMULACRA2 none under 8" in cli("compare", tiny, tiny, "--ssimulacra2")[1]
    assert cli("compare", tiny, tiny, "--min-ssimulacra2", -50)[0] == 1


def test_ssimulacra2_is_an_extra(cli, pair, monkeypatch):
    monkeypatch.setitem(sys.modules, "ssimulacra2", None)
    code, _, err = cli("compare", "a.png", "b.png", "--ssimulacra2")
    assert code == 1 and 'pip install "kmc-quantize[compare]"' in err


def test_equal_and_tiny_pictures(cli, tmp_path):
    first = picture(tmp_path / "a.png", (3, 3))
    second = picture(tmp_path / "b.bmp", (3, 3))
    code, out, _ = cli("compare", first, second, "--max-mse", 0)
    assert (code, out) == (
        0, "MSE 0.00, PSNR inf dB, quality 100.0, SSIM none under 11 pixels, largest error 0\n"
    )  # fmt: skip
    said = json.loads(cli("compare", first, second, "--json")[1])
    assert said == {"mse": 0.0, "psnr": None, "quality": 100.0, "ssim": None, "max_error": 0}
    assert cli("compare", first, second, "--min-ssim", 0.5)[0] == 1


def test_compare_complains(cli, pair, tmp_path):
    picture(tmp_path / "c.png", (9, 9))
    code, out, err = cli("compare", "a.png", "c.png")
    assert (code, out) == (2, "")
    assert err == "kmc: a.png and c.png differ in size: 64 x 48 and 9 x 9 pixels\n"
    assert cli("compare", "a.png", "none.png") == (2, "", "kmc: none.png: no such file\n")
    assert cli("compare", "a.png", "a.png")[0] == 0
    assert cli("compare", "-", "-")[0] == 1
    with open("b.png", "rb") as stdin:
        done = run("compare", "a.png", "-", stdin=stdin)
    assert (done.returncode, done.stdout[:4]) == (0, b"MSE ")


def test_info_is_a_line_for_each_file(cli, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo).save("a.png", dpi=(300, 300))
    kmc.quantize(photo, 16).save("b.png")
    Image.fromarray(photo[:, :, 0]).save("c.pgm")
    frames = [Image.new("L", (5, 5), level) for level in (0, 99, 200)]
    frames[0].save("d.gif", save_all=True, append_images=frames[1:])
    Path("e.png").write_text("no picture")
    code, out, err = cli("info", "a.png", "b.png", "c.pgm", "d.gif", "e.png")
    assert code == 2
    assert err.startswith("kmc: e.png: not a picture")
    n_colors = len(np.unique(photo.reshape(-1, 3), axis=0))
    sizes = [Path(name).stat().st_size for name in ("a.png", "b.png", "c.pgm", "d.gif")]
    shown = [f"{n / 1000:.1f} kB" if n >= 1000 else f"{n} B" for n in sizes]
    bits = [8 * n / (64 * 48) for n in sizes[:3]]
    assert out.splitlines() == [
        f"a.png: PNG, 64 x 48, RGB, {n_colors} colours, {shown[0]}, {bits[0]:.2f} bits a pixel, "
        "299.999 x 299.999 dpi",
        f"b.png: PNG, 64 x 48, palette of 16, 16 colours, {shown[1]}, {bits[1]:.2f} bits a pixel",
        f"c.pgm: PPM, 64 x 48, grey, {len(np.unique(photo[:, :, 0]))} colours, {shown[2]}, "
        f"{bits[2]:.2f} bits a pixel",
        f"d.gif: GIF, 5 x 5, {out.splitlines()[3].split(', ')[2]}, 3 frames, the first of 1 "
        f"colour, {shown[3]}, {8 * sizes[3] / 75:.2f} bits a pixel",
    ]
    code, out, _ = cli("info", "b.png", "--json")
    said = json.loads(out)
    assert (said["file"], said["format"], said["mode"]) == ("b.png", "PNG", "P")
    assert (said["width"], said["height"], said["palette"], said["colors"]) == (64, 48, 16, 16)


def test_info_of_standard_input(tmp_path):
    with picture(tmp_path / "a.png", (4, 4)).open("rb") as stdin:
        done = run("info", "-", stdin=stdin)
    assert done.returncode == 0
    assert done.stdout.startswith(b"-: PNG, 4 x 4, RGB, 16 colours, ")
