"""Pictures with alpha: what is transparent, what is opaque, and the edges between."""

from __future__ import annotations

import numpy as np
import pytest
from engine import ways
from PIL import Image
from reference_alpha import lloyd_twin, merged
from scenes import ALPHA, NAMED, noise, scattered, soft

import kmc
import kmc.colors.spaces
from kmc.colors.spaces import SPACES, coordinates, to_colors


def opaque(picture: np.ndarray) -> np.ndarray:
    """An RGB picture with alpha, which is 255."""
    return np.concatenate((picture, np.full_like(picture[..., :1], 255)), axis=-1)


def seen_over(background: int, colors: np.ndarray) -> np.ndarray:
    """In levels."""
    colors = colors.astype(float)
    alpha = colors[..., 3:] / 255
    return colors[..., :3] * alpha + background * (1 - alpha)


def squared_error(a: np.ndarray, b: np.ndarray) -> float:
    """Of each pixel: the mean over black and over white."""
    errors = [np.square(seen_over(grey, a) - seen_over(grey, b)).sum(axis=-1) for grey in (0, 255)]
    return np.mean(errors)


def classes_of(picture: np.ndarray) -> int:
    """How many entries are needed to keep what is transparent, and what is opaque, just so."""
    alpha = picture[..., 3]
    return int((alpha == 0).any()) + int((alpha == 255).any())


# ---- against a slow twin -------------------------------------------------------------------------


def label_twin(colors: np.ndarray, palette: np.ndarray, space: str = "rgb") -> np.ndarray:
    """The nearest entry of each colour; opaque ones have only opaque entries to choose from."""
    distance = np.square(
        coordinates(colors, space).astype(int)[:, None] - coordinates(palette, space)
    ).sum(axis=-1)
    solid = palette[:, 3] == 255
    if solid.any():
        distance[np.ix_(colors[:, 3] == 255, ~solid)] = np.iinfo(np.int64).max
    return distance.argmin(axis=1)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("name", [*ALPHA, "opaque"])
def test_every_pixel_gets_the_nearest_entry(name, space):
    picture = opaque(NAMED["photo"]) if name == "opaque" else ALPHA[name]
    for seed, kind in enumerate(("any", "opaque", "soft", "clear")):
        colors = scattered((23, 4), 256, seed).astype(np.uint8)
        colors[:, 3] = {"opaque": 255, "soft": 128, "clear": 0}.get(kind, colors[:, 3])
        if kind == "any":
            colors[::4, 3] = 255
        result = kmc.Palette(colors, space=space).remap(picture)
        expected = label_twin(picture.reshape(-1, 4), colors, space)
        np.testing.assert_array_equal(result.indices.ravel(), expected)
        off = coordinates(np.asarray(result).reshape(-1, 4)).astype(int)
        off -= coordinates(picture.reshape(-1, 4))
        error = np.square(off / 64).sum(axis=-1).mean()
        assert result.mse == pytest.approx(error)
        np.testing.assert_array_equal(kmc.assign(picture, result.palette), result.indices)


@pytest.mark.parametrize("name", ALPHA)
@pytest.mark.parametrize("k", [2, 3, 9, 30])
def test_iterations_are_those_of_the_twin(name, k):
    flat = ALPHA[name].reshape(-1, 4)
    init = flat[scattered((k,), len(flat), k)]
    seen = []
    palette = kmc.fit(
        ALPHA[name], k, init=init, max_iter=6, tol=0, callback=lambda *state: seen.append(state)
    )
    history, places = lloyd_twin(ALPHA[name], init, 6)
    seen = [state for state in seen if state[0] > 0]
    assert palette.history == history
    assert [state[2:] for state in seen] == history
    centroids = seen[-1][1]
    np.testing.assert_array_equal(centroids, to_colors(np.array(places), 4))


