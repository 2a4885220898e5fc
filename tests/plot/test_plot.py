"""Figures: the right data in the axes asked for, nothing cut off, no display needed."""

from __future__ import annotations

import io
import itertools
import pickle
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from scenes import noise

import kmc
from kmc.error_curve import CurvePoint
from kmc.plot.error_curve import measured

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def result(photo):
    return kmc.quantize(photo, 8)


def drawings(photo, result):
    """Every kind of figure: what draws it, the projection, the number of axes."""
    return {
        "side_by_side": (lambda ax: kmc.plot.side_by_side(photo, result, ax=ax), None, 1),
        "palette_bar": (lambda ax: kmc.plot.palette_bar(result, ax=ax), None, 1),
        "clusters": (lambda ax: kmc.plot.clusters(photo, result, ax=ax), "3d", 1),
        "history": (lambda ax: kmc.plot.history(result, ax=ax), None, 2),
        "curve": (lambda ax: kmc.plot.curve(photo, [2, 4, 8, 16, 32], ax=ax), None, 2),
        "choices": (lambda ax: kmc.plot.choices(photo, [2, 8], [None, "bayer"], ax=ax), None, 1),
        "rates": (lambda ax: kmc.plot.rate_distortion(photo, [2, 8, 99], ax=ax), None, 1),
    }


KINDS = ["choices", "side_by_side", "palette_bar", "clusters", "history", "curve", "rates"]


@pytest.mark.parametrize("kind", KINDS)
def test_draws_into_the_axes_given(photo, result, kind):
    draw, projection, count = drawings(photo, result)[kind]
    figure = Figure(figsize=(12, 5))
    left, right = (figure.add_subplot(1, 2, i, projection=projection) for i in (1, 2))
    assert draw(right) is right
    assert len(figure.axes) == 1 + count
    assert not left.has_data()
    assert right.has_data()
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("kind", KINDS)
def test_makes_a_figure_of_pyplots(photo, result, kind, monkeypatch):
    shown = []
    monkeypatch.setattr(pyplot, "show", lambda *_: shown.append(kind))
    draw, _, count = drawings(photo, result)[kind]
    ax = draw(None)
    assert [pyplot.figure(number) for number in pyplot.get_fignums()] == [ax.figure]
    assert len(ax.figure.axes) == count
    assert shown == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_cut_off(photo, result, kind):
    figure = drawings(photo, result)[kind][0](None).figure
    figure.canvas.draw()
    drawn = figure.get_tightbbox()  # in inches, of whatever is to be seen
    width, height = figure.get_size_inches()
    assert 0.05 < drawn.x0 < 0.5 * width < drawn.x1 < width - 0.05  # margins, as figures have
    assert 0.05 < drawn.y0 < 0.5 * height < drawn.y1 < height - 0.05


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ax", [1, "axes", "2d"])
def test_axes_are_axes(photo, result, kind, ax):
    draw, projection, _ = drawings(photo, result)[kind]
    if ax == "2d" and projection is None:
        return
    given = Figure().add_subplot() if ax == "2d" else ax
    with pytest.raises(kmc.ArgumentTypeError, match="ax must"):
        draw(given)


def output_of(script):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_without_matplotlib_the_error_says_how_to_get_it():
    script = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import kmc\n"
        "try: kmc.plot.palette_bar(kmc.Palette([[0], [255]]))\n"
        "except kmc.MissingPackageError as error: print(error)\n"
    )
    assert output_of(script).endswith('not installed: pip install "kmc-quantize[plot]"')


def test_importing_it_imports_no_matplotlib():
    script = "import sys, kmc.plot; from kmc import *; print('matplotlib' in sys.modules)"
    assert output_of(script) == "False"


