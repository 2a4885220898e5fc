"""Several Python threads at once, and interruptions: nothing is shared, nothing hangs on."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from engine import tree_of
from scenes import NAMED, noise, photo

import kmc

LARGE = noise(270, 270)  # more colours than one thread is used for


def digest(result):
    parts = (result.indices, result.palette.colors, result.palette.centroids)
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def jobs():
    """Pictures with options, small and large, on one thread and on several."""
    for seed, (picture, threads) in enumerate(
        [*((NAMED[name], 1) for name in ("photo", "few", "grey photo")), (LARGE, 3), (LARGE, 2)]
    ):
        yield picture, {"k": 9 + seed, "seed": seed, "threads": threads, "max_iter": 12}


def run(job):
    picture, options = job
    return digest(kmc.quantize(picture, **options))


def test_several_threads_may_quantize_at_once():
    work = [*jobs()] * 3
    expected = [run(job) for job in jobs()] * 3
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(run, work)) == expected


def test_one_tree_serves_several_threads():
    tree, _, _ = tree_of(LARGE)
    start = tree.seed_random(20, 0, 1)

    def iterate(threads):
        centroids = start.copy()
        return tree.lloyd(centroids, 5, 0, None, threads), centroids.tobytes()

    expected = iterate(1)
    with ThreadPoolExecutor(4) as pool:
        assert all(outcome == expected for outcome in pool.map(iterate, [1, 2, 3, 7] * 2))


def test_callbacks_come_on_the_thread_that_called():
    def watch(_):
        seen = set()
        kmc.fit(photo(40, 50), 9, threads=2, callback=lambda *_: seen.add(threading.get_ident()))
        return seen == {threading.get_ident()}

    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(watch, range(6)))


def test_callbacks_of_several_threads_do_not_mix():
    def stop_after(last):
        def callback(iteration, *rest):
            if iteration > last:
                raise LookupError(last)
            return None

        with pytest.raises(LookupError, match=f"^{last}$"):
            kmc.fit(LARGE, 6, threads=2, tol=0, effort="fast", init="random", callback=callback)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(stop_after, range(1, 9)))


class Interrupted(Exception):
    """What the handler of the tests raises."""


def raise_interrupted(number, frame):
    raise Interrupted


@contextlib.contextmanager
def interruption(after: float, handler=raise_interrupted) -> Iterator[list[float]]:
    """Sends Ctrl-C to the main thread after some seconds, and notes when.

    Without garbage collection: Hypothesis has it call Python code, where an exception gets lost.
    """
    sent: list[float] = []

    def send():
        sent.append(time.monotonic())
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, handler)
    timer = threading.Timer(after, send)
    gc.disable()
    timer.start()
    try:
        yield sent
    finally:
        gc.enable()
        timer.cancel()
        timer.join()
        signal.signal(signal.SIGINT, before)


HOURS = 10**6

LONG_JOBS = {
    "iterations": lambda threads: kmc.fit(
        LARGE, 2000, init="random", tol=0, n_init=HOURS, threads=threads
    ),
    "search": lambda threads: kmc.fit(LARGE, 256, effort="best", n_init=HOURS, threads=threads),
    "seeding": lambda threads: [
        tree_of(LARGE)[0].seed_plusplus(60_000, seed, threads) for seed in range(HOURS)
    ],
    "bisecting": lambda threads: [
        tree_of(LARGE)[0].seed_split(20_000, threads) for _ in range(HOURS)
    ],
    "at rest": lambda threads: kmc.fit(
        NAMED["few"], 2, init="random", tol=0, max_iter=1000 * HOURS, threads=threads
    ),
}


@pytest.mark.parametrize("job", LONG_JOBS)
@pytest.mark.parametrize("threads", [1, 3])
def test_a_signal_ends_a_long_job(job, threads):
    with interruption(after=0.3) as sent, pytest.raises(Interrupted):
        LONG_JOBS[job](threads)
    assert time.monotonic() - sent[0] < 10  # minutes, if it were not heard
    assert len(kmc.quantize(NAMED["photo"], 5, threads=threads).palette) == 5


def test_ctrl_c_raises_keyboard_interrupt():
    with (
        interruption(after=0.3, handler=signal.default_int_handler),
        pytest.raises(KeyboardInterrupt),
    ):
        LONG_JOBS["search"](2)


def test_a_handler_that_raises_nothing_ends_nothing():
    heard = []
    with interruption(after=0.1, handler=lambda *_: heard.append(1)):
        palette = kmc.fit(
            LARGE, 50, init="random", tol=0, max_iter=1000 * HOURS, callback=lambda *_: not heard
        )
    assert heard == [1]
    expected = kmc.fit(LARGE, 50, init="random", tol=0, max_iter=palette.n_iter)
    np.testing.assert_array_equal(palette.centroids, expected.centroids)


ENDS_WITHIN_A_CALL = """
import threading, time
import numpy as np
import kmc
from kmc import core
core.run._assume_processors(1000)
picture = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
def work():
    begun.set()
    kmc.fit(picture, 300, init="random", tol=0, max_iter=10**6, threads=4)
begun = threading.Event()
threading.Thread(target=work, daemon=True).start()
begun.wait()
time.sleep(0.2)
"""


def test_the_interpreter_may_end_while_a_daemon_thread_is_at_work():
    ended = subprocess.run(
        [sys.executable, "-c", ENDS_WITHIN_A_CALL], capture_output=True, timeout=60
    )
    assert (ended.returncode, ended.stderr) == (0, b"")
