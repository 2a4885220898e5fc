"""Timing on a machine that is never quite quiet: rounds, medians, pauses."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

PAUSE = 0.02  # seconds, so that the threads of the previous call stop spinning


def seconds(call: Callable[[], object]) -> float:
    """The time of one call."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def rounds(calls: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, list[float]]:
    """Time all calls once per round, so that a disturbance affects all of them alike."""
    times: dict[str, list[float]] = {label: [] for label in calls}
    for _ in range(repeat):
        for label, call in calls.items():
            time.sleep(PAUSE)
            times[label].append(seconds(call))
    return times


def median(call: Callable[[], object], repeat: int) -> float:
    """The median time of `repeat` calls after one that warms up."""
    call()
    return statistics.median(seconds(call) for _ in range(repeat))


def enough(call: Callable[[], object], budget: float = 0.5, least: int = 3, most: int = 50) -> int:
    """How many calls fit into a budget of seconds, judged by one of them."""
    return min(most, max(least, int(budget / max(seconds(call), 1e-6))))


def geometric_mean(values: list[float]) -> float:
    """The geometric mean; not a number when there are none."""
    return statistics.geometric_mean(values) if values else float("nan")