# ---- pictures ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1, 3), (30, 40), (40, 30, 3), (1000, 2, 3), (2, 1000, 3)])
def test_side_by_side_shows_both_pictures(shape):
    original = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    result = kmc.quantize(original, 3)
    ax = kmc.plot.side_by_side(original, result)
    shown = [np.asarray(picture.get_array()) for picture in ax.images]
    wide = original if original.ndim == 3 else np.repeat(original[..., None], 3, axis=2)
    painted = np.asarray(result).reshape(*shape[:2], -1)
    np.testing.assert_array_equal(shown[0], wide)
    np.testing.assert_array_equal(shown[1], np.broadcast_to(painted, wide.shape))
    assert not ax.axison
    assert max(ax.figure.get_size_inches()) < 14
    assert ax.images[0].get_extent()[1] <= ax.images[1].get_extent()[0]


@pytest.mark.parametrize("shape", [(2, 2000), (4, 4002), (6001, 2, 3), (4000, 4, 4)])
def test_large_pictures_are_averaged_before_they_are_drawn(shape):
    from kmc.plot.pictures import _reduced

    pixels = np.arange(np.prod(shape)).astype(np.uint8).reshape(*shape[:2], *shape[2:] or (1,))
    reduced = _reduced(pixels)
    assert reduced.shape[2] == pixels.shape[2]
    assert max(reduced.shape) <= 1000
    factor = -(-max(shape) // 1000)
    mean = pixels[:factor, :factor].reshape(-1, pixels.shape[2]).mean(axis=0)
    if shape[2:] != (4,):  # Pillow weighs by alpha
        assert np.abs(reduced[0, 0] - mean).max() <= 0.5


def rendered(figure, dpi):
    file = io.BytesIO()
    figure.savefig(file, dpi=dpi)
    return np.asarray(Image.open(file).convert("RGB"))


@pytest.mark.parametrize(
    ("shape", "scale"), [((1, 1), 750), ((48, 64), 11), ((203, 131), 3), ((501, 768), 1)]
)
def test_every_pixel_of_a_new_figure_is_a_square_of_dots(shape, scale):
    original = noise(*shape)
    result = kmc.quantize(original, 5, dither="floyd-steinberg")
    figure = kmc.plot.side_by_side(original, result).figure
    drawn = rendered(figure, 150)
    assert figure.dpi == 150
    column = max(scale * shape[1] + 30, 480)
    column += (column - scale * shape[1]) % 2
    assert drawn.shape == (124 + scale * shape[0] + 15, 15 + 2 * column + 15, 3)
    for i, picture in enumerate((original, np.asarray(result))):
        x = 15 + i * column + (column - scale * shape[1]) // 2
        found = drawn[124:, x:][: scale * shape[0], : scale * shape[1]]
        np.testing.assert_array_equal(found, picture.repeat(scale, 0).repeat(scale, 1))


def captions(ax):
    """The lines above each picture."""
    texts = [text.get_text() for text in ax.texts]
    return texts[:3], texts[3:]


def test_side_by_side_says_what_they_are(photo, result):
    original, quantized = captions(kmc.plot.side_by_side(photo, result))
    assert original == ["Original", "64 × 48 pixels", "3\N{THIN SPACE}026 colours"]
    size = len(result.to_bytes("png", metadata=False))
    assert quantized == [
        "8 colours",
        "no dithering",
        f"PSNR {result.psnr:.1f} dB, {size} B as PNG",
    ]


@pytest.mark.parametrize(
    ("dither", "words"),
    [
        ("floyd-steinberg", "Floyd–Steinberg dithering"),
        ("atkinson", "Atkinson dithering"),
        ("bayer", "Bayer dithering"),
        ("blue-noise", "blue-noise dithering"),
    ],
)
def test_side_by_side_says_the_dithering(photo, result, dither, words):
    for image in (
        kmc.quantize(photo, 8, dither=dither),
        pickle.loads(pickle.dumps(result.palette.remap(photo, dither=dither))),
    ):
        assert captions(kmc.plot.side_by_side(photo, image))[1][1] == words


def test_captions_in_subplots_stay_apart(photo, result):
    figure, axes = pyplot.subplots(2, 3, figsize=(8, 5), layout="constrained")
    for ax in axes.flat:
        kmc.plot.side_by_side(photo, result, ax=ax)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for ax in axes.flat for text in ax.texts]
    for box, other in itertools.combinations(boxes, 2):
        assert box.x1 <= other.x0 or other.x1 <= box.x0 or box.y1 <= other.y0 or other.y1 <= box.y0


