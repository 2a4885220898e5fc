/* Palette indices of one byte each or of two. */
#ifndef KMC_BASE_INDICES_H
#define KMC_BASE_INDICES_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t kmc_index_get(const void *indices, int index_bytes, size_t i)
{
    return index_bytes == 1 ? ((const uint8_t *)indices)[i] : ((const uint16_t *)indices)[i];
}

static inline void kmc_index_set(void *indices, int index_bytes, size_t i, uint32_t index)
{
    if (index_bytes == 1)
        ((uint8_t *)indices)[i] = (uint8_t)index;
    else
        ((uint16_t *)indices)[i] = (uint16_t)index;
}

#endif
