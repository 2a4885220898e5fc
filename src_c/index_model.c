/* The model of an index plane: counters under many contexts, mixed. The format's document tells every step. */
#include "index_model.h"

#include "learned.h"
#include "matcher.h"
#include "place.h"

enum {
    MARGIN = 4, /* columns on both sides of the plane */
    ROWS_ABOVE = 3,
    RELATION_BIT = 16, /* of the choice of contexts */
    GUESS_BIT = 19,
    RUN_MAX = 31,
    RATE_LAST = 10, /* how fast weights follow, in the end; and at first, until after RATE_HALF decisions half is gone */
    RATE_EXTRA = 42,
    RATE_HALF = 16384,
    FINAL_RATE = 1,
    PLAIN = 0, /* stages: a path from the root; whether a flat place goes on; a path once it does not */
    FLAT = 1,
    ESCAPED = 2
};

struct kmc_index_model {
    const kmc_palette_tree *tree;
    kmc_logistic logistic;
    kmc_rates rates;
    kmc_guesser guesser;
    kmc_matcher matcher;
    size_t width, stride, x;
    uint16_t *plane, *row; /* symbols coded so far */
    uint8_t *runs;         /* how often in a row, downwards, each column had its last symbol */
    uint32_t contexts;
    int n_contexts, n_counters;
    kmc_learned learned;
    uint64_t decisions;
    uint32_t run; /* how often in a row the last symbol came before */
    int32_t rate;
};

/* One decision: its node, what informs it, where its weights are. */
typedef struct decision {
    kmc_counter *counters[KMC_CONTEXTS + KMC_RELATIONS], *rows[KMC_GUESSES];
    uint32_t parts[KMC_GUESSES];
    size_t node, sets[KMC_MIXERS], final;
    int n_rows;
} decision;

/* ---- one decision -------------------------------------------------------------------------------------------------- */

static inline void observe(kmc_index_model *m, size_t x, kmc_place *p)
{
    kmc_look_around(m->row + x, m->stride, p->around);
    kmc_guess(&m->guesser, x, (const int16_t(*)[4])m->tree->colors, p->around, p->guesses);
    kmc_matcher_find(&m->matcher, (uint32_t)(m->row + x - m->plane), (uint32_t)p->around[KMC_NEEE]);
    p->agreement = kmc_agreements(p->around);
    p->same = kmc_same_as_left(p->around);
    p->run = m->run;
    p->match = m->matcher.length;
    kmc_hash_contexts(p, m->contexts, m->runs[x], m->matcher.at == 0 ? 65536 : m->plane[m->matcher.at]);
}

/* ---- one decision -------------------------------------------------------------------------------------------------- */

static inline void find_slots(const kmc_index_model *m, const kmc_place *p, uint64_t group, int stage,
                              kmc_counter *found[KMC_CONTEXTS])
{
    for (int i = 0; i < m->n_contexts; i++)
        found[i] = kmc_slot_find(m->learned.slots, m->learned.slot_bits, kmc_mix(p->keys[i], group << 2 | (uint64_t)stage));
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

static inline void aim_at_node(const kmc_index_model *m, const kmc_place *p, size_t at, decision *d)
{
    const kmc_palette_node *const node = &m->tree->nodes[at];
    const size_t own = least(at, KMC_NODES - 1);
    const uint32_t sides = (uint32_t)sides_of(node, p->around), four = sides % KMC_SIDES, eight = sides % 6561;
    uint32_t t = 0;
    d->n_rows = 0;
    for (int i = KMC_GUESSES - 1; i >= 0; i--) {
        if (!(m->contexts >> (GUESS_BIT + i) & 1)) continue;
        t = project(node, p->guesses[i]);
        d->rows[d->n_rows] = m->learned.rows[i] + own * KMC_ROW + (t >> 8);
        d->parts[d->n_rows++] = t & 255;
    }
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> RELATION_BIT & 1) *relations++ = relation(m, 0, eight, at);
    if (m->contexts >> RELATION_BIT & 2) *relations++ = relation(m, 1, sides, least((size_t)node->depth, 15));
    if (m->contexts >> RELATION_BIT & 4) *relations++ = relation(m, 2, four * 32 + (t >> 8), at);
    d->node = own * 2;
    d->sets[0] = own * 2;
    d->sets[1] = four * 4 + least((size_t)node->depth, 3);
    d->sets[2] = p->agreement * 2 + (node->depth > 0);
}

