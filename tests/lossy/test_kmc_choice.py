"""Indices chosen by the model of .kmc files, against a slow twin, and in every way of running."""

from __future__ import annotations

import kmc_choice
import numpy as np
import pytest
from engine import ways

import kmc
from kmc import core
from kmc.colors.spaces import coordinates
from kmc.formats.kmc.codec import choosing_model, encode

RANDOM = np.random.default_rng(3)


def shades(height: int, width: int, channels: int = 3) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    base = np.stack([x * 5, y * 7, 200 - x * 3 - y][:channels], -1)
    random = np.random.default_rng([1, height, width, channels])
    return (base + random.normal(0, 9, base.shape)).clip(0, 255).astype(np.uint8)


def task(pixels, k, worth, kinds=None):
    """What `Choice` takes, and the palette: a bit is worth that share of the mean error."""
    image = kmc.quantize(pixels, k)
    colors = image.palette.colors
    points = coordinates(pixels.reshape(-1, pixels.shape[2]))
    mean = image.mse * 64**2
    kinds = np.ones(len(colors), np.uint8) if kinds is None else kinds
    given = image.indices, points, coordinates(colors), kinds, int(worth * mean * 256)
    return (*given, int(8 * worth * mean)), colors


def chosen(given, colors, threads=1, model=None):
    shape = given[0].shape
    model = model or choosing_model(shape, colors)
    return core.lossy.Choice(*given).by_kmc(colors, *model, threads)


@pytest.mark.parametrize("contexts", [0x080000, 0x0A8003, 0x5B801F, 0xFFFFFF])
@pytest.mark.parametrize(("k", "channels", "worth"), [(2, 1, 0.5), (9, 3, 0.3), (40, 3, 2.0)])
def test_equals_the_twin(contexts, k, channels, worth):
    given, colors = task(shades(14, 19, channels), k, worth)
    found = chosen(given, colors, model=(contexts, 8, 1))
    plain = np.full((14, 19), 256, np.uint16)
    expected = kmc_choice.choose(*given, plain, colors, (contexts, 8))
    np.testing.assert_array_equal(found, expected)
    assert (found != given[0]).any()
    weights = RANDOM.integers(0, 400, (14, 19)).astype(np.uint16)
    weighted = chosen((*given, weights), colors, model=(contexts, 8, 1))
    np.testing.assert_array_equal(
        weighted, kmc_choice.choose(*given, weights, colors, (contexts, 8))
    )
    assert (weighted != found).any()


def test_kinds_are_kept_and_those_of_0_never_change():
    pixels = shades(40, 50)
    kinds = np.arange(24).astype(np.uint8) % 3
    given, colors = task(pixels, 24, 3.0, kinds)
    found = chosen(given, colors)
    np.testing.assert_array_equal(kinds[found], kinds[given[0]])
    np.testing.assert_array_equal(found[kinds[given[0]] == 0], given[0][kinds[given[0]] == 0])
    np.testing.assert_array_equal(
        chosen(task(shades(14, 19), 9, 0.5, kinds[:9])[0], colors[:9]).shape, (14, 19)
    )


@pytest.mark.parametrize("worth", [0.1, 1.0, 30.0])
def test_no_pixel_errs_beyond_the_reach_and_exact_ones_stay(worth):
    pixels = shades(60, 50)
    pixels[:20] = pixels[0, 0]
    given, colors = task(pixels, 16, worth)
    nearest, points, entries, _, _, reach = given
    found = chosen(given, colors)
    before, after = (
        np.square(points.astype(np.int64) - entries[i.reshape(-1)]).sum(1) for i in (nearest, found)
    )
    assert (after <= before + reach).all()
    np.testing.assert_array_equal(found.reshape(-1)[before == 0], nearest.reshape(-1)[before == 0])


def test_bytes_fall_as_a_bit_is_worth_more():
    pixels = shades(200, 200)
    sizes = []
    for worth in (0, 0.1, 0.4, 1.6):
        given, colors = task(pixels, 32, worth)
        sizes.append(len(encode(chosen(given, colors), colors)))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < 0.6 * sizes[0]


def test_a_bit_worth_nothing_costs_no_error():
    """Of entries that are equally near, any may be chosen."""
    for width in range(20, 40):
        given, colors = task(shades(30, width), 12, 0)
        nearest, points, entries, *_ = given
        before, after = (
            np.square(points.astype(np.int64) - entries[i.reshape(-1)]).sum(1)
            for i in (nearest, chosen(given, colors))
        )
        np.testing.assert_array_equal(before, after)


def test_the_same_in_every_way():
    """Of several bands, too."""
    given, colors = task(shades(90, 70), 50, 0.4)
    for bands in (1, 3, 7):
        results = {
            chosen(given, colors, threads, (0x5B801F, 10, bands)).tobytes() for _, threads in ways()
        }
        assert len(results) == 1


def test_rows_wider_than_a_round():
    given, colors = task(shades(3, 9000), 9, 0.4)
    found = chosen(given, colors)
    assert (found != given[0]).any()


def test_what_does_not_fit_together_is_refused():
    given, colors = task(shades(14, 19), 9, 0.5)
    nearest, points, entries, kinds, price, reach = given
    broken = (
        (nearest[:3], points, entries, kinds, price, reach),
        (nearest.astype(np.uint16), points, entries, kinds, price, reach),
        (nearest, points[:, :3].copy(), entries, kinds, price, reach),
        (nearest, points, entries, kinds[:4], price, reach),
        (nearest, points, entries - 20000, kinds, price, reach),
    )
    for arguments in broken:
        with pytest.raises(kmc.ArgumentError):
            core.lossy.Choice(*arguments)
    with pytest.raises(kmc.ArgumentError):
        core.lossy.Choice(*given).by_kmc(colors[:4], 0x080000, 8, 1, 1)
    for price, reach in ((-1, 0), (1 << 39, 0), (1, -1)):
        with pytest.raises(kmc.ArgumentError):
            chosen((nearest, points, entries, kinds, price, reach), colors)
    beyond = nearest.copy()
    beyond[5, 5] = 9
    with pytest.raises(kmc.ArgumentError):
        chosen((beyond, *given[1:]), colors)
