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
    colors = max(round(k / 2**halvings), least_k)
    beyond = at - _end_of_halving(k, least_k)
    return Place(colors, LOSS_OF_PATH + max(round(beyond), 0))


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
    at = step = 0.0
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
        place = place_of(at, k, least_k)
        if best is None and place == place_of(end, k, least_k):
            break
        wanted = math.log(max_bytes * (1 + CLOSE) / 2)
        if high is None:
            assert low is not None
            step = max(2 * step, (math.log(low.size) - wanted) / SLOPE, 1.0)
            at = end if left == 1 else min(at + step, end)
            while place_of(at, k, least_k) == place:
                at = min(at + 1, end)
        else:
            assert low is not None
            at = _between(low, high, wanted)
            if place_of(at, k, least_k) == place:
                break
    if best is None:
        assert low is not None
        raise SizeError(
            f"this picture takes at least {low.size} bytes, more than the {max_bytes} allowed",
            low.size,
        )
    return best


def _between(low: _Trial, high: _Trial, wanted: float) -> float:
    """Where a size of that logarithm is expected, between a trial too large and one that fits."""
    largest = math.log(low.size)
    share = (largest - wanted) / (largest - math.log(max(high.size, 1)))
    return low.at + min(max(share, 0.1), 0.9) * (high.at - low.at)
