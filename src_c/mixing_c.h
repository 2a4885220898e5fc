/* What a decision does with all its inputs and counters at once, in plain C. All n are multiples of KMC_INPUTS_STEP. */
#include "counters.h"
#include "mixer.h"

/* all[i] = stretched[i] * trust >> 8, the trust being the lower half of rates[i]. */
static inline void mixing_weigh(const int32_t *stretched, const uint32_t *rates, int n, int32_t *all)
{
    for (int i = 0; i < n; i++) all[i] = stretched[i] * (int32_t)(rates[i] & 65535) >> 8;
}

/* The sums of the inputs by three sets of weights. */
static inline void mixing_sum(const int32_t *all, int32_t *const weights[KMC_MIXERS], int n, int32_t sums[KMC_MIXERS])
{
    for (int s = 0; s < KMC_MIXERS; s++) {
        int32_t sum = 0;
        for (int i = 0; i < n; i++) sum += all[i] * weights[s][i] >> 4;
        sums[s] = sum;
    }
}

/* Moves the three sets towards less error: that is in 1/65536 times 16. */
static inline void mixing_learn(const int32_t *restrict all, int32_t *const weights[KMC_MIXERS], int n,
                                const int32_t errors[KMC_MIXERS])
{
    for (int s = 0; s < KMC_MIXERS; s++) {
        int32_t *const restrict own = weights[s];
        for (int i = 0; i < n; i++)
            own[i] = kmc_clamp_weight(own[i] + ((all[i] * errors[s] + (1 << 13)) >> 14), KMC_WEIGHT_MAX);
    }
}

/* Counters, each as kmc_counter_next has it; its rate is the upper half of rates[i]. */
static inline void mixing_count(uint32_t *restrict counters, const uint32_t *restrict rates,
                                const uint32_t *restrict limits, int n, int bit)
{
    for (int i = 0; i < n; i++) counters[i] = kmc_counter_next(counters[i], rates[i] >> 16, bit, limits[i]);
}
