"""Options two by two: each still does what it does alone, or both are refused by name."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import reference
from scenes import grey, photo, scattered

import kmc
from kmc.images.similarity import similarity

K = 12
FIXED = [(255, 255, 255), (0, 0, 200)]


def with_alpha(picture):
    """Transparent at the top, opaque at the bottom, soft between."""
    rows = np.arange(len(picture))[:, None]
    alpha = np.broadcast_to(np.clip(rows * 24 - 96, 0, 255), picture.shape[:2])
    return np.dstack((picture, alpha)).astype(np.uint8)


RGB = photo(24, 32, 3)
PICTURES = {"rgb": RGB, "grey": grey(RGB), "rgba": with_alpha(RGB)}
MATTERS = (scattered(RGB.shape[:2], 7, 2) + 1) * (np.indices(RGB.shape[:2])[1] > 9)


def start_for(channels, options):
    n = K - len(options.get("fixed", ()))
    opaque = np.full((n, 1), 255)
    return np.hstack((scattered((n, 3), 256, 6), opaque))[:, : 3 if channels == 3 else channels]


# Each option as users give it; those that depend on the picture are made for it.
OPTIONS = {
    "init": {"init": "bisecting"},
    "init as an array": {"init": start_for},
    "n_init": {"n_init": 6},
    "max_iter": {"max_iter": 2},
    "tol": {"tol": 40.0},
    "seed": {"seed": 11},
    "weights": {"weights": "uniform"},
    "effort": {"effort": "best"},
    "callback": {"callback": lambda *state: SEEN.append(state) if state[0] else None},
    "fixed": {"fixed": FIXED},
    "importance": {"importance": MATTERS},
    "space": {"space": "oklab"},
    "dither": {"dither": "floyd-steinberg"},
    "dither_strength": {"dither": "bayer", "dither_strength": 0.5},
    "order": {"order": "luminance"},
    "psnr": {"psnr": 24},
    "max_mse": {"max_mse": 700},
    "quality": {"quality": (10, 20)},
    "lossy": {"lossy": 40, "format": "kmc"},
    "max_bytes": {"max_bytes": 125, "format": "kmc"},
}
SIZES = ("lossy", "max_bytes")
GOALS = ("psnr", "max_mse", "quality")
SEEN: list[object] = []

# What makes no sense together, and is refused; docs/options.md says why.
REFUSED = {
    frozenset(pair)
    for pair in [
        ("importance", "weights"),
        ("n_init", "init as an array"),
        *itertools.combinations(GOALS, 2),
        *itertools.product(["callback"], GOALS),
        *itertools.product(["init as an array"], GOALS),
        SIZES,
        *itertools.product(SIZES, [*GOALS, "importance", "dither", "dither_strength"]),
        *itertools.product(["max_bytes"], ["callback", "init as an array"]),
    ]
}
# One is the other with another value.
SAME = {frozenset(("init", "init as an array")), frozenset(("dither", "dither_strength"))}
PAIRS = [
    pair for pair in itertools.combinations(OPTIONS, 2) if frozenset(pair) not in REFUSED | SAME
]


def options_for(picture, *names):
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    options = {key: value for name in names for key, value in OPTIONS[name].items()}
    if "fixed" in options:
        options["fixed"] = np.array(FIXED)[:, : min(channels, 3)]
    if callable(options.get("init")):
        options["init"] = start_for(channels, options)
    return options


def bytes_of(result):
    palette = result.palette
    arrays = (result.indices, palette.colors, palette.centroids, palette.counts)
    return [array.tobytes() for array in arrays], result.mse, palette.history


def fit_options(options):
    sizes = ("lossy", "max_bytes", "format")
    return left_out(options, "dither", "dither_strength", "callback", *GOALS, *sizes)


def left_out(options, *names):
    return {name: value for name, value in options.items() if name not in names}


def weights_of(palette):
    return np.array([2126, 7152, 722]) if palette.colors.shape[1] > 1 else np.array([1])


def check(name, result, picture, options):
    """Every option has its effect whatever the value of the other."""
    palette = result.palette
    if name == "max_iter":
        assert result.n_iter <= 2
    elif name == "tol":
        steps = [shift for _, shift in result.history]
        assert all(shift >= 40 for shift in steps[:-1])
    elif name == "n_init":
        alone = kmc.fit(picture, len(palette), **fit_options(options) | {"n_init": 1})
        assert palette.inertia <= alone.inertia
    elif name == "weights" and not set(SIZES) & set(options):
        counted = kmc.histogram(picture)
        once = kmc.Histogram(counted.colors, np.ones(len(counted), int))
        same = kmc.fit(once, len(palette), **fit_options(options))
        np.testing.assert_array_equal(same.colors, palette.colors)
    elif name in SIZES:
        size = len(result.to_bytes("kmc"))
        plain = kmc.quantize(picture, K, **left_out(options, "callback", *SIZES, "format"))
        assert size <= options.get("max_bytes", 1.02 * len(plain.to_bytes("kmc")))
        seen = kmc.IndexedImage(result.indices, palette, 0.0)
        made = np.asarray(seen).reshape(*picture.shape[:2], -1)
        assert result.mse == pytest.approx(similarity(picture.reshape(made.shape), made).mse, 0.01)
    elif name == "callback":
        assert len(SEEN) == result.n_iter or (options.get("n_init") and len(SEEN) > result.n_iter)
    elif name == "fixed":
        fixed = np.array(FIXED)[:, : min(palette.colors.shape[1], 3)]
        np.testing.assert_array_equal(palette.colors[:2, :3], fixed)
    elif name == "space":
        assert palette.space == "oklab"
    elif name == "order":
        k = K if set(options) & set(SIZES) else len(palette)
        plain = kmc.quantize(picture, k, **left_out(options, "order", *GOALS))
        np.testing.assert_array_equal(np.asarray(plain), np.asarray(result))
        alpha = palette.colors[2 * ("fixed" in options) :, 3:].astype(int)
        luma = palette.colors[2 * ("fixed" in options) :, :3].astype(int) @ weights_of(palette)
        kind = np.digitize(alpha.ravel(), (1, 255)) if alpha.size else luma * 0
        assert (np.diff(kind * 10**7 + luma) >= 0).all()
    elif name.startswith("dither") and "order" not in options:
        dithered = {key: options[key] for key in ("dither", "dither_strength") if key in options}
        again = palette.remap(picture, **dithered)
        np.testing.assert_array_equal(again.indices, result.indices)
        assert result.mse == again.mse > palette.remap(picture).mse
    elif name in GOALS:
        limit = {"psnr": 24, "max_mse": -700, "quality": 20}[name]
        assert reached(name, palette, picture) >= limit
        if len(palette) > len(options.get("fixed", ())):
            less = kmc.fit(picture, len(palette) - 1, **fit_options(options))
            assert reached(name, less, picture) < limit


def reached(goal, palette, picture):
    """What a palette reaches without dithering: the more, the better."""
    if goal == "max_mse":
        return -palette.remap(picture).mse
    made = np.asarray(palette.remap(picture)).reshape(*picture.shape[:2], -1)
    original = picture.reshape(made.shape)
    if goal == "quality":
        return max(0, reference.quality_by_colors(original, made))
    return getattr(similarity(original, made), goal)


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("pair", PAIRS, ids=" + ".join)
def test_every_other_pair(pair, kind):
    picture = PICTURES[kind]
    options = options_for(picture, *pair)
    k = 200 if set(pair) & set(GOALS) else K
    SEEN.clear()
    result = kmc.quantize(picture, k, threads=3, **options)
    for name in pair:
        check(name, result, picture, options)
    assert 1 <= len(result.palette) <= k
    assert len(np.unique(result.palette.colors, axis=0)) == len(result.palette)
    if not set(pair) & {*GOALS, *SIZES}:
        assert len(result.palette) == K
    assert bytes_of(kmc.quantize(picture, k, threads=1, **options)) == bytes_of(result)


@pytest.mark.parametrize("pair", sorted(map(sorted, REFUSED)), ids=" + ".join)
def test_refused_pairs_name_both(pair):
    with pytest.raises(kmc.ArgumentError, match="exclude each other") as caught:
        kmc.quantize(RGB, K, **options_for(RGB, *pair))
    for name in pair:
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("image", "options", "words"),
    [
        ([RGB, RGB], {"importance": MATTERS}, "importance applies to the pixels of one image"),
        (kmc.histogram(RGB), {"importance": MATTERS}, "importance applies to pixels"),
        (RGB, {"image_weights": [1]}, "image_weights applies to several images"),
        (RGB, {"order": "compact"}, 'order="compact" is for one picture'),
        ([RGB, RGB], {"image_weights": [1, 2], "weights": "uniform"}, "image_weights and weights"),
    ],
)
def test_what_makes_no_sense_for_what_is_fitted(image, options, words):
    with pytest.raises(kmc.ArgumentError, match=words):
        kmc.fit(image, K, **options)


def test_strength_without_dithering():
    with pytest.raises(kmc.ArgumentError, match="dither_strength needs a dither"):
        kmc.quantize(RGB, K, dither_strength=0.5)


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "callback"])
def test_no_option_is_ignored(name):
    """It changes what comes out, on one of the pictures at least."""
    changed = []
    for picture in PICTURES.values():
        options = options_for(picture, name)
        plain = kmc.quantize(picture, K if name not in GOALS else 200)
        given = kmc.quantize(picture, len(plain.palette), **options)
        changed.append(bytes_of(given) != bytes_of(plain))
    assert any(changed)
