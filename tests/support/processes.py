"""Helpers: the modules that new processes load, and how soon Ctrl-C interrupts a call."""

from __future__ import annotations

import _thread
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest


def loaded_by(statement: str) -> set[str]:
    script = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    return set(done.stdout.decode().split())


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
