/* The plain model of an index plane: how often each side of each node was taken, whatever is around. */
#include "plain_model.h"

enum { ASKED = 20, LIMIT = 1000, P_MIN = 4 };

kmc_plain_model *kmc_plain_model_new(const kmc_palette_tree *tree)
{
    const size_t size = sizeof(kmc_plain_model) + tree->k * sizeof(kmc_counter);
    kmc_plain_model *const model = kmc_alloc(size, 1);
    if (!model) return NULL;
    model->tree = tree;
    kmc_rates_fill(&model->rates);
    for (size_t i = 0; i + 1 < tree->k; i++) {
        const kmc_palette_node *const node = &tree->nodes[i];
        const uint64_t right = node->high - node->middle, all = node->high - node->low;
        model->counters[i] = (kmc_counter)((right << 22) / all) << 10 | ASKED;
    }
    return model;
}

void kmc_plain_model_code(kmc_plain_model *model, kmc_coder *coder, int reading, uint16_t *symbols, size_t n)
{
    const kmc_palette_node *const nodes = model->tree->nodes;
    for (size_t i = 0; i < n; i++) {
        int32_t at = model->tree->k > 1 ? 0 : ~0;
        while (at >= 0) {
            kmc_counter *const counter = model->counters + at;
            const uint32_t p = kmc_counter_p(*counter, P_MIN);
            const int right = kmc_coder_code(coder, reading, symbols[i] >= nodes[at].middle, p);
            kmc_counter_learn(counter, &model->rates, right, LIMIT);
            at = nodes[at].child[right];
        }
        symbols[i] = (uint16_t)~at;
    }
}
