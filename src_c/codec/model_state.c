/* What a model of an index plane learns: counters and weights, and what they start as. */
#include "codec/model_state.h"

enum {
    FIRST_WEIGHT = 8000,
    APM_COUNT = 20, /* how sure a row is of what it starts as */
    FINAL_COUNT = 30,
    LINE = 16, /* words */
    PARTS = 16 /* how many there are, and the first line: each may be padded to the end of a line */
};

static const size_t SETS[KMC_MIXERS] = {KMC_SETS_NODE, KMC_SETS_SIDES, KMC_SETS_AGREEMENT};

/* Each counter of a row starts at the logistic function of its place. */
static void fill_apms(const kmc_logistic *logistic, kmc_counter *apms, size_t n, uint32_t count)
{
    for (size_t i = 0; i < n * KMC_APM; i++) {
        const int32_t x = kmc_clamp_stretched(((int32_t)(i % KMC_APM) - 16) * 128);
        apms[i] = (kmc_counter)kmc_squash(logistic, x) << 16 | count;
    }
}

/* The next n words of the memory, from a cache line on. */
static void *take(kmc_model_state *l, size_t n)
{
    kmc_counter *const taken = l->memory + l->used;
    l->used += (n + LINE - 1) / LINE * LINE;
    return taken;
}

static kmc_counter *take_apms(kmc_model_state *l, const kmc_logistic *logistic, size_t n, uint32_t count)
{
    kmc_counter *const apms = take(l, n * KMC_APM);
    fill_apms(logistic, apms, n, count);
    return apms;
}

kmc_status kmc_model_state_new(size_t k, int slot_bits, int n_inputs, kmc_model_state *state)
{
    kmc_model_state *const l = state;
    const size_t nodes = k < KMC_NODES ? k : KMC_NODES, bytes = (size_t)kmc_model_state_bytes(slot_bits);
    kmc_logistic logistic;
    *l = (kmc_model_state){.slot_bits = slot_bits, .n_inputs = n_inputs};
    l->relation_bits = slot_bits < KMC_RELATION_BITS_MAX ? slot_bits : KMC_RELATION_BITS_MAX;
    l->memory = kmc_alloc_zeroed(bytes, 1);
    if (!l->memory) return KMC_NO_MEMORY;
    kmc_huge_pages(l->memory, bytes);
    l->used = (size_t)(-(uintptr_t)l->memory % (LINE * sizeof *l->memory)) / sizeof *l->memory;
    kmc_logistic_fill(&logistic);
    l->slots = take(l, (size_t)KMC_SLOT << slot_bits);
    for (int i = 0; i < KMC_RELATIONS; i++) {
        l->relations[i] = take(l, (size_t)1 << l->relation_bits);
        for (size_t j = 0; j < (size_t)1 << l->relation_bits; j++) l->relations[i][j] = KMC_COUNTER_NEW;
    }
    for (int i = 0; i < KMC_MIXERS; i++) {
        l->weights[i] = take(l, SETS[i] * (size_t)n_inputs);
        for (size_t j = 0; j < SETS[i] * (size_t)n_inputs; j++) l->weights[i][j] = FIRST_WEIGHT;
    }
    for (int i = 0; i < KMC_PREDICTIONS; i++) l->node_apms[i] = take_apms(l, &logistic, nodes, APM_COUNT);
    l->depth_apms = take_apms(l, &logistic, KMC_PREDICTIONS * KMC_SHARED, APM_COUNT);
    l->expected_apm = take(l, KMC_APM);
    for (int i = 0; i < KMC_APM; i++) l->expected_apm[i] = KMC_COUNTER_NEW;
    l->final_apms = take_apms(l, &logistic, (size_t)1 << KMC_FINAL_BITS, FINAL_COUNT);
    l->final_weights = take(l, (size_t)KMC_SETS_NODE * KMC_MIXERS);
    for (size_t i = 0; i < KMC_SETS_NODE; i++)
        for (int j = 0; j < KMC_MIXERS; j++) l->final_weights[i][j] = KMC_WEIGHT_ONE / KMC_MIXERS;
    return KMC_OK;
}

void kmc_model_state_free(kmc_model_state *state)
{
    kmc_free(state->memory);
}

uint64_t kmc_model_state_bytes(int slot_bits)
{
    const int relation_bits = slot_bits < KMC_RELATION_BITS_MAX ? slot_bits : KMC_RELATION_BITS_MAX;
    const uint64_t slots = ((uint64_t)KMC_SLOT << slot_bits) + KMC_SLOT;
    const uint64_t relations = (uint64_t)KMC_RELATIONS << relation_bits;
    const uint64_t apms = KMC_APM * (((uint64_t)1 << KMC_FINAL_BITS) + KMC_PREDICTIONS * (KMC_NODES + KMC_SHARED) + 1);
    const uint64_t weights = KMC_INPUTS_MAX * (uint64_t)(KMC_SETS_NODE + KMC_SETS_SIDES + KMC_SETS_AGREEMENT);
    return 4 * (slots + relations + apms + weights + KMC_MIXERS * KMC_SETS_NODE + LINE * PARTS);
}
