"""How calls run: threads, instruction set, memory kept between them, and what may end them early."""

import os
from contextvars import ContextVar

from libc.stdint cimport INT64_MAX, int64_t

from kmc.core.arrays import np
from kmc.errors import ArgumentError, OutOfMemoryError


cdef extern from *:
    int PyErr_CheckSignals() except -1
    bint Py_IsInitialized() noexcept nogil


cdef extern from "base/base.h":
    bint KMC_HAS_TEST_HOOKS
    void kmc_fail_allocation_after(long n)
    long kmc_live_allocations()


cdef extern from "base/clock.h" nogil:
    int64_t kmc_clock_ns()


cdef extern from "base/cpu.h":
    int kmc_cpu_runs(int thread)


cdef extern from "base/parallel.h":
    int kmc_openmp_threads()
    int kmc_openmp_processors()


cdef extern from "base/scratch.h":
    kmc_status kmc_tables_new(kmc_tables **tables)
    void kmc_tables_free(kmc_tables *tables)


cdef extern from "simd/kernels.h":
    size_t kmc_kernels_count()
    const kmc_kernels *kmc_kernels_at(size_t i)
    const kmc_kernels *kmc_kernels_find(const char *name)


# How many processors the machine has.
cdef int _processors = os.cpu_count() or 1

# How many threads OpenMP gives a parallel region where nobody has limited them since it was loaded.
cdef int _openmp_threads = (
    kmc_openmp_threads() if os.environ.get("OMP_NUM_THREADS") else kmc_openmp_processors()
)

# The kernels in use; NULL until they are first needed.
cdef const kmc_kernels *_kernels = NULL

# Tables that the last call used, for the next: one set at most, so calls at the same time make their own.
cdef list _spare = []

# How often signals and the deadline are looked at, and how often a callback is asked. The promise
# is 20 ms for either; a callback gets half of it, for there may be some time between two polls.
cdef int64_t POLL_NS = 20_000_000
cdef int64_t ASK_NS = 10_000_000

# The Watch over the call under way in this context, if any.
cdef object _watching = ContextVar("kmc watch", default=None)


cdef class Watch:
    """A context in which searches end early: at a deadline, or once a callback has answered False.

    Between iterations the callback is asked as ``callback(0, np.empty((0, 0)), nan, nan)``, and no
    more once it has answered False.
    """

    def __cinit__(self, callback=None, deadline=None):
        cdef int64_t now = kmc_clock_ns()
        self.callback = callback
        self.deadline = INT64_MAX
        if deadline is not None and deadline < 1e9:
            self.deadline = now + <int64_t>(1e9 * <double>deadline)
        self.next_look = self.after(now)

    def __enter__(self):
        self.token = _watching.set(self)
        return self

    def __exit__(self, *_):
        _watching.reset(self.token)

    def look(self):
        """Whether to end: asks the callback, unless that was a moment ago."""
        cdef int64_t now = kmc_clock_ns()
        self.stopped |= now >= self.deadline
        if now < self.next_look:
            return self.stopped
        self.next_look = self.after(now)
        if self.callback is None or self.stopped or self.asking:
            return self.stopped
        return self.ask(self.callback, 0, np.empty((0, 0)), np.nan, np.nan)

    def ask(self, callback, int iteration, centroids, double inertia, double shift):
        """Whether to end, by what a callback answers. It may call the engine itself."""
        self.asking = True
        try:
            answer = callback(iteration, centroids, inertia, shift)
        finally:
            self.asking = False
        self.stopped |= isinstance(answer, (bool, np.bool_)) and not answer
        self.next_look = self.after(kmc_clock_ns())
        return self.stopped

    cdef int64_t after(self, int64_t now) noexcept:
        """When to look again."""
        cdef int64_t soon = now + (POLL_NS if self.callback is None else ASK_NS)
        return soon if self.stopped else min(self.deadline, soon)


def watch():
    """The Watch over the call under way, or one that ends nothing."""
    return _watching.get() or Watch()


cdef class Tables:
    """Large tables, which one call at a time may use."""

    def __cinit__(self):
        if kmc_tables_new(&self.c) != KMC_OK:
            raise OutOfMemoryError("not enough memory for this picture")

    def __dealloc__(self):
        kmc_tables_free(self.c)


