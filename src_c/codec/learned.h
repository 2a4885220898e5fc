/* What a model of an index plane learns: counters and weights, and what they start as. */
#ifndef KMC_CODEC_LEARNED_H
#define KMC_CODEC_LEARNED_H

#include "codec/color_guess.h"
#include "codec/counters.h"
#include "codec/mixer.h"

enum {
    KMC_NODES = 1024, /* nodes with rows and weights of their own; all further ones share those of the last */
    KMC_SHARED = 16, /* rows of each guess for all nodes of a depth */
    KMC_RELATIONS = 3,
    KMC_RELATION_BITS_MAX = 18,
    KMC_FINAL_BITS = 12,
    KMC_SETS_NODE = 2 * KMC_NODES,      /* of weights: by node, */
    KMC_SIDES = 81,                     /* by four neighbours' sides and the depth, or the match at a flat place, */
    KMC_SETS_SIDES = 4 * KMC_SIDES + 16 + 16, /* or by how sure an expected symbol is, */
    KMC_AGREEMENTS = 512,               /* and by which neighbours agree */
    KMC_LIKE = 256,                     /* or are the symbol expected */
    KMC_SETS_AGREEMENT = KMC_AGREEMENTS + 128 + KMC_LIKE
};

typedef struct kmc_learned {
    int slot_bits, relation_bits, n_inputs;
    kmc_counter *memory; /* of everything below */
    size_t used;         /* words of it */
    kmc_counter *slots; /* 2^slot_bits of KMC_SLOT words, each within a cache line */
    kmc_counter *relations[KMC_RELATIONS];
    kmc_counter *rows[KMC_GUESSES]; /* of KMC_ROW counters: by node; */
    kmc_counter *shared, *near;     /* by guess and depth; one by how far a guess is off what is expected; */
    kmc_counter *final;             /* by a hash of KMC_FINAL_BITS */
    int32_t *weights[KMC_MIXERS];
    int32_t (*final_weights)[KMC_MIXERS];
} kmc_learned;

/* For k colours and n_inputs, a multiple of KMC_INPUTS_STEP. Release with kmc_learned_free, after a failure too. */
kmc_status kmc_learned_new(size_t k, int slot_bits, int n_inputs, kmc_learned *learned);
void kmc_learned_free(kmc_learned *learned);

/* How many bytes that takes at most. */
uint64_t kmc_learned_bytes(int slot_bits);

#endif
