"""Random combinations of all options: the promises hold for each of them."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scenes import ALPHA, PICTURES, noise, scattered

import kmc
from kmc.colors.spaces import SPACES, coordinates
from kmc.mapping.dithering import DITHERS

DRAWN = st.one_of(PICTURES, st.sampled_from(sorted(ALPHA)).map(ALPHA.get))
KS = st.sampled_from([1, 2, 3, 7, 16, 40, 90, 257])
FIXED = st.tuples(st.sampled_from([0, 0, 1, 5, 30, 200]), st.integers(0, 99))
OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "init": st.sampled_from(["random", "bisecting"]),
        "max_iter": st.integers(1, 4),
        "tol": st.sampled_from([0.3, 90.0]),
        "seed": st.integers(0, 2**64),
        "effort": st.sampled_from(["fast", "best"]),
        "space": st.sampled_from(SPACES),
        "dither": st.sampled_from(DITHERS),
        "order": st.sampled_from(["luminance", "popularity", "hue", "compact"]),
    },
)
# How much each pixel counts, by a seed, or what each colour weighs.
WEIGHING = st.one_of(st.none(), st.sampled_from(["uniform", "balanced"]), st.integers(0, 99))


def options_for(pixels, k, fixed, weighing):
    height, width, channels = pixels.shape
    count, seed = fixed
    options = {}
    if count := min(count, k):
        colors = noise(1, count, channels, seed)[0]
        colors[:, 3:] >>= seed % 9  # nearly transparent, where there is alpha
        options["fixed"] = np.unique(colors, axis=0)
    if isinstance(weighing, str):
        options["weights"] = weighing
    elif weighing is not None:
        options["importance"] = scattered((height, width), 5, weighing) / 3
        options["importance"][0, 0] = 1
    return options


def distances(pixels, palette):
    """Of each pixel to each entry that may serve it, squared, in the space of the palette."""
    channels = pixels.shape[2]
    points = coordinates(pixels.reshape(-1, channels), palette.space).astype(np.int64)
    entries = coordinates(palette.colors, palette.space).astype(np.int64)
    squares = sum((points[:, [c]] - entries[:, c]) ** 2 for c in range(4))
    if channels == 4 and (palette.colors[:, 3] == 255).any():
        opaque = pixels.reshape(-1, 4)[:, 3] == 255
        squares[np.ix_(opaque, palette.colors[:, 3] < 255)] = np.iinfo(np.int64).max
    return squares


def levels(pixels):
    """What errors are of: with alpha, levels times it, and alpha itself."""
    return coordinates(pixels.reshape(-1, pixels.shape[2])) / 64


def nothing_seen(pixels):
    """All that is fully transparent looks the same."""
    return np.where(pixels[..., 3:] == 0, 0, pixels) if pixels.shape[2] == 4 else pixels


@settings(max_examples=200)
@given(DRAWN, KS, OPTIONS, FIXED, WEIGHING)
def test_all_options_at_once(picture, k, drawn, fixed, weighing):
    pixels = picture if picture.ndim == 3 else picture[..., None]
    options = drawn | options_for(pixels, k, fixed, weighing)
    result = kmc.quantize(picture, k, threads=3, **options)
    palette, painted = result.palette, np.asarray(result).reshape(pixels.shape)

    again = kmc.quantize(picture, k, threads=1, **options)
    assert again.indices.tobytes() == result.indices.tobytes()
    assert again.palette.colors.tobytes() == palette.colors.tobytes()
    assert (again.mse, again.inertia) == (result.mse, result.inertia)

    kept = options.get("fixed", palette.colors[:0])
    kept = nothing_seen(kept[None])[0]
    kept = kept[np.sort(np.unique(kept, axis=0, return_index=True)[1])]
    np.testing.assert_array_equal(palette.colors[: len(kept)], kept)
    assert len(palette) <= k
    assert len(np.unique(palette.colors, axis=0)) == len(palette)

    squares = distances(pixels, palette)
    if "dither" not in options:
        served = np.take_along_axis(squares, result.indices.reshape(-1, 1).astype(int), 1)
        np.testing.assert_array_equal(served[:, 0], squares.min(axis=1))
    assert palette.counts.sum() == result.indices.size
    off = np.square(levels(pixels) - levels(painted)).sum() / result.indices.size
    assert abs(result.mse - off) <= 1e-9 * off

    file = io.BytesIO()
    result.save(file, "kmc")
    np.testing.assert_array_equal(kmc.open(file.getvalue()).indices, result.indices)
    result.save(file := io.BytesIO(), "png")
    found = kmc.read(file.getvalue()).pixels
    shape = (*pixels.shape[:2], max(found.shape[2], pixels.shape[2]))
    same = (np.broadcast_to(each[..., : shape[2]], shape) for each in (found, painted))
    np.testing.assert_array_equal(*map(nothing_seen, same))
