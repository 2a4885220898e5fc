# Colour spaces: where colours lie, and what a palette loses.


cdef class Space:
    """The numbers of a colour space; kmc/space_tables.py makes them."""

    cdef kmc_space c
    cdef object mix, roots

    def __init__(self, const uint32_t[:, :, ::1] mix not None, const uint32_t[::1] roots, toe,
                 const int64_t[:, ::1] rows not None, offsets, neutral, white):
        if (mix.shape[0], mix.shape[1], mix.shape[2], rows.shape[0], rows.shape[1]) != (3, 256, 3, 3, 3):
            raise ArgumentError("the tables of a space have other shapes")
        if roots is not None and roots.shape[0] != 898:
            raise ArgumentError("a space has 898 cube roots, or none")
        self.mix, self.roots = np.array(mix), None if roots is None else np.array(roots)
        if self.mix.max(axis=1).sum(axis=0, dtype=np.int64).max() >= 1025 << 20:
            raise ArgumentError("a space mixes lights beyond its table of roots")
        self.c.mix = <const uint32_t *>_data(self.mix)
        if roots is not None:
            self.c.roots = <const uint32_t *>_data(self.roots)
        self.c.toe_end, self.c.toe_slope, self.c.toe_start = toe
        for i in range(3):
            self.c.offsets[i] = offsets[i]
            self.c.neutral[i] = neutral[i]
            for j in range(3):
                self.c.rows[i][j] = rows[i, j]
        self.c.white = white


# The levels themselves: no tables, black at zero.
cdef kmc_space _levels
_levels.white = 64 * 255


def coordinates(const uint8_t[:, ::1] colors not None, Space space, int threads):
    """Where colours lie, (n, 4) int16; the levels themselves where `space` is None."""
    cdef Run run = Run(threads)
    cdef int channels = _channels(colors.shape[1])
    cdef size_t n = colors.shape[0]
    cdef const kmc_space *numbers = &_levels if space is None else &space.c
    cdef int16_t[:, ::1] found = np.empty((n, 4), np.int16)
    cdef kmc_status status = KMC_OK
    if n:
        with nogil:
            status = kmc_coordinates(&run.c, numbers, &colors[0, 0], n, channels, &found[0, 0])
    run.check(status)
    return found.base


def color_error(const uint8_t[:, ::1] colors not None, const int64_t[::1] counts not None,
                const uint8_t[:, ::1] palette not None, const uint16_t[::1] labels not None,
                int threads):
    """The sum of counts times squared distances to the palette colours of the labels, in levels."""
    cdef Run run = Run(threads)
    cdef int channels = _channels(colors.shape[1])
    cdef Py_ssize_t n = colors.shape[0]
    cdef double error = 0
    cdef kmc_status status
    if n == 0 or counts.shape[0] != n or labels.shape[0] != n or palette.shape[1] != channels or not palette.shape[0]:
        raise ArgumentError("colors, counts, labels and palette do not fit together")
    with nogil:
        status = kmc_color_error(&run.c, &colors[0, 0], &counts[0], <size_t>n, channels, &palette[0, 0],
                                 palette.shape[0], &labels[0], &error)
    run.check(status)
    return error


def best_greys(
    Tree tree not None,
    const int16_t[::1] places not None,
    const uint8_t[::1] fixed not None,
    size_t k,
    int threads,
):
    """The k of 256 grey levels best for a grey tree beside fixed ones, (k, 1); centroids, (k, 4)."""
    cdef Run run = Run(threads)
    cdef kmc_status status
    if tree.channels != 1 or places.shape[0] != 256 or not 1 <= k <= 256:
        raise ArgumentError("grey levels are for grey points")
    cdef uint8_t[:, ::1] levels = np.empty((k, 1), np.uint8)
    cdef double[:, ::1] centroids = np.empty((k, 4))
    cdef size_t n_fixed = <size_t>fixed.shape[0]
    cdef const uint8_t *fixed_data = &fixed[0] if n_fixed else NULL
    with nogil:
        status = kmc_best_greys(
            tree.c, &places[0], fixed_data, n_fixed, k, &levels[0, 0], &centroids[0, 0]
        )
    run.check(status)
    return levels.base, centroids.base
