/* The inner loops over points and boxes. */
#ifndef KMC_KMEANS_KERNELS_H
#define KMC_KMEANS_KERNELS_H

#include "simd/kernels.h"

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
typedef void kmc_box_distance_fn(const int32_t *min_xy, const int32_t *min_zw, const int32_t *max_xy,
                                 const int32_t *max_zw, size_t n, int32_t at_xy, int32_t at_zw, int32_t *distance);

/* The smallest box that holds n >= 1 points. */
typedef void kmc_enclose_fn(const int32_t *xy, const int32_t *zw, size_t n, struct kmc_box *box);

/* The moments of those points whose position[i] is `which`. Every weight must be under 2^32. */
typedef void kmc_sum_where_fn(const struct kmc_points *points, const int32_t *position, int32_t which,
                              struct kmc_moments *moments);

typedef struct kmc_kmeans_kernels {
    kmc_filter_fn *filter;
    kmc_nearest_point_fn *nearest_point;
    kmc_capped_error_fn *capped_error;
    kmc_box_distance_fn *box_distance;
    kmc_enclose_fn *enclose;
    kmc_sum_where_fn *sum_where;
} kmc_kmeans_kernels;

#endif