# ---- promises ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALPHA)
@pytest.mark.parametrize("k", [2, 3, 4, 7, 16, 64, 256, 300])
@pytest.mark.parametrize("effort", ["fast", "default"])
def test_transparent_and_opaque_stay_just_so(name, k, effort):
    picture = ALPHA[name]
    result = kmc.quantize(picture, k, effort=effort)
    painted, alpha = np.asarray(result), picture[..., 3]
    assert painted.shape == picture.shape
    assert (painted[alpha == 0] == 0).all()
    assert (painted[alpha == 255, 3] == 255).all()
    colors, _ = merged(picture)
    palette = result.palette.colors
    assert len(palette) == min(k, len(colors)) == len(np.unique(palette, axis=0))
    ranks = np.digitize(palette[:, 3], [1, 255])
    assert (np.diff(ranks) >= 0).all()
    assert (ranks == 0).sum() == (alpha == 0).any()
    assert result.palette.counts.sum() == alpha.size
    np.testing.assert_array_equal(
        result.palette.counts, np.bincount(result.indices.ravel(), minlength=len(palette))
    )
    np.testing.assert_array_equal(result.palette.remap(picture).indices, result.indices)
    off = squared_error(painted, picture)
    assert result.mse == pytest.approx(off, rel=0.02, abs=1e-3)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("init", ["k-means++", "bisecting", "random"])
@pytest.mark.parametrize("name", ["photo", "dense"])
def test_opaque_everywhere_is_the_picture_without_alpha(name, init, space):
    for k in (1, 5, 40):
        plain = kmc.quantize(NAMED[name], k, init=init, space=space)
        alpha = kmc.quantize(opaque(NAMED[name]), k, init=init, space=space)
        np.testing.assert_array_equal(alpha.indices, plain.indices)
        np.testing.assert_array_equal(alpha.palette.colors, opaque(plain.palette.colors))
        np.testing.assert_array_equal(alpha.palette.centroids[:, :3], plain.palette.centroids)
        assert alpha.mse == plain.mse
        assert alpha.psnr == plain.psnr
        assert alpha.history == plain.history


def test_soft_white_edges_stay_white():
    """Seen over white, a grey entry in place of a soft white pixel would be a dark outline."""
    y, x = np.mgrid[:96, :96]
    disc = np.full((96, 96, 4), 255, np.uint8)
    disc[..., 3] = ((40 - np.hypot(y - 48, x - 48)) * 42).clip(0, 255)
    palette = kmc.Palette([[255] * 4, [128, 128, 128, 255], [0, 0, 0, 255], [0, 0, 0, 0]])
    assert set(palette.remap(disc).indices.ravel()) == {0, 3}
    mean_over = [
        np.square(seen_over(grey, np.asarray(kmc.quantize(disc, 4))) - seen_over(grey, disc))
        .sum(axis=-1)
        .mean()
        for grey in (0, 255)
    ]
    assert mean_over[1] <= mean_over[0]


@pytest.mark.parametrize("name", ["soft", "cutout"])
def test_a_cutout_is_no_worse_than_the_picture_without_alpha(name):
    """Opaque colours are fitted as if they were alone: the transparent entry is all they lose."""
    picture = ALPHA[name]
    alpha = picture[..., 3]
    alone = picture[alpha == 255][None, :, :3]
    for k in (8, 32):
        result = kmc.quantize(picture, k)
        solid = int((result.palette.colors[:, 3] == 255).sum())
        off = np.square(np.asarray(result)[alpha == 255].astype(int) - picture[alpha == 255])
        assert off.sum(axis=-1).mean() <= 1.05 * kmc.quantize(alone, solid).mse


def test_colours_under_alpha_0_make_no_difference():
    for k in (2, 5, 20):
        noisy, other = soft(48, 60), soft(48, 60)
        other[other[..., 3] == 0] = 0
        results = [kmc.quantize(picture, k) for picture in (noisy, other)]
        for name in ("colors", "centroids", "counts"):
            np.testing.assert_array_equal(
                getattr(results[0].palette, name), getattr(results[1].palette, name)
            )
        np.testing.assert_array_equal(results[0].indices, results[1].indices)
        assert results[0].mse == results[1].mse


