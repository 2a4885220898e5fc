from libc.stdint cimport INT64_MAX, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t


cdef extern from "base/base.h":
    ctypedef enum kmc_status:
        KMC_OK, KMC_NO_MEMORY, KMC_INTERRUPTED, KMC_BAD_ARGUMENT

    ctypedef struct kmc_run:
        int threads
        const kmc_kernels *kernels
        kmc_loop *loop
        kmc_tables *tables
        int (*poll)(void *) noexcept nogil
        void *poll_arg
        bint stopped


    void *kmc_alloc_zeroed(size_t count, size_t size)
    void kmc_free(void *memory)

    bint KMC_HAS_TEST_HOOKS
    void kmc_fail_allocation_after(long n)
    long kmc_live_allocations()


cdef extern from "colors/morton.h":
    enum:
        KMC_CELL


cdef extern from "base/clock.h" nogil:
    int64_t kmc_clock_ns()


cdef extern from "colors/kernels.h" nogil:
    ctypedef struct kmc_colors_kernels:
        void (*keys)(const uint8_t *pixels, size_t n, int channels, uint32_t *keys)
        void (*colors)(const uint32_t *keys, size_t n, int channels, uint8_t *colors)
        size_t (*occupied)(const uint8_t *counters, uint32_t first, uint32_t *keys)
        void (*accumulate)(const int32_t *xy, const int32_t *zw, const uint16_t *labels, size_t n,
                           uint64_t *sums)


cdef extern from "simd/kernels.h" nogil:
    ctypedef struct kmc_kernels:
        const char *name
        const kmc_colors_kernels *colors

    size_t kmc_kernels_count()
    const kmc_kernels *kmc_kernels_at(size_t i)
    const kmc_kernels *kmc_kernels_find(const char *name)


cdef extern from "base/parallel.h" nogil:
    ctypedef struct kmc_loop:
        int processors

    int kmc_openmp_threads()
    int kmc_openmp_processors()


cdef extern from "base/cpu.h" nogil:
    int kmc_cpu_runs(int thread)


cdef extern from "base/scratch.h" nogil:
    ctypedef struct kmc_tables:
        pass

    kmc_status kmc_tables_new(kmc_tables **tables)
    void kmc_tables_free(kmc_tables *tables)


cdef extern from "kmeans/points.h" nogil:
    ctypedef struct kmc_node:
        uint32_t begin, end, next

    ctypedef struct kmc_tree:
        kmc_node *nodes
        size_t n_nodes


cdef extern from "kmc.h" nogil:
    ctypedef struct kmc_histogram:
        pass

    kmc_status kmc_histogram_new(const kmc_run *run, int channels, kmc_histogram **histogram)
    void kmc_histogram_free(kmc_histogram *histogram)
    kmc_status kmc_histogram_add(kmc_histogram *histogram, const kmc_run *run,
                                 const uint8_t *pixels, size_t n)
    kmc_status kmc_histogram_size(kmc_histogram *histogram, const kmc_run *run, size_t *n_colors)
    kmc_status kmc_histogram_read(kmc_histogram *histogram, const kmc_run *run,
                                  uint8_t *colors, int64_t *counts)

    kmc_status kmc_remap(const kmc_run *run, const uint8_t *pixels, size_t n, int channels,
                         const uint8_t *colors, const uint16_t *labels, size_t n_colors, size_t k,
                         void *indices, int index_bytes)
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
        int32_t neutral[3]
        int32_t white

    kmc_status kmc_coordinates(const kmc_run *run, const kmc_space *space, const uint8_t *colors,
                               size_t n, int channels, int16_t *coordinates)
    kmc_status kmc_color_error(const kmc_run *run, const uint8_t *colors, const int64_t *counts,
                               size_t n, int channels, const uint8_t *palette, size_t k,
                               const uint16_t *labels, double *error)

    ctypedef struct kmc_canvas:
        const uint8_t *pixels
        const int16_t *coordinates
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
    ctypedef enum kmc_order:
        KMC_BAYER, KMC_BLUE_NOISE

    ctypedef struct kmc_mixing:
        kmc_order order
        size_t n
        const uint8_t *colors
        const int16_t *coordinates
        const uint16_t *labels
        const uint16_t *lightness

    kmc_status kmc_order_dither(const kmc_run *run, const kmc_canvas *canvas,
                                const kmc_mixing *mixing, int strength, void *indices)
    kmc_status kmc_canvas_error(const kmc_run *run, const kmc_canvas *canvas, const void *indices,
                                double *error)

    ctypedef struct kmc_observer:
        int (*see)(void *context, int iteration, const double *centroids, double inertia,
                   double shift) noexcept nogil
        void *context

    kmc_status kmc_tree_new(const kmc_run *run, const uint8_t *colors, const int16_t *coordinates,
                            const int64_t *weights, size_t n, int channels, kmc_tree **tree)
    void kmc_tree_free(kmc_tree *tree)
    size_t kmc_tree_size(const kmc_tree *tree)
    kmc_status kmc_tree_coarsen(const kmc_run *run, kmc_tree *tree, size_t least,
                                kmc_tree **cells)
    kmc_status kmc_seed_plusplus(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                                 uint64_t seed, double *centroids)
    kmc_status kmc_seed_random(const kmc_run *run, const kmc_tree *tree, size_t k, uint64_t seed,
                               double *centroids)
    kmc_status kmc_seed_split(const kmc_run *run, const kmc_tree *tree, size_t k,
                              double *centroids)
    kmc_status kmc_best_greys(const kmc_tree *tree, const int16_t *places,
                              const uint8_t *fixed, size_t n_fixed, size_t k,
                              uint8_t *levels, double *centroids)
    kmc_status kmc_search(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                          int kicks, int patience, uint64_t seed, double *centroids)
    kmc_status kmc_lloyd(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                         double *centroids, int max_iter, double tol,
                         const kmc_observer *observer, int *converged)
    kmc_status kmc_nudge(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                         int rounds, double *centroids)
    kmc_status kmc_label(const kmc_run *run, const kmc_tree *tree, size_t k,
                         const double *centroids, uint16_t *labels, int64_t *counts,
                         double *error)

    ctypedef struct kmc_bytes:
        uint8_t *data
        size_t size

    ctypedef struct kmc_plane:
        size_t width, height
        const uint8_t *palette
        size_t k
        int channels
        uint32_t contexts
        int slot_bits
        size_t n_bands

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


cdef extern from "png/filter.h" nogil:
    kmc_status kmc_png_filter(const kmc_run *run, const uint8_t *rows, size_t n_rows, size_t width,
                              int filter, uint8_t *out)


cdef extern from "png/palette_order.h" nogil:
    enum:
        KMC_PALETTE_ORDER_MAX
    kmc_status kmc_count_adjacency(const kmc_run *run, const uint8_t *indices, size_t height,
                            size_t width, size_t k, int64_t *adjacency)
    kmc_status kmc_order_palette(const kmc_run *run, const int64_t *adjacency, size_t k, int32_t *order)
