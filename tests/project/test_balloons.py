"""The sample picture is what the README says it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

import kmc

SAMPLE = Path(__file__).parents[2] / "examples" / "balloons.jpg"


def test_small_file_many_colours():
    assert SAMPLE.stat().st_size < 250_000
    with Image.open(SAMPLE) as picture:
        assert picture.size == (1200, 800)
    assert len(kmc.histogram(SAMPLE)) > 100_000


def test_sixteen_colours_serve_it_well(tmp_path):
    result = kmc.quantize(SAMPLE, 16)
    assert result.psnr > 26
    result.save(tmp_path / "balloons-16.png")
    np.testing.assert_array_equal(
        np.asarray(Image.open(tmp_path / "balloons-16.png")), result.indices
    )
