/* The table of inner loops: one per instruction set, every entry equal to the plain C one bit for bit. */
#ifndef KMC_SIMD_KERNELS_H
#define KMC_SIMD_KERNELS_H

#include "base/base.h"

/* keys[i] = the Morton key (colors/morton.h) of pixel i, which has `channels` (1, 3 or 4) bytes; and the way back. */
typedef void kmc_keys_fn(const uint8_t *pixels, size_t n, int channels, uint32_t *keys);
typedef void kmc_colors_fn(const uint32_t *keys, size_t n, int channels, uint8_t *colors);

/* Writes first + i for every counters[i] of a cell that is not 0, ascending, and returns how many. Up to
 * four more keys may be overwritten. */
typedef size_t kmc_occupied_fn(const uint8_t *counters, uint32_t first, uint32_t *keys);

/* best[i] = the least of terms[j] + xy[i] . colors_xy[j] + zw[i] . colors_zw[j] over j < k, where a . b is
 * the dot product of two pairs of int16. No partial sum may leave int32. The arrays of n reach up to a
 * multiple of KMC_ASSIGN_STEP. */
typedef void kmc_assign_fn(const int32_t *xy, const int32_t *zw, size_t n, const int32_t *colors_xy,
                           const int32_t *colors_zw, const int32_t *terms, size_t k, int32_t *best);
#define KMC_ASSIGN_STEP 64

/* Adds n pixels to the sums of their labels: xy[i] and zw[i] are two channels each, times 2^7. There are four words for
 * each label: x + 2^32 y and z + 2^32 w of even i, then those of odd i. Each sum must stay under 2^32. */
typedef void kmc_accumulate_fn(const int32_t *xy, const int32_t *zw, const uint16_t *labels, size_t n, uint64_t *sums);

struct kmc_box;
struct kmc_moments;
struct kmc_points;
struct kmc_candidates;

/* out = those of in that can be the nearest centroid to some point of the box: in order, at least one. Returns how
 * many. in->n >= 1; both lists are closed (kmeans/candidates.h). */
typedef size_t kmc_filter_fn(const struct kmc_box *box, const struct kmc_candidates *in, struct kmc_candidates *out);

/* position[i] = the nearest of m >= 1 candidates to point i of n, the first on ties; distance[i] = how far, squared.
 * Whole vectors are loaded and stored: all four arrays of n reach KMC_PADDING words further. */
typedef void kmc_nearest_point_fn(const int32_t *xy, const int32_t *zw, size_t n, const int32_t *candidates_xy,
                                  const int32_t *candidates_zw, size_t m, int32_t *position, int32_t *distance);

/* distance[i] = how far, squared, point i is from the one point (at_xy, at_zw), but `cap[i]` at most. Returns the sum
 * of weights[i] * distance[i], which must stay under 2^64. Padded like nearest_point. */
typedef uint64_t kmc_capped_error_fn(const int32_t *xy, const int32_t *zw, const uint32_t *weights, const int32_t *cap,
                                     size_t n, int32_t at_xy, int32_t at_zw, int32_t *distance);

/* distance[i] = how far, squared, box i is from the one point. Padded like nearest_point. */
typedef void kmc_box_distance_fn(const int32_t *low_xy, const int32_t *low_zw, const int32_t *high_xy,
                                 const int32_t *high_zw, size_t n, int32_t at_xy, int32_t at_zw, int32_t *distance);

/* The smallest box that holds n >= 1 points. */
typedef void kmc_enclose_fn(const int32_t *xy, const int32_t *zw, size_t n, struct kmc_box *box);

/* The moments of those points whose position[i] is `which`. Every weight must be under 2^32. */
typedef void kmc_sum_where_fn(const struct kmc_points *points, const int32_t *position, int32_t which,
                              struct kmc_moments *moments);

struct kmc_dither_row;

/* What the plain mapping loses at the pixels [begin, end) of the row below, each with both of its neighbours. */
typedef void kmc_measure_fn(struct kmc_dither_row *row);

/* Error diffusion along the pixels [begin, end) of a row: writes found and here, and adds to lost. */
typedef void kmc_diffuse_fn(struct kmc_dither_row *row);

struct kmc_mixtures;

/* Fills mixtures: each entry is the one for the target and what the ones before owe to it. */
typedef void kmc_mix_fn(struct kmc_mixtures *mixtures);

struct kmc_index_model;
struct kmc_coder;

/* Codes the next n pixels of an index plane, left to right and top to bottom: symbols are written, or read and stored.
 * Rows of up to KMC_REPEATS_WIDTH_MAX pixels come whole. */
typedef void kmc_code_indices_fn(struct kmc_index_model *model, struct kmc_coder *coder, uint16_t *symbols, size_t n);

typedef struct kmc_kernels {
    const char *name; /* "c", "avx2", "avx512", "neon" */
    kmc_keys_fn *keys;
    kmc_colors_fn *colors;
    kmc_occupied_fn *occupied;
    kmc_assign_fn *assign;
    kmc_accumulate_fn *accumulate;
    kmc_filter_fn *filter;
    kmc_nearest_point_fn *nearest_point;
    kmc_capped_error_fn *capped_error;
    kmc_box_distance_fn *box_distance;
    kmc_enclose_fn *enclose;
    kmc_sum_where_fn *sum_where;
    kmc_measure_fn *measure;
    kmc_diffuse_fn *diffuse;
    kmc_mix_fn *mix;
    kmc_code_indices_fn *write_indices, *read_indices;
} kmc_kernels;

/* The variants this processor can run, slowest first, "c" always among them. */
size_t kmc_kernels_count(void);
const kmc_kernels *kmc_kernels_at(size_t i);

/* By name; NULL when this processor or this build has no such variant. A NULL name gives the fastest. */
const kmc_kernels *kmc_kernels_find(const char *name);

#endif
