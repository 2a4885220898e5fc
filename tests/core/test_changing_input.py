"""Arrays that change during a call spoil its result, and never memory.

The builds with the address sanitizer say whether memory was spoilt; any build says whether indices
are below k.
"""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scenes import of_kind as few

import kmc
from kmc import core
from kmc.clustering.importance import SCALE
from kmc.formats.kmc.codec import encode
from kmc.formats.registry import write
from kmc.mapping.dithering import checked_dither
from kmc.mapping.remapping import remap

Pixels = NDArray[np.uint8]

KINDS = ("grey", "rgb", "rgba", "opaque")
DITHERS = (None, "adaptive", "floyd-steinberg", "atkinson", "bayer", "blue-noise")
ORDERS = ("luminance", "popularity", "hue", "compact")


def noise(pixels: Pixels, seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, pixels.shape, np.uint8)


@contextlib.contextmanager
def changing(array: NDArray[Any], *others: NDArray[Any]) -> Iterator[None]:
    """Another thread writes one after the other into an array, over and over, read-only or not."""
    ended = threading.Event()
    array.setflags(write=True)

    def write() -> None:
        while not ended.is_set():
            for other in others:
                np.copyto(array, other)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Written:
    """Importance whose conversion to an array writes into the picture."""

    def __init__(self, pixels: Pixels, other: Pixels) -> None:
        self.pixels, self.other = pixels, other

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[np.float64]:
        np.copyto(self.pixels, self.other)
        return np.random.default_rng(0).random(self.pixels.shape[:2])


def check(image: kmc.IndexedImage, k: int) -> None:
    assert len(image.palette) <= k
    assert image.indices.max() < len(image.palette)


def painter(pixels: Pixels) -> Callable[..., None]:
    """A callback that writes into the picture."""
    other = noise(pixels)
    return lambda *state: np.copyto(pixels, other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dither", DITHERS)
@pytest.mark.parametrize("threads", [1, 3])
def test_a_callback_writes_into_the_picture(
    kind: str, dither: kmc.DitherName | None, threads: int
) -> None:
    for k in (2, 16, 290):
        pixels = few(kind)
        made = kmc.quantize(
            pixels, k, callback=painter(pixels), dither=dither, init="random", threads=threads
        )
        check(made, k)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dither", DITHERS)
def test_importance_writes_into_the_picture(kind: str, dither: kmc.DitherName | None) -> None:
    for seed in range(3):
        pixels = few(kind, seed=seed)
        importance: Any = Written(pixels, noise(pixels))
        check(kmc.quantize(pixels, 16, importance=importance, dither=dither, seed=seed), 16)
        pixels = few(kind, seed=seed)
        counted = kmc.histogram(pixels, importance=Written(pixels, noise(pixels)))
        assert counted.counts.min() > 0
        pixels = few(kind, seed=seed)
        kmc.fit(pixels, 16, importance=Written(pixels, noise(pixels)))


@pytest.mark.parametrize("order", ORDERS)
def test_orders_of_pictures_that_change(order: kmc.OrderName) -> None:
    for k in (5, 200, 290):
        pixels = few("rgb")
        check(kmc.quantize(pixels, k, order=order, callback=painter(pixels), init="random"), k)


@pytest.mark.parametrize("kind", KINDS)
def test_another_thread_writes_into_the_picture(kind: str) -> None:
    pixels = few(kind, (300, 400))
    before, after = pixels.copy(), noise(pixels)
    palettes = [kmc.fit(few(kind), k) for k in (2, 60, 290)]
    with changing(pixels, after, before):
        for threads in (1, 3):
            for dither in DITHERS:
                check(kmc.quantize(pixels, 16, effort="fast", dither=dither, threads=threads), 16)
                for palette in palettes:
                    made = palette.remap(pixels, dither=dither, threads=threads)
                    check(made, len(palette))
            counted = kmc.histogram(pixels, threads=threads)
            assert counted.n_pixels == 300 * 400
            assert len(kmc.fit(pixels, 16, threads=threads)) == 16


@pytest.mark.parametrize("kind", KINDS)
def test_another_thread_writes_into_pixels_and_palette(kind: str) -> None:
    pixels, colors = few(kind, (200, 200)), few(kind)[0, :37].copy()
    with changing(pixels, noise(pixels), pixels.copy()), changing(colors, noise(colors), colors):
        for _ in range(20):
            assert kmc.assign(pixels, colors).max() < 37
            if kind in ("grey", "rgb"):
                indices, counts, _ = kmc.assign(pixels, colors, return_sums=True)
                assert indices.max() < 37
                assert counts.sum() == 200 * 200


@pytest.mark.parametrize("kind", KINDS)
def test_another_thread_writes_into_a_palette_in_use(kind: str) -> None:
    """A `Palette` is read-only; the arrays below it are not."""
    pixels, colors = few(kind, (200, 200)), kmc.fit(few(kind), 37).colors.copy()
    with changing(colors, noise(colors), colors.copy()):
        for dither in DITHERS:
            found = remap(pixels, colors, "rgb", checked_dither(dither, 1.0), 2)
            assert found.indices.max() < 37


def test_another_thread_writes_into_importance() -> None:
    pixels = few("rgb", (200, 200))
    importance = np.random.default_rng(2).random((200, 200))
    with changing(importance, np.zeros_like(importance), importance.copy()):
        for _ in range(20):
            with contextlib.suppress(kmc.ArgumentError):  # at times it is 0 everywhere
                found = kmc.histogram(pixels, importance=importance)
                assert len(found) <= len(kmc.histogram(pixels))
                assert 0 < found.counts.min() <= found.n_pixels <= SCALE * 200 * 200


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [2, 37, 290])
def test_another_thread_writes_into_what_is_saved(kind: str, k: int) -> None:
    """Indices beyond the palette are refused, or not seen; the file is whole or not there."""
    image = kmc.quantize(few(kind), k, effort="fast")
    colors, indices = image.palette.colors.copy(), image.indices.copy()
    k = len(colors)
    wrong = np.full_like(indices, np.iinfo(indices.dtype).max)
    with (
        changing(indices, wrong, indices.copy()),
        changing(colors, np.zeros_like(colors), noise(colors), colors.copy()),
    ):
        for _ in range(12):
            with contextlib.suppress(kmc.KmcError):
                check(kmc.open(encode(indices, colors)), k)
            if k <= 256:
                write(indices, colors, None, io.BytesIO(), "png")


