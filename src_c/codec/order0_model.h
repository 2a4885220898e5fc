/* The order-0 model of an index plane: a counter for each node of the palette tree, whatever the context; of symbols,
 * or of their residuals from the mean of the neighbours. For planes in which nothing else can be learned: noise. */
#ifndef KMC_CODEC_ORDER0_MODEL_H
#define KMC_CODEC_ORDER0_MODEL_H

#include "codec/arithmetic_coder.h"
#include "codec/adaptive_probability.h"
#include "codec/palette_tree.h"

enum { KMC_ORDER0_RESIDUALS = 1 }; /* the bit of `contexts` for residuals */

typedef struct kmc_order0_model {
    const kmc_palette_tree *tree;
    size_t width, x, y;
    uint16_t *rows; /* a ring of this row and the three above; NULL without residuals */
    kmc_rates rates;
    kmc_counter counters[]; /* by node */
} kmc_order0_model;

/* Returns a model in which all symbols, or residuals, are equally likely, or NULL if memory is short. The tree must
 * outlive it. Release with kmc_order0_model_free (NULL is allowed). */
kmc_order0_model *kmc_order0_model_new(const kmc_palette_tree *tree, size_t width, uint32_t contexts);
void kmc_order0_model_free(kmc_order0_model *model);

/* The most bytes of memory that a model takes. */
uint64_t kmc_order0_model_bytes(size_t width);

/* Codes the next n pixels: writes the symbols, or reads and stores them. */
void kmc_order0_model_code(kmc_order0_model *model, kmc_coder *coder, int reading, uint16_t *symbols, size_t n);

#endif
