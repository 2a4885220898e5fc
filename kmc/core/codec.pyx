"""The coder of .kmc files: index planes, palettes and metadata to bytes and back."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

from kmc.core.arrays import np
from kmc.errors import ArgumentError, OutOfMemoryError

from kmc.core.arrays cimport channel_count, first_byte, index_dtype
from kmc.core.run cimport KMC_BAD_ARGUMENT, Run, kmc_run, kmc_status


cdef extern from "base/base.h":
    void *kmc_alloc_zeroed(size_t count, size_t size)
    void kmc_free(void *memory)


cdef extern from "codec/codec.h" nogil:
    ctypedef struct kmc_bytes:
        uint8_t *data
        size_t size

    uint64_t kmc_plane_bytes(const kmc_plane *plane)
    uint64_t kmc_palette_bytes(size_t k)
    kmc_status kmc_plane_write(const kmc_run *run, const kmc_plane *plane, const void *indices,
                               int index_bytes, kmc_bytes *coded)
    kmc_status kmc_plane_read(const kmc_run *run, const kmc_plane *plane, const kmc_bytes *coded,
                              void *indices, int index_bytes)
    kmc_status kmc_palette_write(const uint8_t *palette, size_t k, int channels, kmc_bytes *coded)
    kmc_status kmc_palette_read(const uint8_t *data, size_t size, uint8_t *palette, size_t k, int channels)
    kmc_status kmc_block_write(const kmc_run *run, const uint8_t *block, size_t n, kmc_bytes *coded)
    kmc_status kmc_block_read(const kmc_run *run, const uint8_t *coded, size_t size, uint8_t *block, size_t n)
    uint64_t kmc_block_bytes(size_t n)
    void kmc_bytes_free(kmc_bytes *bytes, size_t n)


# The palettes of planes are copies: the tree over one is built in several passes, which must see the
# same colours.

cdef kmc_plane plane_of(size_t height, size_t width, const uint8_t[:, ::1] palette, uint32_t contexts,
                      int slot_bits, size_t n_bands) except *:
    cdef kmc_plane plane
    if not palette.shape[0]:
        raise ArgumentError("the palette is empty")
    plane.width, plane.height = width, height
    plane.palette, plane.k = &palette[0, 0], palette.shape[0]
    plane.channels = channel_count(palette.shape[1])
    plane.contexts, plane.slot_bits, plane.n_bands = contexts, slot_bits, n_bands
    return plane


cdef kmc_bytes *_coded(size_t n) except NULL:
    cdef kmc_bytes *coded = <kmc_bytes *>kmc_alloc_zeroed(n, sizeof(kmc_bytes))
    if coded == NULL:
        raise OutOfMemoryError("not enough memory for this picture")
    return coded


def plane_bytes(size_t height, size_t width, uint32_t contexts, int slot_bits, size_t n_bands):
    """How much memory each band takes that is being worked on."""
    cdef kmc_plane plane
    plane.width, plane.height, plane.n_bands = width, height, n_bands
    plane.contexts, plane.slot_bits = contexts, slot_bits
    return kmc_plane_bytes(&plane)


def palette_bytes(size_t k):
    """The bytes of memory that a palette of k colours takes while a plane is coded, besides the colours."""
    return kmc_palette_bytes(k)


def plane_write(indices not None, const uint8_t[:, ::1] palette not None, uint32_t contexts,
                int slot_bits, size_t n_bands, int threads):
    """The bytes of each band, of uint8 or uint16 indices."""
    cdef Run run = Run(threads)
    own = np.ascontiguousarray(indices)
    if own.dtype not in (np.uint8, np.uint16):
        raise ArgumentError(f"indices must be of uint8 or uint16, not {own.dtype}")
    cdef const uint8_t[:, ::1] own_palette = np.array(palette)
    cdef size_t k = own_palette.shape[0]
    cdef kmc_plane plane = plane_of(own.shape[0], own.shape[1], own_palette, contexts, slot_bits, n_bands)
    cdef const void *data = first_byte(own)
    cdef int index_bytes = own.itemsize
    cdef kmc_bytes *coded = _coded(n_bands)
    cdef kmc_status status
    try:
        with nogil:
            status = kmc_plane_write(&run.c, &plane, data, index_bytes, coded)
        if status == KMC_BAD_ARGUMENT and own.max() >= k:
            raise ArgumentError(f"index {own.max()} is beyond a palette of {k} colours")
        run.check(status)
        return [coded[i].data[:coded[i].size] for i in range(n_bands)]
    finally:
        kmc_bytes_free(coded, n_bands)
        kmc_free(coded)


def plane_read(list bands not None, size_t height, size_t width,
               const uint8_t[:, ::1] palette not None, uint32_t contexts, int slot_bits, int threads):
    """Indices (height, width); a band that is None stays 0."""
    cdef Run run = Run(threads)
    cdef list views = [None if band is None else memoryview(band + b"\0") for band in bands]
    cdef size_t n_bands = len(views)
    cdef const uint8_t[:, ::1] own_palette = np.array(palette)
    cdef kmc_plane plane = plane_of(height, width, own_palette, contexts, slot_bits, n_bands)
    cdef const uint8_t[::1] view
    indices = np.zeros((height, width), index_dtype(palette.shape[0]))
    cdef void *data = first_byte(indices)
    cdef int index_bytes = indices.itemsize
    cdef kmc_bytes *coded = _coded(n_bands)
    cdef kmc_status status
    try:
        for i in range(n_bands):
            if views[i] is not None:
                view = views[i]
                coded[i].data, coded[i].size = <uint8_t *>&view[0], view.shape[0] - 1
        with nogil:
            status = kmc_plane_read(&run.c, &plane, coded, data, index_bytes)
        run.check(status)
    finally:
        kmc_free(coded)
    return indices


def palette_write(const uint8_t[:, ::1] palette not None):
    """The bytes of a palette."""
    cdef Run run = Run(1)
    cdef kmc_bytes coded
    if not palette.shape[0]:
        raise ArgumentError("the palette is empty")
    run.check(kmc_palette_write(&palette[0, 0], palette.shape[0], channel_count(palette.shape[1]), &coded))
    try:
        return coded.data[:coded.size]
    finally:
        kmc_bytes_free(&coded, 1)


def palette_read(bytes data not None, size_t k, int channels):
    """The k colours that they were, (k, channels)."""
    cdef Run run = Run(1)
    palette = np.zeros((k, channel_count(channels)), np.uint8)
    if not k:
        raise ArgumentError("the palette is empty")
    run.check(kmc_palette_read(data, len(data), <uint8_t *>first_byte(palette), k, channels))
    return palette


def block_bytes(size_t n):
    """The bytes of memory that coding a block of n bytes takes besides it."""
    return kmc_block_bytes(n)


def block_write(bytes block not None):
    """Code a block of metadata."""
    cdef Run run = Run(1)
    cdef kmc_bytes coded
    cdef const uint8_t *data = block
    cdef size_t n = len(block)
    cdef kmc_status status
    with nogil:
        status = kmc_block_write(&run.c, data, n, &coded)
    run.check(status)
    try:
        return coded.data[:coded.size]
    finally:
        kmc_bytes_free(&coded, 1)


def block_read(bytes coded not None, size_t n):
    """Decode a block of n bytes."""
    cdef Run run = Run(1)
    cdef const uint8_t *data = coded
    cdef size_t size = len(coded)
    cdef kmc_status status
    block = np.empty(n, np.uint8)
    cdef uint8_t *to = <uint8_t *>first_byte(block)
    with nogil:
        status = kmc_block_read(&run.c, data, size, to, n)
    run.check(status)
    return block.tobytes()
