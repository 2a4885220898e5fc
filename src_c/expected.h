/* The symbol to expect, going by how neighbours differ: what followed the last time they differed alike. */
#ifndef KMC_EXPECTED_H
#define KMC_EXPECTED_H

#include "place.h"

enum { KMC_EXPECTED_BITS = 12, KMC_EXPECTED_MAX = 15, KMC_EXPECTED_SURE = 3 };

/* By the hash of the differences: what is to be added to W, and how often that was right. */
typedef struct kmc_expected {
    int32_t step;
    uint32_t times;
} kmc_expected;

/* The entry for a place. In the first row of a band only W and WW are there to be compared. */
static inline kmc_expected *kmc_expected_find(kmc_expected *table, kmc_place *p, int first_row)
{
    const int32_t *const a = p->around;
    p->relative = 23;
    for (int i = KMC_N; i <= KMC_WW; i++)
        p->relative = kmc_mix(p->relative, (uint64_t)(int64_t)(first_row && i != KMC_WW ? 0 : a[i] - a[KMC_W]));
    return table + (p->relative >> (64 - KMC_EXPECTED_BITS));
}

/* The symbol, one of k. */
static inline int32_t kmc_expected_symbol(const kmc_expected *entry, int32_t left, size_t k)
{
    const int32_t symbol = left + entry->step;
    return symbol < 0 || symbol >= (int32_t)k ? left : symbol;
}

static inline void kmc_expected_learn(kmc_expected *entry, int32_t step)
{
    if (step == entry->step)
        entry->times += entry->times < KMC_EXPECTED_MAX;
    else if (entry->times > KMC_EXPECTED_SURE)
        entry->times /= 2;
    else
        *entry = (kmc_expected){step, 1};
}

#endif
