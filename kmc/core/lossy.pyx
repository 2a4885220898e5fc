"""Indices chosen for what they cost."""

from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t

from kmc.core.arrays import np
from kmc.errors import ArgumentError

from kmc.core.arrays cimport first_byte, index_dtype
from kmc.core.codec cimport kmc_plane, plane_of
from kmc.core.run cimport Run, kmc_run, kmc_status


cdef extern from "lossy/choice.h" nogil:
    ctypedef struct kmc_choice:
        size_t width, height, k
        const int16_t *points
        const int16_t *entries
        const uint8_t *kinds
        int index_bytes
        int64_t lambda_ "lambda"
        int64_t reach
        const uint16_t *weights


cdef extern from "lossy/lossy.h" nogil:
    enum:
        KMC_CHOICE_COLORS_MAX

    kmc_status kmc_choose_kmc(const kmc_run *run, const kmc_choice *choice, const kmc_plane *plane,
                              const void *nearest, void *indices)


cdef extern from "lossy/png_choice.h" nogil:
    kmc_status kmc_choose_png(const kmc_run *run, const kmc_choice *choice, const void *nearest,
                              void *indices)


cdef extern from "lossy/gif_choice.h" nogil:
    kmc_status kmc_choose_gif(const kmc_run *run, const kmc_choice *choice, const void *nearest,
                              void *indices)


cdef extern from "lossy/weights.h" nogil:
    kmc_status kmc_masking_weights(const kmc_run *run, const kmc_choice *choice,
                                   const void *nearest, uint16_t *weights)


# Choosers of formats that need nothing but the choice.
ctypedef kmc_status (*chooser)(const kmc_run *, const kmc_choice *, const void *, void *) nogil

MAX_COLORS = KMC_CHOICE_COLORS_MAX


cdef class Choice:
    """What is chosen from: the nearest entries of pixels (H, W), where these pixels lie (H * W, 4)
    and the entries (k, 4), and the kind of each entry (k,); pixels keep theirs of kind 0.

    1/256 of a bit is worth `price` / 65536 of a squared unit, and squared distances may exceed those
    of the nearest entries by `reach`. Of each pixel, this excess has a weight, in 256ths; without
    `weights` (H, W), all have 256.
    """

    cdef kmc_choice c
    cdef readonly object nearest
    cdef object points, entries, kinds, weights

    def __cinit__(self, nearest not None, const int16_t[:, ::1] points not None,
                  const int16_t[:, ::1] entries not None, const uint8_t[::1] kinds not None,
                  int64_t price, int64_t reach, const uint16_t[:, ::1] weights=None):
        cdef size_t k = entries.shape[0]
        own, own_entries, own_kinds = np.ascontiguousarray(nearest), np.array(entries), np.array(kinds)
        if own.ndim != 2 or own.size == 0 or own.dtype != index_dtype(k):
            raise ArgumentError("indices and a palette do not fit together")
        if points.shape[0] != own.size or points.shape[1] != 4:
            raise ArgumentError("indices and points do not fit together")
        if entries.shape[1] != 4 or kinds.shape[0] != entries.shape[0]:
            raise ArgumentError("entries and their kinds do not fit together")
        if price < 0 or reach < 0:
            raise ArgumentError("a price or a reach is negative")
        if own_entries.min() < 0 or own_entries.max() > 16383:
            raise ArgumentError("entries lie too far out")
        self.nearest, self.points, self.entries, self.kinds = own, points, own_entries, own_kinds
        self.c.height, self.c.width, self.c.k = own.shape[0], own.shape[1], k
        self.c.points = &points[0, 0]
        self.c.entries = <const int16_t *>first_byte(own_entries)
        self.c.kinds = <const uint8_t *>first_byte(own_kinds)
        self.c.index_bytes = own.itemsize
        self.c.lambda_, self.c.reach, self.c.weights = price, reach, NULL
        if weights is not None:
            if (weights.shape[0], weights.shape[1]) != own.shape:
                raise ArgumentError("indices and weights do not fit together")
            self.weights, self.c.weights = weights, &weights[0, 0]

    def masking_weights(self, int threads):
        """How much errors of each pixel are seen, (H, W), from 1 to 256."""
        cdef Run run = Run(threads)
        cdef kmc_status status
        weights = np.empty((self.c.height, self.c.width), np.uint16)
        cdef uint16_t[:, ::1] out = weights
        cdef const void *nearest = first_byte(self.nearest)
        with nogil:
            status = kmc_masking_weights(&run.c, &self.c, nearest, &out[0, 0])
        run.check(status)
        return weights

    def by_png(self, int threads):
        """Indices (H, W) of at most 256 colours that take few bytes in PNG files.

        That is in rows without filters and with a byte for each index.
        """
        return self._chosen(kmc_choose_png, threads)

    def by_gif(self, int threads):
        """Indices (H, W) of at most 256 colours that take few bytes in GIF files."""
        return self._chosen(kmc_choose_gif, threads)

    cdef object _chosen(self, chooser choose, int threads):
        cdef Run run = Run(threads)
        cdef kmc_status status
        indices = np.empty((self.c.height, self.c.width), self.nearest.dtype)
        cdef void *target = first_byte(indices)
        cdef const void *nearest = first_byte(self.nearest)
        with nogil:
            status = choose(&run.c, &self.c, nearest, target)
        run.check(status)
        return indices

    def by_kmc(self, const uint8_t[:, ::1] palette not None, uint32_t contexts, int slot_bits,
               size_t n_bands, int threads):
        """Indices (H, W) that take few bytes in .kmc files, by the coder's own model."""
        cdef Run run = Run(threads)
        cdef const uint8_t[:, ::1] own_palette = np.array(palette)
        if own_palette.shape[0] != <Py_ssize_t>self.c.k:
            raise ArgumentError("entries and a palette do not fit together")
        cdef kmc_plane plane = plane_of(self.c.height, self.c.width, own_palette, contexts, slot_bits, n_bands)
        indices = np.empty((self.c.height, self.c.width), self.nearest.dtype)
        cdef void *target = first_byte(indices)
        cdef const void *nearest = first_byte(self.nearest)
        cdef kmc_status status
        with nogil:
            status = kmc_choose_kmc(&run.c, &self.c, &plane, nearest, target)
        run.check(status)
        return indices
