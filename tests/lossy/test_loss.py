"""`lossy`, `max_bytes` and `format` of `kmc.quantize`."""

from __future__ import annotations

import numpy as np
import pytest
from scenes import photo as scene

import kmc
from kmc.clustering.problem import ClusteringProblem
from kmc.colors.spaces import UNITS_PER_LEVEL, coordinates
from kmc.formats import registry
from kmc.lossy import choice
from kmc.lossy.choice import CHOOSERS
from kmc.lossy.path_search import LOSS_OF_END, MAX_TRIALS, Path, around_error, around_size

FORMATS = tuple(CHOOSERS)
PHOTO = scene(96, 128, 3)


def soft(picture: np.ndarray) -> np.ndarray:
    """Clear at the top, opaque at the bottom, translucent between."""
    alpha = np.broadcast_to((np.arange(len(picture)) * 8 - 256).clip(0, 255)[:, None], (96, 128))
    return np.dstack((picture, alpha)).astype(np.uint8)


@pytest.mark.parametrize("format", FORMATS)
def test_the_more_loss_the_smaller_the_file(format):
    results = [kmc.quantize(PHOTO, 64, lossy=n, format=format) for n in (0, 20, 40, 70)]
    sizes = [len(each.to_bytes(format)) for each in results]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < (0.8 if format == "gif" else 0.75) * sizes[0]
    assert results[0].mse == kmc.quantize(PHOTO, 64).mse < results[1].mse


@pytest.mark.parametrize("format", FORMATS)
def test_reported_errors_are_of_the_result(format):
    for lossy in (30, 90):
        result = kmc.quantize(PHOTO, 32, lossy=lossy, format=format)
        squared = np.square(np.asarray(result).astype(int) - PHOTO).sum() / PHOTO[..., 0].size
        assert result.mse == pytest.approx(squared, abs=1e-9)
        counts = np.bincount(result.indices.ravel(), minlength=len(result.palette))
        np.testing.assert_array_equal(result.palette.counts, counts)
        assert counts.all()


@pytest.mark.parametrize("format", FORMATS)
def test_entries_are_the_means_of_what_they_got(format):
    result = kmc.quantize(PHOTO, 32, lossy=50, format=format)
    for index, color in enumerate(result.palette.colors):
        own = PHOTO[result.indices == index].astype(int)
        np.testing.assert_array_equal(color, np.floor(own.sum(0) / len(own) + 0.5))


@pytest.mark.parametrize("format", FORMATS)
def test_no_pixel_errs_beyond_the_stated_maximum(format):
    """Before the entries move to their means: fixed ones do not."""
    fixed = kmc.fit(PHOTO, 24).colors
    plain = kmc.quantize(PHOTO, 24, fixed=fixed)
    result = kmc.quantize(PHOTO, 24, fixed=fixed, lossy=60, format=format)
    np.testing.assert_array_equal(result.palette.colors, fixed)
    before, after = (
        np.square(np.asarray(each).astype(int) - PHOTO).sum(2) for each in (plain, result)
    )
    assert (after <= before + 8 * (60 / 50) ** 2 * before[before > 0].mean()).all()
    assert (after > before).any()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("lossy", [5, 100])
def test_what_the_palette_serves_exactly_is_not_touched(format, lossy):
    drawing = np.zeros((96, 128, 3), np.uint8)
    drawing[20:60, 30:90], drawing[40, :], drawing[:, 70] = (250, 0, 0), (0, 90, 0), (0, 0, 255)
    result = kmc.quantize(drawing, 8, lossy=lossy, format=format)
    np.testing.assert_array_equal(np.asarray(result), drawing)
    mixed = PHOTO.copy()
    mixed[:48] = drawing[:48]
    own = [(0, 0, 0), (250, 0, 0), (0, 90, 0), (0, 0, 255)]
    result = kmc.quantize(mixed, 40, fixed=own, lossy=lossy, format=format)
    np.testing.assert_array_equal(np.asarray(result)[:48], drawing[:48])


