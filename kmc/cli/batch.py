"""Many files at once: threads work on them, and results come in order."""

from __future__ import annotations

import contextlib
import os
import sys
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import TYPE_CHECKING, NoReturn, TypeVar

from kmc.utils.atomic_write import remove_unfinished

if TYPE_CHECKING:
    from concurrent.futures import Future

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_ordered(
    work: Callable[[Task], Result], tasks: Sequence[Task], jobs: int, pending: int
) -> Generator[Result, None, None]:
    """Call `work` for each task in `jobs` threads, and yield the results in order.

    Threads suffice: the engine and the decoders of Pillow release the interpreter's lock.

    Parameters
    ----------
    work : callable
        Called with each task; an exception is raised in the place of its result.
    tasks : sequence
    jobs : int
        How many tasks run at a time; with 1, all run in the calling thread.
    pending : int
        How many tasks are started before the first of them must have been yielded, which limits
        the memory that results take.

    Notes
    -----
    Closing the generator waits for the tasks that are running. Ctrl-C does not wait: the process
    must then be ended by `leave`, since the threads are inside C code.
    """
    if min(jobs, len(tasks)) <= 1:
        yield from map(work, tasks)
        return
    from concurrent.futures import ThreadPoolExecutor  # slow to import, and needed only here

    pool = ThreadPoolExecutor(jobs)
    started: deque[Future[Result]] = deque()
    try:
        for task in tasks:
            if len(started) == pending:
                yield started.popleft().result()
            started.append(pool.submit(work, task))
        while started:
            yield started.popleft().result()
    except BaseException as error:
        pool.shutdown(wait=not isinstance(error, KeyboardInterrupt), cancel_futures=True)
        raise
    pool.shutdown()


def leave(code: int) -> NoReturn:
    """End the process at once, whatever its other threads are doing; none of it is left on disk."""
    remove_unfinished()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
