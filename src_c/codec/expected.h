/* The expected symbol: that of W plus the step that followed the last time the neighbours' colours differed alike. */
#ifndef KMC_CODEC_EXPECTED_H
#define KMC_CODEC_EXPECTED_H

#include "codec/palette_tree.h"
#include "codec/pixel_context.h"

enum { KMC_EXPECTED_BITS = 12, KMC_EXPECTED_MAX = 15, KMC_EXPECTED_SURE = 3 };

/* By the hash of the differences: the step from the colour of W to that of the pixel, and how often it was right. */
typedef struct kmc_expected_step {
    uint64_t step;
    uint32_t hits;
} kmc_expected_step;

/* Fills in the differences, their hash and the expected symbol. In the first row of a band only the neighbours to the
 * left exist. */
static inline void kmc_find_expected(const kmc_expected_step *table, const kmc_palette_tree *tree,
                                     kmc_pixel_context *ctx, int first_row)
{
    const uint64_t w = kmc_packed(tree->colors[ctx->neighbors[KMC_W]]);
    uint64_t differences[KMC_NEIGHBORS];
    for (int i = 0; i < KMC_NEIGHBORS; i++) {
        const int left = i == KMC_WW || i == KMC_WWW || i == KMC_WWWW;
        differences[i] = first_row && !left ? 0 : kmc_packed(tree->colors[ctx->neighbors[i]]) - w;
        ctx->differences[i] = (int32_t)(kmc_mix(0, differences[i]) >> 33);
    }
    ctx->difference_hash = kmc_mix_symbols(23, ctx->differences, KMC_N, KMC_WW + 1);
    const kmc_expected_step *const entry = table + (ctx->difference_hash >> (64 - KMC_EXPECTED_BITS));
    const uint64_t step = entry->hits ? entry->step : differences[KMC_N] - differences[KMC_NW];
    const uint32_t symbol = *kmc_symbol_of(tree, w + step);
    const int32_t *const a = ctx->neighbors;
    const int32_t linear = a[KMC_W] + (first_row ? a[KMC_W] - a[KMC_WW] : a[KMC_N] - a[KMC_NW]);
    ctx->expected = linear >= 0 && linear < (int32_t)tree->k ? linear : a[KMC_W];
    if (symbol) ctx->expected = (int32_t)symbol - 1;
    ctx->hits = entry->hits;
}

/* Updates the step of the context, once the symbol is known. */
static inline void kmc_learn_expected(kmc_expected_step *table, const kmc_palette_tree *tree,
                                      const kmc_pixel_context *ctx, uint32_t symbol)
{
    kmc_expected_step *const entry = table + (ctx->difference_hash >> (64 - KMC_EXPECTED_BITS));
    const uint64_t step = kmc_packed(tree->colors[symbol]) - kmc_packed(tree->colors[ctx->neighbors[KMC_W]]);
    if (step == entry->step)
        entry->hits += entry->hits < KMC_EXPECTED_MAX;
    else if (entry->hits > KMC_EXPECTED_SURE)
        entry->hits /= 2;
    else
        *entry = (kmc_expected_step){step, 1};
}

#endif