@pytest.mark.parametrize("space", ["rgb", "oklab"])
@pytest.mark.parametrize("format", FORMATS)
def test_flat_areas_keep_colours_that_photographs_share(format, space):
    mixed = PHOTO.copy()
    mixed[:48] = (250, 250, 245)
    mixed[10:30, 10:90] = PHOTO[70, 60]
    plain = kmc.quantize(mixed, 64, space=space)
    exact = (np.asarray(plain)[:48] == mixed[:48]).all(axis=2)
    assert exact.mean() > 0.9
    result = kmc.quantize(mixed, 64, space=space, lossy=100, format=format)
    assert result.mse > plain.mse
    np.testing.assert_array_equal(np.asarray(result)[:48][exact], mixed[:48][exact])


@pytest.mark.parametrize("format", FORMATS)
def test_opaque_stays_opaque_and_clear_stays_clear(format):
    if format == "gif":
        picture = soft(PHOTO)
        picture[..., 3] = np.where(picture[..., 3] < 128, 0, 255)
    else:
        picture = soft(PHOTO)
    result = kmc.quantize(picture, 24, lossy=100, format=format)
    alpha, given = np.asarray(result)[..., 3], picture[..., 3]
    assert (alpha[given == 0] == 0).all()
    assert (alpha[given == 255] == 255).all()
    assert (alpha[(given > 30) & (given < 255)] > 0).all()
    plain = kmc.quantize(picture, 24)
    assert len(result.to_bytes(format)) < len(plain.to_bytes(format))


@pytest.mark.parametrize("options", [{"space": "oklab"}, {"look": "best"}, {"effort": "best"}])
@pytest.mark.parametrize("format", FORMATS)
def test_with_other_options(options, format):
    plain = kmc.quantize(PHOTO, 32, dither="none", **options)
    result = kmc.quantize(PHOTO, 32, lossy=40, format=format, **options)
    assert len(result.to_bytes(format)) < 0.9 * len(plain.to_bytes(format))
    assert result.dither is None
    assert result.palette.space == plain.palette.space


def test_more_rounds_for_the_best_effort(monkeypatch):
    options = {"lossy": 60, "format": "kmc", "effort": "best"}
    with monkeypatch.context() as patched:
        patched.setattr(choice, "ROUNDS_OF_BEST", 1)
        once = kmc.quantize(PHOTO, 32, **options)
    assert not np.array_equal(
        kmc.quantize(PHOTO, 32, **options).palette.colors, once.palette.colors
    )


@pytest.mark.parametrize("picture", [PHOTO[..., :1], PHOTO[:1, :1], PHOTO[:1], PHOTO[:, :1]])
@pytest.mark.parametrize("format", FORMATS)
def test_pictures_of_any_shape(picture, format):
    for k in (1, 2, 30, 256):
        result = kmc.quantize(picture, k, lossy=80, format=format)
        assert result.indices.shape == picture.shape[:2]
        assert len(result.palette) <= k


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lossy": 30}, "lossy needs the format"),
        ({"max_bytes": 3000}, "max_bytes needs the format"),
        ({"format": "kmc"}, "format is that of the file"),
        ({"lossy": 30, "format": "webp"}, "lossy is for kmc.*, not webp"),
        ({"max_bytes": 3000, "format": "bmp"}, "max_bytes is for kmc.*, not bmp"),
        ({"lossy": 30, "format": "docx"}, "is no format kmc writes"),
        ({"lossy": -1, "format": "kmc"}, "lossy must be"),
        ({"lossy": 101, "format": "kmc"}, "lossy must be"),
        ({"max_bytes": 0, "format": "kmc"}, "max_bytes must be"),
        ({"lossy": "most", "format": "kmc"}, "lossy must be 0 to 100 or 'auto', not 'most'"),
        ({"lossy": "auto", "format": "kmc"}, "needs psnr, max_mse or quality"),
        ({"lossy": "auto", "psnr": 30}, "lossy needs the format"),
        ({"lossy": 3, "psnr": 30, "format": "kmc"}, "lossy='auto' keeps it"),
        ({"max_bytes": 900, "psnr": 30, "format": "kmc"}, "a size would miss the target"),
        ({"lossy": 3, "k": 5000, "format": "kmc"}, "at most 4096 colours in kmc"),
        ({"lossy": 3, "k": 257, "format": "png"}, "at most 256 colours in png"),
        ({"max_bytes": 900, "k": 300, "format": "gif"}, "at most 256 colours in gif"),
    ],
)
def test_refused(options, words):
    with pytest.raises(kmc.ArgumentError, match=words):
        kmc.quantize(PHOTO, **options)


