/* The context mixing model of an index plane: its memory. docs/kmc-format.md describes every step of the model. */
#include "codec/decision.h"

static int count_chosen(uint32_t contexts, int from, int to)
{
    int n = 0;
    for (int i = from; i < to; i++) n += (int)(contexts >> i & 1);
    return n;
}

uint64_t kmc_index_model_bytes(size_t width, size_t height, kmc_model_options options)
{
    const uint64_t columns = (uint64_t)width + 2 * KMC_MARGIN, rows = (uint64_t)height + KMC_ROWS_ABOVE;
    return kmc_model_state_bytes(options.slot_bits) + KMC_MATCH_MODEL_BYTES + sizeof(kmc_index_model) +
           (sizeof(kmc_expected_step) << KMC_EXPECTED_BITS) +
           columns * (sizeof(uint8_t) + KMC_SUBPREDICTORS * sizeof(int32_t)) + columns * rows * sizeof(uint16_t);
}

kmc_status kmc_index_model_new(const kmc_palette_tree *tree, size_t width, size_t height, kmc_model_options options,
                               kmc_index_model **model)
{
    kmc_index_model *const m = kmc_alloc_zeroed(1, sizeof *m);
    *model = m;
    if (!m) return KMC_NO_MEMORY;
    m->tree = tree;
    m->width = width;
    m->stride = width + 2 * KMC_MARGIN;
    m->contexts = options.contexts;
    m->n_contexts = count_chosen(options.contexts, 0, KMC_RELATION_BIT);
    m->n_counters = count_chosen(options.contexts, 0, KMC_PREDICTION_BIT);
    const int n_apms = count_chosen(options.contexts, KMC_PREDICTION_BIT, KMC_PREDICTION_BIT + KMC_PREDICTIONS);
    const int n_inputs = m->n_counters + (options.contexts & KMC_EXPECTED_SYMBOL ? 2 * n_apms : n_apms) + 1;
    for (int i = 0; i < KMC_INPUTS_MAX; i++) m->limits[i] = i < m->n_counters ? KMC_LIMIT_CONTEXT : KMC_LIMIT_APM;
    kmc_logistic_fill(&m->logistic);
    kmc_rates_fill(&m->rates);
    kmc_repeats_init(&m->repeats);
    m->plane = kmc_alloc_zeroed(height + KMC_ROWS_ABOVE, m->stride * sizeof *m->plane);
    m->runs = kmc_alloc_zeroed(width, 1);
    m->expected = kmc_alloc_zeroed((size_t)1 << KMC_EXPECTED_BITS, sizeof *m->expected);
    m->predictor.errors = kmc_alloc_zeroed(width + 2 * KMC_PREDICTOR_MARGIN, sizeof *m->predictor.errors);
    m->match_model.positions = kmc_alloc_zeroed((size_t)1 << KMC_MATCH_BITS, sizeof *m->match_model.positions);
    kmc_color_predictor_fill(&m->predictor);
    const int complete = m->plane && m->runs && m->expected && m->predictor.errors && m->match_model.positions;
    kmc_status status = complete ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK)
        status = kmc_model_state_new(&m->logistic, tree->k, options.slot_bits,
                                     (n_inputs + KMC_INPUTS_STEP - 1) / KMC_INPUTS_STEP * KMC_INPUTS_STEP, &m->state);
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
    kmc_free(model->predictor.errors);
    kmc_free(model->match_model.positions);
    kmc_model_state_free(&model->state);
    kmc_free(model->plane);
    kmc_free(model->runs);
    kmc_free(model->expected);
    kmc_free(model);
}
