"""MSE, PSNR, quality, SSIM and the largest error of two pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest

import kmc
from kmc.colors.spaces import coordinates
from kmc.images.similarity import similarity, ssim

pytestmark = pytest.mark.once


def noise(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def reference_ssim(a, b):
    """Window by window, as the paper has it."""
    x = np.arange(-5, 6)
    window = np.exp(-(x[:, None] ** 2 + x**2) / (2 * 1.5**2))
    window /= window.sum()
    values = []
    for channel in range(a.shape[2]):
        for top in range(a.shape[0] - 10):
            for left in range(a.shape[1] - 10):
                p, q = (
                    picture[top : top + 11, left : left + 11, channel].astype(float)
                    for picture in (a, b)
                )
                mp, mq = (window * p).sum(), (window * q).sum()
                vp, vq = (window * (p - mp) ** 2).sum(), (window * (q - mq) ** 2).sum()
                cov = (window * (p - mp) * (q - mq)).sum()
                c1, c2 = 2.55**2, 7.65**2
                value = (2 * mp * mq + c1) * (2 * cov + c2)
                values.append(value / ((mp**2 + mq**2 + c1) * (vp + vq + c2)))
    return np.mean(values)


@pytest.mark.parametrize("shape", [(11, 11, 1), (13, 20, 3), (150, 12, 1)])
def test_ssim_is_that_of_the_paper(shape):
    a, b = noise(shape), noise(shape, 1)
    b = ((a.astype(int) * 3 + b) // 4).astype(np.uint8)
    assert ssim(a, b) == pytest.approx(reference_ssim(a, b), rel=1e-9)
    assert ssim(a, b) == ssim(b, a)
    assert ssim(a, a) == 1


def reference_quality(a, b):
    """Pixel by pixel; what cancels out among the 3 x 3 around counts a fifth."""
    height, width, channels = a.shape
    places = [coordinates(each.reshape(-1, channels), "oklab") / 64 for each in (a, b)]
    off = (places[0] - places[1]).reshape(height, width, 4)
    total = 0.0
    for y in range(height):
        for x in range(width):
            rows = [min(max(y + dy, 0), height - 1) for dy in (-1, 0, 1)]
            columns = [min(max(x + dx, 0), width - 1) for dx in (-1, 0, 1)]
            mean = off[np.ix_(rows, columns)].mean(axis=(0, 1))
            total += 0.8 * (mean**2).sum() + 0.2 * (off[y, x] ** 2).sum()
    return max(0.0, 100 - 13.4 * math.sqrt(total / (height * width)))


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 9, 1), (7, 1, 4), (9, 8, 3), (131, 4, 4)])
def test_quality_is_that_of_local_means(shape):
    a = noise(shape)
    b = np.clip(a.astype(int) + noise(shape, 1) % 5, 0, 255).astype(np.uint8)
    b[..., 3:] = a[..., 3:]
    assert 0 < similarity(a, b).quality == pytest.approx(reference_quality(a, b), rel=1e-9)
    assert similarity(a, b).quality == similarity(b, a).quality


def test_dithering_looks_better_than_bands():
    ramp = np.repeat(np.linspace(0, 255, 200)[None, :, None], 60, axis=0).round().astype(np.uint8)
    ramp = np.repeat(ramp, 3, axis=2)
    plain, dithered = (
        similarity(ramp, np.asarray(kmc.quantize(ramp, 24, space="oklab", dither=dither)))
        for dither in (None, "floyd-steinberg")
    )
    assert dithered.mse > plain.mse
    assert dithered.quality > plain.quality + 5


@pytest.mark.parametrize("height", [11, 127, 128, 129, 137, 138, 139, 300])
def test_bands_join_without_a_seam(height):
    a, b = noise((height, 14, 3)), noise((height, 14, 3), 1)
    parts = [(a[top : top + 11], b[top : top + 11]) for top in range(height - 10)]
    assert ssim(a, b) == pytest.approx(np.mean([ssim(*part) for part in parts]), rel=1e-9)
    found = similarity(a, b)
    off = a.astype(int) - b
    assert found.mse == (off**2).sum() / off[:, :, 0].size
    assert found.max_error == np.abs(off).max()


def test_the_figures_are_those_of_a_result(photo):
    result = kmc.quantize(photo, 16)
    found = similarity(photo, np.asarray(result))
    assert found.mse == pytest.approx(result.mse, rel=1e-12)
    assert found.psnr == pytest.approx(result.psnr, rel=1e-12)
    clear = noise((40, 50, 4))
    clear[:9, :, 3], clear[20:, :, 3] = 255, 0
    result = kmc.quantize(clear, 9)
    assert similarity(clear, np.asarray(result)).mse == pytest.approx(result.mse, rel=1e-12)
    grey = photo[:, :, :1]
    result = kmc.quantize(grey, 5)
    assert similarity(grey, np.asarray(result)[:, :, None]).psnr == pytest.approx(result.psnr)


def test_extremes():
    one = np.zeros((1, 1, 1), np.uint8)
    found = similarity(one, one)
    assert (found.mse, found.psnr, found.max_error) == (0, math.inf, 0)
    assert math.isnan(found.ssim)
    assert math.isnan(ssim(noise((10, 300, 3)), noise((10, 300, 3))))
    assert math.isnan(ssim(noise((300, 10, 3)), noise((300, 10, 3))))
    black, white = np.zeros((20, 20, 4), np.uint8), np.full((20, 20, 4), 255, np.uint8)
    assert similarity(black, white).mse == pytest.approx(3 * 255**2 / 2, rel=1e-4)  # alike on white
    assert similarity(black, white).psnr == pytest.approx(10 * math.log10(2), rel=1e-3)
    assert similarity(black, white).max_error == 255


def test_channels_are_brought_together():
    grey = noise((12, 12, 1))
    color = np.repeat(grey, 3, axis=2)
    opaque = np.concatenate((color, np.full_like(grey, 255)), axis=2)
    for first in (grey, color, opaque):
        for second in (grey, color, opaque):
            assert similarity(first, second).mse == 0


def test_colours_under_no_alpha_do_not_count():
    a, b = noise((12, 12, 4)), noise((12, 12, 4), 1)
    a[:, :, 3] = b[:, :, 3] = 0
    assert similarity(a, b).mse == 0
    b[0, 0, 3] = 255
    assert similarity(a, b).max_error == 255


def test_sizes_must_agree():
    with pytest.raises(kmc.ImageShapeError, match="differ in size: 3 x 2 and 2 x 3 pixels"):
        similarity(noise((2, 3, 3)), noise((3, 2, 3)))
