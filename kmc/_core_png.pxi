# What PNG files are made of: filtered rows, and compression.


def deflate(const uint8_t[::1] data not None, int threads):
    """The zlib stream of some bytes."""
    cdef Run run = Run(threads)
    cdef size_t n = data.shape[0], size = 0
    cdef kmc_status status
    if n == 0:
        raise ArgumentError("no data to compress")
    room = np.empty(kmc_deflate_bound(n), np.uint8)
    cdef uint8_t[::1] out = room
    with nogil:
        status = kmc_deflate(&run.c, &data[0], n, &out[0], &size)
    run.check(status)
    return room[:size].tobytes()


def png_filter(const uint8_t[:, ::1] rows not None, int threads):
    """Rows as PNG wants them, each with the filter of least entropy, its number first."""
    cdef Run run = Run(threads)
    cdef size_t n_rows = rows.shape[0], width = rows.shape[1]
    cdef kmc_status status
    if n_rows == 0 or width == 0:
        raise ArgumentError("no rows to filter")
    filtered = np.empty((n_rows, width + 1), np.uint8)
    cdef uint8_t[:, ::1] out = filtered
    with nogil:
        status = kmc_png_filter(&run.c, &rows[0, 0], n_rows, width, &out[0, 0])
    run.check(status)
    return filtered
