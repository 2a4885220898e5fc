/* The model of an index plane: what a pixel is likely to be, given those before it. */
#ifndef KMC_CODEC_INDEX_MODEL_H
#define KMC_CODEC_INDEX_MODEL_H

#include "codec/arithmetic_coder.h"
#include "codec/palette_tree.h"

/* Bits of `contexts`: sixteen contexts, three relations of neighbours to nodes, four predictions of a colour, of which the
 * first is always there; whether each pixel is first compared with what its neighbours let expect. */
#define KMC_CONTEXT_BITS 0xFFFFFFu
#define KMC_FIRST_PREDICTION 0x080000u
#define KMC_EXPECTED_SYMBOL 0x800000u

enum { KMC_SLOT_BITS_MIN = 6, KMC_SLOT_BITS_MAX = 22 };

/* Which of the contexts are used, a bit each, and how large the tables are: both are in the file. */
typedef struct kmc_model_options {
    uint32_t contexts;
    int slot_bits;
} kmc_model_options;

typedef struct kmc_index_model kmc_index_model;

/* How many bytes a model takes for a band of rows. */
uint64_t kmc_index_model_bytes(size_t width, size_t height, kmc_model_options options);

/* A model that knows nothing. The tree must outlive it. Release with kmc_index_model_free (NULL is allowed). */
kmc_status kmc_index_model_new(const kmc_palette_tree *tree, size_t width, size_t height, kmc_model_options options,
                               kmc_index_model **model);
void kmc_index_model_free(kmc_index_model *model);

#endif
