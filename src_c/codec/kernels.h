/* The inner loops of the index coder. */
#ifndef KMC_CODEC_KERNELS_H
#define KMC_CODEC_KERNELS_H

#include "simd/kernels.h"

struct kmc_index_model;
struct kmc_coder;
struct kmc_chooser;

/* Codes the next n pixels of an index plane, left to right and top to bottom: symbols are written, or read and stored.
 * Rows of up to KMC_REPEATS_WIDTH_MAX pixels come whole. */
typedef void kmc_code_indices_fn(struct kmc_index_model *model, struct kmc_coder *coder, uint16_t *symbols, size_t n);

/* Chooses the next n symbols of a plane, given the nearest ones, the points that they stand for and what an excess of
 * their squared distances counts, in 1/256 (NULL: 256), and codes them as write_indices would. */
typedef void kmc_choose_indices_fn(struct kmc_index_model *model, struct kmc_coder *coder,
                                   const struct kmc_chooser *chooser, const int16_t (*points)[4],
                                   const uint16_t *weights, uint16_t *symbols, size_t n);

typedef struct kmc_codec_kernels {
    kmc_code_indices_fn *write_indices, *read_indices;
    kmc_choose_indices_fn *choose_indices;
} kmc_codec_kernels;

#endif
