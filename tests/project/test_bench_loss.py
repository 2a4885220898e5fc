"""The benchmark of files with a loss: sizes between points, means, and what is drawn of them."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kmc

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))  # at the end: the installed kmc comes before the checkout's

from bench import loss, loss_curves, loss_times, rate_figure  # noqa: E402
from bench.__main__ import main  # noqa: E402

pytestmark = pytest.mark.project


def points(*pairs: tuple[int, float]) -> list[dict[str, float]]:
    return [{"bytes": n_bytes, "psnr": psnr} for n_bytes, psnr in pairs]


def test_bytes_are_interpolated_and_the_least_of_all_curves() -> None:
    first, second = points((100, 30.0), (400, 34.0)), points((900, 36.0), (90, 32.0))
    assert loss.bytes_at({"": first}, "psnr", 32) == pytest.approx(200)  # half as many decibels
    assert loss.bytes_at({"": first}, "psnr", 34) == pytest.approx(400)
    assert loss.bytes_at({"": first}, "psnr", 29.9) is None  # a curve does not begin there
    assert loss.bytes_at({"": first}, "psnr", 34.1) is None
    assert loss.bytes_at({}, "psnr", 32) is None
    both = {"a": first, "b": second}
    assert loss.bytes_at(both, "psnr", 32) == 90
    assert loss.bytes_at(both, "psnr", 31) == 90  # a file that is nearer is near enough
    assert loss.bytes_at(both, "psnr", 34) == pytest.approx(math.sqrt(90 * 900))


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    """Two contenders on two pictures, one of which only one of them represents well."""
    curves = {
        ("x", ".kmc, plain"): points((100, 30.0), (1600, 38.0)),
        ("x", ".kmc, lossy"): points((50, 30.0), (800, 38.0)),
        ("y", ".kmc, plain"): points((100, 30.0), (400, 34.0)),
        ("y", ".kmc, lossy"): points((200, 30.0), (3200, 38.0)),
    }
    return [
        {"picture": picture, "pixels": 800, "contender": name, "curve": "none", **point}
        for (picture, name), own in curves.items()
        for point in own
    ]


def test_rates_are_means_over_all_pictures_or_none(rows: list[dict[str, Any]]) -> None:
    rates = loss.mean_rates(rows, "psnr")
    assert list(rates[".kmc, plain"]) == [30, 31, 32, 33, 34]
    assert list(rates[".kmc, lossy"]) == [*range(30, 39)]
    assert rates[".kmc, plain"][34] == pytest.approx(8 * 400 / 800)
    assert rates[".kmc, lossy"][34] == pytest.approx(8 * math.sqrt(200 * 800) / 800)
    pair = (".kmc, lossy", ".kmc, plain")
    found = loss.by_picture(rows)
    assert [*loss.ratios(found, pair, "psnr", 34)] == pytest.approx([0.5, 2])
    assert [*loss.ratios(found, pair, "psnr", 38)] == pytest.approx([0.5])


def test_saved_results_are_shown_and_drawn(
    rows: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = []
    for picture in ("x", "y"):  # runs on some pictures each
        own = [row for row in rows if row["picture"] == picture]
        files.append(tmp_path / f"{picture}.json")
        files[-1].write_text(json.dumps({"benchmark": "loss", "look": "plain", "rows": own}))
    seen = [row | {"ssimulacra2": 2 * row["psnr"] - 10} for row in rows]
    files.append(tmp_path / "seen.json")
    files[-1].write_text(json.dumps({"benchmark": "loss", "look": "best", "rows": seen}))
    figure = tmp_path / "rates.svg"
    arguments = ["codec", "--lossy", "--results", *map(str, files), "--figure", str(figure)]
    main(arguments)
    printed = capsys.readouterr().out
    assert "| 34 | 4.000 | 4.000 |" in printed
    assert "| PSNR (dB) | .kmc, plain | .kmc, lossy |" in printed
    assert "| 50 | 1.000 | 1.000 |" in printed
    assert "psnr 34   1.000   0.500   2.000      1 of 2" in printed
    drawn = figure.read_text(encoding="utf-8")
    assert all(f">{text}</text>" in drawn for text in ("PSNR (dB)", "SSIMULACRA2", ".kmc, lossy"))
    assert len(drawn) < 50_000
    main(arguments)
    assert figure.read_text(encoding="utf-8") == drawn
    other = tmp_path / "other.json"
    other.write_text('{"benchmark": "codec"}')
    with pytest.raises(SystemExit, match="no results of codec --lossy"):
        main(["codec", "--lossy", "--results", str(other)])


def test_every_contender_has_a_style() -> None:
    names = {
        f"{name}, {kind}" for name in loss_curves.NAMES.values() for kind in ("plain", "lossy")
    }
    others = {"JPEG", "WebP", "pngquant, oxipng", "gifsicle --lossy"}
    assert set(rate_figure.STYLES) == names | others
    assert {name for pair in loss.PAIRS for name in pair} <= set(rate_figure.STYLES)


def test_points_are_of_the_files_of_kmc(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PLAIN_KS": (4, 8), "LOSSY_KS": (8,), "QUALITIES": (40, 90)}.items():
        monkeypatch.setattr(loss_curves, name, value)
    monkeypatch.setattr(loss_curves, "GIFSICLE_KS", (8,))
    found = loss_curves.measured(photo, "plain")
    assert set(found) <= set(rate_figure.STYLES)
    for format, name in loss_curves.NAMES.items():
        (plain,) = found[f"{name}, plain"].values()
        image = kmc.quantize(photo, 8, order="compact")
        assert plain[1]["bytes"] == len(image.to_bytes(format))
        assert plain[1]["psnr"] == pytest.approx(image.psnr)
        lossy = found[f"{name}, lossy"]["8"]
        assert lossy[0] == plain[1]
        image = kmc.quantize(photo, 8, order="compact", lossy=loss_curves.LOSSES[0], format=format)
        assert lossy[1]["bytes"] == len(image.to_bytes(format))
        assert lossy[1]["psnr"] == pytest.approx(image.psnr)


def test_times_are_shares_of_coding(photo: np.ndarray) -> None:
    for format in loss_curves.NAMES:
        found = loss_times.shares(photo, 8, format, "plain")
        assert set(found) == {"lossy 15", "lossy 40", "max_bytes"}
        assert all(share > 0 for share in found.values())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--look", "best"], "go with --lossy"),
        (["--figure", "a.svg"], "go with --lossy"),
        (["--lossy", "--times", "--figure", "a.svg"], "without --figure"),
        (["--lossy", "--results", "a.json", "--look", "best"], "their own pictures and look"),
        (["--lossy", "--results", "a.json", "--images", "."], "their own pictures and look"),
    ],
)
def test_options_without_effect_are_refused(arguments: list[str], words: str) -> None:
    with pytest.raises(SystemExit, match=words):
        main(["codec", *arguments])
