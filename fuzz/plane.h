/* What both fuzz targets share: an index plane made of the first bytes of the input. */
#ifndef KMC_FUZZ_PLANE_H
#define KMC_FUZZ_PLANE_H

#include "codec/index_model.h"
#include "kmc.h"

#include <stdlib.h>

enum { FUZZ_HEAD = 12, FUZZ_SIDE = 24, FUZZ_BANDS = 3, FUZZ_COLORS = 1100 };

/* Bytes 0 and 1 are width and height, 2 and 3 the colours, 4 the channels, 5 to 7 the contexts, 8 the slots or none, 9
 * the bands; 10 and 11 are the target's own. Returns how many bytes an index has. */
static inline int fuzz_plane(const uint8_t *data, kmc_plane *plane)
{
    static const int CHANNELS[3] = {1, 3, 4};
    plane->width = 1 + data[0] % FUZZ_SIDE;
    plane->height = 1 + data[1] % FUZZ_SIDE;
    plane->k = 1 + (size_t)(data[2] | data[3] << 8) % FUZZ_COLORS;
    plane->channels = CHANNELS[data[4] % 3];
    plane->contexts = (data[5] | (uint32_t)data[6] << 8 | (uint32_t)data[7] << 16) & KMC_CONTEXT_BITS;
    plane->contexts |= KMC_FIRST_PREDICTION;
    plane->slot_bits = data[8] % 6 == 5 ? 0 : KMC_SLOT_BITS_MIN + data[8] % 6;
    plane->n_bands = 1 + data[9] % (plane->height < FUZZ_BANDS ? plane->height : FUZZ_BANDS);
    return plane->k <= 256 ? 1 : 2;
}

/* The run of one thread. */
static inline kmc_run fuzz_run(void)
{
    return (kmc_run){.threads = 1, .kernels = kmc_kernels_find(NULL)};
}

static inline size_t fuzz_index(const void *indices, int index_bytes, size_t i)
{
    return index_bytes == 1 ? ((const uint8_t *)indices)[i] : ((const uint16_t *)indices)[i];
}

#endif
