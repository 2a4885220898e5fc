/* Choosing the symbols of an index plane, once per instruction set: the including file includes index_kernels_tpl.h
 * before this.
 *
 * A pixel's candidates are its nearest entry, a few others near that, and the symbols of its neighbours. Their paths
 * through the palette tree share most decisions: the tree is walked once for all of them, and a branch is left when it
 * can no longer be the best. What is chosen is coded, so that the model learns what the coder will have learned. */
#include "codec/choice.h"
#include "kmeans/points.h"

enum { CANDIDATES_MAX = 1 + KMC_NEAR_TRIED + KMC_NE + 1 };

typedef struct candidate {
    int64_t distance; /* squared, in excess of that of the nearest entry and weighted, in units of 1/65536 */
    uint32_t symbol;
} candidate;

/* The candidates of a pixel, by symbol, and the best so far. */
typedef struct candidates {
    candidate all[CANDIDATES_MAX];
    int n;
    int64_t nearest, weight; /* the least squared distance; what an excess counts, in 1/256 */
    int64_t least; /* what the best costs */
    uint32_t best;
} candidates;

/* Candidates first .. last-1 below a node, which the path to it costs `bits`. */
typedef struct branch {
    int32_t at;
    int first, last;
    uint32_t bits;
} branch;

/* ---- candidates -------------------------------------------------------------------------------------------------- */

/* Inserts a candidate by its symbol, unless it is there. */
KMC_TARGET static inline void add_candidate(candidates *found, uint32_t symbol, int64_t distance)
{
    int i = found->n;
    for (int j = 0; j < found->n; j++)
        if (found->all[j].symbol == symbol) return;
    for (; i > 0 && found->all[i - 1].symbol > symbol; i--) found->all[i] = found->all[i - 1];
    found->all[i] = (candidate){(distance - found->nearest) * found->weight << 8, symbol};
    found->n++;
}

/* Adds those of the entries near the nearest one that are nearest to the point. */
KMC_TARGET static inline void add_near(const kmc_chooser *c, const int16_t *point, uint32_t nearest, int64_t most,
                                       candidates *found)
{
    candidate few[KMC_NEAR_TRIED];
    int n = 0;
    for (int i = 0; i < KMC_NEAR; i++) {
        const uint32_t symbol = c->near[nearest][i];
        const int64_t distance = kmc_squared_distance(point, c->entries[symbol]);
        if (symbol == nearest || distance > most) continue;
        if (n == KMC_NEAR_TRIED && distance >= few[n - 1].distance) continue;
        int at = n < KMC_NEAR_TRIED ? n++ : n - 1;
        for (; at > 0 && few[at - 1].distance > distance; at--) few[at] = few[at - 1];
        few[at] = (candidate){distance, symbol};
    }
    for (int i = 0; i < n; i++) add_candidate(found, few[i].symbol, few[i].distance);
}

/* The candidates of a pixel: the nearest symbol alone if the pixel keeps it. */
KMC_TARGET static inline void find_candidates(const kmc_chooser *c, const kmc_pixel_context *ctx, const int16_t *point,
                                              uint32_t nearest, size_t k, uint32_t weight, candidates *found)
{
    const int64_t least = kmc_squared_distance(point, c->entries[nearest]), most = least + c->reach;
    found->n = 0;
    found->nearest = least;
    found->weight = weight;
    found->least = INT64_MAX;
    found->best = nearest;
    add_candidate(found, nearest, least);
    if (least == 0 || c->kinds[nearest] == 0) return;
    add_near(c, point, nearest, most, found);
    for (int i = KMC_W; i <= KMC_NE; i++) {
        const uint32_t symbol = (uint32_t)ctx->neighbors[i];
        if (symbol >= k || c->kinds[symbol] != c->kinds[nearest]) continue;
        const int64_t distance = kmc_squared_distance(point, c->entries[symbol]);
        if (distance <= most) add_candidate(found, symbol, distance);
    }
}

/* ---- prices ------------------------------------------------------------------------------------------------------ */

KMC_TARGET static inline const kmc_counter *peek_slot(const kmc_index_model *m, const kmc_chooser *c, uint64_t hash)
{
    const uint32_t check = (uint32_t)hash | 1;
    const size_t number = (size_t)(hash >> (64 - m->state.slot_bits));
    const kmc_counter *const first = m->state.slots + number * KMC_SLOT;
    const kmc_counter *const second = m->state.slots + (number ^ 1) * KMC_SLOT;
    return first[0] == check ? first : second[0] == check ? second : c->empty;
}

/* Sets the counters of all contexts, without resetting any slot. They are only read. */
KMC_TARGET static inline void peek_slots(const kmc_index_model *m, const kmc_chooser *c, const uint64_t *keys,
                                         uint64_t group, int stage, const kmc_counter *found[KMC_CONTEXTS])
{
    for (int i = 0; i < m->n_contexts; i++)
        found[i] = peek_slot(m, c, kmc_mix(keys[i], group << 2 | (uint64_t)stage));
}

/* The probability of a 1 at a decision whose slots are found. */
KMC_TARGET static inline uint32_t probability(const kmc_index_model *m, decision *d,
                                              const kmc_counter *const found[KMC_CONTEXTS], uint32_t slot_index)
{
    mixture mixed;
    for (int i = 0; i < m->n_contexts; i++) d->counters[i] = (kmc_counter *)(uintptr_t)(found[i] + slot_index);
    mix_decision(m, d, &mixed);
    return (uint32_t)mixed.before;
}