def test_another_thread_writes_into_bands_that_are_saved() -> None:
    """Large enough for several bands, which two threads encode."""
    image = kmc.quantize(few("rgb", (600, 700)), 16, effort="fast")
    colors, indices = image.palette.colors.copy(), image.indices.copy()
    with (
        changing(indices, np.full_like(indices, 255), indices.copy()),
        changing(colors, np.zeros_like(colors), colors.copy()),
    ):
        for _ in range(4):
            with contextlib.suppress(kmc.ArgumentError):
                check(kmc.open(encode(indices, colors, level=1, threads=2)), 16)


# ---- the engine, with arguments that do not fit together ----------------------------------------


def arguments(channels: int) -> tuple[Pixels, Pixels, NDArray[np.uint16]]:
    """A picture, its first colours only, and labels that are all beyond 16."""
    random = np.random.default_rng(channels)
    pixels = random.integers(0, 256, (40, 50, channels), np.uint8)
    colors, _ = core.colors.histogram(pixels, 1)
    return pixels, colors[: len(colors) // 2].copy(), np.full(len(colors) // 2, 99, np.uint16)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("k", [16, 256, 300])
def test_remap_of_colors_that_are_not_listed(channels: int, k: int) -> None:
    pixels, colors, labels = arguments(channels)
    core.colors.histogram(pixels, 1)  # leaves a table behind
    for listed in (colors, colors[:1], colors[::-1].copy(), np.repeat(colors, 2, axis=0)):
        own = np.arange(len(listed)).astype(np.uint16) % k
        for threads in (1, 3):
            assert core.colors.remap(pixels, listed, own, k, threads).max() < k
    if k == 16:
        with pytest.raises(kmc.ArgumentError):
            core.colors.remap(pixels, colors, labels, k, 1)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_weights_of_colors_that_are_not_listed(channels: int) -> None:
    pixels, colors, _ = arguments(channels)
    weights = np.full((40, 50), 7, np.uint16)
    for listed in (colors, colors[:1], colors[::-1].copy(), np.repeat(colors, 2, axis=0)):
        assert core.colors.add_weights(pixels, weights, listed, 1).sum() == 7 * 40 * 50


def canvas_of(
    pixels: Pixels, k: int, coordinates: Any = None, colors: Any = None
) -> core.dither.Canvas:
    random = np.random.default_rng(0)
    palette, clear = random.integers(0, 16384, (k, 4), np.int16), np.zeros((1, 4), np.int16)
    palette[:, pixels.shape[2] :] = 0
    clear[0, 3] = 16320 if pixels.shape[2] == 4 else 0
    return core.dither.Canvas(pixels, palette, clear, coordinates, colors)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_dithering_of_places_outside_the_space(channels: int) -> None:
    pixels, colors, labels = arguments(channels)
    random = np.random.default_rng(0)
    places = random.integers(-32768, 32768, (40 * 50, 4), np.int16)
    of_colors = random.integers(-32768, 32768, (len(colors), 4), np.int16)
    canvas = canvas_of(pixels, 16, places)
    for atkinson in (False, True):
        indices, _ = canvas.diffuse(atkinson, 256, 1)
        assert indices.max() < 16
    light = np.arange(16, dtype=np.uint16)
    for blue in (False, True):
        indices = canvas.order(blue, colors, of_colors, labels % 16, light, 256, 1)
        assert indices.max() < 16
        with pytest.raises(kmc.ArgumentError):
            canvas.order(blue, colors, of_colors, labels, light, 256, 1)
    for strength in (-1, 257):
        with pytest.raises(kmc.ArgumentError):
            canvas.diffuse(False, strength, 1)
        with pytest.raises(kmc.ArgumentError):
            canvas.order(False, colors, of_colors, labels % 16, light, strength, 1)
    for wrong in (np.full((40, 50), 255, np.uint8), np.full((50, 40), 255, np.uint8).T):
        assert canvas.error(wrong, 1) > 0


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_adapting_to_colors_that_are_not_listed(channels: int) -> None:
    pixels, colors, labels = arguments(channels)
    random = np.random.default_rng(0)
    for listed in (colors, colors[:1], colors[::-1].copy(), np.repeat(colors, 2, axis=0)):
        places = random.integers(-32768, 32768, (len(listed), 4), np.int16)
        own = np.resize(labels % 16, len(listed))
        for threads in (1, 3):
            canvas = canvas_of(pixels, 16, places, listed)
            assert canvas.adapt(places, own, 256, threads).max() < 16
        with pytest.raises(kmc.ArgumentError):
            canvas.adapt(places, own + np.uint16(16), 256, 1)
        with pytest.raises(kmc.ArgumentError):
            canvas.adapt(places, own, 257, 1)


def test_a_canvas_keeps_a_palette_of_its_own() -> None:
    pixels = few("rgb")
    palette, clear = np.zeros((9, 4), np.int16), np.zeros((1, 4), np.int16)
    canvas = core.dither.Canvas(pixels, palette, clear, None)
    palette[:], clear[:] = -32768, 32767
    assert canvas.diffuse(False, 256, 1)[0].max() < 9


def test_labels_beyond_a_palette() -> None:
    _, colors, labels = arguments(3)
    counts = np.ones(len(colors), np.int64)
    with pytest.raises(kmc.ArgumentError):
        core.colors.color_error(colors, counts, colors[:16].copy(), labels, 1)


@pytest.mark.parametrize("k", [1, 2, 16, 17, 256])
def test_meetings_of_indices_beyond_a_palette(k: int) -> None:
    indices = np.random.default_rng(k).integers(0, 256, (30, 40), np.uint8)
    adjacency = core.png.adjacency(indices, k, 1)
    assert adjacency.min() >= 0
    assert sorted(core.png.palette_order(adjacency, 1).tolist()) == list(range(k))


def test_planes_of_indices_beyond_a_palette() -> None:
    colors = few("rgb")[0, :16].copy()
    for wrong in (16, 300, 65535):
        indices = np.full((20, 30), wrong, np.uint16)
        with pytest.raises(kmc.ArgumentError, match="beyond a palette"):
            core.codec.plane_write(indices, colors, 0x0B800B, 8, 1, 1)
    with pytest.raises(kmc.ArgumentError, match="uint8 or uint16"):
        core.codec.plane_write(np.full((20, 30), -1), colors, 0x0B800B, 8, 1, 1)


def test_a_plane_keeps_a_palette_of_its_own() -> None:
    colors = noise(np.empty((256, 3), np.uint8))
    same = np.zeros_like(colors)
    indices = np.random.default_rng(2).integers(0, 256, (80, 300), np.uint8)
    with changing(colors, same, colors.copy(), noise(colors)):
        for _ in range(30):
            assert core.codec.plane_write(indices, colors, 0x0B800B, 8, 1, 1)


def test_more_fixed_centroids_than_there_are() -> None:
    tree = core.kmeans.tree(core.colors.histogram(few("rgb"), 1)[0], None, 1)
    centroids = tree.seed_random(5, 0, 1)
    for call in (
        lambda: tree.search(centroids, 1, 1, 0, 1, 6),
        lambda: tree.lloyd(centroids, 1, 0.0, None, 1, 6),
        lambda: tree.nudge(centroids, 1, 1, 6),
    ):
        with pytest.raises(kmc.ArgumentError):
            call()


def test_grey_levels_that_lie_nowhere() -> None:
    tree = core.kmeans.tree(core.colors.histogram(few("grey"), 1)[0], None, 1)
    for level in (-1, 16384):
        with pytest.raises(kmc.ArgumentError):
            core.kmeans.best_greys(tree, np.full(256, level, np.int16), np.zeros(0, np.uint8), 3, 1)
