"""Clusters drawn in colour space, once or for every iteration: places, colours, files."""

from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest
from matplotlib import pyplot
from PIL import Image

import kmc
from kmc.plot.color_space import sample

pytestmark = pytest.mark.once


def test_clusters_draws_pixels_in_their_own_colours(photo):
    new = kmc.fit(photo, 5)
    old = np.clip(new.centroids - 9, 0, 255)
    ax = kmc.plot.clusters(photo, new, old, n_pixels=500)
    pixels, before, moves, now = ax.collections
    x, y, z = pixels._offsets3d
    places = np.stack([x, y, z], axis=1)
    np.testing.assert_array_equal(places, sample(photo, 500))
    ax.figure.canvas.draw()
    colors = np.rint(pixels.get_facecolors()[:, :3] * 255)  # by depth
    np.testing.assert_array_equal(np.unique(colors, axis=0), np.unique(places, axis=0))
    np.testing.assert_array_equal(np.stack(before._offsets3d, axis=1), old)
    np.testing.assert_array_equal(np.stack(now._offsets3d, axis=1), new.centroids)
    assert len(moves.get_segments()) == 5
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    move = np.sqrt(((new.centroids - old) ** 2).sum(axis=1)).max()
    labels_before = f"centroids before, up to {move:.1f} levels away"
    assert labels == ["500 of 3\N{THIN SPACE}072 pixels", labels_before, "centroids now"]


def test_clusters_of_few_pixels_draws_all_of_them():
    ax = kmc.plot.clusters(np.array([[[1, 2, 3], [250, 0, 9]]], np.uint8), [(100, 100, 100)])
    assert len(ax.collections[0]._offsets3d[0]) == 2
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels == ["all 2 pixels", "centroids"]


def test_small_moves_are_not_hidden(photo):
    """A ring around a dot that is less than half as wide shows a move of little."""
    new = kmc.fit(photo, 5)
    _, before, _, now = kmc.plot.clusters(photo, new, new.centroids - 1).collections
    assert now.get_sizes()[0] ** 0.5 < 0.6 * before.get_sizes()[0] ** 0.5
    assert before.get_facecolor().size == 0  # nothing covers what is inside


@pytest.mark.parametrize("space", ["rgb", "oklab"])
@pytest.mark.parametrize("alpha", [False, True])
def test_pixels_in_the_colours_of_their_clusters(photo, space, alpha):
    if alpha:
        opacity = np.where(np.arange(64) < 9, 0, 255)[None, :, None].repeat(48, axis=0)
        photo = np.concatenate((photo, opacity.astype(np.uint8)), axis=2)
    result = kmc.quantize(photo, 6, space=space)
    for centroids in (result, result.palette):
        ax = kmc.plot.clusters(photo, centroids, color_by="cluster", n_pixels=10**6)
        ax.computed_zorder = True
        pixels = ax.collections[0]
        colors = np.rint(255 * pixels._facecolors[:, :3])
        seen = photo.reshape(-1, photo.shape[2])[:, 3:].all(axis=1)
        indices = result.indices.reshape(-1)[seen]
        np.testing.assert_array_equal(colors, np.rint(result.palette.centroids[indices, :3]))


def test_clusters_of_plain_centroids_are_the_nearest(photo):
    centroids = np.random.default_rng(3).uniform(0, 255, (50, 3))
    ax = kmc.plot.clusters(photo, centroids, color_by="cluster")
    points = photo.reshape(-1, 3).astype(float)
    nearest = ((points[:, None] - centroids) ** 2).sum(axis=2).argmin(axis=1)
    found = ax.collections[0]._facecolors[:, :3]
    np.testing.assert_allclose(255 * found, centroids[nearest])
    with pytest.raises(kmc.ArgumentError, match="color_by must be one of"):
        kmc.plot.clusters(photo, centroids, color_by="hue")


def test_grey_lies_on_the_diagonal():
    ax = kmc.plot.clusters(np.array([[5, 9]], np.uint8), kmc.Palette([[7]]))
    for points in ax.collections:
        x, y, z = points._offsets3d
        np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(y, z)


