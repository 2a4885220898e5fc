"""Calls that end early: at a deadline, or when the callback says so, in any stage.

Polls are counted rather than timed: a callback that is asked at each of them says False at the one
that is wanted, and a deadline of a nanosecond has passed before the first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine import tree_of
from numpy.typing import NDArray
from PIL import Image
from scenes import NAMED, noise, photo, scattered
from shell import look_best

import kmc
from kmc import core
from kmc.colors.spaces import coordinates

AT_ONCE = 1e-9
LARGE = noise(270, 270)


def soft(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with alpha: transparent at the top, opaque at the bottom."""
    alpha = np.clip(np.arange(len(picture)) * 8 - 64, 0, 255).astype(np.uint8)
    return np.dstack((picture, np.broadcast_to(alpha[:, None], picture.shape[:2])))


PICTURES = {
    "rgb": photo(60, 70),
    "grey": NAMED["grey photo"],
    "rgba": soft(photo(60, 70)),
    "noise": LARGE,
}


class Stopper:
    """A callback that says False when it is called for the nth time."""

    def __init__(self, last: int | None = None) -> None:
        self.last = last
        self.calls: list[int] = []

    def __call__(self, iteration: int, centroids: Any, inertia: float, shift: float) -> bool:
        self.calls.append(iteration)
        if iteration == 0:
            assert centroids.shape == (0, 0)
            assert np.isnan([inertia, shift]).all()
        return len(self.calls) != self.last


def check(picture: NDArray[np.uint8], k: int, result: kmc.IndexedImage) -> None:
    """A whole palette, and every pixel at the nearest of its colours."""
    palette = result.palette
    assert len(np.unique(palette.colors, axis=0)) == len(palette) == k
    assert palette.n_iter >= 1
    assert not palette.converged or palette.n_iter > 1 or palette.history[-1][1] == 0
    mapped = palette.remap(picture)
    np.testing.assert_array_equal(mapped.indices, result.indices)
    assert mapped.mse == result.mse
    assert palette.counts.sum() == result.indices.size


# ---- deadlines -----------------------------------------------------------------------------------


@pytest.mark.parametrize("effort", ["fast", "default", "best"])
@pytest.mark.parametrize("name", PICTURES)
def test_what_has_to_be_done_is_done_when_time_is_up(name, effort):
    picture = PICTURES[name]
    results = [
        kmc.quantize(picture, 20, effort=effort, deadline=AT_ONCE, threads=threads)
        for threads in (1, 3)
    ]
    for result in results:
        check(picture, 20, result)
        assert result.n_iter == 1
        np.testing.assert_array_equal(result.indices, results[0].indices)
    assert results[0].mse > kmc.quantize(picture, 20, effort="best").mse or name == "grey"


@pytest.mark.parametrize("init", ["k-means++", "random", "bisecting"])
@pytest.mark.parametrize("name", PICTURES)
def test_all_starts(name, init):
    options = {"init": init, "deadline": AT_ONCE, "n_init": 1 if init == "bisecting" else 4}
    check(PICTURES[name], 30, kmc.quantize(PICTURES[name], 30, **options))


@pytest.mark.parametrize("init", ["k-means++", "bisecting"])
def test_seeds_that_are_left_out(init):
    """Thousands of them: the rest is drawn by what is known, and none stays empty."""
    check(LARGE, 9000, kmc.quantize(LARGE, 9000, init=init, deadline=AT_ONCE))


def test_fixed_colours_stay_when_time_is_up():
    fixed = [(255, 0, 0), (0, 255, 0)]
    palette = kmc.fit(PICTURES["rgb"], 9, fixed=fixed, deadline=AT_ONCE)
    assert palette.colors[:2].tolist() == [[255, 0, 0], [0, 255, 0]]
    assert len(palette) == 9


def test_time_enough_changes_nothing():
    for deadline in (1e6, float("inf")):
        given, plain = (
            kmc.quantize(PICTURES["rgb"], 16, **options) for options in ({"deadline": deadline}, {})
        )
        np.testing.assert_array_equal(given.indices, plain.indices)
        assert given.palette.history == plain.palette.history


