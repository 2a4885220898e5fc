"""Makes rate.png: bits a pixel against PSNR, of .kmc files and of JPEG.

``python docs/make_rate_figure.py --images DIR``, a folder of photographs; needs kmc and matplotlib.
Each is reduced to 16 to 256 colours. The JPEG beside it is the one of the same PSNR, between the
two nearest qualities; where a picture has none, the curve ends.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))  # at the end: the installed kmc comes before the checkout's

import kmc  # noqa: E402
from bench import pictures  # noqa: E402
from bench.equal_psnr import jpeg, psnr_of  # noqa: E402
from kmc.formats.kmc.codec import encode  # noqa: E402

KS = (16, 32, 64, 128, 256)
QUALITIES = (5, 10, 15, 20, 30, 40, 50, 60, 70, 80, *range(85, 101))
SUBSAMPLINGS = {"4:4:4": 0, "4:2:0": 2}
# Of Okabe and Ito's palette (the purple darker), which every kind of colour vision can tell apart;
# lines and marks differ as well.
BLUE, VERMILION, PURPLE = "#0072b2", "#d55e00", "#a04f80"
INK, FAINT = "#333333", "#dddddd"

Floats = NDArray[np.float64]
Look = tuple[str, str, str, tuple[int, int], Literal["left", "right"]]


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


def note(
    axes: Axes,
    text: str,
    place: tuple[float, float],
    offset: tuple[int, int],
    side: Literal["left", "right"],
    color: str | None = None,
) -> None:
    """Write beside a point, a name in its colour."""
    axes.annotate(
        text,
        place,
        xytext=offset,
        textcoords="offset points",
        ha=side,
        color=color or INK,
        weight="bold" if color else "normal",
        size=9 if color else 8,
    )


def draw(axes: Axes, psnr: Floats, rates: dict[str, Floats]) -> None:
    """A curve for each kind of file, with its name beside it, and k at the points of ours."""
    looks: dict[str, Look] = {
        ".kmc": (BLUE, "-", "o", (-9, 6), "right"),
        "JPEG 4:4:4": (VERMILION, "-", "s", (8, -4), "left"),
        "JPEG 4:2:0": (PURPLE, "--", "^", (9, -8), "left"),
    }
    for name, (color, line, marker, offset, side) in looks.items():
        axes.plot(rates[name], psnr, line, marker=marker, ms=5, lw=1.8, color=color)
        last = np.flatnonzero(np.isfinite(rates[name]))[-1]
        note(axes, name, (rates[name][last], psnr[last]), offset, side, color)
    for i, k in enumerate(KS):
        x = rates[".kmc"][i]
        right = x > np.nanmax([rates[name][i] for name in looks if name != ".kmc"])
        note(axes, f"k = {k}", (x, psnr[i]), *(((8, -9), "left") if right else ((-9, -7), "right")))
    axes.set_xlabel("bits a pixel")
    axes.set_ylabel("PSNR (dB)")
    axes.set_xlim(0, None)
    axes.margins(y=0.08)
    axes.grid(color=FAINT, lw=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def save(found: list[tuple[Floats, dict[str, Floats]]], path: Path) -> None:
    """Print the means over all pictures, and draw them."""
    psnr = np.mean([own for own, _ in found], axis=0)
    rates = {name: np.mean([own[name] for _, own in found], axis=0) for name in found[0][1]}
    for name, values in {"PSNR": psnr, **rates}.items():
        print(f"{name:10}", *(f"{value:7.3f}" for value in values))
    mpl.rcParams |= {"font.size": 9, "axes.edgecolor": INK, "text.color": INK}
    figure, axes = plt.subplots(figsize=(6.2, 3.8), layout="constrained")
    draw(axes, psnr, rates)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Measure the pictures of a folder and draw their means."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--images", type=Path, required=True, help="a folder of photographs")
    folder = parser.parse_args().images
    save([measured(picture.pixels) for picture in pictures.load(folder)], HERE / "rate.png")


if __name__ == "__main__":
    main()
