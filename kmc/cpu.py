"""The instruction set and the number of threads; results do not depend on either."""

import contextlib
import math
import os
from functools import cache
from types import TracebackType

from kmc import core
from kmc.errors import ArgumentError, ArgumentTypeError

__all__ = ["available", "name", "openmp", "threads", "use"]

# An upper limit for the number of threads, whatever the caller or the environment asks for.
MAX_THREADS = 1 << 10


def name() -> str:
    """The instruction set in use: ``"c"``, ``"avx2"``, ``"avx512"`` or ``"neon"``.

    It is the fastest one available, unless the environment variable ``KMC_CPU`` or `use` selects
    another.

    Returns
    -------
    str

    Raises
    ------
    ArgumentError
        ``KMC_CPU`` names an instruction set that is not available.

    Examples
    --------
    >>> import kmc.cpu
    >>> kmc.cpu.name() in kmc.cpu.available()
    True
    """
    return core.run.cpu_get()


def available() -> tuple[str, ...]:
    """The instruction sets available on this machine, slowest first.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> import kmc.cpu
    >>> kmc.cpu.available()[0]
    'c'
    """
    return core.run.cpu_names()


class use:
    """Select an instruction set, from now on or for a ``with`` block.

    The choice applies to the whole process and takes precedence over ``KMC_CPU``. A ``with`` block
    restores the previous instruction set at its end, or selects the fastest one if ``KMC_CPU``
    names one that is not available.

    Parameters
    ----------
    name : str
        One of `available`.

    Raises
    ------
    ArgumentError
        The instruction set is not available.
    ArgumentTypeError
        `name` is not a string.

    Examples
    --------
    >>> import kmc.cpu
    >>> with kmc.cpu.use("c"):
    ...     kmc.cpu.name()
    'c'
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise ArgumentTypeError(f"the instruction set must be a string, not {name!r}")
        self._before: str | None = None
        with contextlib.suppress(ArgumentError):  # the call may be there to override KMC_CPU
            self._before = core.run.cpu_get()
        core.run.cpu_set(name)

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        core.run.cpu_set(self._before)


def openmp() -> bool:
    """Whether the engine was built with OpenMP; without it, every call runs on one thread.

    Returns
    -------
    bool

    Examples
    --------
    >>> import kmc.cpu
    >>> kmc.cpu.openmp() or kmc.cpu.threads() == 1
    True
    """
    return core.run.openmp()


def threads() -> int:
    """The maximum number of threads of a call with ``threads=None``.

    It is the value of the environment variable ``KMC_NUM_THREADS``, or else of
    ``OMP_NUM_THREADS``, or else the number of processors that this process may use, limited by the
    CPU quota of its control group (as in a container). It is at most 1024, and 1 without OpenMP. A
    limit set by ``omp_set_num_threads``, for instance through threadpoolctl, lowers it for the
    thread that set it. The ``threads=`` option of a call overrides all of these.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ArgumentError
        One of the two variables is not a positive integer.

    Examples
    --------
    >>> import kmc.cpu
    >>> kmc.cpu.threads() >= 1
    True
    """
    allowed = processors()
    if not core.run.openmp():
        return 1
    limit = core.run.openmp_limit()
    return allowed if limit is None else min(allowed, limit)


def processors() -> int:
    """The number of threads that the environment or the machine allows, OpenMP or not.

    Raises
    ------
    ArgumentError
        As for `threads`.
    """
    return min(_from_environment() or min(_affinity(), _quota()), MAX_THREADS)


def thread_count(given: int | None) -> int:
    """The number of threads for a ``threads=`` option; None means the default.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        The option is not a positive integer.
    """
    if given is None:
        return threads()
    from kmc.utils.arguments import whole  # imports NumPy, which `kmc --version` can do without

    return min(whole("threads", given, 1), MAX_THREADS)


def _from_environment() -> int | None:
    for variable in ("KMC_NUM_THREADS", "OMP_NUM_THREADS"):
        value = os.environ.get(variable, "").split(",")[0].strip()  # may be a list in OpenMP
        if value:
            digits = value.lstrip("0") if value.isdecimal() else ""
            if not digits:
                raise ArgumentError(f"{variable} must be an integer of at least 1, not {value!r}")
            return int(digits[:9])  # far above MAX_THREADS already
    return None


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@cache
def _quota(root: str = "/sys/fs/cgroup", own: str = "/proc/self/cgroup") -> int:
    """The smallest CPU quota of the groups of this process, in processors; huge if there is none.

    A quota of a fraction of a processor is rounded up.
    """
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
    """The quota of one control group, version 2 or 1."""
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
