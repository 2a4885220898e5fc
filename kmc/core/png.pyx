"""What makes PNG files small: the order of the palette, and filtered rows."""

from libc.stdint cimport int32_t, int64_t, uint8_t

from kmc.core.arrays import np
from kmc.errors import ArgumentError

from kmc.core.run cimport Run, kmc_run, kmc_status


cdef extern from "png/filter.h" nogil:
    kmc_status kmc_png_filter(const kmc_run *run, const uint8_t *rows, size_t n_rows, size_t width,
                              int filter, uint8_t *out)


cdef extern from "png/palette_order.h" nogil:
    enum:
        KMC_PALETTE_ORDER_MAX
    kmc_status kmc_count_adjacency(const kmc_run *run, const uint8_t *indices, size_t height,
                            size_t width, size_t k, int64_t *adjacency)
    kmc_status kmc_order_palette(const kmc_run *run, const int64_t *adjacency, size_t k, int32_t *order)


def filter_rows(const uint8_t[:, ::1] rows not None, int threads, int filter=-1):
    """Rows as PNG wants them, all by one filter or each by that of least entropy, its number first."""
    cdef Run run = Run(threads)
    cdef size_t n_rows = rows.shape[0], width = rows.shape[1]
    cdef kmc_status status
    if n_rows == 0 or width == 0 or not -1 <= filter <= 4:
        raise ArgumentError("no rows to filter, or no filter")
    filtered = np.empty((n_rows, width + 1), np.uint8)
    cdef uint8_t[:, ::1] out = filtered
    with nogil:
        status = kmc_png_filter(&run.c, &rows[0, 0], n_rows, width, filter, &out[0, 0])
    run.check(status)
    return filtered


def adjacency(const uint8_t[:, ::1] indices not None, size_t k, int threads):
    """How often pixels of each two indices below k are adjacent, (k, k)."""
    cdef Run run = Run(threads)
    cdef kmc_status status
    if indices.shape[0] == 0 or indices.shape[1] == 0 or not 1 <= k <= KMC_PALETTE_ORDER_MAX:
        raise ArgumentError("no indices of a palette of at most 256 colours")
    counts = np.empty((k, k), np.int64)
    cdef int64_t[:, ::1] out = counts
    with nogil:
        status = kmc_count_adjacency(&run.c, &indices[0, 0], indices.shape[0], indices.shape[1], k, &out[0, 0])
    run.check(status)
    return counts


def palette_order(const int64_t[:, ::1] adjacency not None, int threads):
    """An order of entries with these adjacency counts that makes their indices compress well."""
    cdef Run run = Run(threads)
    cdef kmc_status status
    if adjacency.shape[0] == 0 or adjacency.shape[0] != adjacency.shape[1]:
        raise ArgumentError("adjacency has the shape (k, k)")
    order = np.empty(adjacency.shape[0], np.int32)
    cdef int32_t[::1] out = order
    with nogil:
        status = kmc_order_palette(&run.c, &adjacency[0, 0], adjacency.shape[0], &out[0])
    run.check(status)
    return order
