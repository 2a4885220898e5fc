/* The inner loops of one instruction set, a table for each folder that has any; and which of them this processor runs.
 *
 * A folder declares its table in its own kernels.h. Every entry equals the one in plain C bit for bit. */
#ifndef KMC_SIMD_KERNELS_H
#define KMC_SIMD_KERNELS_H

#include "base/base.h"

typedef struct kmc_kernels {
    const char *name; /* "c", "avx2", "avx512", "neon" */
    const struct kmc_codec_kernels *codec;
    const struct kmc_colors_kernels *colors;
    const struct kmc_dither_kernels *dither;
    const struct kmc_kmeans_kernels *kmeans;
} kmc_kernels;

/* The variants this processor can run, slowest first, "c" always among them. */
size_t kmc_kernels_count(void);
const kmc_kernels *kmc_kernels_at(size_t i);

/* By name; NULL when this processor or this build has no such variant. A NULL name gives the fastest. */
const kmc_kernels *kmc_kernels_find(const char *name);

#endif
