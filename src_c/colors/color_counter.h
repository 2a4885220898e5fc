/* How often one thread has met each colour. */
#ifndef KMC_COLORS_COLOR_COUNTER_H
#define KMC_COLORS_COLOR_COUNTER_H

#include "colors/overflow.h"
#include "simd/kernels.h"
#include "colors/morton.h"
#include "base/scratch.h"

/* Up to three channels have a counter of one byte for every key; when one is full, 255 go to the carries. Only the
 * cells that have been met are initialised, so of the 16 MB no more is ever touched than those. Of four channels,
 * opaque colours have the counters of three, by their key without alpha; the others count in the carries alone. */
typedef struct kmc_tally {
    int channels;
    kmc_tables *tables;
    uint8_t *counters; /* by key */
    uint8_t *cells;    /* by cell: whether it has been met, and so its counters cleared */
    size_t n_cells;
    kmc_carries carries; /* by key, of as many channels as the pixels have */
    uint32_t *full;      /* keys whose counter was full, not yet in the carries */
    size_t n_full;
} kmc_tally;

/* Release with kmc_tally_free, after a failure too; `tables` (or NULL) must live until then. */
kmc_status kmc_tally_new(int channels, kmc_tables *tables, kmc_tally *tally);
void kmc_tally_free(kmc_tally *tally);

kmc_status kmc_tally_add(kmc_tally *tally, const kmc_kernels *kernels, const uint8_t *pixels, size_t n);

/* Moves what is full into the carries, and touches nothing else. To be called before the carries are read or merged. */
kmc_status kmc_tally_carry(kmc_tally *tally);

/* Adds another tally in two steps, each in parts that may go to different threads: the cells [begin, end), counters and
 * marks, where keys whose counters become full go to the list of `full_of`, a tally of the thread's own; then, when all
 * lists have been carried, one part of the carries. */
kmc_status kmc_tally_merge_cells(kmc_tally *tally, const kmc_tally *other, size_t begin, size_t end,
                                 kmc_tally *full_of);
kmc_status kmc_tally_merge_carries(kmc_tally *tally, const kmc_tally *other, int part);

/* How many of the pixels that had this key are in a counter. */
static inline int64_t kmc_tally_counter(const kmc_tally *tally, uint32_t key)
{
    if (tally->channels < 4) return tally->counters[key];
    return kmc_is_opaque(key) ? tally->counters[kmc_without_alpha(key)] : 0;
}

#endif
