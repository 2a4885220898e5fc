/* One decision of the index model: what informs it, the bit that is coded, and what learns from it. */
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
    uint64_t decisions;
    kmc_expected *expected;
    uint32_t run;     /* how often in a row the last symbol came before */
    uint32_t changed; /* pixels of this row that are not as the one above */
    int32_t rate;
};

/* One decision: what informs it, where its weights are; the final ones by the first set. */
typedef struct decision {
    kmc_counter *counters[KMC_CONTEXTS + KMC_RELATIONS], *rows[2 * KMC_GUESSES];
    uint32_t parts[2 * KMC_GUESSES];
    size_t sets[KMC_MIXERS], final;
    int n_rows;
} decision;

/* ---- the place ----------------------------------------------------------------------------------------------------- */

static inline void observe(kmc_index_model *m, size_t x, kmc_place *p)
{
    kmc_look_around(m->row + x, m->stride, p->around);
    kmc_guess(&m->guesser, x, (const int16_t(*)[4])m->tree->colors, p->around, p->guesses);
    kmc_matcher_find(&m->matcher, (uint32_t)(m->row + x - m->plane), (uint32_t)p->around[KMC_NEEE]);
    p->agreement = kmc_agreements(p->around);
    p->same = kmc_same_as_left(p->around);
    p->run = m->run;
    p->match = m->matcher.length;
    const uint32_t matched = m->matcher.at == 0 ? 65536 : m->plane[m->matcher.at];
    kmc_hash_contexts(p, p->around, m->contexts, m->runs[x], matched, p->keys);
    p->expected = -1;
    if (m->contexts & KMC_EXPECTING) {
        kmc_expect(m->expected, m->tree, p, m->y == 0);
        kmc_hash_contexts(p, p->off, m->contexts, m->runs[x], matched, p->off_keys);
    }
}

/* ---- one decision -------------------------------------------------------------------------------------------------- */

static inline void find_slots(const kmc_index_model *m, const uint64_t *keys, uint64_t group, int stage,
                              kmc_counter *found[KMC_CONTEXTS])
{
    for (int i = 0; i < m->n_contexts; i++)
        found[i] = kmc_slot_find(m->learned.slots, m->learned.slot_bits, kmc_mix(keys[i], group << 2 | (uint64_t)stage));
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

static inline void aim_at_row(decision *d, kmc_counter *row, uint32_t t)
{
    d->rows[d->n_rows] = row + (t >> 8);
    d->parts[d->n_rows++] = t & 255;
}

static inline void aim_at_node(const kmc_index_model *m, const kmc_place *p, size_t at, decision *d)
{
    const kmc_palette_node *const node = &m->tree->nodes[at];
    const size_t own = least(at, KMC_NODES - 1);
    const uint32_t sides = (uint32_t)sides_of(node, p->around), four = sides % KMC_SIDES, eight = sides % 6561;
    uint32_t t = 0;
    d->n_rows = 0;
    for (int i = KMC_GUESSES - 1; i >= 0; i--) {
        if (!(m->contexts >> (KMC_GUESS_BIT + i) & 1)) continue;
        t = project(node, p->guesses[i]);
        aim_at_row(d, m->learned.rows[i] + own * KMC_ROW, t);
        if (m->contexts & KMC_EXPECTING)
            aim_at_row(d, m->learned.shared + ((size_t)i * KMC_SHARED + least((size_t)node->depth, KMC_SHARED - 1)) * KMC_ROW, t);
    }
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, eight, at);
    if (m->contexts >> KMC_RELATION_BIT & 2) *relations++ = relation(m, 1, sides, least((size_t)node->depth, 15));
    if (m->contexts >> KMC_RELATION_BIT & 4) *relations++ = relation(m, 2, four * 32 + (t >> 8), at);
    d->sets[0] = own * 2;
    d->sets[1] = four * 4 + least((size_t)node->depth, 3);
    d->sets[2] = p->agreement * 2 + (node->depth > 0);
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
    d->sets[1] = 4 * KMC_SIDES + p->match;
    d->sets[2] = KMC_AGREEMENTS + p->same;
}