KMC_TARGET static inline uint32_t cost_of(const kmc_chooser *c, uint32_t p)
{
    return c->costs[p >> (16 - KMC_COSTS_BITS)];
}

/* The least that one of some candidates can cost once the path so far costs `bits`. */
KMC_TARGET static inline int64_t bound_of(const kmc_chooser *c, const candidates *found, const branch *b)
{
    int64_t least = found->all[b->first].distance;
    for (int i = b->first + 1; i < b->last; i++)
        least = found->all[i].distance < least ? found->all[i].distance : least;
    return least + c->lambda * b->bits;
}

/* Follows a branch to its most promising leaf, and puts those beside it on the stack. */
KMC_TARGET static inline int follow(const kmc_index_model *m, const kmc_chooser *c, const kmc_pixel_context *ctx,
                                    int stage, int32_t excluded, branch b, candidates *found, branch *stack, int top)
{
    const kmc_counter *slots[KMC_CONTEXTS];
    uint32_t group = UINT32_MAX;
    while (bound_of(c, found, &b) < found->least) {
        if (b.at < 0) {
            found->least = bound_of(c, found, &b);
            found->best = (uint32_t)~b.at;
            break;
        }
        const kmc_palette_node *const node = &m->tree->nodes[b.at];
        int side = forced_side(node, excluded);
        if (side < 0) {
            decision d;
            int split = b.first;
            while (split < b.last && found->all[split].symbol < node->split) split++;
            if (node->group != group) peek_slots(m, c, ctx->keys, group = node->group, stage, slots);
            select_at_node(m, ctx, (size_t)b.at, &d);
            const uint32_t p = probability(m, &d, slots, node->slot_index);
            branch other = {node->child[1], split, b.last, b.bits + cost_of(c, p)};
            b = (branch){node->child[0], b.first, split, b.bits + cost_of(c, 65536 - p)};
            if (b.first == b.last || (split < other.last && bound_of(c, found, &other) < bound_of(c, found, &b))) {
                const branch swapped = b;
                b = other;
                other = swapped;
            }
            if (other.first != other.last) stack[top++] = other;
        } else {
            b.at = node->child[side];
        }
    }
    return top;
}

/* Removes a candidate; it is what its bits cost, if that is the least so far. */
KMC_TARGET static inline void settle(const kmc_chooser *c, candidates *found, uint32_t symbol, uint32_t bits)
{
    int n = 0;
    for (int i = 0; i < found->n; i++) {
        const candidate each = found->all[i];
        if (each.symbol != symbol) {
            found->all[n++] = each;
            continue;
        }
        found->least = each.distance + c->lambda * bits;
        found->best = symbol;
    }
    found->n = n;
}

/* The best candidate of a pixel. */
KMC_TARGET static inline uint32_t best_candidate(const kmc_index_model *m, const kmc_chooser *c,
                                                 const kmc_pixel_context *ctx, candidates *found)
{
    branch stack[CANDIDATES_MAX];
    const kmc_counter *slots[KMC_CONTEXTS];
    uint32_t bits = 0;
    int32_t tested;
    int stage = first_stage(ctx, &tested), top = 0;
    if (stage != KMC_STAGE_PATH) {
        decision d;
        select_first(m, ctx, stage, &d);
        peek_slots(m, c, keys_of(ctx, stage), 0, stage, slots);
        const uint32_t p = probability(m, &d, slots, 1);
        settle(c, found, (uint32_t)tested, cost_of(c, p));
        bits = cost_of(c, 65536 - p);
        stage = KMC_STAGE_ESCAPED;
    }
    if (found->n != 0) stack[top++] = (branch){root_of(m), 0, found->n, bits};
    while (top > 0) {
        const branch next = stack[--top];
        top = follow(m, c, ctx, stage, tested, next, found, stack, top);
    }
    return found->best;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

KMC_TARGET static inline void choose_pixels(kmc_index_model *m, kmc_coder *coder, const kmc_chooser *c,
                                            const int16_t (*points)[4], const uint16_t *weights, uint16_t *symbols,
                                            size_t n)
{
    pixel here;
    here.n_prepared = 0;
    for (size_t i = 0; i < n; i++) {
        candidates found;
        uint16_t *const at = m->row + m->x;
        find_context(m, find_match(m, m->x), &here.context);
        find_candidates(c, &here.context, points[i], symbols[i], m->tree->k, weights ? weights[i] : 256,
                        &found);
        if (found.n > 1) symbols[i] = (uint16_t)best_candidate(m, c, &here.context, &found);
        code_symbol(m, coder, &here, 0, symbols[i]);
        *at = symbols[i];
        kmc_match_model_update(&m->match_model, m->plane, *at);
        advance(m, &here.context, *at);
    }
}

/* kmc_codec_kernels.choose_indices. */
KMC_TARGET static void KMC_NAME(choose_indices)(kmc_index_model *model, kmc_coder *coder, const kmc_chooser *chooser,
                                                const int16_t (*points)[4], const uint16_t *weights,
                                                uint16_t *symbols, size_t n)
{
    for (size_t i = 0; i < n;) {
        const size_t here = least(model->width - model->x, n - i);
        if (model->x == 0) begin_row(model);
        if (model->x == 0 && code_repeat(model, coder, 0, symbols + i))
            model->x = model->width;
        else
            choose_pixels(model, coder, chooser, points + i, weights ? weights + i : NULL, symbols + i, here);
        i += here;
        if (model->x == model->width) end_row(model);
    }
}
