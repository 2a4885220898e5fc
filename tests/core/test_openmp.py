"""OpenMP: whether there is any, its limits, how its threads wait, and a system without threads."""

from __future__ import annotations

import re
import sys
import threading
import time

import numpy as np
import pytest
from processes import in_new_process
from scenes import noise
from threadpoolctl import threadpool_limits

import kmc
from kmc import core, cpu

LINUX = sys.platform == "linux"


def test_it_says_whether_it_has_openmp():
    program = """
import kmc.cpu
from threadpoolctl import threadpool_info
runtimes = [each for each in threadpool_info() if each["user_api"] == "openmp"]
print(kmc.cpu.openmp() == bool(runtimes))
"""
    assert in_new_process(program).stdout == "True\n"


def test_without_it_there_is_one_thread(monkeypatch):
    monkeypatch.setenv("KMC_NUM_THREADS", "3")
    assert cpu.threads() == (3 if cpu.openmp() else 1)


def test_threadpoolctl_limits_it(monkeypatch):
    monkeypatch.setenv("KMC_NUM_THREADS", "3")
    unlimited = cpu.threads()
    for limit in (1, 50):
        with threadpool_limits(limit):
            assert cpu.threads() == min(limit, unlimited)
            assert cpu.thread_count(7) == 7
    assert cpu.threads() == unlimited


def test_a_limited_call_starts_no_thread():
    program = """
import os
import numpy as np
from threadpoolctl import threadpool_limits
import kmc
from kmc import core
def threads():
    return len(os.listdir("/proc/self/task")) if os.path.exists("/proc/self/task") else 1
core.run._assume_processors(1000)
pixels = np.random.default_rng(0).integers(0, 256, (400, 400, 3), np.uint8)
kmc.cpu.threads()
before = threads()
with threadpool_limits(1):
    kmc.quantize(pixels, 8)
print(threads() - before)
kmc.quantize(pixels, 8)
print(threads() - before)
"""
    limited, unlimited = in_new_process(program, KMC_NUM_THREADS="3").stdout.split()
    assert limited == "0"
    assert unlimited == ("2" if LINUX and cpu.openmp() else "0")


SHOW = "import os, kmc.cpu; print(os.environ.get('OMP_WAIT_POLICY'))"


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ({}, "None"),
        ({"OMP_WAIT_POLICY": "active"}, "active"),
        ({"GOMP_SPINCOUNT": "100"}, "None"),
    ],
)
def test_idle_threads_leave_the_processor_unless_the_user_has_chosen(chosen, left):
    shown = in_new_process(SHOW, OMP_DISPLAY_ENV="true", **chosen)
    assert shown.stdout == f"{left}\n"
    if LINUX and cpu.openmp():
        found = re.search(r"OMP_WAIT_POLICY\s*=\s*'(\w+)'", shown.stderr)
        assert found
        assert (found[1].lower() == "active") == ("OMP_WAIT_POLICY" in chosen)


def test_threads_that_run_and_threads_that_wait():
    """By which our own spinning threads are told from other programs."""
    waiting, done = threading.Event(), threading.Event()
    found = []

    def wait():
        found.append(threading.get_native_id())
        waiting.set()
        done.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    try:
        waiting.wait()
        time.sleep(0.1)
        assert core.run._thread_runs(threading.get_native_id()) == LINUX
        assert not core.run._thread_runs(found[0])
    finally:
        done.set()
        thread.join()
    assert not core.run._thread_runs(2**31 - 1)


@pytest.mark.once  # the address sanitizer does not live with a limit on addresses
def test_where_no_thread_can_be_started_it_is_only_slower():
    program = """
import numpy as np
from kmc import core
core.run._assume_processors(1000)
colors = np.random.default_rng(0).integers(0, 256, (60000, 3), dtype=np.uint8)
palette = colors[:300].copy()
expected = core.colors.assign_sums(colors, palette, 1)
try:
    import resource
    pages = int(open("/proc/self/statm").read().split()[0])
    limit = pages * resource.getpagesize() + (5 << 20)  # a thread's stack has 8 MiB
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
except (ImportError, OSError):
    pass  # no Linux: the call then starts its threads
found = core.colors.assign_sums(colors, palette, 7)
print(all(np.array_equal(a, b) for a, b in zip(expected, found)))
"""
    assert in_new_process(program).stdout == "True\n"


def test_more_threads_than_the_last_time_and_fewer():
    pixels = noise(270, 270)
    expected = kmc.quantize(pixels, 12, max_iter=6, threads=1)
    for threads in (2, 7, 3, 16, 1, 2):
        found = kmc.quantize(pixels, 12, max_iter=6, threads=threads)
        np.testing.assert_array_equal(found.indices, expected.indices)
