/* Coding an index plane, once per instruction set: the including file defines KMC_TARGET and KMC_NAME and includes its
 * lanes_*.h before this. docs/kmc-format.md describes every step. */
#include "codec/decision.h"
#include "codec/prediction_tpl.h"

#include <string.h>

enum {
    RUN_MAX = 31,
    RATE_LAST = 10, /* the learning rate in the end; at first RATE_EXTRA more, halved after RATE_HALF decisions */
    RATE_EXTRA = 42,
    RATE_HALF = 16384,
    CHUNK_PIXELS = 256, /* coded at once, at most to the end of a row */
    PIXELS_AHEAD = 1,   /* whose memory the writer prefetches, */
    DECISIONS_AHEAD = 9 /* and how many decisions of each */
};

/* ---- one decision ------------------------------------------------------------------------------------------------ */

/* The inputs of a decision, and its counters before it. */
typedef struct inputs {
    int32_t all[KMC_INPUTS_MAX], stretched[KMC_INPUTS_MAX];
    uint32_t rates[KMC_INPUTS_MAX], counters[KMC_INPUTS_MAX];
    int n_counters, n; /* n is a multiple of KMC_INPUTS_STEP */
} inputs;

KMC_TARGET static inline void gather_inputs(const kmc_index_model *m, decision *d, inputs *in)
{
    int n = 0;
    for (; n < m->n_counters; n++) {
        const kmc_counter counter = *d->counters[n];
        in->counters[n] = counter;
        in->stretched[n] = m->logistic.stretch[counter >> 20];
        in->rates[n] = m->rates.by_count[counter & 1023];
    }
    for (int i = 0; i < d->n_apms; i++, n++) {
        in->stretched[n] = m->logistic.stretch[kmc_apm_read(d->counters[n], d->parts[i], 256) >> 10];
        d->counters[n] += d->parts[i] >= 128;
        in->counters[n] = *d->counters[n];
        in->rates[n] = (m->rates.by_count[in->counters[n] & 1023] & 0xFFFF0000) | 256;
    }
    in->n_counters = n;
    in->stretched[n] = in->rates[n] = 256;
    for (n++; n % KMC_INPUTS_STEP != 0; n++) in->stretched[n] = 0;
    in->n = n;
    lanes_weigh(in->stretched, in->rates, n, in->all);
}

/* The mixed probability of a decision, and what it was mixed from. */
typedef struct mixture {
    inputs in;
    int32_t mixed[KMC_MIXERS], *weights[KMC_MIXERS], *final_weights;
    int32_t before; /* the probability of a 1 that the mixers give, */
    uint32_t p;     /* and that after the final map */
    kmc_counter *final;
    uint32_t part; /* where in its interval the final map is read */
} mixture;

KMC_TARGET static inline void mix_decision(const kmc_index_model *m, decision *d, mixture *x)
{
    int32_t sum = 0;
    x->final_weights = m->state.final_weights[d->sets[0]];
    gather_inputs(m, d, &x->in);
    for (int i = 0; i < KMC_MIXERS; i++) x->weights[i] = m->state.weights[i] + d->sets[i] * (size_t)m->state.n_inputs;
    lanes_sum(x->in.all, x->weights, x->in.n, x->mixed);
    for (int i = 0; i < KMC_MIXERS; i++) {
        x->mixed[i] = kmc_clamp_stretched(x->mixed[i] >> 12);
        sum += x->mixed[i] * x->final_weights[i] >> 4;
    }
    const int32_t stretched = kmc_clamp_stretched(sum >> 12);
    const uint32_t at = (uint32_t)(stretched + KMC_STRETCHED_MAX);
    x->before = kmc_squash(&m->logistic, stretched);
    x->part = at & 127;
    x->final = m->state.final_apms + d->final_apm * KMC_APM + (at >> 7);
    const int32_t p = (x->before + (int32_t)(kmc_apm_read(x->final, x->part, 128) >> 6)) >> 1;
    x->p = (uint32_t)(p < 4 ? 4 : p > 65532 ? 65532 : p);
}

