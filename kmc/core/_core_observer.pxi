# What sees the iterations: their history, and a callback.


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
    observer.history.append((inertia, shift))
    if observer.callback is None:
        return 0
    try:
        seen = <const double[:observer.k, :4]>centroids
        copied = np.array(seen[:, :observer.channels])
        return watch().ask(observer.callback, iteration, copied, inertia, shift)
    except BaseException as error:
        observer.error = error
        return 1