def test_side_by_side_takes_pictures_of_one_size(photo, result):
    with pytest.raises(kmc.ImageShapeError, match="original is 63 x 48 pixels and the result 64 x"):
        kmc.plot.side_by_side(photo[:, 1:], result)


def test_transparent_pixels_lie_over_a_checkerboard():
    from kmc.plot.pictures import _visible

    pixels = np.zeros((128, 128, 4), np.uint8)
    pixels[64:, :, 3] = 255
    seen = _visible(pixels)
    assert seen[64:].max() == 0
    assert np.unique(seen[:64]).tolist() == [204, 255]
    half = np.full((1, 1, 4), (100, 0, 0, 128), np.uint8)
    np.testing.assert_array_equal(_visible(half), [[[177, 127, 127]]])


def widths(bars):
    return [path.get_extents().width for path in bars.get_paths()]


def test_the_bar_is_divided_by_shares(result):
    (bars,) = kmc.plot.palette_bar(result).collections
    counts = np.bincount(result.indices.reshape(-1))
    order = np.argsort(-counts, kind="stable")
    np.testing.assert_allclose(widths(bars), 100 * counts[order] / 48 / 64)
    colors = ["#" + bytes(result.palette.colors[i]).hex() for i in order]
    assert [to_hex(color) for color in bars.get_facecolor()] == colors
    assert bars.get_paths()[-1].get_extents().x1 == pytest.approx(100)


def test_the_bar_of_a_palette_that_served_no_picture():
    ax = kmc.plot.palette_bar(kmc.Palette([[0, 0, 0], [9, 9, 9], [255, 255, 255], [1, 2, 3]]))
    assert widths(ax.collections[0]) == [25.0] * 4
    assert ax.get_xlabel() == "4 colours"
    assert [text.get_color() for text in ax.texts] == ["white", "white", "black", "white"]


@pytest.mark.parametrize("width", [5, 10])
@pytest.mark.parametrize("k", [8, 16, 40])
def test_narrow_swatches_are_labelled_above(k, width):
    counts = (1000 / 1.3 ** np.arange(k)).astype(int) + 1
    colors = np.arange(3 * k).reshape(k, 3)
    _, ax = pyplot.subplots(figsize=(width, 2.4), layout="constrained")
    kmc.plot.palette_bar(kmc.Palette(colors, counts=counts), ax=ax)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    codes = {text.get_text() for text in ax.texts}
    left_out = k - len(ax.texts)
    assert (f"; {left_out} smaller ones not labelled" in ax.get_xlabel()) == (left_out > 0)
    assert left_out == 0 or width == 5
    assert len(codes) == len(ax.texts) and "#000102" in codes
    letters = [Text.get_window_extent(text) for text in ax.texts]  # without the leaders
    for box, other in itertools.combinations(letters, 2):
        assert (
            box.x1 <= other.x0 + 1
            or other.x1 <= box.x0 + 1
            or box.y1 <= other.y0
            or other.y1 <= box.y0
        )
    assert max(box.y1 for box in boxes) <= ax.figure.bbox.y1


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_labels_above_leave_the_bar_its_height(rows):
    palette = kmc.Palette([[0, 0, 0], [200, 30, 30]], counts=[1, 10_000])
    figure, columns = pyplot.subplots(rows, 1, figsize=(6, 3), layout="constrained", squeeze=False)
    for ax in columns[:, 0]:
        kmc.plot.palette_bar(palette, ax=ax)
    figure.canvas.draw()
    for ax in columns[:, 0]:
        assert ax.get_position().height * 3 > 0.25
        labelled = rows == 1
        assert ("#000000" in [text.get_text() for text in ax.texts]) == labelled
        assert ("; 1 smaller ones not labelled" in ax.get_xlabel()) != labelled


