/* The context of a pixel: its neighbours, the predictions they give, and the hashes of sixteen contexts. */
#ifndef KMC_CODEC_PIXEL_CONTEXT_H
#define KMC_CODEC_PIXEL_CONTEXT_H

#include "codec/color_predictor.h"
#include "codec/adaptive_probability.h"

enum { KMC_CONTEXTS = 16, KMC_FLAT = 7 };

/* Everything that the model knows of a pixel before it is coded. */
typedef struct kmc_pixel_context {
    int32_t neighbors[KMC_NEIGHBORS];       /* symbols */
    int32_t predictions[KMC_PREDICTIONS][4]; /* colours, from kmc_predict_color */
    uint64_t keys[KMC_CONTEXTS];             /* hashes of the contexts chosen */
    uint32_t agreement;                      /* kmc_agreements */
    uint32_t same;                           /* kmc_left_mask */
    uint32_t run;                            /* length of the run of W, to the left */
    uint32_t match;                          /* kmc_match_model_find */
    uint32_t changed;                        /* pixels of the row so far that differ from the one above */
    int32_t differences[KMC_NEIGHBORS];     /* hashes of the neighbours' colours minus that of W */
    uint64_t difference_keys[KMC_CONTEXTS];  /* as `keys`, with differences in place of symbols */
    uint64_t difference_hash;                /* of the nearest differences */
    int32_t expected;                        /* the symbol that these predict, or -1 if the model has no such input */
    uint32_t hits;                           /* how often that was right */
} kmc_pixel_context;

static inline void kmc_load_neighbors(const uint16_t *here, size_t stride, int32_t *a)
{
    const uint16_t *const up = here - stride, *const two = up - stride, *const three = two - stride;
    a[KMC_W] = here[-1], a[KMC_WW] = here[-2], a[KMC_WWW] = here[-3], a[KMC_WWWW] = here[-4];
    a[KMC_N] = up[0], a[KMC_NW] = up[-1], a[KMC_NE] = up[1], a[KMC_NWW] = up[-2], a[KMC_NEE] = up[2];
    a[KMC_NWWW] = up[-3], a[KMC_NEEE] = up[3];
    a[KMC_NN] = two[0], a[KMC_NNW] = two[-1], a[KMC_NNE] = two[1], a[KMC_NNWW] = two[-2], a[KMC_NNEE] = two[2];
    a[KMC_NNN] = three[0], a[KMC_NNNW] = three[-1], a[KMC_NNNE] = three[1];
}

/* Which neighbours are equal to each other, eight bits. The context is flat if the lowest three are set. */
static inline uint32_t kmc_agreements(const int32_t *a)
{
    return (uint32_t)(a[KMC_W] == a[KMC_N]) | (uint32_t)(a[KMC_N] == a[KMC_NE]) << 1 |
           (uint32_t)(a[KMC_W] == a[KMC_NW]) << 2 | (uint32_t)(a[KMC_N] == a[KMC_NN]) << 3 |
           (uint32_t)(a[KMC_W] == a[KMC_WW]) << 4 | (uint32_t)(a[KMC_NW] == a[KMC_N]) << 5 |
           (uint32_t)(a[KMC_NE] == a[KMC_NEE]) << 6 | (uint32_t)(a[KMC_W] == a[KMC_NE]) << 7;
}

/* Which of WW, NN, NNE, NWW, NNW, NEE and WWW are equal to W. */
static inline uint32_t kmc_left_mask(const int32_t *a)
{
    uint32_t same = 0;
    for (int i = 0; i < 7; i++) same |= (uint32_t)(a[KMC_WW + i] == a[KMC_W]) << i;
    return same;
}

/* Which of the eight nearest neighbours are this symbol. */
static inline uint32_t kmc_equal_mask(const int32_t *a, int32_t symbol)
{
    uint32_t same = 0;
    for (int i = 0; i < 8; i++) same |= (uint32_t)(a[i] == symbol) << i;
    return same;
}

/* A prediction, quantized to a byte a channel. */
static inline uint64_t kmc_quantized(const int32_t *prediction, int shift)
{
    uint64_t q = 0;
    for (int c = 0; c < 4; c++) q = q << 8 | (uint64_t)(prediction[c] >> shift);
    return q;
}

static inline uint64_t kmc_mix_symbols(uint64_t hash, const int32_t *a, int from, int to)
{
    for (int i = from; i < to; i++) hash = kmc_mix(hash, (uint64_t)a[i]);
    return hash;
}

/* Hashes the contexts chosen, in the order of their bits (docs/kmc-format.md lists them). `a` is the neighbours or
 * their differences, `below` the length of the run of N in this column. */
static inline void kmc_hash_contexts(const kmc_pixel_context *ctx, const int32_t *a, uint32_t chosen, uint32_t below,
                                     uint64_t *keys)
{
    const uint64_t w = (uint64_t)a[KMC_W], n = (uint64_t)a[KMC_N];
    uint64_t four = 0, longer = 0;
    int used = 0;
    if (chosen & 1 << 0) keys[used++] = kmc_mix(kmc_mix(0, w), (uint64_t)a[KMC_WW]);
    if (chosen & 1 << 1) keys[used++] = kmc_mix(kmc_mix(1, n), (uint64_t)a[KMC_NN]);
    if (chosen & 1 << 2) keys[used++] = kmc_mix(kmc_mix(kmc_mix(2, n), (uint64_t)a[KMC_NE]), (uint64_t)a[KMC_NNE]);
    if (chosen & 0x3C8) four = kmc_mix_symbols(3, a, KMC_W, KMC_NE + 1);
    if (chosen & 1 << 3) keys[used++] = four;
    if (chosen & 1 << 4) keys[used++] = kmc_mix(4, kmc_quantized(ctx->predictions[0], 7));
    if (chosen & 1 << 5) keys[used++] = kmc_mix(kmc_mix(kmc_mix(5, kmc_quantized(ctx->predictions[0], 8)), w), n);
    if (chosen & 0x3C0) longer = kmc_mix_symbols(four, a, KMC_WW, KMC_NN + 1);
    if (chosen & 1 << 6) keys[used++] = longer;
    if (chosen & 0x380) longer = kmc_mix_symbols(longer, a, KMC_NNE, KMC_NWW + 1);
    if (chosen & 1 << 7) keys[used++] = longer;
    if (chosen & 0x300) longer = kmc_mix_symbols(longer, a, KMC_NNW, KMC_NNN + 1);
    if (chosen & 1 << 8) keys[used++] = longer;
    if (chosen & 1 << 9) keys[used++] = kmc_mix_symbols(longer, a, KMC_WWWW, KMC_NEIGHBORS);
    if (chosen & 1 << 10) keys[used++] = kmc_mix(kmc_mix(10, w), n);
    if (chosen & 1 << 11) keys[used++] = kmc_mix(kmc_mix(11, w), (uint64_t)a[KMC_NE]);
    if (chosen & 1 << 12) keys[used++] = kmc_mix(12, kmc_quantized(ctx->predictions[1], 6));
    if (chosen & 1 << 13) keys[used++] = kmc_mix(kmc_mix(kmc_mix(13, w), (uint64_t)a[KMC_WW]), (uint64_t)a[KMC_NW]);
    if (chosen & 1 << 14) {
        const uint64_t runs = (uint64_t)ctx->run << 8 | below;
        keys[used++] = kmc_mix(kmc_mix(kmc_mix(14, runs), w << 16 | n), (uint64_t)a[KMC_NE]);
    }
    if (chosen & 1 << 15) keys[used++] = kmc_mix(15, ctx->match);
}

#endif
