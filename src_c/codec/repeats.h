/* Repeated rows: which earlier row is expected, and the probability that it recurs. */
#ifndef KMC_CODEC_REPEATS_H
#define KMC_CODEC_REPEATS_H

#include "codec/arithmetic_coder.h"
#include "codec/adaptive_probability.h"

enum {
    KMC_REPEATS_WIDTH_MAX = 1 << 13, /* of wider rows the writer has never a whole one at hand */
    KMC_REPEATS_BITS = 12,
    KMC_REPEATS_STATES = 12,
    KMC_LIMIT_REPEATS = 250
};

typedef struct kmc_repeats {
    uint32_t after[1 << KMC_REPEATS_BITS]; /* by the hash of a row: the number of the row that followed it */
    kmc_counter counters[KMC_REPEATS_STATES]; /* by the last two bits, and `run` against `last` */
    uint32_t history, run, last; /* past bits; the current run of repeated rows, and the one before it */
} kmc_repeats;

static inline void kmc_repeats_init(kmc_repeats *repeats)
{
    for (int i = 0; i < KMC_REPEATS_STATES; i++) repeats->counters[i] = KMC_COUNTER_NEW / 4;
}

/* The number of the row expected as row y: the one that followed the last row equal to the one above, or else the one
 * above. */
static inline uint32_t kmc_repeats_find(kmc_repeats *repeats, const uint16_t *above, size_t width, uint32_t y)
{
    uint64_t hash = 24;
    for (size_t x = 0; x < width; x++) hash = kmc_mix(hash, above[x]);
    uint32_t *const after = repeats->after + (hash >> (64 - KMC_REPEATS_BITS));
    const uint32_t found = *after;
    *after = y;
    return found != 0 ? found : y - 1;
}

/* Whether a row has one symbol only: the pixel model predicts such rows well enough. */
static inline int kmc_row_is_constant(const uint16_t *row, size_t width)
{
    for (size_t x = 1; x < width; x++)
        if (row[x] != row[0]) return 0;
    return 1;
}

/* Codes whether the row equals the expected one. */
static inline int kmc_repeats_code(kmc_repeats *repeats, const kmc_rates *rates, kmc_coder *coder, int reading, int bit)
{
    const uint32_t compared = (repeats->run >= repeats->last) + (repeats->run > repeats->last);
    kmc_counter *const counter = repeats->counters + 4 * compared + repeats->history % 4;
    bit = kmc_coder_code(coder, reading, bit, kmc_counter_p(*counter, 4));
    kmc_counter_learn(counter, rates, bit, KMC_LIMIT_REPEATS);
    repeats->history = repeats->history << 1 | (uint32_t)bit;
    if (!bit) repeats->last = repeats->run;
    repeats->run = bit ? repeats->run + 1 : 0;
    return bit;
}

#endif
