"""The options of a fit: listed and checked in one place, and passed on as one object."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypedDict, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc import core
from kmc.clustering.goals import Goal, checked_goal
from kmc.colors.arrays import MAX_COLORS, checked_colors
from kmc.colors.spaces import TOL_DIVISORS, SpaceName, checked_space
from kmc.cpu import thread_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.utils.arguments import array, not_negative, one_of, whole
from kmc.utils.os_errors import enough_memory

Callback = Callable[[int, NDArray[np.float64], float, float], Any]
Init = Literal["k-means++", "random", "bisecting"] | ArrayLike
Weights = Literal["counts", "balanced", "uniform"]
EffortName = Literal["fast", "default", "best"]

F = TypeVar("F", bound=Callable[..., Any])


class FitOptions(TypedDict, total=False):
    """The options that `kmc.fit`, `kmc.quantize` and `kmc.curve` share; `kmc.fit` explains them."""

    init: Init
    n_init: int
    max_iter: int
    tol: float | None
    seed: int
    weights: Weights
    effort: EffortName
    threads: int | None
    fixed: ArrayLike | None
    space: SpaceName
    deadline: float | None


DEFAULTS: FitOptions = {
    "init": "k-means++",
    "n_init": 1,
    "max_iter": 300,
    "tol": None,
    "seed": 0,
    "weights": "counts",
    "effort": "default",
    "threads": None,
    "fixed": None,
    "space": "rgb",
    "deadline": None,
}


def takes_fit_options(function: F) -> F:
    """Spell out ``**options: Unpack[FitOptions]`` in the signature that `help` and IDEs show.

    An unknown option raises TypeError, as for any Python function.
    """
    signature = inspect.signature(function)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    hints = FitOptions.__annotations__
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=value, annotation=hint)
        for (name, value), hint in zip(DEFAULTS.items(), hints.values(), strict=True)
    ]
    spelled_out = signature.replace(parameters=[*own, *shared])
    function.__signature__ = spelled_out  # type: ignore[attr-defined]
    return function


# The time of a search grows with the square of k.
MAX_SEARCHED_COLORS = 4096


@dataclass(frozen=True)
class Effort:
    """How long to search for better initial centroids, and when Lloyd's iterations may stop.

    Attributes
    ----------
    cells, kicks : int
        The first swap search uses at least `cells` cells per palette colour, and at most `kicks`
        random swaps and one for every two palette colours.
    fine_cells, fine_kicks, fine_kicks_per_color : int, int, float
        The same for a second search over finer cells; none if `fine_cells` is 0.
    patience : int
        A search ends after this many random swaps in a row without improvement.
    starts : int
        Number of searches from different seeds; the one with the lowest error is kept.
    tol : float
        The default `tol` of `kmc.fit`.
    rounds : int
        Maximum number of rounds in which the rounded colours are refined.
    """

    cells: int
    kicks: int
    fine_cells: int
    fine_kicks: int
    fine_kicks_per_color: float
    patience: int
    starts: int
    tol: float
    rounds: int


# docs/measurements.md has the measurements behind these values.
EFFORTS = {
    "fast": Effort(48, 0, 0, 0, 0, patience=1, starts=1, tol=0.5, rounds=0),
    "default": Effort(12, 24, 48, 4, 1 / 5, patience=8, starts=1, tol=0.1, rounds=0),
    "best": Effort(32, 64, 256, 0, 256, patience=256, starts=4, tol=1e-4, rounds=16),
}


@dataclass(frozen=True)
class Options:
    """The checked options of a fit.

    `fixed` holds distinct colours, (n_fixed, C). If `init` is an array, it holds the initial values
    of the other centroids. `on_start` is called with all k centroids, in levels, before the first
    iteration of each run.
    """

    k: int
    init: str | NDArray[np.float64]
    n_init: int
    max_iter: int
    tol: float
    seed: int
    weights: str
    effort: Effort
    searches: bool
    threads: int
    callback: Callback | None
    fixed: NDArray[np.uint8]
    space: SpaceName
    goal: Goal | None
    deadline: float | None
    on_start: Callable[[NDArray[np.float64]], Any] | None = None

    @property
    def n_fixed(self) -> int:
        """How many of the k colours are fixed."""
        return len(self.fixed)

    @property
    def is_random(self) -> bool:
        """Whether another seed may give another result."""
        random_init = isinstance(self.init, str) and self.init != "bisecting"
        return random_init or (self.searches and self.effort.kicks > 0)

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """The context of a call with these options; the deadline counts from now."""
        with core.run.Watch(self.callback, self.deadline), enough_memory():
            yield

    def with_colors(self, k: int) -> Options:
        """These options with another number of colours."""
        return replace(self, k=k, searches=_searches(k, self.init, self.effort))


def checked_options(
    k: int,
    options: FitOptions,
    *,
    callback: Callback | None = None,
    importance: ArrayLike | None = None,
    image_weights: ArrayLike | None = None,
    psnr: float | None = None,
    max_mse: float | None = None,
    quality: tuple[float, float] | None = None,
) -> Options:
    """The options of `kmc.fit` and `kmc.quantize`, checked.

    Raises
    ------
    TypeError
        There is no option of that name.
    ArgumentError, ArgumentTypeError
        An option is out of range, of the wrong type, or excludes another.
    """
    unknown = next((name for name in options if name not in DEFAULTS), None)
    if unknown is not None:
        raise TypeError(f"got an unexpected keyword argument {unknown!r}")
    given = DEFAULTS | options
    k = whole("k", k, 1, MAX_COLORS)
    fixed = _checked_fixed(given["fixed"], k)
    init = _checked_init(given["init"], k - len(fixed))
    effort = EFFORTS[one_of("effort", given["effort"], tuple(EFFORTS))]
    if callback is not None and not callable(callback):
        raise ArgumentTypeError(f"callback must be callable, not {callback!r}")
    goal = checked_goal(psnr, max_mse, quality)
    weights = one_of("weights", given["weights"], get_args(Weights))
    _refuse_contradictions(init, weights, importance, image_weights, callback, goal)
    space, tol = checked_space(given["space"]), given["tol"]
    checked = Options(
        k=k,
        init=init,
        n_init=whole("n_init", given["n_init"], 1),
        max_iter=min(whole("max_iter", given["max_iter"], 1), 2**31 - 1),
        tol=effort.tol / TOL_DIVISORS[space] if tol is None else not_negative("tol", tol),
        seed=whole("seed", given["seed"], 0),
        weights=weights,
        effort=effort,
        searches=_searches(k, init, effort),
        threads=thread_count(given["threads"]),
        callback=callback,
        fixed=fixed,
        space=space,
        goal=goal,
        deadline=_checked_deadline(given["deadline"]),
    )
    if checked.n_init > 1 and not checked.is_random:
        name = f"init={init!r}" if isinstance(init, str) else "init as an array"
        raise ArgumentError(
            f"n_init and {name} exclude each other: without random choices "
            "every run would be the same"
        )
    return checked


def _refuse_contradictions(
    init: str | NDArray[np.float64],
    weights: str,
    importance: ArrayLike | None,
    image_weights: ArrayLike | None,
    callback: Callback | None,
    goal: Goal | None,
) -> None:
    """Raise ArgumentError for options that exclude each other; docs/options.md lists them."""
    if weights == "uniform":
        for name, given in (("importance", importance), ("image_weights", image_weights)):
            if given is not None:
                raise ArgumentError(
                    f'{name} and weights="uniform" exclude each other: '
                    "both set the weights of the colours"
                )
    if goal is None:
        return
    if not isinstance(init, str):
        raise ArgumentError(
            f"init as an array and {goal.measure} exclude each other: "
            "the number of colours is not known in advance"
        )
    if callback is not None:
        raise ArgumentError(
            f"callback and {goal.measure} exclude each other: reaching a target takes several fits"
        )


def _checked_deadline(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    seconds = not_negative("deadline", deadline)
    if seconds == 0:
        raise ArgumentError("deadline must be more than 0 seconds")
    return seconds


def _searches(k: int, init: str | NDArray[np.float64], effort: Effort) -> bool:
    adaptive = isinstance(init, str) and init != "random"
    return k <= MAX_SEARCHED_COLORS and (adaptive or effort is EFFORTS["best"])


def _checked_fixed(fixed: ArrayLike | None, k: int) -> NDArray[np.uint8]:
    """The distinct colours in the order given; fully transparent ones become (0, 0, 0, 0)."""
    given = np.zeros((0, 3), np.uint8) if fixed is None else array("fixed", fixed)
    if given.size == 0:
        return np.zeros((0, 3), np.uint8)
    colors = checked_colors("fixed", given)
    if colors.shape[1] == 4:
        colors[colors[:, 3] == 0] = 0
    _, first = np.unique(colors, axis=0, return_index=True)
    if len(first) > k:
        raise ArgumentError(
            f"k must be at least the number of fixed colours, {len(first)}, not {k}"
        )
    return colors[np.sort(first)]


def _checked_init(init: Any, n: int) -> str | NDArray[np.float64]:
    if isinstance(init, str):
        return one_of("init", init, ("k-means++", "random", "bisecting"))
    try:
        start = array("init", init, np.float64).copy()
    except ArgumentTypeError as error:
        raise ArgumentTypeError(
            f"init must be the name of an initialization or an array: {error}"
        ) from None
    if start.ndim != 2 or len(start) != n or start.shape[1] not in (1, 3, 4):
        raise ArgumentError(
            f"init must have shape ({n}, 1, 3 or 4), a row for each colour that is not fixed, "
            f"not {start.shape}"
        )
    if start.size and not (start.min() >= 0 and start.max() <= 255):  # false for NaN
        raise ArgumentError("init must lie in 0..255")
    return start
