/* Logistic mixing: the logistic function and its inverse as integer tables, and the limits of the weights. */
#ifndef KMC_CODEC_MIXER_H
#define KMC_CODEC_MIXER_H

#include <stdint.h>

/* A mixer weighs the predictions of many models in the logistic domain: each probability p is stretched to ln(p / (1 -
 * p)), the weighted sum is squashed back to a probability, and the weights follow the error of that. Probabilities are
 * in units of 1/65536; stretched ones in units of 1/256, from -KMC_STRETCHED_MAX to KMC_STRETCHED_MAX. */
#define KMC_STRETCHED_MAX 2047

enum {
    KMC_INPUTS_MAX = 32,
    KMC_INPUTS_STEP = 8, /* inputs are padded with zeros to a multiple of this, for vector kernels */
    KMC_MIXERS = 3,
    KMC_WEIGHT_ONE = 1 << 16,
    KMC_WEIGHT_MAX = (1 << 19) - 1,
    KMC_FINAL_WEIGHT_MAX = (1 << 18) - 1
};

typedef struct kmc_logistic {
    uint16_t squash[2 * KMC_STRETCHED_MAX + 2]; /* by stretched value plus KMC_STRETCHED_MAX: 1 to 65535 */
    int16_t stretch[4096];                      /* by the upper 12 bits of a probability */
} kmc_logistic;

/* Fills both tables by integer arithmetic alone, so that they are the same everywhere. */
void kmc_logistic_fill(kmc_logistic *logistic);

/* The probability of a stretched value within the limits. */
static inline int32_t kmc_squash(const kmc_logistic *logistic, int32_t stretched)
{
    return logistic->squash[stretched + KMC_STRETCHED_MAX];
}

static inline int32_t kmc_clamp_stretched(int32_t x)
{
    return x < -KMC_STRETCHED_MAX ? -KMC_STRETCHED_MAX : x > KMC_STRETCHED_MAX ? KMC_STRETCHED_MAX : x;
}

static inline int32_t kmc_clamp_weight(int32_t w, int32_t max)
{
    return w < -max ? -max : w > max ? max : w;
}

#endif