@pytest.fixture(scope="module")
def faded(photo):
    """The photo, transparent at the left and opaque at the right."""
    alpha = np.broadcast_to(np.arange(0, 256, 4, dtype=np.uint8)[:, None], (48, 64, 1))
    return np.concatenate((photo, alpha), axis=2)


def test_the_bar_shows_how_transparent_colours_are(faded, result):
    ax = kmc.plot.palette_bar(kmc.quantize(faded, 6))
    alpha = ax.collections[0].get_facecolor()[:, 3]
    assert alpha.min() < 0.5 < alpha.max()
    assert len(ax.images) == 1  # the checkerboard
    assert ax.get_xlim() == (0, 100) and ax.get_ylim() == (0, 1)
    assert len(kmc.plot.palette_bar(result).images) == 0


def test_pictures_with_alpha_in_every_figure(faded, tmp_path):
    result = kmc.quantize(faded, 5)
    ax = kmc.plot.side_by_side(faded, result)
    assert [image.get_array().shape for image in ax.images] == [(48, 64, 3)] * 2
    pixels, centroids = kmc.plot.clusters(faded, result).collections
    assert len(centroids._offsets3d[0]) == (result.palette.centroids[:, 3] > 0).sum() == 4
    assert len(pixels._offsets3d[0]) == 48 * 63
    kmc.plot.curve(faded, [2, 4, 8])
    palette = kmc.plot.steps(faded, 5, tmp_path, max_iter=2, tol=0)
    assert len(list(tmp_path.iterdir())) == 1 + palette.n_iter == 3


def test_palettes_of_thousands_are_drawn(make_indexed):
    image = make_indexed(5000, shape=(200, 200))
    assert sum(widths(kmc.plot.palette_bar(image).collections[0])) == pytest.approx(100)
    ax = kmc.plot.clusters(np.asarray(image), image, image.palette)
    ax.figure.canvas.draw()
    assert len(ax.collections[-1]._offsets3d[0]) == 5000


# ---- lines ---------------------------------------------------------------------------------------


def test_history_draws_inertia_and_shift(photo):
    palette = kmc.fit(photo, 8, init="random", max_iter=6, tol=0)
    ax = kmc.plot.history(palette)
    below = ax.figure.axes[-1]
    inertia, shift = np.array(palette.history).T
    for each, values in ((ax, inertia / 10**6), (below, shift)):
        (line,) = each.lines
        np.testing.assert_array_equal(line.get_xdata(), np.arange(1, 7))
        np.testing.assert_allclose(line.get_ydata(), values)
    assert "$10^6$ levels²" in ax.get_ylabel()
    assert below.get_yscale() == "log"
    assert ax.get_ylim()[0] == 0
    decrease = 100 * (1 - inertia[-1] / inertia[0])
    assert ax.texts[0].get_text() == f"{decrease:.2g} % lower than after the first iteration"
    assert ax.get_title(loc="left")


@pytest.mark.parametrize("n", [1, 2, 9, 61, 300])
def test_history_numbers_iterations_from_1(n):
    history = [(1000 - i, 2.0 ** -(i % 30)) for i in range(n)]
    ax = kmc.plot.history(kmc.Palette([[0]], history=history))
    ax.figure.canvas.draw()
    low, high = ax.get_xlim()
    assert min(tick for tick in ax.get_xticks() if low <= tick <= high) >= 1


def test_history_names_the_space(photo):
    ax = kmc.plot.history(kmc.quantize(photo, 4, space="oklab"))
    assert "levels² of Oklab" in ax.get_ylabel()


def test_history_of_like_shifts_has_an_even_scale():
    ax = kmc.plot.history(kmc.Palette([[0]], history=[(9.0, 4.0), (8.0, 3.0), (7.0, 0.5)]))
    assert ax.figure.axes[-1].get_yscale() == "linear"


