"""`kmc.curve` with a format: the points are those of `quantize` and `to_bytes`, one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dask.array import from_array
from scenes import photo as scene

import kmc
from kmc.clustering.problem import ClusteringProblem
from kmc.file_curve import File, FilePoint, efficient
from kmc.lossy.choice import CHOOSERS

FORMATS = tuple(CHOOSERS)
PHOTO = scene(96, 128, 3)
SMALL = PHOTO[:24, :32]


def twin(image: Any, ks: list[int], lossy: list[int], format: str, **options: Any) -> list[Any]:
    """Each file on its own, and each compared with each."""
    files = []
    for k in ks:
        for loss in lossy:
            loses = {"lossy": loss, "format": format} if loss else {}
            result = kmc.quantize(image, k, **loses, **options)
            n_bytes = len(result.to_bytes(format))
            files.append((k, loss, result.mse, result.psnr, n_bytes))
    return [
        FilePoint(
            *file,
            is_efficient=not any(
                (other[4] <= file[4] and other[2] < file[2])
                or (other[4] < file[4] and other[2] <= file[2])
                for other in files
            ),
        )
        for file in files
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_points_are_those_of_quantize_and_of_its_files(format):
    ks, lossy = [8, 32, 16], [0, 40, 20, 90]
    points = kmc.curve(PHOTO, ks, lossy=lossy, format=format)
    assert points == twin(PHOTO, ks, lossy, format)
    assert len({point.is_efficient for point in points}) == 2


@pytest.mark.parametrize(
    "options",
    [
        {"space": "oklab", "weights": "balanced"},
        {"effort": "best"},
        {"fixed": [(1, 2, 3), (250, 250, 250)], "seed": 7, "init": "random", "max_iter": 2},
    ],
)
def test_points_take_the_options_of_a_fit(options):
    points = kmc.curve(SMALL, [5, 9], lossy=[0, 50], format="kmc", **options)
    assert points == twin(SMALL, [5, 9], [0, 50], "kmc", **options)


@pytest.mark.parametrize("format", ["kmc", "png"])
def test_points_of_other_pictures(format):
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    alpha = np.arange(SMALL[..., 0].size).reshape(SMALL.shape[:2]) % 256
    soft = np.dstack((SMALL, alpha)).astype(np.uint8)
    for picture in (ramp, soft, SMALL[:1, :1]):
        points = kmc.curve(picture, [2, 7, 256], lossy=[0, 60], format=format)
        assert points == twin(picture, [2, 7, 256], [0, 60], format)


def test_points_without_a_loss_take_any_format_that_is_exact_and_importance():
    for format in ("webp", "tiff", "bmp", ".PNG"):
        assert kmc.curve(SMALL, [4], format=format) == twin(SMALL, [4], [0], format)
    mask = np.arange(SMALL[..., 0].size).reshape(SMALL.shape[:2])
    points = kmc.curve(SMALL, [4, 400], format="kmc", importance=mask)
    assert points == twin(SMALL, [4, 400], [0], "kmc", importance=mask)


def test_metadata_counts_as_it_is_written():
    picture = kmc.Picture(SMALL, kmc.Metadata(text=(("Title", "a picture" * 9),)))
    (with_text,) = kmc.curve(picture, [4], format="png")
    (without,) = kmc.curve(SMALL, [4], format="png")
    assert with_text.n_bytes == len(kmc.quantize(picture, 4).to_bytes("png")) > without.n_bytes
    (gif,) = kmc.curve(picture, [4], format="gif")  # nothing is saved, so nothing is lost
    assert gif == kmc.curve(SMALL, [4], format="gif")[0]


def test_pairs_are_in_the_order_given_and_repeated(monkeypatch):
    solved = []
    real = ClusteringProblem.solve
    monkeypatch.setattr(
        ClusteringProblem, "solve", lambda self, k: solved.append(k) or real(self, k)
    )
    points = kmc.curve(SMALL, iter([9, 4, 9]), lossy=(30, 0, 30), format="kmc")
    expected = [(k, loss) for k in (9, 4, 9) for loss in (30, 0, 30)]
    assert [(point.k, point.lossy) for point in points] == expected
    assert points[0] == points[2] == points[6] == points[8]
    assert solved == [9, 4]  # once for all losses
    assert kmc.curve(SMALL, [], lossy=[0], format="kmc") == []
    assert kmc.curve(SMALL, [4], lossy=[], format="kmc") == []


def test_efficient_files_by_comparing_each_with_each():
    random = np.random.default_rng(3)
    for n in range(40):  # so few values that many are equal
        files = [File(float(mse), int(size)) for mse, size in random.integers(1, 6, (n % 9, 2))]
        expected = {
            file
            for file in files
            if not any(
                other != file and other.mse <= file.mse and other.n_bytes <= file.n_bytes
                for other in files
            )
        }
        found = list(efficient(files))
        assert set(found) == expected
        assert len(found) == len(expected)


def test_files_that_are_equal_are_efficient_together():
    drawing = np.repeat(np.array([[0, 255], [90, 180]], np.uint8), 8, axis=1)
    points = kmc.curve(drawing, [4, 9], lossy=[0, 80], format="png")
    assert [point.is_efficient for point in points] == [True] * 4
    assert {(point.mse, point.psnr) for point in points} == {(0.0, float("inf"))}


def test_a_deadline_ends_the_search():
    points = kmc.curve(PHOTO, [8, 16], lossy=[0, 30], format="png", deadline=1e-9)
    assert [(point.k, point.lossy) for point in points] == [(8, 0), (8, 30), (16, 0), (16, 30)]


@pytest.mark.parametrize(
    ("image", "options", "error", "words"),
    [
        (SMALL, {"lossy": [0]}, kmc.ArgumentError, "lossy needs the format"),
        (SMALL, {"lossy": 30, "format": "png"}, kmc.ArgumentTypeError, "lossy must be integers"),
        (SMALL, {"lossy": ["auto"], "format": "png"}, kmc.ArgumentTypeError, "lossy must be an"),
        (SMALL, {"lossy": [0, 101], "format": "png"}, kmc.ArgumentError, "lossy must be 0 to 100"),
        (SMALL, {"lossy": [9], "format": "webp"}, kmc.ArgumentError, "lossy is for kmc.*not webp"),
        (SMALL, {"format": "docx"}, kmc.ArgumentError, "'docx' is no format"),
        (SMALL, {"format": 3}, kmc.ArgumentTypeError, "format must be a string"),
        (SMALL, {"format": "jpg"}, kmc.ArgumentError, "format 'jpg' changes pixels"),
        (SMALL, {"ks": [4, 300], "format": "gif"}, kmc.ArgumentError, "at most 256 colours: ks"),
        (
            SMALL,
            {"ks": [4, 300], "lossy": [0, 9], "format": "png"},
            kmc.ArgumentError,
            "lossy is for at most 256 colours in png, not 300",
        ),
        (
            SMALL,
            {"lossy": [9], "format": "png", "importance": np.ones((24, 32))},
            kmc.ArgumentError,
            "lossy and importance exclude each other",
        ),
        ([SMALL, SMALL], {"format": "png"}, kmc.ArgumentError, "format .*one image"),
        (kmc.histogram(SMALL), {"format": "png"}, kmc.ArgumentError, "format .*a Histogram"),
        (from_array(SMALL), {"format": "png"}, kmc.ArgumentError, "format .*Dask array"),
        (
            [SMALL],
            {"format": "png", "image_weights": [1]},
            kmc.ArgumentError,
            "image_weights is for several images, and format",
        ),
        (SMALL[..., :0], {"format": "png"}, kmc.ImageShapeError, "shape"),
        (
            np.dstack((SMALL, SMALL[..., 0] // 2)),
            {"format": "gif"},
            kmc.ArgumentError,
            "in gif pixels are opaque",
        ),
    ],
)
def test_wrong_options(image, options, error, words):
    with pytest.raises(error, match=words):
        kmc.curve(image, **{"ks": [4], **options})
