/* What a model of an index plane learns: counters and weights, and what they start as. */
#include "codec/learned.h"

enum {
    FIRST_WEIGHT = 8000,
    ROW_ASKED = 20, /* how sure a row is of what it starts as */
    FINAL_ASKED = 30,
    LINE = 16, /* words */
    PARTS = 16 /* how many there are, and the first line: each may be padded to the end of a line */
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

/* The next n words of the memory, from a cache line on. */
static void *take(kmc_learned *l, size_t n)
{
    kmc_counter *const taken = l->memory + l->used;
    l->used += (n + LINE - 1) / LINE * LINE;
    return taken;
}

static kmc_counter *take_rows(kmc_learned *l, const kmc_logistic *logistic, size_t n, uint32_t asked)
{
    kmc_counter *const rows = take(l, n * KMC_ROW);
    fill_rows(logistic, rows, n, asked);
    return rows;
}

kmc_status kmc_learned_new(size_t k, int slot_bits, int n_inputs, kmc_learned *learned)
{
    kmc_learned *const l = learned;
    const size_t nodes = k < KMC_NODES ? k : KMC_NODES, bytes = (size_t)kmc_learned_bytes(slot_bits);
    kmc_logistic logistic;
    *l = (kmc_learned){.slot_bits = slot_bits, .n_inputs = n_inputs};
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
    for (int i = 0; i < KMC_GUESSES; i++) l->rows[i] = take_rows(l, &logistic, nodes, ROW_ASKED);
    l->shared = take_rows(l, &logistic, KMC_GUESSES * KMC_SHARED, ROW_ASKED);
    l->near = take(l, KMC_ROW);
    for (int i = 0; i < KMC_ROW; i++) l->near[i] = KMC_COUNTER_NEW;
    l->final = take_rows(l, &logistic, (size_t)1 << KMC_FINAL_BITS, FINAL_ASKED);
    l->final_weights = take(l, (size_t)KMC_SETS_NODE * KMC_MIXERS);
    for (size_t i = 0; i < KMC_SETS_NODE; i++)
        for (int j = 0; j < KMC_MIXERS; j++) l->final_weights[i][j] = KMC_WEIGHT_ONE / KMC_MIXERS;
    return KMC_OK;
}

void kmc_learned_free(kmc_learned *learned)
{
    kmc_free(learned->memory);
}

uint64_t kmc_learned_bytes(int slot_bits)
{
    const int relation_bits = slot_bits < KMC_RELATION_BITS_MAX ? slot_bits : KMC_RELATION_BITS_MAX;
    const uint64_t slots = ((uint64_t)KMC_SLOT << slot_bits) + KMC_SLOT;
    const uint64_t relations = (uint64_t)KMC_RELATIONS << relation_bits;
    const uint64_t rows = KMC_ROW * (((uint64_t)1 << KMC_FINAL_BITS) + KMC_GUESSES * (KMC_NODES + KMC_SHARED) + 1);
    const uint64_t weights = KMC_INPUTS_MAX * (uint64_t)(KMC_SETS_NODE + KMC_SETS_SIDES + KMC_SETS_AGREEMENT);
    return 4 * (slots + relations + rows + weights + KMC_MIXERS * KMC_SETS_NODE + LINE * PARTS);
}