def test_a_palette_of_one():
    picture = np.array([[[0, 0, 0, 0], [200, 100, 50, 255]]], np.uint8)
    result = kmc.quantize(picture, 1)
    assert result.palette.colors.tolist() == [[200, 100, 50, 128]]
    faint = np.array([[[0, 0, 0, 100], [200, 100, 50, 255], [0, 0, 9, 255]]], np.uint8)
    assert kmc.quantize(faint, 1).palette.colors.tolist() == [[100, 50, 30, 255]]
    for name, picture in ALPHA.items():
        if classes_of(picture) == 2:
            alpha = kmc.quantize(picture, 1).palette.colors[0, 3]
            assert abs(alpha - picture[..., 3].mean()) <= 1, name


def test_a_palette_of_two_has_one_entry_for_each():
    result = kmc.quantize(ALPHA["soft"], 2)
    assert result.palette.colors[:, 3].tolist() == [0, 255]


@pytest.mark.parametrize("name", ALPHA)
def test_few_colours_come_back_as_they_were(name):
    picture = ALPHA[name]
    k = len(merged(picture)[0])
    for options in ({"k": k}, {"k": k + 1, "space": "oklab"}):
        result = kmc.quantize(picture, **options)
        expected = picture.copy()
        expected[expected[..., 3] == 0] = 0
        np.testing.assert_array_equal(np.asarray(result), expected)
        assert result.mse == 0
        assert len(result.palette) == k


@pytest.mark.parametrize("color", [(0, 0, 0, 0), (9, 9, 9, 0), (1, 2, 3, 4), (5, 6, 7, 255)])
def test_one_pixel(color):
    result = kmc.quantize(np.array([[color]], np.uint8), 3)
    expected = color if color[3] else (0, 0, 0, 0)
    assert result.palette.colors.tolist() == [list(expected)]


def test_more_entries_than_are_compared():
    picture = noise(80, 80, 4, 1)
    picture[:9, :, 3], picture[30:70, :, 3] = 0, 255
    painted, alpha = np.asarray(kmc.quantize(picture, 4200, effort="fast")), picture[..., 3]
    assert (painted[alpha == 0] == 0).all()
    assert (painted[alpha == 255, 3] == 255).all()
    assert len(np.unique(painted.reshape(-1, 4), axis=0)) > 3900


def test_edges_are_clean():
    """White letters on nothing: no entry, and no pixel, is darker than white."""
    y, x = np.mgrid[0:64, 0:64]
    alpha = ((20 - np.abs(np.hypot(x - 31, y - 33) - 14) * 6) * 13).clip(0, 255)
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[..., :3] = np.where(alpha[..., None] > 0, 255, 0)
    picture[..., 3] = alpha
    for k in (3, 4, 8):
        painted = np.asarray(kmc.quantize(picture, k))
        assert (painted[painted[..., 3] > 0][:, :3] == 255).all()
        assert (painted[alpha.astype(int) == 255] == 255).all()


def test_letters_beside_shapes_keep_their_colour():
    """Most of a letter is its edge: still it is white, and not what else is opaque."""
    picture = np.zeros((40, 60, 4), np.uint8)
    picture[5:35, 5:25] = (30, 90, 220, 255)
    picture[5:35, 30:40] = (220, 30, 40, 255)
    for left in range(44, 58, 4):
        picture[5:35, left : left + 3] = (255, 255, 255, 190)
        picture[5:35, left + 1] = 255
    for k in (4, 5, 8):
        painted = np.asarray(kmc.quantize(picture, k))
        np.testing.assert_array_equal(
            painted[picture[..., 3] == 255], picture[picture[..., 3] == 255]
        )
        assert (painted[5:35, 44:][picture[5:35, 44:, 3] > 0][:, :3] == 255).all()


