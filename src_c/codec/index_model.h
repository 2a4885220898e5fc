/* The context mixing model of an index plane. */
#ifndef KMC_CODEC_INDEX_MODEL_H
#define KMC_CODEC_INDEX_MODEL_H

#include "codec/arithmetic_coder.h"
#include "codec/palette_tree.h"

/* Bits of `contexts`, the inputs of the model: 0 to 15 are contexts, 16 to 18 relations of neighbours to nodes, 19 to
 * 22 predictions of a colour, of which the first is mandatory; 23 is the expected symbol. */
#define KMC_CONTEXT_BITS 0xFFFFFFu
#define KMC_FIRST_PREDICTION 0x080000u
#define KMC_EXPECTED_SYMBOL 0x800000u

enum { KMC_SLOT_BITS_MIN = 6, KMC_SLOT_BITS_MAX = 22 };

/* Which inputs the model has, and the number of its slots, 2^slot_bits: both are in the file. */
typedef struct kmc_model_options {
    uint32_t contexts;
    int slot_bits;
} kmc_model_options;

typedef struct kmc_index_model kmc_index_model;

/* The bytes of memory that a model takes for a band of `height` rows. */
uint64_t kmc_index_model_bytes(size_t width, size_t height, kmc_model_options options);

/* Makes a new model for a band. The tree must outlive it. Release with kmc_index_model_free (NULL is allowed). */
kmc_status kmc_index_model_new(const kmc_palette_tree *tree, size_t width, size_t height, kmc_model_options options,
                               kmc_index_model **model);
void kmc_index_model_free(kmc_index_model *model);

#endif
