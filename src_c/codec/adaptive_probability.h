/* Adaptive probabilities: counters that learn fast at first, slots of fifteen of them by a hash, interpolated rows. */
#ifndef KMC_CODEC_ADAPTIVE_PROBABILITY_H
#define KMC_CODEC_ADAPTIVE_PROBABILITY_H

#include "base/base.h"

/* A counter: the probability of a 1 in 22 bits, and how often it was asked in 10. */
typedef uint32_t kmc_counter;

#define KMC_COUNTER_NEW ((kmc_counter)1 << 31)

enum {
    KMC_SLOT = 16,           /* words: a check and fifteen counters, for four levels of the tree */
    KMC_APM = 33,            /* counters over a range of 32 steps */
    KMC_LIMIT_CONTEXT = 250, /* how often a counter may have been asked: more, and it learns slower */
    KMC_LIMIT_APM = 1000,
    KMC_LIMIT_FINAL = 250
};

/* By how often a counter was asked: in the upper half how far it moves to the bit, in 1/65536, 1 / (n + 1.6); in the
 * lower half how much of it counts, in 1/256, none while it is new, then n / (n + 0.4). */
typedef struct kmc_rates {
    uint32_t by_count[1024];
} kmc_rates;

static inline void kmc_rates_fill(kmc_rates *rates)
{
    for (uint32_t n = 0; n < 1024; n++) {
        const uint32_t trust = n == 1 ? 150 : 2560 * n / (10 * n + 4);
        rates->by_count[n] = 655360 / (10 * n + 16) << 16 | trust;
    }
}

/* What a counter becomes: it moves towards 0, seen from the other end where the bit is 1. No product leaves 32 bits. */
static inline kmc_counter kmc_counter_next(kmc_counter counter, uint32_t rate, int bit, uint32_t limit)
{
    const uint32_t end = (uint32_t)-bit & 4194303, n = counter & 1023;
    const uint32_t p = counter >> 10 ^ end;
    const uint32_t next = p - ((p >> 16) * rate + ((p & 65535) * rate >> 16));
    return (next ^ end) << 10 | (n < limit ? n + 1 : limit);
}

static inline void kmc_counter_learn(kmc_counter *counter, const kmc_rates *rates, int bit, uint32_t limit)
{
    *counter = kmc_counter_next(*counter, rates->by_count[*counter & 1023] >> 16, bit, limit);
}

/* Its probability in 1/65536, `least` or more, for either bit. */
static inline uint32_t kmc_counter_p(kmc_counter counter, uint32_t least)
{
    const uint32_t p = counter >> 16;
    return p < least ? least : p > 65536 - least ? 65536 - least : p;
}

/* ---- hashing ----------------------------------------------------------------------------------------------------- */

static inline uint64_t kmc_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* The slot of a hash: one of two neighbours, the one that bears its check, or else the one whose first counter was
 * asked less, made new. */
static inline kmc_counter *kmc_slot_find(kmc_counter *slots, int bits, uint64_t hash)
{
    const uint32_t check = (uint32_t)hash | 1;
    kmc_counter *const first = slots + (size_t)(hash >> (64 - bits)) * KMC_SLOT;
    kmc_counter *const second = slots + (size_t)(hash >> (64 - bits) ^ 1) * KMC_SLOT;
    const int is_first = first[0] == check; /* both are compared: which it is cannot be foretold */
    if (is_first | (second[0] == check)) return is_first ? first : second;
    kmc_counter *const slot = (second[1] & 1023) < (first[1] & 1023) ? second : first;
    slot[0] = check;
    for (int i = 1; i < KMC_SLOT; i++) slot[i] = KMC_COUNTER_NEW;
    return slot;
}

/* Has both of them fetched. */
static inline void kmc_slot_fetch(const kmc_counter *slots, int bits, uint64_t hash)
{
    const size_t number = (size_t)(hash >> (64 - bits));
    kmc_prefetch(slots + number * KMC_SLOT);
    kmc_prefetch(slots + (number ^ 1) * KMC_SLOT);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* A place on a row: between counters `at` and at + 1, `part` of `whole` on the way. */
static inline uint32_t kmc_apm_read(const kmc_counter *row, uint32_t part, uint32_t whole)
{
    return ((row[0] >> 10) * (whole - part) + (row[1] >> 10) * part) / whole;
}

#endif
