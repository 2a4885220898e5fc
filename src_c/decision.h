/* What informs one decision of the index model: the place of the pixel, the counters and weights chosen there. */
#ifndef KMC_DECISION_H
#define KMC_DECISION_H

#include "expected.h"
#include "index_model.h"
#include "learned.h"
#include "matcher.h"
#include "repeats.h"

enum {
    KMC_RELATION_BIT = 16, /* of the choice of contexts */
    KMC_GUESS_BIT = 19
};

enum { KMC_MARGIN = 4, KMC_ROWS_ABOVE = 3 }; /* of the plane: columns on both sides, rows */

/* Stages of a pixel. */
enum {
    KMC_AT_PLAIN = 0,   /* a path from the root */
    KMC_AT_FLAT = 1,    /* whether a flat place goes on */
    KMC_AT_ESCAPED = 2, /* a path once it does not */
    KMC_AT_EXPECTED = 3 /* whether another place goes on as expected */
};

#define KMC_FLAT_NODE ((uint64_t)1 << 32) /* what stands for a node where there is none yet */
#define KMC_EXPECTED_NODE ((uint64_t)3 << 32)

struct kmc_index_model {
    const kmc_palette_tree *tree;
    kmc_logistic logistic;
    kmc_rates rates;
    kmc_guesser guesser;
    kmc_matcher matcher;
    kmc_repeats repeats;
    size_t width, stride, x, y;
    uint16_t *plane, *row; /* symbols coded so far */
    uint8_t *runs;         /* how often in a row, downwards, each column had its last symbol */
    uint32_t contexts;
    int n_contexts, n_counters;
    kmc_learned learned;
    uint32_t limits[KMC_INPUTS_MAX]; /* how often the counters of a decision may have been asked */
    uint64_t decisions;
    kmc_expected *expected;
    uint32_t run;     /* how often in a row the last symbol came before */
    uint32_t changed; /* pixels of this row that are not as the one above */
    int32_t rate;
};

/* One decision: what informs it, where its weights are; the final ones by the first set. */
typedef struct decision {
    kmc_counter *counters[KMC_INPUTS_MAX]; /* of contexts, of relations, and where to read rows */
    uint32_t parts[2 * KMC_GUESSES];
    size_t sets[KMC_MIXERS], final;
    int n_rows, twice; /* whether a counter may be there twice */
} decision;

/* ---- the place ----------------------------------------------------------------------------------------------------- */

/* What followed the last place like pixel x of the row. */
static inline uint32_t find_match(kmc_index_model *m, size_t x)
{
    const uint16_t *const here = m->row + x;
    return kmc_matcher_find(&m->matcher, m->plane, (uint32_t)(here - m->plane), here[3 - (ptrdiff_t)m->stride]);
}

static inline void observe(kmc_index_model *m, uint32_t match, kmc_place *p)
{
    const size_t x = m->x;
    kmc_look_around(m->row + x, m->stride, p->around);
    kmc_guess(&m->guesser, x, (const int16_t(*)[4])m->tree->colors, p->around, p->guesses);
    p->agreement = kmc_agreements(p->around);
    p->same = kmc_same_as_left(p->around);
    p->run = m->run;
    p->changed = m->changed;
    p->match = match;
    kmc_hash_contexts(p, p->around, m->contexts, m->runs[x], p->keys);
    p->expected = -1;
    if (m->contexts & KMC_EXPECTING) {
        kmc_expect(m->expected, m->tree, p, m->y == 0);
        kmc_hash_contexts(p, p->off, m->contexts, m->runs[x], p->off_keys);
    }
}

/* ---- one decision -------------------------------------------------------------------------------------------------- */

/* Whether two of n slots are the same: each is compared with all, which is quicker than with those before it alone. */
static inline int any_twice(const kmc_counter *slots, kmc_counter *const found[KMC_CONTEXTS], int n)
{
    uint32_t numbers[KMC_CONTEXTS], equal = 0;
    for (int i = 0; i < KMC_CONTEXTS; i++) numbers[i] = UINT32_MAX;
    for (int i = 0; i < n; i++) numbers[i] = (uint32_t)((size_t)(found[i] - slots) / KMC_SLOT);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < KMC_CONTEXTS; j++) equal += numbers[i] == numbers[j];
    return equal != (uint32_t)n;
}

