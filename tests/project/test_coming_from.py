"""Each row of the tables in docs/coming-from is true: their line, our line, and what differs.

Theirs runs where the other tool is installed.
"""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import blocks
import numpy as np
import pytest
import samples
from PIL import Image

import kmc
import kmc.pillow

pytestmark = pytest.mark.once

PAGES = Path(__file__).resolve().parents[2] / "docs" / "coming-from"
Check = Callable[[Any, Any, dict[str, Any]], None]


def rows(page: str, heading: str) -> list[tuple[str, str, str]]:
    """The rows of the table below a heading: two cells of code, and what is said of them."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    part = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `(.+?)` \| `(.+?)` \| ?(.*?) ?\|$", part, re.M)


def named(table: list[tuple[str, str, str]]) -> list[object]:
    return [pytest.param(*row[:2], id=row[0]) for row in table]


def mse(a: Any, b: Any) -> float:
    """The mean squared error, summed over the channels; of RGBA, the mean over black and white."""
    values = []
    for each in (a, b):
        image = each if isinstance(each, Image.Image) else Image.fromarray(np.asarray(each))
        pixels = np.asarray(image.convert("RGBA")).astype(float)
        color, alpha = pixels[..., :3], pixels[..., 3:] / 255
        values.append(np.array([color * alpha + back * (1 - alpha) for back in (0, 255)]))
    return float(((values[0] - values[1]) ** 2).sum(axis=-1).mean())


def value(code: str, names: dict[str, Any]) -> Any:
    return eval(code, names)


def error(code: str, names: dict[str, Any]) -> Exception | None:
    try:
        value(code, names)
    except Exception as raised:
        return raised
    return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("samples")
    samples.make(made)
    with Image.open(made / "photo.jpg") as photo:
        photo.reduce(2).save(made / "photo.jpg", quality=95)
        photo.reduce(2).save(made / "photo.png")
    shutil.rmtree(made / "small")
    return made


@pytest.fixture
def workplace(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found_better(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert (theirs.mode, ours.mode) == ("P", "P")
    assert mse(ours, names["im"]) < 0.6 * mse(theirs, names["im"])


def also_k_means(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert mse(ours, names["im"]) < 0.99 * mse(theirs, names["im"])
    assert ours.tobytes() == kmc.pillow.quantize(names["im"], 16).tobytes()


def fast(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert mse(ours, names["im"]) < mse(theirs, names["im"])
    assert ours.tobytes() == kmc.quantize(names["im"], 16, effort="fast").indices.tobytes()


def not_compiled(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert isinstance(theirs, ValueError) or mse(ours, names["im"]) < mse(theirs, names["im"])


def dithers_without_palette(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert theirs.tobytes() == names["im"].quantize(16, dither=0).tobytes()
    assert ours.tobytes() != kmc.pillow.quantize(names["im"], 16).tobytes()


def both_dither(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    for made in (theirs, ours):
        assert mse(made, names["im"]) > mse(nearest(names), names["im"])


def nearest(names: dict[str, Any]) -> Any:
    colors = np.reshape(names["pal"].getpalette(), (-1, 3))
    return colors.astype(np.uint8)[kmc.assign(np.asarray(names["im"]), colors.astype(np.uint8))]


def really_nearest(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    least = mse(nearest(names), names["im"])
    assert mse(ours, names["im"]) == least <= mse(theirs, names["im"])


def images_only(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert isinstance(theirs, Exception)
    assert ours.getpalette() == [0, 0, 0, 255, 255, 255]


def keeps_opaque(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    rgba = names["rgba"]
    assert mse(ours, rgba) < 0.1 * mse(theirs, rgba)
    opaque = np.asarray(rgba)[..., 3] == 255
    assert (np.asarray(ours.convert("RGBA"))[opaque, 3] == 255).all()


def every_mode(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert isinstance(theirs, ValueError)
    assert ours.mode == "P"


def web_safe(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    safe = {tuple(color) for color in kmc.palettes["web-safe"].colors.tolist()}
    for made in (theirs, ours):
        assert {color for _, color in made.convert("RGB").getcolors()} <= safe


def two_colours(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert (theirs.mode, ours.mode) == ("1", "P")
    assert ours.convert("L").getextrema() == theirs.convert("L").getextrema() == (0, 255)


def same_counts(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    counts = zip(map(tuple, ours.colors.tolist()), ours.counts.tolist(), strict=True)
    assert {color: n for n, color in theirs} == dict(counts)


PILLOW: list[Check | None] = [
    found_better, also_k_means, fast, not_compiled, dithers_without_palette, both_dither,
    really_nearest, images_only, keeps_opaque, every_mode, found_better, web_safe, two_colours,
    same_counts, None,
]  # fmt: skip
PILLOW_ROWS = rows("pillow", "Line by line")


@pytest.mark.parametrize(("theirs", "ours"), named(PILLOW_ROWS))
def test_pillow(theirs: str, ours: str, workplace: Path) -> None:
    check = PILLOW[[row[0] for row in PILLOW_ROWS].index(theirs)]
    with Image.open("photo.png") as photo, Image.open("icon.png") as icon:
        names = {"Image": Image, "kmc": kmc, "im": photo.convert("RGB"), "rgba": icon.copy()}
    names["pal"] = names["im"].quantize(16)
    if check is None:
        value(theirs, names)
        before = Path("out.png").stat().st_size
        value(ours, names)
        assert Path("out.png").stat().st_size < before
    else:
        check(error(theirs, names) or value(theirs, names), value(ours, names), names)


def test_every_row_of_pillow_has_a_check() -> None:
    assert len(PILLOW) == len(PILLOW_ROWS) == 15


def about_the_inertia(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert ours.inertia_ < 1.01 * theirs.inertia_
    assert (ours.labels_ == kmc.ColorKMeans(n_clusters=8).fit(names["rows"]).labels_).all()


def as_low(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert ours < 1.01 * theirs


def labels(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert (theirs.shape, theirs.dtype) == (ours.shape, ours.dtype)


def weighted(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert ours.inertia_ < 1.01 * theirs.inertia_


def one_iteration(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=0.5)


def all_rows(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert ours.inertia_ < theirs.inertia_


def fitted(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert type(theirs) is type(ours)


def searched(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert theirs.best_params_ == ours.best_params_ == {"n_clusters": 4}


def levels_only(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    assert isinstance(error("kmc.ColorKMeans(8).fit(rows / 255)", names), kmc.ArgumentError)


def same_labels(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    distances = ((names["rows"][:, None].astype(int) - names["centres"]) ** 2).sum(axis=2)
    np.testing.assert_array_equal(ours, distances.argmin(axis=1))
    of_theirs = np.take_along_axis(distances, theirs[:, None], 1)[:, 0]
    np.testing.assert_array_equal(of_theirs, distances.min(axis=1))


def same_colours(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    expected = dict(zip(map(tuple, theirs[0].tolist()), theirs[1].tolist(), strict=True))
    found = zip(map(tuple, ours.colors.tolist()), ours.counts.tolist(), strict=True)
    assert dict(found) == expected


SKLEARN: list[Check] = [
    about_the_inertia, as_low, labels, weighted, one_iteration, all_rows, all_rows, fitted,
    searched, levels_only, same_labels, same_colours,
]  # fmt: skip
SKLEARN_ROWS = rows("scikit-learn", "Line by line")


@pytest.mark.parametrize(("theirs", "ours"), named(SKLEARN_ROWS))
def test_scikit_learn(theirs: str, ours: str, folder: Path) -> None:
    with Image.open(folder / "photo.png") as photo:
        pixels = np.asarray(photo.convert("RGB").reduce(3))
    names: dict[str, Any] = {"kmc": kmc, "np": np, "rows": pixels.reshape(-1, 3)}
    names["weights"] = np.arange(len(names["rows"])) % 3 + 1
    names["centres"] = names["rows"][:: len(names["rows"]) // 7]
    for module in ("cluster", "pipeline", "model_selection", "metrics"):
        names |= vars(importlib.import_module(f"sklearn.{module}"))
    check = SKLEARN[[row[0] for row in SKLEARN_ROWS].index(theirs)]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Number of distinct clusters|.*did not converge")
        check(value(theirs, names), value(ours, names), names)


def test_every_row_of_scikit_learn_has_a_check() -> None:
    assert len(SKLEARN) == len(SKLEARN_ROWS) == 12


def skimage_check(theirs: str, ours: Any, names: dict[str, Any]) -> None:
    """What holds without scikit-image."""
    image, result, pixels = names["image"], names["result"], names["pixels"]
    if "psnr" in theirs or "peak" in theirs:
        assert ours == pytest.approx(10 * np.log10(255**2 / ((image - pixels * 1.0) ** 2).mean()))
    elif "mean_squared" in theirs:
        assert ours == pytest.approx(((image - pixels * 1.0) ** 2).mean())
    elif "imread" in theirs:
        assert ours.shape == image.shape
    elif "img_as_ubyte" in theirs:
        assert isinstance(error("kmc.quantize(floats, 16)", names), kmc.ImageTypeError)
    elif "label2rgb" in theirs:
        means = [image[result.indices == i].mean(axis=0) for i in range(16)]
        np.testing.assert_allclose(np.array(means)[result.indices], ours, atol=1.5)
    elif "np.unique" in theirs:
        assert len(ours) == len(np.unique(image.reshape(-1, 3), axis=0))


def with_skimage(theirs: Any, ours: Any, names: dict[str, Any]) -> None:
    """That both lines have the same outcome."""
    if isinstance(theirs, float):
        assert theirs == pytest.approx(ours)
    elif isinstance(theirs, np.ndarray) and isinstance(ours, kmc.IndexedImage):
        if theirs.ndim == 1:  # thresholds
            classes = np.digitize(names["grey"], theirs, right=True)
            assert (classes != ours.indices).mean() < 0.03
            parts = [names["grey"][classes == i].astype(float) for i in range(4)]
            of_theirs = sum(((part - part.mean().round()) ** 2).sum() for part in parts)
            assert ours.mse <= of_theirs / classes.size  # the least for colours of 8 bits
    elif isinstance(theirs, np.ndarray) and theirs.ndim == 3:
        np.testing.assert_allclose(theirs, ours, atol=1.5)


SKIMAGE_ROWS = rows("scikit-image", "scikit-image, line by line")
HAS_SKIMAGE = find_spec("skimage") is not None


@pytest.mark.parametrize(("theirs", "ours"), named(SKIMAGE_ROWS))
def test_scikit_image(theirs: str, ours: str, workplace: Path) -> None:
    with Image.open("photo.png") as photo:
        image, grey = np.asarray(photo.convert("RGB")), np.asarray(photo.convert("L"))
    result = kmc.quantize(image, 16)
    names: dict[str, Any] = {"kmc": kmc, "np": np, "image": image, "grey": grey, "result": result}
    names |= {"pixels": np.asarray(result), "floats": image / 255}
    made = value(ours, names)
    skimage_check(theirs, made, names)
    if HAS_SKIMAGE:
        for module in ("io", "filters", "metrics", "color"):
            names[module] = importlib.import_module(f"skimage.{module}")
        names |= {"img_as_ubyte": importlib.import_module("skimage").img_as_ubyte}
        names |= {"KMeans": importlib.import_module("sklearn.cluster").KMeans}
        with_skimage(value(theirs, names), made, names)


def test_the_rows_of_scikit_image() -> None:
    assert len(SKIMAGE_ROWS) == 8


@pytest.mark.parametrize(("theirs", "ours"), named(rows("scikit-image", "MATLAB, line by line")))
def test_matlab(theirs: str, ours: str, workplace: Path) -> None:
    names: dict[str, Any] = {"kmc": kmc, "image": kmc.read("photo.png").pixels}
    names["indices"], names["colormap"] = kmc.rgb2ind(names["image"], 16)
    names["result"] = kmc.quantize(names["image"], 16)
    made = value(ours, names)
    if "ind2rgb" in ours:
        np.testing.assert_allclose(made * 255, np.asarray(names["result"]))
        assert isinstance(error("kmc.ind2rgb([16], colormap)", names), kmc.ArgumentError)
    elif "save" in ours:
        assert kmc.open("out.png").indices.tolist() == names["indices"].tolist()
    elif "remap" in ours or "dither" not in ours:
        indices = made[0] if isinstance(made, tuple) else made
        np.testing.assert_array_equal(indices, names["indices"])
    else:
        assert (made[0] != names["indices"]).any()


def shell(command: str) -> int:
    """The exit code of a command of another tool, or ours."""
    program = f'kmc() {{ "{sys.executable}" -m kmc "$@"; }}'
    done = subprocess.run(["sh", "-c", f"{program}\n{command}"], capture_output=True, timeout=120)
    return done.returncode


def of_commands(page: str) -> list[object]:
    return named(rows(page, "Line by line")) if os.name == "posix" else []


def made_since(folder: Path, before: dict[str, int]) -> set[str]:
    return {name for name, time in times(folder).items() if before.get(name) != time}


def times(folder: Path) -> dict[str, int]:
    files = (path for path in folder.rglob("*.*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in files}


def is_of_colors(picture: str, palette: str) -> bool:
    """Whether a picture has no other colours than a palette."""
    colors = {tuple(color) for color in kmc.Palette.load(palette).colors.tolist()}
    return {tuple(color) for color in kmc.histogram(picture).colors.tolist()} <= colors


@pytest.mark.parametrize(("theirs", "ours"), of_commands("pngquant"))
def test_pngquant(theirs: str, ours: str, workplace: Path) -> None:
    kmc.quantize("chart.png", 4, order="compact").save("small.png", level=9)  # nothing to gain
    kmc.fit("photo.png", 8).save("palette.png")
    code = 99 if "99-100" in ours else 0
    original, before = Path("photo.png").read_bytes(), times(workplace)
    if shutil.which("pngquant"):
        assert shell(theirs) == (98 if "--skip" in theirs else code)
        for name in made_since(workplace, before):
            assert "--map" not in theirs or is_of_colors(name, "palette.png")
            Path(name).unlink()
        Path("photo.png").write_bytes(original)
    before = times(workplace)
    assert shell(ours) == code
    made = made_since(workplace, before)
    assert len(made) == {0: 2 if "left.png" in ours else 1}.get(code, 0)
    for name in made:
        picture = kmc.open(name)
        colors = int(found[1]) if (found := re.search(r"-k (\d+)", ours)) else 256
        assert len(picture.palette) <= colors
        assert "--palette" not in ours or is_of_colors(name, "palette.png")
        assert "small" not in name or Path(name).read_bytes() == Path("small.png").read_bytes()
    assert ("photo.png" in made) == ("--suffix ''" in ours)
    assert ("photo.png" in made) == (Path("photo.png").read_bytes() != original)


@pytest.mark.parametrize(("theirs", "ours"), of_commands("imagemagick"))
def test_imagemagick(theirs: str, ours: str, workplace: Path) -> None:
    kmc.fit("photo.png", 8).save("palette.png")
    Path("small").mkdir()
    reads = re.search(r"(?:info|compare) ", ours)
    assert shell("kmc quantize photo.jpg -k 16 -o out.png") == 0
    error_of_theirs = None
    if command := magick(theirs):
        assert shell(command) in ((0, 1) if "compare" in theirs else (0,))
        if "+dither -colors 16 out.png" in theirs and "photo.jpg +" in theirs:
            error_of_theirs = mse(Image.open("out.png"), Image.open("photo.jpg"))
    if not reads:
        Path("out.png").unlink(missing_ok=True)
    shutil.rmtree("small")
    before = times(workplace)
    assert shell(ours) == 0
    made = made_since(workplace, before)
    assert bool(made) == (not reads and "kmc palette" not in ours)
    if error_of_theirs is not None:
        assert mse(Image.open("out.png"), Image.open("photo.jpg")) < error_of_theirs


def magick(command: str) -> str | None:
    """A command of ImageMagick 7, for the version that is installed."""
    if shutil.which("magick"):
        return command
    if not shutil.which("convert") or os.name != "posix":
        return None
    verb = command.split()[1]
    plain = command.removeprefix("magick ")
    return plain if verb in ("identify", "compare", "mogrify") else f"convert {plain}"


def test_the_number_of_rows() -> None:
    assert len(rows("pngquant", "Line by line")) == 15
    assert len(rows("imagemagick", "Line by line")) == 12
    assert len(rows("scikit-image", "MATLAB, line by line")) == 5


def test_blocks_are_found() -> None:
    for page in ("pillow", "scikit-learn", "scikit-image", "pngquant", "imagemagick"):
        assert blocks.blocks(PAGES / f"{page}.md")
