"""Bands of a picture, mapped one after the other, get the indices of the whole picture."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scenes import cutout, few, gradient, noise, photo, veil

from kmc import core
from kmc.clustering.options import checked_options
from kmc.clustering.problem import ClusteringProblem
from kmc.image_sets import colors_of_pixels
from kmc.mapping.bands import BAND_ROWS, BandMapper
from kmc.mapping.dithering import DITHERS, checked_dither
from kmc.mapping.remapping import map_labels

METHODS = [(None, 1.0), *((name, 1.0) for name in DITHERS), ("adaptive", 0.6), ("atkinson", 0.3)]


def pictures():
    """Pictures of all channels, with heights that bands end before, at and after."""
    steps = (np.arange(300)[:, None, None] // 7 + np.array((40, 60, 80))).astype(np.uint8)
    steps = np.repeat(steps, 60, axis=1)
    steps[100:140, 20:50] = 200
    return {
        "smooth": gradient(200, 90),
        "textured": photo(193, 75),
        "grey": np.ascontiguousarray(photo(129, 40)[:, :, 1:2]),
        "alpha": veil(180, 60),
        "cut out": cutout(150, 70),
        "noise": noise(70, 33),
        "narrow": gradient(321, 1),
        "one row": photo(1, 50),
        "steps": steps,
        "drawing": np.kron(few(20, 8, 30), np.ones((11, 13, 1), np.uint8)),
    }


def bands_of(pixels, mapper, heights):
    """The indices of bands of the heights given, in turn, and the sum of their errors."""
    begin, found, error = 0, [], 0.0
    for rows in itertools.cycle(heights):
        if begin >= len(pixels):
            return np.concatenate(found), error
        end = min(len(pixels), begin + rows)
        top = max(0, begin - mapper.margins.above)
        bottom = min(len(pixels), end + mapper.margins.below)
        found.append(mapper.map(pixels[top:bottom], begin - top, bottom - end))
        error += mapper.error(pixels[begin:end], found[-1])
        begin = end


@pytest.mark.parametrize("space", ["rgb", "oklab"])
@pytest.mark.parametrize(("method", "strength"), METHODS)
@pytest.mark.parametrize("name", pictures())
def test_bands_equal_the_whole_picture(name, method, strength, space):
    pixels = pictures()[name]
    dither = checked_dither(method, strength)
    given = colors_of_pixels(pixels, None, 1)
    for k, fixed in ((7, None), (40, [(9, 9, 9)])):
        if pixels.shape[2] == 1 and fixed:
            fixed = [(9,)]
        options = checked_options(k, {"space": space, "effort": "fast", "fixed": fixed})
        found = ClusteringProblem(given, options).solve(k)
        arguments = (found.colors, space, dither, 1)
        whole = map_labels(pixels, given.colors, found.labels, found.error, *arguments)
        mapper = BandMapper(given.colors, found.labels, *arguments)
        for heights in ((BAND_ROWS,), (3 * BAND_ROWS,), (2 * BAND_ROWS, BAND_ROWS)):
            indices, error = bands_of(pixels, mapper, heights)
            np.testing.assert_array_equal(indices, whole.indices)
            assert indices.dtype == whole.indices.dtype
            assert error == pytest.approx(whole.error, rel=1e-12)


def test_margins_are_no_larger_than_they_must_be():
    """Without them, indices of some picture change; and with fewer rows below."""
    begin, end, differs = BAND_ROWS, 2 * BAND_ROWS, np.zeros(2, bool)
    for seed in range(6):
        pixels = gradient(256, 300) // 2 + noise(256, 300, seed=seed) // 4
        given = colors_of_pixels(pixels, None, 1)
        found = ClusteringProblem(given, checked_options(5, {})).solve(5)
        dither = checked_dither("adaptive", 1.0)
        mapper = BandMapper(given.colors, found.labels, found.colors, "rgb", dither, 1)
        above, below = mapper.margins
        right = mapper.map(pixels[begin - above : end + below], above, below)
        less = mapper.map(pixels[begin - above : end + 1], above, 1)
        none = mapper.map(pixels[begin : end + below], 0, below)
        differs |= [(right != less).any(), (right != none).any()]
    assert differs.all()


def test_labels_check_what_they_are_given():
    colors, labels = np.zeros((1, 3), np.uint8), np.zeros(1, np.uint16)
    for wrong in (
        (colors, np.zeros(2, np.uint16), 1, 1),
        (colors[:0], labels[:0], 1, 1),
        (colors, labels + np.uint16(1), 1, 1),
        (colors, labels, 0, 1),
        (np.zeros((1, 2), np.uint8), labels, 1, 1),
    ):
        with pytest.raises(ValueError):
            core.colors.Labels(*wrong)
    known = core.colors.Labels(colors, labels, 300, 1)
    assert known.remap(np.zeros((2, 0, 3), np.uint8), 1).shape == (2, 0)
    assert known.remap(np.zeros((1, 2, 3), np.uint8), 1).dtype == np.uint16
    with pytest.raises(ValueError, match="fit together"):
        known.remap(np.zeros((1, 2, 4), np.uint8), 1)
