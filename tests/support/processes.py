"""Helpers: programs in new processes, and how soon Ctrl-C interrupts a call."""

from __future__ import annotations

import _thread
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest


def in_new_process(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in which nobody has chosen instruction set or threads but by `environment`."""
    ours = ("KMC_", "OMP_", "GOMP_", "KMP_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-c", program],
        env=kept | environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )


def loaded_by(statement: str) -> set[str]:
    """The names of the modules that a new process has loaded after a statement."""
    return set(in_new_process(f"import sys; {statement}; print(*sys.modules)").stdout.split())


def interrupted_after(call: Callable[[], Any], after: float = 0.2) -> float:
    """Processor seconds from Ctrl-C, sent some time into the call, to its KeyboardInterrupt.

    Not those of the clock: other programs may have the processor meanwhile.
    """
    pressed: list[float] = []

    def press() -> None:
        pressed.append(time.process_time())
        _thread.interrupt_main()

    timer = threading.Timer(after, press)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        call()
    answered = time.process_time()
    timer.join()
    return answered - pressed[0]
