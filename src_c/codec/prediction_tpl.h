/* The inputs of each decision of the index model, once per instruction set: the including file defines KMC_TARGET and
 * includes its lanes_*.h before this. */

/* The match model's prediction of pixel x of the row. */
KMC_TARGET static inline uint32_t find_match(kmc_index_model *m, size_t x)
{
    const uint16_t *const here = m->row + x;
    return kmc_match_model_find(&m->match_model, m->plane, (uint32_t)(here - m->plane), here[3 - (ptrdiff_t)m->stride]);
}

/* Fills in the context of the current pixel. */
KMC_TARGET static inline void find_context(kmc_index_model *m, uint32_t match, kmc_pixel_context *ctx)
{
    const size_t x = m->x;
    kmc_load_neighbors(m->row + x, m->stride, ctx->neighbors);
    kmc_predict_color(&m->predictor, x, (const int16_t(*)[4])m->tree->colors, ctx->neighbors, ctx->predictions);
    ctx->agreement = kmc_agreements(ctx->neighbors);
    ctx->same = kmc_left_mask(ctx->neighbors);
    ctx->run = m->run;
    ctx->changed = m->changed;
    ctx->match = match;
    kmc_hash_contexts(ctx, ctx->neighbors, m->contexts, m->runs[x], ctx->keys);
    ctx->expected = -1;
    if (m->contexts & KMC_EXPECTED_SYMBOL) {
        kmc_find_expected(m->expected, m->tree, ctx, m->y == 0);
        kmc_hash_contexts(ctx, ctx->differences, m->contexts, m->runs[x], ctx->difference_keys);
    }
}

KMC_TARGET static inline kmc_counter *relation(const kmc_index_model *m, int i, uint64_t a, uint64_t b)
{
    return m->state.relations[i] + (kmc_mix(kmc_mix((uint64_t)i, a), b) >> (64 - m->state.relation_bits));
}

/* The number of the final map. */
KMC_TARGET static inline size_t final_apm(const kmc_pixel_context *ctx, uint64_t node)
{
    const uint64_t left_and_above = (uint64_t)ctx->neighbors[KMC_W] << 16 | (uint64_t)ctx->neighbors[KMC_N];
    return (size_t)(kmc_mix(kmc_mix(left_and_above, node), 0) >> (64 - KMC_FINAL_BITS));
}

/* Adds an input read from a map at t, in units of 1/256 of an interval. */
KMC_TARGET static inline void add_apm(const kmc_index_model *m, decision *d, kmc_counter *map, uint32_t t)
{
    d->counters[m->n_counters + d->n_apms] = map + (t >> 8);
    d->parts[d->n_apms++] = t & 255;
}

KMC_TARGET static inline void select_at_node(const kmc_index_model *m, const kmc_pixel_context *ctx, size_t at,
                                             decision *d)
{
    const kmc_palette_node *const node = &m->tree->nodes[at];
    const size_t own = least(at, KMC_NODES - 1), shared = least((size_t)node->depth, KMC_SHARED - 1);
    const uint32_t sides = (uint32_t)lanes_sides(node, ctx->neighbors), four = sides % KMC_SIDES, eight = sides % 6561;
    uint32_t t[KMC_PREDICTIONS];
    lanes_project(node, ctx->predictions, t);
    d->n_apms = 0;
    for (int i = KMC_PREDICTIONS - 1; i >= 0; i--) {
        if (!(m->contexts >> (KMC_PREDICTION_BIT + i) & 1)) continue;
        add_apm(m, d, m->state.node_apms[i] + own * KMC_APM, t[i]);
        if (m->contexts & KMC_EXPECTED_SYMBOL)
            add_apm(m, d, m->state.depth_apms + ((size_t)i * KMC_SHARED + shared) * KMC_APM, t[i]);
    }
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, eight, at);
    if (m->contexts >> KMC_RELATION_BIT & 2) *relations++ = relation(m, 1, sides, least((size_t)node->depth, 15));
    if (m->contexts >> KMC_RELATION_BIT & 4) *relations++ = relation(m, 2, four * 32 + (t[0] >> 8), at);
    d->sets[0] = own * 2;
    d->sets[1] = four * 4 + least((size_t)node->depth, 3);
    d->sets[2] = ctx->agreement * 2 + (node->depth > 0);
    d->final_apm = final_apm(ctx, at);
}

KMC_TARGET static inline void select_at_flat(const kmc_index_model *m, const kmc_pixel_context *ctx, decision *d)
{
    const uint64_t flat = KMC_FLAT_NODE, left = (uint64_t)ctx->neighbors[KMC_W];
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, ctx->same, flat | left);
    if (m->contexts >> KMC_RELATION_BIT & 2) *relations++ = relation(m, 1, ctx->same, flat);
    if (m->contexts >> KMC_RELATION_BIT & 4)
        *relations++ = relation(m, 2, kmc_quantized(ctx->predictions[0], 7), flat | left);
    d->n_apms = 0;
    d->sets[0] = 1;
    d->sets[1] = 4 * KMC_SIDES + (ctx->match & 255);
    d->sets[2] = KMC_AGREEMENTS + ctx->same;
    d->final_apm = final_apm(ctx, KMC_FLAT_NODE);
}

KMC_TARGET static inline void select_at_expected(const kmc_index_model *m, const kmc_pixel_context *ctx, decision *d)
{
    const uint32_t equal = kmc_equal_mask(ctx->neighbors, ctx->expected), hits = ctx->hits;
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, ctx->difference_hash, KMC_EXPECTED_NODE);
    if (m->contexts >> KMC_RELATION_BIT & 2)
        *relations++ = relation(m, 1, hits * 4 + least(ctx->changed, 3), KMC_EXPECTED_NODE);
    if (m->contexts >> KMC_RELATION_BIT & 4) *relations++ = relation(m, 2, hits * 256 + equal, KMC_EXPECTED_NODE);
    int32_t difference = 0;
    for (int c = 0; c < 4; c++) difference += ctx->predictions[0][c] - 16 * m->tree->colors[ctx->expected][c];
    d->n_apms = 0;
    const uint32_t t = difference < -128 ? 0 : difference > 127 ? 8191 : (uint32_t)(4096 + 32 * difference);
    add_apm(m, d, m->state.expected_apm, t);
    d->sets[0] = 3;
    d->sets[1] = KMC_SETS_SIDES - KMC_EXPECTED_MAX - 1 + hits;
    d->sets[2] = KMC_SETS_AGREEMENT - KMC_LIKE + equal;
    d->final_apm = final_apm(ctx, KMC_EXPECTED_NODE);
}
