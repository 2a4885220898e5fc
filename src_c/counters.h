/* Adaptive probabilities: counters that learn fast at first, slots of fifteen of them under a hash, interpolated rows. */
#ifndef KMC_COUNTERS_H
#define KMC_COUNTERS_H

#include "base.h"

/* A counter: the probability of a 1 in 22 bits, and how often it was asked in 10. */
typedef uint32_t kmc_counter;

#define KMC_COUNTER_NEW ((kmc_counter)1 << 31)

enum {
    KMC_SLOT = 16,           /* words: a check and fifteen counters, for four levels of the tree */
    KMC_ROW = 33,            /* counters over a range of 32 steps */
    KMC_LIMIT_CONTEXT = 250, /* how often a counter may have been asked: more, and it learns slower */
    KMC_LIMIT_ROW = 1000,
    KMC_LIMIT_FINAL = 250
};

/* What both ways of a counter look up by how often it was asked. */
typedef struct kmc_rates {
    uint16_t rate[1024];  /* how far it moves to the bit, in 1/65536: 1 / (n + 1.6) */
    uint16_t trust[1024]; /* how much of it counts, in 1/256: none while it is new, then n / (n + 0.4) */
} kmc_rates;

static inline void kmc_rates_fill(kmc_rates *rates)
{
    for (uint32_t n = 0; n < 1024; n++) {
        rates->rate[n] = (uint16_t)(655360 / (10 * n + 16));
        rates->trust[n] = (uint16_t)(n == 1 ? 150 : 2560 * n / (10 * n + 4));
    }
}

static inline void kmc_counter_learn(kmc_counter *counter, const kmc_rates *rates, int bit, uint32_t limit)
{
    const uint32_t n = *counter & 1023, p = *counter >> 10;
    const uint64_t rate = rates->rate[n];
    const uint32_t next = bit ? p + (uint32_t)((4194303 - p) * rate >> 16) : p - (uint32_t)(p * rate >> 16);
    *counter = next << 10 | (n + (n < limit));
}

/* Its probability in 1/65536, `least` or more, for either bit. */
static inline uint32_t kmc_counter_p(kmc_counter counter, uint32_t least)
{
    const uint32_t p = counter >> 16;
    return p < least ? least : p > 65536 - least ? 65536 - least : p;
}

/* ---- hashing ------------------------------------------------------------------------------------------------------- */

static inline uint64_t kmc_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* The slot of a hash: one of two neighbours, the one that bears its check, or else the one whose first counter was asked
 * less, made new. */
static inline kmc_counter *kmc_slot_find(kmc_counter *slots, int bits, uint64_t hash)
{
    const uint32_t check = (uint32_t)hash | 1;
    kmc_counter *const first = slots + (size_t)(hash >> (64 - bits)) * KMC_SLOT;
    if (first[0] == check) return first;
    kmc_counter *const second = slots + (size_t)(hash >> (64 - bits) ^ 1) * KMC_SLOT;
    if (second[0] == check) return second;
    kmc_counter *const slot = (second[1] & 1023) < (first[1] & 1023) ? second : first;
    slot[0] = check;
    for (int i = 1; i < KMC_SLOT; i++) slot[i] = KMC_COUNTER_NEW;
    return slot;
}

/* ---- rows ---------------------------------------------------------------------------------------------------------- */

/* A place on a row: between counters `at` and at + 1, `part` of `whole` on the way. */
static inline uint32_t kmc_row_read(const kmc_counter *row, uint32_t part, uint32_t whole)
{
    return (uint32_t)(((uint64_t)(row[0] >> 10) * (whole - part) + (uint64_t)(row[1] >> 10) * part) / whole);
}

#endif
