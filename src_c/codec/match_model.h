/* The match model: what followed the last time the pixels to the left and above were the same. */
#ifndef KMC_CODEC_MATCH_MODEL_H
#define KMC_CODEC_MATCH_MODEL_H

#include "base/base.h"

enum { KMC_MATCH_BITS = 16, KMC_MATCH_MAX = 15, KMC_MATCH_MODEL_BYTES = 4 << KMC_MATCH_BITS };

/* Positions are those of a plane of symbols; 0 is none. */
typedef struct kmc_match_model {
    uint32_t *positions; /* 2^KMC_MATCH_BITS, by the hash of the pixels to the left and above; the owner's */
    uint32_t left, above; /* rolling hashes */
    uint32_t at;          /* the position predicted to recur here, or 0 */
    uint32_t length;      /* of the current match, in pixels */
} kmc_match_model;

static inline uint32_t *kmc_match_model_slot(kmc_match_model *m)
{
    const uint32_t hash = (m->left * 0x9E3779B1u) ^ (m->above * 0x85EBCA6Bu);
    return m->positions + (hash * 0xC2B2AE35u >> (32 - KMC_MATCH_BITS));
}

/* Returns the predicted symbol (65536 if there is no match) times 256, plus the length of the match. The pixel is at
 * `position`; `ahead` is its neighbour NEEE, the newest one in the hash of the row above. */
static inline uint32_t kmc_match_model_find(kmc_match_model *m, const uint16_t *plane, uint32_t position,
                                            uint32_t ahead)
{
    m->above = (m->above + ahead + 1) * (0x2F0B4C47u << 2);
    uint32_t *const slot = kmc_match_model_slot(m);
    if (m->length == 0) m->at = *slot;
    *slot = position;
    return (m->at == 0 ? 65536u : plane[m->at]) << 8 | m->length;
}

/* Moves on to the next pixel, once the symbol of this one is known. */
static inline void kmc_match_model_update(kmc_match_model *m, const uint16_t *plane, uint32_t symbol)
{
    m->left = (m->left + symbol + 1) * (0x2F0B4C47u << 3);
    if (m->at == 0) return;
    if (plane[m->at] != symbol)
        m->length = 0;
    else if (m->length < KMC_MATCH_MAX)
        m->length++;
    m->at++;
}

#endif
