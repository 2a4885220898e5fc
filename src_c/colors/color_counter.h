/* Counts of colours, kept by one thread. */
#ifndef KMC_COLORS_COLOR_COUNTER_H
#define KMC_COLORS_COLOR_COUNTER_H

#include "colors/overflow.h"
#include "colors/kernels.h"
#include "colors/morton.h"
#include "base/scratch.h"

/* With up to three channels, every key has a counter of one byte; when it is full, 255 are moved to the overflow. Only
 * the cells that occur are initialised, so that no other part of the 16 MB is ever touched. With four channels, opaque
 * colours use the counter of their key without alpha, and all others are counted in the overflow. */
typedef struct kmc_color_counter {
    int channels;
    kmc_tables *tables;
    uint8_t *counters; /* by key */
    uint8_t *cells;    /* by cell: whether its counters have been cleared */
    size_t n_cells;
    kmc_overflow overflow; /* by key, of as many channels as the pixels have */
    uint32_t *full;        /* keys whose counter was full, not yet in the overflow */
    size_t n_full;
} kmc_color_counter;

/* Release with kmc_color_counter_free, after a failure too; `tables` (or NULL) must live until then. */
kmc_status kmc_color_counter_new(int channels, kmc_tables *tables, kmc_color_counter *counter);
void kmc_color_counter_free(kmc_color_counter *counter);

kmc_status kmc_color_counter_add(kmc_color_counter *counter, const kmc_colors_kernels *kernels, const uint8_t *pixels,
                                 size_t n);

/* Moves full counters into the overflow, and touches nothing else. Required before the overflow is read or merged. */
kmc_status kmc_color_counter_flush(kmc_color_counter *counter);

/* Adds the counts of another counter in two steps, each of which can be divided among threads: first the cells [begin,
 * end), where the keys of full counters go to the list of `full_of`, a counter that no other thread uses; then, after
 * all of these have been flushed, one part of the overflow. */
kmc_status kmc_color_counter_merge_cells(kmc_color_counter *counter, const kmc_color_counter *other, size_t begin,
                                         size_t end, kmc_color_counter *full_of);
kmc_status kmc_color_counter_merge_overflow(kmc_color_counter *counter, const kmc_color_counter *other, int part);

/* The pixels of this key that are not in the overflow. */
static inline int64_t kmc_color_counter_get(const kmc_color_counter *counter, uint32_t key)
{
    if (counter->channels < 4) return counter->counters[key];
    return kmc_is_opaque(key) ? counter->counters[kmc_without_alpha(key)] : 0;
}

#endif
