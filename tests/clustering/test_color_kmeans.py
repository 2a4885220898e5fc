"""ColorKMeans keeps scikit-learn's contracts, and its results are those of `kmc.fit`."""

from __future__ import annotations

import pickle
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenes import few, noise, photo
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import validate_data

import kmc

pytestmark = pytest.mark.once

COLUMNS = "its data have other numbers of columns than 1, 3 or 4"
REAL = "its data are real numbers, not 8-bit levels"
NEGATIVE = "its data are standardized: negative real numbers"

# test_checks_on_data_turned_into_colors runs all of these.
NOT_COLORS = {
    "check_all_zero_sample_weights_error": COLUMNS,
    "check_clustering": NEGATIVE,
    "check_dict_unchanged": REAL,
    "check_dont_overwrite_parameters": REAL,
    "check_dtype_object": COLUMNS,
    "check_estimators_dtypes": COLUMNS,
    "check_estimators_fit_returns_self": COLUMNS,
    "check_estimators_nan_inf": REAL,
    "check_estimators_overwrite_params": COLUMNS,
    "check_estimators_pickle": REAL,
    "check_f_contiguous_array_estimator": REAL,
    "check_fit2d_1feature": REAL,
    "check_fit2d_1sample": COLUMNS,
    "check_fit2d_predict1d": REAL,
    "check_fit_check_is_fitted": COLUMNS,
    "check_fit_idempotent": COLUMNS,
    "check_fit_score_takes_y": REAL,
    "check_methods_sample_order_invariance": REAL,
    "check_methods_subset_invariance": REAL,
    "check_n_features_in": COLUMNS,
    "check_n_features_in_after_fitting": REAL,
    "check_pipeline_consistency": REAL,
    "check_readonly_memmap_input": COLUMNS,
    "check_sample_weight_equivalence_on_dense_data": COLUMNS,
    "check_sample_weights_list": REAL,
    "check_sample_weights_not_an_array": COLUMNS,
    "check_sample_weights_not_overwritten": COLUMNS,
    "check_sample_weights_pandas_series": COLUMNS,
    "check_sample_weights_shape": COLUMNS,
    "check_transformer_data_not_an_array": REAL,
    "check_transformer_general": REAL,
    "check_transformer_n_iter": REAL,
}


class AnyDataKMeans(kmc.ColorKMeans):
    """The estimator on any numbers, turned into colours: the first three columns, rounded."""

    def _rows(self, X, *, reset):
        values = validate_data(self, X, reset=reset)[:, :3]
        levels = np.full((len(values), 3), 128.0)
        levels[:, : values.shape[1]] += values * 32
        return levels.round().clip(0, 255).astype(np.uint8)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = False
        return tags


