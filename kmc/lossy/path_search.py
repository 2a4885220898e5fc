"""Colours and loss chosen together, for a number of bytes or for an error.

The pairs of both that are worth trying lie on a path, on which bytes fall and the error grows. It
begins with all colours and no loss. First the loss grows up to `LOSS_OF_PATH`, from where fewer
colours cost less than more loss; then colours are halved, again and again; and with two colours,
the loss grows to its end. Where on the path a size or an error is that allowed is found by
interpolation.

Logarithms are those of the decimal module, which are the same on every platform.
"""

from __future__ import annotations

import math
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

# By how much the logarithm of the size or error changes from no loss to `LOSS_OF_PATH`, with its
# square, and then with each step: on photographs, roughly. What is measured corrects it.
CHANGE_BY_LOSS = 0.3
SIZE_BY_STEP, ERROR_BY_STEP = 0.022, 0.037

# The expected change is corrected by this factor at most, either way.
MOST_CORRECTION = 4.0

# By how much the expected change grows from trial to trial, at least, until the goal lies behind:
# where the last one came nearer as expected, and where it did not.
LEAST_GROWTH, GROWTH_WHERE_IDLE = 1.4, 2.0

# With so many trials left, the end is tried if the goal does not yet lie behind.
LEFT_FOR_END = 3

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
    return _around(make, path, allowed, _Expectation(SIZE_BY_STEP), falls=True)


def around_error(
    make: Callable[[Place], tuple[Result, float]], path: Path, allowed: float
) -> Around[Result]:
    """The same of errors, which grow along a path: the trial before has at most that allowed."""
    return _around(make, path, allowed, _Expectation(ERROR_BY_STEP), falls=False)


class _Expectation(NamedTuple):
    """By how much a logarithm is expected to have changed at a place."""

    by_step: float

    def change(self, at: float) -> float:
        share = min(at / LOSS_OF_PATH, 1.0)
        return CHANGE_BY_LOSS * share * share + self.by_step * max(at - LOSS_OF_PATH, 0.0)

    def place(self, change: float) -> float:
        if change <= CHANGE_BY_LOSS:
            return LOSS_OF_PATH * math.sqrt(change / CHANGE_BY_LOSS)
        return LOSS_OF_PATH + (change - CHANGE_BY_LOSS) / self.by_step


def _around(
    make: Callable[[Place], tuple[Result, float]],
    path: Path,
    allowed: float,
    expected: _Expectation,
    *,
    falls: bool,
) -> Around[Result]:
    goal, at, last = _log(allowed * (1 + CLOSE) / 2), 0.0, -1
    ends: list[Trial[Result] | None] = [None, None]  # before and behind
    gaps = [0.0, 0.0]  # by how much their logarithms are off
    origin = _Origin(0.0, 0.0)
    for left in reversed(range(MAX_TRIALS)):
        trial = Trial(at, *make(path.place(at)))
        is_allowed = trial.value <= allowed
        side = int(is_allowed == falls)
        ends[side], gaps[side] = trial, _log(trial.value) - goal
        if side == last:
            gaps[1 - side] /= 2  # or the other end would stay for long: the Illinois algorithm
        last = side
        before, behind = ends
        if before is None or (is_allowed and trial.value >= CLOSE * allowed):
            break
        if core.run.watch().look() and ends[falls] is not None:
            break
        if behind is not None:
            at = _between(before.at, behind.at, gaps, expected)
            if path.place(at) in (path.place(before.at), path.place(behind.at)):
                break
        elif path.place(at) == path.place(path.end):
            break
        else:
            origin = _Origin(0.0, gaps[0]) if at == 0 else origin.after(at, gaps[0], expected)
            at = path.end
            if not falls or left != LEFT_FOR_END:
                at = min(origin.beyond(trial.at, gaps[0], expected), path.end)
            while path.place(at) == path.place(trial.at):
                at = min(at + 1, path.end)
    return Around(*ends)


class _Origin(NamedTuple):
    """Where logarithms begin to change: the change expected up to there, and the gap there."""

    change: float
    gap: float

    def after(self, at: float, gap: float, expected: _Expectation) -> _Origin:
        """The origin once a trial is known.

        In drawings that the palette represents exactly, a loss does nothing, and what changes are
        fewer colours.
        """
        change = expected.change(at) - self.change
        is_idle = at <= LOSS_OF_PATH and abs(gap - self.gap) < change / MOST_CORRECTION
        return _Origin(CHANGE_BY_LOSS, gap) if is_idle else self

    def beyond(self, at: float, gap: float, expected: _Expectation) -> float:
        """Where the goal is expected behind a place, if what follows is as what came before.

        It is clearly farther than that place: some trials have to be left to come back.
        """
        change = max(expected.change(at) - self.change, 0.0)
        if math.isinf(gap):
            return expected.place(self.change + max(2 * change, CHANGE_BY_LOSS))
        correction, growth = 1.0, LEAST_GROWTH
        if change > 0:
            measured = (abs(self.gap) - abs(gap)) / change
            growth = GROWTH_WHERE_IDLE if measured < 1 / MOST_CORRECTION else LEAST_GROWTH
            correction = min(max(measured, 1 / MOST_CORRECTION), MOST_CORRECTION)
        return expected.place(self.change + max(abs(self.gap) / correction, growth * change))


def _between(before: float, behind: float, gaps: list[float], expected: _Expectation) -> float:
    """Where the goal is expected between two places."""
    low, high = expected.change(before), expected.change(behind)
    share = 0.5
    if gaps[0] != gaps[1] and not math.isinf(gaps[0]):
        share = gaps[0] / (gaps[0] - gaps[1])
    return expected.place(low + min(max(share, 0.1), 0.9) * (high - low))


def _log(value: float) -> float:
    return float(_EXACT.ln(Decimal(value)))  # -inf of 0
