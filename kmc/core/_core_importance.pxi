# Weights of pixels, added up for each colour.


def add_weights(const uint8_t[:, :, ::1] pixels not None, const uint16_t[:, ::1] weights not None,
                const uint8_t[:, ::1] colors not None, int threads):
    """The sum of the pixels' weights for each of their distinct colours, in Morton order."""
    cdef Run run = Run(threads)
    cdef size_t n = pixels.shape[0] * pixels.shape[1]
    cdef int channels = _channels(pixels.shape[2])
    if weights.shape[0] != pixels.shape[0] or weights.shape[1] != pixels.shape[1]:
        raise ArgumentError("weights and pixels do not fit together")
    if colors.shape[1] != channels or not n or not colors.shape[0]:
        raise ArgumentError("colors and pixels do not fit together")
    cdef int64_t[::1] sums = np.empty(colors.shape[0], np.int64)
    cdef kmc_status status
    with nogil:
        status = kmc_add_weights(&run.c, &pixels[0, 0, 0], &weights[0, 0], n, channels,
                                 &colors[0, 0], colors.shape[0], &sums[0])
    run.check(status)
    return sums.base
