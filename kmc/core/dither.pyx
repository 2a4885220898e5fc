"""Dithering: pixels, their plain indices, and where colours lie, to other indices."""

from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t

from kmc.core.arrays import np
from kmc.errors import ArgumentError

from kmc.core.arrays cimport channel_count, first_byte, index_dtype
from kmc.core.run cimport Run, kmc_run, kmc_status


cdef extern from "dither/dither.h" nogil:
    ctypedef struct kmc_canvas:
        const uint8_t *pixels
        const int16_t *coordinates
        const uint32_t *positions
        const int16_t *clear
        size_t height
        size_t width
        int channels
        int index_bytes
        const int16_t *palette
        size_t k

    ctypedef enum kmc_diffusion:
        KMC_FLOYD_STEINBERG, KMC_ATKINSON

    kmc_status kmc_diffuse(const kmc_run *run, const kmc_canvas *canvas, kmc_diffusion kind,
                           int strength, void *indices, double *error)
    kmc_status kmc_diffuse_shares(const kmc_run *run, const kmc_canvas *canvas, int strength,
                                  const uint8_t *shares, void *indices)
    kmc_status kmc_mask(const kmc_run *run, const kmc_canvas *canvas, size_t n,
                        const int16_t *coordinates, const uint16_t *labels, void *indices,
                        uint8_t *shares)
    kmc_status kmc_mask_flat_areas(const kmc_run *run, const kmc_canvas *canvas,
                                   const void *indices, uint8_t *shares)

    ctypedef enum kmc_order:
        KMC_BAYER, KMC_BLUE_NOISE

    ctypedef struct kmc_mixing:
        kmc_order order
        size_t n
        const uint8_t *colors
        const int16_t *coordinates
        const uint16_t *labels
        const uint16_t *lightness
        size_t y
        size_t x

    kmc_status kmc_order_dither(const kmc_run *run, const kmc_canvas *canvas,
                                const kmc_mixing *mixing, int strength, void *indices)
    kmc_status kmc_canvas_error(const kmc_run *run, const kmc_canvas *canvas, const void *indices,
                                double *error)


cdef extern from "colors/colors.h" nogil:
    kmc_status kmc_positions(const kmc_run *run, const uint8_t *pixels, size_t n, int channels,
                             const uint8_t *colors, size_t n_colors, uint32_t *positions)


