"""Swatches: shares of the picture that is shown, hex codes, the order."""

from __future__ import annotations

import numpy as np
import pytest

import kmc
from kmc.display.swatches import hex_codes, swatches

pytestmark = pytest.mark.once


def test_shares_are_those_of_the_image_and_not_of_what_the_palette_was_fitted_to():
    palette = kmc.Palette([[0], [100], [255]], counts=[1, 2, 3])
    image = kmc.IndexedImage(np.array([[1, 1, 1, 0]], np.uint8), palette, 0.0)
    assert [(s.index, s.share) for s in swatches(image)] == [(1, 0.75), (0, 0.25), (2, 0.0)]
    assert [(s.index, s.share) for s in swatches(palette)] == [(2, 1 / 2), (1, 1 / 3), (0, 1 / 6)]


def test_equal_shares_keep_the_palettes_order():
    palette = kmc.Palette([[9], [8], [7]], counts=[5, 6, 5])
    assert [swatch.index for swatch in swatches(palette)] == [1, 0, 2]
    assert [swatch.index for swatch in swatches(kmc.Palette([[9], [8], [7]]))] == [0, 1, 2]


def test_shares_add_up(make_indexed):
    assert sum(swatch.share for swatch in swatches(make_indexed(200))) == pytest.approx(1)


def test_hex_codes():
    assert hex_codes(np.array([[0], [255]], np.uint8)) == ["#000000", "#ffffff"]
    assert hex_codes(np.array([[1, 2, 171]], np.uint8)) == ["#0102ab"]
    alpha = np.array([[1, 2, 3, 255], [1, 2, 3, 254], [0, 0, 0, 0]], np.uint8)
    assert hex_codes(alpha) == ["#010203", "#010203fe", "#00000000"]


@pytest.mark.parametrize("source", [None, [[1, 2, 3]], "palette"])
def test_of_palettes_only(source):
    with pytest.raises(kmc.ArgumentTypeError, match="a Palette or an IndexedImage"):
        swatches(source)
