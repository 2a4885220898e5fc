# cython: boundscheck=False, wraparound=False, freethreading_compatible=True
"""The engine: check, one call into C without the GIL, map the status. No algorithm here."""

import os
from contextvars import ContextVar
from importlib import import_module

from kmc.errors import ArgumentError, OutOfMemoryError

cdef extern from *:
    int PyErr_CheckSignals() except -1
    bint Py_IsInitialized() noexcept nogil

class _NumPy:
    """NumPy, imported when it is first used: `kmc --version` asks for no more than the processor."""

    def __getattr__(self, name):
        value = getattr(import_module("numpy"), name)
        setattr(self, name, value)
        return value


np = _NumPy()

# How many processors the machine has.
cdef int _processors = os.cpu_count() or 1

# How many threads OpenMP gives a parallel region where nobody has limited them since it was loaded.
cdef int _openmp_threads = (
    kmc_openmp_threads() if os.environ.get("OMP_NUM_THREADS") else kmc_openmp_processors()
)

# The kernels in use; NULL until they are first needed.
cdef const kmc_kernels *_kernels = NULL

# Room that the last call used, for the next: one at most, so calls at the same time make their own.
cdef list _spare = []


cdef class Tables:
    cdef kmc_tables *c

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


include "_core_watch.pxi"


cdef class Run:
    """How a call is to run: threads, kernels, and what may end it: Ctrl-C and the Watch over it."""

    cdef kmc_run c
    cdef kmc_loop loop
    cdef int64_t next_poll
    cdef object error
    cdef Tables tables
    cdef Watch watch

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
    """The most threads that the program allows this thread, by omp_set_num_threads; None if any."""
    cdef int now = kmc_openmp_threads()
    return now if now < _openmp_threads else None


cdef const kmc_kernels *kernels() except NULL:
    if _kernels == NULL:
        cpu_set(os.environ.get("KMC_CPU") or None)
    return _kernels


def cpu_names():
    return tuple(kmc_kernels_at(i).name.decode() for i in range(kmc_kernels_count()))


def cpu_get():
    return kernels().name.decode()


def cpu_set(name):
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


def _index_dtype(size_t k):
    if not 1 <= k <= 65536:
        raise ArgumentError(f"k must be 1 to 65536, not {k}")
    return np.uint8 if k <= 256 else np.uint16


# Arrays from outside may change during a call. Large ones are read by C code that bounds what it
# reads; small ones, whose values are checked first, are copied first.


cdef inline void *_data(array) except? NULL:
    """The first byte of an array this module has just made, contiguous and writable."""
    cdef const uint8_t[::1] view
    if array.size == 0:
        return NULL
    view = array.reshape(-1).view(np.uint8)
    return <void *>&view[0]


cdef int _channels(size_t channels) except -1:
    if channels not in (1, 3, 4):
        raise ArgumentError(f"pixels must have 1, 3 or 4 channels, not {channels}")
    return <int>channels


def histogram(const uint8_t[:, :, ::1] pixels not None, int threads):
    cdef Run run = Run(threads)
    cdef size_t n = pixels.shape[0] * pixels.shape[1], n_colors = 0
    cdef int channels = _channels(pixels.shape[2])
    cdef const uint8_t *source = &pixels[0, 0, 0] if n else NULL
    cdef kmc_histogram *counted = NULL
    cdef kmc_status status
    cdef uint8_t *colors_data
    cdef int64_t *counts_data
    run.check(kmc_histogram_new(&run.c, channels, &counted))
    try:
        with nogil:
            status = kmc_histogram_add(counted, &run.c, source, n)
            if status == KMC_OK:
                status = kmc_histogram_size(counted, &run.c, &n_colors)
        run.check(status)
        colors = np.empty((n_colors, channels), np.uint8)
        counts = np.empty(n_colors, np.int64)
        colors_data = <uint8_t *>_data(colors)
        counts_data = <int64_t *>_data(counts)
        with nogil:
            status = kmc_histogram_read(counted, &run.c, colors_data, counts_data)
        run.check(status)
    finally:
        kmc_histogram_free(counted)
    return colors, counts


