"""kmc convert takes pictures of few colours from format to format as they are."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shell import run

import kmc
from kmc.cli.console import size_change
from kmc.cli.exit_codes import Exit
from kmc.cli.main import main

pytestmark = pytest.mark.once


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    picture = Image.new("P", (20, 10))
    picture.putpalette([9, 9, 9, 200, 0, 0, 9, 9, 9, 0, 0, 255])
    picture.putdata([(x // 3 + x // 31) % 4 for x in range(200)])
    picture.save(tmp_path / "chart.png", dpi=(300, 300))
    return tmp_path / "chart.png"


@pytest.mark.parametrize("middle", ["kmc", "png", "gif", "bmp", "tiff"])
def test_there_and_back(chart: Path, middle: str) -> None:
    there, back = chart.with_name(f"there.{middle}"), chart.with_name("back.kmc")
    assert main(["convert", str(chart), str(there)]) == Exit.DONE
    assert main(["convert", str(there), str(back), "--level", "9"]) == Exit.DONE
    with Image.open(chart) as picture:
        assert np.array_equal(kmc.open(back).indices, np.array(picture))
        rgb = np.array(picture.convert("RGB"))
    assert np.array_equal(kmc.read(back).pixels, rgb)


def test_indices_and_palette_of_kmc_files_stay(chart: Path) -> None:
    there, back = chart.with_suffix(".kmc"), chart.with_name("back.png")
    assert main(["convert", str(chart), str(there)]) == Exit.DONE
    assert kmc.open(there).metadata.dpi == pytest.approx((300, 300), abs=0.01)
    assert main(["convert", str(there), str(back)]) == Exit.DONE
    with Image.open(chart) as before, Image.open(back) as after:
        assert np.array_equal(np.array(before), np.array(after))
        assert before.getpalette() == after.getpalette()


def test_true_color_of_few_colors(tmp_path: Path) -> None:
    Image.new("RGBA", (5, 4), (1, 2, 3, 4)).save(tmp_path / "a.png")
    assert main(["convert", str(tmp_path / "a.png"), str(tmp_path / "a.kmc")]) == Exit.DONE
    assert kmc.open(tmp_path / "a.kmc").palette.colors.tolist() == [[1, 2, 3, 4]]


def test_strip_and_quiet(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = chart.with_suffix(".kmc")
    assert main(["convert", str(chart), str(there), "--strip", "-q"]) == Exit.DONE
    assert kmc.open(there).metadata == kmc.Metadata()
    assert capsys.readouterr() == ("", "")


def test_what_is_refused(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = str(chart.with_suffix(".kmc"))
    assert main(["convert", str(chart), there]) == Exit.DONE
    capsys.readouterr()
    assert main(["convert", str(chart), there]) == Exit.EXISTS
    assert capsys.readouterr().err == f"kmc: {there}: exists already; --force replaces it\n"
    assert main(["convert", str(chart), there, "--force"]) == Exit.DONE
    for arguments in (["a.jpg"], ["a.gif", "--level", "5"], ["a.kmc", "--level", "10"], ["a.xyz"]):
        assert main(["convert", str(chart), *arguments]) != Exit.DONE
    assert main(["convert", str(chart), "-"]) == Exit.FAILED
    assert "give --format" in capsys.readouterr().err
    Path(there).write_bytes(Path(there).read_bytes()[:-9])
    capsys.readouterr()
    assert main(["convert", there, "b.png"]) != Exit.DONE
    assert "chart.kmc: cut short" in capsys.readouterr().err
    assert not Path("b.png").exists()


def test_info_tells_of_kmc_files(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = chart.with_suffix(".kmc")
    assert main(["convert", str(chart), str(there)]) == Exit.DONE
    capsys.readouterr()
    assert main(["info", str(there)]) == Exit.DONE
    assert "KMC, 20 x 10, palette of 4, 3 colours" in capsys.readouterr().out


def test_it_says_what_became_of_the_bytes(chart: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = chart.with_suffix(".kmc")
    assert main(["convert", str(chart), str(there)]) == Exit.DONE
    before, after = chart.stat().st_size, there.stat().st_size
    said = capsys.readouterr().err
    assert said.startswith(f"{chart} -> {there}: {before} B -> {after} B (")
    percent = 100 * (before - after) / before
    assert said.endswith(f"({percent:.0f} % smaller), 4 colours\n")


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        (2000, 500, "75 % smaller"),
        (1000, 2500, "150 % larger"),
        (1000, 996, "0.4 % smaller"),
        (1000, 4, "99.6 % smaller"),
        (70, 70, "the same size"),
    ],
)
def test_sizes_are_compared_in_words(before: int, after: int, share: str) -> None:
    assert size_change(before, after).endswith(f" ({share})")


def test_through_pipes(chart: Path) -> None:
    with chart.open("rb") as stdin:
        packed = run("convert", "-", "-", "--format", "kmc", stdin=stdin)
    assert packed.returncode == 0
    back = run("convert", "-", "-", "--format", "png", "-q", input=packed.stdout)
    assert (back.returncode, back.stderr) == (0, b"")
    with Image.open(chart) as before, Image.open(io.BytesIO(back.stdout)) as after:
        assert np.array_equal(np.array(before), np.array(after))
