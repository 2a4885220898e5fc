/* What informs each decision of an index plane, once per instruction set: the including file defines KMC_TARGET and
 * includes its lanes_*.h before this. */

/* What followed the last place equal pixel x of the row. */
KMC_TARGET static inline uint32_t find_match(kmc_index_model *m, size_t x)
{
    const uint16_t *const here = m->row + x;
    return kmc_match_model_find(&m->match_model, m->plane, (uint32_t)(here - m->plane), here[3 - (ptrdiff_t)m->stride]);
}

KMC_TARGET static inline void find_context(kmc_index_model *m, uint32_t match, kmc_pixel_context *p)
{
    const size_t x = m->x;
    kmc_load_neighbors(m->row + x, m->stride, p->neighbors);
    kmc_predict_color(&m->predictor, x, (const int16_t(*)[4])m->tree->colors, p->neighbors, p->predictions);
    p->agreement = kmc_agreements(p->neighbors);
    p->same = kmc_left_mask(p->neighbors);
    p->run = m->run;
    p->changed = m->changed;
    p->match = match;
    kmc_hash_contexts(p, p->neighbors, m->contexts, m->runs[x], p->keys);
    p->expected = -1;
    if (m->contexts & KMC_EXPECTED_SYMBOL) {
        kmc_find_expected(m->expected, m->tree, p, m->y == 0);
        kmc_hash_contexts(p, p->differences, m->contexts, m->runs[x], p->difference_keys);
    }
}

KMC_TARGET static inline kmc_counter *relation(const kmc_index_model *m, int i, uint64_t a, uint64_t b)
{
    return m->state.relations[i] + (kmc_mix(kmc_mix((uint64_t)i, a), b) >> (64 - m->state.relation_bits));
}

KMC_TARGET static inline size_t final_apm(const kmc_pixel_context *p, uint64_t node)
{
    const uint64_t left_and_above = (uint64_t)p->neighbors[KMC_W] << 16 | (uint64_t)p->neighbors[KMC_N];
    return (size_t)(kmc_mix(kmc_mix(left_and_above, node), 0) >> (64 - KMC_FINAL_BITS));
}

KMC_TARGET static inline void add_apm(const kmc_index_model *m, decision *d, kmc_counter *row, uint32_t t)
{
    d->counters[m->n_counters + d->n_apms] = row + (t >> 8);
    d->parts[d->n_apms++] = t & 255;
}

KMC_TARGET static inline void select_at_node(const kmc_index_model *m, const kmc_pixel_context *p, size_t at, decision *d)
{
    const kmc_palette_node *const node = &m->tree->nodes[at];
    const size_t own = least(at, KMC_NODES - 1), shared = least((size_t)node->depth, KMC_SHARED - 1);
    const uint32_t sides = (uint32_t)lanes_sides(node, p->neighbors), four = sides % KMC_SIDES, eight = sides % 6561;
    uint32_t t[KMC_PREDICTIONS];
    lanes_project(node, p->predictions, t);
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
    d->sets[2] = p->agreement * 2 + (node->depth > 0);
    d->final_apm = final_apm(p, at);
}

KMC_TARGET static inline void select_at_flat(const kmc_index_model *m, const kmc_pixel_context *p, decision *d)
{
    const uint64_t flat = KMC_FLAT_NODE, left = (uint64_t)p->neighbors[KMC_W];
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, p->same, flat | left);
    if (m->contexts >> KMC_RELATION_BIT & 2) *relations++ = relation(m, 1, p->same, flat);
    if (m->contexts >> KMC_RELATION_BIT & 4)
        *relations++ = relation(m, 2, kmc_quantized(p->predictions[0], 7), flat | left);
    d->n_apms = 0;
    d->sets[0] = 1;
    d->sets[1] = 4 * KMC_SIDES + (p->match & 255);
    d->sets[2] = KMC_AGREEMENTS + p->same;
    d->final_apm = final_apm(p, KMC_FLAT_NODE);
}

KMC_TARGET static inline void select_at_expected(const kmc_index_model *m, const kmc_pixel_context *p, decision *d)
{
    const uint32_t equal = kmc_equal_mask(p->neighbors, p->expected), hits = p->hits;
    kmc_counter **relations = d->counters + m->n_contexts;
    if (m->contexts >> KMC_RELATION_BIT & 1) *relations++ = relation(m, 0, p->difference_hash, KMC_EXPECTED_NODE);
    if (m->contexts >> KMC_RELATION_BIT & 2)
        *relations++ = relation(m, 1, hits * 4 + least(p->changed, 3), KMC_EXPECTED_NODE);
    if (m->contexts >> KMC_RELATION_BIT & 4) *relations++ = relation(m, 2, hits * 256 + equal, KMC_EXPECTED_NODE);
    int32_t difference = 0;
    for (int c = 0; c < 4; c++) difference += p->predictions[0][c] - 16 * m->tree->colors[p->expected][c];
    d->n_apms = 0;
    add_apm(m, d, m->state.expected_apm, difference < -128 ? 0 : difference > 127 ? 8191 : (uint32_t)(4096 + 32 * difference));
    d->sets[0] = 3;
    d->sets[1] = KMC_SETS_SIDES - KMC_EXPECTED_MAX - 1 + hits;
    d->sets[2] = KMC_SETS_AGREEMENT - KMC_LIKE + equal;
    d->final_apm = final_apm(p, KMC_EXPECTED_NODE);
}