@pytest.mark.parametrize("option", ["lossy", "max_bytes"])
def test_saving_has_no_original_to_lose_from(option):
    with pytest.raises(kmc.ArgumentError, match=rf"kmc.quantize\(image, {option}=..., format"):
        kmc.quantize(PHOTO, 16).to_bytes("png", **{option: 30})


def test_no_loss_is_no_request():
    """So that dithering is not refused."""
    plain = kmc.quantize(PHOTO, 16, dither="adaptive")
    result = kmc.quantize(PHOTO, 16, dither="adaptive", lossy=0, format="kmc")
    np.testing.assert_array_equal(result.indices, plain.indices)


# ---- sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("max_bytes", [400, 1200, 3000, 5000])
def test_files_fit_and_use_most_of_what_is_allowed(format, max_bytes, monkeypatch):
    max_bytes += 200 * (format == "gif")  # no smaller one fits into the least of these
    sizes = []

    def encode(*args, **options):
        data = real(*args, **options)
        sizes.append(len(data))
        return data

    real = registry.encode
    monkeypatch.setattr(registry, "encode", encode)
    result = kmc.quantize(PHOTO, max_bytes=max_bytes, format=format)
    size = len(result.to_bytes(format))
    assert size in sizes
    assert max_bytes / 2 < size <= max_bytes
    assert len(sizes) <= MAX_TRIALS


def beside_text():
    """A photograph and letters that are exact, of many colours and few."""
    mixed = np.full_like(PHOTO, 255)
    mixed[8:80:4, 4:60] = 0
    mixed[:, 90:] = PHOTO[:, 90:]
    return mixed


@pytest.mark.parametrize("share", [0.999, 0.98, 0.9, 0.8])
@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "picture",
    [PHOTO[..., 1], np.asarray(kmc.quantize(PHOTO, 100)), beside_text()],
    ids=["grey", "few colors", "text"],
)
def test_where_a_loss_does_nothing_colors_are_fewer(picture, format, share):
    plain = len(kmc.quantize(picture).to_bytes(format))
    result = kmc.quantize(picture, max_bytes=int(share * plain), format=format)
    assert 0.7 * share * plain < len(result.to_bytes(format)) <= share * plain
    assert result.psnr > 34


@pytest.mark.parametrize("init", ["k-means++", "random", "bisecting"])
def test_more_fixed_colors_than_others(init):
    black, fixed = np.zeros((4, 4, 3), np.uint8), [(255, 0, 0), (0, 255, 0)]
    for options in ({"psnr": 30, "lossy": "auto"}, {"max_bytes": 1000}):
        result = kmc.quantize(black, 8, fixed=fixed, init=init, format="png", **options)
        assert result.mse == 0
        np.testing.assert_array_equal(result.palette.colors, [*fixed, (0, 0, 0)])
    few, fixed = PHOTO[:5, :4], PHOTO[60, 50:62]
    plain = kmc.quantize(few, fixed=fixed, init=init)
    size = len(plain.to_bytes("png"))
    result = kmc.quantize(few, fixed=fixed, init=init, max_bytes=size, format="png")
    np.testing.assert_array_equal(np.asarray(result), few)


