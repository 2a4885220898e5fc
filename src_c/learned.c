/* What a model of an index plane learns: counters and weights, and what they start as. */
#include "learned.h"

enum {
    FIRST_WEIGHT = 8000,
    ROW_ASKED = 20, /* how sure a row is of what it starts as */
    FINAL_ASKED = 30,
    CACHE_LINE = 64
};

static const size_t SETS[KMC_MIXERS] = {KMC_SETS_NODE, KMC_SETS_SIDES, KMC_SETS_AGREEMENT};

/* Each counter of a row starts at the logistic function of its place. */
static void fill_rows(const kmc_logistic *logistic, kmc_counter *rows, size_t n, uint32_t asked)
{
    for (size_t i = 0; i < n * KMC_ROW; i++) {
        const int32_t x = kmc_clamp_stretched(((int32_t)(i % KMC_ROW) - 16) * 128);
        rows[i] = (kmc_counter)kmc_squash(logistic, x) << 16 | asked;
    }
}

static void fill(kmc_learned *l, size_t nodes)
{
    kmc_logistic logistic;
    kmc_logistic_fill(&logistic);
    l->slots = (kmc_counter *)(((uintptr_t)l->slots_memory + CACHE_LINE - 1) & ~(uintptr_t)(CACHE_LINE - 1));
    for (int i = 0; i < KMC_RELATIONS; i++)
        for (size_t j = 0; j < (size_t)1 << l->relation_bits; j++) l->relations[i][j] = KMC_COUNTER_NEW;
    for (int i = 0; i < KMC_MIXERS; i++)
        for (size_t j = 0; j < SETS[i] * (size_t)l->n_inputs; j++) l->weights[i][j] = FIRST_WEIGHT;
    for (int i = 0; i < KMC_GUESSES; i++) fill_rows(&logistic, l->rows[i], nodes, ROW_ASKED);
    fill_rows(&logistic, l->shared, KMC_GUESSES * KMC_SHARED, ROW_ASKED);
    for (int i = 0; i < KMC_ROW; i++) l->near[i] = KMC_COUNTER_NEW;
    fill_rows(&logistic, l->final, (size_t)1 << KMC_FINAL_BITS, FINAL_ASKED);
    for (size_t i = 0; i < KMC_SETS_NODE; i++)
        for (int j = 0; j < KMC_MIXERS; j++) l->final_weights[i][j] = KMC_WEIGHT_ONE / KMC_MIXERS;
}

kmc_status kmc_learned_new(size_t k, int slot_bits, int n_inputs, kmc_learned *learned)
{
    kmc_learned *const l = learned;
    const size_t nodes = k < KMC_NODES ? k : KMC_NODES;
    int missing = 0;
    l->slot_bits = slot_bits;
    l->relation_bits = slot_bits < KMC_RELATION_BITS_MAX ? slot_bits : KMC_RELATION_BITS_MAX;
    l->n_inputs = n_inputs;
    l->slots_memory = kmc_alloc_zeroed(((size_t)1 << slot_bits) + 1, KMC_SLOT * sizeof *l->slots);
    l->shared = kmc_alloc(KMC_ROW * KMC_GUESSES * KMC_SHARED, sizeof *l->shared);
    l->near = kmc_alloc(KMC_ROW, sizeof *l->near);
    l->final = kmc_alloc((size_t)KMC_ROW << KMC_FINAL_BITS, sizeof *l->final);
    l->final_weights = kmc_alloc(KMC_SETS_NODE, sizeof *l->final_weights);
    for (int i = 0; i < KMC_RELATIONS; i++) {
        l->relations[i] = kmc_alloc((size_t)1 << l->relation_bits, sizeof **l->relations);
        missing |= !l->relations[i];
    }
    for (int i = 0; i < KMC_MIXERS; i++) {
        l->weights[i] = kmc_alloc(SETS[i] * (size_t)n_inputs, sizeof **l->weights);
        missing |= !l->weights[i];
    }
    for (int i = 0; i < KMC_GUESSES; i++) {
        l->rows[i] = kmc_alloc(nodes * KMC_ROW, sizeof **l->rows);
        missing |= !l->rows[i];
    }
    if (missing || !l->slots_memory || !l->shared || !l->near || !l->final || !l->final_weights) return KMC_NO_MEMORY;
    fill(l, nodes);
    return KMC_OK;
}

void kmc_learned_free(kmc_learned *learned)
{
    for (int i = 0; i < KMC_RELATIONS; i++) kmc_free(learned->relations[i]);
    for (int i = 0; i < KMC_MIXERS; i++) kmc_free(learned->weights[i]);
    for (int i = 0; i < KMC_GUESSES; i++) kmc_free(learned->rows[i]);
    kmc_free(learned->slots_memory);
    kmc_free(learned->shared);
    kmc_free(learned->near);
    kmc_free(learned->final);
    kmc_free(learned->final_weights);
}

uint64_t kmc_learned_bytes(int slot_bits)
{
    const int relation_bits = slot_bits < KMC_RELATION_BITS_MAX ? slot_bits : KMC_RELATION_BITS_MAX;
    const uint64_t slots = ((uint64_t)KMC_SLOT << slot_bits) + KMC_SLOT;
    const uint64_t relations = (uint64_t)KMC_RELATIONS << relation_bits;
    const uint64_t rows = KMC_ROW * (((uint64_t)1 << KMC_FINAL_BITS) + KMC_GUESSES * (KMC_NODES + KMC_SHARED) + 1);
    const uint64_t weights = KMC_INPUTS_MAX * (uint64_t)(KMC_SETS_NODE + KMC_SETS_SIDES + KMC_SETS_AGREEMENT);
    return 4 * (slots + relations + rows + weights + KMC_MIXERS * KMC_SETS_NODE);
}
