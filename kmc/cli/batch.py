"""Many files at once: threads that work while results come out in order."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from typing import NoReturn, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Task], Result], tasks: Sequence[Task], jobs: int
) -> Generator[Result, None, None]:
    """The result of each task, in order, as soon as it and those before it are there.

    Threads suffice: the engine, Pillow's decoders and zlib all run without the interpreter's lock.

    Parameters
    ----------
    work : callable
        Called with each task, in any thread; what it raises comes out in the place of its result.
    tasks : sequence
        What to work on.
    jobs : int
        How many at once; 1 is the calling thread itself.

    Notes
    -----
    Closing the generator waits for the tasks that are being worked on. Ctrl-C does not wait: the
    process must then be left by `leave`, since the threads are in the middle of C code.

    Examples
    --------
    >>> from kmc.cli.batch import in_order
    >>> list(in_order(abs, [-3, 2, -1], jobs=2))
    [3, 2, 1]
    """
    if min(jobs, len(tasks)) <= 1:
        yield from map(work, tasks)
        return
    promises: list[Future[Result]] = [Future() for _ in tasks]
    left: Iterator[tuple[Task, Future[Result]]] = zip(tasks, promises, strict=True)
    taking = threading.Lock()

    def run() -> None:
        while True:
            with taking:
                taken = next(left, None)
            if taken is None:
                return
            task, promise = taken
            try:
                promise.set_result(work(task))
            except BaseException as error:
                promise.set_exception(error)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(jobs, len(tasks)))]
    for thread in threads:
        thread.start()
    try:
        for promise in promises:
            yield promise.result()
    except KeyboardInterrupt:
        raise
    except BaseException:
        left = iter(())
        for thread in threads:
            thread.join()
        raise


def leave(code: int) -> NoReturn:
    """End the process at once, whatever its other threads are doing."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
