"""Swatches: shares of the picture that is shown, hex codes, the order."""

from __future__ import annotations

import numpy as np
import pytest

import kmc
from kmc.colors.arrays import hex_codes
from kmc.display.swatches import swatches

pytestmark = pytest.mark.once


COLORS = np.array([[0], [100], [255]], np.uint8)


def test_the_largest_share_comes_first():
    shares = [(swatch.index, swatch.share) for swatch in swatches(COLORS, np.array([1, 2, 3]))]
    assert shares == [(2, 1 / 2), (1, 1 / 3), (0, 1 / 6)]


def test_shares_are_those_of_the_image_and_not_of_what_the_palette_was_fitted_to():
    palette = kmc.Palette(COLORS, counts=[1, 2, 3])
    image = kmc.IndexedImage(np.array([[1, 1, 1, 0]], np.uint8), palette, 0.0)
    page = image._repr_html_()
    codes = ("#646464<br>75.0 %", "#000000<br>25.0 %", "#ffffff<br>0.0 %")
    places = [page.index(code) for code in codes]
    assert places == sorted(places)
    assert "#ffffff<br>50.0 %" in palette._repr_html_()


def test_equal_shares_keep_the_palettes_order():
    for counts, expected in (([5, 6, 5], [1, 0, 2]), ([0, 0, 0], [0, 1, 2])):
        assert [swatch.index for swatch in swatches(COLORS, np.array(counts))] == expected


def test_shares_add_up(make_indexed):
    palette = make_indexed(200).palette
    found = swatches(palette.colors, palette.counts)
    assert sum(swatch.share for swatch in found) == pytest.approx(1)


def test_hex_codes():
    assert hex_codes(np.array([[0], [255]], np.uint8)) == ["#000000", "#ffffff"]
    assert hex_codes(np.array([[1, 2, 171]], np.uint8)) == ["#0102ab"]
    alpha = np.array([[1, 2, 3, 255], [1, 2, 3, 254], [0, 0, 0, 0]], np.uint8)
    assert hex_codes(alpha) == ["#010203", "#010203fe", "#00000000"]
