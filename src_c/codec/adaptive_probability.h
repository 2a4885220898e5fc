/* Adaptive probabilities: counters, hashed slots of counters, and adaptive probability maps. */
#ifndef KMC_CODEC_ADAPTIVE_PROBABILITY_H
#define KMC_CODEC_ADAPTIVE_PROBABILITY_H

#include "base/base.h"

/* A counter: the probability of a 1 in the upper 22 bits, the number of updates so far (up to a limit) in the lower 10.
 * */
typedef uint32_t kmc_counter;

#define KMC_COUNTER_NEW ((kmc_counter)1 << 31)

enum {
    KMC_SLOT = 16,           /* words of a slot: a check and fifteen counters, for four levels of a binary tree */
    KMC_APM = 33,            /* counters of an adaptive probability map, at the ends of 32 intervals */
    KMC_LIMIT_CONTEXT = 250, /* of the number of updates: the higher, the slower a counter adapts in the end */
    KMC_LIMIT_APM = 1000,
    KMC_LIMIT_FINAL = 250
};

/* By the number of updates n: in the upper half the adaptation rate, 1 / (n + 1.6) in units of 1/65536; in the lower
 * half the confidence in the counter as an input of a mixer, in units of 1/256: none while it is new, then n / (n +
 * 0.4). */
typedef struct kmc_rates {
    uint32_t by_count[1024];
} kmc_rates;

static inline void kmc_rates_fill(kmc_rates *rates)
{
    for (uint32_t n = 0; n < 1024; n++) {
        const uint32_t confidence = n == 1 ? 150 : 2560 * n / (10 * n + 4);
        rates->by_count[n] = 655360 / (10 * n + 16) << 16 | confidence;
    }
}

/* The counter after a bit, moved by rate / 65536 of the way towards it. For a 1 the probability is taken as its
 * distance from the upper end, so that no product leaves 32 bits. */
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

/* The probability of a 1 in units of 1/65536, at least `min` and at most 65536 - min. */
static inline uint32_t kmc_counter_p(kmc_counter counter, uint32_t min)
{
    const uint32_t p = counter >> 16;
    return p < min ? min : p > 65536 - min ? 65536 - min : p;
}

/* ---- hashed slots ------------------------------------------------------------------------------------------------ */

static inline uint64_t kmc_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* Returns the slot of a hash in a table of 2^bits slots: of two candidates the one with the hash's check, or else the
 * one whose first counter has fewer updates, which is reset. */
static inline kmc_counter *kmc_slot_find(kmc_counter *slots, int bits, uint64_t hash)
{
    const uint32_t check = (uint32_t)hash | 1;
    kmc_counter *const first = slots + (size_t)(hash >> (64 - bits)) * KMC_SLOT;
    kmc_counter *const second = slots + (size_t)(hash >> (64 - bits) ^ 1) * KMC_SLOT;
    const int is_first = first[0] == check; /* no short circuit: the branch would be unpredictable */
    if (is_first | (second[0] == check)) return is_first ? first : second;
    kmc_counter *const slot = (second[1] & 1023) < (first[1] & 1023) ? second : first;
    slot[0] = check;
    for (int i = 1; i < KMC_SLOT; i++) slot[i] = KMC_COUNTER_NEW;
    return slot;
}

/* Prefetches both candidates of a hash. */
static inline void kmc_slot_prefetch(const kmc_counter *slots, int bits, uint64_t hash)
{
    const size_t number = (size_t)(hash >> (64 - bits));
    kmc_prefetch(slots + number * KMC_SLOT);
    kmc_prefetch(slots + (number ^ 1) * KMC_SLOT);
}

/* ---- adaptive probability maps ----------------------------------------------------------------------------------- */

/* The probability in 22 bits at `part` / `whole` between two neighbouring counters of a map. */
static inline uint32_t kmc_apm_read(const kmc_counter *left, uint32_t part, uint32_t whole)
{
    return ((left[0] >> 10) * (whole - part) + (left[1] >> 10) * part) / whole;
}

#endif
