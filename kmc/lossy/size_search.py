"""Colours and loss chosen together, so that a file fits into a number of bytes.

The pairs of both that are worth trying lie on a path, on which bytes fall. It begins with all
colours and no loss. First the loss grows up to `LOSS_OF_PATH`, from where fewer colours cost less
than more loss; then colours are halved, again and again; and with two colours, the loss grows to
its end. Where on the path the size is that allowed is found by interpolation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from kmc import core
from kmc.errors import SizeError

Result = TypeVar("Result")

MAX_TRIALS = 8

# On photographs, bytes at equal error are nearly the same for losses from 30 to 60.
LOSS_OF_PATH = 40
LOSS_OF_END = 100

# How far on the path a halving of the colours goes.
STEPS_OF_HALVING = 16

# A size of at least this share of the bytes allowed is good enough.
CLOSE = 0.97

# By how much the logarithm of the size falls with a step on the path, as long as that is unknown.
SLOPE = 0.025


class Place(NamedTuple):
    """A pair on the path: a number of colours and a loss."""

    k: int
    loss: int


class _Trial(NamedTuple):
    at: float
    size: int


def place_of(at: float, k: int, least_k: int) -> Place:
    """The pair at a place on the path, 0 or more, from k down to least_k colours."""
    if at <= LOSS_OF_PATH:
        return Place(k, int(at))
    halvings = (at - LOSS_OF_PATH) / STEPS_OF_HALVING
    colors = max(int(k / 2**halvings), least_k)
    beyond = at - _end_of_halving(k, least_k)
    return Place(colors, min(LOSS_OF_PATH + max(int(beyond), 0), LOSS_OF_END))


def _end_of_halving(k: int, least_k: int) -> float:
    return LOSS_OF_PATH + STEPS_OF_HALVING * math.log2(k / least_k)


def largest_that_fits(
    make: Callable[[Place], tuple[Result, int]], k: int, least_k: int, max_bytes: int
) -> Result:
    """Make the result at the first place on the path whose size is at most `max_bytes`, nearly.

    Parameters
    ----------
    make : callable
        Makes a result and its size in bytes; called at most `MAX_TRIALS` times.
    k, least_k : int
        The most and the fewest colours.
    max_bytes : int

    Raises
    ------
    SizeError
        Not even the end of the path fits.
    """
    end = _end_of_halving(k, least_k) + LOSS_OF_END - LOSS_OF_PATH
    best: Result | None = None
    low, high = None, None  # the last trial too large, and the first that fits
    at = 0.0
    for left in reversed(range(MAX_TRIALS)):
        made, size = make(place_of(at, k, least_k))
        if size <= max_bytes:
            best, high = made, _Trial(at, size)
            if at == 0 or size >= CLOSE * max_bytes:
                break
        else:
            low = _Trial(at, size)
        if core.run.watch().look() and best is not None:
            break
        following = _next(low, high, max_bytes, end, is_last=left == 1)
        if following is None or place_of(following, k, least_k) == place_of(at, k, least_k):
            break
        at = following
    if best is None:
        assert low is not None
        raise SizeError(
            f"{low.size} bytes are the fewest that this picture takes, and max_bytes allows "
            f"{max_bytes}",
            low.size,
        )
    return best


def _next(
    low: _Trial | None, high: _Trial | None, max_bytes: int, end: float, *, is_last: bool
) -> float | None:
    """The place to try next, between a trial that is too large and one that fits."""
    wanted = math.log(max_bytes * (1 + CLOSE) / 2)
    if high is None:
        assert low is not None
        if low.at == end:
            return None
        step = (math.log(low.size) - wanted) / SLOPE
        return end if is_last else min(low.at + max(step, 1.0), end)
    assert low is not None
    share = (math.log(low.size) - wanted) / (math.log(low.size) - math.log(high.size))
    at = low.at + min(max(share, 0.1), 0.9) * (high.at - low.at)
    return at if high.at - low.at > 1 else None
