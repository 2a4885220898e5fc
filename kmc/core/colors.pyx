"""Colours of pixels: counted, mapped to indices, placed in a colour space."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from kmc.core.arrays import np
from kmc.errors import ArgumentError

from kmc.core.arrays cimport channel_count, first_byte, index_dtype
from kmc.core.run cimport KMC_OK, Run, kernels, kmc_run, kmc_status, kmc_tables


cdef extern from "colors/colors.h" nogil:
    ctypedef struct kmc_histogram:
        pass

    kmc_status kmc_histogram_new(const kmc_run *run, const uint8_t *pixels, size_t n, int channels,
                                 kmc_histogram **histogram, size_t *n_colors)
    void kmc_histogram_free(kmc_histogram *histogram)
    kmc_status kmc_histogram_read(const kmc_histogram *histogram, const kmc_run *run,
                                  uint8_t *colors, int64_t *counts)

    ctypedef struct kmc_counted:
        const uint8_t *colors
        const int64_t *counts
        size_t n

    ctypedef struct kmc_histogram_sum:
        pass

    kmc_status kmc_histogram_sum_new(const kmc_run *run, kmc_counted a, kmc_counted b, int channels,
                                     kmc_histogram_sum **sum, size_t *n_colors)
    void kmc_histogram_sum_free(kmc_histogram_sum *sum)
    kmc_status kmc_histogram_sum_read(const kmc_histogram_sum *sum, const kmc_run *run,
                                      uint8_t *colors, int64_t *counts)

    ctypedef struct kmc_labels:
        pass

    kmc_status kmc_labels_new(const kmc_run *run, const uint8_t *colors, const uint16_t *labels,
                              size_t n, int channels, size_t k, int index_bytes, kmc_labels **made)
    void kmc_labels_free(kmc_labels *labels, kmc_tables *tables)
    kmc_status kmc_remap(const kmc_run *run, const kmc_labels *labels, const uint8_t *pixels,
                         size_t n, void *indices)
    kmc_status kmc_assign(const kmc_run *run, const uint8_t *pixels, size_t n, int channels,
                          const uint8_t *palette, size_t k, void *indices, int index_bytes,
                          int64_t *counts, int64_t *sums, int64_t *error)

    kmc_status kmc_add_weights(const kmc_run *run, const uint8_t *pixels, const uint16_t *weights,
                               size_t n, int channels, const uint8_t *colors, size_t n_colors,
                               int64_t *sums)

    ctypedef struct kmc_space:
        const uint32_t *mix
        const uint32_t *roots
        uint32_t toe_end, toe_slope
        int64_t toe_start
        int64_t rows[3][3]
        int64_t offsets[3]
        int32_t transparent[4]

    const kmc_space kmc_levels

    kmc_status kmc_coordinates(const kmc_run *run, const kmc_space *space, const uint8_t *colors,
                               size_t n, int channels, int16_t *coordinates)
    kmc_status kmc_color_error(const kmc_run *run, const uint8_t *colors, const int64_t *counts,
                               size_t n, int channels, const uint8_t *palette, size_t k,
                               const uint16_t *labels, int64_t *sums, double *error)
    kmc_status kmc_crowds(const kmc_run *run, const int16_t *coordinates, size_t n, int axes,
                          uint32_t *crowds)


cdef extern from "colors/morton.h":
    enum:
        KMC_CELL


def histogram(const uint8_t[:, :, ::1] pixels not None, int threads):
    cdef Run run = Run(threads)
    cdef size_t n = pixels.shape[0] * pixels.shape[1], n_colors = 0
    cdef int channels = channel_count(pixels.shape[2])
    cdef const uint8_t *source = &pixels[0, 0, 0] if n else NULL
    cdef kmc_histogram *counted = NULL
    cdef kmc_status status
    cdef uint8_t *colors_data
    cdef int64_t *counts_data
    with nogil:
        status = kmc_histogram_new(&run.c, source, n, channels, &counted, &n_colors)
    run.check(status)
    try:
        colors = np.empty((n_colors, channels), np.uint8)
        counts = np.empty(n_colors, np.int64)
        colors_data = <uint8_t *>first_byte(colors)
        counts_data = <int64_t *>first_byte(counts)
        with nogil:
            status = kmc_histogram_read(counted, &run.c, colors_data, counts_data)
        run.check(status)
    finally:
        kmc_histogram_free(counted)
    return colors, counts


def add_histograms(const uint8_t[:, ::1] a_colors not None, const int64_t[::1] a_counts not None,
                   const uint8_t[:, ::1] b_colors not None, const int64_t[::1] b_counts not None,
                   int threads):
    """The sum of two histograms of distinct colours in Morton order; the counts must not overflow."""
    cdef Run run = Run(threads)
    cdef int channels = channel_count(a_colors.shape[1])
    cdef kmc_counted a = counted(a_colors, a_counts), b = counted(b_colors, b_counts)
    cdef kmc_histogram_sum *sum = NULL
    cdef size_t n_colors = 0
    cdef kmc_status status
    cdef uint8_t *colors_data
    cdef int64_t *counts_data
    if b_colors.shape[1] != channels:
        raise ArgumentError("the histograms differ in their number of channels")
    with nogil:
        status = kmc_histogram_sum_new(&run.c, a, b, channels, &sum, &n_colors)
    run.check(status)
    try:
        colors = np.empty((n_colors, channels), np.uint8)
        counts = np.empty(n_colors, np.int64)
        colors_data = <uint8_t *>first_byte(colors)
        counts_data = <int64_t *>first_byte(counts)
        with nogil:
            status = kmc_histogram_sum_read(sum, &run.c, colors_data, counts_data)
        run.check(status)
    finally:
        kmc_histogram_sum_free(sum)
    return colors, counts


cdef kmc_counted counted(const uint8_t[:, ::1] colors, const int64_t[::1] counts) except *:
    cdef kmc_counted found
    if counts.shape[0] != colors.shape[0]:
        raise ArgumentError("colors and counts do not fit together")
    found.n = colors.shape[0]
    found.colors = &colors[0, 0] if found.n else NULL
    found.counts = &counts[0] if found.n else NULL
    return found


def remap(const uint8_t[:, :, ::1] pixels not None, const uint8_t[:, ::1] colors not None,
          const uint16_t[::1] labels not None, size_t k, int threads):
    """The labels of the pixels' colours, as indices."""
    cdef Run run = Run(threads)
    cdef kmc_labels *made = NULL
    indices = np.empty((pixels.shape[0], pixels.shape[1]), index_dtype(k))
    if pixels.shape[0] * pixels.shape[1] and not labels.shape[0]:
        raise ArgumentError("no colours to map to")
    if colors.shape[1] != pixels.shape[2]:
        raise ArgumentError("colors, labels and pixels do not fit together")
    try:
        made = _labels(run, colors, labels, k)
        _look_up(run, made, pixels, indices)
    finally:
        kmc_labels_free(made, run.c.tables)
    return indices


