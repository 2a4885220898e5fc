/* Mixing: stretched probabilities weighted by what helped before, in sets of weights chosen by the context. */
#ifndef KMC_MIXER_H
#define KMC_MIXER_H

#include "logistic.h"

enum {
    KMC_INPUTS_MAX = 32,
    KMC_INPUTS_STEP = 8, /* inputs are padded with zeros to a multiple of this */
    KMC_MIXERS = 3,
    KMC_WEIGHT_ONE = 1 << 16,
    KMC_WEIGHT_MAX = (1 << 19) - 1,
    KMC_FINAL_WEIGHT_MAX = (1 << 18) - 1
};

static inline int32_t kmc_clamp_weight(int32_t w, int32_t most)
{
    return w < -most ? -most : w > most ? most : w;
}

/* The weighted sum of n inputs, a stretched probability. */
static inline int32_t kmc_mix_inputs(const int16_t *restrict inputs, const int32_t *restrict weights, int n)
{
    int32_t sum = 0;
    for (int i = 0; i < n; i++) sum += inputs[i] * weights[i] >> 4;
    return kmc_clamp_stretched(sum >> 12);
}

/* Moves the weights towards less error: error is in 1/65536 times 16. */
static inline void kmc_mix_learn(const int16_t *restrict inputs, int32_t *restrict weights, int n, int32_t error)
{
    for (int i = 0; i < n; i++)
        weights[i] = kmc_clamp_weight(weights[i] + ((inputs[i] * error + (1 << 13)) >> 14), KMC_WEIGHT_MAX);
}

#endif
