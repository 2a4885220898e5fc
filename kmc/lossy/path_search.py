"""Colours and loss chosen together, for a number of bytes or for an error.

The pairs of both that are worth trying lie on a path, on which bytes fall and the error grows. It
begins with all colours and no loss. First the loss grows up to `LOSS_OF_PATH`, from where fewer
colours cost less than more loss; then colours are halved, again and again; and with two colours,
the loss grows to its end. Where on the path a size or an error is that allowed is found by
interpolation.

Logarithms are those of the decimal module, which are the same on every platform.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from typing import Generic, NamedTuple, TypeVar

from kmc import core

Result = TypeVar("Result")

MAX_TRIALS = 8

# On photographs, bytes at equal error are nearly the same for losses from 30 to 60.
LOSS_OF_PATH = 40
LOSS_OF_END = 100

# How far on the path a halving of the colours goes.
STEPS_OF_HALVING = 16

# A size or an error of at least this share of what is allowed is good enough.
CLOSE = 0.97

# By how much the logarithms of the size and of the error change with a step on the path, as long as
# that is unknown.
SLOPE = 0.025

_EXACT = Context(prec=20, traps=[])


class Place(NamedTuple):
    """A pair on the path: a number of colours and a loss."""

    k: int
    loss: int


class Path(NamedTuple):
    """The path from k down to least_k colours."""

    k: int
    least_k: int

    def place(self, at: float) -> Place:
        """The pair at a place, from 0 to the end."""
        if at <= LOSS_OF_PATH:
            return Place(self.k, int(at))
        halvings = _EXACT.divide(Decimal(at - LOSS_OF_PATH), STEPS_OF_HALVING)
        colors = round(_EXACT.divide(self.k, _EXACT.power(2, halvings)))
        beyond = at - self._end_of_halving
        return Place(max(colors, self.least_k), LOSS_OF_PATH + max(round(beyond), 0))

    @property
    def end(self) -> float:
        """The last place."""
        return self._end_of_halving + LOSS_OF_END - LOSS_OF_PATH

    @property
    def _end_of_halving(self) -> float:
        halvings = (_log(self.k) - _log(self.least_k)) / _log(2)
        return LOSS_OF_PATH + STEPS_OF_HALVING * halvings


class Trial(NamedTuple, Generic[Result]):
    """What was made at a place on the path, and its size or error."""

    at: float
    made: Result
    value: float


class Around(NamedTuple, Generic[Result]):
    """The nearest trials before and behind the place that was looked for, where there are any."""

    before: Trial[Result] | None
    behind: Trial[Result] | None


def around_size(
    make: Callable[[Place], tuple[Result, float]], path: Path, allowed: float
) -> Around[Result]:
    """Find where sizes, which fall along a path, come to be at most a number of bytes.

    Parameters
    ----------
    make : callable
        Makes a result and its size; called at most `MAX_TRIALS` times.
    path : Path
    allowed : float
        The trial behind is the first with so many bytes that was found, and nearly the first there
        is. There is none if not even the end of the path has so few.
    """
    return _around(make, path, allowed, falls=True)


def around_error(
    make: Callable[[Place], tuple[Result, float]], path: Path, allowed: float
) -> Around[Result]:
    """The same of errors, which grow along a path: the trial before has at most that allowed."""
    return _around(make, path, allowed, falls=False)


def _around(
    make: Callable[[Place], tuple[Result, float]], path: Path, allowed: float, *, falls: bool
) -> Around[Result]:
    before: Trial[Result] | None = None
    behind: Trial[Result] | None = None
    goal, at, step = _log(allowed * (1 + CLOSE) / 2), 0.0, 0.0
    for left in reversed(range(MAX_TRIALS)):
        trial = Trial(at, *make(path.place(at)))
        is_allowed = trial.value <= allowed
        if is_allowed == falls:
            behind = trial
        else:
            before = trial
        found = behind if falls else before
        is_done = is_allowed and trial.value >= CLOSE * allowed
        if is_done or (behind is not None and before is None):
            break
        if core.run.watch().look() and found is not None:
            break
        if behind is None:
            if path.place(at) == path.place(path.end):
                break
            step = max(2 * step, abs(_log(trial.value) - goal) / SLOPE, 1.0)
            following = path.end if falls and left == 1 else min(at + step, path.end)
            while path.place(following) == path.place(at):
                following = min(following + 1, path.end)
        else:
            assert before is not None
            following = _between(before, behind, goal)
            if path.place(following) in (path.place(before.at), path.place(behind.at)):
                break
        at = following
    return Around(before, behind)


def _between(before: Trial[Result], behind: Trial[Result], goal: float) -> float:
    """Where the goal is expected, between two trials, if the logarithm changes evenly."""
    first, last = _log(before.value), _log(behind.value)
    share = 0.5
    if before.value > 0 and first != last:
        share = (goal - first) / (last - first)
    return before.at + min(max(share, 0.1), 0.9) * (behind.at - before.at)


def _log(value: float) -> float:
    return float(_EXACT.ln(Decimal(value)))  # -inf of 0
