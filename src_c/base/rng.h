/* SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): the engine's own random numbers, the same everywhere. */
#ifndef KMC_BASE_RNG_H
#define KMC_BASE_RNG_H

#include <stdint.h>

typedef struct kmc_rng {
    uint64_t state;
} kmc_rng;

static inline uint64_t kmc_rng_next(kmc_rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* A whole number in [0, bound), bound > 0, each equally likely: numbers from the incomplete
 * last round are drawn again. Ends because the generator returns every 64-bit number once in its
 * period, and at least half of them are accepted. */
static inline uint64_t kmc_rng_below(kmc_rng *rng, uint64_t bound)
{
    const uint64_t skipped = (UINT64_MAX - bound + 1) % bound;
    for (;;) {
        const uint64_t drawn = kmc_rng_next(rng);
        if (drawn >= skipped) return drawn % bound;
    }
}

#endif