/* Returns whether a later one became that of an earlier one: its counters come twice. */
static inline int find_slots(const kmc_index_model *m, const uint64_t *keys, uint64_t group, int stage,
                             kmc_counter *found[KMC_CONTEXTS])
{
    for (int i = 0; i < m->n_contexts; i++) {
        const uint64_t hash = kmc_mix(keys[i], group << 2 | (uint64_t)stage);
        found[i] = kmc_slot_find(m->learned.slots, m->learned.slot_bits, hash);
    }
    return any_twice(m->learned.slots, found, m->n_contexts);
}

static inline void fetch_slots(const kmc_index_model *m, const uint64_t *keys, uint64_t group, int stage)
{
    for (int i = 0; i < m->n_contexts; i++)
        kmc_slot_fetch(m->learned.slots, m->learned.slot_bits, kmc_mix(keys[i], group << 2 | (uint64_t)stage));
}

static inline kmc_counter *relation(const kmc_index_model *m, int i, uint64_t a, uint64_t b)
{
    return m->learned.relations[i] + (kmc_mix(kmc_mix((uint64_t)i, a), b) >> (64 - m->learned.relation_bits));
}

/* On which side of the node the first twelve neighbours are, three digits each: 0 is neither. The nearest is the lowest. */
static inline int32_t sides_of(const kmc_palette_node *node, const int32_t *around)
{
    static const int32_t DIGIT[12] = {1, 3, 9, 27, 81, 243, 729, 2187, 6561, 19683, 59049, 177147};
    const int32_t low = (int32_t)node->low, middle = (int32_t)node->middle, high = (int32_t)node->high;
    int32_t sides = 0;
    for (int i = 0; i < 12; i++) {
        const int32_t inside = -(around[i] >= low) & -(around[i] < high);
        sides += inside & (DIGIT[i] << (around[i] >= middle));
    }
    return sides;
}

/* Where the guess lies between the children's mean colours: 0 to 8191, the left one at 3072, the right one at 5120. */
static inline uint32_t project(const kmc_palette_node *node, const int32_t *guess)
{
    int32_t t = 0;
    for (int c = 0; c < 4; c++) t += (guess[c] - node->between[c]) * node->axis[c];
    t = (t >> 8) + 4096;
    return (uint32_t)(t < 0 ? 0 : t > 8191 ? 8191 : t);
}

static inline uint32_t least(size_t a, size_t b)
{
    return (uint32_t)(a < b ? a : b);
}

static inline size_t final_row(const kmc_place *p, uint64_t node)
{
    const uint64_t left_and_above = (uint64_t)p->around[KMC_W] << 16 | (uint64_t)p->around[KMC_N];
    return (size_t)(kmc_mix(kmc_mix(left_and_above, node), 0) >> (64 - KMC_FINAL_BITS));
}

static inline void aim_at_row(const kmc_index_model *m, decision *d, kmc_counter *row, uint32_t t)
{
    d->counters[m->n_counters + d->n_rows] = row + (t >> 8);
    d->parts[d->n_rows++] = t & 255;
}

