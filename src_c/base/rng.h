/* The random number generator SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), the same on every platform. */
#ifndef KMC_BASE_RNG_H
#define KMC_BASE_RNG_H

#include <stdint.h>

/* Any initial state is valid, and serves as the seed. */
typedef struct kmc_rng {
    uint64_t state;
} kmc_rng;

/* A uniformly distributed 64-bit integer. */
static inline uint64_t kmc_rng_next(kmc_rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* A uniformly distributed integer in [0, bound), bound > 0, by rejection: the smallest 2^64 mod bound numbers are drawn
 * again. Ends since the generator returns every 64-bit number once in its period, and at least half are accepted. */
static inline uint64_t kmc_rng_below(kmc_rng *rng, uint64_t bound)
{
    const uint64_t skipped = (UINT64_MAX - bound + 1) % bound;
    for (;;) {
        const uint64_t drawn = kmc_rng_next(rng);
        if (drawn >= skipped) return drawn % bound;
    }
}

#endif
