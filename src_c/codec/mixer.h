/* Mixing: stretched probabilities weighted by what helped before, in sets of weights chosen by the context. */
#ifndef KMC_CODEC_MIXER_H
#define KMC_CODEC_MIXER_H

#include "codec/logistic.h"

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

#endif
