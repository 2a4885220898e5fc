"""
Each colour counts once
=======================

Reduces the set of a picture's distinct colours to seven, each counting once, and repaints it.

::

    python examples/distinct_colours.py [PICTURE]

The picture is shrunk to 700 pixels wide. The result goes into the working folder.
"""

import sys
from pathlib import Path

from PIL import Image, ImageOps

import kmc

SAMPLE = Path(__file__).resolve().with_name("balloons.jpg")
WIDTH, K = 700, 7


def main(path: Path) -> None:
    """Count, cluster, repaint, write, and compare the files."""
    with Image.open(path) as file:
        picture = ImageOps.exif_transpose(file).convert("RGB")
    picture.thumbnail((WIDTH, picture.height))
    histogram = kmc.histogram(picture)
    print(f"{picture.width} x {picture.height} pixels, {len(histogram)} distinct colours")

    result = kmc.quantize(picture, K, weights="uniform")  # "counts" would weigh them by pixels
    print(f"{len(result.palette)} colours, MSE {result.mse:.1f} a pixel")

    before = path.stat().st_size
    print(f"{path.name}: {before} bytes")
    for target in (Path(f"{path.stem}-{K}.kmc"), Path(f"{path.stem}-{K}.png")):
        result.save(target)
        after = target.stat().st_size
        print(f"{target.name}: {after} bytes, {100 * after / before:.1f} % of it")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SAMPLE)