/* Codes one bit: mixes its probability, reads or writes it, and updates all counters and weights. */
KMC_TARGET static inline int code_decision(kmc_index_model *m, kmc_coder *coder, decision *d, int reading, int bit)
{
    mixture x;
    int32_t errors[KMC_MIXERS];
    mix_decision(m, d, &x);
    bit = kmc_coder_code(coder, reading, bit, x.p);

    for (int i = 0; i < KMC_MIXERS; i++)
        errors[i] = ((bit << 16) - kmc_squash(&m->logistic, x.mixed[i])) * m->rate >> 4;
    lanes_learn(x.in.all, x.weights, x.in.n, errors);
    if (d->duplicates) {
        for (int i = 0; i < x.in.n_counters; i++) kmc_counter_learn(d->counters[i], &m->rates, bit, m->limits[i]);
    } else {
        lanes_count(x.in.counters, x.in.rates, m->limits, x.in.n, bit);
        for (int i = 0; i < x.in.n_counters; i++) *d->counters[i] = x.in.counters[i];
    }
    const int32_t error = ((bit << 16) - x.before) >> 4;
    for (int i = 0; i < KMC_MIXERS; i++) {
        const int32_t updated = x.final_weights[i] + ((x.mixed[i] * error + (1 << 13)) >> 14);
        x.final_weights[i] = kmc_clamp_weight(updated, KMC_FINAL_WEIGHT_MAX);
    }
    kmc_counter_learn(x.final + (x.part >= 64), &m->rates, bit, KMC_LIMIT_FINAL);
    m->decisions++;
    return bit;
}

/* ---- one pixel --------------------------------------------------------------------------------------------------- */

/* A pixel, and its first decisions as far as the writer has prepared them. */
typedef struct pixel {
    kmc_pixel_context context;
    decision prepared[DECISIONS_AHEAD];
    int n_prepared, n_used;
} pixel;

KMC_TARGET static inline void select_first(const kmc_index_model *m, const kmc_pixel_context *ctx, int stage,
                                           decision *d)
{
    if (stage == KMC_STAGE_FLAT)
        select_at_flat(m, ctx, d);
    else
        select_at_expected(m, ctx, d);
}

/* Prepares the first decisions of a pixel of a known symbol, and prefetches the memory that they use. */
KMC_TARGET static inline void prepare_decisions(const kmc_index_model *m, pixel *x, uint32_t symbol)
{
    const kmc_palette_node *const nodes = m->tree->nodes;
    const kmc_pixel_context *const ctx = &x->context;
    int32_t tested;
    int stage = first_stage(ctx, &tested), n = 0;
    int32_t at = root_of(m);
    if (stage != KMC_STAGE_PATH) {
        prefetch_slots(m, keys_of(ctx, stage), 0, stage);
        select_first(m, ctx, stage, &x->prepared[n++]);
        if ((uint32_t)tested == symbol) at = ~0;
        stage = KMC_STAGE_ESCAPED;
    }
    uint32_t group = UINT32_MAX;
    while (at >= 0 && n < DECISIONS_AHEAD) {
        int side = forced_side(&nodes[at], tested);
        if (side < 0) {
            if (nodes[at].group != group) prefetch_slots(m, ctx->keys, group = nodes[at].group, stage);
            select_at_node(m, ctx, (size_t)at, &x->prepared[n++]);
            side = symbol >= nodes[at].split;
        }
        at = nodes[at].child[side];
    }
    for (int i = 0; i < n; i++) {
        for (int j = m->n_contexts; j < m->n_counters; j++) kmc_prefetch(x->prepared[i].counters[j]);
        const kmc_counter *const map = m->state.final_apms + x->prepared[i].final_apm * KMC_APM;
        for (int j = 0; j < KMC_APM; j += 16) kmc_prefetch(map + j);
    }
    x->n_prepared = n;
}

/* Codes the path from the root to the leaf of a symbol, and returns the symbol. */
KMC_TARGET static inline uint32_t code_path(kmc_index_model *m, kmc_coder *coder, pixel *x, int stage,
                                            int32_t excluded, int reading, uint32_t symbol)
{
    const kmc_palette_node *const nodes = m->tree->nodes;
    kmc_counter *found[KMC_CONTEXTS];
    int32_t at = root_of(m);
    uint32_t group = UINT32_MAX;
    int duplicates = 0;
    while (at >= 0) {
        const kmc_palette_node *const node = &nodes[at];
        int side = forced_side(node, excluded);
        if (side < 0) {
            decision own, *const d = x->n_used < x->n_prepared ? &x->prepared[x->n_used++] : &own;
            if (node->group != group) duplicates = find_slots(m, x->context.keys, group = node->group, stage, found);
            if (d == &own) select_at_node(m, &x->context, (size_t)at, d);
            for (int i = 0; i < m->n_contexts; i++) d->counters[i] = found[i] + node->slot_index;
            d->duplicates = duplicates;
            side = code_decision(m, coder, d, reading, symbol >= node->split);
        }
        at = node->child[side];
    }
    return (uint32_t)~at;
}

