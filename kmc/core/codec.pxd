from libc.stdint cimport uint8_t, uint32_t


cdef extern from "codec/codec.h" nogil:
    ctypedef struct kmc_plane:
        size_t width, height
        const uint8_t *palette
        size_t k
        int channels
        uint32_t contexts
        int slot_bits
        size_t n_bands


cdef kmc_plane plane_of(size_t height, size_t width, const uint8_t[:, ::1] palette, uint32_t contexts,
                        int slot_bits, size_t n_bands) except *
