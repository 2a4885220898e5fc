/* The index model and its binary decisions: which counters, maps and weights each of them uses. */
#ifndef KMC_CODEC_DECISION_H
#define KMC_CODEC_DECISION_H

#include "codec/expected.h"
#include "codec/index_model.h"
#include "codec/match_model.h"
#include "codec/model_state.h"
#include "codec/repeats.h"

enum {
    KMC_RELATION_BIT = 16, /* first bits of their kind in `contexts` */
    KMC_PREDICTION_BIT = 19
};

enum { KMC_MARGIN = 4, KMC_ROWS_ABOVE = 3 }; /* of the plane, so that every pixel has all neighbours */

/* Stages of a pixel. In a flat context the first decision is whether the symbol is W; in any other, with an expected
 * symbol, whether it is that. An escape excludes this symbol from the path through the palette tree. */
enum {
    KMC_STAGE_PATH = 0, /* a path without a first decision */
    KMC_STAGE_FLAT = 1,
    KMC_STAGE_ESCAPED = 2, /* a path after an escape */
    KMC_STAGE_EXPECTED = 3
};

#define KMC_FLAT_NODE ((uint64_t)1 << 32) /* node numbers of the first decisions */
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
    uint8_t *runs;         /* of each column, the length of its run of equal symbols */
    uint32_t contexts;
    int n_contexts, n_counters;
    kmc_model_state state;
    uint32_t limits[KMC_INPUTS_MAX]; /* of each counter of a decision */
    uint64_t decisions;
    kmc_expected_step *expected;
    uint32_t run;     /* the length of the run of the last symbol */
    uint32_t changed; /* pixels of this row that differ from the one above */
    int32_t rate;     /* learning rate of the mixers */
};

/* One decision: its inputs, and its sets of weights. The final weights are those of sets[0]. */
typedef struct decision {
    kmc_counter *counters[KMC_INPUTS_MAX]; /* of contexts, of relations, and the left ones of maps */
    uint32_t parts[2 * KMC_PREDICTIONS]; /* where to read each map, in units of 1/256 */
    size_t sets[KMC_MIXERS], final_apm;
    int n_apms, duplicates; /* duplicates: whether a counter may occur twice */
} decision;

/* ---- one decision ------------------------------------------------------------------------------------------------ */

/* Whether two of n slots are the same. Comparing each with all is faster than with those before it alone: it is
 * vectorised. */
static inline int any_duplicates(const kmc_counter *slots, kmc_counter *const found[KMC_CONTEXTS], int n)
{
    uint32_t numbers[KMC_CONTEXTS], equal = 0;
    for (int i = 0; i < KMC_CONTEXTS; i++) numbers[i] = UINT32_MAX;
    for (int i = 0; i < n; i++) numbers[i] = (uint32_t)((size_t)(found[i] - slots) / KMC_SLOT);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < KMC_CONTEXTS; j++) equal += numbers[i] == numbers[j];
    return equal != (uint32_t)n;
}

/* Finds the slots of all contexts. Returns whether two contexts share one, since a later find took it over. */
static inline int find_slots(const kmc_index_model *m, const uint64_t *keys, uint64_t group, int stage,
                             kmc_counter *found[KMC_CONTEXTS])
{
    for (int i = 0; i < m->n_contexts; i++) {
        const uint64_t hash = kmc_mix(keys[i], group << 2 | (uint64_t)stage);
        found[i] = kmc_slot_find(m->state.slots, m->state.slot_bits, hash);
    }
    return any_duplicates(m->state.slots, found, m->n_contexts);
}

static inline void prefetch_slots(const kmc_index_model *m, const uint64_t *keys, uint64_t group, int stage)
{
    for (int i = 0; i < m->n_contexts; i++)
        kmc_slot_prefetch(m->state.slots, m->state.slot_bits, kmc_mix(keys[i], group << 2 | (uint64_t)stage));
}

static inline uint32_t least(size_t a, size_t b)
{
    return (uint32_t)(a < b ? a : b);
}

/* The stage that a pixel begins with, and the symbol of its first decision, or -1. */
static inline int first_stage(const kmc_pixel_context *ctx, int32_t *tested)
{
    const int flat = (ctx->agreement & KMC_FLAT) == KMC_FLAT;
    *tested = flat ? ctx->neighbors[KMC_W] : ctx->expected;
    return flat ? KMC_STAGE_FLAT : ctx->expected >= 0 ? KMC_STAGE_EXPECTED : KMC_STAGE_PATH;
}

/* The context hashes of a stage. */
static inline const uint64_t *keys_of(const kmc_pixel_context *ctx, int stage)
{
    return stage == KMC_STAGE_EXPECTED ? ctx->difference_keys : ctx->keys;
}

/* The root: a node, or ~symbol if it is a leaf. */
static inline int32_t root_of(const kmc_index_model *m)
{
    return m->tree->k > 1 ? 0 : ~0;
}

/* The side that must be taken because the other child is the leaf of the excluded symbol, or -1. */
static inline int forced_side(const kmc_palette_node *node, int32_t excluded)
{
    if (node->child[0] == ~excluded) return 1;
    if (node->child[1] == ~excluded) return 0;
    return -1;
}

#endif
