cdef void *first_byte(array) except? NULL
cdef int channel_count(size_t channels) except -1
cdef object index_dtype(size_t k)
