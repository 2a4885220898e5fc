"""What users of other programs ask for in vain: a wish and a picture each."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import few, gradient, noise, photo, scattered

import kmc


def flat(height, width, color):
    return np.full((height, width, len(color)), color, np.uint8)


def a_map():
    """Land in many greens, sea in many blues, a small country in red and a road in yellow."""
    picture = photo(60, 80, 5)
    picture[..., 0] //= 4
    picture[:, :40, 2] //= 3
    picture[:, 40:, 1] //= 3
    picture[20:23, 10:14] = (230, 20, 30)
    picture[40, :] = (250, 220, 0)
    return picture


def distance(one, other):
    return np.sqrt(np.square(np.asarray(one, int) - np.asarray(other, int)).sum(axis=-1))


def test_the_red_country_of_a_map_stays_red():
    picture = a_map()
    red, road = (230, 20, 30), (250, 220, 0)
    painted = np.asarray(kmc.quantize(picture, 8, fixed=[red, road]))
    assert (painted[20:23, 10:14] == red).all()
    assert (painted[40] == road).all()
    others = np.ones(picture.shape[:2], bool)
    others[20:23, 10:14] = others[40] = False
    assert not (painted[others] == red).all(axis=1).any()
    important = np.where(others, 1, 200)
    kept = np.asarray(kmc.quantize(picture, 8, importance=important))
    assert distance(kept[21, 12], red) < 20 < distance(kept[21, 12], kept[10, 12])


def test_blue_eyes_stay_blue():
    """A few pixels that matter, in a face of browns."""
    face = np.stack([photo(50, 60, 2)[..., 0]] * 3, axis=-1) // np.array([1, 2, 3], np.uint8)
    face[20:22, 15:18] = face[20:22, 42:45] = (70, 120, 220)
    mask = np.full(face.shape[:2], 1.0)
    mask[20:22, 15:18] = mask[20:22, 42:45] = 100
    painted = np.asarray(kmc.quantize(face, 6, importance=mask))
    assert distance(painted[20, 16], (70, 120, 220)) < 5


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8, 16, 100, 255, 256, 257, 1000])
def test_exactly_k_colours_where_there_are_as_many(k):
    for picture in (noise(40, 50), photo(60, 80), gradient(64, 64)):
        result = kmc.quantize(picture, k)
        assert len(result.palette) == k
        assert len(np.unique(np.asarray(result).reshape(-1, 3), axis=0)) == k


@pytest.mark.parametrize("k", [40, 41, 256, 65536])
def test_a_picture_of_no_more_than_k_colours_loses_nothing(k):
    picture = few(50, 60, 40)
    result = kmc.quantize(picture, k)
    assert result.mse == 0
    np.testing.assert_array_equal(np.asarray(result), picture)
    assert len(result.palette) == len(kmc.histogram(picture))


def test_no_entry_is_wasted_on_duplicates():
    """Neither among the fixed colours nor between these and the others."""
    picture = photo(60, 80)
    common = kmc.quantize(picture, 4).palette.colors
    fixed = [*common, *common[::-1], (0, 0, 0), (0, 0, 0)]
    palette = kmc.quantize(picture, 12, fixed=fixed).palette
    assert len(np.unique(palette.colors, axis=0)) == len(palette) == 12
    np.testing.assert_array_equal(palette.colors[:5], [*common, (0, 0, 0)])


def test_fixed_colours_attract_nothing_that_others_serve_better():
    picture = photo(60, 80)
    result = kmc.quantize(picture, 8, fixed=[(255, 0, 255), (0, 255, 0)])
    off = distance(picture[:, :, None], result.palette.colors)
    np.testing.assert_array_equal(result.indices, off.argmin(axis=2))
    assert (result.palette.counts[:2] == 0).all()
    assert result.mse <= 1.001 * kmc.quantize(picture, 6).mse


@pytest.mark.parametrize("name", ["pico-8", "web-safe", "cga"])
def test_a_given_palette_gets_the_truly_nearest_colour(name):
    picture = noise(30, 40)
    result = kmc.palettes[name].remap(picture)
    off = np.square(picture[:, :, None].astype(int) - kmc.palettes[name].colors).sum(axis=3)
    np.testing.assert_array_equal(result.indices, off.argmin(axis=2))
    assert result.mse == off.min(axis=2).mean()


@pytest.mark.parametrize("k", [2, 3, 4, 6])
def test_few_colours_are_done_well(k):
    """As many colours as there are clouds of pixels: each finds its own."""
    means = np.array([[30, 30, 30], [220, 40, 40], [40, 200, 60], [50, 60, 220], [230, 230, 60],
                      [200, 200, 230]])[:k]  # fmt: skip
    sizes = np.array([3000, 60, 200, 900, 30, 400])[:k]
    pixels = np.repeat(means, sizes, axis=0) + scattered((sizes.sum(), 3), 21, 4) - 10
    palette = kmc.quantize(pixels.astype(np.uint8)[None], k).palette
    nearest = distance(palette.colors[:, None], means).min(axis=0)
    assert (nearest < 4).all()


@pytest.mark.parametrize("k", [2, 4, 8])
def test_few_colours_leave_no_more_error_than_many_tries_do(k):
    picture = photo(60, 80, 9)
    tries = [kmc.quantize(picture, k, init="random", seed=seed).mse for seed in range(20)]
    assert kmc.quantize(picture, k).mse <= 1.01 * min(tries)


def test_edges_of_transparent_pictures_are_clean():
    """A red disc on nothing, its edge softened; what lies under alpha 0 is green noise."""
    y, x = np.mgrid[0:60, 0:60]
    alpha = np.clip(255 * (22 - np.hypot(y - 30, x - 30)) / 4, 0, 255)
    shade = 200 + (y + x) // 3
    disc = np.stack((shade, shade // 4, shade // 5, alpha), axis=-1)
    disc[alpha < 1] = (0, 255, 0, 0)
    disc[alpha < 1, 1] -= scattered((int((alpha < 1).sum()),), 99)
    disc = disc.astype(np.uint8)
    painted = np.asarray(kmc.quantize(disc, 12))
    for clean in (0, 255):
        assert (painted[disc[..., 3] == clean][:, 3] == clean).all()
    assert np.abs(painted[..., 3].astype(int) - disc[..., 3]).max() < 40
    seen = painted[painted[..., 3] > 0].astype(int)
    assert (seen[:, 0] > 2 * seen[:, 1]).all()
    assert len(np.unique(painted[painted[..., 3] == 0], axis=0)) == 1


@pytest.mark.parametrize("k", [4, 16, 64])
def test_rgba_is_no_worse_than_the_same_picture_in_rgb(k):
    picture = photo(60, 80)
    opaque = np.dstack((picture, flat(60, 80, (255,))))
    found = kmc.quantize(opaque, k)
    np.testing.assert_array_equal(np.asarray(found)[..., :3], np.asarray(kmc.quantize(picture, k)))


def test_one_palette_for_many_pictures_is_that_of_all_their_pixels():
    frames = [np.roll(photo(40, 50), shift, axis=1) // (shift // 10 + 1) for shift in (0, 10, 20)]
    palette = kmc.fit(frames, 16)
    whole = kmc.quantize(np.concatenate(frames), 16)
    np.testing.assert_array_equal(palette.colors, whole.palette.colors)
    for frame, indices in zip(frames, np.split(whole.indices, 3), strict=True):
        np.testing.assert_array_equal(palette.remap(frame).indices, indices)


@pytest.mark.parametrize("space", ["linear", "oklab", "lab"])
def test_perceptual_spaces_are_there_but_not_forced(space):
    picture = photo(60, 80)
    plain, other = kmc.quantize(picture, 12), kmc.quantize(picture, 12, space=space)
    assert plain.palette.space == "rgb"
    assert plain.mse < other.mse


@pytest.mark.parametrize("dither", ["floyd-steinberg", "atkinson", "bayer", "blue-noise"])
def test_dithered_areas_look_as_they_did(dither):
    """Mid grey in black and white: as bright as before, from a few steps away."""
    grey = np.full((64, 64), 100, np.uint8)
    palette = kmc.Palette([[0], [255]])
    painted = np.asarray(palette.remap(grey, dither=dither)).astype(float)
    assert set(np.unique(painted)) == {0, 255}
    blocks = painted.reshape(4, 16, 4, 16).mean(axis=(1, 3))
    tolerance = 45 if dither == "atkinson" else 15  # which drops a quarter of the error on purpose
    assert np.abs(blocks - 100).max() < tolerance


def test_the_dominant_colours_with_their_shares():
    picture = np.concatenate((flat(30, 10, (200, 30, 30)), flat(10, 10, (20, 20, 90))))
    palette = kmc.fit(picture, 2)
    shares = dict(zip(map(tuple, palette.colors.tolist()), palette.counts / 400, strict=True))
    assert shares == {(200, 30, 30): 0.75, (20, 20, 90): 0.25}


def test_as_good_as_asked_for_and_no_larger():
    picture = photo(60, 80)
    good, better = kmc.quantize(picture, psnr=30), kmc.quantize(picture, psnr=36)
    assert good.psnr >= 30 > kmc.quantize(picture, len(good.palette) - 1).psnr
    assert better.psnr >= 36 and len(better.palette) > len(good.palette)
    with pytest.raises(kmc.QualityError):
        kmc.quantize(picture, 4, psnr=36)


@pytest.mark.parametrize(
    "ignored",
    [
        {"dither_strength": 0.3},
        {"importance": np.ones((60, 80)), "weights": "uniform"},
        {"psnr": 30, "quality": (50, 60)},
        {"colors": 16},
    ],
)
def test_no_option_is_silently_ignored(ignored):
    with pytest.raises((kmc.ArgumentError, TypeError)):
        kmc.quantize(photo(60, 80), 8, **ignored)
