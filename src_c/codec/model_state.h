/* The adaptive state of the index model: counters, adaptive probability maps, and weights. */
#ifndef KMC_CODEC_MODEL_STATE_H
#define KMC_CODEC_MODEL_STATE_H

#include "codec/color_predictor.h"
#include "codec/adaptive_probability.h"
#include "codec/mixer.h"

enum {
    KMC_NODES = 1024, /* nodes with maps and weights of their own; all further ones share those of the last */
    KMC_SHARED = 16,  /* maps of each prediction by the depth of a node */
    KMC_RELATIONS = 3,
    KMC_RELATION_BITS_MAX = 18,
    KMC_FINAL_BITS = 12,
    KMC_SIDES = 81,   /* on which side of a node four neighbours are */
    KMC_AGREEMENTS = 512,
    KMC_LIKE = 256, /* which neighbours are the expected symbol */
    /* Sets of weights of the three mixers: by node; by the sides of four neighbours and the depth, or the length of the
     * match in a flat context, or the hits of the expected symbol; by which neighbours are equal. */
    KMC_SETS_NODE = 2 * KMC_NODES,
    KMC_SETS_SIDES = 4 * KMC_SIDES + 16 + 16,
    KMC_SETS_AGREEMENT = KMC_AGREEMENTS + 128 + KMC_LIKE
};

typedef struct kmc_model_state {
    int slot_bits, relation_bits, n_inputs;
    kmc_counter *memory; /* of everything below */
    size_t used;         /* words of it */
    kmc_counter *slots;  /* 2^slot_bits of KMC_SLOT words, each within a cache line */
    kmc_counter *relations[KMC_RELATIONS];
    kmc_counter *node_apms[KMC_PREDICTIONS]; /* maps, KMC_APM counters each: by node, */
    kmc_counter *depth_apms;                 /* by prediction and depth, */
    kmc_counter *expected_apm;               /* one by the prediction's distance from the expected colour, */
    kmc_counter *final_apms;                 /* and 2^KMC_FINAL_BITS by a hash */
    int32_t *weights[KMC_MIXERS];
    int32_t (*final_weights)[KMC_MIXERS];
} kmc_model_state;

/* Makes the initial state for k colours and n_inputs, a multiple of KMC_INPUTS_STEP. Release with kmc_model_state_free,
 * after a failure too. */
kmc_status kmc_model_state_new(const kmc_logistic *logistic, size_t k, int slot_bits, int n_inputs,
                               kmc_model_state *state);
void kmc_model_state_free(kmc_model_state *state);

/* The most bytes of memory that a state takes. */
uint64_t kmc_model_state_bytes(int slot_bits);

#endif