static inline void aim_at_flat(const kmc_index_model *m, const kmc_place *p, decision *d)
{
    const uint64_t flat = (uint64_t)1 << 32, left = (uint64_t)p->around[KMC_W];
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> RELATION_BIT & 1) *relations++ = relation(m, 0, p->same, flat | left);
    if (m->contexts >> RELATION_BIT & 2) *relations++ = relation(m, 1, p->same, flat);
    if (m->contexts >> RELATION_BIT & 4) *relations++ = relation(m, 2, kmc_quantized(p->guesses[0], 7), flat | left);
    d->n_rows = 0;
    d->node = 1;
    d->sets[0] = 1;
    d->sets[1] = 4 * KMC_SIDES + p->match;
    d->sets[2] = KMC_AGREEMENTS + p->same;
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
    int32_t *weights[KMC_MIXERS], *const final_weights = m->learned.final_weights[d->node];
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
    const int32_t error = ((bit << 16) - before) * FINAL_RATE >> 4;
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

/* ---- one pixel ----------------------------------------------------------------------------------------------------- */

static inline size_t final_row(const kmc_place *p, uint64_t node)
{
    return (size_t)(kmc_mix(kmc_mix((uint64_t)p->around[KMC_W] << 16 | (uint64_t)p->around[KMC_N], node), 0) >> (64 - KMC_FINAL_BITS));
}

/* The side that is left where one child is nothing but the symbol ruled out, or -1. */
static inline int forced_side(const kmc_palette_node *node, int32_t ruled_out)
{
    if (node->child[0] == ~ruled_out) return 1;
    if (node->child[1] == ~ruled_out) return 0;
    return -1;
}

static inline uint32_t code_path(kmc_index_model *m, kmc_coder *coder, const kmc_place *p, int stage, int reading,
                                 uint32_t symbol)
{
    const kmc_palette_node *const nodes = m->tree->nodes;
    const int32_t ruled_out = stage == ESCAPED ? p->around[KMC_W] : INT32_MAX;
    kmc_counter *found[KMC_CONTEXTS];
    int32_t at = m->tree->k > 1 ? 0 : ~0;
    uint32_t group = UINT32_MAX;
    while (at >= 0) {
        const kmc_palette_node *const node = &nodes[at];
        int side = forced_side(node, ruled_out);
        if (side < 0) {
            decision d;
            if (node->group != group) find_slots(m, p, group = node->group, stage, found);
            for (int i = 0; i < m->n_contexts; i++) d.counters[i] = found[i] + node->place;
            aim_at_node(m, p, (size_t)at, &d);
            d.final = final_row(p, (uint64_t)at);
            side = decide(m, coder, &d, reading, symbol >= node->middle);
        }
        at = node->child[side];
    }
    return (uint32_t)~at;
}

static inline uint32_t code_symbol(kmc_index_model *m, kmc_coder *coder, const kmc_place *p, int reading, uint32_t symbol)
{
    const int flat = (p->agreement & KMC_FLAT) == KMC_FLAT;
    if (flat) {
        decision d;
        find_slots(m, p, 0, FLAT, d.counters);
        for (int i = 0; i < m->n_contexts; i++) d.counters[i]++;
        aim_at_flat(m, p, &d);
        d.final = final_row(p, (uint64_t)1 << 32);
        if (decide(m, coder, &d, reading, symbol == (uint32_t)p->around[KMC_W])) return (uint32_t)p->around[KMC_W];
    }
    return code_path(m, coder, p, flat ? ESCAPED : PLAIN, reading, symbol);
}

static void begin_row(kmc_index_model *m)
{
    for (int x = -MARGIN; x < 0; x++) m->row[x] = m->row[-(ptrdiff_t)m->stride];
    m->rate = RATE_LAST + (int32_t)((uint64_t)RATE_EXTRA * RATE_HALF / (RATE_HALF + m->decisions));
    m->run = 0;
    m->matcher.at = m->matcher.length = 0;
}

static void end_row(kmc_index_model *m)
{
    for (int x = 0; x < MARGIN; x++) m->row[m->width + (size_t)x] = m->row[m->width - 1];
    m->row += m->stride;
    m->x = 0;
}