def remap(const uint8_t[:, :, ::1] pixels not None, const uint8_t[:, ::1] colors not None,
          const uint16_t[::1] labels not None, size_t k, int threads):
    cdef Run run = Run(threads)
    cdef size_t n = pixels.shape[0] * pixels.shape[1]
    cdef int channels = _channels(pixels.shape[2])
    if colors.shape[1] != channels or labels.shape[0] != colors.shape[0]:
        raise ArgumentError("colors, labels and pixels do not fit together")
    if n and not labels.shape[0]:
        raise ArgumentError("no colours to map to")
    indices = np.empty((pixels.shape[0], pixels.shape[1]), _index_dtype(k))
    cdef int index_bytes = indices.itemsize
    cdef void *target = _data(indices)
    cdef kmc_status status = KMC_OK
    if n:
        with nogil:
            status = kmc_remap(&run.c, &pixels[0, 0, 0], n, channels, &colors[0, 0], &labels[0],
                               labels.shape[0], k, target, index_bytes)
    run.check(status)
    return indices


# Whoever has this may make a Tree, which is of no use before the engine has filled it.
cdef object _MAKER = object()


cdef class Tree:
    """Weighted colours under a tree of boxes: what k-means works on. Centroids are (k, 4) doubles."""

    cdef kmc_tree *c
    cdef readonly int channels

    def __cinit__(self, maker=None, channels=None):
        if maker is not _MAKER:
            raise TypeError("trees are made by tree() and coarsen()")
        self.channels = channels

    def __dealloc__(self):
        kmc_tree_free(self.c)

    def __len__(self):
        return <Py_ssize_t>kmc_tree_size(self.c)

    def coarsen(self, size_t least, int threads):
        """Cells, smaller where there is more weight, `least` or more, or this tree itself."""
        cdef Run run = Run(threads)
        cdef Tree cells = Tree(_MAKER, self.channels)
        cdef kmc_status status
        with nogil:
            status = kmc_tree_coarsen(&run.c, self.c, least, &cells.c)
        run.check(status)
        return self if cells.c == NULL else cells

    def seed_plusplus(self, size_t k, uint64_t seed, int threads, fixed=()):
        """Seeds behind those that are fixed, of which there may be as many again as points."""
        cdef Run run = Run(threads)
        cdef size_t n_fixed = len(fixed)
        cdef double[:, ::1] centroids = self.room(k, n_fixed)
        if n_fixed:
            centroids.base[:n_fixed] = fixed
        cdef kmc_status status
        with nogil:
            status = kmc_seed_plusplus(&run.c, self.c, k, n_fixed, seed, &centroids[0, 0])
        run.check(status)
        return centroids.base

    def seed_random(self, size_t k, uint64_t seed, int threads):
        cdef Run run = Run(threads)
        cdef double[:, ::1] centroids = self.room(k)
        cdef kmc_status status
        with nogil:
            status = kmc_seed_random(&run.c, self.c, k, seed, &centroids[0, 0])
        run.check(status)
        return centroids.base

    def seed_split(self, size_t k, int threads):
        cdef Run run = Run(threads)
        cdef double[:, ::1] centroids = self.room(k)
        cdef kmc_status status
        with nogil:
            status = kmc_seed_split(&run.c, self.c, k, &centroids[0, 0])
        run.check(status)
        return centroids.base

    def search(self, double[:, ::1] centroids not None, int kicks, int patience, uint64_t seed,
               int threads, size_t n_fixed=0):
        """Improves the centroids in place, but for the fixed ones, which come first."""
        cdef Run run = Run(threads)
        cdef size_t k = self.checked(centroids, n_fixed)
        cdef kmc_status status
        with nogil:
            status = kmc_search(&run.c, self.c, k, n_fixed, kicks, patience, seed,
                                &centroids[0, 0])
        run.check(status)

    def lloyd(self, double[:, ::1] centroids not None, int max_iter, double tol, callback,
              int threads, size_t n_fixed=0):
        """Iterates the centroids in place, but for the fixed ones, which come first.

        Returns the history and whether they converged.
        """
        cdef Run run = Run(threads)
        cdef size_t k = self.checked(centroids, n_fixed)
        cdef Observer observer = Observer(k, self.channels, callback)
        cdef int converged = 0
        cdef kmc_status status
        with nogil:
            status = kmc_lloyd(&run.c, self.c, k, n_fixed, &centroids[0, 0], max_iter, tol, &observer.c,
                               &converged)
        if observer.error is not None:
            raise observer.error
        run.check(status)
        return observer.history, bool(converged)

    def nudge(self, double[:, ::1] centroids not None, int rounds, int threads, size_t n_fixed=0):
        """Moves centroids at whole levels by single ones, in place, while the error falls."""
        cdef Run run = Run(threads)
        cdef size_t k = self.checked(centroids, n_fixed)
        cdef kmc_status status
        with nogil:
            status = kmc_nudge(&run.c, self.c, k, n_fixed, rounds, &centroids[0, 0])
        run.check(status)

    def label(self, const double[:, ::1] centroids not None, int threads):
        """The nearest centroid of every point, the weight of each centroid, the error in all."""
        cdef Run run = Run(threads)
        cdef size_t k = self.checked(centroids)
        cdef uint16_t[::1] labels = np.empty(len(self), np.uint16)
        cdef int64_t[::1] counts = np.empty(k, np.int64)
        cdef double error = 0
        cdef kmc_status status
        with nogil:
            status = kmc_label(&run.c, self.c, k, &centroids[0, 0], &labels[0], &counts[0], &error)
        run.check(status)
        return labels.base, counts.base, error

    cdef object room(self, size_t k, size_t n_fixed=0):
        if not n_fixed < k <= n_fixed + kmc_tree_size(self.c):
            raise ArgumentError(f"k must be 1 to the number of points, {len(self)}, not {k}")
        return np.zeros((k, 4))

    cdef size_t checked(self, const double[:, ::1] centroids, size_t n_fixed=0) except 0:
        if not 1 <= centroids.shape[0] <= 65536 or centroids.shape[1] != 4:
            raise ArgumentError("centroids must have shape (k, 4), k = 1 to 65536")
        if n_fixed > <size_t>centroids.shape[0]:
            raise ArgumentError(f"{n_fixed} of {centroids.shape[0]} centroids cannot be fixed")
        return centroids.shape[0]