cdef Tables take_tables():
    try:
        return _spare.pop()
    except IndexError:
        return Tables()


cdef class Run:
    """How a call is to run: threads, kernels, and what may end it: Ctrl-C and the Watch over it."""

    def __cinit__(self, int threads):
        if threads < 1:
            raise ArgumentError(f"threads must be at least 1, not {threads}")
        self.c.threads = threads if kmc_openmp_threads() else 1
        self.loop.processors = _processors
        self.c.loop = &self.loop
        self.c.kernels = kernels()
        self.c.poll = poll
        self.c.poll_arg = <void *>self
        self.tables = take_tables()
        self.c.tables = self.tables.c
        self.watch = watch()
        self.c.stopped = self.watch.stopped or kmc_clock_ns() >= self.watch.deadline
        self.next_poll = self.watch.next_look

    def __dealloc__(self):
        if self.tables is not None and _spare is not None and not _spare:
            _spare.append(self.tables)

    cdef int check(self, kmc_status status) except -1:
        """Turns a status into the exception it stands for."""
        if status == KMC_OK:
            return 0
        if status == KMC_NO_MEMORY:
            raise OutOfMemoryError("not enough memory for this picture")
        if status == KMC_INTERRUPTED:
            raise self.error
        raise ArgumentError("an argument outside the range the engine works in")


cdef int poll(void *argument) noexcept nogil:
    """Lets signal handlers run and looks at the watch now and then; non-zero when one of them raised.

    When the interpreter ends, whoever asks for the GIL ends on the spot, and helpers would go on
    with what was on that stack: so the loop is left first.
    """
    if kmc_clock_ns() < (<Run>argument).next_poll:
        return 0
    if not Py_IsInitialized():
        return 1
    with gil:
        return look(<Run>argument)


cdef int look(Run run) noexcept:
    try:
        PyErr_CheckSignals()
        run.c.stopped = run.watch.look()
    except BaseException as error:
        run.error = error
        return 1
    run.next_poll = run.watch.next_look
    return 0


def openmp():
    """Whether this build of the engine has OpenMP."""
    return kmc_openmp_threads() != 0


def openmp_limit():
    """The most threads that the program allows this thread, by omp_set_num_threads; None without
    such a limit."""
    cdef int now = kmc_openmp_threads()
    return now if now < _openmp_threads else None


cdef const kmc_kernels *kernels() except NULL:
    if _kernels == NULL:
        cpu_set(os.environ.get("KMC_CPU") or None)
    return _kernels


def cpu_names():
    """The instruction sets of this machine, slowest first."""
    return tuple(kmc_kernels_at(i).name.decode() for i in range(kmc_kernels_count()))


def cpu_get():
    """The instruction set in use: the fastest, unless KMC_CPU or `cpu_set` has chosen another."""
    return kernels().name.decode()


def cpu_set(name):
    """Uses an instruction set from now on; the fastest where `name` is None."""
    global _kernels
    cdef bytes encoded
    cdef const kmc_kernels *found
    if name is None:
        found = kmc_kernels_find(NULL)
    else:
        encoded = name.encode()
        found = kmc_kernels_find(encoded)
    if found == NULL:
        raise ArgumentError(
            f"no instruction set {name!r} here: this machine has {', '.join(cpu_names())}"
        )
    _kernels = found


# For the tests.


def _assume_processors(int n):
    """Takes the machine for one with n processors: with many, loops use threads however busy it is."""
    global _processors
    _processors = n


def _thread_runs(int thread):
    """Whether a thread of this process, by its native id, is using or waiting for a processor."""
    return bool(kmc_cpu_runs(thread))


def _look_every(int64_t ns):
    """How often callbacks are asked from now on, 0 being at each poll; returns how often before."""
    global ASK_NS
    before = ASK_NS
    ASK_NS = ns
    return before


if KMC_HAS_TEST_HOOKS:
    def _fail_allocation_after(long n):
        """Lets n allocations of the engine succeed and the next one fail, once; never if n < 0."""
        kmc_fail_allocation_after(n)

    def _live_allocations():
        """How many allocations of the engine have not been freed, the room for the next call first."""
        _spare.clear()
        return kmc_live_allocations()
