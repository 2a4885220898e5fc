"""
A function to copy
==================

A function for other scripts: a picture in a few colours, shown beside the original and written.

::

    python examples/compress_image.py [PICTURE]
"""

import os
import sys
import warnings
from pathlib import Path

import matplotlib.pyplot as plt

import kmc

SAMPLE = Path(__file__).resolve().with_name("balloons.jpg")


def compress_image(path: str | os.PathLike[str], k: int = 15) -> kmc.IndexedImage:
    """Reduce a picture to k colours, show both, and write the result to the working folder.

    It becomes ``compressed_image.png``, the smaller ``compressed_image.kmc`` and, for those who
    must have one, ``compressed_image.jpg``.
    """
    result = kmc.quantize(path, k, seed=0)  # the seed makes it the same on every run

    kmc.plot.side_by_side(path, result)
    plt.show()

    for name in ("compressed_image.png", "compressed_image.kmc", "compressed_image.jpg"):
        try:
            with warnings.catch_warnings(action="ignore", category=kmc.FormatWarning):
                result.save(name)  # what it warns of is printed below
        except kmc.ArgumentError as error:  # JPEG files have no transparent pixels
            print(error)
        else:
            n_colors, n_bytes = len(kmc.histogram(name)), Path(name).stat().st_size
            print(f"{name}: {n_colors} colours, {n_bytes} bytes")
    print("PNG and KMC keep every pixel and the palette. JPEG makes thousands of the few colours,")
    print("so that hardly a pixel is as it was, and the file is usually larger.")
    return result


if __name__ == "__main__":
    compress_image(sys.argv[1] if len(sys.argv) > 1 else SAMPLE)
