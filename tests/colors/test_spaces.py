"""Where colours lie in each space: against floats, and against the engine's integers in NumPy."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import numpy as np
import pytest
import reference_kmeans as reference
from engine import ways
from scenes import NAMED, noise, scattered

import kmc
from kmc import core
from kmc.colors.space_definitions import (
    DEFINITIONS,
    ROOTS,
    cube_roots,
    light_of_levels,
    mixing_table,
    nearest_root,
)
from kmc.colors.spaces import SPACES, coordinates, to_colors, to_rounded_colors

CURVED = ("oklab", "lab")


def some_colors(n: int, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Colours without a pattern, the corners of the cube and near-black among them."""
    colors = scattered((n, channels), 256, seed).astype(np.uint8)
    colors[: n // 8] = colors[: n // 8] // 128 * 255
    colors[n // 8 : n // 4] //= 64
    return colors


# ---- in floats, from the papers ------------------------------------------------------------------


def light(levels_: np.ndarray) -> np.ndarray:
    value = levels_ / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def linear(colors: np.ndarray) -> np.ndarray:
    return 255 * light(colors)


def oklab(colors: np.ndarray) -> np.ndarray:
    cones = light(colors) @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    axes = np.cbrt(cones) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )
    return 255 * axes + [0, 128, 128]


def lab(colors: np.ndarray) -> np.ndarray:
    to_xyz = np.array(
        [[0.4124, 0.2126, 0.0193], [0.3576, 0.7152, 0.1192], [0.1805, 0.0722, 0.9505]]
    )
    x, y, z = (light(colors) @ to_xyz / to_xyz.sum(axis=0)).T
    fx, fy, fz = (
        np.where(t > (6 / 29) ** 3, np.cbrt(t), t * 841 / 108 + 4 / 29) for t in (x, y, z)
    )
    return np.stack((116 * fy - 16, 500 * (fx - fy) + 128, 200 * (fy - fz) + 128), axis=-1)


IN_FLOATS = {"rgb": lambda colors: colors * 1.0, "linear": linear, "oklab": oklab, "lab": lab}


@pytest.mark.parametrize("space", SPACES)
def test_coordinates_are_those_of_the_papers(space):
    colors = some_colors(20000)
    found = coordinates(colors, space)
    assert found.dtype == np.int16
    assert found.min() >= 0
    assert found.max() <= 16383
    assert (found[:, 3] == 0).all()
    assert np.abs(found[:, :3] - 64 * IN_FLOATS[space](colors)).max() < 0.53


@pytest.mark.parametrize("space", SPACES)
def test_all_corners_and_greys_are_in_range(space):
    corners = np.stack(np.meshgrid(*3 * [[0, 255]]), axis=-1).reshape(-1, 3).astype(np.uint8)
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    for colors in (corners, greys):
        found = coordinates(colors, space)
        assert np.abs(found[:, :3] - 64 * IN_FLOATS[space](colors)).max() < 0.53


def test_the_primaries_in_lab_are_those_of_the_literature():
    expected = {  # sRGB under D65, as in B. Lindbloom's calculator
        (255, 0, 0): (53.24, 80.09, 67.20),
        (0, 255, 0): (87.73, -86.18, 83.18),
        (0, 0, 255): (32.30, 79.19, -107.86),
        (255, 255, 255): (100, 0, 0),
        (0, 0, 0): (0, 0, 0),
    }
    found = coordinates(np.array([*expected], np.uint8), "lab")[:, :3] / 64
    assert np.abs(found - np.array([*expected.values()]) - (0, 128, 128)).max() < 0.05


# ---- in the engine's integers --------------------------------------------------------------------


def root(x: int) -> int:
    halvings = 0
    while x < 128 << 20:
        x, halvings = x << 3, halvings + 1
    low, high = (int(cube_roots()[(x >> 20) - ROOTS[0] + i]) for i in (0, 1))
    return (low + ((high - low) * (x & 0xFFFFF) >> 20)) >> halvings


def response(space: str, x: int) -> int:
    if not DEFINITIONS[space].root:
        return x >> 6
    if not DEFINITIONS[space].toe:
        return root(x) if x else 0
    if x <= (1 << 30) * 216 // 24389:
        return (x * ((1 << 24) * 841 // 108) >> 30) + (1 << 24) * 4 // 29
    return root(x)


def twin(colors: np.ndarray, space: str) -> list[list[int]]:
    """The coordinates of opaque colours, one at a time."""
    if space == "rgb":
        return (64 * colors.astype(int)).tolist()
    definition, mix = DEFINITIONS[space], mixing_table(DEFINITIONS[space]).tolist()
    rows = [[round(value * (64 << 16)) for value in row] for row in definition.axes]
    found = []
    for color in colors.tolist():
        lights = [sum(mix[c][color[c]][i] for c in range(3)) for i in range(3)]
        out = [response(space, x) for x in lights]
        found.append(
            [
                (sum(r * x for r, x in zip(row, out, strict=True)) + (128 * at + 1 << 39)) >> 40
                for row, at in zip(rows, definition.offset, strict=True)
            ]
        )
    return found


@pytest.mark.parametrize("space", SPACES)
def test_coordinates_are_those_of_plain_integers(space):
    colors = some_colors(3000)
    assert coordinates(colors, space)[:, :3].tolist() == twin(colors, space)


@pytest.mark.parametrize("space", SPACES)
def test_squared_distances_are_the_mean_over_black_and_over_white(space):
    """Of colours as the space sees them, mixed with black or white there."""
    pairs = some_colors(2000, 8)
    found = [coordinates(colors, space).astype(float) for colors in (pairs[:, :4], pairs[:, 4:])]
    seen = []
    for background in (0, 255):
        behind = coordinates(np.full((1, 3), background, np.uint8), space)
        for colors in (pairs[:, :4], pairs[:, 4:]):
            opacity = colors[:, 3:] / 255
            opaque = coordinates(colors[:, :3], space)
            seen.append(opaque * opacity + behind * (1 - opacity))
    expected = (np.square(seen[0] - seen[1]) + np.square(seen[2] - seen[3])).sum(axis=1) / 2
    distance = np.sqrt(np.square(found[0] - found[1]).sum(axis=1))
    np.testing.assert_allclose(distance, np.sqrt(expected), atol=2)


@pytest.mark.parametrize("space", SPACES)
def test_alpha_draws_towards_grey_and_counts_itself(space):
    colors = some_colors(2000, 4)
    colors[::5, 3], colors[1::5, 3] = 0, 255
    black, white = coordinates(np.array([[0, 0, 0], [255, 255, 255]], np.uint8), space)[:, :3]
    opaque = coordinates(colors[:, :3], space)[:, :3].astype(int)
    alpha = colors[:, 3:].astype(int)
    middle = (black.astype(int) + white) // 2
    drawn = (opaque * alpha + middle * (255 - alpha) + 127) // 255
    depth = round(np.linalg.norm(white.astype(int) - black) / 2)
    clear = (depth * (255 - alpha) + 127) // 255
    np.testing.assert_array_equal(coordinates(colors, space), np.hstack((drawn, clear)))
    assert len(np.unique(coordinates(colors[::5], space), axis=0)) == 1
    np.testing.assert_array_equal(coordinates(colors[1::5], space)[:, :3], opaque[1::5])


@pytest.mark.parametrize("space", SPACES)
def test_grey_has_the_lightness_of_the_same_grey_in_rgb(space):
    grey = np.arange(256, dtype=np.uint8)[:, None]
    found = coordinates(grey, space)
    assert (found[:, 1:] == 0).all()
    assert (np.diff(found[:, 0]) > 0).all()
    rgb = coordinates(np.repeat(grey, 3, axis=1), space)
    np.testing.assert_array_equal(found[:, 0], rgb[:, 0])
    if space in CURVED:
        assert (rgb[:, 1:3] == 128 * 64).all()


@pytest.mark.parametrize("space", SPACES)
def test_coordinates_are_the_same_in_every_way(space):
    colors = some_colors(70_000, 4)
    expected = coordinates(colors, space)
    for _, threads in ways():
        np.testing.assert_array_equal(coordinates(colors, space, threads), expected)
    assert coordinates(colors[:0], space).shape == (0, 4)


def test_the_tables_never_change():
    found = hashlib.sha256()
    for space in DEFINITIONS.values():
        found.update(mixing_table(space).astype("<u4").tobytes())
    found.update(cube_roots().astype("<u4").tobytes())
    assert found.hexdigest()[:16] == "8c027577756873b2"


def test_roots_are_the_nearest_whole_numbers():
    for degree in (3, 5):
        for value in (1, 7, 8, Fraction(1, 3), 10**30 + 7, Fraction(3 << 200, 7)):
            found = nearest_root(Fraction(value), degree)
            half = Fraction(1, 2)
            assert max(found - half, 0) ** degree <= value < (found + half) ** degree


def test_the_curve_of_srgb():
    assert np.abs(np.array(light_of_levels()) - 2**30 * light(np.arange(256))).max() < 0.51


# ---- and back ------------------------------------------------------------------------------------


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("channels", [1, 3])
def test_there_and_back(space, channels):
    colors = np.arange(256, dtype=np.uint8)[:, None] if channels == 1 else some_colors(20_000)
    back = to_colors(coordinates(colors, space) / 64, channels, space)
    assert back.shape == colors.shape
    # A step of blue under bright green is 2 of Oklab's 64ths.
    assert np.abs(back - colors).max() < (1.1 if space == "oklab" else 0.6)
    assert (
        to_rounded_colors(coordinates(colors, space) / 64, channels, space) != colors
    ).mean() < 1e-3


@pytest.mark.parametrize("space", SPACES)
def test_alpha_there_and_back(space):
    colors = some_colors(20_000, 4)
    colors[:100, 3], colors[100:200, 3] = 0, 255
    back = to_rounded_colors(coordinates(colors, space) / 64, 4, space)
    np.testing.assert_array_equal(back[:, 3], colors[:, 3])
    assert (back[colors[:, 3] == 0] == 0).all()
    half = colors[:, 3] >= 128
    assert np.abs(back[half].astype(int) - colors[half])[:, :3].mean() < 0.01


@pytest.mark.parametrize("space", SPACES)
def test_places_outside_the_cube_come_to_its_surface(space):
    far = np.array([[0, 0, 0, 0], [255, 255, 255, 255], [255, 0, 255, 0], [90, 255, 0, 300]], float)
    for channels in (1, 3, 4):
        found = to_colors(far, channels, space)
        assert found.shape == (4, channels)
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert found.max() <= 255


@pytest.mark.parametrize("space", SPACES)
def test_levels_between_levels(space):
    """Halfway between two levels lies a level between, and order stays."""
    places = np.zeros((1001, 4))
    top = coordinates(np.array([[255]], np.uint8), space)[0, 0] / 64
    places[:, 0] = np.linspace(0, top, 1001)
    found = to_colors(places, 1, space)[:, 0]
    assert found[[0, -1]].tolist() == pytest.approx([0, 255], abs=1e-5)
    assert (np.diff(found) >= 0).all()
    assert len(np.unique(found)) > 990


# ---- fitting and mapping -------------------------------------------------------------------------


def label_twin(colors: np.ndarray, palette: np.ndarray, space: str) -> np.ndarray:
    """The nearest of all in a space, lowest on ties."""
    at = coordinates(colors, space).astype(int)[:, None]
    return np.square(at - coordinates(palette, space)).sum(axis=-1).argmin(axis=1)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", ["photo", "noise", "grey photo", "few"])
def test_pictures_are_mapped_in_the_space_of_their_palette(name, space):
    picture = NAMED[name]
    channels = picture.shape[2] if picture.ndim == 3 else 1
    colors = some_colors(40, channels, 3)
    palette = kmc.Palette(colors, space=space)
    result = palette.remap(picture)
    flat = picture.reshape(-1, channels)
    np.testing.assert_array_equal(result.indices.ravel(), label_twin(flat, colors, space))
    np.testing.assert_array_equal(kmc.assign(flat, palette), result.indices.ravel())
    off = np.square(flat.astype(int) - colors[result.indices.ravel()]).sum(axis=-1).mean()
    assert result.mse == pytest.approx(off, rel=1e-12)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", ["photo", "gradient", "grey noise"])
def test_iterations_are_those_of_the_reference(name, space):
    picture = NAMED[name]
    counted = kmc.histogram(picture)
    channels = counted.colors.shape[1]
    start = some_colors(9, channels, 5)
    seen = []
    palette = kmc.fit(
        picture, 9, init=start, space=space, max_iter=7, tol=0, callback=lambda *s: seen.append(s)
    )
    points = coordinates(counted.colors, space).astype(np.int64)
    at = coordinates(start, space) / 64
    centroids, history, _ = reference.lloyd(points, counted.counts, at, 7, 0)
    assert palette.history == history
    np.testing.assert_array_equal(palette.centroids, to_colors(centroids, channels, space))
    last = [state for state in seen if state[0] > 0][-1]
    np.testing.assert_array_equal(last[1], palette.centroids)
    assert (np.abs(palette.colors - palette.centroids) <= 0.5).all()


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", NAMED)
def test_quantizing_in_a_space(name, space):
    picture = NAMED[name]
    for k in (1, 7, 40):
        result = kmc.quantize(picture, k, space=space)
        assert result.palette.space == space
        n = len(kmc.histogram(picture))
        assert len(result.palette) == len(np.unique(result.palette.colors, axis=0)) == min(k, n)
        off = np.square(np.asarray(result).astype(float) - picture)
        off = off.sum(axis=-1).mean() if picture.ndim == 3 else off.mean()
        assert result.mse == pytest.approx(off, rel=1e-12)
        np.testing.assert_array_equal(result.indices, result.palette.remap(picture).indices)
        if k >= n:
            assert result.mse == 0


@pytest.mark.parametrize("space", ["linear", "oklab", "lab"])
def test_each_space_is_best_at_its_own_distances(space):
    picture = NAMED["photo"]
    flat = coordinates(picture.reshape(-1, 3), space).astype(int)

    def error_in_space(result: kmc.IndexedImage) -> float:
        painted = coordinates(np.asarray(result).reshape(-1, 3), space)
        return float(np.square(flat - painted).sum(axis=-1).mean())

    for k in (8, 32):
        own, levels_ = (kmc.quantize(picture, k, space=s) for s in (space, "rgb"))
        assert error_in_space(own) < 0.97 * error_in_space(levels_)
        assert levels_.mse < own.mse


def test_large_pictures_in_every_way():
    picture = noise(260, 260)
    for space in ("linear", "oklab", "lab"):
        options = {"k": 20, "space": space, "effort": "fast", "max_iter": 3}
        expected = kmc.quantize(picture, threads=1, **options)
        for _, threads in ways():
            result = kmc.quantize(picture, threads=threads, **options)
            np.testing.assert_array_equal(result.indices, expected.indices)
            np.testing.assert_array_equal(result.palette.centroids, expected.palette.centroids)


@pytest.mark.parametrize("wrong", ["hsv", "", "RGB"])
def test_other_spaces_are_refused(wrong):
    for call in (kmc.fit, kmc.quantize):
        with pytest.raises(kmc.ArgumentError, match="space must be one of rgb, linear, oklab, lab"):
            call(NAMED["photo"], 4, space=wrong)
    with pytest.raises(kmc.ArgumentError, match="space"):
        kmc.Palette([[1, 2, 3]], space=wrong)
    with pytest.raises(kmc.ArgumentTypeError, match="space"):
        kmc.fit(NAMED["photo"], 4, space=None)


def test_sums_are_for_levels_alone():
    with pytest.raises(kmc.ArgumentError, match="return_sums is for grey and RGB colours"):
        palette = kmc.Palette([[1, 2, 3]], space="lab")
        kmc.assign(NAMED["photo"], palette, return_sums=True)
    with pytest.raises(kmc.ArgumentError, match="return_sums is for grey and RGB colours"):
        kmc.assign(np.zeros((0, 3), np.uint8), palette, return_sums=True)
    with pytest.raises(kmc.ArgumentError, match="return_sums"):
        kmc.assign(np.zeros((2, 4), np.uint8), [[1, 2, 3, 4]], return_sums=True)


def test_arrays_that_do_not_fit_are_refused_by_the_core():
    mix, rows = np.zeros((3, 256, 3), np.uint32), np.zeros((3, 3), np.int64)
    zero = (0, 0, 0)
    for arrays in ((mix[:2], None, rows), (mix, mix[0, :5, 0].copy(), rows), (mix, None, rows[:2])):
        with pytest.raises(kmc.ArgumentError):
            core.colors.Space(arrays[0], arrays[1], zero, arrays[2], zero, (0, 0, 0, 1))
    colors, counts = np.zeros((2, 3), np.uint8), np.ones(2, np.int64)
    labels = np.zeros(2, np.uint16)
    with pytest.raises(kmc.ArgumentError, match="do not fit together"):
        core.colors.color_error(colors, counts[:1], colors, labels, 1)
    with pytest.raises(kmc.ArgumentError, match="do not fit together"):
        core.kmeans.tree(colors, counts, 1, np.zeros((1, 4), np.int16))
