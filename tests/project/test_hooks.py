"""The hooks for pre-commit and the GitHub action do what they say."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from PIL import Image
from shell import picture

pytestmark = pytest.mark.project

ROOT = Path(__file__).resolve().parents[2]
BASH = [shutil.which("bash")] if os.name == "posix" and shutil.which("bash") else []


def test_the_hooks(cli, tmp_path):
    text = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    hooks = dict(re.findall(r"^- id: (.*)\n(?:  .*\n)*?  entry: kmc (.*)$", text, re.M))
    assert list(hooks) == ["kmc", "kmc-check"]
    names = [picture(tmp_path / name, (40, 40)) for name in ("a.png", "B.PNG")]
    for hook, code in (("kmc-check", 1), ("kmc", 0), ("kmc-check", 0)):
        assert cli(*hooks[hook].split(), "-k", 8, *names)[0] == code, hook


@pytest.mark.parametrize("bash", BASH)
def test_the_action(bash, tmp_path):
    text = (ROOT / "action.yml").read_text("utf-8")
    script = textwrap.dedent(text.rpartition("      run: |\n")[2])
    program = tmp_path / "bin" / "kmc"
    program.parent.mkdir()
    program.write_text(f"#!{bash}\nexec '{sys.executable}' -m kmc \"$@\"\n")
    program.chmod(0o755)
    picture(tmp_path / "here" / "two words.png", (40, 40))
    other = picture(tmp_path / "here" / "deep" / "b.png", (40, 40))
    before = other.read_bytes()

    def run(check: str, options: str, files: str) -> int:
        settings = {"BIN": str(program.parent), "CHECK": check, "OPTIONS": options, "FILES": files}
        return subprocess.run(
            [bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=tmp_path / "here", env=os.environ | settings, capture_output=True, check=False,
        ).returncode  # fmt: skip

    assert run("true", "-k 8\n  --strip", "two words.png\ndeep\n") == 1
    assert other.read_bytes() == before
    assert run("false", "-k 8\n  --strip", "two words.png\n") == 0
    assert other.read_bytes() == before
    with Image.open(tmp_path / "here" / "two words.png") as made:
        assert made.mode == "P"
    assert run("true", "", "two words.png\n$(touch ../made)") == 2
    assert run("true", "$(touch ../made)", "two words.png") == 2
    assert not (tmp_path / "made").exists()
    assert run("false", "", ".") == 0
    assert run("true", "", ".") == 0
    assert other.read_bytes() != before
