/* The symbol to expect, going by how colours around differ: what followed the last time they differed alike. */
#ifndef KMC_CODEC_EXPECTED_H
#define KMC_CODEC_EXPECTED_H

#include "codec/palette_tree.h"
#include "codec/neighbors.h"

enum { KMC_EXPECTED_BITS = 12, KMC_EXPECTED_MAX = 15, KMC_EXPECTED_SURE = 3 };

/* By the hash of the differences: the step from the colour of W to that of the pixel, and how often that was right. */
typedef struct kmc_expected_step {
    uint64_t step;
    uint32_t hits;
} kmc_expected_step;

/* What to expect at a place. In the first row of a band only those to the left are there to be compared. */
static inline void kmc_find_expected(const kmc_expected_step *table, const kmc_palette_tree *tree, kmc_pixel_context *p, int first_row)
{
    const uint64_t w = kmc_packed(tree->colors[p->neighbors[KMC_W]]);
    uint64_t differences[KMC_NEIGHBOURS];
    for (int i = 0; i < KMC_NEIGHBOURS; i++) {
        const int left = i == KMC_WW || i == KMC_WWW || i == KMC_WWWW;
        differences[i] = first_row && !left ? 0 : kmc_packed(tree->colors[p->neighbors[i]]) - w;
        p->differences[i] = (int32_t)(kmc_mix(0, differences[i]) >> 33);
    }
    p->difference_hash = kmc_mix_symbols(23, p->differences, KMC_N, KMC_WW + 1);
    const kmc_expected_step *const entry = table + (p->difference_hash >> (64 - KMC_EXPECTED_BITS));
    const uint64_t step = entry->hits ? entry->step : differences[KMC_N] - differences[KMC_NW];
    const uint32_t symbol = *kmc_symbol_of(tree, w + step);
    const int32_t *const a = p->neighbors;
    const int32_t on = a[KMC_W] + (first_row ? a[KMC_W] - a[KMC_WW] : a[KMC_N] - a[KMC_NW]);
    p->expected = symbol ? (int32_t)symbol - 1 : on >= 0 && on < (int32_t)tree->k ? on : a[KMC_W];
    p->hits = entry->hits;
}

static inline void kmc_learn_expected(kmc_expected_step *table, const kmc_palette_tree *tree, const kmc_pixel_context *p,
                                      uint32_t symbol)
{
    kmc_expected_step *const entry = table + (p->difference_hash >> (64 - KMC_EXPECTED_BITS));
    const uint64_t step = kmc_packed(tree->colors[symbol]) - kmc_packed(tree->colors[p->neighbors[KMC_W]]);
    if (step == entry->step)
        entry->hits += entry->hits < KMC_EXPECTED_MAX;
    else if (entry->hits > KMC_EXPECTED_SURE)
        entry->hits /= 2;
    else
        *entry = (kmc_expected_step){step, 1};
}

#endif