/* Codes the first decision: whether the symbol is W in a flat context, or the expected one. */
KMC_TARGET static inline int code_first(kmc_index_model *m, kmc_coder *coder, pixel *x, int stage, int reading, int bit)
{
    decision own, *const d = x->n_used < x->n_prepared ? &x->prepared[x->n_used++] : &own;
    if (d == &own) select_first(m, &x->context, stage, d);
    d->duplicates = find_slots(m, keys_of(&x->context, stage), 0, stage, d->counters);
    for (int i = 0; i < m->n_contexts; i++) d->counters[i]++;
    return code_decision(m, coder, d, reading, bit);
}

KMC_TARGET static inline uint32_t code_symbol(kmc_index_model *m, kmc_coder *coder, pixel *x, int reading,
                                              uint32_t symbol)
{
    int32_t tested;
    const int stage = first_stage(&x->context, &tested);
    x->n_used = 0;
    if (stage == KMC_STAGE_PATH) return code_path(m, coder, x, stage, tested, reading, symbol);
    if (code_first(m, coder, x, stage, reading, symbol == (uint32_t)tested)) return (uint32_t)tested;
    return code_path(m, coder, x, KMC_STAGE_ESCAPED, tested, reading, symbol);
}

KMC_TARGET static void begin_row(kmc_index_model *m)
{
    for (int x = -KMC_MARGIN; x < 0; x++) m->row[x] = m->row[-(ptrdiff_t)m->stride];
    m->rate = RATE_LAST + (int32_t)((uint64_t)RATE_EXTRA * RATE_HALF / (RATE_HALF + m->decisions));
    m->run = m->changed = 0;
    m->match_model.at = m->match_model.length = 0;
}

KMC_TARGET static void end_row(kmc_index_model *m)
{
    for (int x = 0; x < KMC_MARGIN; x++) m->row[m->width + (size_t)x] = m->row[m->width - 1];
    m->row += m->stride;
    m->x = 0;
    m->y++;
}

/* Moves on to the next pixel, once the symbol of this one is known. */
KMC_TARGET static inline void advance(kmc_index_model *m, const kmc_pixel_context *ctx, uint32_t symbol)
{
    uint8_t *const below = &m->runs[m->x];
    if (ctx->expected >= 0) kmc_learn_expected(m->expected, m->tree, ctx, symbol);
    kmc_color_predictor_learn(&m->predictor, m->x, m->tree->colors[symbol]);
    m->run = symbol == (uint32_t)ctx->neighbors[KMC_W] ? least(m->run + 1, RUN_MAX) : 0;
    *below = symbol == (uint32_t)ctx->neighbors[KMC_N] ? (uint8_t)least((size_t)*below + 1, RUN_MAX) : 0;
    m->changed += symbol != (uint32_t)ctx->neighbors[KMC_N];
    m->x++;
}

/* Prepares the current pixel of a known symbol, and moves on to the next. */
KMC_TARGET static inline void prepare_next(kmc_index_model *m, pixel *x, uint32_t match, uint32_t symbol)
{
    find_context(m, match, &x->context);
    prepare_decisions(m, x, symbol);
    advance(m, &x->context, symbol);
}

/* Writes up to CHUNK_PIXELS pixels of a row. Contexts depend on the symbols alone, which a writer knows: they are found
 * some time before a pixel is coded, so that the prefetched memory arrives in time. */
KMC_TARGET static inline void write_pixels(kmc_index_model *m, kmc_coder *coder, const uint16_t *symbols, size_t n)
{
    pixel pixels[PIXELS_AHEAD + 1];
    uint32_t matches[CHUNK_PIXELS];
    const size_t x = m->x;
    for (size_t i = 0; i < n; i++) {
        matches[i] = find_match(m, x + i);
        m->row[x + i] = symbols[i];
        kmc_match_model_update(&m->match_model, m->plane, symbols[i]);
    }
    for (size_t i = 0; i < n + PIXELS_AHEAD; i++) {
        if (i < n) prepare_next(m, &pixels[i % (PIXELS_AHEAD + 1)], matches[i], symbols[i]);
        if (i < PIXELS_AHEAD) continue;
        const size_t now = i - PIXELS_AHEAD;
        code_symbol(m, coder, &pixels[now % (PIXELS_AHEAD + 1)], 0, symbols[now]);
    }
}

