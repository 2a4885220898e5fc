/* The logistic function and its inverse as tables, made by integer arithmetic alone. */
#ifndef KMC_CODEC_LOGISTIC_H
#define KMC_CODEC_LOGISTIC_H

#include <stdint.h>

/* Probabilities are in units of 1/65536; their logarithmic odds ("stretched") in units of 1/256, between the limits. */
#define KMC_STRETCHED_MAX 2047

typedef struct kmc_logistic {
    uint16_t squash[2 * KMC_STRETCHED_MAX + 2]; /* by stretched value plus KMC_STRETCHED_MAX: 1 to 65535 */
    int16_t stretch[4096];                      /* by the upper 12 bits of a probability */
} kmc_logistic;

void kmc_logistic_fill(kmc_logistic *logistic);

static inline int32_t kmc_squash(const kmc_logistic *logistic, int32_t stretched)
{
    return logistic->squash[stretched + KMC_STRETCHED_MAX];
}

static inline int32_t kmc_clamp_stretched(int32_t x)
{
    return x < -KMC_STRETCHED_MAX ? -KMC_STRETCHED_MAX : x > KMC_STRETCHED_MAX ? KMC_STRETCHED_MAX : x;
}

#endif
