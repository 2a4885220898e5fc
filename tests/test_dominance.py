"""The dominant colours, compared with plain counts and means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import PICTURES, noise, photo

import kmc

RED, BLUE, WHITE = (200, 0, 0), (0, 0, 200), (255, 255, 255)


def flag_of(*stripes, width=10):
    """Stripes of a color with so many rows each."""
    return np.concatenate([np.full((rows, width, len(c)), c, np.uint8) for c, rows in stripes])


@given(PICTURES, st.integers(1, 9))
def test_the_palette_by_share(picture, n):
    found = kmc.dominant_colors(picture, n)
    palette = kmc.fit(picture, n)
    assert len(found) == (palette.counts > 0).sum()
    assert sum(share for _, share in found) == pytest.approx(1)
    shares = [share for _, share in found]
    assert shares == sorted(shares, reverse=True)
    channels = max(palette.colors.shape[1], 3)
    rows = palette.colors if palette.colors.shape[1] > 1 else palette.colors.repeat(3, axis=1)
    expected = dict(
        zip(map(tuple, rows.tolist()), palette.counts / palette.counts.sum(), strict=True)
    )
    assert all(len(color) == channels and expected[color] == share for color, share in found)


def test_plain_counts():
    picture = flag_of((WHITE, 5), (RED, 3), (BLUE, 2))
    assert kmc.dominant_colors(picture) == [(WHITE, 0.5), (RED, 0.3), (BLUE, 0.2)]
    assert kmc.dominant_colors([picture, picture]) == kmc.dominant_colors(picture)
    assert kmc.dominant_colors(kmc.histogram(picture)) == kmc.dominant_colors(picture)
    assert kmc.dominant_colors(picture[..., 0]) == [
        ((255,) * 3, 0.5),
        ((200,) * 3, 0.3),
        ((0,) * 3, 0.2),
    ]
    ((color, share),) = kmc.dominant_colors(picture, 1)
    assert type(color) is tuple and type(color[0]) is int and type(share) is float


def test_white_backgrounds():
    picture = flag_of(((250, 255, 251), 5), ((249, 255, 255), 3), (BLUE, 1))
    found = kmc.dominant_colors(picture, ignore="white")
    assert found == [((249, 255, 255), 0.75), (BLUE, 0.25)]
    assert kmc.dominant_colors(flag_of((WHITE, 3)), ignore=["white"]) == []
    soft = flag_of(((255, 255, 255, 100), 1), ((255, 255, 255, 255), 1))
    assert kmc.dominant_colors(soft, ignore="white") == [((255, 255, 255, 100), 1.0)]


def test_transparent_backgrounds():
    picture = flag_of(((9, 9, 9, 0), 90), ((*RED, 255), 2), ((*BLUE, 255), 1), ((*BLUE, 51), 5))
    assert len(kmc.dominant_colors(picture)) == 4
    found = kmc.dominant_colors(picture, ignore="transparent")
    assert found == [(RED, 0.5), (BLUE, 0.5)] or found == [(BLUE, 0.5), (RED, 0.5)]
    assert kmc.dominant_colors(picture[:50], ignore="transparent") == []
    white = flag_of(((*WHITE, 255), 7), ((*WHITE, 0), 7), ((*RED, 255), 1))
    assert kmc.dominant_colors(white, ignore=("white", "transparent")) == [(RED, 1.0)]


@given(PICTURES)
def test_what_is_opaque_anyway(picture):
    if picture.shape[-1] == 3 and picture.ndim == 3:
        opaque = np.insert(picture, 3, 255, axis=2)
        found = kmc.dominant_colors(opaque, 4, ignore="transparent")
        assert found == kmc.dominant_colors(picture, 4)


def test_lookalikes_are_merged():
    picture = flag_of((RED, 3), ((204, 0, 0), 1), (BLUE, 6))
    assert len(kmc.dominant_colors(picture)) == 3
    assert kmc.dominant_colors(picture, merge=5) == [(BLUE, 0.6), ((201, 0, 0), 0.4)]
    assert len(kmc.dominant_colors(picture, merge=0.1)) == 3
    assert len(kmc.dominant_colors(picture, merge=1000)) == 1
    soft = flag_of(((255, 0, 0, 255), 1), ((0, 0, 0, 0), 1))
    assert kmc.dominant_colors(soft, merge=1000) == [((255, 0, 0, 128), 1.0)]


def test_edges_do_not_take_the_place_of_main_colours():
    brand = [(228, 0, 43), (0, 51, 160), (0, 132, 61), (4, 4, 4)]
    edges = [
        (tuple((level * share + 255 * (8 - share)) // 8 for level in color), 4)
        for color in brand
        for share in range(1, 8)
    ]
    main = [(color, 100 - 10 * i) for i, color in enumerate(brand)]
    picture = flag_of(((255, 255, 255), 1000), *main, *edges)
    for n in (1, 2, 3, 4):
        found = kmc.dominant_colors(picture, n, merge=10, ignore="white")
        assert len(found) == n
        for (color, share), (expected, _) in zip(found, main, strict=False):
            assert np.abs(np.subtract(color, expected)).max() <= 12
            assert share < 0.4
    assert len(kmc.dominant_colors(picture, 2, merge=1000, ignore="white")) == 1


@pytest.mark.parametrize("seed", range(4))
def test_no_two_are_alike(seed):
    picture, merge = photo(30, 40, seed), 25
    found = kmc.dominant_colors(picture, 30, merge=merge)
    assert 1 < len(found) < 30
    assert sum(share for _, share in found) == pytest.approx(1)
    pairs = np.array([[color] for color, _ in found], np.uint8)
    lab = lab_of(pairs[:, 0])
    apart = np.sqrt(np.square(lab[:, None] - lab).sum(axis=2))
    assert (apart + 1000 * np.eye(len(lab)) >= merge - 0.1).all()
    mean = sum(np.array(color) * share for color, share in found)
    np.testing.assert_allclose(mean, picture.reshape(-1, 3).mean(axis=0), atol=1.5)


def lab_of(colors):
    """CIE Lab under D65 by the textbook."""
    values = colors / 255
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    matrix = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    xyz = light @ matrix.T / matrix.sum(axis=1)
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * 841 / 108 + 4 / 29)
    return np.stack(
        (116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])), axis=1
    )


def test_large_weights_stay_within_limits():
    huge = kmc.Histogram([[0, 0, 0, 255], [9, 9, 9, 254]], [2**26, 2**25])
    (first, share), (second, _) = kmc.dominant_colors(huge, 2, ignore="transparent")
    assert (first, second) == ((0, 0, 0), (9, 9, 9))
    assert share == pytest.approx(255 * 2 / (255 * 2 + 254))
    beyond = kmc.Histogram([[0, 0, 0, 64], [9, 9, 9, 1], [9, 9, 99, 1]], [2**58, 2, 1])
    for ignore in ("transparent", ()):
        with pytest.raises(kmc.ArgumentError, match="at most 8589934592 pixels"):
            kmc.dominant_colors(beyond, 2, ignore=ignore)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n": 0}, kmc.ArgumentError, "n must be 1 to 256, not 0"),
        ({"n": 257}, kmc.ArgumentError, "n must be 1 to 256"),
        ({"merge": -1}, kmc.ArgumentError, "merge must be 0 or more"),
        ({"merge": "much"}, kmc.ArgumentTypeError, "merge must be a number"),
        ({"ignore": "black"}, kmc.ArgumentError, "ignore must be one of white, transparent"),
        ({"ignore": None}, kmc.ArgumentTypeError, "ignore must be white, transparent or both"),
        ({"ignore": [7]}, kmc.ArgumentTypeError, "ignore must be one of"),
        ({"space": "hsv"}, kmc.ArgumentError, "space"),
        ({"psnr": 30}, TypeError, "unexpected keyword argument 'psnr'"),
    ],
)
def test_options_are_checked(options, error, message):
    with pytest.raises(error, match=message):
        kmc.dominant_colors(noise(4, 4), **options)
