"""Every option of every command, in every mode: it changes what is seen, or is refused by name.

The options are taken from the commands themselves: one without a case here fails.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure
from PIL import Image

import kmc
from kmc.cli import batch, job
from kmc.cli.main import program

pytestmark = pytest.mark.once


@dataclass(frozen=True)
class Case:
    """The arguments of an option, those that it needs beside them, and the files to work on."""

    args: list[str]
    needs: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=lambda: ["photo.png"])


# Whether there are the packages of the extra `large`.
HAS_LARGE = find_spec("imagecodecs") is not None

OLD = 1_000_000_000  # seconds since 1970

RANDOM = ["--init", "random"]

FIT = {
    "--colors": Case(["-k", "4"]),
    "--fixed": Case(["--fixed", "#123456"]),
    "--space": Case(["--space", "lab"]),
    "--importance": Case(["--importance", "mask.png"]),
    "--effort": Case(["--effort", "fast"]),
    "--init": Case(RANDOM),
    "--n-init": Case(["--n-init", "4"], RANDOM),
    "--max-iter": Case(["--max-iter", "1"], RANDOM),
    "--tol": Case(["--tol", "1e9"], RANDOM),
    "--seed": Case(["--seed", "5"], RANDOM),
    "--deadline": Case(["--deadline", "1e-9"]),
    "--frame": Case(["--frame", "1"], files=["film.gif"]),
    "--resize": Case(["--resize", "50%"]),
    "--pyramid": Case(["--pyramid", "1"], files=["levels.tif"]),
}
DITHER = {
    "--dither": Case(["--dither", "bayer"]),
    "--dither-strength": Case(["--dither-strength", "0.5"], ["--dither", "bayer"]),
}
CASES = {
    "quantize": {
        **FIT,
        **DITHER,
        "--look": Case(["--look", "plain"]),
        "--palette": Case(["--palette", "pico-8"]),
        "--order": Case(["--order", "hue"]),
        "--shared-palette": Case(["--shared-palette"], files=["photo.png", "other.png"]),
        "--quality": Case(["--quality", "20-30"]),
        "--psnr": Case(["--psnr", "15"]),
        "--max-mse": Case(["--max-mse", "3000"]),
        "--lossy": Case(["--lossy", "60"], ["-o", "x.kmc"]),
        "--max-bytes": Case(["--max-bytes", "120"], ["-o", "x.kmc"]),
        "--recursive": Case(["-r"], files=["folder"]),
        "--background": Case(["--background", "#fff"], files=["clear.png"]),
        "--alpha-threshold": Case(["--alpha-threshold", "100"], files=["clear.png"]),
        "--output": Case(["-o", "o.png"]),
        "--out-dir": Case(["--out-dir", "out"]),
        "--suffix": Case(["--suffix", "-x"]),
        "--ext": Case(["--ext", "gif"]),
        "--format": Case(["--format", "gif"]),
        "--level": Case(["--level", "1"]),
        "--force": Case(["-f"], files=["done.png"]),
        "--dry-run": Case(["-n"]),
        "--optimize": Case(["--optimize"], ["--level", "1"]),
        "--skip-if-larger": Case(["--skip-if-larger"], files=["tiny.webp"]),
        "--in-place": Case(["-i"], files=["other.png"]),
        "--if-newer": Case(["--if-newer"], files=["done.png"]),
        "--preserve": Case(["--preserve"], files=["other.png"]),
        "--check": Case(["--check"]),
        "--keep": Case(["--strip"]),
        "--json": Case(["--json"]),
        "--quiet": Case(["-q"]),
        "--verbose": Case(["-v"]),
        "--scheduler": Case(["--scheduler", "tcp://127.0.0.1:9"]),
    },
    "palette": {
        **FIT,
        "--recursive": Case(["-r"], files=["folder"]),
        "--ignore": Case(["--ignore", "transparent"], files=["clear.png"]),
        "--merge": Case(["--merge", "30"]),
        "--format": Case(["--format", "hex"]),
        "--output": Case(["-o", "p.hex"]),
        "--force": Case(["-f"], ["-o", "photo.png"]),
    },
    "plot": {
        **FIT,
        **DITHER,
        "--output": Case(["-o", "p.svg"]),
        "--force": Case(["-f"], ["-o", "photo.png"]),
        "--clusters": Case(["--clusters"]),
        "--history": Case(["--history"]),
        "--curve": Case(["--curve", "2-4"]),
        "--choices": Case(["--choices", "2-4"]),
        "--rate-distortion": Case(["--rate-distortion", "2-4"]),
        "--losses": Case(["--losses", "0,70"]),
        "--format": Case(["--format", "kmc"]),
    },
    "info": {
        "--recursive": Case(["-r"], files=["folder"]),
        "--json": Case(["--json"]),
    },
    "compare": {
        "--max-mse": Case(["--max-mse", "1"], files=["photo.png", "other.png"]),
        "--min-psnr": Case(["--min-psnr", "50"], files=["photo.png", "other.png"]),
        "--min-ssim": Case(["--min-ssim", "0.99"], files=["photo.png", "other.png"]),
        "--max-error": Case(["--max-error", "1"], files=["photo.png", "other.png"]),
        "--min-quality": Case(["--min-quality", "99"], files=["photo.png", "other.png"]),
        "--min-ssimulacra2": Case(["--min-ssimulacra2", "99"], files=["photo.png", "other.png"]),
        "--ssimulacra2": Case(["--ssimulacra2"], files=["photo.png", "other.png"]),
        "--json": Case(["--json"], files=["photo.png", "other.png"]),
        "--quiet": Case(["-q"], files=["photo.png", "other.png"]),
    },
    "convert": {
        "--format": Case(["--format", "kmc"], files=["done.png", "x.png"]),
        "--level": Case(["--level", "9"], files=["done.png", "x.kmc"]),
        "--strip": Case(["--strip"], files=["done.png", "x.kmc"]),
        "--force": Case(["-f"], files=["done.png", "other.png"]),
        "--quiet": Case(["-q"], files=["done.png", "x.kmc"]),
        "--frame": Case(["--frame", "1"], files=["film.gif", "x.png"]),
    },
    "pngquant": {
        "--force": Case(["-f"], files=["done.png"]),
        "--skip-if-larger": Case(["--skip-if-larger"], files=["tiny.webp"]),
        "--output": Case(["-o", "o.png"]),
        "--ext": Case(["--ext", "-new.png"]),
        "--quality": Case(["--quality", "20-30"]),
        "--speed": Case(["--speed", "11"]),
        "--ordered": Case(["--nofs"], files=["smooth.png"]),
        "--floyd": Case(["--floyd=0.5"], files=["smooth.png"]),
        "--posterize": Case(["--posterize", "4"]),
        "--map": Case(["--map", "done.png"]),
        "--strip": Case(["--strip"]),
        "--verbose": Case(["-v"]),
    },
}

# What a command is asked for, beside its default; each option is tried in each of them.
MODES = {
    "quantize": {
        "plain": [],
        "shared": ["--shared-palette"],
        "given": ["--palette", "nord"],
        "goal": ["--psnr", "18"],
        "folder": ["--out-dir", "results"],
        "output": ["-o", "result.png"],
        "stdout": ["-o", "-"],
        "gif": ["--ext", "gif"],
        "lossy": ["--lossy", "50", "-o", "lossy.kmc"],
        "size": ["--max-bytes", "140", "-o", "lossy.kmc"],
        "verbose": ["-v"],
        "json": ["--json"],
        "bands": ["-o", "result.zarr"],
    },
    "palette": {"plain": [], "file": ["-o", "result.gpl"], "json": ["--format", "json"]},
    "plot": {
        "plain": [],
        "clusters": ["--clusters", "--max-iter", "2"],
        "history": ["--history"],
        "curve": ["--curve", "3-6"],
        "choices": ["--choices", "3-9"],
        "rates": ["--rate-distortion", "3-6"],
    },
    "info": {"plain": [], "json": ["--json"]},
    "compare": {"plain": [], "json": ["--json"], "quiet": ["-q"]},
    "convert": {"plain": []},
    "pngquant": {
        "plain": [],
        "colors": ["9"],
        "stdout": ["-o", "-"],
        "plainly": ["--nofs"],
        "verbose": ["-v"],
        "coarse": ["--posterize", "3"],
        "mapped": ["--map", "done.png"],
    },
}

# Options that must not change a result; test_threads_and_jobs_arrive looks where they go.
INVISIBLE = {"--threads", "--jobs"}

# Where an option says no more than the mode does, or has nothing to do in it.
SAME = {
    ("quantize", "gif", "--ext"),
    ("quantize", "gif", "--format"),
    ("quantize", "gif", "--keep"),  # GIF holds no metadata
    ("quantize", "gif", "--skip-if-larger"),  # it is not larger
    ("quantize", "bands", "--force"),
    ("quantize", "bands", "--if-newer"),
    ("quantize", "bands", "--keep"),  # zarr holds no metadata
    ("quantize", "output", "--force"),  # nothing is there to be replaced
    ("quantize", "folder", "--force"),
    ("quantize", "stdout", "--force"),
    ("quantize", "output", "--if-newer"),  # nothing is there to be compared with
    ("quantize", "folder", "--if-newer"),
    ("quantize", "lossy", "--force"),
    ("quantize", "size", "--force"),
    ("quantize", "lossy", "--if-newer"),
    ("quantize", "size", "--if-newer"),
    ("quantize", "lossy", "--skip-if-larger"),  # it is not larger
    ("quantize", "size", "--skip-if-larger"),
    ("quantize", "goal", "--psnr"),
    ("quantize", "goal", "--look"),  # with a figure as the goal it is plain
    ("quantize", "given", "--alpha-threshold"),  # that palette has no alpha
    ("palette", "file", "--force"),
    ("plot", "history", "--history"),
    ("plot", "clusters", "--clusters"),
    ("plot", "clusters", "--force"),  # there are no earlier figures
    ("quantize", "json", "--quiet"),  # errors and warnings are all that is left to print
    ("quantize", "shared", "--shared-palette"),
    ("quantize", "verbose", "--verbose"),
    ("quantize", "json", "--json"),
    ("info", "json", "--json"),
    ("compare", "json", "--json"),
    ("compare", "quiet", "--quiet"),
    ("palette", "json", "--format"),
    ("pngquant", "stdout", "--force"),
    ("pngquant", "mapped", "--map"),
    ("pngquant", "plainly", "--ordered"),
    ("pngquant", "verbose", "--verbose"),
}


def options(command: str) -> list[str]:
    found = program.get_command(click.Context(program), command)
    return [each.opts[-1] for each in found.params if isinstance(each, click.Option)]


COMBINATIONS = [
    (command, mode, option)
    for command in program.modules
    for option in options(command)
    for mode in MODES[command]
    if option not in INVISIBLE
    if HAS_LARGE or (mode != "bands" and option != "--pyramid")
]


@pytest.fixture
def here(photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Figure, "savefig", save_content)
    random = np.random.default_rng(1)
    small = photo[::2, ::2].astype(int) + random.integers(-20, 20, (24, 32, 3))
    small = small.clip(0, 255).astype(np.uint8)
    Image.fromarray(small).save("photo.png", dpi=(300, 300))
    Image.fromarray(255 - small).save("other.png")
    Image.fromarray(random.integers(0, 256, (24, 32), np.uint8)).save("mask.png")
    clear = np.dstack((small, random.integers(0, 256, (24, 32), np.uint8)))
    Image.fromarray(clear).save("clear.png")
    frames = [Image.fromarray(part).quantize(16) for part in (small, 255 - small)]
    frames[0].save("film.gif", save_all=True, append_images=frames[1:])
    kmc.quantize("photo.png", 12).save("done.png")
    y, x = np.mgrid[:96, :128]  # so smooth that 256 colours make bands
    Image.fromarray(np.dstack((2 * x, 2 * y, x + y)).astype(np.uint8)).save("smooth.png")
    Image.new("RGB", (1, 1)).save("tiny.webp", lossless=True)
    if HAS_LARGE:
        write_levels("levels.tif", small)
    for name in ("done-kmc.png", "done-kmc.gif", "done-fs8.png", "done-or8.png"):
        Path(name).write_bytes(b"old")
    Path("folder").mkdir()
    Image.fromarray(small).save("folder/a.png")
    return tmp_path


def write_levels(name: str, pixels: np.ndarray) -> None:
    """A TIFF with a pyramid; it takes an extra."""
    import tifffile

    with tifffile.TiffWriter(name) as file:
        file.write(pixels, subifds=1, photometric="rgb", tile=(16, 16))
        file.write(pixels[::2, ::2], subfiletype=1, photometric="rgb", tile=(16, 16))


def observed(cli, here: Path, command: str, arguments: list[str]) -> tuple[object, ...]:
    """Exit code, what was printed, and the files there are, with what this call made removed.

    Of each file the content, and whether it is as old as the inputs.
    """
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    for path in before:
        os.utime(path, (OLD, OLD))
    code, out, err = cli(command, *arguments)
    files = [path for path in here.rglob("*") if path.is_file()]
    after = {path: (path.read_bytes(), path.stat().st_mtime == OLD) for path in files}
    for path in set(after) - set(before):
        path.unlink()
    for path in before:
        path.write_bytes(before[path])
    out = re.sub(r'"seconds": [\d.]+', "", out)
    return code, out, cli.raw if code == 0 and "-" in arguments else b"", err, after


def save_content(figure: Any, target: Any, format: str = "png", **_: object) -> None:
    """In place of ``Figure.savefig``, which takes longer: what the figure shows."""
    parts = [format.encode()]
    for each in figure.axes:
        parts += [line.get_xydata().tobytes() for line in each.lines]
        parts += [image.get_array().tobytes() for image in each.images]
        parts += [text.get_text().encode() for text in each.texts]
        points = [shown for shown in each.collections if hasattr(shown, "_offsets3d")]
        parts += [np.asarray(axis).tobytes() for shown in points for axis in shown._offsets3d]
    pyplot.close(figure)
    target.write(b"\n".join(parts))


def is_refused(seen: tuple[object, ...]) -> bool:
    return seen[0] == 1 and seen[3].startswith("kmc: ")


def needed(command: str, arguments: list[str]) -> list[str]:
    """What a command cannot do without."""
    several = {"--curve", "--choices", "--rate-distortion"}
    words = [] if "-k" in arguments or several & set(arguments) else ["-k", "9"]
    if "--palette" in arguments or command not in ("quantize", "palette", "plot"):
        words = []
    if command == "plot" and "-o" not in arguments:
        words += ["-o", "figure.png"]
    return words


def test_every_option_has_a_case():
    for command in program.modules:
        assert set(options(command)) - INVISIBLE <= set(CASES[command]), command


@pytest.mark.parametrize(("command", "mode", "option"), COMBINATIONS)
def test_an_option_changes_something_or_is_refused(cli, here, command, mode, option):
    if (command, mode, option) in SAME:
        return
    case, base = CASES[command][option], MODES[command][mode]
    names = list(case.files)
    needs = [] if set(case.needs) & set(base) & {"-o"} else case.needs
    without = [*base, *names, *needs]
    plain = observed(cli, here, command, without + needed(command, without))
    having = [*without, *case.args]
    changed = observed(cli, here, command, having + needed(command, having))
    names = [each for each in case.args if each.startswith("-")]
    assert not is_refused(plain) or mode != "plain", plain[3]
    if is_refused(changed) and changed != plain:
        assert any(name in changed[3] for name in (option, *names)), changed[3]
    elif not is_refused(plain):  # the mode refuses what the option needs
        assert changed != plain


def test_threads_and_jobs_arrive(cli, here, monkeypatch):
    seen = []
    real_quantize, real_run, real_encode = kmc.quantize, batch.run_ordered, job.encode

    def quantize(image, k, **options):
        seen.append(("quantize", options["threads"]))
        return real_quantize(image, k, **options)

    def encode(*arguments, **options):
        seen.append(("encode", options.get("threads", options.get("max_threads"))))
        return real_encode(*arguments, **options)

    def run_ordered(work, tasks, jobs, pending):
        seen.append(("jobs", jobs))
        return real_run(work, tasks, jobs, pending)

    monkeypatch.setattr(kmc, "quantize", quantize)
    monkeypatch.setattr(job, "encode", encode)
    monkeypatch.setattr(batch, "run_ordered", run_ordered)
    for ext in ("png", "kmc", "avif"):
        arguments = ["photo.png", "other.png", "-k", 4, "--jobs", 2, "--threads", 3, "--ext", ext]
        assert cli("quantize", *arguments, "-q")[0] == 0
        assert seen.pop(0) == ("jobs", 2)
        assert sorted(seen) == [("encode", 3)] * 2 + [("quantize", 3)] * 2
        seen.clear()
