"""The command line: what it writes, says and returns."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from pictures import encoded
from PIL import Image

import kmc
from kmc.cli import main


@pytest.fixture
def source(photo, tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(photo).save(path)
    return path


class Stream:
    """Standard input or output as bytes."""

    def __init__(self, buffer, terminal=False):
        self.buffer = buffer
        self.terminal = terminal

    def isatty(self):
        return self.terminal

    def fileno(self):
        raise OSError("no descriptor")


def run(*arguments, **kwargs):
    command = [sys.executable, "-m", "kmc", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=60, check=False, **kwargs)


def test_quantizes_a_file(source, photo, tmp_path, capsys):
    out = tmp_path / "out.png"
    assert main(["quantize", str(source), "-k", "16", "-o", str(out)]) == 0
    expected = kmc.quantize(photo, 16)
    with Image.open(out) as picture:
        np.testing.assert_array_equal(np.asarray(picture), expected.indices)
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 1
    assert re.fullmatch(
        r".*photo\.png -> .*out\.png: [\d.]+ k?B -> [\d.]+ k?B, k = 16, MSE [\d.]+, PSNR [\d.]+ dB",
        lines[0],
    )
    assert f"MSE {expected.mse:.2f}, PSNR {expected.psnr:.2f} dB" in lines[0]


def test_is_a_module_and_says_its_version(source, tmp_path):
    assert run("--version").stdout.decode() == f"kmc {kmc.__version__}\n"
    done = run("quantize", source, "-k", 4, "-o", tmp_path / "out.gif")
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "out.gif").read_bytes()[:4] == b"GIF8"
    done = run("quantize", "missing.png", "-o", tmp_path / "other.png")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"kmc: missing.png: no such file{os.linesep}"


def test_options_reach_the_function(source, tmp_path, monkeypatch):
    seen = []
    real = kmc.quantize

    def spy(image, k, **options):
        seen.append((image, k, options))
        return real(image, k)

    monkeypatch.setattr(kmc, "quantize", spy)
    out = str(tmp_path / "out.png")
    options = ["--seed=3", "--effort=fast", "--init=bisecting", "--max-iter=7", "--tol=0.5"]
    assert main(["quantize", str(source), "-k5", "-o", out, "--threads=2", *options]) == 0
    assert main(["quantize", str(source), "-o", out, "--force"]) == 0
    given = {
        "seed": 3,
        "effort": "fast",
        "init": "bisecting",
        "max_iter": 7,
        "tol": 0.5,
        "threads": 2,
    }
    assert seen == [(str(source), 5, given), (str(source), 256, {})]


def test_never_overwrites_unless_forced(source, tmp_path, capsys):
    out = tmp_path / "out.png"
    out.write_bytes(b"precious")
    assert main(["quantize", str(source), "-k", "4", "-o", str(out)]) == 1
    assert out.read_bytes() == b"precious"
    assert capsys.readouterr().err == f"kmc: {out}: exists already; --force replaces it\n"
    assert main(["quantize", str(source), "-k", "4", "-o", str(out), "--force"]) == 0
    assert out.read_bytes()[:4] == b"\x89PNG"
    assert main(["quantize", str(out), "-k", "2", "-o", str(out), "--force"]) == 0


def test_standard_input_and_output(photo, monkeypatch, capsys):
    data = encoded(Image.fromarray(photo))
    stdout = Stream(io.BytesIO())
    monkeypatch.setattr(sys, "stdin", Stream(io.BytesIO(data)))
    monkeypatch.setattr(sys, "stdout", stdout)
    assert main(["quantize", "-", "-k", "4", "-o", "-"]) == 0
    written = stdout.buffer.getvalue()
    assert written[:4] == b"\x89PNG"
    sizes = [f"{len(data) / 1000:.1f} kB", f"{len(written)} B"]
    assert f"- -> -: {sizes[0]} -> {sizes[1]}, k = 4" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", Stream(io.BytesIO(data)))
    stdout.buffer = io.BytesIO()
    assert main(["quantize", "-", "-k", "4", "-o", "-", "--format", "gif"]) == 0
    assert stdout.buffer.getvalue()[:4] == b"GIF8"


def test_a_real_pipe(photo):
    done = run("quantize", "-", "-k", 4, "-o", "-", input=encoded(Image.fromarray(photo)))
    assert done.returncode == 0
    assert done.stdout[:4] == b"\x89PNG"
    done = run("quantize", "-", "-o", "-", input=b"")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().rstrip() == "kmc: standard input: the file is empty (0 bytes)"


def test_no_picture_onto_a_terminal(source, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Stream(io.BytesIO(), terminal=True))
    assert main(["quantize", str(source), "-k", "4", "-o", "-"]) == 1
    assert "terminal" in capsys.readouterr().err


class Failing(io.BytesIO):
    def __init__(self, error):
        self.error = error

    def write(self, data):
        raise self.error


def test_a_broken_pipe_is_quiet(source, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Stream(Failing(BrokenPipeError())))
    assert main(["quantize", str(source), "-k", "4", "-o", "-"]) == 141
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("_", ["posix"] if os.name == "posix" else [])
def test_a_real_broken_pipe_is_quiet(source, _):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "kmc", "quantize", str(source), "-k", "4", "-o", "-"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_full_disk_behind_stdout(source, monkeypatch, capsys):
    full = OSError(28, "No space left on device")
    monkeypatch.setattr(sys, "stdout", Stream(Failing(full)))
    assert main(["quantize", str(source), "-k", "4", "-o", "-"]) == 1
    assert capsys.readouterr().err == (
        "kmc: standard output: cannot be written: No space left on device\n"
    )


def test_ctrl_c(source, tmp_path, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(kmc, "quantize", interrupted)
    assert main(["quantize", str(source), "-o", str(tmp_path / "out.png")]) == 130
    assert capsys.readouterr().err == ""
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.png", "-o", "out.png"], "kmc: missing.png: no such file"),
        (["SOURCE", "-o", "out.xyz"], "kmc: out.xyz: suffix '.xyz' is no format"),
        (["SOURCE", "-o", "out"], "without a suffix"),
        (["SOURCE", "-o", "nowhere/out.png"], "nowhere/out.png: cannot be written"),
        (["SOURCE", "-o", "-", "--format", "eps"], "format 'eps'"),
        (["SOURCE", "-k", "0", "-o", "out.png"], "kmc: k must be"),
        (["SOURCE", "-k", "70000", "-o", "out.png"], "kmc: k must be"),
        (["SOURCE", "--threads", "0", "-o", "out.png"], "threads must be at least 1"),
        (["SOURCE", "--init", "magic", "-o", "out.png"], "init"),
        (["SOURCE", "--max-iter", "-1", "-o", "out.png"], "max_iter"),
        (["SOURCE", "--tol", "-1", "-o", "out.png"], "tol"),
    ],
)
def test_errors_are_one_line(source, tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    arguments = [str(source) if word == "SOURCE" else word for word in arguments]
    assert main(["quantize", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("kmc: ")
    assert captured.err.count("\n") == 1
    assert words in captured.err
    assert sorted(os.listdir(tmp_path)) == ["photo.png"]


def test_large_pictures_come_without_a_warning(source, tmp_path, monkeypatch, capsys):
    with Image.open(source) as picture:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", picture.width * picture.height - 1)
    assert main(["quantize", str(source), "-o", str(tmp_path / "out.png")]) == 0
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [[], ["quantize"], ["quantize", "a.png"], ["quantize", "a.png", "-o", "b.png", "-k", "x"]],
)
def test_wrong_usage(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: kmc" in capsys.readouterr().err


def test_help_names_every_option(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["quantize", "--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for option in ("-k", "-o", "--format", "--force", "--effort", "--init", "--seed", "--tol",
                   "--max-iter", "--threads"):  # fmt: skip
        assert option in text