@pytest.mark.parametrize("history", [[(5.0, 0.0)], [(9.0, 4.0), (5.0, 0.0)]])
def test_history_has_a_place_for_no_movement(history):
    ax = kmc.plot.history(kmc.Palette([[0]], history=history))
    ax.figure.canvas.draw()
    beside = ax.figure.axes[-1]
    ticks = [text.get_text() for text in beside.get_xticklabels()]
    assert all(float(tick).is_integer() for tick in ticks) and "1" in ticks
    bottom, top = beside.get_ylim()
    assert all(bottom <= shift <= top for _, shift in history)


@pytest.mark.parametrize("thing", [None, [[1, 2, 3]], "result"])
def test_what_is_no_result_is_refused(photo, thing):
    with pytest.raises(kmc.ArgumentTypeError, match="result must be an IndexedImage"):
        kmc.plot.side_by_side(photo, thing)
    for draw in (kmc.plot.history, kmc.plot.palette_bar):
        with pytest.raises(kmc.ArgumentTypeError, match="expected a Palette or an IndexedImage"):
            draw(thing)


def test_history_needs_iterations():
    with pytest.raises(kmc.ArgumentError, match="no iteration"):
        kmc.plot.history(kmc.Palette([[0], [255]]))


def test_curve_draws_what_was_measured(photo):
    points = measured(photo, [16, 2, 4])
    ax = kmc.plot.curve(photo, [16, 2, 4])
    below = ax.figure.axes[-1]
    points.sort()
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [2, 4, 16])
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [point.psnr for point in points])
    kilobytes = [point.n_bytes / 1000 for point in points]
    np.testing.assert_allclose(below.lines[0].get_ydata(), kilobytes)
    assert (ax.get_title(loc="left"), ax.get_ylabel()) == ("Quality and file size", "PSNR (dB)")
    assert below.get_position().y1 < ax.get_position().y0  # lines of two units do not cross
    again = kmc.plot.curve(points)
    np.testing.assert_array_equal(again.lines[0].get_ydata(), ax.lines[0].get_ydata())


def test_measured_bytes_are_those_of_the_file(photo, tmp_path):
    (point,) = measured(photo, [16])
    result = kmc.quantize(photo, 16)
    result.save(tmp_path / "a.png")
    size = (tmp_path / "a.png").stat().st_size
    assert point == (16, result.mse, result.psnr, size)


def test_curve_draws_what_kmc_curve_found(photo):
    points = kmc.curve(photo, [2, 8, 4])
    ax = kmc.plot.curve(points)
    quality = [point.psnr for point in (points[0], points[2], points[1])]
    np.testing.assert_allclose(ax.lines[0].get_ydata(), quality)
    drawn = kmc.plot.curve(photo, [2, 4, 8]).lines[0]
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), drawn.get_ydata())


def test_curve_marks_the_first_that_reaches_a_psnr():
    points = [CurvePoint(k, 9.0, psnr) for k, psnr in ((2, 20.0), (4, 29.9), (8, 30.0), (16, 40.0))]
    ax = kmc.plot.curve(points)
    assert len(ax.figure.axes) == 1  # no file sizes to draw
    assert ax.lines[1].get_xdata() == [8, 8]
    assert ax.texts[0].get_text() == "30 dB from k = 8 on"
    assert kmc.plot.curve(points, psnr=20.5).texts[0].get_text() == "20.5 dB from k = 4 on"
    for none in (None, 41):
        unmarked = kmc.plot.curve(points, psnr=none)
        assert len(unmarked.lines) == 1 and not unmarked.texts
    with pytest.raises(kmc.ArgumentTypeError, match="psnr"):
        kmc.plot.curve(points, psnr="30")


def test_curve_shades_what_is_exact():
    points = kmc.curve(np.arange(64, dtype=np.uint8).reshape(8, 8), [2, 16, 64, 128])
    ax = kmc.plot.curve(points, psnr=60)
    assert ax.lines[0].get_xdata().tolist() == [2, 16]
    assert [text.get_text() for text in ax.texts] == ["exact"]
    assert ax.patches[0].get_x() == 64


