"""Settings of sphinx-gallery: the scripts in ``examples/``, with the pictures that they write."""

from __future__ import annotations

import builtins
import shutil
from pathlib import Path
from typing import Any

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
HEADER = """Gallery
=======

Scripts to start from. Each page ends with links that download its script, which reads the picture
:download:`balloons.jpg </_generated/examples/balloons.jpg>` in its own folder.
"""
# The scripts in the order of the gallery, and which of its figures stands for each.
THUMBNAILS = {
    "dithering": 2,
    "well_known_palettes": 3,
    "dominant_colours": 1,
    "shared_palette": 1,
    "importance": 2,
    "transparency": 3,
    "targets": 4,
    "loss": 4,
    "colour_spaces": 4,
    "compress_image": 3,
    "distinct_colours": 1,
    "scikit_learn": 2,
    "many_machines": 1,
    "constants": 2,
    "lesson": 3,
}


class Position:
    """Sorts the scripts of the gallery."""

    def __init__(self, _: Any) -> None: ...

    def __repr__(self) -> str:  # without an address, or every page would look changed
        return "Position"

    def __call__(self, name: str) -> int:
        return list(THUMBNAILS).index(Path(name).stem)


class WrittenPictures:
    """Shows the pictures that a block has written into the working folder, pixel for pixel."""

    def __repr__(self) -> str:  # without an address, or every example would look changed
        return "WrittenPictures"

    def __call__(self, _: Any, variables: dict[str, Any], conf: dict[str, Any]) -> str:
        folder = Path(variables["src_file"]).parent
        shown = []
        written = sorted(folder.glob("*.*"), key=lambda path: path.stat().st_mtime_ns)
        folders = [path for path in folder.iterdir() if path.is_dir()]
        for steps in folders:  # of figures of single steps, the first and the last
            figures = sorted(steps.glob("*.png"))
            written += figures[:1] + figures[-1:]
        for path in written:
            if path.suffix in {".png", ".jpg"} and path != folder / "balloons.jpg":
                target = Path(next(variables["image_path_iterator"]))
                with Image.open(path) as picture:
                    picture.save(target)
                shown.append((path.relative_to(folder).as_posix(), target))
                path.unlink()
        for steps in folders:
            shutil.rmtree(steps)
        return _row(shown, Path(conf["src_dir"])) if shown else ""


def _row(shown: list[tuple[str, Path]], source: Path) -> str:
    """The pictures side by side with their names, as on the other pages."""
    lines = ["", ".. container:: pictures", ""]
    for name, path in shown:
        uri = path.relative_to(source).as_posix()
        lines += ["   .. container:: picture", "", f"      .. image:: /{uri}"]
        lines += [f"         :alt: {name}", "", f"      {name}", ""]
    return "\n".join(lines) + "\n"


def copy_examples(folder: Path) -> None:
    """Copy the scripts and their picture to where they may write."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in (ROOT / "examples").glob("*.py"):
        if not path.name.startswith("make_"):
            copy = Path(shutil.copy2(path, folder))
            with copy.open("a", encoding="utf-8") as file:
                file.write(f"\n# sphinx_gallery_thumbnail_number = {THUMBNAILS[path.stem]}\n")
    shutil.copy2(ROOT / "examples" / "balloons.jpg", folder)
    # sphinx-gallery runs scripts without their __file__, beside which they look for the picture.
    builtins.__file__ = str(folder / "a script")
    (folder / "GALLERY_HEADER.rst").write_text(HEADER, encoding="utf-8")