static inline void aim_at_expected(const kmc_index_model *m, const kmc_place *p, decision *d)
{
    const uint32_t like = kmc_same(p->around, p->expected), times = p->times;
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, p->relative, KMC_EXPECTED_NODE);
    if (m->contexts >> KMC_RELATION_BIT & 2)
        *relations++ = relation(m, 1, times * 4 + least(m->changed, 3), KMC_EXPECTED_NODE);
    if (m->contexts >> KMC_RELATION_BIT & 4) *relations++ = relation(m, 2, times * 256 + like, KMC_EXPECTED_NODE);
    int32_t off = 0;
    for (int c = 0; c < 4; c++) off += p->guesses[0][c] - 16 * m->tree->colors[p->expected][c];
    d->n_rows = 0;
    aim_at_row(d, m->learned.near, off < -128 ? 0 : off > 127 ? 8191 : (uint32_t)(4096 + 32 * off));
    d->sets[0] = 3;
    d->sets[1] = KMC_SETS_SIDES - KMC_EXPECTED_MAX - 1 + times;
    d->sets[2] = KMC_SETS_AGREEMENT - KMC_LIKE + like;
}

static inline int gather(const kmc_index_model *m, const decision *d, int16_t inputs[KMC_INPUTS_MAX])
{
    int n = 0;
    for (; n < m->n_counters; n++) {
        const kmc_counter counter = *d->counters[n];
        inputs[n] = (int16_t)(m->logistic.stretch[counter >> 20] * m->rates.trust[counter & 1023] >> 8);
    }
    for (int i = 0; i < d->n_rows; i++)
        inputs[n++] = m->logistic.stretch[kmc_row_read(d->rows[i], d->parts[i], 256) >> 10];
    inputs[n++] = 256;
    while (n < m->learned.n_inputs) inputs[n++] = 0;
    return n;
}

/* Codes one bit: a probability is mixed, the bit read or written, and everything learns from it. */
static inline int decide(kmc_index_model *m, kmc_coder *coder, const decision *d, int reading, int bit)
{
    int16_t inputs[KMC_INPUTS_MAX];
    int32_t mixed[KMC_MIXERS], sum = 0;
    int32_t *weights[KMC_MIXERS], *const final_weights = m->learned.final_weights[d->sets[0]];
    const int n = gather(m, d, inputs);
    for (int i = 0; i < KMC_MIXERS; i++) {
        weights[i] = m->learned.weights[i] + d->sets[i] * (size_t)m->learned.n_inputs;
        mixed[i] = kmc_mix_inputs(inputs, weights[i], n);
        sum += mixed[i] * final_weights[i] >> 4;
    }
    const int32_t stretched = kmc_clamp_stretched(sum >> 12), before = kmc_squash(&m->logistic, stretched);
    const uint32_t at = (uint32_t)(stretched + KMC_STRETCHED_MAX), part = at & 127;
    kmc_counter *const final = m->learned.final + d->final * KMC_ROW + (at >> 7);
    int32_t p = (before + (int32_t)(kmc_row_read(final, part, 128) >> 6)) >> 1;
    p = p < 4 ? 4 : p > 65532 ? 65532 : p;
    if (reading)
        bit = kmc_coder_read(coder, (uint32_t)p);
    else
        kmc_coder_write(coder, bit, (uint32_t)p);

    for (int i = 0; i < KMC_MIXERS; i++) {
        const int32_t error = (bit << 16) - kmc_squash(&m->logistic, mixed[i]);
        kmc_mix_learn(inputs, weights[i], n, error * m->rate >> 4);
    }
    const int32_t error = ((bit << 16) - before) >> 4;
    for (int i = 0; i < KMC_MIXERS; i++)
        final_weights[i] = kmc_clamp_weight(final_weights[i] + ((mixed[i] * error + (1 << 13)) >> 14), KMC_FINAL_WEIGHT_MAX);
    for (int i = 0; i < m->n_counters; i++)
        kmc_counter_learn(d->counters[i], &m->rates, bit, KMC_LIMIT_CONTEXT);
    for (int i = 0; i < d->n_rows; i++)
        kmc_counter_learn(d->rows[i] + (d->parts[i] >= 128), &m->rates, bit, KMC_LIMIT_ROW);
    kmc_counter_learn(final + (part >= 64), &m->rates, bit, KMC_LIMIT_FINAL);
    m->decisions++;
    return bit;
}

#endif
