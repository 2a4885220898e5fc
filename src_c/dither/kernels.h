/* The inner loops of dithering. */
#ifndef KMC_DITHER_KERNELS_H
#define KMC_DITHER_KERNELS_H

#include "simd/kernels.h"

struct kmc_dither_row;
struct kmc_mixtures;
struct kmc_windows;
struct kmc_flat_pairs;
struct kmc_flat_windows;

/* The error of nearest-colour mapping at the pixels [begin, end) of the row below, each with both neighbours. */
typedef void kmc_measure_fn(struct kmc_dither_row *row);

/* Error diffusion along the pixels [begin, end) of a row: writes found and here, and adds to lost. */
typedef void kmc_diffuse_fn(struct kmc_dither_row *row);

/* Fills mixtures: each entry is looked up at the target plus the accumulated error of the previous ones. */
typedef void kmc_mix_fn(struct kmc_mixtures *mixtures);

/* How clearly errors are seen, for a row of windows. */
typedef void kmc_mask_fn(const struct kmc_windows *windows);

/* Compares the pixels of a row with their neighbours. */
typedef void kmc_pair_fn(const struct kmc_flat_pairs *pairs);

/* Whether the middles of windows may lie in flat areas. */
typedef void kmc_flatten_fn(const struct kmc_flat_windows *windows);

/* The sum of the squared distances of n <= KMC_SQUARE_ERRORS RGB pixels to the colors of their indices, 256 words of
 * red + 2^8 green + 2^16 blue. */
typedef uint32_t kmc_square_errors_fn(const uint8_t *pixels, const uint8_t *indices, size_t n, const uint32_t *colors);
#define KMC_SQUARE_ERRORS (1 << 14)

typedef struct kmc_dither_kernels {
    kmc_measure_fn *measure;
    kmc_diffuse_fn *diffuse;
    kmc_mix_fn *mix;
    kmc_mask_fn *mask;
    kmc_pair_fn *pair;
    kmc_flatten_fn *flatten;
    kmc_square_errors_fn *square_errors;
} kmc_dither_kernels;

#endif
