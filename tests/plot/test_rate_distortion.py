"""`kmc.plot.rate_distortion`: what is drawn, and what is refused."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from matplotlib.figure import Figure
from scenes import photo as scene

import kmc
from kmc.file_curve import FilePoint

pytestmark = pytest.mark.once

PHOTO = scene(48, 64, 3)
KS, LOSSES = [16, 4, 8, 32], [40, 0, 20]


def drawn(*arguments, **options):
    return kmc.plot.rate_distortion(*arguments, ax=Figure().add_subplot(), **options)


def lines(ax):
    return {line.get_label(): line.get_xydata() for line in ax.lines}


@pytest.mark.parametrize("format", ["png", "kmc"])
def test_each_line_is_a_loss(format):
    points = kmc.curve(PHOTO, KS, lossy=LOSSES, format=format)
    ax = drawn(PHOTO, KS, lossy=LOSSES, format=format)
    found = lines(ax)
    assert list(found) == ["envelope", "no loss", "lossy = 20", "lossy = 40"]
    for loss, label in ((0, "no loss"), (20, "lossy = 20"), (40, "lossy = 40")):
        own = sorted((p.n_bytes / 1000, p.psnr) for p in points if p.lossy == loss)
        np.testing.assert_allclose(found[label], own)
    assert ax.get_xlabel() == f".{format} file (kB)"
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.texts] == ["k = 4", "8", "16", "32"]
    again = lines(drawn(points))
    assert all(np.array_equal(again[label], found[label]) for label in found)


def test_the_envelope_is_the_upper_hull():
    """By brute force: no line between two points, as drawn, passes above one of it."""
    points = kmc.curve(PHOTO, [4, 6, 8, 12, 16, 24, 32], lossy=range(0, 61, 15), format="kmc")
    places = {(p.n_bytes / 1000, p.psnr) for p in points if p.is_efficient}

    def is_below(place):
        for first, second in itertools.combinations(sorted(places), 2):
            if first[0] < place[0] < second[0]:
                share = math.log(place[0] / first[0]) / math.log(second[0] / first[0])
                if first[1] + share * (second[1] - first[1]) >= place[1]:
                    return True
        return False

    expected = [place for place in sorted(places) if not is_below(place)]
    assert 2 < len(expected) < len(places)
    np.testing.assert_allclose(lines(drawn(points))["envelope"], expected)


def test_by_default():
    found = lines(drawn(PHOTO))
    assert list(found) == ["envelope", "no loss", "lossy = 15", "lossy = 30", "lossy = 45"]
    assert len(found["no loss"]) == 6


def test_few_points_of_many_are_labelled():
    ax = drawn(PHOTO, range(2, 23), lossy=[30])
    assert [text.get_text() for text in ax.texts] == ["k = 2", *map(str, range(5, 21, 3))]


def test_exact_files_are_marked():
    ramp = np.arange(64, dtype=np.uint8).reshape(8, 8)
    points = kmc.curve(ramp, [4, 16, 64, 99], format="png")
    ax = drawn(points)
    assert "exact" in [text.get_text() for text in ax.texts]
    assert len(lines(ax)["no loss"]) == 2
    assert ax.lines[-1].get_xdata()[0] == points[2].n_bytes / 1000
    assert lines(drawn(ramp, [64, 99], lossy=[0, 50]))["envelope"].size == 0


def test_points_of_equal_files_are_one_place():
    points = [FilePoint(4, n, 9.0, 38.6, 100, True) for n in (0, 10, 20)]
    assert lines(drawn(points))["envelope"].tolist() == [[0.1, 38.6]]


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ([PHOTO, [4]], {"lossy": [0]}, "two files or more"),
        ([PHOTO, [4, 8]], {"lossy": [30], "format": "webp"}, "lossy is for kmc"),
        ([PHOTO, [4, 512]], {}, "at most 256 colours in png, not 512"),
        ([kmc.curve(PHOTO, [4, 8])], {}, "have no bytes"),
        ([[PHOTO, PHOTO], [4, 8]], {}, "one image"),
        ([[]], {}, "two files or more"),
    ],
)
def test_what_is_wrong(arguments, options, words):
    with pytest.raises(kmc.ArgumentError, match=words):
        drawn(*arguments, **options)


@pytest.mark.parametrize(
    "options",
    [{"ks": [4, 8]}, {"lossy": [0]}, {"format": "png"}, {"seed": 4}, {"fixed": None}],
)
def test_points_are_done(options):
    points = kmc.curve(PHOTO, [4, 8], format="png")
    with pytest.raises(kmc.ArgumentError, match=f"{next(iter(options))} is for a picture"):
        drawn(points, **options)
