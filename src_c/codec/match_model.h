/* The last place that looked like this one, and what followed there. */
#ifndef KMC_CODEC_MATCH_MODEL_H
#define KMC_CODEC_MATCH_MODEL_H

#include "base/base.h"

enum { KMC_MATCH_BITS = 16, KMC_MATCH_MAX = 15, KMC_MATCH_MODEL_BYTES = 4 << KMC_MATCH_BITS };

/* Positions are those of a plane of symbols; 0 is none. */
typedef struct kmc_match_model {
    uint32_t *positions; /* by the hash of what was to the left and above */
    uint32_t left, above, at;
    uint32_t length; /* how many pixels in a row were as they were there */
} kmc_match_model;

kmc_status kmc_match_model_new(kmc_match_model *match_model);
void kmc_match_model_free(kmc_match_model *match_model);

static inline uint32_t *kmc_match_model_slot(kmc_match_model *match_model)
{
    const uint32_t hash = (match_model->left * 0x9E3779B1u) ^ (match_model->above * 0x85EBCA6Bu);
    return match_model->positions + (hash * 0xC2B2AE35u >> (32 - KMC_MATCH_BITS));
}

/* What followed the last place like this one: the symbol, or 65536 where there is none, times 256, and the length. This
 * one is at `position`, and its neighbour four to the right in the row above is `ahead`. */
static inline uint32_t kmc_match_model_find(kmc_match_model *match_model, const uint16_t *plane, uint32_t position, uint32_t ahead)
{
    match_model->above = (match_model->above + ahead + 1) * (0x2F0B4C47u << 2);
    uint32_t *const slot = kmc_match_model_slot(match_model);
    if (match_model->length == 0) match_model->at = *slot;
    *slot = position;
    return (match_model->at == 0 ? 65536u : plane[match_model->at]) << 8 | match_model->length;
}

/* Goes on to the next pixel after `symbol` was met. */
static inline void kmc_match_model_update(kmc_match_model *match_model, const uint16_t *plane, uint32_t symbol)
{
    match_model->left = (match_model->left + symbol + 1) * (0x2F0B4C47u << 3);
    if (match_model->at == 0) return;
    if (plane[match_model->at] != symbol)
        match_model->length = 0;
    else if (match_model->length < KMC_MATCH_MAX)
        match_model->length++;
    match_model->at++;
}

#endif