cdef class Canvas:
    """A picture (H, W, C); where the palette's entries lie, (k, 4), and fully transparent pixels,
    (1, 4); where all pixels lie, (H * W, 4), or None for the levels themselves.

    With the distinct colours (n, C) of the picture, in Morton order, coordinates are of these, (n, 4).
    """

    cdef kmc_canvas c
    cdef readonly object coordinates
    cdef object pixels, palette, clear, colors, positions

    def __cinit__(self, const uint8_t[:, :, ::1] pixels not None,
                  const int16_t[:, ::1] palette not None, const int16_t[:, ::1] clear not None,
                  const int16_t[:, ::1] coordinates, const uint8_t[:, ::1] colors=None,
                  int threads=1):
        cdef size_t n = pixels.shape[0] * pixels.shape[1]
        if not n or not palette.shape[0] or palette.shape[1] != 4:
            raise ArgumentError("a picture or a palette is empty")
        own_palette, own_clear = np.array(palette), np.array(clear)
        if len(own_palette) > 65536 or own_palette.min() < 0 or own_palette.max() > 16383:
            raise ArgumentError("a palette has too many entries, or they lie too far out")
        if coordinates is None and pixels.shape[2] == 4:
            raise ArgumentError("pixels with alpha need coordinates")
        cdef size_t n_places = n if colors is None else colors.shape[0]
        if coordinates is not None and (coordinates.shape[0] != <Py_ssize_t>n_places or coordinates.shape[1] != 4):
            raise ArgumentError("pixels and coordinates do not fit together")
        if clear.shape[0] != 1 or clear.shape[1] != 4:
            raise ArgumentError("fully transparent pixels lie in one place")
        if own_clear.min() < 0 or own_clear.max() > 16383:
            raise ArgumentError("fully transparent pixels lie too far out")
        self.pixels, self.palette, self.clear, self.colors = pixels, own_palette, own_clear, colors
        self.c.clear = <const int16_t *>first_byte(own_clear)
        self.c.pixels = &pixels[0, 0, 0]
        self.c.height, self.c.width = pixels.shape[0], pixels.shape[1]
        self.c.channels = channel_count(pixels.shape[2])
        self.c.index_bytes = 1 if palette.shape[0] <= 256 else 2
        self.c.palette = <const int16_t *>first_byte(own_palette)
        self.c.k = palette.shape[0]
        if coordinates is not None:
            self.coordinates, self.c.coordinates = coordinates.base, &coordinates[0, 0]
            if colors is not None:
                self.locate(threads)

    cdef object locate(self, int threads):
        """Finds out which of the distinct colours each pixel has."""
        cdef Run run = Run(threads)
        cdef const uint8_t[:, ::1] colors = self.colors
        cdef size_t n = self.c.height * self.c.width
        cdef uint32_t[::1] positions = np.empty(n, np.uint32)
        cdef kmc_status status
        if not colors.shape[0] or colors.shape[1] != self.c.channels:
            raise ArgumentError("pixels and colors do not fit together")
        with nogil:
            status = kmc_positions(&run.c, self.c.pixels, n, self.c.channels, &colors[0, 0],
                                   colors.shape[0], &positions[0])
        run.check(status)
        self.positions, self.c.positions = positions, &positions[0]

    cdef object own_indices(self, indices):
        """Indices that this canvas gave, without gaps."""
        if indices.shape != (self.c.height, self.c.width) or indices.dtype != index_dtype(self.c.k):
            raise ArgumentError("indices are not those of this canvas")
        return np.ascontiguousarray(indices)

    cdef object blank(self):
        """Indices to be filled."""
        return np.empty((self.c.height, self.c.width), index_dtype(self.c.k))

    def diffuse(self, bint atkinson, int strength, int threads):
        """Indices by error diffusion, and their error; strength in 256ths."""
        cdef Run run = Run(threads)
        cdef kmc_diffusion kind = KMC_ATKINSON if atkinson else KMC_FLOYD_STEINBERG
        indices = self.blank()
        cdef void *target = first_byte(indices)
        cdef double error = 0
        cdef kmc_status status
        with nogil:
            status = kmc_diffuse(&run.c, &self.c, kind, strength, target, &error)
        run.check(status)
        return indices, error

    def adapt(self, const int16_t[:, ::1] coordinates not None, const uint16_t[::1] labels not None,
              int strength, int threads):
        """Indices by error diffusion where the error of plain ones would be seen, these elsewhere.

        Of the distinct colours that the canvas was made with: where they lie, (n, 4), and their
        plain indices, (n,).
        """
        cdef Run run = Run(threads)
        cdef Py_ssize_t n = labels.shape[0]
        if (self.colors is None or self.colors.shape[0] != n or coordinates.shape[0] != n
                or coordinates.shape[1] != 4):
            raise ArgumentError("colors and labels do not fit together")
        if self.positions is None:
            self.locate(threads)
        indices = self.blank()
        cdef void *target = first_byte(indices)
        cdef uint8_t[:, ::1] shares = np.empty((self.c.height, self.c.width), np.uint8)
        cdef kmc_status status
        with nogil:
            status = kmc_mask(&run.c, &self.c, <size_t>n, &coordinates[0, 0], &labels[0], target, &shares[0, 0])
        run.check(status)
        with nogil:
            status = kmc_mask_flat_areas(&run.c, &self.c, target, &shares[0, 0])
        run.check(status)
        with nogil:
            status = kmc_diffuse_shares(&run.c, &self.c, strength, &shares[0, 0], target)
        run.check(status)
        return indices

    def order(self, bint blue, const uint8_t[:, ::1] colors not None,
              const int16_t[:, ::1] coordinates not None, const uint16_t[::1] labels not None,
              const uint16_t[::1] lightness not None, int strength, int threads, size_t y=0, size_t x=0):
        """Indices by ordered dithering: of the picture's distinct colours in Morton order, where
        they lie and their plain indices; of the palette's entries, how light they are. The first
        pixel lies at (y, x) of a larger picture."""
        cdef Run run = Run(threads)
        cdef kmc_mixing mixing
        cdef size_t n = colors.shape[0]
        if (colors.shape[1] != self.c.channels or not n or coordinates.shape[0] != <Py_ssize_t>n
                or coordinates.shape[1] != 4 or labels.shape[0] != <Py_ssize_t>n
                or lightness.shape[0] != <Py_ssize_t>self.c.k):
            raise ArgumentError("colours, labels and palette do not fit together")
        mixing.order, mixing.n = KMC_BLUE_NOISE if blue else KMC_BAYER, n
        mixing.colors, mixing.coordinates = &colors[0, 0], &coordinates[0, 0]
        mixing.labels, mixing.lightness = &labels[0], &lightness[0]
        mixing.y, mixing.x = y, x
        indices = self.blank()
        cdef void *target = first_byte(indices)
        cdef kmc_status status
        with nogil:
            status = kmc_order_dither(&run.c, &self.c, &mixing, strength, target)
        run.check(status)
        return indices

    def error(self, indices, int threads):
        """The sum of the squared distances of indices that this canvas gave, in levels squared."""
        cdef Run run = Run(threads)
        cdef double error = 0
        cdef kmc_status status
        own = self.own_indices(indices)
        cdef void *source = first_byte(own)
        with nogil:
            status = kmc_canvas_error(&run.c, &self.c, source, &error)
        run.check(status)
        return error
