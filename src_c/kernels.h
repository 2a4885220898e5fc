/* The table of inner loops: one per instruction set, every entry equal to the plain C one bit for bit. */
#ifndef KMC_KERNELS_H
#define KMC_KERNELS_H

#include "base.h"

typedef struct kmc_kernels {
    const char *name; /* "c", "avx2", "avx512", "neon" */
} kmc_kernels;

/* The variants this processor can run, slowest first, "c" always among them. */
size_t kmc_kernels_count(void);
const kmc_kernels *kmc_kernels_at(size_t i);

/* By name; NULL when this processor or this build has no such variant. A NULL name gives the fastest. */
const kmc_kernels *kmc_kernels_find(const char *name);

#endif
