/* The kernels of k-means, over points and bounding boxes; simd/kernels.h has the rules for all kernels. */
#ifndef KMC_KMEANS_KERNELS_H
#define KMC_KMEANS_KERNELS_H

#include "simd/kernels.h"

struct kmc_box;
struct kmc_moments;
struct kmc_points;
struct kmc_candidates;

/* out = the candidates of `in` that can be nearest to some point of the box, in order. Returns their number, at least
 * 1. in->n >= 1; both candidate sets are padded (kmeans/candidates.h). */
typedef size_t kmc_filter_fn(const struct kmc_box *box, const struct kmc_candidates *in, struct kmc_candidates *out);

/* position[i] = the nearest of m >= 1 candidates to point i, the first on ties; distance[i] = the squared distance.
 * Whole vectors are loaded and stored, so all arrays of n elements have KMC_PADDING more. */
typedef void kmc_nearest_point_fn(const int32_t *xy, const int32_t *zw, size_t n, const int32_t *candidates_xy,
                                  const int32_t *candidates_zw, size_t m, int32_t *position, int32_t *distance);

/* distance[i] = the squared distance of point i to the point (at_xy, at_zw), at most cap[i]. Returns the sum of
 * weights[i] * distance[i], which must be below 2^64. Arrays are padded as for nearest_point. */
typedef uint64_t kmc_capped_error_fn(const int32_t *xy, const int32_t *zw, const uint32_t *weights, const int32_t *cap,
                                     size_t n, int32_t at_xy, int32_t at_zw, int32_t *distance);

/* distance[i] = the squared distance of box i to the point. Arrays are padded as for nearest_point. */
typedef void kmc_box_distance_fn(const int32_t *min_xy, const int32_t *min_zw, const int32_t *max_xy,
                                 const int32_t *max_zw, size_t n, int32_t at_xy, int32_t at_zw, int32_t *distance);

/* box = the bounding box of n >= 1 points. */
typedef void kmc_enclose_fn(const int32_t *xy, const int32_t *zw, size_t n, struct kmc_box *box);

/* moments = those of the points with position[i] == which. Every weight must be below 2^32. */
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