@parametrize_with_checks([kmc.ColorKMeans()], expected_failed_checks=lambda _: NOT_COLORS)
def test_checks(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@parametrize_with_checks([AnyDataKMeans()])
def test_checks_on_data_turned_into_colors(estimator, check):
    check(estimator)


def rows_of(picture):
    return picture.reshape(-1, picture.shape[-1])


def coordinates(colors):
    """Colours over mid-grey with the rest of the opacity, written plainly."""
    if colors.shape[1] < 4:
        return colors.astype(float)
    alpha = colors[:, 3:] / 255
    over_grey = colors[:, :3] * alpha + 127.5 * (1 - alpha)
    depth = round(3**0.5 * 127.5 * 64) / 64
    return np.concatenate((over_grey, depth * (1 - alpha)), axis=1)


def squares(rows, centers):
    return np.square(coordinates(rows)[:, None] - coordinates(centers)).sum(axis=2)


def with_alpha(picture):
    """Some rows of the picture transparent, some soft."""
    alpha = np.full((*picture.shape[:2], 1), 255, np.uint8)
    alpha[:5], alpha[5:9] = 0, 100
    return np.concatenate((picture, alpha), axis=2)


PICTURES = {
    "photo": photo(30, 40),
    "grey": photo(30, 40)[..., :1],
    "noise": noise(20, 30),
    "alpha": with_alpha(photo(30, 40)),
}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("k", [1, 2, 9, 40])
def test_the_centers_of_fit(name, k):
    picture = PICTURES[name]
    rows = rows_of(picture)
    model = kmc.ColorKMeans(k, random_state=3).fit(rows)
    palette = kmc.fit(picture, k, seed=3, tol=1e-4, n_init=2)
    np.testing.assert_array_equal(model.cluster_centers_, palette.centroids)
    assert model.n_iter_ == palette.n_iter
    assert model.n_features_in_ == picture.shape[2]
    assert model.labels_.dtype == np.int32 and model.labels_.shape == (len(rows),)


@pytest.mark.parametrize("name", PICTURES)
def test_labels_distances_and_inertia_by_the_book(name):
    rows = rows_of(PICTURES[name])
    model = kmc.ColorKMeans(9).fit(rows)
    distances = squares(rows, model.cluster_centers_)
    np.testing.assert_allclose(model.transform(rows), np.sqrt(distances), atol=1e-9)
    own = distances[np.arange(len(rows)), model.labels_]
    assert model.inertia_ == pytest.approx(own.sum(), rel=1e-12)
    if rows.shape[1] == 4:  # opaque rows belong to opaque centres
        distances[np.ix_(rows[:, 3] == 255, model.cluster_centers_[:, 3] < 255)] = np.inf
    # Centres are rounded to 1/64 of a level while rows are compared with them.
    assert (np.sqrt(own) <= np.sqrt(distances.min(axis=1)) + 2 * np.sqrt(3) / 128).all()
    np.testing.assert_array_equal(model.predict(rows), model.labels_)
    assert model.score(rows) == -model.inertia_
    some = rows[::7]
    np.testing.assert_array_equal(model.predict(some), model.labels_[::7])


@given(
    st.lists(st.integers(0, 6), min_size=30, max_size=30).filter(lambda w: np.gcd.reduce(w) == 1)
)
def test_whole_weights_are_repeated_rows(weights):
    rows = rows_of(few(5, 6, 9))
    repeated = np.repeat(rows, weights, axis=0)
    k = min(3, len(np.unique(repeated, axis=0)) - 1)
    if k < 1:
        return
    model = kmc.ColorKMeans(k).fit(rows, sample_weight=weights)
    other = kmc.ColorKMeans(k).fit(repeated)
    np.testing.assert_array_equal(model.cluster_centers_, other.cluster_centers_)
    assert model.inertia_ == pytest.approx(other.inertia_, rel=1e-12)
    assert model.score(rows, sample_weight=weights) == -model.inertia_


def test_only_proportions_of_weights_count():
    rows = rows_of(photo(10, 10))
    weights = np.arange(100) % 7 / 7
    one = kmc.ColorKMeans(4).fit(rows, sample_weight=weights)
    two = kmc.ColorKMeans(4).fit(rows, sample_weight=1e9 * weights)
    np.testing.assert_array_equal(one.cluster_centers_, two.cluster_centers_)
    assert two.inertia_ == pytest.approx(1e9 * one.inertia_, rel=1e-12)
    own = squares(rows, one.cluster_centers_)[np.arange(100), one.labels_]
    assert one.inertia_ == pytest.approx((weights * own).sum(), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.int8, np.uint16, np.int64, np.float32, np.float64, object])
