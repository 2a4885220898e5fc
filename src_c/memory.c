/* Checked allocation: sizes are multiplied here and nowhere else. */
#include "base.h"

#include <stdlib.h>

void *kmc_alloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return malloc(count * size != 0 ? count * size : 1);
}

void *kmc_alloc_zeroed(size_t count, size_t size)
{
    return count != 0 && size != 0 ? calloc(count, size) : calloc(1, 1);
}

void kmc_free(void *memory)
{
    free(memory);
}
