/* Selection of the kernels at run time, by the features of the processor. */
#include "simd/kernels.h"

#include "base/cpu.h"
#include "simd/targets.h"

#include <string.h>

const kmc_kernels *kmc_kernels_at(size_t i)
{
    if (i == 0) return &kmc_kernels_c;
#ifdef KMC_X86
    if (i == 1 && kmc_cpu_features() & KMC_CPU_AVX2) return &kmc_kernels_avx2;
    if (i == 2 && kmc_cpu_features() & KMC_CPU_AVX512) return &kmc_kernels_avx512;
#endif
#ifdef KMC_ARM
    if (i == 1) return &kmc_kernels_neon;
#endif
    return NULL;
}

size_t kmc_kernels_count(void)
{
    size_t n = 0;
    while (kmc_kernels_at(n)) n++;
    return n;
}

const kmc_kernels *kmc_kernels_find(const char *name)
{
    const kmc_kernels *found = NULL;
    for (size_t i = 0; kmc_kernels_at(i); i++)
        if (!name || strcmp(name, kmc_kernels_at(i)->name) == 0) found = kmc_kernels_at(i);
    return found;
}