def test_other_types_of_whole_numbers(dtype):
    rows = rows_of(photo(12, 12)) // 2
    np.testing.assert_array_equal(
        kmc.ColorKMeans(5).fit(rows.astype(dtype)).labels_, kmc.ColorKMeans(5).fit(rows).labels_
    )
    flags = rows[:, :1] > 60
    assert kmc.ColorKMeans(2).fit(flags).cluster_centers_.tolist() in ([[0], [1]], [[1], [0]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.full((9, 3), 0.5), "from 0 to 255, .* 0.5 to 0.5; scale them"),
        (np.full((9, 3), 7.5), "from 0 to 255, .* 7.5 to 7.5; round and clip"),
        (np.full((9, 3), 256), "from 0 to 255, .* 256 to 256; round and clip"),
        (np.full((9, 3), -1), "Negative values"),
        (np.full((9, 3), np.nan), "NaN"),
        (np.full((9, 3), np.inf), "infinity"),
        (np.zeros((9, 2)), r"1, 3 or 4 columns \(grey, RGB, RGBA\), and X has 2 feature"),
        (np.zeros((2, 2, 3)), "dim 3"),
        (np.zeros((7, 3)), "n_samples=7 should be >= n_clusters=8"),
    ],
)
def test_what_is_no_color_is_refused(X, message):
    with pytest.raises(ValueError, match=message):
        kmc.ColorKMeans().fit(X)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_clusters": 0}, kmc.ArgumentError, "n_clusters must be 1 to 65536, not 0"),
        ({"n_clusters": 2.0}, kmc.ArgumentTypeError, "n_clusters must be an integer"),
        ({"random_state": -1}, kmc.ArgumentError, "random_state must be at least 0"),
        ({"random_state": "x"}, ValueError, "'x' cannot be used to seed"),
        ({"init": "pca"}, kmc.ArgumentError, "init must be one of"),
        ({"init": [[0, 0, 0]]}, kmc.ArgumentError, r"init must have shape \(8, "),
        ({"n_init": "often"}, kmc.ArgumentTypeError, "n_init must be an integer, not 'often'"),
        ({"n_init": 2, "init": np.eye(8, 3)}, kmc.ArgumentError, "n_init and init"),
        ({"tol": -1}, kmc.ArgumentError, "tol must be 0 or more"),
        ({"max_iter": 0}, kmc.ArgumentError, "max_iter must be at least 1"),
        ({"effort": "much"}, kmc.ArgumentError, "effort must be one of"),
    ],
)
def test_parameters_are_checked_by_fit(options, error, message):
    with pytest.raises(error, match=message):
        kmc.ColorKMeans(**options).fit(rows_of(photo(9, 9)))


def test_other_names_of_parameters_are_refused():
    with pytest.raises(TypeError, match="algorithm"):
        kmc.ColorKMeans(algorithm="lloyd")


@pytest.mark.parametrize(
    "weights", [[1], np.ones((4, 1)), [1, 1, 1, -1], [0] * 4, [1, 1, 1, np.nan]]
)
def test_weights_are_checked(weights):
    rows = np.arange(4, dtype=np.uint8)[:, None]
    with pytest.raises(kmc.ArgumentError, match="sample_weight"):
        kmc.ColorKMeans(2).fit(rows, sample_weight=weights)
    with pytest.raises(kmc.ArgumentError, match="sample_weight"):
        kmc.ColorKMeans(2).fit(rows).score(rows, sample_weight=weights)


def test_fewer_colors_than_clusters():
    rows = np.array([[7], [9], [7], [9]], np.uint8)
    with pytest.warns(ConvergenceWarning, match=r"distinct clusters \(2\) found smaller .* \(3\)"):
        model = kmc.ColorKMeans(3).fit(rows)
    assert model.cluster_centers_.tolist() == [[7], [9]]
    assert (model.inertia_, model.n_iter_) == (0, 0)
    assert model.transform(rows).shape == (4, 2)
    assert list(model.get_feature_names_out()) == ["colorkmeans0", "colorkmeans1"]


def test_random_states():
    rows = rows_of(noise(20, 20))
    fits = [
        kmc.ColorKMeans(9, init="random", random_state=state, max_iter=1).fit(rows).inertia_
        for state in (5, np.int64(5), np.random.RandomState(5), np.random.RandomState(5), 7)
    ]
    assert fits[0] == fits[1] and fits[2] == fits[3] and len(set(fits)) == 3
    np.random.seed(1)
    drawn = [
        kmc.ColorKMeans(9, init="random", random_state=None, max_iter=1).fit(rows).inertia_
        for _ in range(2)
    ]
    assert drawn[0] != drawn[1]


