/* The model of an index plane: counters under many contexts, mixed. The format's document tells every step. */
#include "codec/decision.h"

/* ---- a new model ------------------------------------------------------------------------------------------------- */

static int chosen(uint32_t contexts, int from, int to)
{
    int n = 0;
    for (int i = from; i < to; i++) n += (int)(contexts >> i & 1);
    return n;
}

uint64_t kmc_index_model_bytes(size_t width, size_t height, kmc_model_choice choice)
{
    const uint64_t columns = (uint64_t)width + 2 * KMC_MARGIN, rows = (uint64_t)height + KMC_ROWS_ABOVE;
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
    m->stride = width + 2 * KMC_MARGIN;
    m->contexts = choice.contexts;
    m->n_contexts = chosen(choice.contexts, 0, KMC_RELATION_BIT);
    m->n_counters = chosen(choice.contexts, 0, KMC_GUESS_BIT);
    const int n_rows = chosen(choice.contexts, KMC_GUESS_BIT, KMC_GUESS_BIT + KMC_GUESSES);
    const int n_inputs = m->n_counters + (choice.contexts & KMC_EXPECTING ? 2 * n_rows : n_rows) + 1;
    for (int i = 0; i < KMC_INPUTS_MAX; i++) m->limits[i] = i < m->n_counters ? KMC_LIMIT_CONTEXT : KMC_LIMIT_ROW;
    kmc_logistic_fill(&m->logistic);
    kmc_rates_fill(&m->rates);
    kmc_repeats_start(&m->repeats);
    m->plane = kmc_alloc_zeroed(height + KMC_ROWS_ABOVE, m->stride * sizeof *m->plane);
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
    m->row = m->plane + KMC_ROWS_ABOVE * m->stride + KMC_MARGIN;
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
