/* The adaptive state of the index model: one allocation, and its initial values. */
#include "codec/model_state.h"

enum {
    FIRST_WEIGHT = 8000,
    APM_COUNT = 20, /* updates that a new map counts as having had: its initial values are good */
    FINAL_COUNT = 30,
    LINE = 16,  /* words of a cache line */
    PARTS = 16  /* arrays, and the first line: each may be padded to the end of a line */
};

static const size_t SETS[KMC_MIXERS] = {KMC_SETS_NODE, KMC_SETS_SIDES, KMC_SETS_AGREEMENT};

/* A new map is the identity: its counters are the squashed values at the ends of its intervals. */
static void fill_apms(const kmc_logistic *logistic, kmc_counter *apms, size_t n, uint32_t count)
{
    for (size_t i = 0; i < n * KMC_APM; i++) {
        const int32_t x = kmc_clamp_stretched(((int32_t)(i % KMC_APM) - 16) * 128);
        apms[i] = (kmc_counter)kmc_squash(logistic, x) << 16 | count;
    }
}

/* Takes the next n words of the memory, from the start of a cache line. */
static void *take(kmc_model_state *s, size_t n)
{
    kmc_counter *const taken = s->memory + s->used;
    s->used += (n + LINE - 1) / LINE * LINE;
    return taken;
}

static kmc_counter *take_apms(kmc_model_state *s, const kmc_logistic *logistic, size_t n, uint32_t count)
{
    kmc_counter *const apms = take(s, n * KMC_APM);
    fill_apms(logistic, apms, n, count);
    return apms;
}

kmc_status kmc_model_state_new(const kmc_logistic *logistic, size_t k, int slot_bits, int n_inputs,
                               kmc_model_state *state)
{
    kmc_model_state *const s = state;
    const size_t nodes = k < KMC_NODES ? k : KMC_NODES, bytes = (size_t)kmc_model_state_bytes(slot_bits);
    *s = (kmc_model_state){.slot_bits = slot_bits, .n_inputs = n_inputs};
    s->relation_bits = slot_bits < KMC_RELATION_BITS_MAX ? slot_bits : KMC_RELATION_BITS_MAX;
    s->memory = kmc_alloc_zeroed(bytes, 1);
    if (!s->memory) return KMC_NO_MEMORY;
    kmc_huge_pages(s->memory, bytes);
    s->used = (size_t)(-(uintptr_t)s->memory % (LINE * sizeof *s->memory)) / sizeof *s->memory;
    s->slots = take(s, (size_t)KMC_SLOT << slot_bits);
    for (int i = 0; i < KMC_RELATIONS; i++) {
        s->relations[i] = take(s, (size_t)1 << s->relation_bits);
        for (size_t j = 0; j < (size_t)1 << s->relation_bits; j++) s->relations[i][j] = KMC_COUNTER_NEW;
    }
    for (int i = 0; i < KMC_MIXERS; i++) {
        s->weights[i] = take(s, SETS[i] * (size_t)n_inputs);
        for (size_t j = 0; j < SETS[i] * (size_t)n_inputs; j++) s->weights[i][j] = FIRST_WEIGHT;
    }
    for (int i = 0; i < KMC_PREDICTIONS; i++) s->node_apms[i] = take_apms(s, logistic, nodes, APM_COUNT);
    s->depth_apms = take_apms(s, logistic, KMC_PREDICTIONS * KMC_SHARED, APM_COUNT);
    s->expected_apm = take(s, KMC_APM);
    for (int i = 0; i < KMC_APM; i++) s->expected_apm[i] = KMC_COUNTER_NEW;
    s->final_apms = take_apms(s, logistic, (size_t)1 << KMC_FINAL_BITS, FINAL_COUNT);
    s->final_weights = take(s, (size_t)KMC_SETS_NODE * KMC_MIXERS);
    for (size_t i = 0; i < KMC_SETS_NODE; i++)
        for (int j = 0; j < KMC_MIXERS; j++) s->final_weights[i][j] = KMC_WEIGHT_ONE / KMC_MIXERS;
    return KMC_OK;
}

void kmc_model_state_free(kmc_model_state *state)
{
    kmc_free(state->memory);
}

uint64_t kmc_model_state_bytes(int slot_bits)
{
    const int relation_bits = slot_bits < KMC_RELATION_BITS_MAX ? slot_bits : KMC_RELATION_BITS_MAX;
    const uint64_t slots = (uint64_t)KMC_SLOT << slot_bits;
    const uint64_t relations = (uint64_t)KMC_RELATIONS << relation_bits;
    const uint64_t apms = KMC_APM * (((uint64_t)1 << KMC_FINAL_BITS) + KMC_PREDICTIONS * (KMC_NODES + KMC_SHARED) + 1);
    const uint64_t weights = KMC_INPUTS_MAX * (uint64_t)(KMC_SETS_NODE + KMC_SETS_SIDES + KMC_SETS_AGREEMENT);
    return 4 * (slots + relations + apms + weights + KMC_MIXERS * KMC_SETS_NODE + LINE * PARTS);
}
