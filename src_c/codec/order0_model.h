/* The plain model of an index plane: how often each side of each node was taken, whatever is neighbors; of symbols, or of
 * how far these are from the mean of those around. */
#ifndef KMC_CODEC_ORDER0_MODEL_H
#define KMC_CODEC_ORDER0_MODEL_H

#include "codec/arithmetic_coder.h"
#include "codec/adaptive_probability.h"
#include "codec/palette_tree.h"

enum { KMC_ORDER0_RESIDUALS = 1 }; /* of the options of contexts: how far symbols are from the mean */

typedef struct kmc_order0_model {
    const kmc_palette_tree *tree;
    size_t width, x, y;
    uint16_t *rows; /* this one and the three above in turn; NULL if symbols are coded as they are */
    kmc_rates rates;
    kmc_counter counters[]; /* of each node */
} kmc_order0_model;

/* One that takes all symbols, or residuals, to be equally likely. The tree must outlive it. Release with
 * kmc_order0_model_free (NULL is allowed). */
kmc_order0_model *kmc_order0_model_new(const kmc_palette_tree *tree, size_t width, uint32_t contexts);
void kmc_order0_model_free(kmc_order0_model *model);

/* How many bytes one takes at most. */
uint64_t kmc_order0_model_bytes(size_t width);

/* Codes the next n pixels: symbols are written, or read and stored. */
void kmc_order0_model_code(kmc_order0_model *model, kmc_coder *coder, int reading, uint16_t *symbols, size_t n);

#endif
