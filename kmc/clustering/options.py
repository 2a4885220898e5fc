"""The options of a fit, checked, and what each effort stands for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kmc.clustering.goals import Goal, checked_goal
from kmc.colors.spaces import CLOSER, SpaceName, checked_space
from kmc.cpu import thread_count
from kmc.errors import ArgumentError, ArgumentTypeError
from kmc.palette import MOST_COLORS, Palette, as_colors
from kmc.utils.arguments import array, not_negative, one_of, whole

Callback = Callable[[int, NDArray[np.float64], float, float], Any]
Init = Literal["k-means++", "random", "bisecting"] | ArrayLike
Weights = Literal["counts", "uniform"]
EffortName = Literal["fast", "default", "best"]

# The time of a search grows with the square of k: 0.3 s at 4096 colours.
MOST_SEARCHED = 4096


@dataclass(frozen=True)
class Effort:
    """How hard to look for good starting centroids, and when Lloyd's iterations may stop.

    A first search goes over cells, as few as there are with `cells` for each colour of the palette,
    with so many kicks, but at most one for every two colours. A second one goes over `fine_cells`
    for each colour, unless that is 0, with `fine_kicks` and so many more for each colour. Either
    ends once `patience` kicks in a row were in vain. All of this `starts` times, from other random
    numbers each. In the end the rounded colours are nudged, in so many `rounds` at most.
    """

    cells: int
    kicks: int
    fine_cells: int
    fine_kicks: int
    fine_kicks_a_color: float
    patience: int
    starts: int
    tol: float
    rounds: int


# Measured on Kodak: src_c/README.md has the table these were chosen from.
EFFORTS = {
    "fast": Effort(48, 0, 0, 0, 0, patience=1, starts=1, tol=0.5, rounds=0),
    "default": Effort(12, 24, 48, 4, 1 / 5, patience=8, starts=1, tol=0.1, rounds=0),
    "best": Effort(32, 64, 256, 0, 256, patience=256, starts=4, tol=1e-4, rounds=16),
}


@dataclass(frozen=True)
class Options:
    """The options of `fit`, checked: `fixed` are n_fixed colours, `init` is of the others.

    `begun` is told of all k centroids in levels before the first iteration of a run.
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
    begun: Callable[[NDArray[np.float64]], Any] | None = None

    @property
    def n_fixed(self) -> int:
        """How many of the k colours are fixed."""
        return len(self.fixed)

    @property
    def draws(self) -> bool:
        """Whether anything is drawn at random, so that another seed may end elsewhere."""
        seeded = isinstance(self.init, str) and self.init != "bisecting"
        return seeded or (self.searches and self.effort.kicks > 0)

    def with_colors(self, k: int) -> Options:
        """The same for another number of colours."""
        return replace(self, k=k, searches=_searches(k, self.init, self.effort))


def checked_options(
    k: int,
    init: Init = "k-means++",
    n_init: int = 1,
    max_iter: int = 300,
    tol: float | None = None,
    seed: int = 0,
    weights: str = "counts",
    effort: str = "default",
    threads: int | None = None,
    callback: Callback | None = None,
    fixed: Palette | ArrayLike | None = None,
    importance: ArrayLike | None = None,
    image_weights: ArrayLike | None = None,
    space: str = "rgb",
    psnr: float | None = None,
    max_mse: float | None = None,
    quality: tuple[float, float] | None = None,
) -> Options:
    """The options of `fit`, or the error that says which of them is wrong.

    Examples
    --------
    >>> from kmc.clustering.options import checked_options
    >>> checked_options(0)
    Traceback (most recent call last):
    ...
    kmc.errors.ArgumentError: k must be 1 to 65536, not 0
    """
    k = whole("k", k, 1, MOST_COLORS)
    kept = _checked_fixed(fixed, k)
    start = _checked_init(init, k - len(kept))
    chosen = EFFORTS[one_of("effort", effort, tuple(EFFORTS))]
    if callback is not None and not callable(callback):
        raise ArgumentTypeError(f"callback must be callable, not {callback!r}")
    goal = checked_goal(psnr, max_mse, quality)
    counting = one_of("weights", weights, ("counts", "uniform"))
    _refuse_together(start, counting, importance, image_weights, callback, goal)
    where = checked_space(space)
    options = Options(
        k=k,
        init=start,
        n_init=whole("n_init", n_init, 1),
        max_iter=min(whole("max_iter", max_iter, 1), 2**31 - 1),
        tol=chosen.tol / CLOSER[where] if tol is None else not_negative("tol", tol),
        seed=whole("seed", seed, 0),
        weights=counting,
        effort=chosen,
        searches=_searches(k, start, chosen),
        threads=thread_count(threads),
        callback=callback,
        fixed=kept,
        space=where,
        goal=goal,
    )
    if options.n_init > 1 and not options.draws:
        name = f"init={start!r}" if isinstance(start, str) else "init as an array"
        raise ArgumentError(
            f"n_init and {name} exclude each other: nothing is drawn at random, "
            "and every start would be the same"
        )
    return options


def _refuse_together(
    init: str | NDArray[np.float64],
    weights: str,
    importance: ArrayLike | None,
    image_weights: ArrayLike | None,
    callback: Callback | None,
    goal: Goal | None,
) -> None:
    """What makes no sense together; docs/options.md has the table."""
    if weights == "uniform":
        for name, given in (("importance", importance), ("image_weights", image_weights)):
            if given is not None:
                raise ArgumentError(
                    f'{name} and weights="uniform" exclude each other: '
                    "either says what a colour weighs"
                )
    if goal is None:
        return
    if not isinstance(init, str):
        raise ArgumentError(
            f"init as an array and {goal.words} exclude each other: "
            "how many colours there will be is not known yet"
        )
    if callback is not None:
        raise ArgumentError(
            f"callback and {goal.words} exclude each other: several fits are made in a row"
        )


def _searches(k: int, init: str | NDArray[np.float64], effort: Effort) -> bool:
    free = isinstance(init, str) and init != "random"
    return k <= MOST_SEARCHED and (free or effort is EFFORTS["best"])


def _checked_fixed(fixed: Any, k: int) -> NDArray[np.uint8]:
    """Each colour once, where it comes first; what is fully transparent is one colour."""
    if fixed is None:
        return np.zeros((0, 3), np.uint8)
    given = fixed.colors if isinstance(fixed, Palette) else array("fixed", fixed)
    if given.size == 0:
        return np.zeros((0, 3), np.uint8)
    colors = as_colors("fixed", given)
    if colors.shape[1] == 4:
        colors[colors[:, 3] == 0] = 0  # all that is fully transparent is one colour
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
            f"init must be the name of a seeding or an array: {error}"
        ) from None
    if start.ndim != 2 or len(start) != n or start.shape[1] not in (1, 3, 4):
        raise ArgumentError(
            f"init must have shape ({n}, 1, 3 or 4), a row for each colour that is not fixed, "
            f"not {start.shape}"
        )
    if start.size and not (start.min() >= 0 and start.max() <= 255):  # false for NaN
        raise ArgumentError("init must lie in 0..255")
    return start
