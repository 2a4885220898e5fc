# How a call of the engine runs, for the modules that make one.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "base/base.h":
    ctypedef enum kmc_status:
        KMC_OK, KMC_NO_MEMORY, KMC_INTERRUPTED, KMC_BAD_ARGUMENT

    ctypedef struct kmc_run:
        int threads
        const kmc_kernels *kernels
        kmc_loop *loop
        kmc_tables *tables
        int (*poll)(void *) noexcept nogil
        void *poll_arg
        bint stopped


cdef extern from "base/parallel.h":
    ctypedef struct kmc_loop:
        int processors


cdef extern from "base/scratch.h":
    ctypedef struct kmc_tables:
        pass


cdef extern from "colors/kernels.h":
    ctypedef struct kmc_colors_kernels:
        void (*keys)(const uint8_t *pixels, size_t n, int channels, uint32_t *keys)
        void (*colors)(const uint32_t *keys, size_t n, int channels, uint8_t *colors)
        size_t (*occupied)(const uint8_t *counters, uint32_t first, uint32_t *keys)
        void (*accumulate)(const int32_t *xy, const int32_t *zw, const uint16_t *labels, size_t n,
                           uint64_t *sums)


cdef extern from "simd/kernels.h":
    ctypedef struct kmc_kernels:
        const char *name
        const kmc_colors_kernels *colors


cdef class Tables:
    cdef kmc_tables *c


cdef class Watch:
    cdef readonly bint stopped
    cdef bint asking
    cdef object callback, token
    cdef int64_t deadline, next_look

    cdef int64_t after(self, int64_t now) noexcept


cdef class Run:
    cdef kmc_run c
    cdef kmc_loop loop
    cdef int64_t next_poll
    cdef object error
    cdef Tables tables
    cdef Watch watch

    cdef int check(self, kmc_status status) except -1


cdef const kmc_kernels *kernels() except NULL
