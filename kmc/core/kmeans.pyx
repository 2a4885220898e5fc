"""k-means: weighted colours under a tree of boxes, and what is done with them."""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from kmc.core.arrays import np
from kmc.core.run import watch
from kmc.errors import ArgumentError

from kmc.core.arrays cimport channel_count
from kmc.core.run cimport Run, kmc_run, kmc_status


cdef extern from "kmeans/points.h":
    ctypedef struct kmc_node:
        uint32_t begin, end, next

    ctypedef struct kmc_tree:
        kmc_node *nodes
        size_t n_nodes


cdef extern from "kmeans/kmeans.h" nogil:
    ctypedef struct kmc_observer:
        int (*see)(void *context, int iteration, const double *centroids, double inertia,
                   double shift) noexcept nogil
        void *context

    kmc_status kmc_tree_new(const kmc_run *run, const uint8_t *colors, const int16_t *coordinates,
                            const int64_t *weights, size_t n, int channels, kmc_tree **tree)
    void kmc_tree_free(kmc_tree *tree)
    size_t kmc_tree_size(const kmc_tree *tree)
    kmc_status kmc_tree_coarsen(const kmc_run *run, kmc_tree *tree, size_t min_cells,
                                kmc_tree **cells)
    kmc_status kmc_seed_plusplus(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                                 uint64_t seed, double *centroids)
    kmc_status kmc_seed_random(const kmc_run *run, const kmc_tree *tree, size_t k, uint64_t seed,
                               double *centroids)
    kmc_status kmc_seed_split(const kmc_run *run, const kmc_tree *tree, size_t k,
                              double *centroids)
    kmc_status kmc_best_greys(const kmc_tree *tree, const int16_t *coordinates,
                              const uint8_t *fixed, size_t n_fixed, size_t k,
                              uint8_t *levels, double *centroids)
    kmc_status kmc_search(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                          int kicks, int patience, uint64_t seed, double *centroids)
    kmc_status kmc_lloyd(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                         double *centroids, int max_iter, double tol,
                         const kmc_observer *observer, int *converged)
    kmc_status kmc_nudge(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                         int rounds, double *centroids)
    kmc_status kmc_label(const kmc_run *run, const kmc_tree *tree, size_t k,
                         const double *centroids, uint16_t *labels, int64_t *counts,
                         double *error)


cdef class Observer:
    """Writes the history of the iterations and passes each on to a callback."""

    cdef kmc_observer c
    cdef list history
    cdef object callback, error
    cdef size_t k
    cdef int channels

    def __cinit__(self, size_t k, int channels, callback):
        self.k = k
        self.channels = channels
        self.callback = callback
        self.history = []
        self.c.see = see
        self.c.context = <void *>self


cdef int see(void *context, int iteration, const double *centroids, double inertia,
             double shift) noexcept nogil:
    with gil:
        return observe(<Observer>context, iteration, centroids, inertia, shift)


cdef int observe(Observer observer, int iteration, const double *centroids, double inertia,
                 double shift) noexcept:
    cdef const double[:, ::1] seen
    try:
        observer.history.append((inertia, shift))
        if observer.callback is None:
            return 0
        seen = <const double[:observer.k, :4]>centroids
        copied = np.array(seen[:, :observer.channels])
        return watch().ask(observer.callback, iteration, copied, inertia, shift)
    except BaseException as error:
        observer.error = error
        return 1


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

    def coarsen(self, size_t min_cells, int threads):
        """Cells, smaller where there is more weight, `min_cells` or more, or this tree itself."""
        cdef Run run = Run(threads)
        cdef Tree cells = Tree(_MAKER, self.channels)
        cdef kmc_status status
        with nogil:
            status = kmc_tree_coarsen(&run.c, self.c, min_cells, &cells.c)
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
    cdef Tree made = Tree(_MAKER, channel_count(colors.shape[1]))
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


def best_greys(
    Tree tree not None,
    const int16_t[::1] coordinates not None,
    const uint8_t[::1] fixed not None,
    size_t k,
    int threads,
):
    """The k of 256 grey levels best for a grey tree beside fixed ones, (k, 1); centroids, (k, 4)."""
    cdef Run run = Run(threads)
    cdef kmc_status status
    if tree.channels != 1 or coordinates.shape[0] != 256 or not 1 <= k <= 256:
        raise ArgumentError("grey levels are for grey points")
    cdef uint8_t[:, ::1] levels = np.empty((k, 1), np.uint8)
    cdef double[:, ::1] centroids = np.empty((k, 4))
    cdef size_t n_fixed = <size_t>fixed.shape[0]
    cdef const uint8_t *fixed_data = &fixed[0] if n_fixed else NULL
    with nogil:
        status = kmc_best_greys(
            tree.c, &coordinates[0], fixed_data, n_fixed, k, &levels[0, 0], &centroids[0, 0]
        )
    run.check(status)
    return levels.base, centroids.base


def _boxes(Tree tree not None):
    """Of each box its first point, where its points end, and the box that follows those inside it."""
    cdef size_t n = tree.c.n_nodes
    return [(tree.c.nodes[i].begin, tree.c.nodes[i].end, tree.c.nodes[i].next) for i in range(n)]
