/* The order of a palette that makes the file of a picture small: indices that meet in the picture become neighbours. */
#ifndef KMC_PNG_PALETTE_ORDER_H
#define KMC_PNG_PALETTE_ORDER_H

#include "base/base.h"

enum {
    KMC_MOST_ARRANGED = 256
};

/* meetings[i * k + j] = how often pixels of indices i and j lie side by side or one above the other, the same for j and
 * i; 0 for i = j. Indices are below k <= KMC_MOST_ARRANGED; where one is not, it counts as any other or not at all. */
kmc_status kmc_meetings(const kmc_run *run, const uint8_t *indices, size_t height, size_t width, size_t k,
                        int64_t *meetings);

/* order[p] = the entry that comes to place p, for k >= 1 entries that meet so often. */
kmc_status kmc_arrange(const kmc_run *run, const int64_t *meetings, size_t k, int32_t *order);

#endif
