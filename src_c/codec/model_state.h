/* What a model of an index plane learns: counters and weights, and what they start as. */
#ifndef KMC_CODEC_MODEL_STATE_H
#define KMC_CODEC_MODEL_STATE_H

#include "codec/color_predictor.h"
#include "codec/adaptive_probability.h"
#include "codec/mixer.h"

enum {
    KMC_NODES = 1024, /* nodes with rows and weights of their own; all further ones share those of the last */
    KMC_SHARED = 16, /* rows of each prediction for all nodes of a depth */
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

typedef struct kmc_model_state {
    int slot_bits, relation_bits, n_inputs;
    kmc_counter *memory; /* of everything below */
    size_t used;         /* words of it */
    kmc_counter *slots; /* 2^slot_bits of KMC_SLOT words, each within a cache line */
    kmc_counter *relations[KMC_RELATIONS];
    kmc_counter *node_apms[KMC_PREDICTIONS]; /* of KMC_APM counters: by node; */
    kmc_counter *depth_apms, *expected_apm;     /* by prediction and depth; one by how far a prediction is off what is expected; */
    kmc_counter *final_apms;             /* by a hash of KMC_FINAL_BITS */
    int32_t *weights[KMC_MIXERS];
    int32_t (*final_weights)[KMC_MIXERS];
} kmc_model_state;

/* For k colours and n_inputs, a multiple of KMC_INPUTS_STEP. Release with kmc_model_state_free, after a failure too. */
kmc_status kmc_model_state_new(size_t k, int slot_bits, int n_inputs, kmc_model_state *state);
void kmc_model_state_free(kmc_model_state *state);

/* How many bytes that takes at most. */
uint64_t kmc_model_state_bytes(int slot_bits);

#endif
