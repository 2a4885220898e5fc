/* Cutting one cluster in two where that lowers its inertia most. */
#ifndef KMC_KMEANS_BISECTION_H
#define KMC_KMEANS_BISECTION_H

#include "kmeans/kernels.h"
#include "kmeans/points.h"

/* The two halves of a cluster: their means as pairs, and by how much the inertia falls (in coordinates, squared). */
typedef struct kmc_split {
    int32_t xy[2], zw[2];
    kmc_moments halves[2];
    double gain;
} kmc_split;

/* Splits n points, padded, with the moments `whole`. position[i], padded as well, tells the half of point i, and
 * `distance` is scratch. A cluster of one point, or of points in one place, is not split: its gain is 0. */
void kmc_split_points(const kmc_kmeans_kernels *kernels, const kmc_points *points, const kmc_moments *whole,
                      kmc_split *split, int32_t *position, int32_t *distance);

/* The same with a first half about a fixed point, which need not be the mean of anything: its gain is that of a second
 * centroid beside it. One point suffices, unless it is in the same place. */
void kmc_split_with_fixed(const kmc_kmeans_kernels *kernels, const kmc_points *points, const kmc_moments *whole,
                          int32_t xy, int32_t zw, kmc_split *split, int32_t *position, int32_t *distance);

#endif
