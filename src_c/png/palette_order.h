/* The order of a palette that makes files small: indices that are adjacent in the picture become neighbours. */
#ifndef KMC_PNG_PALETTE_ORDER_H
#define KMC_PNG_PALETTE_ORDER_H

#include "base/base.h"

enum {
    KMC_PALETTE_ORDER_MAX = 256
};

/* adjacency[i * k + j] = how often pixels of indices i and j lie side by side or one above the other, the same for j
 * and i; 0 for i = j. Indices must be below k <= KMC_PALETTE_ORDER_MAX; invalid ones only spoil the counts. */
kmc_status kmc_count_adjacency(const kmc_run *run, const uint8_t *indices, size_t height, size_t width, size_t k,
                               int64_t *adjacency);

/* order[p] = the entry at position p of a palette of k >= 1 entries with these adjacency counts. */
kmc_status kmc_order_palette(const kmc_run *run, const int64_t *adjacency, size_t k, int32_t *order);

#endif
