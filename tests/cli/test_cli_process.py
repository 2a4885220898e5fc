"""The program as a process: pipes, Ctrl-C, full disks, damaged and unusual pictures."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pictures import encoded
from PIL import Image
from shell import KMC, look_best, picture, run, tree

import kmc

pytestmark = pytest.mark.once

POSIX = pytest.mark.parametrize("_", ["posix"] if os.name == "posix" else [])


def test_from_standard_input_to_standard_output(photo):
    data = encoded(Image.fromarray(photo))
    done = run("quantize", "-", "-k", 4, input=data)
    assert done.returncode == 0
    with Image.open(io.BytesIO(done.stdout)) as written:
        assert written.format == "PNG"
        np.testing.assert_array_equal(
            np.asarray(written.convert("RGB")), np.asarray(look_best(photo, 4))
        )
    assert done.stderr.startswith(b"- -> -: ")
    done = run("quantize", "-", "-k", 4, "-q", "-o", "-", "--format", "gif", input=data)
    assert (done.returncode, done.stdout[:4], done.stderr) == (0, b"GIF8", b"")
    done = run("quantize", "-", "-o", "-", input=b"")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.split(b"\n")[0] == b"kmc: standard input: the file is empty (0 bytes)"


@POSIX
def test_through_a_shell(tmp_path, _):
    picture(tmp_path / "in.png")
    kmc_ = f"'{sys.executable}' -m kmc"
    script = f"""
        set -e
        {kmc_} quantize - -k 4 -o - < in.png > out.png
        {kmc_} quantize *.png -k 4 --out-dir 'small ones'
        {kmc_} quantize -r . -k 2 --suffix -2 -q
    """
    subprocess.run(["sh", "-c", script], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    assert tree(tmp_path) == [
        "in-2.png", "in.png", "out-2.png", "out.png",
        "small ones/in-2.png", "small ones/in.png", "small ones/out-2.png", "small ones/out.png",
    ]  # fmt: skip


@POSIX
def test_pipes_with_names(cli, tmp_path, photo, _):
    """As shells make them of <(command)."""
    data = encoded(Image.fromarray(photo))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for arguments in (["quantize", pipe, "-k", 4, "-o", tmp_path / "o.png", "--skip-if-larger"],
                      ["info", pipe]):  # fmt: skip
        with ThreadPoolExecutor() as pool:
            written = pool.submit(pipe.write_bytes, data)
            code, out, err = cli(*arguments)
            assert written.result() == len(data)
        assert code == 0
        assert f"{len(data) / 1000:.1f} kB" in out + err
    expected = look_best(photo, 4)
    np.testing.assert_array_equal(np.asarray(kmc.read(tmp_path / "o.png").pixels), expected)


@POSIX
def test_a_palette_from_a_pipe(cli, tmp_path, photo, _):
    """It can be read only once."""
    source, pipe = picture(tmp_path / "a.png"), tmp_path / "pipe"
    os.mkfifo(pipe)
    data = encoded(look_best(photo, 5).to_pil())
    with ThreadPoolExecutor() as pool:
        written = pool.submit(pipe.write_bytes, data)
        code, _, err = cli("quantize", source, "--palette", pipe, "-o", tmp_path / "o.png")
        assert written.result() == len(data)
    assert (code, "5 colours" in err) == (0, True)


@POSIX
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_standard_output_by_its_name(tmp_path, _, name):
    """There is no file where these lead, and nothing to be lost by writing there."""
    source = picture(tmp_path / "a.png")
    done = run("quantize", source, "-k", 4, "-o", name, "--format", "png")
    plain = run("quantize", source, "-k", 4, "-o", "-")
    assert (done.returncode, done.stdout) == (0, plain.stdout), done.stderr


@POSIX
def test_a_broken_pipe_is_quiet(tmp_path, _):
    source = picture(tmp_path / "a.png")
    for arguments in (["-o", "-"], ["-n", "--json"]):
        reader, writer = os.pipe()
        os.close(reader)
        done = run("quantize", source, "-k", 4, "-q", *arguments, stdout=writer)
        os.close(writer)
        assert (done.returncode, done.stderr) == (141, b"")


@POSIX
def test_streams_that_are_closed(tmp_path, _):
    picture(tmp_path / "a.png")
    outcomes = {}
    for closing in (">&-", "2>&-", ">&- 2>&-", "<&-", "-o - >&-", "--json >&-"):
        script = f"'{sys.executable}' -m kmc quantize a.png -k 4 --force {closing}"
        done = subprocess.run(
            ["sh", "-c", script], cwd=tmp_path, capture_output=True, timeout=60, check=False
        )
        outcomes[closing] = done.returncode
        assert b"Traceback" not in done.stderr
    assert outcomes.pop("-o - >&-") == outcomes.pop("--json >&-") == 3
    assert set(outcomes.values()) == {0}
    script = f"'{sys.executable}' -m kmc quantize - -k 4 -o b.png <&-"
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"kmc: standard input: cannot be read: ")
    assert tree(tmp_path) == ["a-kmc.png", "a.png"]


@POSIX
def test_results_that_cannot_be_printed(tmp_path, _):
    """An error and its exit code: no traceback, and no success without a word."""
    picture(tmp_path / "a.png")
    redirections = {">&-": b"it is closed"}
    if os.path.exists("/dev/full"):
        redirections["> /dev/full"] = b"No space left on device"
    commands = ("info a.png", "palette a.png", "compare a.png a.png", "quantize a.png -n --json",
                "--help", "quantize --help", "--version")  # fmt: skip
    for redirection, reason in redirections.items():
        said = b"kmc: standard output: cannot be written: " + reason + b"\n"
        for command in commands:
            script = f"'{sys.executable}' -m kmc {command} {redirection}"
            done = subprocess.run(
                ["sh", "-c", script], cwd=tmp_path, capture_output=True, timeout=60, check=False
            )
            assert (done.returncode, done.stderr) == (3, said), command


def test_names_that_standard_output_cannot_encode(tmp_path):
    name = picture(tmp_path / "é画.png", (2, 2)).name
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = run("info", name, cwd=tmp_path, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(rb"\xe9\u753b.png: PNG, 2 x 2")


@pytest.mark.parametrize("command", ["quantize", "palette", "info", "convert", "compare", "plot"])
def test_too_little_memory(cli, tmp_path, monkeypatch, command):
    source = picture(tmp_path / "a.png")

    def out_of_memory(*_, **__):
        raise MemoryError

    monkeypatch.setattr(Image, "open", out_of_memory)
    others = {
        "convert": [tmp_path / "b.kmc"], "compare": [source], "plot": ["-o", tmp_path / "p.png"]
    }  # fmt: skip
    code, out, err = cli(command, source, *others.get(command, []))
    assert (code != 0, out) == (True, "")
    assert err == f"kmc: {source}: not enough memory to decode the picture\n"


@pytest.mark.parametrize("device", ["/dev/full"] if os.path.exists("/dev/full") else [])
def test_a_full_disk(tmp_path, device):
    source = picture(tmp_path / "a.png")
    full = b"cannot be written: No space left on device\n"
    done = run("quantize", source, "-k", 4, "-o", device, "--format", "png")
    assert (done.returncode, done.stderr) == (3, b"kmc: /dev/full: " + full)
    with open(device, "wb") as stdout:
        done = run("quantize", source, "-k", 4, "-o", "-", stdout=stdout)
    assert (done.returncode, done.stderr) == (3, b"kmc: standard output: " + full)


@POSIX
def test_a_disk_that_fills_up(tmp_path, _):
    """A limit on the size of files, in place of one."""
    first, second = picture(tmp_path / "a.png", (9, 9)), picture(tmp_path / "b.png", (200, 200))
    (tmp_path / "b-kmc.png").write_bytes(b"old")
    limited = f"ulimit -f 8; exec '{sys.executable}' -m kmc quantize '{second}' '{first}' -k 99 -f"
    done = subprocess.run(["sh", "-c", limited], capture_output=True, timeout=60, check=False)
    assert done.returncode == 3
    assert done.stderr.count(b"b-kmc.png: cannot be written: File too large\n") == 1
    assert (tmp_path / "b-kmc.png").read_bytes() == b"old"
    assert tree(tmp_path) == ["a-kmc.png", "a.png", "b-kmc.png", "b.png"]


@POSIX
@pytest.mark.parametrize("jobs", [1, 3])
def test_ctrl_c_in_the_middle(tmp_path, jobs, _):
    for n in range(8):
        picture(tmp_path / "in" / f"{n}.png", (150, 150), seed=n)
    out = tmp_path / "out"
    arguments = ["-r", tmp_path / "in", "--out-dir", out, "-k", "256", "--n-init", "9", "--json"]
    command = [*KMC, "quantize", *map(str, arguments), "--effort", "best", "--jobs", str(jobs)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    ready = picture(tmp_path / "in" / "+ready.png", (4, 4))
    with subprocess.Popen(command, **pipes) as process:
        process.stdout.readline()  # the smallest is done, the others take seconds
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    names = tree(out)
    assert ready.name in names
    assert len(names) < 9
    assert not [name for name in names if name.endswith(".tmp")]
    for name in names:
        with Image.open(out / name) as written:
            written.load()


def test_a_damaged_file_among_good_ones(cli, tmp_path):
    whole = picture(tmp_path / "whole.png", (60, 60))
    data = whole.read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "text.png").write_text("no picture")
    frames = [Image.new("L", (5, 5), level) for level in (0, 99)]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    code, _, err = cli("quantize", "-r", tmp_path, "-k", 4, "--out-dir", tmp_path / "o")
    assert code == 2
    assert tree(tmp_path / "o") == ["whole.png"]
    for name in ("cut.png", "empty.png", "text.png", "film.gif"):
        assert f"kmc: {tmp_path / name}: " in err
    assert "1 of 5 files" in err


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (10_000, 3)])
def test_sizes(cli, tmp_path, size):
    source = picture(tmp_path / "a.png", size)
    assert cli("quantize", source, "-k", 7)[0] == 0
    with Image.open(tmp_path / "a-kmc.png") as written:
        assert written.size == size
        np.testing.assert_array_equal(
            np.asarray(written.convert("RGB")),
            np.asarray(look_best(source, 7)).reshape(size[1], size[0], 3),
        )


MODES = ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "LAB",
         "HSV", "I;16", "I;16B", "I", "F"]  # fmt: skip
SUFFIXES = ("png", "tif", "gif", "jpg", "webp", "bmp", "ppm")


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_that_a_file_can_have(cli, tmp_path, photo, mode):
    """Each comes out in the colours that kmc reads, or is refused by name; never a crash."""
    gradient = np.linspace(0, 1, 48 * 64, dtype=np.float32).reshape(48, 64)
    if mode in ("I;16", "I;16B"):
        order = {"I;16": "<u2", "I;16B": ">u2"}[mode]
        made = Image.fromarray((gradient * 65535).astype(order))
    elif mode in ("I", "F"):
        made = Image.fromarray((gradient * 255).astype("int32" if mode == "I" else "float32"))
    else:
        made = Image.fromarray(photo).convert("RGBA" if mode in ("RGBa", "La", "PA") else "RGB")
        made = made.convert("LA") if mode == "La" else made
        made = made.convert("P").convert("PA") if mode == "PA" else made.convert(mode)
    written = 0
    for suffix in SUFFIXES:
        source = tmp_path / f"a.{suffix}"
        try:
            made.save(source)
        except (OSError, KeyError, ValueError):  # no such files are made
            source.unlink(missing_ok=True)
            continue
        written += 1
        code, _, err = cli("quantize", source, "-k", 9, "-o", tmp_path / "o.png", "-f")
        if code == 0:
            with Image.open(tmp_path / "o.png") as result:
                result = np.asarray(result.convert("RGBA"))
            expected = np.asarray(look_best(source, 9)).reshape(48, 64, -1)
            channels = expected.shape[2]
            shown = result if channels == 4 else result[:, :, :3]
            assert (shown == expected).all()
        else:
            assert (code, err[:5]) == (2, "kmc: ")
            assert "a." + suffix in err
            assert mode in ("I", "F")
    assert written or mode in ("La", "RGBa", "RGBX", "HSV", "PA")
