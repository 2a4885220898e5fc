/* Assignment of all points to their nearest centroids by the filtering algorithm. */
#ifndef KMC_KMEANS_FILTERING_H
#define KMC_KMEANS_FILTERING_H

#include "kmeans/candidates.h"
#include "kmeans/kernels.h"
#include "kmeans/points.h"

/* k centroids in integer coordinates, as pairs; xy and zw have k + KMC_PADDING words. */
typedef struct kmc_centroids {
    size_t k;
    const int32_t *xy, *zw;
} kmc_centroids;

/* Receives the assignment. The callbacks run on several threads at once; `thread` is below kmc_filter_threads. */
typedef struct kmc_visitor {
    /* All points below `node` are nearest to centroid `id`. Not called, and may be NULL, with needs_distances. */
    void (*node)(void *context, int thread, uint32_t node, uint32_t id);
    /* Point i of the leaf `node` is nearest to centroid candidates->id[position[i]]; distance[i] is the squared
     * distance. */
    void (*leaf)(void *context, int thread, uint32_t node, const kmc_candidates *candidates, const int32_t *position,
                 const int32_t *distance);
    void *context;
    int needs_distances; /* every point is to be reported by `leaf` */
} kmc_visitor;

/* The number of threads that kmc_filter_assign uses at most, for arrays with one element per thread. */
int kmc_filter_threads(const kmc_run *run, const kmc_tree *tree, size_t k);

/* Reports the nearest centroid of every point exactly once, the lowest index on ties. k >= 1. KMC_NO_MEMORY or
 * KMC_INTERRUPTED on failure; then some points have not been reported.
 *
 * Kanungo et al., "An efficient k-means clustering algorithm", IEEE PAMI 24 (2002), with an octree in place of a
 * kd-tree, and with another pruning test: a centroid stays a candidate for a box if its smallest distance to the box is
 * at most the smallest of all centroids' largest distances. It keeps ties, and needs no order among the candidates. */
kmc_status kmc_filter_assign(const kmc_run *run, const kmc_tree *tree, const kmc_centroids *centroids,
                             const kmc_visitor *visitor);

#endif