@pytest.mark.parametrize("goal", [{"psnr": 30}, {"max_mse": 200}, {"quality": (30, 60)}])
@pytest.mark.parametrize("name", ["rgb", "rgba"])
def test_goals_are_reached_with_more_colours_or_refused(name, goal):
    picture = PICTURES[name]
    within = kmc.quantize(picture, 256, **goal)
    result = kmc.quantize(picture, 256, deadline=AT_ONCE, **goal)
    assert len(within.palette) <= len(result.palette) <= 256
    assert result.psnr >= min(within.psnr, 30) - 1e-9 or result.mse <= 200
    with pytest.raises(kmc.QualityError, match="out of reach"):
        kmc.quantize(picture, 256, psnr=60, deadline=AT_ONCE)


def test_a_curve_has_all_of_its_points():
    points = kmc.curve(PICTURES["rgb"], [2, 8, 32], deadline=AT_ONCE)
    assert [point.k for point in points] == [2, 8, 32]
    assert points[0].mse > points[1].mse > points[2].mse
    assert points[2].mse >= kmc.curve(PICTURES["rgb"], [32])[0].mse


@pytest.mark.parametrize("deadline", [0, -1, float("nan"), "soon", True])
def test_deadlines_that_are_none(deadline):
    for call in (
        lambda: kmc.fit(LARGE, 4, deadline=deadline),
        lambda: kmc.quantize(LARGE, 4, deadline=deadline),
        lambda: kmc.curve(LARGE, [4], deadline=deadline),
    ):
        with pytest.raises((kmc.ArgumentError, kmc.ArgumentTypeError), match="deadline must be"):
            call()


def test_a_long_search_ends_in_time():
    begun = time.monotonic()
    result = kmc.quantize(LARGE, 256, effort="best", n_init=10**6, deadline=0.3)
    assert time.monotonic() - begun < 10  # days, if nothing looked at the clock
    check(LARGE, 256, result)


# ---- callbacks -----------------------------------------------------------------------------------


