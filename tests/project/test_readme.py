"""The documentation is true: examples run, links lead somewhere, tables are complete."""

import inspect
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

import kmc
from kmc.cli.exit_codes import Exit
from kmc.cli.main import main
from kmc.formats.registry import FORMATS

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [README, ROOT / "src_c" / "README.md", *DOCS]


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def doc(name: str) -> str:
    return text(ROOT / "docs" / name)


def named(pages: list[Path]) -> list[object]:
    return [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in pages]


def examples() -> list[object]:
    blocks = r"^```python\n(.*?)^```"
    return [
        pytest.param(code, id=f"{page.stem}-{i}")
        for page in (README, *DOCS)
        for i, code in enumerate(re.findall(blocks, text(page), re.M | re.S))
    ]


def anchors(page: Path) -> set[str]:
    """What headings are called in links, as on GitHub."""
    headings = re.findall(r"^#+ (.*)$", text(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


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


@pytest.mark.parametrize("page", named([README, ROOT / "docs" / "command-line.md"]))
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
        assert made.getpalette() == shown.getpalette(), "run examples/make_figures.py"
        assert made.tobytes() == shown.tobytes(), "run examples/make_figures.py"


def test_the_readme_is_short() -> None:
    assert len(text(README).splitlines()) <= 120


def test_the_commands_for_a_checkout() -> None:
    lines = text(README).splitlines()
    first = "pip install . && kmc quantize examples/balloons.jpg -k 16 -o balloons-16.png"
    for command in ("pip install kmc-quantize", first, 'pip install ".[test]" && pytest'):
        assert f"    {command}" in lines


def test_the_table_of_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", doc("command-line.md"), re.M)
    assert rows == [(str(int(code)), code.meaning) for code in Exit]


def test_all_options_are_documented() -> None:
    options = set(re.findall(r"^\| `(\w+)` \|", doc("options.md"), re.M))
    taken = {
        name
        for function in (kmc.quantize, kmc.fit, kmc.curve)
        for name in inspect.signature(function).parameters
    }
    assert taken - {"image", "ks"} <= options


def test_all_formats_are_documented() -> None:
    rows = re.findall(r"^\| (`\..*?) \|", doc("file-formats.md"), re.M)
    suffixes = {suffix for row in rows for suffix in re.findall(r"`\.(\w+)`", row)}
    assert suffixes == {suffix for kind in FORMATS for suffix in kind.suffixes}


def test_the_index_lists_all_pages() -> None:
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", doc("index.md")))
    assert linked == {page.name for page in DOCS} - {"index.md"}


@pytest.mark.parametrize("page", named(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [link for link in re.findall(r"\]\(([^)\s]+)\)", text(page)) if ":" not in link]
    for target in targets:
        name, _, anchor = target.partition("#")
        linked = (page.parent / name).resolve() if name else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target