def test_the_sample_is_even_and_always_the_same():
    pixels = np.arange(100 * 100 * 3).astype(np.uint8).reshape(100, 100, 3)
    np.testing.assert_array_equal(sample(pixels, 70), sample(pixels.copy(), 70))
    y, x = np.mgrid[0:100, 0:100].astype(np.uint8)
    places = sample(np.stack([y, x, x], axis=2), 1000)
    for axis in (0, 1):
        tenths = np.bincount(places[:, axis] // 10, minlength=10)
        assert tenths.min() >= 95 and tenths.max() <= 105
    assert len(np.unique(places[:, 0].astype(int) * 100 + places[:, 1])) == 1000


def test_the_sample_leaves_out_what_cannot_be_seen():
    pixels = np.array([[[9, 9, 9, 0], [1, 2, 3, 7]]], np.uint8)
    assert sample(pixels, 10).tolist() == [[1, 2, 3, 7]]


@pytest.mark.parametrize(
    ("centroids", "before", "words"),
    [
        ([[1, 2]], None, r"centroids must have shape \(k, C\), not \(1, 2\)"),
        ([1, 2, 3], None, r"not \(3,\)"),
        ([[1, 2, 3]], [[1, 2, 3], [4, 5, 6]], "1 centroids cannot have been 2 before"),
    ],
)
def test_clusters_checks_centroids(photo, centroids, before, words):
    with pytest.raises(kmc.ArgumentError, match=words):
        kmc.plot.clusters(photo, centroids, before)


# ---- steps ---------------------------------------------------------------------------------------


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def numbered(n):
    """The names of the start's figure and of those of n iterations."""
    return [f"iteration-{i:03}.png" for i in range(n + 1)]


@pytest.fixture
def drawn(monkeypatch):
    """The centroids that are drawn, and those that they were before."""
    states = []

    def record(image, now, before, **options):
        states.append((None if before is None else before.copy(), now.copy()))

    module = sys.modules["kmc.plot.iterations"]  # the name itself is the function's
    monkeypatch.setattr(module, "clusters", record)
    return states


def test_steps_writes_a_figure_for_each_iteration(photo, tmp_path):
    seen = []
    options = {"init": "random", "max_iter": 3, "tol": 0}
    palette = kmc.plot.steps(
        photo, 4, tmp_path / "a" / "b", callback=lambda *state: seen.append(state[0]), **options
    )
    assert [iteration for iteration in seen if iteration > 0] == [1, 2, 3]
    assert names(tmp_path / "a" / "b") == numbered(3)
    np.testing.assert_array_equal(palette.centroids, kmc.fit(photo, 4, **options).centroids)
    with Image.open(tmp_path / "a" / "b" / "iteration-000.png") as figure:
        assert figure.size == (960, 840)
    assert pyplot.get_fignums() == []


def test_titles_of_steps_stand_clear_of_legends(photo, tmp_path, monkeypatch):
    figures = []
    module = sys.modules["kmc.plot.iterations"]
    make = module.unregistered_figure
    monkeypatch.setattr(
        module, "unregistered_figure", lambda size: figures.append(make(size)) or figures[-1]
    )
    kmc.plot.steps(photo, 4, tmp_path, init="random", max_iter=1, tol=0)
    for figure in figures:
        (ax,) = figure.axes
        title = ax.title.get_window_extent()
        assert not title.overlaps(ax.get_legend().get_window_extent())
        assert figure.bbox.contains(title.x0, title.y0) and figure.bbox.contains(title.x1, title.y1)
    assert len(figures) == 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"init": "random", "seed": 5},
        {"init": "bisecting", "space": "oklab"},
        {"effort": "best"},
        {"weights": "uniform"},
        {"importance": np.indices((48, 64))[0]},
        {"fixed": [(255, 255, 255)]},
    ],
)
def test_steps_begin_at_the_start(photo, tmp_path, drawn, options):
    palette = kmc.plot.steps(photo, 4, tmp_path, tol=0, max_iter=4, **options)
    fitted = kmc.fit(photo, 4, tol=0, max_iter=4, **options)
    np.testing.assert_array_equal(palette.colors, fitted.colors)
    np.testing.assert_array_equal(palette.counts, fitted.counts)
    assert len(drawn) == 1 + palette.n_iter
    assert drawn[0][0] is None
    for (_, earlier), (before, _) in pairwise(drawn):
        np.testing.assert_array_equal(before, earlier)
    if len(options) < 1:
        again = kmc.fit(photo, 4, init=drawn[0][1], tol=0, max_iter=4)
        np.testing.assert_allclose(again.centroids, fitted.centroids, atol=0.5)
    if "space" not in options:
        np.testing.assert_array_equal(drawn[-1][1], fitted.centroids)