def tree(const uint8_t[:, ::1] colors not None, const int64_t[::1] weights, int threads,
         const int16_t[:, ::1] coordinates=None):
    """A Tree of distinct colours in Morton order; each weighs 1 where `weights` is None."""
    cdef Run run = Run(threads)
    cdef Tree made = Tree(_MAKER, _channels(colors.shape[1]))
    cdef Py_ssize_t n = colors.shape[0]
    cdef const int64_t *weights_data = NULL
    cdef const int16_t *coordinates_data = NULL
    cdef kmc_status status
    if n == 0 or (weights is not None and weights.shape[0] != n):
        raise ArgumentError("colors and weights do not fit together")
    if weights is not None:
        weights_data = &weights[0]
    if coordinates is not None:
        if coordinates.shape[0] != n or coordinates.shape[1] != 4:
            raise ArgumentError("colors and coordinates do not fit together")
        coordinates_data = &coordinates[0, 0]
    with nogil:
        status = kmc_tree_new(&run.c, &colors[0, 0], coordinates_data, weights_data, <size_t>n, made.channels,
                              &made.c)
    run.check(status)
    return made


include "_core_importance.pxi"
include "_core_observer.pxi"
include "_core_png.pxi"
include "_core_space.pxi"
include "_core_assign.pxi"
include "_core_dither.pxi"
include "_core_codec.pxi"
include "_core_tests.pxi"