@pytest.mark.parametrize("format", FORMATS)
def test_metadata_is_part_of_the_file(format):
    picture = kmc.Picture(PHOTO, kmc.Metadata(text=(("Comment", "x" * 300),)))
    if format == "gif":
        return
    result = kmc.quantize(picture, max_bytes=1500, format=format)
    assert len(result.to_bytes(format)) <= 1500
    assert result.metadata is picture.metadata


@pytest.mark.parametrize("options", [{"max_bytes": 3000}, {"lossy": "auto", "psnr": 25}])
def test_sizes_are_sought_without_a_word(options, recwarn):
    """Saving tells what the format has no place for, once."""
    picture = kmc.Picture(PHOTO, kmc.Metadata(text=(("Comment", "kept elsewhere"),)))
    result = kmc.quantize(picture, format="gif", **options)
    assert not recwarn.list
    with pytest.warns(kmc.FormatWarning, match="gif has no place for its text"):
        result.to_bytes("gif")


def test_what_fits_at_once_has_no_loss():
    result = kmc.quantize(PHOTO, 16, max_bytes=10**6, format="kmc")
    np.testing.assert_array_equal(result.indices, kmc.quantize(PHOTO, 16).indices)


def test_what_never_fits_is_an_error():
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
    with pytest.raises(kmc.SizeError, match="more than the 10 allowed") as caught:
        kmc.quantize(noise, max_bytes=10, format="kmc")
    assert caught.value.n_bytes > 10


def test_fixed_colors_stay_at_any_size():
    fixed = [(1, 2, 3), (250, 240, 230), (9, 200, 9)]
    result = kmc.quantize(PHOTO, fixed=fixed, max_bytes=700, format="kmc")
    np.testing.assert_array_equal(result.palette.colors[:3], fixed)


def test_the_path_goes_from_all_colors_to_the_greatest_loss():
    path = Path(256, 2)
    assert path.end == pytest.approx(40 + 16 * 7 + 60)
    places = [path.place(at) for at in np.linspace(0, path.end, 500)]
    assert places[0] == (256, 0)
    assert places[-1] == (2, LOSS_OF_END)
    assert places == sorted(places, key=lambda place: (-place.k, place.loss))


@pytest.mark.parametrize("max_bytes", [3, 10, 50, 200, 1000, 4000, 9999])
@pytest.mark.parametrize("power", [0.3, 1.0, 2.0])
def test_search_on_a_curve_that_is_known(max_bytes, power):
    def make(place):
        trials.append(place)
        return place, round(40 * place.k**power * (1 - place.loss / 101)) + 1

    trials = []
    found = around_size(make, Path(256, 2), max_bytes)
    assert len(trials) <= MAX_TRIALS
    if found.behind is None:
        assert make(trials[-1])[1] > max_bytes
        assert trials[-1] == (2, LOSS_OF_END)
    else:
        assert make(found.behind.made)[1] <= max_bytes
    if found.before is not None:
        assert make(found.before.made)[1] > max_bytes
    assert found != (None, None)


@pytest.mark.parametrize("allowed", [0.0, 0.3, 5.0, 40.0, 900.0, float("inf")])
@pytest.mark.parametrize("power", [0.3, 1.0, 2.0])
def test_search_for_an_error_on_a_curve_that_is_known(allowed, power):
    def make(place):
        trials.append(place)
        error = 9000 / place.k**power * (1 + place.loss / 100)
        return place, 0.0 if place == (256, 0) and power == 2.0 else error

    trials = []
    found = around_error(make, Path(256, 2), allowed)
    assert len(trials) <= MAX_TRIALS
    if found.before is None:
        assert trials == [(256, 0)]
        assert make(trials[0])[1] > allowed
    else:
        best = make(found.before.made)[1]
        assert best <= allowed
        assert best > allowed / 2 or found.before.made in ((256, 0), (2, LOSS_OF_END))
    if found.behind is not None:
        assert make(found.behind.made)[1] > allowed