cdef kmc_labels *_labels(Run run, const uint8_t[:, ::1] colors, const uint16_t[::1] labels,
                         size_t k) except? NULL:
    cdef int channels = channel_count(colors.shape[1]), index_bytes = index_dtype(k)().itemsize
    cdef size_t n = colors.shape[0]
    cdef kmc_labels *made = NULL
    cdef kmc_status status
    if labels.shape[0] != <Py_ssize_t>n:
        raise ArgumentError("colors, labels and pixels do not fit together")
    if not n:
        return NULL
    with nogil:
        status = kmc_labels_new(&run.c, &colors[0, 0], &labels[0], n, channels, k, index_bytes, &made)
    run.check(status)
    return made


cdef int _look_up(Run run, const kmc_labels *labels, const uint8_t[:, :, ::1] pixels,
                  indices) except -1:
    cdef size_t n = pixels.shape[0] * pixels.shape[1]
    cdef void *target = first_byte(indices)
    cdef kmc_status status = KMC_OK
    if n:
        with nogil:
            status = kmc_remap(&run.c, labels, &pixels[0, 0, 0], n, target)
    return run.check(status)


cdef class Labels:
    """The labels of distinct colours in Morton order, to be looked up by the pixels of many calls."""

    cdef kmc_labels *c
    cdef readonly size_t k
    cdef readonly int channels

    def __cinit__(self, const uint8_t[:, ::1] colors not None, const uint16_t[::1] labels not None,
                  size_t k, int threads):
        cdef Run run = Run(threads)
        if not labels.shape[0]:
            raise ArgumentError("no colours to map to")
        run.c.tables = NULL  # which live no longer than the run
        self.k, self.channels = k, channel_count(colors.shape[1])
        self.c = _labels(run, colors, labels, k)

    def __dealloc__(self):
        kmc_labels_free(self.c, NULL)

    def remap(self, const uint8_t[:, :, ::1] pixels not None, int threads):
        """The labels of the pixels' colours, as indices."""
        cdef Run run = Run(threads)
        if pixels.shape[2] != self.channels:
            raise ArgumentError("colors, labels and pixels do not fit together")
        indices = np.empty((pixels.shape[0], pixels.shape[1]), index_dtype(self.k))
        _look_up(run, self.c, pixels, indices)
        return indices


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
    cdef int channels = channel_count(pixels.shape[1])
    if palette.shape[1] != channels:
        raise ArgumentError("pixels and palette differ in their number of channels")
    indices = np.empty(n, index_dtype(k))
    cdef int index_bytes = indices.itemsize
    cdef void *target = first_byte(indices)
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


def add_weights(const uint8_t[:, :, ::1] pixels not None, const uint16_t[:, ::1] weights not None,
                const uint8_t[:, ::1] colors not None, int threads):
    """The sum of the pixels' weights for each of their distinct colours, in Morton order."""
    cdef Run run = Run(threads)
    cdef size_t n = pixels.shape[0] * pixels.shape[1]
    cdef int channels = channel_count(pixels.shape[2])
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


