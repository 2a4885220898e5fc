"""Threads that work on many tasks while results come in order."""

from __future__ import annotations

import threading

import pytest

from kmc.cli.batch import run_ordered

pytestmark = pytest.mark.once


@pytest.mark.parametrize("jobs", [1, 2, 9])
def test_results_come_in_order(jobs):
    assert list(run_ordered(abs, range(-30, 0), jobs, pending=jobs + 1)) == list(range(30, 0, -1))
    assert list(run_ordered(abs, [], jobs, pending=2)) == []


def test_no_more_than_so_many_results_wait():
    started = []
    results = run_ordered(lambda task: started.append(task), range(50), 2, pending=3)
    for done in range(1, 51):
        next(results)
        assert len(started) <= done + 3


@pytest.mark.parametrize("jobs", [1, 3])
def test_an_error_comes_in_its_place_and_ends_the_others(jobs):
    started = []

    def work(task):
        started.append(task)
        if task == 5:
            raise ValueError("five")
        return task

    results = run_ordered(work, range(1000), jobs, pending=jobs + 1)
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="five"):
        next(results)
    assert len(started) < 20


def test_closing_waits_for_what_is_running_and_starts_nothing_more():
    go, finished = threading.Event(), []

    def work(task):
        if task:
            go.wait(10)
        finished.append(task)

    results = run_ordered(work, range(100), 2, pending=5)
    next(results)
    threading.Timer(0.05, go.set).start()
    results.close()
    assert 1 <= len(finished) <= 5