KMC_TARGET static inline void read_pixels(kmc_index_model *m, kmc_coder *coder, uint16_t *symbols, size_t n)
{
    pixel here;
    here.n_prepared = 0;
    for (size_t i = 0; i < n; i++) {
        uint16_t *const at = m->row + m->x;
        find_context(m, find_match(m, m->x), &here.context);
        *at = symbols[i] = (uint16_t)code_symbol(m, coder, &here, 1, 0);
        kmc_match_model_update(&m->match_model, m->plane, *at);
        advance(m, &here.context, *at);
    }
}

/* Reads pixels when all further bits are 1: in a flat context the symbol is W, an expected symbol is right, and a path
 * leads to the last leaf. The coder needs no probabilities any more, so that nothing is mixed or learned: a file of few
 * bytes that claims many pixels is read fast. */
KMC_TARGET static void read_only_ones(kmc_index_model *m, uint16_t *symbols, size_t n)
{
    const ptrdiff_t above = -(ptrdiff_t)m->stride;
    for (size_t i = 0; i < n; i++, m->x++) {
        uint16_t *const at = m->row + m->x;
        const int flat = at[-1] == at[above] && at[-1] == at[above + 1] && at[-1] == at[above - 1];
        uint32_t symbol = flat ? at[-1] : (uint32_t)m->tree->k - 1;
        if (m->contexts & KMC_EXPECTED_SYMBOL) {
            kmc_pixel_context ctx;
            kmc_load_neighbors(at, m->stride, ctx.neighbors);
            kmc_find_expected(m->expected, m->tree, &ctx, m->y == 0);
            if (!flat) symbol = (uint32_t)ctx.expected;
            kmc_learn_expected(m->expected, m->tree, &ctx, symbol);
        }
        *at = symbols[i] = (uint16_t)symbol;
    }
}

/* Codes whether the row equals the expected one. Its pixels are not learned from then. */
KMC_TARGET static int code_repeat(kmc_index_model *m, kmc_coder *coder, int reading, uint16_t *symbols)
{
    const size_t size = m->width * sizeof *symbols;
    if (m->y == 0 || m->width > KMC_REPEATS_WIDTH_MAX) return 0;
    const uint32_t found = kmc_repeats_find(&m->repeats, m->row - m->stride, m->width, (uint32_t)m->y);
    const uint16_t *const from = m->row - (m->y - found) * m->stride;
    if (kmc_row_is_constant(from, m->width)) return 0;
    const int equal = !reading && memcmp(from, symbols, size) == 0;
    if (!kmc_repeats_code(&m->repeats, &m->rates, coder, reading, equal)) return 0;
    memcpy(m->row, from, size);
    memcpy(symbols, from, size);
    return 1;
}

KMC_TARGET static inline void code(kmc_index_model *m, kmc_coder *coder, int reading, uint16_t *symbols, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t here = m->width - m->x;
        if (m->x == 0) begin_row(m);
        if (m->x == 0 && code_repeat(m, coder, reading, symbols + i)) {
            m->x = m->width;
        } else {
            here = least(least(here, n - i), CHUNK_PIXELS);
            if (reading && kmc_coder_only_ones(coder))
                read_only_ones(m, symbols + i, here);
            else if (reading)
                read_pixels(m, coder, symbols + i, here);
            else
                write_pixels(m, coder, symbols + i, here);
        }
        i += here;
        if (m->x == m->width) end_row(m);
    }
}

/* kmc_codec_kernels.write_indices. */
KMC_TARGET static void KMC_NAME(write_indices)(kmc_index_model *model, kmc_coder *coder, uint16_t *symbols, size_t n)
{
    code(model, coder, 0, symbols, n);
}

/* kmc_codec_kernels.read_indices. */
KMC_TARGET static void KMC_NAME(read_indices)(kmc_index_model *model, kmc_coder *coder, uint16_t *symbols, size_t n)
{
    code(model, coder, 1, symbols, n);
}
