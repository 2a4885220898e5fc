/* The inner loops over colours. */
#ifndef KMC_COLORS_KERNELS_H
#define KMC_COLORS_KERNELS_H

#include "simd/kernels.h"

/* keys[i] = the Morton key (colors/morton.h) of pixel i, which has `channels` (1, 3 or 4) bytes; and the way back. */
typedef void kmc_keys_fn(const uint8_t *pixels, size_t n, int channels, uint32_t *keys);
typedef void kmc_colors_fn(const uint32_t *keys, size_t n, int channels, uint8_t *colors);

/* Writes first + i for every counters[i] of a cell that is not 0, ascending, and returns how many. Up to
 * four more keys may be overwritten. */
typedef size_t kmc_occupied_fn(const uint8_t *counters, uint32_t first, uint32_t *keys);

/* best[i] = the least of terms[j] + xy[i] . colors_xy[j] + zw[i] . colors_zw[j] over j < k, where a . b is
 * the dot product of two pairs of int16. No partial sum may leave int32. The arrays of n reach up to a
 * multiple of KMC_ASSIGN_STEP. */
typedef void kmc_assign_fn(const int32_t *xy, const int32_t *zw, size_t n, const int32_t *colors_xy,
                           const int32_t *colors_zw, const int32_t *terms, size_t k, int32_t *best);
#define KMC_ASSIGN_STEP 64

/* Adds n pixels to the sums of their labels: xy[i] and zw[i] are two channels each, times 2^7. There are four words for
 * each label: x + 2^32 y and z + 2^32 w of even i, then those of odd i. Each sum must stay under 2^32. */
typedef void kmc_accumulate_fn(const int32_t *xy, const int32_t *zw, const uint16_t *labels, size_t n, uint64_t *sums);

typedef struct kmc_colors_kernels {
    kmc_keys_fn *keys;
    kmc_colors_fn *colors;
    kmc_occupied_fn *occupied;
    kmc_assign_fn *assign;
    kmc_accumulate_fn *accumulate;
} kmc_colors_kernels;

#endif
