"""Fitting: what each option does, and that k colours come out, no two the same."""

from __future__ import annotations

import gc
import itertools
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_kmeans import lloyd, points_of
from scenes import NAMED, PICTURES, dense, few, photo, scattered

import kmc
from kmc.clustering.options import EFFORTS

INITS = ("k-means++", "random", "bisecting")


def start_for(picture, k, seed=0):
    """k starting colours (k, C), some between levels."""
    channels = 1 if picture.ndim == 2 else 3
    return scattered((k, channels), 1020, seed) / 4


def wide(start):
    return np.pad(start, ((0, 0), (0, 4 - start.shape[1])))


@given(PICTURES, st.integers(1, 30), st.integers(0, 10**6), st.sampled_from([None, 0, 0.5]))
def test_given_centroids_iterate_as_the_twin_does(picture, k, seed, tol):
    start = start_for(picture, k, seed)
    counted = kmc.histogram(picture)
    palette = kmc.fit(counted, k, init=start, max_iter=15, tol=tol)
    if k >= len(counted):
        return
    centroids, history, converged = lloyd(
        points_of(counted.colors),
        counted.counts,
        wide(start),
        15,
        EFFORTS["default"].tol if tol is None else tol,
    )
    np.testing.assert_array_equal(palette.centroids, centroids[:, : start.shape[1]])
    assert palette.history == history
    assert (palette.n_iter, palette.converged) == (len(history), converged)
    assert palette.inertia == history[-1][0]


@given(PICTURES, st.integers(1, 40), st.sampled_from(INITS), st.sampled_from(list(EFFORTS)))
def test_k_distinct_colours_each_near_its_centroid(picture, k, init, effort):
    counted = kmc.histogram(picture)
    palette = kmc.fit(picture, k, init=init, effort=effort, max_iter=8)
    k = min(k, len(counted))
    assert palette.colors.shape == palette.centroids.shape == (k, counted.colors.shape[1])
    assert len(np.unique(palette.colors, axis=0)) == k
    assert palette.counts.sum() == counted.n_pixels
    assert palette.centroids.min() >= counted.colors.min()
    assert palette.centroids.max() <= counted.colors.max()


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("init", INITS)
def test_as_many_colours_as_the_picture_has_are_its_colours(name, init):
    counted = kmc.histogram(NAMED[name])
    n = len(counted)
    for k in (n, n + 1, 65536):
        palette = kmc.fit(counted, k, init=init)
        np.testing.assert_array_equal(palette.colors, counted.colors)
        np.testing.assert_array_equal(palette.centroids, counted.colors)
        np.testing.assert_array_equal(palette.counts, counted.counts)
        assert (palette.inertia, palette.n_iter, palette.converged) == (0.0, 0, True)


@pytest.mark.parametrize("name", ["few", "dense", "grey gradient"])
@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("effort", EFFORTS)
def test_one_colour_less_than_the_picture_has(name, init, effort):
    counted = kmc.histogram(NAMED[name])
    palette = kmc.fit(counted, len(counted) - 1, init=init, effort=effort)
    assert len(np.unique(palette.colors, axis=0)) == len(counted) - 1
    assert palette.counts.sum() == counted.n_pixels
    # One pair of colours shares one, if no better pair than the nearest one of all was to be had.
    apart = np.square(counted.colors[:, None].astype(int) - counted.colors).sum(axis=-1)
    lightest = counted.counts.min()
    assert palette.inertia >= apart[apart > 0].min() / 4 * lightest


@pytest.mark.parametrize("k", [30, 50, 60, 64, 65])
@pytest.mark.parametrize("init", INITS)
def test_centroids_that_round_alike_become_different_colours(k, init):
    picture = dense(40, 40)
    palette = kmc.fit(picture, k, init=init)
    assert len(np.unique(palette.colors, axis=0)) == k
    near = np.abs(palette.colors - palette.centroids).max(axis=1) <= 0.5
    kept = np.unique(np.floor(palette.centroids + 0.5), axis=0)
    assert near.sum() >= len(kept)
    mapped = palette.remap(picture)
    np.testing.assert_array_equal(np.bincount(mapped.indices.ravel()), palette.counts)
    assert (palette.counts > 0).all()