@pytest.mark.parametrize("effort", ["fast", "best"])
@pytest.mark.parametrize("name", PICTURES)
def test_false_ends_the_fit_in_any_stage(name, effort, every_poll):
    picture = PICTURES[name]
    options: dict[str, Any] = {"effort": effort, "threads": 1}
    through = Stopper()
    expected = kmc.quantize(picture, 12, callback=through, **options)
    check(picture, 12, expected)
    assert [i for i in through.calls if i > 0] == list(range(1, expected.n_iter + 1))
    n = len(through.calls)
    assert n > 5
    lasts = sorted({1, 2, 3, n - 1, n, *range(1, n, n // 20 + 1)})
    for last in lasts:
        stopper = Stopper(last)
        result = kmc.quantize(picture, 12, callback=stopper, **options)
        check(picture, 12, result)
        iterations = [i for i in stopper.calls if i > 0]
        assert stopper.calls[:last] == through.calls[:last]
        after = stopper.calls[last:]
        assert len(after) <= 1, "only the iteration under way, or the one that has to be"
        assert 0 not in after
        assert result.n_iter == max(iterations)


def test_the_sooner_it_ends_the_larger_the_error(every_poll):
    """Whatever has been found by then is what comes out."""
    picture, found = PICTURES["rgb"], []
    through = Stopper()
    kmc.quantize(picture, 24, effort="best", callback=through, threads=1)
    for last in (1, len(through.calls) // 2, len(through.calls)):
        result = kmc.quantize(picture, 24, effort="best", callback=Stopper(last), threads=1)
        found.append(result.mse)
    assert found[0] > found[1] >= found[2]


def stage(name: str) -> Callable[[], object]:
    tree = tree_of(LARGE)[0]
    seeds = tree.seed_random(64, 0, 1)
    colors, counts = core.colors.histogram(LARGE, 1)
    labels, _, _ = tree.label(seeds, 1)
    palette = kmc.Palette(scattered((64, 3), 256).astype(np.uint8))
    entries, places = coordinates(palette.colors), coordinates(colors)
    canvas = core.dither.Canvas(LARGE, entries, entries[:1], None, colors)
    points, kinds = coordinates(LARGE.reshape(-1, 3)), np.ones(64, np.uint8)
    nearest = palette.remap(LARGE).indices
    choice = core.lossy.Choice(nearest, points, entries, kinds, 1 << 16, 1 << 20)
    return {
        "counting": lambda: core.colors.histogram(LARGE, 1),
        "counting with alpha": lambda: core.colors.histogram(soft(LARGE), 1),
        "weighing": lambda: kmc.histogram(LARGE, importance=scattered((270, 270), 5)),
        "coordinates": lambda: coordinates(colors, "lab", 1),
        "tree": lambda: core.kmeans.tree(colors, counts, 1),
        "cells": lambda: core.kmeans.tree(colors, counts, 1).coarsen(2000, 1),
        "k-means++": lambda: tree.seed_plusplus(64, 0, 1),
        "random": lambda: tree.seed_random(64, 0, 1),
        "bisecting": lambda: tree.seed_split(64, 1),
        "search": lambda: tree.search(seeds.copy(), 0, 1, 0, 1),
        "kicks": lambda: tree.coarsen(2000, 1).search(seeds.copy(), 3, 3, 0, 1),
        "iterations": lambda: tree.lloyd(seeds.copy(), 1, 0, None, 1),
        "nudging": lambda: tree.nudge(np.floor(seeds), 1, 1),
        "labels": lambda: tree.label(seeds, 1),
        "error": lambda: core.colors.color_error(colors, counts, palette.colors, labels, 1),
        "mapping": lambda: core.colors.remap(LARGE, colors, labels, 64, 1),
        "comparing": lambda: core.colors.assign(LARGE.reshape(-1, 3), palette.colors, 1),
        "locating": lambda: core.dither.Canvas(LARGE, entries, entries[:1], places, colors),
        "adapting": lambda: canvas.adapt(places, labels, 256, 1),
        "floyd-steinberg": lambda: palette.remap(LARGE, dither="floyd-steinberg", threads=1),
        "bayer": lambda: palette.remap(LARGE, dither="bayer", threads=1),
        "order": lambda: core.png.palette_order(np.ones((64, 64), np.int64), 1),
        "weights": lambda: choice.masking_weights(1),
        "choosing for PNG": lambda: choice.by_png(1),
        "choosing for GIF": lambda: choice.by_gif(1),
    }[name]


@pytest.mark.parametrize(
    "name",
    [
        *("counting", "counting with alpha", "weighing", "coordinates", "tree", "cells"),
        *("k-means++", "random", "bisecting", "search", "kicks", "iterations", "nudging"),
        *("labels", "error", "mapping", "comparing", "locating", "adapting"),
        *("floyd-steinberg", "bayer", "order", "weights"),
        *("choosing for PNG", "choosing for GIF"),
    ],
)
def test_every_stage_asks(name, every_poll):
    work, watcher = stage(name), Stopper()
    with core.run.Watch(watcher):
        work()
    assert watcher.calls.count(0) == len(watcher.calls) > 0


@pytest.mark.parametrize("name", ["search", "kicks", "nudging", "bisecting"])
def test_a_stage_that_improves_ends_early(name, every_poll):
    """With fewer polls than it would have taken."""
    work, through = stage(name), Stopper()
    with core.run.Watch(through):
        work()
    with core.run.Watch(Stopper(2)) as watch:
        work()
        assert watch.stopped
    assert len(through.calls) > 4


def test_what_a_callback_raises_between_iterations_comes_out(every_poll):
    def fail(iteration: int, *_: Any) -> None:
        if iteration == 0:
            raise LookupError("enough")

    for picture in PICTURES.values():
        with pytest.raises(LookupError, match="enough"):
            kmc.quantize(picture, 9, callback=fail)
    check(PICTURES["rgb"], 9, kmc.quantize(PICTURES["rgb"], 9))


def test_a_callback_may_use_the_engine_without_being_asked_for_it(every_poll):
    depth, most = 0, 0

    def nested(*_: Any) -> None:
        nonlocal depth, most
        depth += 1
        most = max(most, depth)
        kmc.histogram(PICTURES["rgb"])
        kmc.quantize(PICTURES["rgb"], 3, effort="fast", deadline=AT_ONCE)
        depth -= 1

    result = kmc.quantize(PICTURES["rgb"], 9, callback=nested, max_iter=2, effort="fast")
    assert most == 1
    check(PICTURES["rgb"], 9, result)


def test_watches_of_several_threads_do_not_mix(every_poll):
    """One stops at once while the other goes on."""
    through, stopped = Stopper(), Stopper(1)
    found: dict[str, kmc.IndexedImage] = {}

    def work(name: str, callback: Stopper) -> None:
        found[name] = kmc.quantize(PICTURES["rgb"], 16, callback=callback)

    threads = [
        threading.Thread(target=work, args=pair)
        for pair in (("through", through), ("stopped", stopped))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = kmc.quantize(PICTURES["rgb"], 16)
    np.testing.assert_array_equal(found["through"].indices, expected.indices)
    assert found["stopped"].n_iter == 1
    assert stopped.calls == [0, 1]


def test_false_at_once_ends_a_long_search_at_once():
    begun = time.monotonic()
    result = kmc.quantize(noise(800, 800), 256, effort="best", callback=lambda *_: False)
    assert time.monotonic() - begun < 8  # on a machine where the search takes 16 s
    assert result.n_iter == 1


# ---- the program ---------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(PICTURES["rgb"]).save(path)
    return path


def test_the_program_takes_a_deadline(cli, source, tmp_path):
    hurried, at_leisure = tmp_path / "a.png", tmp_path / "b.png"
    assert cli("quantize", source, "-k", 16, "-o", hurried, "--deadline", AT_ONCE)[0] == 0
    assert cli("quantize", source, "-k", 16, "-o", at_leisure, "--deadline", 1000)[0] == 0
    expected = look_best(PICTURES["rgb"], 16, deadline=AT_ONCE)
    with Image.open(hurried) as painted:
        np.testing.assert_array_equal(np.asarray(painted.convert("RGB")), np.asarray(expected))
    with Image.open(at_leisure) as painted:
        full = np.asarray(look_best(PICTURES["rgb"], 16))
        np.testing.assert_array_equal(np.asarray(painted.convert("RGB")), full)
    printed = cli("palette", source, "-k", 5, "--format", "hex", "--deadline", AT_ONCE)[1].split()
    best = {"space": "oklab", "weights": "balanced"}
    colors = kmc.fit(PICTURES["rgb"], 5, deadline=AT_ONCE, **best).colors
    assert sorted(printed) == sorted("#" + bytes(color).hex() for color in colors.tolist())


def test_a_figure_takes_a_deadline(cli, source, tmp_path):
    figure = tmp_path / "figure.png"
    assert cli("plot", source, "-k", 4, "-o", figure, "--deadline", AT_ONCE)[0] == 0
    assert (
        cli("plot", source, "-k", 4, "-o", tmp_path / "s", "--clusters", "--deadline", 1e-9)[0] == 0
    )
    assert len(list((tmp_path / "s").iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["quantize", "--deadline", "0"], "'0' is not a number above 0"),
        (["quantize", "--deadline", "-1"], "'-1' is not a number of at least 0"),
        (["palette", "--deadline", "soon"], "'soon' is not a number"),
        (["quantize", "--palette", "nord", "--deadline", "1"], "nothing to find by --deadline"),
        (["plot", "--curve", "2-9", "-o", "a.png", "--deadline", "1"], "excludes --deadline"),
    ],
)
def test_deadlines_that_the_program_refuses(cli, source, arguments, words):
    code, _, err = cli(arguments[0], source, *arguments[1:])
    assert code == 1
    assert words in err


def test_verbose_tells_of_iterations_alone(cli, source, every_poll):
    code, _, err = cli("quantize", source, "-n", "-v", "-k", 5)
    assert code == 0
    told = [line for line in err.splitlines() if "iteration" in line]
    assert len(told) == look_best(PICTURES["rgb"], 5).n_iter
    assert "iteration 0" not in err
