"""The program on a terminal: progress, colours, Ctrl-C and SIGTERM."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess

import pytest
from PIL import Image
from shell import KMC, on_terminal, picture, seen, tree

pytestmark = pytest.mark.once

POSIX = pytest.mark.parametrize("_", ["posix"] if os.name == "posix" else [])


@pytest.fixture
def names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return [picture(tmp_path / f"{n}.png", (30, 20), seed=n).name for n in range(4)]


def bars(sent):
    """How often progress was drawn, and the numbers of files it told of."""
    return [int(number) for number in re.findall(r"\]  (\d+)/\d+", sent)]


def has_its_cursor(sent):
    """Whether the cursor is to be seen in the end."""
    return "\x1b[?25l" not in sent.rpartition("\x1b[?25h")[2]


@POSIX
@pytest.mark.parametrize("jobs", [1, 3])
def test_progress_on_a_terminal(names, jobs, _):
    arguments = ["quantize", *names, "none.png", "-k", 4, "--jobs", jobs]
    code, sent, printed = on_terminal(*arguments)
    assert (code, printed) == (2, b"")
    assert bars(sent) == [0, 1, 2, 3, 4, 5]
    assert len(re.findall(r"/5  [\d.]+ files/s", sent)) == 5
    assert has_its_cursor(sent)
    lines = seen(sent)
    assert [line.split(" ->")[0] for line in lines[:4]] == names
    assert lines[4] == "kmc: none.png: no such file"
    assert lines[5].startswith("[####")
    assert lines[6].startswith("4 of 5 files: ")
    assert lines[7:] == [""]


@POSIX
def test_results_and_progress_do_not_mix(names, _):
    code, sent, printed = on_terminal("quantize", *names, "-n", "--json")
    assert code == 0
    assert [json.loads(line)["input"] for line in printed.splitlines()] == names
    assert bars(sent) == [0, 1, 2, 3, 4]
    assert [line[:1] for line in seen(sent)] == ["[", ""]


@POSIX
def test_no_progress_where_nobody_wants_it(names, _):
    assert on_terminal("quantize", *names, "-k", 4, "-q") == (0, "", b"")
    for arguments, variables in (([names[0]], {}), (names, {"TERM": "dumb"})):
        _, sent, _ = on_terminal("quantize", *arguments, "-n", "-k", 4, **variables)
        assert bars(sent) == []
    done = subprocess.run(
        [*KMC, "quantize", *names, "-nf"], capture_output=True, check=True, timeout=60
    )
    assert b"\r" not in done.stdout + done.stderr
    assert b"\x1b" not in done.stdout + done.stderr


@POSIX
def test_what_is_said_meanwhile_takes_the_place_of_progress(names, _):
    arguments = ["--verbose", "-k", 3, "--tol", 0, "--init", "random", "--max-iter", 2]
    _, sent, _ = on_terminal("quantize", *names, "-n", *arguments)
    assert len([line for line in seen(sent) if "[" in line]) == 1  # the last one stays
    assert len([line for line in seen(sent) if "iteration 2" in line]) == 4


@POSIX
def test_no_colour_where_none_is_wanted(names, _):
    arguments = ["quantize", *names, "none.png", "-n"]
    for variables, colored in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)):
        _, sent, _ = on_terminal(*arguments, **variables)
        assert bool(re.search(r"\x1b\[\d+m", sent)) is colored
        assert len(bars(sent)) == 6


@POSIX
@pytest.mark.parametrize("jobs", [1, 3])
def test_ctrl_c_leaves_a_clean_line(tmp_path, monkeypatch, jobs, _):
    monkeypatch.chdir(tmp_path)
    many = [picture(tmp_path / f"{n}.png", (150, 150), seed=n).name for n in range(9)]
    many.insert(0, picture(tmp_path / "first.png", (4, 4)).name)
    slow = ["--effort", "best", "--jobs", jobs, "--out-dir", "out"]  # a second or two each
    code, sent, _ = on_terminal("quantize", *many, *slow, press=b"\x03", after=b"  00:")
    assert code == 130
    assert re.search(r"/10  \d\d:\d\d:\d\d  [\d.]+ files/s", sent)  # and the time left
    assert has_its_cursor(sent)
    first, *_, bar, last = seen(sent)
    assert first.startswith("first.png -> ")
    # The terminal echoes ^C at the cursor, over a bar that may not be drawn again.
    assert (bar.startswith(("[", "^C")), last) == (True, "")
    assert not [name for name in tree(tmp_path) if name.endswith(".tmp")]


@POSIX
def test_ctrl_c_without_progress_leaves_a_clean_line(tmp_path, _):
    source = picture(tmp_path / "a.png", (900, 900))
    slow = ["-k", 256, "--effort", "best", "--n-init", 9, "-v", "-n", "--init", "random"]
    code, sent, _ = on_terminal("quantize", source, *slow, press=b"\x03", after=b"iteration 1:")
    assert code == 130
    assert seen(sent)[-1] == ""


@POSIX
@pytest.mark.parametrize("jobs", [1, 3])
def test_sigterm_ends_a_batch_as_ctrl_c_does(tmp_path, jobs, _):
    for n in range(8):
        picture(tmp_path / "in" / f"{n}.png", (150, 150), seed=n)
    picture(tmp_path / "in" / "+ready.png", (4, 4))
    out = tmp_path / "out"
    options = ["-r", str(tmp_path / "in"), "--out-dir", str(out), "--jobs", str(jobs), "--json"]
    command = [*KMC, "quantize", *options, "--effort", "best", "--n-init", "9"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as process:
        process.stdout.readline()  # the smallest is done, the others take seconds
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (143, b"")
    names = tree(out)
    assert "+ready.png" in names
    assert len(names) < 9
    for name in names:
        with Image.open(out / name) as written:
            written.load()