def test_a_small_opaque_thing_on_much_glass_stays_opaque():
    picture = np.full((40, 40, 4), 128, np.uint8)
    picture[..., 0] = scattered((40, 40), 256)
    picture[3, 3] = (255, 0, 0, 255)
    picture[9, 9] = 0
    for k in (2, 3, 5):
        painted = np.asarray(kmc.quantize(picture, k))
        assert painted[3, 3].tolist() == [255, 0, 0, 255]
        assert painted[9, 9].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    "options",
    [
        {"init": "random"},
        {"init": "bisecting"},
        {"n_init": 3, "init": "random"},
        {"weights": "uniform"},
        {"effort": "best", "k": 5},
        {"max_iter": 1, "tol": 0},
        {"fixed": [(255, 0, 0)]},
        {"fixed": [(10, 20, 30, 99), (9, 9, 9, 0)], "space": "lab"},
        {"psnr": 30, "k": 64, "space": "oklab"},
        {"order": "compact", "max_iter": 2},
        {"dither": "atkinson", "space": "linear"},
        {"space": "oklab"},
        {"space": "linear"},
        {"space": "lab", "weights": "uniform"},
        {"init": scattered((12, 4), 256, 4), "effort": "best"},
    ],
)
def test_all_options_keep_the_promise(options):
    picture = ALPHA["soft"]
    result = kmc.quantize(picture, **({"k": 12} | options))
    painted, alpha = np.asarray(result), picture[..., 3]
    assert (painted[alpha == 0] == 0).all()
    assert (painted[alpha == 255, 3] == 255).all()
    assert result.n_iter == len(result.history) >= 1


def test_importance_takes_nothing_from_what_is_transparent_or_opaque():
    picture = ALPHA["soft"]
    for alpha in (0, 255):
        elsewhere = picture[..., 3] != alpha
        painted = np.asarray(kmc.quantize(picture, 6, importance=elsewhere))
        assert (painted[~elsewhere][:, 3] == alpha).all()


def test_the_callback_is_told_straight_levels():
    seen = []
    kmc.fit(ALPHA["soft"], 5, callback=lambda i, c, *_: seen.append((i, c)), space="lab")
    for centroids in (centroids for iteration, centroids in seen if iteration > 0):
        assert centroids.shape == (5, 4)
        assert centroids.min() >= 0
        assert centroids.max() <= 255
        assert centroids[0].tolist() == [0, 0, 0, 0]
    stopped = kmc.fit(ALPHA["soft"], 5, callback=lambda i, *_: i < 2, tol=0)
    assert stopped.n_iter == 2
    assert not stopped.converged


def test_an_rgb_picture_is_opaque_to_a_palette_with_alpha():
    palette = kmc.fit(ALPHA["soft"], 8)
    rgb = NAMED["photo"]
    np.testing.assert_array_equal(palette.remap(rgb).indices, palette.remap(opaque(rgb)).indices)
    with pytest.raises(kmc.ImageShapeError, match="grey colours cannot represent an image in RGBA"):
        kmc.Palette([[1]]).remap(ALPHA["soft"])
    grey = NAMED["grey photo"]
    alike = opaque(np.repeat(grey[..., None], 3, axis=2))
    np.testing.assert_array_equal(palette.remap(grey).indices, palette.remap(alike).indices)


@pytest.mark.parametrize("dither", [None, "adaptive", "bayer"])
def test_an_rgb_palette_serves_transparency_with_one_more_entry(dither):
    palette = kmc.Palette([[250, 250, 250], [200, 30, 40], [0, 0, 0]], space="oklab")
    picture = ALPHA["soft"]
    result = palette.remap(picture, dither=dither)
    expected = np.concatenate(([[0, 0, 0, 0]], opaque(palette.colors)))
    np.testing.assert_array_equal(result.palette.colors, expected)
    assert result.palette.space == "oklab"
    again = kmc.Palette(expected, space="oklab").remap(picture, dither=dither)
    np.testing.assert_array_equal(result.indices, again.indices)
    assert result.mse == again.mse
    painted = np.asarray(result)
    assert (painted[picture[..., 3] == 0] == 0).all()
    assert (painted[picture[..., 3] == 255, 3] == 255).all()
    solid = palette.remap(opaque(NAMED["photo"]), dither=dither)
    assert solid.palette is palette
    np.testing.assert_array_equal(
        solid.indices, palette.remap(NAMED["photo"], dither=dither).indices
    )


