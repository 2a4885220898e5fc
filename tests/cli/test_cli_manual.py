"""``kmc --man``: the manual page says all that the program can do."""

from __future__ import annotations

import re
import shutil
import subprocess

import click
import pytest

from kmc.cli.exit_codes import Exit
from kmc.cli.main import program

pytestmark = pytest.mark.once


@pytest.fixture
def page(cli) -> str:
    code, out, err = cli("--man")
    assert (code, err) == (0, "")
    return out


def test_it_has_every_option_of_every_command(page):
    parts = re.split(r"(?m)^\.S[SH] ", page.replace(r"\-", "-"))
    sections = {part.split("\n", 1)[0]: part for part in parts}
    context = click.Context(program, info_name="kmc")
    commands = {"OPTIONS": program} | {
        f"kmc {name}": program.get_command(context, name) for name in program.modules
    }
    for name, command in commands.items():
        entries = "\n".join(re.findall(r"(?m)^\.B (.*)$", sections[name]))
        for option in command.get_params(context):
            if isinstance(option, click.Option):
                for each in (*option.opts, *option.secondary_opts):
                    assert re.search(rf"(?<![\w-]){re.escape(each)}(?![\w-])", entries), each
                assert " ".join(option.help.split()) in sections[name]


def test_it_has_every_exit_code(page):
    for code in Exit:
        assert f".B {int(code)}\n{code.meaning}".replace("-", r"\-") in page


def test_no_line_is_a_request_by_accident(page):
    requests = {line.split()[0] for line in page.splitlines() if line[:1] in (".", "'")}
    assert requests <= {".TH", ".SH", ".SS", ".PP", ".TP", ".B", ".I", ".br", ".nf", ".fi"}
    assert not re.search(r"\\(?![-&(])", page)


@pytest.mark.parametrize("groff", [shutil.which("groff")] if shutil.which("groff") else [])
def test_groff_has_no_complaints(page, groff):
    done = subprocess.run(
        [groff, "-man", "-Tascii", "-ww"], input=page.encode(), capture_output=True, check=True
    )
    assert done.stderr == b""
    assert b"--shared-palette" in re.sub(rb"\x1b\[[\d;]*m|.\x08", b"", done.stdout)
