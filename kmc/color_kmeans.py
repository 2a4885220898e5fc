"""k-means with the interface of scikit-learn: `ColorKMeans`."""

from __future__ import annotations

import warnings
from dataclasses import replace
from importlib import import_module
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.clustering.alpha import expand_labels, label_colors
from kmc.clustering.importance import integer_weights, limit_total
from kmc.clustering.options import EffortName, Options, checked_options
from kmc.clustering.problem import ClusteringProblem
from kmc.clustering.weighted_colors import WeightedColors
from kmc.colors.arrays import CHANNELS, MAX_COLORS
from kmc.colors.chunks import chunks
from kmc.colors.spaces import pad_to_four, transparent_point
from kmc.cpu import thread_count
from kmc.errors import ArgumentError, MissingPackageError
from kmc.utils.arguments import contiguous, whole

Rows = NDArray[np.uint8]
Floats = NDArray[np.float64]

# A second start is about a third of the time of a fit, and spares most of the bad optima.
_RESTARTS = 2


class _Unavailable:
    """Takes the place of scikit-learn's base classes without it: the class cannot be used."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        raise MissingPackageError(
            'kmc.ColorKMeans needs scikit-learn 1.6 or newer: pip install "kmc-quantize[sklearn]"'
        )


def _bases() -> tuple[Any, ...]:
    try:
        import_module("sklearn")
    except ModuleNotFoundError as error:
        if error.name != "sklearn":  # one that is installed and broken
            raise
        return (_Unavailable,)
    base = import_module("sklearn.base")
    if not hasattr(import_module("sklearn.utils.validation"), "validate_data"):  # before 1.6
        return (_Unavailable,)
    return (
        base.ClassNamePrefixFeaturesOutMixin,
        base.TransformerMixin,
        base.ClusterMixin,
        base.BaseEstimator,
    )


class ColorKMeans(*_bases()):  # type: ignore[misc]
    """k-means over rows of 8-bit colours, as a scikit-learn estimator.

    Finds centres as `kmc.fit` does, many times as fast as ``sklearn.cluster.KMeans`` and usually
    with a lower inertia. For pipelines, grid searches and existing code;
    ``image.reshape(-1, 3)`` are the rows of an image.

    Needs scikit-learn 1.6 or newer: ``pip install "kmc-quantize[sklearn]"``.

    Parameters
    ----------
    n_clusters : int, default 8
        Number of clusters, 1 to 65 536.
    init : {"k-means++", "random", "bisecting"} or array_like of shape (n_clusters, C)
        Initialization, as for `kmc.fit`; by default ``"k-means++"``.
    n_init : int or "auto", default "auto"
        Number of random restarts; the run with the lowest inertia is kept. ``"auto"`` is 2, or 1
        where the options leave nothing to chance.
    max_iter : int, default 300
        Maximum number of Lloyd's iterations.
    tol : float, default 0.0001
        Iterations end once the largest squared movement of a centre is below `tol`, in 8-bit levels
        squared. With None, as `effort` says; see `kmc.fit`.
    random_state : int, RandomState or None, default 0
        Seed of the random numbers. With an int, 0 included, results are reproducible; None draws
        a seed from NumPy's global generator, as everywhere in scikit-learn.
    effort : {"fast", "default", "best"}, default "default"
        How much time to spend on a lower inertia; see `kmc.fit`.
    threads : int, optional
        Maximum number of threads; by default ``kmc.cpu.threads()``. The result does not depend on
        it.

    Attributes
    ----------
    cluster_centers_ : ndarray of float64, shape (n_clusters, C)
        The centres, in 8-bit levels. If there are fewer distinct colours than `n_clusters`, these
        colours, with a ConvergenceWarning.
    labels_ : ndarray of int32, shape (n_samples,)
        The cluster of each row.
    inertia_ : float
        Sum over the rows of `sample_weight` times the squared distance to the centre.
    n_iter_ : int
        Number of Lloyd's iterations; 0 if every distinct colour is a centre.
    n_features_in_ : int
        Number of columns, C.
    feature_names_in_ : ndarray of str, shape (C,)
        Names of the columns, if `X` had some.

    Notes
    -----
    `X` has 1 column (grey), 3 (RGB) or 4 (RGB and straight alpha). It is ``uint8``, or of another
    dtype whose values all are integers from 0 to 255; other values raise an ArgumentError, which is
    a ValueError.

    With 4 columns, squared distances are the mean of what is seen over black and over white. Opaque
    rows belong to opaque centres if there are any, and all fully transparent rows are one colour;
    see `kmc.Palette.remap`.

    While rows are compared with centres, these are rounded to 1/64 of a level. `sample_weight` of
    whole numbers up to 65 535 are used as they are; of others the largest becomes 50 400 and the
    rest are rounded in proportion, so that results are the same on every machine.

    Examples
    --------
    >>> import kmc, numpy as np
    >>> rows = np.array([[9, 9, 9], [8, 9, 9], [200, 0, 0], [202, 0, 0]], np.uint8)
    >>> model = kmc.ColorKMeans(n_clusters=2).fit(rows)
    >>> sorted(model.cluster_centers_.tolist())
    [[8.5, 9.0, 9.0], [201.0, 0.0, 0.0]]
    >>> model.inertia_
    2.5
    """

    cluster_centers_: Floats
    labels_: NDArray[np.int32]
    inertia_: float
    n_iter_: int
    n_features_in_: int

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Literal["k-means++", "random", "bisecting"] | ArrayLike = "k-means++",
        n_init: int | Literal["auto"] = "auto",
        max_iter: int = 300,
        tol: float | None = 1e-4,
        random_state: Any = 0,
        effort: EffortName = "default",
        threads: int | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.effort = effort
        self.threads = threads

    def fit(self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None) -> Self:
        """Find the centres.

        Parameters
        ----------
        X : array_like of uint8, shape (n_samples, C)
            Colours, C = 1, 3 or 4.
        y : None
            Not used; present because scikit-learn's interface has it.
        sample_weight : array_like, shape (n_samples,), optional
            Weight of each row, 0 or more; by default 1.

        Returns
        -------
        ColorKMeans
            This estimator.

        Raises
        ------
        ArgumentError, ArgumentTypeError
            A parameter, or a value of `X`, is out of range or of the wrong type.

        Warns
        -----
        ConvergenceWarning
            There are fewer distinct colours than `n_clusters`.

        Examples
        --------
        >>> import kmc
        >>> kmc.ColorKMeans(2).fit([[7], [9], [200]], sample_weight=[3, 1, 1]).cluster_centers_
        array([[  7.5],
               [200. ]])
        """
        rows = self._rows(X, reset=True)
        options = self._options()
        if len(rows) < options.k:
            raise ArgumentError(f"n_samples={len(rows)} should be >= n_clusters={options.k}")
        with options.watch():
            given = _weighted(rows, sample_weight, options.threads)
            problem = ClusteringProblem(given, options)
            found = problem.solve(options.k)
            points = _coordinates(found.centroids)
            labels, _, _ = problem.tree.label(points, options.threads)
            if problem.visible is not None:
                labels = expand_labels(labels, problem.visible)
            self.cluster_centers_ = found.centroids.copy()
            self.labels_ = _of_rows(rows, given.colors, labels, len(points), options.threads)
        if sample_weight is None:
            self.inertia_ = _inertia(given.colors, labels, points, given.counts)
        else:
            self.inertia_ = _inertia(rows, self.labels_, points, np.asarray(sample_weight))
        self.n_iter_ = found.n_iter
        if len(points) < options.k:
            warnings.warn(
                f"Number of distinct clusters ({len(points)}) found smaller than n_clusters "
                f"({options.k}): there are no more distinct colours in X",
                import_module("sklearn.exceptions").ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.int32]:
        """Find the nearest centre of each row.

        Parameters
        ----------
        X : array_like of uint8, shape (n_samples, C)
            As for `fit`.

        Returns
        -------
        ndarray of int32, shape (n_samples,)
            The lowest index wins ties.

        Examples
        --------
        >>> import kmc
        >>> kmc.ColorKMeans(2).fit([[7], [9], [200]]).predict([[100], [150]])
        array([0, 1], dtype=int32)
        """
        return self._nearest(self._fitted_rows(X))[0]

    def transform(self, X: ArrayLike) -> Floats:
        """Compute the distance of each row to each centre.

        Parameters
        ----------
        X : array_like of uint8, shape (n_samples, C)
            As for `fit`.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_clusters)
            In 8-bit levels; a data frame if `set_output` says so.

        Examples
        --------
        >>> import kmc
        >>> kmc.ColorKMeans(2).fit([[7], [9], [200]]).transform([[10]])
        array([[  2., 190.]])
        """
        rows = self._fitted_rows(X)
        distance = import_module("scipy.spatial.distance")
        found: Floats = distance.cdist(_coordinates(rows), _coordinates(self.cluster_centers_))
        return found

    def fit_predict(
        self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None
    ) -> NDArray[np.int32]:
        """Find the centres, and return the cluster of each row.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        ndarray of int32, shape (n_samples,)

        Examples
        --------
        >>> import kmc
        >>> kmc.ColorKMeans(2).fit_predict([[7], [9], [200]])
        array([0, 0, 1], dtype=int32)
        """
        return self.fit(X, sample_weight=sample_weight).labels_

    def fit_transform(
        self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None
    ) -> Floats:
        """Find the centres, and return the distance of each row to each of them.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_clusters)

        Examples
        --------
        >>> import kmc
        >>> kmc.ColorKMeans(2).fit_transform([[7], [9], [200]])
        array([[  1., 193.],
               [  1., 191.],
               [192.,   0.]])
        """
        return self.fit(X, sample_weight=sample_weight).transform(X)

    def score(
        self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Compute the negative inertia: the higher, the better.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        float

        Examples
        --------
        >>> import kmc
        >>> kmc.ColorKMeans(2).fit([[7], [9], [200]]).score([[10], [200]])
        -4.0
        """
        rows = self._fitted_rows(X)
        labels, colors, labels_of_colors, counts = self._nearest(rows)
        points = _coordinates(self.cluster_centers_)
        if sample_weight is None:
            return -_inertia(colors, labels_of_colors, points, counts)
        integer_weights("sample_weight", sample_weight, (len(rows),))  # raises if it is none
        return -_inertia(rows, labels, points, np.asarray(sample_weight))

    @property
    def _n_features_out(self) -> int:
        """What scikit-learn's mixin numbers the output columns by."""
        return len(self.cluster_centers_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _options(self) -> Options:
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            check_random_state = import_module("sklearn.utils").check_random_state
            seed = int(check_random_state(seed).randint(np.iinfo(np.int32).max))
        n_init: Any = self.n_init
        automatic = isinstance(n_init, str) and n_init == "auto"
        options = checked_options(
            whole("n_clusters", self.n_clusters, 1, MAX_COLORS),
            {
                "init": self.init,
                "n_init": 1 if automatic else n_init,
                "max_iter": self.max_iter,
                "tol": self.tol,
                "seed": whole("random_state", seed, 0),
                "effort": self.effort,
                "threads": self.threads,
            },
        )
        return replace(options, n_init=_RESTARTS) if automatic and options.is_random else options

    def _fitted_rows(self, X: ArrayLike) -> Rows:
        import_module("sklearn.utils.validation").check_is_fitted(self)
        return self._rows(X, reset=False)

    def _rows(self, X: ArrayLike, *, reset: bool) -> Rows:
        """`X` as contiguous rows of uint8."""
        validate_data = import_module("sklearn.utils.validation").validate_data
        values: NDArray[Any] = validate_data(self, X, reset=reset, ensure_non_negative=True)
        if values.shape[1] not in CHANNELS:
            raise ArgumentError(
                f"ColorKMeans takes colours in 1, 3 or 4 columns (grey, RGB, RGBA), and X has "
                f"{values.shape[1]} feature(s)"
            )
        if values.dtype != np.uint8:
            _check_levels(values)
            values = values.astype(np.uint8)
        return contiguous("X", values, values.shape)

    def _nearest(
        self, rows: Rows
    ) -> tuple[NDArray[np.int32], Rows, NDArray[np.uint16], NDArray[np.int64]]:
        """Labels of the rows; their distinct colours, with the label and number of each."""
        threads, centers = thread_count(self.threads), self.cluster_centers_
        colors, counts = core.colors.histogram(rows[None], threads)
        truncated = centers.astype(np.uint8)  # opaque only where the centre is exactly so
        labels, _ = label_colors(colors, counts, truncated, _coordinates(centers), "rgb", threads)
        return _of_rows(rows, colors, labels, len(centers), threads), colors, labels, counts


def _check_levels(values: NDArray[Any]) -> None:
    """Raise ArgumentError unless all values are integers from 0 to 255."""
    low, high = values.min(), values.max()
    if low >= 0 and high <= 255 and (values.dtype.kind in "biu" or (values % 1 == 0).all()):
        return
    hint = "round and clip them: X.round().clip(0, 255)"
    if low >= 0 and high <= 1:
        hint = "scale them: (X * 255).round()"
    raise ArgumentError(
        "ColorKMeans takes 8-bit colours: the values of X must be integers from 0 to 255, and "
        f"they lie in {low:g} to {high:g}; {hint}"
    )


def _weighted(rows: Rows, sample_weight: ArrayLike | None, threads: int) -> WeightedColors:
    colors, counts = core.colors.histogram(rows[None], threads)
    if sample_weight is None:
        return WeightedColors(colors, counts)
    weights, divisor = integer_weights("sample_weight", sample_weight, (len(rows),))
    sums = core.colors.add_weights(rows[None], weights[None], colors, threads)
    return WeightedColors(colors, counts, limit_total(sums, divisor))


def _of_rows(
    rows: Rows, colors: Rows, labels: NDArray[np.uint16], k: int, threads: int
) -> NDArray[np.int32]:
    """The labels of rows from those of their distinct colours."""
    indices = core.colors.remap(rows[None], colors, labels, k, threads)
    found: NDArray[np.int32] = indices[0].astype(np.int32)
    return found


def _coordinates(colors: NDArray[Any]) -> Floats:
    """The coordinates of colours, (n, 4): as `kmc.colors.spaces.to_centroids`, of real numbers."""
    if colors.shape[1] < 4:
        return pad_to_four(colors)
    opaque, opacity = pad_to_four(colors[:, :3]), colors[:, 3:] / 255
    return opaque * opacity + transparent_point() * (1 - opacity)


def _inertia(colors: Rows, labels: NDArray[Any], points: Floats, weights: NDArray[Any]) -> float:
    total = 0.0
    for part in chunks(len(colors)):
        difference = _coordinates(colors[part]) - points[labels[part]]
        total += float((weights[part] * np.square(difference).sum(axis=1)).sum())
    return total