@pytest.mark.parametrize("weights", ["counts", "balanced", "uniform"])
def test_fixed_colours_that_are_not_opaque_serve_no_opaque_pixels(weights):
    """Neither do they draw the others less."""
    picture = opaque(NAMED["photo"])
    near = [(*color, 200) for color in kmc.fit(NAMED["photo"], 5).colors.tolist()]
    result = kmc.quantize(picture, 9, fixed=near, weights=weights)
    assert result.palette.colors[:5].tolist() == [list(color) for color in near]
    assert (result.palette.colors[result.indices][..., 3] == 255).all()
    alone = kmc.quantize(NAMED["photo"], 4, weights=weights)
    assert result.mse < 1.1 * alone.mse


@pytest.mark.parametrize("dither", [None, "atkinson", "blue-noise"])
@pytest.mark.parametrize("hidden", [0, 200])
def test_a_picture_that_is_fully_transparent(hidden, dither):
    picture = np.full((3, 5, 4), hidden, np.uint8)
    picture[..., 3] = 0
    palette = kmc.Palette([[9, 9, 9, 255], [7, 7, 7, 90], [1, 2, 3, 0], [1, 1, 1, 0]])
    assert (palette.remap(picture, dither=dither).indices == 2).all()
    assert kmc.fit(picture, 3).colors.tolist() == [[0, 0, 0, 0]]


def test_all_ways_give_the_same():
    picture = soft(150, 190)
    expected = kmc.quantize(picture, 40, threads=1)
    for _, threads in ways():
        result = kmc.quantize(picture, 40, threads=threads)
        np.testing.assert_array_equal(result.indices, expected.indices)
        np.testing.assert_array_equal(result.palette.centroids, expected.palette.centroids)


def test_strides_and_read_only_pictures():
    picture = ALPHA["soft"]
    expected = kmc.quantize(picture, 9)
    view = np.flip(np.ascontiguousarray(picture[:, ::-1]), 1)
    view.setflags(write=False)
    np.testing.assert_array_equal(kmc.quantize(view, 9).indices, expected.indices)


def test_pillow_pictures_come_with_their_alpha():
    picture = ALPHA["soft"]
    result = kmc.quantize(Image.fromarray(picture), 9)
    np.testing.assert_array_equal(result.indices, kmc.quantize(picture, 9).indices)
    both = Image.fromarray(np.ascontiguousarray(picture[..., 1::2]), "LA")
    assert np.asarray(kmc.quantize(both, 9)).shape == picture.shape


@pytest.mark.parametrize("space", ["rgb", "linear", "oklab", "lab"])
def test_fixed_colours_that_are_nearly_transparent_stay_as_they_are(space):
    fixed = np.column_stack((noise(1, 30, 3)[0], np.arange(1, 31))).astype(np.uint8)
    palette = kmc.fit(noise(20, 20, 4), 40, fixed=fixed, space=space)
    np.testing.assert_array_equal(palette.colors[:30], fixed)
    np.testing.assert_array_equal(palette.centroids[:30], fixed)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(("alpha", "spread"), [(1, 6), (1, 12), (2, 6), (3, 40)])
@pytest.mark.parametrize("k", [8, 16, 64])
def test_nearly_transparent_colours_take_no_entry_twice(space, alpha, spread, k):
    """Premultiplied, many of them are the same."""
    pixels = (100 + scattered((30, 30, 4), spread)).astype(np.uint8)
    pixels[..., 3] = alpha
    image = kmc.quantize(pixels, k, space=space)
    points = coordinates(image.palette.colors, space)
    assert len(np.unique(points, axis=0)) == len(points)
    if space in ("rgb", "linear"):  # in others, rounding may leave an entry without pixels
        assert len(np.unique(image.indices)) == len(points)