@pytest.mark.parametrize("option", [{"order": "luminance"}, {"image_weights": [1]}], ids=str)
def test_steps_are_of_one_picture_in_no_order(photo, tmp_path, option):
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        kmc.plot.steps(photo, 4, tmp_path, **option)
    assert names(tmp_path) == []


def test_random_steps_begin_at_colours_of_the_picture(photo, tmp_path, drawn):
    kmc.plot.steps(photo, 6, tmp_path, init="random", max_iter=1)
    there = {tuple(color) for color in photo.reshape(-1, 3).tolist()}
    assert {tuple(color) for color in drawn[0][1].tolist()} <= there


def test_steps_beside_fixed_colours(photo, tmp_path, drawn):
    init = [(10, 20, 30), (200, 100, 0)]
    fixed = [(255, 255, 255)]
    kmc.plot.steps(photo, 3, tmp_path, fixed=fixed, init=init, max_iter=2, tol=0)
    np.testing.assert_array_equal(drawn[0][1], [*fixed, *init])
    np.testing.assert_array_equal(drawn[1][0], drawn[0][1])
    np.testing.assert_array_equal(drawn[1][1][0], fixed[0])


def test_steps_of_colours_with_alpha_from_opaque_ones(photo, tmp_path):
    faded = np.concatenate((photo, photo[:, :, :1] | 15), axis=2)
    palette = kmc.plot.steps(faded, 2, tmp_path, init=[(10, 20, 30), (200, 100, 0)], max_iter=2)
    assert names(tmp_path) == numbered(palette.n_iter)


def test_steps_without_iterations_draw_what_there_is(photo, tmp_path, drawn):
    palette = kmc.plot.steps(photo[:1, :2], 4, tmp_path)
    ((before, now),) = drawn
    assert before is None
    np.testing.assert_array_equal(now, palette.centroids)


def test_steps_can_be_stopped(photo, tmp_path):
    palette = kmc.plot.steps(photo, 4, tmp_path, tol=0, callback=lambda *state: False)
    assert palette.n_iter == 1
    assert names(tmp_path) == numbered(1)


def test_steps_take_the_place_of_earlier_ones(photo, tmp_path):
    kmc.plot.steps(photo, 4, tmp_path, init="random", tol=0, max_iter=4)
    assert names(tmp_path) == numbered(4)
    (tmp_path / "iteration-notes.png").touch()
    (tmp_path / "iteration-7.png").touch()
    kmc.plot.steps(photo, 4, tmp_path, init="random", tol=0, max_iter=2)
    assert names(tmp_path) == [*numbered(2), "iteration-7.png", "iteration-notes.png"]


def test_steps_that_are_refused_leave_earlier_ones(photo, tmp_path, monkeypatch):
    kmc.plot.steps(photo, 4, tmp_path, tol=0, max_iter=2)
    with pytest.raises(kmc.ArgumentError, match="n_pixels"):
        kmc.plot.steps(photo, 4, tmp_path, n_pixels=0)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(kmc.MissingPackageError):
        kmc.plot.steps(photo, 4, tmp_path)
    assert names(tmp_path) == numbered(2)


def test_steps_take_the_place_of_nothing_else(photo, tmp_path):
    mine = tmp_path / "iteration-009.png"
    mine.write_bytes(b"mine")
    with pytest.raises(kmc.FileWriteError, match=r"009.png: exists already, and was not drawn"):
        kmc.plot.steps(photo, 4, tmp_path)
    assert (names(tmp_path), mine.read_bytes()) == ([mine.name], b"mine")


def test_steps_says_what_is_wrong(photo, tmp_path):
    with pytest.raises(kmc.ArgumentError, match="n_init must be 1"):
        kmc.plot.steps(photo, 4, tmp_path, n_init=2)
    with pytest.raises(kmc.ArgumentTypeError, match="folder must be a path, not int"):
        kmc.plot.steps(photo, 4, 7)
    with pytest.raises(kmc.ArgumentError, match="k must be 1 to"):
        kmc.plot.steps(photo, 0, tmp_path / "new")
    assert names(tmp_path) == []
    (tmp_path / "file").touch()
    with pytest.raises(kmc.FileWriteError, match=r"file: cannot be made"):
        kmc.plot.steps(photo, 4, tmp_path / "file")
    (tmp_path / "folder" / "iteration-001.png").mkdir(parents=True)
    with pytest.raises(kmc.FileWriteError, match=r"iteration-001.png: cannot be replaced"):
        kmc.plot.steps(photo, 4, tmp_path / "folder")
