/* The plain model of an index plane: how often each side of each node was taken, whatever is around. */
#ifndef KMC_PLAIN_MODEL_H
#define KMC_PLAIN_MODEL_H

#include "coder.h"
#include "counters.h"
#include "palette_tree.h"

typedef struct kmc_plain_model {
    const kmc_palette_tree *tree;
    kmc_rates rates;
    kmc_counter counters[]; /* of each node */
} kmc_plain_model;

/* One that takes all symbols to be equally likely. The tree must outlive it. Release with kmc_free. */
kmc_plain_model *kmc_plain_model_new(const kmc_palette_tree *tree);

/* Codes the next n pixels: symbols are written, or read and stored. */
void kmc_plain_model_code(kmc_plain_model *model, kmc_coder *coder, int reading, uint16_t *symbols, size_t n);

#endif