def test_restarts():
    picture = noise(20, 20)
    for n_init in (1, 5):
        model = kmc.ColorKMeans(9, n_init=n_init).fit(rows_of(picture))
        palette = kmc.fit(picture, 9, n_init=n_init, tol=1e-4)
        np.testing.assert_array_equal(model.cluster_centers_, palette.centroids)
    start = np.linspace(0, 255, 27).reshape(9, 3)  # from which there is but one way
    model = kmc.ColorKMeans(9, init=start).fit(rows_of(picture))
    palette = kmc.fit(picture, 9, init=start, tol=1e-4)
    np.testing.assert_array_equal(model.cluster_centers_, palette.centroids)


def test_before_fit():
    for method in ("predict", "transform", "score"):
        with pytest.raises(NotFittedError):
            getattr(kmc.ColorKMeans(), method)([[1]])


def test_clones_and_pickles():
    rows = rows_of(photo(12, 12))
    model = kmc.ColorKMeans(5, init=np.linspace(0, 255, 15).reshape(5, 3), threads=1).fit(rows)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(rows), model.labels_)
    copy = clone(model)
    assert not hasattr(copy, "labels_")
    np.testing.assert_array_equal(copy.fit_predict(rows), model.labels_)
    assert repr(kmc.ColorKMeans(5)) == "ColorKMeans(n_clusters=5)"


def test_pipelines_and_grid_searches():
    rows = rows_of(photo(20, 20))
    levels = FunctionTransformer(lambda X: np.round(X * 255))
    pipeline = make_pipeline(levels, kmc.ColorKMeans(4), StandardScaler())
    assert pipeline.fit_transform(rows / 255).shape == (400, 4)
    search = GridSearchCV(kmc.ColorKMeans(), {"n_clusters": [2, 3, 12]}, cv=3).fit(rows)
    assert search.best_params_ == {"n_clusters": 12}
    weighted = make_pipeline(levels, kmc.ColorKMeans(2))
    weighted.fit(rows / 255, colorkmeans__sample_weight=np.arange(400))
    assert weighted.score(rows / 255) < 0


@pytest.mark.parametrize("package", ["pandas"] if find_spec("pandas") else [])
def test_data_frames(package):
    pandas = import_module(package)
    frame = pandas.DataFrame(rows_of(photo(12, 12)), columns=["red", "green", "blue"])
    model = kmc.ColorKMeans(3).set_output(transform="pandas").fit(frame)
    assert list(model.feature_names_in_) == ["red", "green", "blue"]
    found = model.transform(frame)
    assert list(found.columns) == ["colorkmeans0", "colorkmeans1", "colorkmeans2"]
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame[["blue", "green", "red"]])


@pytest.mark.parametrize("k", [4, 16])
def test_no_higher_inertia_than_scikit_learn(k):
    rows = rows_of(photo(40, 60))
    other = KMeans(k, n_init=1, random_state=0).fit(rows)
    assert kmc.ColorKMeans(k).fit(rows).inertia_ <= 1.001 * other.inertia_


def test_threads_change_nothing():
    rows = rows_of(noise(200, 300))
    one, all_of_them = (kmc.ColorKMeans(20, threads=n).fit(rows) for n in (1, None))
    np.testing.assert_array_equal(one.cluster_centers_, all_of_them.cluster_centers_)
    np.testing.assert_array_equal(one.labels_, all_of_them.labels_)
    assert one.inertia_ == all_of_them.inertia_


def test_without_scikit_learn():
    script = (
        "import sys; sys.modules['sklearn'] = None\n"
        "from kmc import *\n"
        "try:\n    ColorKMeans(3)\n"
        "except MissingPackageError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    expected = (
        'kmc.ColorKMeans needs scikit-learn 1.6 or newer: pip install "kmc-quantize[sklearn]"'
    )
    assert (done.stdout.strip(), done.stderr) == (expected, "")


def test_scikit_learn_is_loaded_only_when_asked_for():
    script = "import sys, kmc; kmc.quantize; kmc.fit; assert 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
