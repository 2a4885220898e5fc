/* The tables of logistic mixing. */
#include "codec/mixer.h"

/* exp(-1/256) in units of 2^-32, rounded. */
static const uint64_t DECAY = 4278222805u;

void kmc_logistic_fill(kmc_logistic *logistic)
{
    const uint64_t one = (uint64_t)1 << 32;
    uint16_t *const middle = logistic->squash + KMC_STRETCHED_MAX;
    uint64_t power = one; /* exp(-x/256), each from the one before */
    for (int x = 0; x <= KMC_STRETCHED_MAX; x++) {
        const uint64_t p = ((one << 16) + (one + power) / 2) / (one + power);
        middle[x] = (uint16_t)p;
        middle[-x] = (uint16_t)(65536 - p);
        power = (power * DECAY + one / 2) >> 32;
    }
    int x = -KMC_STRETCHED_MAX;
    for (int i = 0; i < 4096; i++) {
        while (x < KMC_STRETCHED_MAX && middle[x] < 16 * i + 8) x++;
        logistic->stretch[i] = (int16_t)x;
    }
}
