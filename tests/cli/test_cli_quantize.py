"""``kmc quantize``: what it writes and says, and that its options arrive."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image
from shell import look_best, picture, tree

import kmc

pytestmark = pytest.mark.once


@pytest.fixture
def source(photo, tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(photo).save(path)
    return path


def test_writes_beside_the_input(cli, source, photo):
    code, out, err = cli("quantize", source, "-k", 16)
    assert (code, out) == (0, "")
    target = source.with_name("photo-kmc.png")
    expected = look_best(photo, 16)
    with Image.open(target) as written:
        np.testing.assert_array_equal(np.asarray(written.convert("RGB")), np.asarray(expected))
    figures = f"16 colours, MSE {expected.mse:.2f}, PSNR {expected.psnr:.2f} dB"
    size = r"[\d.]+ k?B"
    assert re.fullmatch(
        rf"{re.escape(str(source))} -> {re.escape(str(target))}: "
        rf"{size} -> {size} \([\d.]+ % smaller\), {figures}\n",
        err,
    )


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ([], "photo-kmc.png"),
        (["--suffix", "-16"], "photo-16.png"),
        (["--ext", "gif"], "photo-kmc.gif"),
        (["--ext", ".WEBP", "--suffix", ""], "photo.WEBP"),
        (["--ext", "-fs8.png"], "photo-fs8.png"),
        (["--format", "tiff", "--ext", "dat"], "photo-kmc.dat"),
        (["-o", "x.bmp"], "x.bmp"),
        (["-o", "x", "--format", "png"], "x"),
        (["--out-dir", "deep/small"], "deep/small/photo.png"),
        (["--out-dir", "small", "--suffix", "-x"], "small/photo-x.png"),
    ],
)
def test_names(cli, source, monkeypatch, options, name):
    monkeypatch.chdir(source.parent)
    assert cli("quantize", "photo.png", "-k", 4, *options)[0] == 0
    assert tree(source.parent) == sorted(["photo.png", name])
    kinds = {"webp": "WEBP", "gif": "GIF", "bmp": "BMP", "dat": "TIFF"}
    with Image.open(source.parent / name) as written:
        assert written.format == kinds.get(name.rpartition(".")[2].lower(), "PNG")


def test_options_arrive(cli, source, monkeypatch):
    seen = []
    real = kmc.quantize

    def spy(image, k, **options):
        seen.append((k, options))
        return real(image, k)

    monkeypatch.setattr(kmc, "quantize", spy)
    assert cli("quantize", source, "-n")[0] == 0
    k, defaults = seen.pop()
    assert k == 256
    assert {name: value for name, value in defaults.items() if value is not None} == {
        "order": "compact",
        "space": "oklab",
        "weights": "balanced",
        "dither": "adaptive",
    }
    given = {
        "dither": "bayer",
        "dither_strength": 0.5,
        "effort": "fast",
        "init": "random",
        "max_iter": 7,
        "n_init": 2,
        "seed": 3,
        "space": "lab",
        "threads": 2,
        "tol": 0.5,
    }
    words = [f"--{name.replace('_', '-')}={value}" for name, value in given.items()]
    assert cli("quantize", source, "-n", "-k5", *words)[0] == 0
    k, options = seen.pop()
    assert k == 5
    assert {name: options[name] for name in given} == given


def test_json_is_a_line_for_each_file(cli, source, photo, tmp_path):
    small = picture(tmp_path / "small.png", (3, 2))
    code, out, err = cli(
        "quantize", source, small, "none.png", "-k", 8, "--json", "--out-dir", tmp_path / "o"
    )
    assert code == 2
    assert err == "kmc: none.png: no such file\n"
    first, second, third = map(json.loads, out.splitlines())
    expected = look_best(photo, 8)
    assert first["input"] == str(source)
    assert first["output"] == str(tmp_path / "o" / "photo.png")
    assert (first["code"], first["width"], first["height"], first["colors"]) == (0, 64, 48, 8)
    assert first["mse"] == pytest.approx(expected.mse)
    assert first["psnr"] == pytest.approx(expected.psnr, abs=1e-4)
    assert first["iterations"] == expected.n_iter
    assert first["bytes_before"] == source.stat().st_size
    assert first["bytes_after"] == (tmp_path / "o" / "photo.png").stat().st_size
    assert first["seconds"] > 0
    assert (second["colors"], second["mse"], second["psnr"]) == (6, 0.0, None)
    assert third == {
        "input": "none.png",
        "output": str(tmp_path / "o" / "none.png"),
        "code": 2,
        "error": "none.png: no such file",
    }


def test_many_files_get_a_line_each_and_a_total(cli, tmp_path):
    names = [picture(tmp_path / f"{n}.png", seed=n) for n in range(7)]
    names.insert(3, tmp_path / "none.png")
    code, out, err = cli("quantize", *names, "-k", 4, "--jobs", 3)
    assert (code, out) == (2, "")
    lines = err.splitlines()
    assert [re.split(r" -> |: no", line)[0] for line in lines[:3]] == [str(n) for n in names[:3]]
    assert lines[3] == f"kmc: {names[3]}: no such file"
    assert re.fullmatch(r"7 of 8 files: .* -> .* \([\d.]+ % smaller\), in [\d.]+ s", lines[-1])
    assert len(lines) == 9
    assert len(tree(tmp_path)) == 14


def test_jobs_do_not_change_the_files(cli, tmp_path):
    names = [picture(tmp_path / f"{n}.png", (40, 30), seed=n) for n in range(5)]
    for jobs in (1, 2, 5):
        options = ["-k", 9, "--jobs", jobs, "--out-dir", tmp_path / str(jobs)]
        assert cli("quantize", *names, *options)[0] == 0
    for name in names:
        contents = {(tmp_path / str(jobs) / name.name).read_bytes() for jobs in (1, 2, 5)}
        assert len(contents) == 1


def test_quiet_and_verbose(cli, source):
    assert cli("quantize", source, "-n", "-q") == (0, "", "")
    assert cli("quantize", "none.png", "-n", "-q") == (2, "", "kmc: none.png: no such file\n")
    code, out, err = cli("quantize", source, "-n", "-v", "-k", 5, "--init", "random", "--tol", 0,
                         "--max-iter", 4)  # fmt: skip
    assert (code, out) == (0, "")
    said = re.findall(
        r"iteration (\d): largest shift ([\d.]+) levels, error in oklab ([\d.]+)", err
    )
    assert [number for number, _, _ in said] == ["1", "2", "3", "4"]
    history = look_best(source, 5, init="random", tol=0, max_iter=4).history
    for (_, shift, error), (inertia, squared) in zip(said, history, strict=True):
        assert float(shift) == pytest.approx(squared**0.5, abs=1e-3)
        assert float(error) == pytest.approx(inertia / (48 * 64), abs=1e-3)
    plain = ["-n", "-v", "-k", 5, "--look", "plain"]
    said = re.findall(r"levels, MSE ([\d.]+)", cli("quantize", source, *plain)[2])
    expected = [inertia / (48 * 64) for inertia, _ in kmc.quantize(source, 5).history]
    assert [float(each) for each in said] == pytest.approx(expected, abs=1e-3)


def test_verbose_with_importance_weighs_the_error(cli, source, photo, tmp_path):
    mask = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
    Image.fromarray(mask).save(tmp_path / "mask.png")
    options = ["-n", "-v", "-k", 5, "--init", "random", "--importance", tmp_path / "mask.png"]
    code, _, err = cli("quantize", source, *options)
    assert code == 0
    said = re.findall(r"weighted error in oklab ([\d.]+)", err)
    history = look_best(photo, 5, init="random", importance=mask).history
    expected = [inertia / mask.sum() for inertia, _ in history]
    assert [float(each) for each in said] == pytest.approx(expected, abs=1e-3)


def test_verbose_with_a_shared_palette(cli, source, tmp_path):
    other = picture(tmp_path / "other.png", (20, 10))
    code, _, err = cli("quantize", source, other, "-n", "-v", "-k", 5, "--shared-palette")
    assert code == 0
    said = re.findall(r"shared palette: iteration \d+: .* error in oklab ([\d.]+)", err)
    history = kmc.fit([source, other], 5, space="oklab", weights="balanced").history
    expected = [inertia / (48 * 64 + 200) for inertia, _ in history]
    assert [float(each) for each in said] == pytest.approx(expected, abs=1e-3)


def test_a_dry_run_writes_nothing(cli, source, tmp_path):
    code, _, err = cli("quantize", source, "-k", 4, "-n", "--out-dir", tmp_path / "small")
    assert code == 0
    assert "4 colours" in err
    assert tree(tmp_path) == ["photo.png"]
    assert not (tmp_path / "small").exists()


def test_what_would_be_larger_is_left(cli, tmp_path):
    tiny = tmp_path / "tiny.webp"
    Image.new("RGB", (3, 3), "red").save(tiny, lossless=True)
    assert cli("quantize", tiny, "--ext", "bmp")[0] == 0
    (tmp_path / "tiny-kmc.bmp").unlink()
    code, _, err = cli("quantize", tiny, "--ext", "bmp", "--skip-if-larger")
    assert code == 98
    assert err.startswith(f"kmc: {tiny}: left as it is: the result would be larger")
    assert tree(tmp_path) == ["tiny.webp"]
    large = picture(tmp_path / "large.bmp", (40, 40))
    assert cli("quantize", tiny, large, "-k", 2, "--ext", "bmp", "--skip-if-larger")[0] == 98
    assert tree(tmp_path) == ["large-kmc.bmp", "large.bmp", "tiny.webp"]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("32", (32, 24)),
        ("64", (64, 48)),
        ("700", (64, 48)),
        ("1", (1, 1)),
        ("70x9", (70, 9)),
        ("x12", (16, 12)),
        ("x465", (64, 48)),
        ("50%", (32, 24)),
        ("150%", (96, 72)),
        ("0.1%", (1, 1)),
    ],
)
def test_resize(cli, source, photo, tmp_path, size, expected):
    out = tmp_path / "out.png"
    assert cli("quantize", source, "--resize", size, "-o", out, "-k", 300)[0] == 0
    with Image.open(out) as written:
        assert written.size == expected
    if expected != (64, 48):
        lanczos = Image.fromarray(photo).resize(expected, Image.Resampling.LANCZOS)
        best = look_best(lanczos, 300)
        with Image.open(out) as written:
            np.testing.assert_array_equal(np.asarray(written.convert("RGB")), np.asarray(best))


@pytest.mark.parametrize("size", ["", "x", "0", "0%", "%", "x0", "5x5x5", "50 %", "-3", "1e3"])
def test_sizes_that_are_none(cli, source, size):
    code, _, err = cli("quantize", source, "-n", f"--resize={size}")
    assert code == 1
    assert f"{size!r} is not a size: 700 is a width" in err


def test_resize_to_more_than_memory(cli, source):
    code, _, err = cli("quantize", source, "--resize", "999999x999999", "-n")
    assert code == 2
    assert "999999 x 999999 pixels are too many" in err


def test_jpeg_comes_with_a_warning_for_all(cli, source, tmp_path):
    other = picture(tmp_path / "other.png")
    code, _, err = cli("quantize", source, other, "--ext", "jpg", "-k", 4)
    assert code == 0
    assert err.startswith("kmc: *-kmc.jpg: JPEG blurs")
    assert len(err.splitlines()) == 4
    assert tree(tmp_path) == ["other-kmc.jpg", "other.png", "photo-kmc.jpg", "photo.png"]
    assert cli("quantize", source, other, "--ext", "jpg", "-k", 4, "-fq") == (0, "", "")
    code, _, err = cli("quantize", source, "-k", 4, "-o", tmp_path / "o.jpg")
    assert err.startswith(f"kmc: {tmp_path / 'o.jpg'}: JPEG blurs")
    assert len(err.splitlines()) == 2


def test_large_pictures_come_without_a_warning(cli, source, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 64 * 48 - 1)
    code, _, err = cli("quantize", source, "-n")
    assert (code, err.count("\n")) == (0, 1)


def test_lossy_files_are_smaller(cli, source, tmp_path):
    sizes = []
    for lossy in (0, 30, 80):
        target = tmp_path / f"{lossy}.kmc"
        assert cli("quantize", source, "-k", 32, "--lossy", lossy, "-o", target)[0] == 0
        sizes.append(target.stat().st_size)
    assert sizes == sorted(sizes, reverse=True)
    expected = kmc.quantize(source, 32, look="best", lossy=80, format="kmc", order="compact")
    np.testing.assert_array_equal(np.asarray(kmc.open(target)), np.asarray(expected))


def test_as_much_loss_as_a_goal_allows(cli, source, tmp_path):
    target = tmp_path / "auto.kmc"
    goal = ("--quality", "70-70", "-o", target, "-f")
    assert cli("quantize", source, *goal)[0] == 0
    plain = target.stat().st_size
    assert cli("quantize", source, "--lossy", "auto", *goal)[0] == 0
    assert target.stat().st_size < plain
    expected = kmc.quantize(
        source, look="best", quality=(70, 70), lossy="auto", format="kmc", order="compact"
    )
    np.testing.assert_array_equal(np.asarray(kmc.open(target)), np.asarray(expected))
    code, _, err = cli("quantize", source, "-k", 2, "--lossy", "auto", *goal)
    assert code == 99
    assert "a quality of 70 is out of reach" in err


def test_a_size_is_never_exceeded(cli, source, tmp_path):
    target = tmp_path / "small.kmc"
    for size in ("0.4K", "700", "5kB"):
        code, _, err = cli("quantize", source, "--max-bytes", size, "-o", target, "-f")
        assert code == 0, err
        assert target.stat().st_size <= float(size.strip("kBK")) * (
            1000 if "k" in size.lower() else 1
        )


def test_no_file_where_nothing_fits(cli, source, tmp_path):
    code, _, err = cli("quantize", source, "--max-bytes", 9, "-o", tmp_path / "small.kmc")
    assert code == 99
    assert "more than the 9 allowed" in err
    assert not (tmp_path / "small.kmc").exists()


def test_metadata_that_is_not_kept_takes_no_bytes(cli, source, tmp_path):
    with Image.open(source) as image:
        image.save(source, icc_profile=b"x" * 3000)
    target = tmp_path / "small.kmc"
    code, _, err = cli("quantize", source, "--max-bytes", 900, "--strip", "-o", target, "-q")
    assert code == 0, err
    assert 450 < target.stat().st_size <= 900


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--lossy", "30", "--max-bytes", "900"], "--max-bytes excludes --lossy"),
        (["--lossy", "30", "--dither", "bayer"], "--lossy excludes --dither"),
        (["--lossy", "30", "--psnr", "30"], "--lossy and --psnr exclude each other"),
        (["--max-bytes", "900", "--level", "9"], "not --level"),
        (["--max-bytes", "0"], "is not a size of a file"),
        (["--max-bytes", "x"], "is not a size of a file"),
        (["--lossy", "auto"], "the loss that a goal allows"),
        (["--lossy", "auto", "--psnr", "30", "--max-bytes", "900"], "exclude"),
        (["--lossy", "auto", "--max-bytes", "900"], "--max-bytes excludes --lossy"),
        (["--lossy", "101"], "is not a whole number from 0 to 100, or auto"),
        (["--lossy", "AUTO"], "is not a whole number from 0 to 100, or auto"),
        (["--lossy", "30", "--palette", "nord"], "nothing to find by --lossy"),
    ],
)
def test_what_excludes_a_loss(cli, source, tmp_path, words, message):
    code, _, err = cli("quantize", source, "-o", tmp_path / "x.kmc", *words)
    assert code == 1
    assert message in err
