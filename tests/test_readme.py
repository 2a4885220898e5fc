"""The README says what is true: its examples run and its links lead somewhere."""

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

from kmc.cli.exit_codes import Exit
from kmc.cli.main import main

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", re.findall(r"^```python\n(.*?)^```", README, re.M | re.S))
def test_the_examples_run(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "examples").mkdir()
    with Image.open(ROOT / "examples" / "balloons.jpg") as sample:
        sample.reduce(8).save(tmp_path / "examples" / "balloons.jpg")  # small: figures take long
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    pyplot.close("all")
    if "print(" in code:
        assert re.match(r"MSE [\d.]+, PSNR [\d.]+ dB", capsys.readouterr().out)


@pytest.mark.parametrize("shell", ["sh"] if os.name == "posix" else [])
def test_the_commands_run(shell: str, tmp_path: Path, photo: NDArray[np.uint8]) -> None:
    section = README.split("## On the command line")[1].split("\n## ")[0]
    commands = re.findall(r"^    (kmc .*)", section, re.M)
    assert len(commands) > 10
    for name in ("photo.jpg", "in.png", "photos/a.png", "photos/deep/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(photo).save(tmp_path / name)
    program = f"kmc() {{ '{sys.executable}' -m kmc \"$@\"; }}"
    done = subprocess.run(
        [shell, "-e", "-c", "\n".join([program, *commands])],
        cwd=tmp_path, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.decode().splitlines()[-1][:4]) == (0, "MSE ")
    made = "photo-kmc out good dithered in-32 small/a small/deep/b figure steps/iteration-001 curve"
    assert {f"{name}.png" for name in made.split()} <= set(tree(tmp_path))


def test_the_first_command_makes_the_picture_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = re.search(r"^    pip install . && kmc (quantize .*)$", README, re.M)
    assert command
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    assert main(command[1].split()) == 0
    made, shown = (Path(folder, "balloons-16.png") for folder in (".", "examples"))
    assert made.read_bytes() == shown.read_bytes(), "run examples/make_figures.py"


def test_the_table_of_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", README, re.M)
    assert rows == [(str(int(code)), code.meaning) for code in Exit]


def test_links_lead_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if ":" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
