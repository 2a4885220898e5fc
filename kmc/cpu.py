"""Which instruction set and how many threads the engine uses. Results never depend on either."""

import contextlib
import math
import os
from functools import cache
from types import TracebackType

from kmc.core import _core
from kmc.errors import ArgumentError, ArgumentTypeError

__all__ = ["available", "name", "openmp", "threads", "use"]

# Beyond it there is nothing to gain, whatever the caller or the environment asks for.
MAX_THREADS = 1 << 10


def name() -> str:
    """The instruction set in use: ``"c"``, ``"avx2"``, ``"avx512"`` or ``"neon"``.

    The fastest available one, unless ``KMC_CPU`` in the environment or `use` says otherwise.

    Raises
    ------
    ArgumentError
        ``KMC_CPU`` names an instruction set that this machine lacks.

    Examples
    --------
    >>> import kmc.cpu
    >>> kmc.cpu.name() in kmc.cpu.available()
    True
    """
    return _core.cpu_get()


def available() -> tuple[str, ...]:
    """The instruction sets that `use` takes on this machine, slowest first.

    Examples
    --------
    >>> import kmc.cpu
    >>> kmc.cpu.available()[0]
    'c'
    """
    return _core.cpu_names()


class use:
    """Uses an instruction set from now on, or only inside a ``with`` block.

    The choice holds for the whole process, and comes before ``KMC_CPU``. After a ``with`` block,
    what was in use before is again; the fastest, if that was a ``KMC_CPU`` this machine lacks.

    Parameters
    ----------
    name : str
        One of `available`.

    Raises
    ------
    ArgumentError
        This machine or this build has no such instruction set.
    ArgumentTypeError
        `name` is no string.

    Examples
    --------
    >>> import kmc.cpu
    >>> with kmc.cpu.use("c"):
    ...     kmc.cpu.name()
    'c'
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise ArgumentTypeError(f"an instruction set is named by a string, not {name!r}")
        self._before: str | None = None
        with contextlib.suppress(ArgumentError):  # KMC_CPU may be what the caller mends
            self._before = _core.cpu_get()
        _core.cpu_set(name)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _core.cpu_set(self._before)


def openmp() -> bool:
    """Whether the engine was built with OpenMP; without it every call runs on one thread.

    Examples
    --------
    >>> import kmc.cpu
    >>> kmc.cpu.openmp() or kmc.cpu.threads() == 1
    True
    """
    return _core.openmp()


def threads() -> int:
    """The most threads that a call given ``threads=None`` uses, 1 or more.

    ``KMC_NUM_THREADS`` in the environment, else ``OMP_NUM_THREADS``, else as many processors as
    this process may run on, and no more than the CPU quota of its control group (as in a
    container) amounts to; never more than 1024. A limit set in the program by OpenMP's
    ``omp_set_num_threads``, as threadpoolctl does, lowers it in the Python thread that has set it.
    ``threads=`` of a call comes before all of these. Without OpenMP it is 1.

    Raises
    ------
    ArgumentError
        One of the two variables is set to something other than a whole number of at least 1.

    Examples
    --------
    >>> import kmc.cpu
    >>> kmc.cpu.threads() >= 1
    True
    """
    allowed = processors()
    if not _core.openmp():
        return 1
    limit = _core.openmp_limit()
    return allowed if limit is None else min(allowed, limit)


def processors() -> int:
    """How many threads of any kind the environment or the machine is good for.

    Raises
    ------
    ArgumentError
        As for `threads`.
    """
    return min(_from_environment() or min(_affinity(), _quota()), MAX_THREADS)


def thread_count(given: int | None) -> int:
    """The number behind a ``threads=`` option, which is None for the default.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        It is no positive integer.
    """
    if given is None:
        return threads()
    from kmc.utils.arguments import whole  # NumPy comes with it, and `kmc --version` needs none

    return min(whole("threads", given, 1), MAX_THREADS)


def _from_environment() -> int | None:
    for variable in ("KMC_NUM_THREADS", "OMP_NUM_THREADS"):
        value = os.environ.get(variable, "").split(",")[0].strip()  # OpenMP: one number a level
        if value:
            digits = value.lstrip("0") if value.isdecimal() else ""
            if not digits:
                raise ArgumentError(
                    f"{variable} must be a whole number of at least 1, not {value!r}"
                )
            return int(digits[:9])  # more digits are far beyond the most threads anyway
    return None


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _quota(root: str = "/sys/fs/cgroup", own: str = "/proc/self/cgroup") -> int:
    """The tightest CPU quota above this process, in whole processors; a huge number without one."""
    try:
        lines = _text(own).splitlines()
    except OSError:
        return 1 << 30
    quotas = [1 << 30]
    for line in lines:
        _, controllers, path = line.split(":", 2)
        folder = root if controllers == "" else os.path.join(root, "cpu")
        if controllers and "cpu" not in controllers.split(","):
            continue
        while True:
            quotas.append(_quota_here(os.path.join(folder, path.strip("/"))))
            if path in ("/", ""):
                break
            path = path.rpartition("/")[0]
    return min(quotas)


def _quota_here(folder: str) -> int:
    """The quota set in one folder of the control groups, version 2 or 1."""
    try:
        if os.path.exists(os.path.join(folder, "cpu.max")):
            quota, period = _text(folder, "cpu.max").split()
        else:
            quota = _text(folder, "cpu.cfs_quota_us").strip()
            period = _text(folder, "cpu.cfs_period_us").strip()
    except (OSError, ValueError):
        return 1 << 30
    if not quota.isdecimal() or not period.isdecimal() or int(period) == 0:
        return 1 << 30
    return max(1, math.ceil(int(quota) / int(period)))


def _text(*path: str) -> str:
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()
