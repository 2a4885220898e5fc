/* The last place that looked like this one, and what followed there. */
#ifndef KMC_CODEC_MATCHER_H
#define KMC_CODEC_MATCHER_H

#include "base/base.h"

enum { KMC_MATCH_BITS = 16, KMC_MATCH_MAX = 15, KMC_MATCHER_BYTES = 4 << KMC_MATCH_BITS };

/* Positions are those of a plane of symbols; 0 is none. */
typedef struct kmc_matcher {
    uint32_t *positions; /* by the hash of what was to the left and above */
    uint32_t left, above, at;
    uint32_t length; /* how many pixels in a row were as they were there */
} kmc_matcher;

kmc_status kmc_matcher_new(kmc_matcher *matcher);
void kmc_matcher_free(kmc_matcher *matcher);

static inline uint32_t *kmc_matcher_slot(kmc_matcher *matcher)
{
    const uint32_t hash = (matcher->left * 0x9E3779B1u) ^ (matcher->above * 0x85EBCA6Bu);
    return matcher->positions + (hash * 0xC2B2AE35u >> (32 - KMC_MATCH_BITS));
}

/* What followed the last place like this one: the symbol, or 65536 where there is none, times 256, and the length. This
 * one is at `position`, and its neighbour four to the right in the row above is `ahead`. */
static inline uint32_t kmc_matcher_find(kmc_matcher *matcher, const uint16_t *plane, uint32_t position, uint32_t ahead)
{
    matcher->above = (matcher->above + ahead + 1) * (0x2F0B4C47u << 2);
    uint32_t *const slot = kmc_matcher_slot(matcher);
    if (matcher->length == 0) matcher->at = *slot;
    *slot = position;
    return (matcher->at == 0 ? 65536u : plane[matcher->at]) << 8 | matcher->length;
}

/* Goes on to the next pixel after `symbol` was met. */
static inline void kmc_matcher_step(kmc_matcher *matcher, const uint16_t *plane, uint32_t symbol)
{
    matcher->left = (matcher->left + symbol + 1) * (0x2F0B4C47u << 3);
    if (matcher->at == 0) return;
    if (plane[matcher->at] != symbol)
        matcher->length = 0;
    else if (matcher->length < KMC_MATCH_MAX)
        matcher->length++;
    matcher->at++;
}

#endif