def test_of_those_that_round_alike_the_later_one_takes_the_worst_served_colour():
    colors = [
        (10, 11, 0),
        (11, 10, 0),
        (11, 11, 0),
        (100, 0, 0),
        (104, 0, 0),
        (200, 0, 0),
        (230, 0, 0),
    ]
    counted = kmc.Histogram(colors, [1, 1, 1, 1000, 1000, 1, 1])
    start = [(10.5, 10.5, 0), (11, 11, 0), (102, 0, 0), (215, 0, 0)]
    palette = kmc.fit(counted, 4, init=start, max_iter=1)
    np.testing.assert_array_equal(palette.centroids, start)
    # Missed by 2, 1000 times, weighs more than missed by 15, once.
    expected = [[11, 11, 0], [100, 0, 0], [102, 0, 0], [215, 0, 0]]
    assert palette.colors.tolist() == expected


def test_histograms_and_pictures_give_the_same(tmp_path):
    picture = photo(40, 50)
    expected = kmc.fit(picture, 12)
    kmc.quantize(picture, 5000).save(tmp_path / "same.png")
    for source in (kmc.histogram(picture), tmp_path / "same.png", picture[::-1, ::-1]):
        np.testing.assert_array_equal(kmc.fit(source, 12).centroids, expected.centroids)


def test_histograms_of_several_pictures():
    parts = [photo(20, 30, seed) for seed in range(3)]
    whole = kmc.fit(np.concatenate(parts), 16)
    shared = kmc.fit(sum(map(kmc.histogram, parts)), 16)
    np.testing.assert_array_equal(shared.centroids, whole.centroids)
    np.testing.assert_array_equal(shared.counts, whole.counts)


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_n_init_keeps_the_lowest_inertia(init):
    picture = NAMED["photo"]
    options = {"init": init, "effort": "fast"}
    each = [kmc.fit(picture, 9, seed=seed, **options) for seed in range(40, 46)]
    best = min(each, key=lambda palette: palette.inertia)
    chosen = kmc.fit(picture, 9, seed=40, n_init=6, **options)
    assert len({palette.inertia for palette in each}) > 1
    np.testing.assert_array_equal(chosen.centroids, best.centroids)
    assert chosen.history == best.history


def test_seeds_of_any_size():
    picture = NAMED["photo"]
    small, large = kmc.fit(picture, 7, seed=3), kmc.fit(picture, 7, seed=2**64 + 3)
    np.testing.assert_array_equal(small.centroids, large.centroids)
    kmc.fit(picture, 7, seed=2**64 - 1, n_init=3)


def test_uniform_weights_count_each_colour_once():
    picture = few(40, 50, 60)
    counted = kmc.histogram(picture)
    once = kmc.Histogram(counted.colors, np.ones(len(counted), np.int64))
    uniform = kmc.fit(picture, 9, weights="uniform", effort="best")
    np.testing.assert_array_equal(uniform.centroids, kmc.fit(once, 9, effort="best").centroids)
    by_counts = kmc.fit(picture, 9, effort="best")
    assert kmc.fit(once, 9, init=by_counts.centroids).inertia >= uniform.inertia
    assert uniform.counts.sum() == counted.n_pixels
    assert uniform.remap(picture).mse > by_counts.remap(picture).mse


def test_equal_weights_are_uniform_weights():
    counted = kmc.histogram(NAMED["noise"])
    assert counted.counts.max() == 1
    by_counts, uniform = (kmc.fit(counted, 16, weights=w) for w in ("counts", "uniform"))
    np.testing.assert_array_equal(by_counts.centroids, uniform.centroids)


def test_more_effort_leaves_less_error():
    means = np.zeros(3)
    for name, k in itertools.product(("photo", "noise", "few", "grey photo"), (4, 16, 30)):
        fast, default, best = (kmc.fit(NAMED[name], k, effort=effort).inertia for effort in EFFORTS)
        assert best <= 1.01 * default
        assert default <= 1.01 * fast
        means += np.log([fast, default, best])
    assert means[2] < means[1] < means[0]


@pytest.mark.parametrize("name", ["photo", "few", "gradient"])
def test_the_best_effort_cares_little_for_the_start(name):
    errors = [kmc.fit(NAMED[name], 12, init=init, effort="best").inertia for init in INITS]
    assert max(errors) <= 1.02 * min(errors)


