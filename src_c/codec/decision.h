/* What informs one decision of the index model: the place of the pixel, the counters and weights chosen there. */
#ifndef KMC_CODEC_DECISION_H
#define KMC_CODEC_DECISION_H

#include "codec/expected.h"
#include "codec/index_model.h"
#include "codec/model_state.h"
#include "codec/match_model.h"
#include "codec/repeats.h"

enum {
    KMC_RELATION_BIT = 16, /* of the options of contexts */
    KMC_PREDICTION_BIT = 19
};

enum { KMC_MARGIN = 4, KMC_ROWS_ABOVE = 3 }; /* of the plane: columns on both sides, rows */

/* Stages of a pixel. */
enum {
    KMC_STAGE_PATH = 0,   /* a path from the root */
    KMC_STAGE_FLAT = 1,    /* whether a flat place goes on */
    KMC_STAGE_ESCAPED = 2, /* a path once it does not */
    KMC_STAGE_EXPECTED = 3 /* whether another place goes on as expected */
};

#define KMC_FLAT_NODE ((uint64_t)1 << 32) /* what stands for a node where there is none yet */
#define KMC_EXPECTED_NODE ((uint64_t)3 << 32)

struct kmc_index_model {
    const kmc_palette_tree *tree;
    kmc_logistic logistic;
    kmc_rates rates;
    kmc_color_predictor predictor;
    kmc_match_model match_model;
    kmc_repeats repeats;
    size_t width, stride, x, y;
    uint16_t *plane, *row; /* symbols coded so far */
    uint8_t *runs;         /* how often in a row, downwards, each column had its last symbol */
    uint32_t contexts;
    int n_contexts, n_counters;
    kmc_model_state state;
    uint32_t limits[KMC_INPUTS_MAX]; /* how often the counters of a decision may have been tested */
    uint64_t decisions;
    kmc_expected_step *expected;
    uint32_t run;     /* how often in a row the last symbol came before */
    uint32_t changed; /* pixels of this row that are not as the one above */
    int32_t rate;
};

/* One decision: what informs it, where its weights are; the final ones by the first set. */
typedef struct decision {
    kmc_counter *counters[KMC_INPUTS_MAX]; /* of contexts, of relations, and where to read rows */
    uint32_t parts[2 * KMC_PREDICTIONS];
    size_t sets[KMC_MIXERS], final_apm;
    int n_apms, duplicates; /* whether a counter may be there duplicates */
} decision;

/* ---- one decision ------------------------------------------------------------------------------------------------ */

/* Whether two of n slots are the same: each is compared with all, which is quicker than with those before it alone. */
static inline int any_duplicates(const kmc_counter *slots, kmc_counter *const found[KMC_CONTEXTS], int n)
{
    uint32_t numbers[KMC_CONTEXTS], equal = 0;
    for (int i = 0; i < KMC_CONTEXTS; i++) numbers[i] = UINT32_MAX;
    for (int i = 0; i < n; i++) numbers[i] = (uint32_t)((size_t)(found[i] - slots) / KMC_SLOT);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < KMC_CONTEXTS; j++) equal += numbers[i] == numbers[j];
    return equal != (uint32_t)n;
}

/* Returns whether a later one became that of an earlier one: its counters come duplicates. */
static inline int find_slots(const kmc_index_model *m, const uint64_t *keys, uint64_t group, int stage,
                             kmc_counter *found[KMC_CONTEXTS])
{
    for (int i = 0; i < m->n_contexts; i++) {
        const uint64_t hash = kmc_mix(keys[i], group << 2 | (uint64_t)stage);
        found[i] = kmc_slot_find(m->state.slots, m->state.slot_bits, hash);
    }
    return any_duplicates(m->state.slots, found, m->n_contexts);
}

static inline void fetch_slots(const kmc_index_model *m, const uint64_t *keys, uint64_t group, int stage)
{
    for (int i = 0; i < m->n_contexts; i++)
        kmc_slot_fetch(m->state.slots, m->state.slot_bits, kmc_mix(keys[i], group << 2 | (uint64_t)stage));
}

static inline uint32_t least(size_t a, size_t b)
{
    return (uint32_t)(a < b ? a : b);
}

/* What comes before a path: the stage, and the symbol that is tested for and ruled out then, or none. */
static inline int first_stage(const kmc_pixel_context *p, int32_t *tested)
{
    const int flat = (p->agreement & KMC_FLAT) == KMC_FLAT;
    *tested = flat ? p->neighbors[KMC_W] : p->expected;
    return flat ? KMC_STAGE_FLAT : p->expected >= 0 ? KMC_STAGE_EXPECTED : KMC_STAGE_PATH;
}

/* What the contexts of a stage look at. */
static inline const uint64_t *keys_of(const kmc_pixel_context *p, int stage)
{
    return stage == KMC_STAGE_EXPECTED ? p->difference_keys : p->keys;
}

/* The first node, or ~symbol of a lonely leaf. */
static inline int32_t root_of(const kmc_index_model *m)
{
    return m->tree->k > 1 ? 0 : ~0;
}

/* The side that is left where one child is nothing but the symbol ruled out, or -1. */
static inline int forced_side(const kmc_palette_node *node, int32_t excluded)
{
    if (node->child[0] == ~excluded) return 1;
    if (node->child[1] == ~excluded) return 0;
    return -1;
}

#endif
