"""What the other modules need of arrays: NumPy itself, and checks.

Arrays from outside may change during a call. Large ones are read by C code that bounds what it
reads; small ones, whose values are checked first, are copied first.
"""

from importlib import import_module

from libc.stdint cimport uint8_t

from kmc.errors import ArgumentError


class _NumPy:
    """NumPy, imported when it is first used: `kmc --version` asks for no more than the processor."""

    def __getattr__(self, name):
        value = getattr(import_module("numpy"), name)
        setattr(self, name, value)
        return value


np = _NumPy()


cdef void *first_byte(array) except? NULL:
    """The address of a new array of our own, contiguous and writable."""
    cdef const uint8_t[::1] view
    if array.size == 0:
        return NULL
    view = array.reshape(-1).view(np.uint8)
    return <void *>&view[0]


cdef int channel_count(size_t channels) except -1:
    """Checks the last dimension of pixels or colours."""
    if channels not in (1, 3, 4):
        raise ArgumentError(f"pixels must have 1, 3 or 4 channels, not {channels}")
    return <int>channels


cdef object index_dtype(size_t k):
    """The type of the indices of k colours."""
    if not 1 <= k <= 65536:
        raise ArgumentError(f"k must be 1 to 65536, not {k}")
    return np.uint8 if k <= 256 else np.uint16
