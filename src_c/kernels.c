/* Which variants of the inner loops this processor can run. */
#include "kernels_all.h"

#include <string.h>

size_t kmc_kernels_count(void)
{
    return 1;
}

const kmc_kernels *kmc_kernels_at(size_t i)
{
    return i == 0 ? &kmc_kernels_c : NULL;
}

const kmc_kernels *kmc_kernels_find(const char *name)
{
    const kmc_kernels *found = NULL;
    for (size_t i = 0; i < kmc_kernels_count(); i++)
        if (name == NULL || strcmp(name, kmc_kernels_at(i)->name) == 0)
            found = kmc_kernels_at(i);
    return found;
}
