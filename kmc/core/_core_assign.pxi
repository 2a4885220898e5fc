# Pixels compared with every colour of a palette.


def assign(const uint8_t[:, ::1] pixels not None, const uint8_t[:, ::1] palette not None,
           int threads):
    """The nearest colour of every pixel, and the sum of squared distances."""
    return _assigned(pixels, palette, None, None, threads)


def assign_sums(const uint8_t[:, ::1] pixels not None, const uint8_t[:, ::1] palette not None,
                int threads):
    """The same, then how many pixels each colour gets, (k,), and the sums of their channels, (k, C)."""
    counts = np.empty(palette.shape[0], np.int64)
    sums = np.empty((palette.shape[0], palette.shape[1]), np.int64)
    return *_assigned(pixels, palette, counts, sums, threads), counts, sums


cdef tuple _assigned(const uint8_t[:, ::1] pixels, const uint8_t[:, ::1] palette,
                     int64_t[::1] counts, int64_t[:, ::1] sums, int threads):
    cdef Run run = Run(threads)
    cdef size_t n = pixels.shape[0], k = palette.shape[0]
    cdef int channels = _channels(pixels.shape[1])
    if palette.shape[1] != channels:
        raise ArgumentError("pixels and palette differ in their number of channels")
    indices = np.empty(n, _index_dtype(k))
    cdef int index_bytes = indices.itemsize
    cdef void *target = _data(indices)
    cdef const uint8_t *source = &pixels[0, 0] if n else NULL
    cdef int64_t *counts_data = &counts[0] if counts is not None else NULL
    cdef int64_t *sums_data = &sums[0, 0] if sums is not None else NULL
    cdef int64_t error = 0
    cdef kmc_status status
    with nogil:
        status = kmc_assign(&run.c, source, n, channels, &palette[0, 0], k, target, index_bytes,
                            counts_data, sums_data, &error)
    run.check(status)
    return indices, error
