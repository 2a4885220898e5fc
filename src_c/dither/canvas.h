/* Access to the coordinates and the indices of pixels. */
#ifndef KMC_DITHER_CANVAS_H
#define KMC_DITHER_CANVAS_H

#include "dither/dither.h"
#include "kmeans/points.h"

/* The coordinates of pixel i, forced into the range of the grid. */
static inline void kmc_canvas_at(const kmc_canvas *canvas, size_t i, int channels, int32_t *at)
{
    for (int c = 0; c < channels; c++) {
        at[c] = canvas->coordinates ? canvas->coordinates[4 * i + (size_t)c] & KMC_MAX_COORDINATE
                                    : canvas->pixels[i * (size_t)channels + (size_t)c] * KMC_UNITS_PER_LEVEL;
    }
}

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
