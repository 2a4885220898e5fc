/* The assignment step: the moments of the clusters, and refilling of empty ones. */
#ifndef KMC_KMEANS_ASSIGNMENT_H
#define KMC_KMEANS_ASSIGNMENT_H

#include "kmeans/filtering.h"

/* Rounds centroids, (k, 4) in levels, to integer coordinates, and clamps them to the range of points. xy and zw have k
 * words. */
void kmc_round_centroids(const double *centroids, size_t k, int32_t *xy, int32_t *zw);

/* Assigns every point to its nearest centroid, and sets moments[0 .. k) to those of the clusters. KMC_NO_MEMORY or
 * KMC_INTERRUPTED on failure. */
kmc_status kmc_assign_moments(const kmc_run *run, const kmc_tree *tree, const kmc_centroids *centroids,
                              kmc_moments *moments);

/* Moves into each empty cluster the point with the largest error (weight times squared distance, the first on ties),
 * but never the last point of a cluster. If all errors are 0, clusters stay empty. The clusters of the first n_fixed
 * centroids, which do not move, may be empty and may lose all points. `moments` are those of the assignment, and are
 * updated. KMC_NO_MEMORY or KMC_INTERRUPTED on failure. */
kmc_status kmc_refill_empty(const kmc_run *run, const kmc_tree *tree, const kmc_centroids *centroids, size_t n_fixed,
                            kmc_moments *moments);

/* Sets the centroid of a cluster, four doubles in levels, to its mean. The weight must not be 0. */
void kmc_moments_centroid(const kmc_moments *m, double *centroid);

#endif
