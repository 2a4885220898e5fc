"""The examples run as they are, on the sample and on other pictures, and do what they say."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import kmc

pytestmark = pytest.mark.once

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
SAMPLE = EXAMPLES / "balloons.jpg"


def run(name, folder, *pictures):
    """What an example prints, run in a folder with every warning an error."""
    command = [sys.executable, "-W", "error", str(EXAMPLES / name), *map(str, pictures)]
    utf8 = os.environ | {"PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, env=utf8)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


@pytest.fixture
def picture(photo, tmp_path):
    """A picture of a name that is not plain, in a folder of its own."""
    path = tmp_path / "elsewhere" / "été 2.png"
    path.parent.mkdir()
    Image.fromarray(photo).save(path)
    return path


@pytest.fixture
def odd_picture(request, photo, tmp_path):
    """One with transparent pixels, or in grey."""
    path = tmp_path / "odd.png"
    rgb = Image.fromarray(photo)
    if request.param == "alpha":
        rgb.putalpha(rgb.convert("L").point(lambda level: max(0, 2 * level - 200)))
    (rgb if request.param == "alpha" else rgb.convert("L")).save(path)
    return path


@pytest.mark.parametrize("odd_picture", ["alpha", "grey"], indirect=True)
@pytest.mark.parametrize(
    "name", ["distinct_colours.py", "compress_image.py", "constants.py", "lesson.py"]
)
def test_any_kind_of_picture(name, odd_picture, tmp_path):
    run(name, tmp_path, odd_picture)


def files(folder):
    return sorted(path.name for path in folder.iterdir() if path.is_file())


def colors_of(path):
    return len(kmc.histogram(path))


def test_distinct_colours(tmp_path):
    said = run("distinct_colours.py", tmp_path)
    assert files(tmp_path) == ["balloons-7.kmc", "balloons-7.png"]
    with Image.open(tmp_path / "balloons-7.png") as file:
        assert file.size == (700, 467)
        painted = np.asarray(file.convert("RGB"))
    np.testing.assert_array_equal(np.asarray(kmc.open(tmp_path / "balloons-7.kmc")), painted)
    assert colors_of(tmp_path / "balloons-7.png") == 7
    before = SAMPLE.stat().st_size
    assert f"balloons.jpg: {before} bytes" in said
    for name in files(tmp_path):
        after = (tmp_path / name).stat().st_size
        assert f"{name}: {after} bytes, {100 * after / before:.1f} % of it" in said
    assert int(re.search(r"(\d+) distinct colours", said)[1]) > 50_000


def test_distinct_colours_weigh_the_same(tmp_path, picture, photo):
    said = run("distinct_colours.py", tmp_path, picture)
    assert f"64 x 48 pixels, {len(kmc.histogram(photo))} distinct colours" in said
    expected = kmc.quantize(photo, 7, weights="uniform")
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "été 2-7.png").convert("RGB")), np.asarray(expected)
    )


def test_compress_image(tmp_path):
    said = run("compress_image.py", tmp_path)
    assert files(tmp_path) == [f"compressed_image.{suffix}" for suffix in ("jpg", "kmc", "png")]
    for name in files(tmp_path):
        path = tmp_path / name
        assert f"{name}: {colors_of(path)} colours, {path.stat().st_size} bytes" in said
    assert colors_of(tmp_path / "compressed_image.png") == 15
    assert colors_of(tmp_path / "compressed_image.jpg") > 1000


def test_compress_image_of_any_picture(tmp_path, picture):
    run("compress_image.py", tmp_path, picture)
    assert colors_of(tmp_path / "compressed_image.png") == 15


def test_constants(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "image.jpg", quality=95)
    said = run("constants.py", tmp_path)
    assert files(tmp_path) == ["image.jpg", "image_compressed.jpg"]
    result = kmc.quantize(tmp_path / "image.jpg", 16, init="random", max_iter=10, tol=0)
    assert result.n_iter == 10
    assert f"10 iterations, MSE {result.mse:.1f}, PSNR {result.psnr:.1f} dB" in said
    decoded = np.asarray(Image.open(tmp_path / "image_compressed.jpg"), float)
    assert np.abs(decoded - np.asarray(result)).mean() < 8


def test_constants_without_a_picture_takes_the_sample(tmp_path):
    run("constants.py", tmp_path)
    assert (tmp_path / "image.jpg").read_bytes() == SAMPLE.read_bytes()
    assert files(tmp_path) == ["image.jpg", "image_compressed.jpg"]


def test_constants_of_any_picture(tmp_path, picture):
    run("constants.py", tmp_path, picture)
    assert files(tmp_path) == []
    assert files(picture.parent) == ["été 2.png", "été 2_compressed.jpg"]


@pytest.mark.parametrize("given", [False, True])
def test_lesson(tmp_path, picture, given):
    said = run("lesson.py", tmp_path, *[picture] * given).splitlines()
    assert said[0] == "iteration, change"
    lines = [re.fullmatch(r"(\d+), (\d+\.\d{3})", line) for line in said[1:-1]]
    n = len(lines)
    assert 1 < n <= 25
    assert [int(line[1]) for line in lines] == list(range(1, n + 1))
    assert all(float(line[2]) >= 0.5 for line in lines[:-1])
    assert n == 25 or float(lines[-1][2]) < 0.5
    assert files(tmp_path) == ["lesson.png"]
    assert colors_of(tmp_path / "lesson.png") == 8
    assert files(tmp_path / "lesson") == [f"iteration-{i:03}.png" for i in range(n + 1)]


SCRIPTS = {
    "colour_spaces.py": ["lab.png", "linear.png", "oklab.png", "rgb.png"],
    "dithering.py": [
        "adaptive.png", "atkinson.png", "bayer.png", "blue-noise.png", "floyd-steinberg.png",
        "none.png",
    ],
    "dominant_colours.py": [],
    "importance.py": ["all-alike.png", "balloon-first.png"],
    "loss.py": ["lossy-00.png", "lossy-20.png", "lossy-60.png"],
    "many_machines.py": ["painted.png"],
    "scikit_learn.py": ["mask.png", "six.png"],
    "shared_palette.py": ["both.gpl", "left.png", "right.png"],
    "targets.py": ["25dB.png", "30dB.png", "35dB.png"],
    "transparency.py": ["drop-04.png", "drop-08.png", "drop-16.png"],
    "well_known_palettes.py": [
        "cga-4.png", "commodore-64.png", "game-boy.png", "nord.png", "pico-8.png", "solarized.png",
    ],
}  # fmt: skip
if find_spec("sklearn") is None:  # on musl
    del SCRIPTS["scikit_learn.py"]


def test_every_script_is_run_here():
    named = {"compress_image.py", "constants.py", "distinct_colours.py", "lesson.py", *SCRIPTS}
    made = {path.name for path in EXAMPLES.glob("*.py") if not path.name.startswith("make_")}
    assert made - {"scikit_learn.py"} == named - {"scikit_learn.py"}


@pytest.mark.parametrize("name", SCRIPTS)
def test_script(name, tmp_path):
    said = run(name, tmp_path)
    assert files(tmp_path) == SCRIPTS[name]
    assert said
    if name == "many_machines.py":
        assert "True" in said
    if name == "importance.py":
        plain, weighted = (re.findall(r"[\d.]+", line) for line in said.splitlines())
        assert float(weighted[0]) < float(plain[0]) and float(weighted[1]) > float(plain[1])


def test_the_notebook(tmp_path):
    """Its cells, one after the other, as a script: `if __name__` keeps workers from running it."""
    notebook = json.loads((EXAMPLES / "mosaic_with_dask.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert not any(cell.get("outputs") for cell in notebook["cells"])
    body = textwrap.indent("\n".join(cells), "    ")
    (tmp_path / "notebook.py").write_text(f"if __name__ == '__main__':\n{body}\n", encoding="utf-8")
    shutil.copy(SAMPLE, tmp_path)
    done = subprocess.run([sys.executable, "notebook.py"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert colors_of(tmp_path / "corner.png") <= 64
    assert len(np.load(tmp_path / "palette.npy")) == 64
