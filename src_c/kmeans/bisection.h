/* Splitting a cluster in two by 2-means. */
#ifndef KMC_KMEANS_BISECTION_H
#define KMC_KMEANS_BISECTION_H

#include "kmeans/kernels.h"
#include "kmeans/points.h"

/* The result of a split: the means of the halves as pairs, their moments, and the decrease of inertia, in squared
 * coordinates. */
typedef struct kmc_split {
    int32_t xy[2], zw[2];
    kmc_moments halves[2];
    double gain;
} kmc_split;

/* Splits padded points with the moments `all`. position[i] = the half of point i, 0 or 1; `distance` is scratch; both
 * have points->n + KMC_PADDING words. One point, or several with equal coordinates, cannot be split: the gain is 0, and
 * halves[0] is `all`. */
void kmc_split_points(const kmc_kmeans_kernels *kernels, const kmc_points *points, const kmc_moments *all,
                      kmc_split *split, int32_t *position, int32_t *distance);

/* The same where the centroid (xy, zw) of the first half is fixed and need not be its mean: the gain is that of adding
 * a second centroid. It is 0 if all points have the coordinates of the fixed one. */
void kmc_split_with_fixed(const kmc_kmeans_kernels *kernels, const kmc_points *points, const kmc_moments *all,
                          int32_t xy, int32_t zw, kmc_split *split, int32_t *position, int32_t *distance);

#endif
