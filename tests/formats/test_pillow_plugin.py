"""Pillow opens and saves .kmc files once kmc has been imported, before it or after."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

import kmc
from kmc.formats.kmc.container import chunk, read_chunks


def saved(picture: Image.Image, **params: object) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "KMC", **params)
    file.seek(0)
    return Image.open(file)


def noisy(mode: str, levels: int) -> Image.Image:
    random = np.random.default_rng(1)
    channels = len(Image.new(mode, (1, 1)).getbands())
    pixels = random.integers(0, levels, (20, 30, channels), np.uint8) * (255 // (levels - 1))
    return Image.fromarray(pixels.squeeze(), mode)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_pictures_of_few_colors(mode: str) -> None:
    picture = noisy(mode, 3)
    again = saved(picture)
    assert again.format == "KMC"
    assert again.get_format_mimetype() == "image/x-kmc"
    assert again.size == picture.size
    assert again.mode == ("L" if mode == "L" else "P")
    assert again.convert(mode).tobytes() == picture.tobytes()


def test_bilevel() -> None:
    picture = noisy("L", 2).convert("1")
    assert saved(picture).convert("1").tobytes() == picture.tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_more_colors_than_a_palette_holds(mode: str) -> None:
    picture = noisy(mode, 256)
    again = saved(picture)
    assert again.mode == mode
    assert again.tobytes() == picture.tobytes()


def test_palettes_stay_as_they_are() -> None:
    picture = Image.new("P", (3, 2))
    picture.putpalette([9, 9, 9, 1, 2, 3, 9, 9, 9, 4, 5, 6])
    picture.putdata([0, 1, 2, 2, 1, 1])
    again = saved(picture, level=9)
    assert again.getpalette() == [9, 9, 9, 1, 2, 3, 9, 9, 9, 4, 5, 6]
    assert again.tobytes() == picture.tobytes()


@pytest.mark.parametrize("key", [1, b"\xff\x00\x7f"])
def test_transparent_entries(key: int | bytes) -> None:
    picture = Image.new("P", (3, 1))
    picture.putpalette([9, 9, 9, 1, 2, 3, 8, 9, 9])
    picture.putdata([0, 1, 2])
    picture.info["transparency"] = key
    again = saved(picture)
    assert again.convert("RGBA").tobytes() == picture.convert("RGBA").tobytes()


def test_a_color_key() -> None:
    picture = noisy("RGB", 2)
    picture.info["transparency"] = (255, 255, 255)
    assert saved(picture).convert("RGBA").tobytes() == picture.convert("RGBA").tobytes()


def test_metadata() -> None:
    exif = Image.Exif()
    exif[271] = "a maker"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told = {"icc_profile": profile, "dpi": (300, 72), "xmp": b"<x/>", "exif": exif.tobytes()}
    again = saved(noisy("RGB", 2), **told)
    assert {name: again.info[name] for name in told} == told
    assert again.getexif()[271] == "a maker"
    once_more = saved(again)
    assert {name: once_more.info[name] for name in told} == told
    assert kmc.read(again).metadata == kmc.Metadata(
        profile, (300.0, 72.0), exif.tobytes()[6:], b"<x/>"
    )


def test_too_many_colors_and_other_modes() -> None:
    random = np.random.default_rng(1)
    many = Image.fromarray(random.integers(0, 256, (300, 300, 3), np.uint8))
    with pytest.raises(kmc.ArgumentError, match="colours, and a palette at most 65536"):
        saved(many)
    with pytest.raises(kmc.ArgumentError, match="mode CMYK is not written"):
        saved(Image.new("CMYK", (2, 2)))


def test_damaged_files(tmp_path: Path) -> None:
    file = io.BytesIO()
    noisy("RGB", 3).save(file, "KMC")
    path = tmp_path / "cut.kmc"
    path.write_bytes(file.getvalue()[:-3])
    with pytest.raises(kmc.FormatError, match=r"cut\.kmc: cut short"):
        Image.open(path)
    path.write_bytes(b"something else")
    with pytest.raises(OSError, match="cannot identify image file"):
        Image.open(path)


def test_errors_name_the_file(tmp_path: Path) -> None:
    file = io.BytesIO()
    noisy("RGB", 3).save(file, "KMC")
    chunks = list(read_chunks(file.getvalue(), ""))
    start, end = chunks[-1].at, len(file.getvalue()) - 1
    path = tmp_path / "no_band.kmc"
    path.write_bytes(file.getvalue()[:start] + file.getvalue()[end:])
    with (
        Image.open(path) as picture,
        pytest.raises(kmc.FormatError, match=r"no_band\.kmc: has no band"),
    ):
        picture.load()
    bad = file.getvalue()[:end] + chunk(b"d", b"") + file.getvalue()[end:]
    with pytest.raises(kmc.FormatError, match=r"^the file object given: chunk b'd'"):
        Image.open(io.BytesIO(bad))


def test_metadata_however_well_it_is_compressed() -> None:
    assert saved(Image.new("L", (1, 1)), xmp=bytes(20_000_000)).info["xmp"] == bytes(20_000_000)


def test_exif_as_pillow_holds_it() -> None:
    exif = Image.Exif()
    exif[271] = "a maker"
    assert saved(noisy("RGB", 2), exif=exif).getexif()[271] == "a maker"


def test_files_are_closed_and_may_be_opened_again(tmp_path: Path) -> None:
    picture, path = noisy("RGB", 3), tmp_path / "a.kmc"
    picture.save(path)
    with Image.open(path) as again:
        assert again.convert("RGB").tobytes() == picture.tobytes()
        assert again.convert("RGB").tobytes() == picture.tobytes()
        assert again.copy().tobytes() == again.tobytes()
    path.unlink()


def test_kmc_reads_what_it_writes(tmp_path: Path) -> None:
    result = kmc.quantize(np.asarray(noisy("RGB", 256)), 300)
    result.save(tmp_path / "a.kmc")
    assert np.array_equal(kmc.read(tmp_path / "a.kmc").pixels, np.asarray(result))
    assert kmc.quantize(tmp_path / "a.kmc", 300).mse == 0


@pytest.mark.parametrize(
    "imports",
    [
        "import kmc; from PIL import Image",
        "from PIL import Image; import kmc",
        "import PIL, kmc",
        "import sys; sys.argv[0] = 'kmc'; from kmc.cli.main import main; main(['info', 'a.kmc'])",
    ],
)
def test_either_may_be_imported_first(imports: str, tmp_path: Path) -> None:
    noisy("RGB", 3).save(tmp_path / "a.kmc")
    use = "import PIL.Image; PIL.Image.open('a.kmc').save('b.kmc')"
    code = f"{imports}; {use}"
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True)
    assert (tmp_path / "a.kmc").read_bytes() == (tmp_path / "b.kmc").read_bytes()


@pytest.mark.parametrize("module", ["package", "package.part", "script"])
def test_other_programs_have_it_too(module: str, tmp_path: Path) -> None:
    """Also those that `python -m` starts: sys.argv does not name them while they are imported."""
    noisy("RGB", 3).save(tmp_path / "a.kmc")
    use = "import kmc, PIL.Image; PIL.Image.open('a.kmc').load()"
    (tmp_path / "package").mkdir()
    for name in ("package/__init__.py", "package/__main__.py", "package/part.py", "script.py"):
        (tmp_path / name).write_text(use)
    command = [sys.executable, "-m", module, "kmc", "-m"]
    environment = {**os.environ, "PYTHONSAFEPATH": ""}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