@pytest.mark.parametrize("name", ["photo", "few", "gradient"])
@pytest.mark.parametrize("colors", [np.zeros((12, 3)), start_for(NAMED["few"], 12, 9) // 200])
def test_the_best_effort_mends_a_start_far_from_the_picture(name, colors):
    """Most of the given centroids serve no colour at all."""
    mended = kmc.fit(NAMED[name], 12, init=colors, effort="best").inertia
    assert mended <= 1.02 * kmc.fit(NAMED[name], 12, effort="best").inertia


@pytest.mark.parametrize("init", [*INITS, "array"])
@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("max_iter", [1, 10, 37])
def test_max_iter_iterations_without_a_tolerance(init, effort, max_iter):
    picture = NAMED["grey photo"]
    start = start_for(picture, 5) if init == "array" else init
    palette = kmc.fit(picture, 5, init=start, effort=effort, max_iter=max_iter, tol=0)
    assert palette.n_iter == len(palette.history) == max_iter
    assert palette.converged is False


def test_tolerance_ends_earlier():
    n_iter = [
        kmc.fit(NAMED["photo"], 20, init="random", tol=tol).n_iter for tol in (500, 0.5, 0.01)
    ]
    assert n_iter[0] < n_iter[1] < n_iter[2] < 300
    endless = kmc.fit(NAMED["photo"], 20, tol=np.inf)
    assert (endless.n_iter, endless.converged) == (1, True)


def test_a_first_iteration_in_one_place():
    """All centroids start in one place: all but the first are refilled at once."""
    palette = kmc.fit(NAMED["photo"], 30, init=np.zeros((30, 3)))
    assert (palette.counts > 0).all()
    assert len(np.unique(palette.colors, axis=0)) == 30


def test_the_callback_sees_the_iterations():
    calls = []
    palette = kmc.fit(NAMED["photo"], 6, callback=lambda *call: calls.append(call))
    calls = [call for call in calls if call[0] > 0]
    assert [call[0] for call in calls] == list(range(1, palette.n_iter + 1))
    assert [call[2:] for call in calls] == palette.history
    np.testing.assert_array_equal(calls[-1][1], palette.centroids)
    assert calls[0][1].shape == (6, 3)
    grey = []
    kmc.fit(NAMED["grey photo"], 6, callback=lambda *call: grey.append(call))
    assert next(call for call in grey if call[0] > 0)[1].shape == (6, 1)


def test_the_callback_may_stop():
    calls = []

    def stop_at_two(iteration, *rest):
        calls.extend([iteration] * (iteration > 0))
        return iteration < 2

    palette = kmc.fit(NAMED["photo"], 20, init="random", callback=stop_at_two)
    full = kmc.fit(NAMED["photo"], 20, init="random", max_iter=2)
    assert (calls, palette.n_iter, palette.converged) == ([1, 2], 2, False)
    np.testing.assert_array_equal(palette.centroids, full.centroids)


def test_the_callback_sees_no_iteration_where_there_is_none():
    calls = []
    kmc.fit(NAMED["few"], 300, callback=lambda *call: calls.append(call))
    assert not any(iteration for iteration, *_ in calls)


def test_nothing_is_kept_of_a_callback_that_raised():
    class Callback:
        def __call__(self, *call):
            raise LookupError("enough")

    callback = Callback()
    seen = weakref.ref(callback)
    for _ in range(3):
        with pytest.raises(LookupError, match="enough"):
            kmc.fit(NAMED["photo"], 6, callback=callback)
    del callback
    gc.collect()
    assert seen() is None


def wrong(words, error=kmc.ArgumentError, **options):
    return pytest.param(
        options, error, words, id=" ".join(f"{k}={v!r}" for k, v in options.items())
    )


WRONG = [
    *(wrong("k must be 1 to 65536", k=k) for k in (0, -1, 65537, 2**70)),
    *(wrong("n_init must be at least 1", n_init=n) for n in (0, -3)),
    *(wrong("max_iter must be at least 1", max_iter=n) for n in (0, -3)),
    *(wrong("seed must be at least 0", seed=n) for n in (-1, -(2**70))),
    *(wrong("tol must be 0 or more", tol=t) for t in (-0.1, float("nan"), -np.inf)),
    *(wrong("threads must be at least 1", threads=n) for n in (0, -1)),
    *(wrong("init must be one of k-means", init=name) for name in ("kmeans", "", "K-MEANS++")),
    *(wrong("weights must be one of counts, balanced, uniform", weights=w) for w in ("count", "")),
    *(wrong("effort must be one of fast, default, best", effort=e) for e in ("slow", "")),
    *(
        wrong(f"{name} must be an integer", kmc.ArgumentTypeError, **{name: value})
        for name in ("k", "n_init", "max_iter", "seed")
        for value in (2.0, "2", None, [2], np.float64(2), True)
    ),
    wrong("threads must be an integer", kmc.ArgumentTypeError, threads=1.5),
    *(wrong("tol must be a number", kmc.ArgumentTypeError, tol=t) for t in ("low", [1], 1j)),
    *(wrong("weights must be one of", kmc.ArgumentTypeError, weights=w) for w in (None, [1, 2])),
    *(wrong("effort must be one of", kmc.ArgumentTypeError, effort=e) for e in (None, 3)),
    *(wrong("callback must be callable", kmc.ArgumentTypeError, callback=c) for c in (3, "print")),
    wrong("init must be the name", kmc.ArgumentTypeError, k=1, init={"a": 1}),
    wrong("init must be the name", kmc.ArgumentTypeError, k=1, init=[["red"]]),
    wrong("init must be the name.* real", kmc.ArgumentTypeError, k=1, init=np.array([[1j]])),
    wrong("weights must be one of", kmc.ArgumentTypeError, weights=np.ones(3)),
    wrong("init must have shape", k=2, init=[[1, 2, 3]]),
    wrong("init must have shape", k=2, init=[[1, 2], [3, 4]]),
    wrong("init must have shape", k=3, init=[1, 2, 3]),
    wrong("init must have shape", k=1, init=np.zeros((1, 1, 3))),
    wrong("init must have shape", k=1, init=np.zeros((1, 5))),
    wrong("init must have as many channels", k=1, init=np.zeros((1, 4))),
    wrong("init must have shape", k=1, init=5),
    wrong("init must have shape", k=1, init=None),
    *(
        wrong(r"init must lie in 0\.\.255", k=2, init=[[0, 0, 0], [9, value, 9]])
        for value in (-0.01, 255.01, np.nan, np.inf)
    ),
]


@pytest.mark.parametrize(("options", "error", "words"), WRONG)
@pytest.mark.parametrize("call", [kmc.fit, kmc.quantize])
def test_wrong_options_say_so(call, options, error, words):
    with pytest.raises(error, match=words) as caught:
        call(NAMED["photo"], **options)
    assert isinstance(caught.value, kmc.KmcError)
    assert isinstance(caught.value, TypeError if error is kmc.ArgumentTypeError else ValueError)


@pytest.mark.parametrize("call", [kmc.fit, kmc.quantize])
@pytest.mark.parametrize(("name", "channels"), [("photo", 1), ("grey photo", 3)])
def test_starting_colours_have_the_channels_of_the_picture(call, name, channels):
    with pytest.raises(kmc.ArgumentError, match="init must have as many channels"):
        call(NAMED[name], 2, init=np.zeros((2, channels)))


def test_options_take_what_counts_as_a_number():
    expected = kmc.fit(NAMED["photo"], 5, max_iter=4, tol=0.0)
    index, integers = np.int16(5), {"max_iter": np.uint8(4), "seed": np.int64(0), "threads": 1}
    other = kmc.fit(NAMED["photo"], index, tol=np.float32(0), n_init=np.int8(1), **integers)
    np.testing.assert_array_equal(other.centroids, expected.centroids)
    assert kmc.fit(NAMED["few"], 3, max_iter=2**40).converged


def test_more_pixels_than_the_engine_can_sum_are_refused():
    counted = kmc.Histogram([[1], [2], [3]], [2**33, 1, 1])
    with pytest.raises(kmc.ArgumentError, match="at most 8589934592 pixels"):
        kmc.fit(counted, 2)
    assert kmc.fit(counted, 3).counts.tolist() == [2**33, 1, 1]


def test_inertia_is_the_sum_over_the_pixels():
    for picture, k in itertools.product((NAMED["photo"], NAMED["grey photo"]), (1, 3, 20)):
        palette = kmc.fit(picture, k, tol=0, max_iter=400)
        flat = picture.reshape(-1, palette.centroids.shape[1])
        distance = np.square(flat[:, None] - palette.centroids).sum(axis=-1).min(axis=1).sum()
        assert palette.inertia == pytest.approx(distance, rel=1e-4)


@pytest.mark.parametrize("answer", [False, np.False_])
def test_the_callback_ends_all_starts_whenever_it_says_so(answer):
    for last in (1, 3):
        seen = []

        def stop(iteration, *state, seen=seen, last=last):
            seen.extend([iteration] * (iteration > 0))
            return answer if len(seen) == last else True

        kmc.fit(NAMED["photo"], 4, n_init=3, max_iter=last, tol=0.0, callback=stop)
        assert seen == list(range(1, last + 1))


@pytest.mark.parametrize(
    ("init", "words"),
    [("bisecting", "init='bisecting'"), ([[1, 2, 3]] * 4, "init as an array")],
)
def test_nothing_random_is_not_started_again(init, words):
    with pytest.raises(kmc.ArgumentError, match=f"n_init and {words} exclude each other"):
        kmc.fit(NAMED["photo"], 4, init=init, effort="fast", n_init=5)
    assert len(kmc.fit(NAMED["photo"], 4, init=init, effort="best", n_init=2)) == 4  # kicks
