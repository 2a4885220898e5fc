/* The order-0 model of an index plane. */
#include "codec/order0_model.h"

enum { INITIAL_COUNT = 20, INITIAL_COUNT_RESIDUALS = 2, LIMIT = 1000, P_MIN = 4, ROWS = 4, NEIGHBORS = 12 };

static uint32_t code_symbol(kmc_order0_model *model, kmc_coder *coder, int reading, uint32_t symbol)
{
    const kmc_palette_node *const nodes = model->tree->nodes;
    int32_t at = model->tree->k > 1 ? 0 : ~0;
    while (at >= 0) {
        kmc_counter *const counter = model->counters + at;
        const int right = kmc_coder_code(coder, reading, symbol >= nodes[at].split, kmc_counter_p(*counter, P_MIN));
        kmc_counter_learn(counter, &model->rates, right, LIMIT);
        at = nodes[at].child[right];
    }
    return (uint32_t)~at;
}

/* The mean of those of the twelve nearest neighbours that lie in the band. */
static uint32_t neighbor_mean(const kmc_order0_model *m)
{
    static const int8_t OFFSETS[NEIGHBORS][2] = {{-1, 0}, {0, 1},  {-1, 1}, {1, 1}, {-2, 0}, {0, 2},
                                                 {1, 2},  {-2, 1}, {-1, 2}, {2, 1}, {-3, 0}, {0, 3}};
    uint32_t sum = 0, n = 0;
    for (int i = 0; i < NEIGHBORS; i++) {
        const size_t x = m->x + (size_t)(ptrdiff_t)OFFSETS[i][0], up = (size_t)OFFSETS[i][1];
        if (x >= m->width || up > m->y) continue;
        sum += m->rows[(m->y - up) % ROWS * m->width + x];
        n++;
    }
    return n ? (2 * sum + n) / (2 * n) : (uint32_t)m->tree->k / 2;
}

static uint32_t code_residual(kmc_order0_model *m, kmc_coder *coder, int reading, uint32_t symbol)
{
    const uint32_t k = (uint32_t)m->tree->k, from = neighbor_mean(m) + k - k / 2; /* modulo k */
    const uint32_t residual = code_symbol(m, coder, reading, (symbol + 2 * k - from) % k);
    symbol = (residual + from) % k;
    m->rows[m->y % ROWS * m->width + m->x] = (uint16_t)symbol;
    if (++m->x == m->width) {
        m->x = 0;
        m->y++;
    }
    return symbol;
}

void kmc_order0_model_code(kmc_order0_model *model, kmc_coder *coder, int reading, uint16_t *symbols, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const uint32_t symbol = reading ? 0 : symbols[i];
        symbols[i] = (uint16_t)(model->rows ? code_residual(model, coder, reading, symbol)
                                            : code_symbol(model, coder, reading, symbol));
    }
}

kmc_order0_model *kmc_order0_model_new(const kmc_palette_tree *tree, size_t width, uint32_t contexts)
{
    const int residuals = (contexts & KMC_ORDER0_RESIDUALS) != 0;
    kmc_order0_model *const model = kmc_alloc(sizeof(kmc_order0_model) + tree->k * sizeof(kmc_counter), 1);
    if (!model) return NULL;
    model->tree = tree;
    model->width = width;
    model->x = model->y = 0;
    model->rows = residuals ? kmc_alloc(width, ROWS * sizeof *model->rows) : NULL;
    kmc_rates_fill(&model->rates);
    const kmc_counter count = residuals ? INITIAL_COUNT_RESIDUALS : INITIAL_COUNT;
    for (size_t i = 0; i + 1 < tree->k; i++) {
        const kmc_palette_node *const node = &tree->nodes[i];
        const uint64_t right = node->high - node->split, all = node->high - node->low;
        model->counters[i] = (kmc_counter)((right << 22) / all) << 10 | count;
    }
    if (!residuals || model->rows) return model;
    kmc_order0_model_free(model);
    return NULL;
}

void kmc_order0_model_free(kmc_order0_model *model)
{
    if (model) kmc_free(model->rows);
    kmc_free(model);
}

uint64_t kmc_order0_model_bytes(size_t width)
{
    return sizeof(kmc_order0_model) + KMC_PALETTE_MAX * sizeof(kmc_counter) + (uint64_t)width * ROWS * sizeof(uint16_t);
}
