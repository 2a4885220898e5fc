/* The model of an index plane: counters under many contexts, mixed. The format's document tells every step. */
#include "decision.h"

#include <string.h>

enum {
    MARGIN = 4, /* columns on both sides of the plane */
    ROWS_ABOVE = 3,
    RUN_MAX = 31,
    RATE_LAST = 10, /* how fast weights follow, in the end; and at first, until after RATE_HALF decisions half is gone */
    RATE_EXTRA = 42,
    RATE_HALF = 16384,
    PLAIN = 0, /* stages: a path from the root; whether a flat place goes on; a path once it does not */
    FLAT = 1,
    ESCAPED = 2,
    EXPECTED = 3 /* whether another place goes on as expected */
};

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

static inline uint32_t code_path(kmc_index_model *m, kmc_coder *coder, const kmc_place *p, int stage, int32_t ruled_out,
                                 int reading, uint32_t symbol)
{
    const kmc_palette_node *const nodes = m->tree->nodes;
    kmc_counter *found[KMC_CONTEXTS];
    int32_t at = m->tree->k > 1 ? 0 : ~0;
    uint32_t group = UINT32_MAX;
    while (at >= 0) {
        const kmc_palette_node *const node = &nodes[at];
        int side = forced_side(node, ruled_out);
        if (side < 0) {
            decision d;
            if (node->group != group) find_slots(m, p->keys, group = node->group, stage, found);
            for (int i = 0; i < m->n_contexts; i++) d.counters[i] = found[i] + node->place;
            aim_at_node(m, p, (size_t)at, &d);
            d.final = final_row(p, (uint64_t)at);
            side = decide(m, coder, &d, reading, symbol >= node->middle);
        }
        at = node->child[side];
    }
    return (uint32_t)~at;
}

/* Codes a bit that comes before any path; `node` stands for the node there is none of. */
static inline int code_before(kmc_index_model *m, kmc_coder *coder, const kmc_place *p, int stage, uint64_t node,
                              decision *d, int reading, int bit)
{
    find_slots(m, stage == EXPECTED ? p->off_keys : p->keys, 0, stage, d->counters);
    for (int i = 0; i < m->n_contexts; i++) d->counters[i]++;
    d->final = final_row(p, node);
    return decide(m, coder, d, reading, bit);
}

static inline int code_flat(kmc_index_model *m, kmc_coder *coder, const kmc_place *p, int reading, int bit)
{
    decision d;
    aim_at_flat(m, p, &d);
    return code_before(m, coder, p, FLAT, KMC_FLAT_NODE, &d, reading, bit);
}

static inline int code_expected(kmc_index_model *m, kmc_coder *coder, const kmc_place *p, int reading, int bit)
{
    decision d;
    aim_at_expected(m, p, &d);
    return code_before(m, coder, p, EXPECTED, KMC_EXPECTED_NODE, &d, reading, bit);
}

static inline uint32_t code_symbol(kmc_index_model *m, kmc_coder *coder, kmc_place *p, int reading, uint32_t symbol)
{
    const int32_t left = p->around[KMC_W];
    const int flat = (p->agreement & KMC_FLAT) == KMC_FLAT;
    if (flat) {
        if (code_flat(m, coder, p, reading, symbol == (uint32_t)left))
            symbol = (uint32_t)left;
        else
            symbol = code_path(m, coder, p, ESCAPED, left, reading, symbol);
    } else if (p->expected >= 0) {
        if (code_expected(m, coder, p, reading, symbol == (uint32_t)p->expected))
            symbol = (uint32_t)p->expected;
        else
            symbol = code_path(m, coder, p, ESCAPED, p->expected, reading, symbol);
    } else {
        symbol = code_path(m, coder, p, PLAIN, INT32_MAX, reading, symbol);
    }
    if (p->expected >= 0) kmc_expected_learn(m->expected, m->tree, p, symbol);
    return symbol;
}

static void begin_row(kmc_index_model *m)
{
    for (int x = -MARGIN; x < 0; x++) m->row[x] = m->row[-(ptrdiff_t)m->stride];
    m->rate = RATE_LAST + (int32_t)((uint64_t)RATE_EXTRA * RATE_HALF / (RATE_HALF + m->decisions));
    m->run = m->changed = 0;
    m->matcher.at = m->matcher.length = 0;
}

static void end_row(kmc_index_model *m)
{
    for (int x = 0; x < MARGIN; x++) m->row[m->width + (size_t)x] = m->row[m->width - 1];
    m->row += m->stride;
    m->x = 0;
    m->y++;
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
    m->changed += symbol != (uint32_t)p.around[KMC_N];
}

/* Codes whether the row is as an earlier one lets expect; nothing is learnt from such a row. */
static int code_repeat(kmc_index_model *m, kmc_coder *coder, int reading, uint16_t *symbols)
{
    const size_t size = m->width * sizeof *symbols;
    if (m->y == 0 || m->width > KMC_REPEATS_WIDTH_MAX) return 0;
    const uint32_t found = kmc_repeats_find(&m->repeats, m->row - m->stride, m->width, (uint32_t)m->y);
    const uint16_t *const from = m->row - (m->y - found) * m->stride;
    if (kmc_repeats_plain(from, m->width)) return 0;
    if (!kmc_repeats_code(&m->repeats, &m->rates, coder, reading, !reading && memcmp(from, symbols, size) == 0)) return 0;
    memcpy(m->row, from, size);
    memcpy(symbols, from, size);
    return 1;
}

static inline void code(kmc_index_model *m, kmc_coder *coder, int reading, uint16_t *symbols, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t done = 1;
        if (m->x == 0) begin_row(m);
        if (m->x == 0 && code_repeat(m, coder, reading, symbols + i))
            done = m->width;
        else
            code_pixel(m, coder, reading, symbols + i);
        i += done;
        m->x += done;
        if (m->x == m->width) end_row(m);
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
           (sizeof(kmc_expected) << KMC_EXPECTED_BITS) +
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
    m->n_contexts = chosen(choice.contexts, 0, KMC_RELATION_BIT);
    m->n_counters = chosen(choice.contexts, 0, KMC_GUESS_BIT);
    const int n_rows = chosen(choice.contexts, KMC_GUESS_BIT, KMC_GUESS_BIT + KMC_GUESSES);
    const int n_inputs = m->n_counters + (choice.contexts & KMC_EXPECTING ? 2 * n_rows : n_rows) + 1;
    kmc_logistic_fill(&m->logistic);
    kmc_rates_fill(&m->rates);
    kmc_repeats_start(&m->repeats);
    m->plane = kmc_alloc_zeroed(height + ROWS_ABOVE, m->stride * sizeof *m->plane);
    m->runs = kmc_alloc_zeroed(width, 1);
    m->expected = kmc_alloc_zeroed((size_t)1 << KMC_EXPECTED_BITS, sizeof *m->expected);
    kmc_status status = m->plane && m->runs && m->expected ? KMC_OK : KMC_NO_MEMORY;
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
    kmc_free(model->expected);
    kmc_free(model);
}