def test_panels_of_axes_without_a_grid(photo, result):
    figure = Figure()
    ax = figure.add_axes((0.1, 0.2, 0.8, 0.6))
    kmc.plot.history(result, ax=ax)
    below = figure.axes[-1]
    assert below.get_position().y0 == pytest.approx(0.2)
    assert ax.get_position().y1 == pytest.approx(0.8)
    assert below.get_position().y1 < ax.get_position().y0


def test_curve_says_what_is_wrong(photo):
    with pytest.raises(kmc.ArgumentError, match="two numbers of colours"):
        kmc.plot.curve(photo, [4])
    with pytest.raises(kmc.ArgumentError, match="k must be 1 to"):
        kmc.plot.curve(photo, [0, 4])
    for wrong in (5, [2, "4"], [2, 4.5]):
        with pytest.raises(kmc.ArgumentTypeError, match=r"ks must be|k must be an integer"):
            kmc.plot.curve(photo, wrong)
    with pytest.raises(kmc.ArgumentError, match="have their k already"):
        kmc.plot.curve(measured(photo, [2, 4]), [2, 4])


def test_choices_are_a_table_of_what_quantize_gives(photo):
    axes = kmc.plot.choices(photo, [8, 2], [None, "atkinson"], seed=3)
    titles = [text.get_text() for text in axes.texts[::3]]
    assert titles == 2 * ["2 colours", "8 colours"]
    dithering = [text.get_text() for text in axes.texts[1::3]]
    assert dithering == 2 * ["no dithering"] + 2 * ["Atkinson dithering"]
    drawn = iter(axes.images)
    details = iter(axes.texts[2::3])
    for dither in (None, "atkinson"):
        for k in (2, 8):
            expected = kmc.quantize(photo, k, dither=dither, order="compact", seed=3)
            np.testing.assert_array_equal(next(drawn).get_array(), np.asarray(expected))
            assert f"PSNR {expected.psnr:.1f} dB, " in next(details).get_text()


def test_choices_show_every_pixel_as_a_square_of_dots():
    picture = noise(90, 120)
    drawn = rendered(kmc.plot.choices(picture, [2, 5], [None, "bayer"]).figure, 150)
    scale, column, step = 6, 120 * 6 + 30, 124 + 90 * 6
    for i, dither in enumerate((None, "bayer")):
        for j, k in enumerate((2, 5)):
            y, x = 124 + i * step, 15 + j * column + 15
            found = drawn[y:, x:][: 90 * scale, : 120 * scale]
            expected = np.asarray(kmc.quantize(picture, k, dither=dither))
            np.testing.assert_array_equal(found, expected.repeat(scale, 0).repeat(scale, 1))


def test_choices_show_the_middle_of_large_pictures():
    large = np.zeros((400, 700), np.uint8)
    large[200, 350] = 9
    shown = kmc.plot.choices(large, [2], [None]).images[0].get_array()
    assert shown.shape[:2] == (360, 360)
    assert shown[180, 180].max() == 9


def test_choices_say_what_is_wrong(photo):
    for arguments, error in (
        ({"ks": []}, kmc.ArgumentError),
        ({"ks": 4}, kmc.ArgumentTypeError),
        ({"ks": [0]}, kmc.ArgumentError),
        ({"dithers": []}, kmc.ArgumentError),
        ({"dithers": "bayer"}, kmc.ArgumentTypeError),
        ({"dithers": ["beyer"]}, kmc.ArgumentError),
    ):
        with pytest.raises(error):
            kmc.plot.choices(photo, **arguments)


def test_curve_takes_the_options_of_a_fit(photo):
    options = {"init": "random", "max_iter": 2, "space": "oklab", "seed": 4}
    drawn = kmc.plot.curve(photo, [2, 5], **options).lines[0].get_ydata()
    expected = [kmc.quantize(photo, k, **options).psnr for k in (2, 5)]
    np.testing.assert_allclose(drawn, expected)
    with pytest.raises(kmc.ArgumentError, match="seed is for a picture"):
        kmc.plot.curve(kmc.curve(photo, [2, 5]), seed=4)
