"""The README is true: its examples and commands run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot
from numpy.typing import NDArray
from PIL import Image
from shell import tree

from kmc.cli.main import main

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
COMMANDS = ROOT / "docs" / "command-line.md"


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def named(pages: list[Path]) -> list[object]:
    return [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in pages]


def examples() -> list[object]:
    blocks = r"^```python\n(.*?)^```"
    return [
        pytest.param(code, id=str(i))
        for i, code in enumerate(re.findall(blocks, text(README), re.M | re.S))
    ]


@pytest.mark.parametrize("code", examples())
def test_the_examples_run(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "examples").mkdir()
    with Image.open(ROOT / "examples" / "balloons.jpg") as sample:
        sample.reduce(8).save(tmp_path / "examples" / "balloons.jpg")  # small: figures take long
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "an example", "exec"), {})
    pyplot.close("all")
    if "print(" in code:
        assert re.match(r"MSE [\d.]+, PSNR [\d.]+ dB", capsys.readouterr().out)


def test_the_readme_has_python_examples() -> None:
    assert "```python" in text(README)


@pytest.mark.parametrize("page", named([README, COMMANDS]))
@pytest.mark.parametrize("shell", ["sh"] if os.name == "posix" else [])
def test_the_commands_run(shell: str, page: Path, tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    commands = re.findall(r"^    (kmc .*)", text(page), re.M)
    assert len(commands) >= 6
    for name in ("photo.jpg", "in.png", "photos/a.png", "photos/deep/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(tmp_path / name)
    program = f"kmc() {{ '{sys.executable}' -m kmc \"$@\"; }}"
    done = subprocess.run(
        [shell, "-e", "-c", "\n".join([program, *commands])],
        cwd=tmp_path, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.decode().splitlines()[-1][:4]) == (0, "MSE ")
    made = {"photo-kmc.png", "small/in.png", "good.png", "good.kmc"}
    if page is not README:
        made |= {"out.png", "dithered.png", "in-32.png", "small/a.png", "small/deep/b.png"}
        made |= {"figure.png", "steps/iteration-001.png", "curve.png"}
    assert made <= set(tree(tmp_path))


def test_the_first_command_makes_the_picture_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = re.search(r"^    pip install . && kmc (quantize .*)$", text(README), re.M)
    assert command
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    assert main(command[1].split()) == 0
    with Image.open("balloons-16.png") as made, Image.open("examples/balloons-16.png") as shown:
        assert (made.mode, made.size) == ("P", shown.size)
        assert made.getpalette() == shown.getpalette(), "save what the command makes"
        assert made.tobytes() == shown.tobytes(), "save what the command makes"


def test_the_readme_is_short() -> None:
    assert len(text(README).splitlines()) <= 120


def test_the_commands_for_a_checkout() -> None:
    lines = text(README).splitlines()
    first = "pip install . && kmc quantize examples/balloons.jpg -k 16 -o balloons-16.png"
    for command in ("pip install kmc-quantize", first, 'pip install ".[test]" && pytest'):
        assert f"    {command}" in lines