static inline void aim_at_node(const kmc_index_model *m, const kmc_place *p, size_t at, decision *d)
{
    const kmc_palette_node *const node = &m->tree->nodes[at];
    const size_t own = least(at, KMC_NODES - 1), shared = least((size_t)node->depth, KMC_SHARED - 1);
    const uint32_t sides = (uint32_t)sides_of(node, p->around), four = sides % KMC_SIDES, eight = sides % 6561;
    uint32_t t = 0;
    d->n_rows = 0;
    for (int i = KMC_GUESSES - 1; i >= 0; i--) {
        if (!(m->contexts >> (KMC_GUESS_BIT + i) & 1)) continue;
        t = project(node, p->guesses[i]);
        aim_at_row(m, d, m->learned.rows[i] + own * KMC_ROW, t);
        if (m->contexts & KMC_EXPECTING)
            aim_at_row(m, d, m->learned.shared + ((size_t)i * KMC_SHARED + shared) * KMC_ROW, t);
    }
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, eight, at);
    if (m->contexts >> KMC_RELATION_BIT & 2) *relations++ = relation(m, 1, sides, least((size_t)node->depth, 15));
    if (m->contexts >> KMC_RELATION_BIT & 4) *relations++ = relation(m, 2, four * 32 + (t >> 8), at);
    d->sets[0] = own * 2;
    d->sets[1] = four * 4 + least((size_t)node->depth, 3);
    d->sets[2] = p->agreement * 2 + (node->depth > 0);
    d->final = final_row(p, at);
}

static inline void aim_at_flat(const kmc_index_model *m, const kmc_place *p, decision *d)
{
    const uint64_t flat = KMC_FLAT_NODE, left = (uint64_t)p->around[KMC_W];
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, p->same, flat | left);
    if (m->contexts >> KMC_RELATION_BIT & 2) *relations++ = relation(m, 1, p->same, flat);
    if (m->contexts >> KMC_RELATION_BIT & 4) *relations++ = relation(m, 2, kmc_quantized(p->guesses[0], 7), flat | left);
    d->n_rows = 0;
    d->sets[0] = 1;
    d->sets[1] = 4 * KMC_SIDES + (p->match & 255);
    d->sets[2] = KMC_AGREEMENTS + p->same;
    d->final = final_row(p, KMC_FLAT_NODE);
}

static inline void aim_at_expected(const kmc_index_model *m, const kmc_place *p, decision *d)
{
    const uint32_t like = kmc_same(p->around, p->expected), times = p->times;
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, p->relative, KMC_EXPECTED_NODE);
    if (m->contexts >> KMC_RELATION_BIT & 2)
        *relations++ = relation(m, 1, times * 4 + least(p->changed, 3), KMC_EXPECTED_NODE);
    if (m->contexts >> KMC_RELATION_BIT & 4) *relations++ = relation(m, 2, times * 256 + like, KMC_EXPECTED_NODE);
    int32_t off = 0;
    for (int c = 0; c < 4; c++) off += p->guesses[0][c] - 16 * m->tree->colors[p->expected][c];
    d->n_rows = 0;
    aim_at_row(m, d, m->learned.near, off < -128 ? 0 : off > 127 ? 8191 : (uint32_t)(4096 + 32 * off));
    d->sets[0] = 3;
    d->sets[1] = KMC_SETS_SIDES - KMC_EXPECTED_MAX - 1 + times;
    d->sets[2] = KMC_SETS_AGREEMENT - KMC_LIKE + like;
    d->final = final_row(p, KMC_EXPECTED_NODE);
}

/* What comes before a path: the stage, and the symbol that is asked for and ruled out then, or none. */
static inline int first_stage(const kmc_place *p, int32_t *asked)
{
    const int flat = (p->agreement & KMC_FLAT) == KMC_FLAT;
    *asked = flat ? p->around[KMC_W] : p->expected;
    return flat ? KMC_AT_FLAT : p->expected >= 0 ? KMC_AT_EXPECTED : KMC_AT_PLAIN;
}

/* What the contexts of a stage look at. */
static inline const uint64_t *keys_of(const kmc_place *p, int stage)
{
    return stage == KMC_AT_EXPECTED ? p->off_keys : p->keys;
}

/* The first node, or ~symbol of a lonely leaf. */
static inline int32_t root_of(const kmc_index_model *m)
{
    return m->tree->k > 1 ? 0 : ~0;
}

/* The side that is left where one child is nothing but the symbol ruled out, or -1. */
static inline int forced_side(const kmc_palette_node *node, int32_t ruled_out)
{
    if (node->child[0] == ~ruled_out) return 1;
    if (node->child[1] == ~ruled_out) return 0;
    return -1;
}

#endif
