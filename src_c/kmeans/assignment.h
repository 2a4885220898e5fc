/* Clusters: k centroids and the moments of the points assigned to each. */
#ifndef KMC_KMEANS_ASSIGNMENT_H
#define KMC_KMEANS_ASSIGNMENT_H

#include "kmeans/filtering.h"

/* Centroids (k, 4) in levels to whole coordinates: xy and zw hold k + KMC_PADDING words each. */
void kmc_round_centroids(const double *centroids, size_t k, int32_t *xy, int32_t *zw);

/* Assigns every point to its nearest centroid and sums up each cluster into moments[0 .. k). */
kmc_status kmc_assign_moments(const kmc_run *run, const kmc_tree *tree, const kmc_centroids *centroids,
                              kmc_moments *moments);

/* Gives each empty cluster the worst served colour: the one with the largest weight times squared distance, lowest
 * first among equals, that is not alone in its cluster. Clusters stay empty when every colour is served exactly. The
 * first n_fixed centroids will not move to their means: their clusters may be empty, and may lose all their colours. */
kmc_status kmc_refill_empty(const kmc_run *run, const kmc_tree *tree, const kmc_centroids *centroids, size_t n_fixed,
                            kmc_moments *moments);

/* The mean of a cluster, four doubles in levels. Its weight must not be 0. */
void kmc_moments_centroid(const kmc_moments *m, double *centroid);

#endif
