"""The benchmarks measure what they say: errors by hand, refusals of wrong answers, mosaics."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from kmc_files import lossless_image
from PIL import Image

import kmc

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT))  # at the end: the installed kmc comes before the checkout's

from bench import (  # noqa: E402
    clock,
    estimators,
    graphics,
    kernels,
    large,
    ours,
    palette,
    png,
    report,
    rivals,
    sight,
    stages,
    summary,
)
from bench.__main__ import main  # noqa: E402
from bench.contender import Answer, score, verify  # noqa: E402
from bench.pictures import Picture, mosaic  # noqa: E402

pytestmark = pytest.mark.project

# Two pixels of 10 and one each of 20 and 100, in one channel of three.
PICTURE = Picture(
    "small", np.array([[[10, 0, 0], [10, 0, 0]], [[20, 0, 0], [100, 0, 0]]], np.uint8)
)
LABELS = np.array([0, 0, 0, 1])


def test_errors_of_rounded_and_of_real_palettes() -> None:
    centroids = np.array([[13.4, 0, 0], [100, 0, 0]])
    measured = score(Answer(LABELS, centroids=centroids), PICTURE)
    assert measured.mse == (2 * 3**2 + 7**2) / 4  # at 13, the rounded level
    assert measured.unrounded == pytest.approx((2 * 3.4**2 + 6.6**2) / 4)
    whole = score(Answer(LABELS, colors=np.array([[13, 0, 0], [100, 0, 0]], np.uint8)), PICTURE)
    assert (whole.mse, whole.unrounded) == (measured.mse, None)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (Answer(LABELS[:3], colors=np.zeros((2, 3), np.uint8)), "3 indices for 4 pixels"),
        (Answer(LABELS, colors=np.zeros((3, 3), np.uint8)), "at most 2"),
        (Answer(LABELS, colors=np.zeros((1, 3), np.uint8)), "outside the palette"),
        (Answer(LABELS, np.zeros((2, 3), np.uint8), np.full((2, 3), np.nan)), "not a number"),
        (Answer(LABELS, np.zeros((2, 3), np.uint8), claimed_mse=1.0), "is claimed"),
    ],
)
def test_wrong_answers_are_refused(answer: Answer, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        verify(answer, PICTURE, 2)


def test_plain_numpy_is_lloyds_algorithm() -> None:
    (contender,) = rivals.numpy_kmeans(3)
    answer = contender.run(contender.prepare(PICTURE.pixels), 2)
    verify(answer, PICTURE, 2)
    assert score(answer, PICTURE).unrounded == pytest.approx(
        (2 * (10 / 3) ** 2 + (20 / 3) ** 2) / 4
    )


def test_mosaics_have_the_size_asked_for() -> None:
    tiles = [PICTURE, Picture("flat", np.full((3, 5, 3), 7, np.uint8))]
    picture = mosaic(tiles, 0.01)
    assert picture.n_pixels == pytest.approx(10_000, rel=0.02)
    assert picture.pixels[:2, :2].tolist() == PICTURE.pixels.tolist()
    assert picture.n_colors > 4  # the tiles differ


def test_means_are_paired_by_picture() -> None:
    rows = [
        {"label": label, "picture": picture, "k": 4, "ms": ms}
        for label, picture, ms in [
            ("a", "x", 2.0),
            ("a", "y", 8.0),
            ("b", "x", 1.0),
            ("a", "z", 9.0),
        ]
    ]
    cells = summary.by_label(rows)
    assert summary.paired(cells["a"], cells["b"], "ms") == 2.0
    assert clock.geometric_mean([2.0, 8.0]) == pytest.approx(4.0)


def test_best_known_errors_are_read_by_picture_and_k(tmp_path: Path) -> None:
    table = tmp_path / "best.csv"
    table.write_text("image,distinct_colours,mse_k4,mse_k16\nsmall,3,16.5,\n")
    assert summary.read_best(table) == {("small", 4): 16.5}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345.6, "12346"),
        (12.3456, "12.35"),
        (0.5, "0.500"),
        (0, "0"),
        (None, "-"),
        (2e-5, "2.0e-05"),
    ],
)
def test_figures_have_four_digits(value: float | None, text: str) -> None:
    assert report.number(value) == text


def test_the_stages_and_kernels_run(photo: np.ndarray) -> None:
    picture = Picture("photo", np.ascontiguousarray(photo))
    works = stages.counting(picture, 1) | stages.fitting(picture, 4, 1)
    works |= kernels.everything(picture, [4])
    for work in works.values():
        work()


def test_kmc_as_a_contender(photo: np.ndarray) -> None:
    picture = Picture("photo", np.ascontiguousarray(photo))
    for contender in ours.contenders(["fast", "default", "best"], numpy_iterations=2):
        verify(contender.read(contender.run(contender.prepare(picture.pixels), 4)), picture, 4)
    twin = contender.read(contender.run(contender.prepare(picture.pixels), 4))
    (plain,) = rivals.numpy_kmeans(2)
    answer = plain.run(plain.prepare(picture.pixels), 4)
    assert answer.iterations == twin.iterations == 2
    assert score(twin, picture).unrounded == pytest.approx(
        score(answer, picture).unrounded, rel=1e-4
    )


def test_what_blurring_leaves_of_a_checkerboard() -> None:
    board = np.indices((40, 40)).sum(axis=0) % 2 * 255
    pixels = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    grey = np.full_like(pixels, 128)
    assert sight.blurred_psnr(pixels, grey) > 30
    assert sight.blurred_psnr(pixels, pixels) == float("inf")
    assert sight.blurred(grey) == pytest.approx(128)


def test_ditherings_as_contenders(photo: np.ndarray) -> None:
    picture = Picture("photo", np.ascontiguousarray(photo))
    fitted = ours.kmc.fit(picture.pixels, 8)
    everyone = palette.contenders(picture.pixels, fitted, 1)
    assert len({contender.label for contender in everyone}) == len(everyone) >= 6
    figures = {}
    for contender in everyone:
        answer = contender.read(contender.run(contender.prepare(picture.pixels), 8))
        verify(answer, picture, 8)
        figures[contender.label] = palette.measured(answer, picture)
    plain, best = figures["kmc, no dithering"], figures["kmc, floyd-steinberg"]
    assert best["mse"] > plain["mse"]
    assert best["blurred_psnr"] > plain["blurred_psnr"]


def test_estimators_are_compared(photo: np.ndarray) -> None:
    picture = Picture("photo", np.ascontiguousarray(photo))
    row = estimators.compared(picture, 4, 1, repeat=1, slow_repeat=1)
    assert row["over"] < 1.05
    assert estimators.mean([row, row])["over"] == pytest.approx(row["over"])
    model = kmc.ColorKMeans(4).fit(photo.reshape(-1, 3))
    model.inertia_ *= 2
    with pytest.raises(ValueError, match="is claimed where it is"):
        estimators.verify("kmc", model, picture)


def test_png_files_are_verified(photo: np.ndarray) -> None:
    result = kmc.quantize(photo, 4)
    for label in (png.COMPACT, "Pillow"):
        file = png.writers(4)[label](result)
        png.verify(label, file, np.asarray(result), 4)
        with pytest.raises(ValueError, match="another picture came back"):
            png.verify(label, file, np.asarray(result) ^ 1, 4)
    ways = png.whole_ways(photo, 4)
    assert ways["from file to file: kmc, compact"]()[:4] == b"\x89PNG"


def test_drawn_pictures_are_many_and_no_larger_as_kmc_files_than_as_png() -> None:
    drawn = [*graphics.sprites(), *graphics.patterns(), *graphics.gradients()]
    names = [name for name, _ in drawn]
    assert len(set(names)) == len(names) > 20
    for name, pixels in drawn:
        image = lossless_image(Image.fromarray(np.ascontiguousarray(pixels)))
        files = io.BytesIO(), io.BytesIO()
        image.save(files[0], "kmc")
        image.save(files[1], "png")
        assert len(files[0].getvalue()) < len(files[1].getvalue()), name
        assert np.array_equal(np.asarray(kmc.open(files[0].getvalue())), pixels), name


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--graphics", "--k", "16"], "neither --k nor --dither"),
        (["--lossless", "--dither", "bayer"], "neither --k nor --dither"),
        (["--graphics", "--images", "."], "exclude each other"),
    ],
)
def test_codec_refuses_options_without_effect(arguments: list[str], words: str) -> None:
    with pytest.raises(SystemExit, match=words):
        main(["codec", *arguments])


def test_large_images_are_the_same_by_every_way() -> None:
    task = {"images": None, "noise": 3, "side": 60, "pixels": 3 * 60**2, "k": 5}
    rows = [large.quantize_child({**task, "way": way}) for way in list(large.WAYS)[:2]]
    assert rows[0]["result"] == rows[1]["result"]
    assert rows[0]["pixels"] == task["pixels"]
    assert all(row["peaks"][0] > 0 for row in rows)
    colors, counts = large.some_colors(np.random.default_rng(0), 1000)
    histogram = kmc.Histogram(colors, counts)
    np.testing.assert_array_equal(histogram.colors, colors)
    np.testing.assert_array_equal(histogram.counts, counts)
