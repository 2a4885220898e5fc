/* The symbol to expect, going by how colours around differ: what followed the last time they differed alike. */
#ifndef KMC_CODEC_EXPECTED_H
#define KMC_CODEC_EXPECTED_H

#include "codec/palette_tree.h"
#include "codec/neighbors.h"

enum { KMC_EXPECTED_BITS = 12, KMC_EXPECTED_MAX = 15, KMC_EXPECTED_SURE = 3 };

/* By the hash of the differences: the step from the colour of W to that of the pixel, and how often that was right. */
typedef struct kmc_expected {
    uint64_t step;
    uint32_t times;
} kmc_expected;

/* What to expect at a place. In the first row of a band only those to the left are there to be compared. */
static inline void kmc_expect(const kmc_expected *table, const kmc_palette_tree *tree, kmc_place *p, int first_row)
{
    const uint64_t w = kmc_packed(tree->colors[p->around[KMC_W]]);
    uint64_t off[KMC_NEIGHBOURS];
    for (int i = 0; i < KMC_NEIGHBOURS; i++) {
        const int left = i == KMC_WW || i == KMC_WWW || i == KMC_WWWW;
        off[i] = first_row && !left ? 0 : kmc_packed(tree->colors[p->around[i]]) - w;
        p->off[i] = (int32_t)(kmc_mix(0, off[i]) >> 33);
    }
    p->relative = kmc_mix_run(23, p->off, KMC_N, KMC_WW + 1);
    const kmc_expected *const entry = table + (p->relative >> (64 - KMC_EXPECTED_BITS));
    const uint64_t step = entry->times ? entry->step : off[KMC_N] - off[KMC_NW];
    const uint32_t symbol = *kmc_symbol_of(tree, w + step);
    const int32_t *const a = p->around;
    const int32_t on = a[KMC_W] + (first_row ? a[KMC_W] - a[KMC_WW] : a[KMC_N] - a[KMC_NW]);
    p->expected = symbol ? (int32_t)symbol - 1 : on >= 0 && on < (int32_t)tree->k ? on : a[KMC_W];
    p->times = entry->times;
}

static inline void kmc_expected_learn(kmc_expected *table, const kmc_palette_tree *tree, const kmc_place *p,
                                      uint32_t symbol)
{
    kmc_expected *const entry = table + (p->relative >> (64 - KMC_EXPECTED_BITS));
    const uint64_t step = kmc_packed(tree->colors[symbol]) - kmc_packed(tree->colors[p->around[KMC_W]]);
    if (step == entry->step)
        entry->times += entry->times < KMC_EXPECTED_MAX;
    else if (entry->times > KMC_EXPECTED_SURE)
        entry->times /= 2;
    else
        *entry = (kmc_expected){step, 1};
}

#endif