cdef class Space:
    """The numbers of a colour space; kmc/colors/space_definitions.py computes them."""

    cdef kmc_space c
    cdef object mix, roots

    def __init__(self, const uint32_t[:, :, ::1] mix not None, const uint32_t[::1] roots, toe,
                 const int64_t[:, ::1] rows not None, offsets, transparent):
        if (mix.shape[0], mix.shape[1], mix.shape[2], rows.shape[0], rows.shape[1]) != (3, 256, 3, 3, 3):
            raise ArgumentError("the tables of a space have other shapes")
        if roots is not None and roots.shape[0] != 898:
            raise ArgumentError("a space has 898 cube roots, or none")
        self.mix, self.roots = np.array(mix), None if roots is None else np.array(roots)
        if self.mix.max(axis=1).sum(axis=0, dtype=np.int64).max() >= 1025 << 20:
            raise ArgumentError("a space mixes lights beyond its table of roots")
        self.c.mix = <const uint32_t *>first_byte(self.mix)
        if roots is not None:
            self.c.roots = <const uint32_t *>first_byte(self.roots)
        self.c.toe_end, self.c.toe_slope, self.c.toe_start = toe
        for i in range(3):
            self.c.offsets[i] = offsets[i]
            for j in range(3):
                self.c.rows[i][j] = rows[i, j]
        for i in range(4):
            self.c.transparent[i] = transparent[i]


def coordinates(const uint8_t[:, ::1] colors not None, Space space, int threads):
    """Where colours lie, (n, 4) int16; the levels themselves where `space` is None."""
    cdef Run run = Run(threads)
    cdef int channels = channel_count(colors.shape[1])
    cdef size_t n = colors.shape[0]
    cdef const kmc_space *numbers = &kmc_levels if space is None else &space.c
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
    """The sum of the counts of each label, (k,), and that of counts times squared distances to the
    palette colours of the labels, in levels squared."""
    cdef Run run = Run(threads)
    cdef int channels = channel_count(colors.shape[1])
    cdef Py_ssize_t n = colors.shape[0]
    cdef double error = 0
    cdef kmc_status status
    if n == 0 or counts.shape[0] != n or labels.shape[0] != n or palette.shape[1] != channels or not palette.shape[0]:
        raise ArgumentError("colors, counts, labels and palette do not fit together")
    cdef int64_t[::1] sums = np.empty(palette.shape[0], np.int64)
    with nogil:
        status = kmc_color_error(&run.c, &colors[0, 0], &counts[0], <size_t>n, channels, &palette[0, 0],
                                 palette.shape[0], &labels[0], &sums[0], &error)
    run.check(status)
    return sums.base, error


def crowds(const int16_t[:, ::1] coordinates not None, int axes, int threads):
    """How many colours are in the same cell of 8 levels as each, by where they lie, (n, 4)."""
    cdef Run run = Run(threads)
    cdef size_t n = coordinates.shape[0]
    if not n or coordinates.shape[1] != 4 or axes not in (3, 4):
        raise ArgumentError("cells are of coordinates, along three axes or four")
    cdef uint32_t[::1] found = np.empty(n, np.uint32)
    cdef kmc_status status
    with nogil:
        status = kmc_crowds(&run.c, &coordinates[0, 0], n, axes, &found[0])
    run.check(status)
    return found.base


# For the tests: single kernels of the instruction set in use.


def _keys(const uint8_t[:, ::1] pixels not None, uint32_t[::1] keys not None):
    if keys.shape[0] < pixels.shape[0]:
        raise ArgumentError("too little room for the keys")
    if pixels.shape[0]:
        kernels().colors.keys(&pixels[0, 0], pixels.shape[0], channel_count(pixels.shape[1]), &keys[0])


def _colors(const uint32_t[::1] keys not None, uint8_t[:, ::1] colors not None):
    if colors.shape[0] < keys.shape[0]:
        raise ArgumentError("too little room for the colours")
    if keys.shape[0]:
        kernels().colors.colors(&keys[0], keys.shape[0], channel_count(colors.shape[1]), &colors[0, 0])


def _occupied(const uint8_t[::1] counters not None, uint32_t first, uint32_t[::1] keys not None):
    if counters.shape[0] != KMC_CELL or keys.shape[0] < KMC_CELL + 4:
        raise ArgumentError("a cell has other counters, or there is too little room for its keys")
    return kernels().colors.occupied(&counters[0], first, &keys[0])


def _accumulate(const int32_t[::1] xy not None, const int32_t[::1] zw not None,
                const uint16_t[::1] labels not None, uint64_t[::1] sums not None):
    cdef Py_ssize_t n = labels.shape[0]
    if xy.shape[0] < n or zw.shape[0] < n or (n and 4 * np.max(labels) + 4 > sums.shape[0]):
        raise ArgumentError("labels, pixels and sums do not fit together")
    kernels().colors.accumulate(&xy[0], &zw[0], &labels[0], labels.shape[0], &sums[0])
