# Dithering: pixels, their plain indices, and where colours lie, to other indices.


cdef class Canvas:
    """A picture (H, W, C) with its plain indices; where its pixels lie, (H * W, 4), or None for
    the levels themselves; where the palette's entries lie, (k, 4)."""

    cdef kmc_canvas c
    cdef object plain, pixels, coordinates, palette

    def __cinit__(self, const uint8_t[:, :, ::1] pixels not None, plain not None,
                  const int16_t[:, ::1] palette not None, const int16_t[:, ::1] coordinates):
        cdef size_t n = pixels.shape[0] * pixels.shape[1]
        if not n or not palette.shape[0] or palette.shape[1] != 4:
            raise ArgumentError("a picture or a palette is empty")
        if plain.shape != (pixels.shape[0], pixels.shape[1]) or plain.max() >= palette.shape[0]:
            raise ArgumentError("pixels, indices and palette do not fit together")
        if coordinates is not None and (coordinates.shape[0] != <Py_ssize_t>n or coordinates.shape[1] != 4):
            raise ArgumentError("pixels and coordinates do not fit together")
        self.plain = np.array(plain, _index_dtype(palette.shape[0]), order="C")
        self.pixels, self.palette, self.coordinates = pixels, palette, coordinates
        self.c.pixels = &pixels[0, 0, 0]
        self.c.height, self.c.width = pixels.shape[0], pixels.shape[1]
        self.c.channels = _channels(pixels.shape[2])
        self.c.index_bytes = self.plain.itemsize
        self.c.plain = _data(self.plain)
        self.c.palette = &palette[0, 0]
        self.c.k = palette.shape[0]
        if coordinates is not None:
            self.c.coordinates = &coordinates[0, 0]

    def diffuse(self, bint atkinson, int strength, int threads):
        """Indices by error diffusion; strength in 256ths."""
        cdef Run run = Run(threads)
        cdef kmc_diffusion kind = KMC_ATKINSON if atkinson else KMC_FLOYD_STEINBERG
        indices = np.empty_like(self.plain)
        cdef void *target = _data(indices)
        cdef kmc_status status
        with nogil:
            status = kmc_diffuse(&run.c, &self.c, kind, strength, target)
        run.check(status)
        return indices

    def error(self, indices, int threads):
        """The sum of the squared distances of indices that this canvas gave, in levels squared."""
        cdef Run run = Run(threads)
        cdef double error = 0
        cdef kmc_status status
        if indices.shape != self.plain.shape or indices.dtype != self.plain.dtype:
            raise ArgumentError("indices are not those of this canvas")
        cdef void *source = _data(indices)
        with nogil:
            status = kmc_canvas_error(&run.c, &self.c, source, &error)
        run.check(status)
        return error
