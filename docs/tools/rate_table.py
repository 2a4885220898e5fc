"""Measures the table of .kmc and JPEG in benchmarks.md: bits per pixel of files of one PSNR.

``python docs/tools/rate_table.py --images DIR``, a folder of photographs. Each is reduced to 16 to
256 colours. The JPEG file beside it is the one of the same PSNR, between the two nearest qualities;
where a picture has none, there is no figure.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).resolve().parents[2]))  # at the end: the installed kmc is first

import kmc
from bench import pictures
from bench.equal_psnr import jpeg, psnr_of
from kmc.formats.kmc.codec import encode

KS = (16, 32, 64, 128, 256)
QUALITIES = (5, 10, 15, 20, 30, 40, 50, 60, 70, 80, *range(85, 101))
SUBSAMPLINGS = {"4:4:4": 0, "4:2:0": 2}

Floats = NDArray[np.float64]


def measured(pixels: NDArray[np.uint8]) -> tuple[Floats, dict[str, Floats]]:
    """The PSNR at every k, and what each kind of file takes for it in bits a pixel, or NaN."""
    area = pixels.shape[0] * pixels.shape[1]
    results = [kmc.quantize(pixels, k) for k in KS]
    psnr = np.array([result.psnr for result in results])
    rates = {}
    sizes = [len(encode(result.indices, result.palette.colors)) for result in results]
    rates[".kmc"] = np.array(sizes) * 8 / area
    for name, subsampling in SUBSAMPLINGS.items():
        files = [jpeg(pixels, quality, subsampling) for quality in QUALITIES]
        reached = np.array([psnr_of(data, pixels) for data in files])
        bits = np.array([len(data) for data in files]) * 8 / area
        rates[f"JPEG {name}"] = np.interp(psnr, reached, bits, left=np.nan, right=np.nan)
    return psnr, rates


def main() -> None:
    """Print the means over all pictures of a folder, a row for each number of colours."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=Path, required=True, help="a folder of photographs")
    folder = parser.parse_args().images
    found = [measured(picture.pixels) for picture in pictures.load(folder)]
    psnr = np.mean([own for own, _ in found], axis=0)
    columns = [np.mean([own[name] for _, own in found], axis=0) for name in found[0][1]]
    print("| k | PSNR (dB) |", *(f"{name} |" for name in found[0][1]))
    print("|---" * (2 + len(columns)) + "|")
    for i, k in enumerate(KS):
        cells = ["–" if np.isnan(column[i]) else f"{column[i]:.3f}" for column in columns]
        print(f"| {k} | {psnr[i]:.2f} |", *(f"{cell} |" for cell in cells))


if __name__ == "__main__":
    main()