# ---- targets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", ["plain", "best"])
@pytest.mark.parametrize("target", [{"psnr": 28}, {"max_mse": 90}, {"quality": (60, 75)}])
@pytest.mark.parametrize("format", FORMATS)
def test_as_much_loss_as_a_target_allows(format, target, look):
    options = {"look": look, "order": "luminance", **target}
    plain = kmc.quantize(PHOTO, 128, dither="none", **options)
    result = kmc.quantize(PHOTO, 128, lossy="auto", format=format, **options)
    assert (np.diff(result.palette.colors @ (2126, 7152, 722)) >= 0).all()
    assert len(result.to_bytes(format)) < (1 if format == "gif" else 0.97) * len(
        plain.to_bytes(format)
    )
    assert result.psnr >= target.get("psnr", 0)
    assert result.mse <= target.get("max_mse", np.inf)
    if "quality" in target:
        assert 75 <= quality_of_pixels(result) <= quality_of_pixels(plain) + 1
    elif look == "plain" and format != "gif":
        assert result.psnr < plain.psnr + 0.4


def quality_of_pixels(image):
    """By the definition: 100 less 8.6 for each level of the distance in Oklab."""
    off = coordinates(np.asarray(image).reshape(-1, 3), "oklab").astype(float)
    off -= coordinates(PHOTO.reshape(-1, 3), "oklab")
    return 100 - 8.6 * np.sqrt(np.square(off / UNITS_PER_LEVEL).sum(axis=1).mean())


def test_the_fewest_colors_of_a_drawing_without_a_loss():
    """Where that is smaller."""
    ramp = np.broadcast_to(np.arange(128, dtype=np.uint8) * 2, (96, 128))
    for psnr in (30, 36, 45):
        plain = kmc.quantize(ramp, psnr=psnr)
        result = kmc.quantize(ramp, psnr=psnr, lossy="auto", format="kmc")
        assert result.psnr >= psnr
        assert len(result.to_bytes("kmc")) <= len(plain.to_bytes("kmc"))


@pytest.mark.parametrize("options", [{"max_bytes": 2500}, {"lossy": "auto", "psnr": 24}])
@pytest.mark.parametrize("format", ["kmc", "png"])
def test_files_are_measured_on_the_threads_allowed(options, format, monkeypatch):
    allowed = []
    real = registry.encode

    def encode(*args, **given):
        allowed.append(given["threads"])
        return real(*args, **given)

    monkeypatch.setattr(registry, "encode", encode)
    kmc.quantize(PHOTO, format=format, threads=1, **options)
    assert set(allowed) == {1}


def test_each_number_of_colors_is_clustered_once(monkeypatch):
    solved = []
    real = ClusteringProblem.solve
    monkeypatch.setattr(
        ClusteringProblem, "solve", lambda self, k: solved.append(k) or real(self, k)
    )
    kmc.quantize(PHOTO, max_bytes=3000, format="png")
    assert len(solved) == len(set(solved))


def test_alpha_that_a_format_cannot_hold():
    """A result without it is preferred, where there is one."""
    alpha = np.where(np.arange(128) < 2, 200, 255).astype(np.uint8)
    picture = np.dstack((PHOTO, np.broadcast_to(alpha, (96, 128))))
    for psnr in range(5, 30, 3):
        plain = kmc.quantize(picture, psnr=psnr)
        result = kmc.quantize(picture, psnr=psnr, lossy="auto", format="gif")
        assert (result.palette.colors[:, 3] == 255).all() >= (
            plain.palette.colors[:, 3] == 255
        ).all()


def test_a_target_between_the_two_of_a_quality():
    """All colours reach the lower one."""
    plain = kmc.quantize(PHOTO, 16)
    result = kmc.quantize(PHOTO, 16, quality=(1, 99), lossy="auto", format="png")
    np.testing.assert_array_equal(result.indices, plain.indices)
    with pytest.raises(kmc.QualityError, match="a PSNR of 60 dB is out of reach: 16 colours"):
        kmc.quantize(PHOTO, 16, psnr=60, lossy="auto", format="png")
