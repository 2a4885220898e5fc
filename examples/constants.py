"""
Textbook k-means
================

Textbook k-means: k colours from random pixels, and a fixed number of iterations.

::

    python examples/constants.py [PICTURE]

Reads ``image.jpg`` in the working folder, which becomes a copy of the sample if there is none, and
writes ``image_compressed.jpg`` beside it.
"""

import shutil
import sys
import warnings
from pathlib import Path

import kmc

IMAGE = Path("image.jpg")
K = 16
ITERS = 10

SAMPLE = Path(__file__).resolve().with_name("balloons.jpg")


def main(path: Path) -> None:
    """Fit, repaint, write."""
    picture = kmc.read(path, background="#fff")  # nothing is transparent in a JPEG file
    result = kmc.quantize(picture, K, init="random", max_iter=ITERS, tol=0)
    print(f"{result.n_iter} iterations, MSE {result.mse:.1f}, PSNR {result.psnr:.1f} dB")

    target = path.with_name(f"{path.stem}_compressed.jpg")
    with warnings.catch_warnings(action="ignore", category=kmc.FormatWarning):
        result.save(target)  # warns that JPEG makes new colours; a PNG would keep these
    print(f"{path}: {path.stat().st_size} bytes, {target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        IMAGE = Path(sys.argv[1])
    elif not IMAGE.exists():
        shutil.copy(SAMPLE, IMAGE)
    main(IMAGE)
