"""Error diffusion of very wide pictures, which are cut into columns."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from processes import interrupted_after
from scenes import of_kind as few

import kmc

COLUMN, MARGIN = 1 << 16, 32

# How much memory error diffusion takes on top, of a picture of two million columns and one row.
MEASURE = """
import resource, numpy as np, kmc
palette = kmc.Palette(np.arange(16)[:, None] * 16)
pixels = np.resize(np.arange(256, dtype=np.uint8), (1, 2_000_000))
palette.remap(pixels[:, :4096], dither="atkinson")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
palette.remap(pixels, dither="atkinson", threads=1)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def columns(width: int) -> list[NDArray[np.intp]]:
    """The pixels of each column, those of its margins among them; beyond the picture the last."""
    least = -(-width // COLUMN)
    own = -(-width // least) + 3 & ~3
    return [
        np.arange(left - MARGIN, left + own + MARGIN).clip(0, width - 1)
        for left in range(0, width, own)
    ]


@pytest.mark.parametrize("kind", ["grey", "rgb", "rgba"])
@pytest.mark.parametrize("dither", ["floyd-steinberg", "atkinson"])
@pytest.mark.parametrize(("height", "width"), [(1, 65536), (1, 65537), (40, 65540), (2, 200_003)])
def test_a_column_is_dithered_like_a_picture(
    kind: str, dither: kmc.DitherName, height: int, width: int
) -> None:
    pixels, palette = few(kind, (height, width)), kmc.fit(few(kind), 12, effort="fast")
    made = palette.remap(pixels, dither=dither, threads=1)
    expected: Any = [palette.remap(pixels, dither=dither).indices]
    if width > COLUMN:
        parts = [palette.remap(pixels[:, own], dither=dither).indices for own in columns(width)]
        expected = [part[:, MARGIN:-MARGIN] for part in parts]
    np.testing.assert_array_equal(made.indices, np.concatenate(expected, axis=1)[:, :width])
    several = palette.remap(pixels, dither=dither, threads=3)
    np.testing.assert_array_equal(several.indices, made.indices)
    assert several.mse == made.mse
    if kind != "rgba":
        off = pixels - palette.colors[made.indices].astype(np.int64)
        assert made.mse == np.square(off).sum() / (height * width)


def test_memory_does_not_grow_with_the_width() -> None:
    if sys.platform.startswith("linux"):
        told = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, check=True)
        assert int(told.stdout) < 40_000  # kilobytes; it was 470 000


@pytest.mark.parametrize("kind", ["rgb", "rgba"])
def test_ctrl_c_stops_a_long_row(kind: str) -> None:
    pixels = np.tile(few(kind, (1, 10_000)), (1, 2000, 1))
    palette = kmc.fit(few(kind), 200, effort="fast")

    def remap() -> None:
        palette.remap(pixels, dither="atkinson", threads=1)

    assert interrupted_after(remap) < 0.5
