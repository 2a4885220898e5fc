/* What a stretch of data is to be compressed as: blocks, and the literals and matches of each. */
#ifndef KMC_PNG_DEFLATE_PLAN_H
#define KMC_PNG_DEFLATE_PLAN_H

#include "base/base.h"
#include "png/deflate_block.h"

enum {
    KMC_SEGMENT = 1 << 18, /* the most bytes of a plan */
    KMC_MOST_BLOCKS = 64
};

typedef struct kmc_deflate_plan {
    size_t begin, end;                 /* in the data, which it may refer back to */
    kmc_match *steps;                  /* from each position that the path meets; end - begin of them */
    int n_blocks;
    uint32_t ends[KMC_MOST_BLOCKS];    /* of the blocks, from the plan's beginning */
} kmc_deflate_plan;

/* What one thread needs to make plans; NULL where memory is short. */
typedef struct kmc_planner kmc_planner;
kmc_planner *kmc_planner_new(void);
void kmc_planner_free(kmc_planner *planner);

/* Fills in steps and blocks, those at hand soonest if `quick`. Asks the caller whether to
 * go on, unless `run` is NULL. */
kmc_status kmc_make_plan(kmc_planner *planner, const kmc_run *run, int thread, const uint8_t *data, int quick,
                         kmc_deflate_plan *plan);

/* The counts of `more` added to those of `sum`. */
void kmc_add_counts(kmc_symbol_counts *sum, const kmc_symbol_counts *more);

#endif