static inline void code_pixel(kmc_index_model *m, kmc_coder *coder, int reading, uint16_t *at)
{
    kmc_place p;
    observe(m, m->x, &p);
    const uint32_t symbol = code_symbol(m, coder, &p, reading, reading ? 0 : *at);
    uint8_t *const below = &m->runs[m->x];
    m->row[m->x] = *at = (uint16_t)symbol;
    kmc_guesser_learn(&m->guesser, m->x, m->tree->colors[symbol]);
    kmc_matcher_step(&m->matcher, m->plane, symbol);
    m->run = symbol == (uint32_t)p.around[KMC_W] ? least(m->run + 1, RUN_MAX) : 0;
    *below = symbol == (uint32_t)p.around[KMC_N] ? (uint8_t)least((size_t)*below + 1, RUN_MAX) : 0;
}

static inline void code(kmc_index_model *m, kmc_coder *coder, int reading, uint16_t *symbols, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (m->x == 0) begin_row(m);
        code_pixel(m, coder, reading, symbols + i);
        if (++m->x == m->width) end_row(m);
    }
}

void kmc_index_model_write(kmc_index_model *model, kmc_coder *coder, uint16_t *symbols, size_t n)
{
    code(model, coder, 0, symbols, n);
}

void kmc_index_model_read(kmc_index_model *model, kmc_coder *coder, uint16_t *symbols, size_t n)
{
    code(model, coder, 1, symbols, n);
}

/* ---- a new model --------------------------------------------------------------------------------------------------- */

static int chosen(uint32_t contexts, int from, int to)
{
    int n = 0;
    for (int i = from; i < to; i++) n += (int)(contexts >> i & 1);
    return n;
}

uint64_t kmc_index_model_bytes(size_t width, size_t height, kmc_model_choice choice)
{
    const uint64_t columns = (uint64_t)width + 2 * MARGIN, rows = (uint64_t)height + ROWS_ABOVE;
    return kmc_learned_bytes(choice.slot_bits) + KMC_MATCHER_BYTES + sizeof(kmc_index_model) +
           columns * (sizeof(uint8_t) + KMC_RULES * sizeof(int32_t)) + columns * rows * sizeof(uint16_t);
}

kmc_status kmc_index_model_new(const kmc_palette_tree *tree, size_t width, size_t height, kmc_model_choice choice,
                               kmc_index_model **model)
{
    kmc_index_model *const m = kmc_alloc_zeroed(1, sizeof *m);
    *model = m;
    if (!m) return KMC_NO_MEMORY;
    m->tree = tree;
    m->width = width;
    m->stride = width + 2 * MARGIN;
    m->contexts = choice.contexts;
    m->n_contexts = chosen(choice.contexts, 0, RELATION_BIT);
    m->n_counters = chosen(choice.contexts, 0, GUESS_BIT);
    const int n_inputs = chosen(choice.contexts, 0, GUESS_BIT + KMC_GUESSES) + 1;
    kmc_logistic_fill(&m->logistic);
    kmc_rates_fill(&m->rates);
    m->plane = kmc_alloc_zeroed(height + ROWS_ABOVE, m->stride * sizeof *m->plane);
    m->runs = kmc_alloc_zeroed(width, 1);
    kmc_status status = m->plane && m->runs ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) status = kmc_guesser_new(width, &m->guesser);
    if (status == KMC_OK) status = kmc_matcher_new(&m->matcher);
    if (status == KMC_OK)
        status = kmc_learned_new(tree->k, choice.slot_bits,
                                 (n_inputs + KMC_INPUTS_STEP - 1) / KMC_INPUTS_STEP * KMC_INPUTS_STEP, &m->learned);
    if (status != KMC_OK) {
        kmc_index_model_free(m);
        *model = NULL;
        return status;
    }
    m->row = m->plane + ROWS_ABOVE * m->stride + MARGIN;
    return KMC_OK;
}

void kmc_index_model_free(kmc_index_model *model)
{
    if (!model) return;
    kmc_guesser_free(&model->guesser);
    kmc_matcher_free(&model->matcher);
    kmc_learned_free(&model->learned);
    kmc_free(model->plane);
    kmc_free(model->runs);
    kmc_free(model);
}
