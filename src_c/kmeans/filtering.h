/* One walk over the tree that finds the nearest centroid of every point, testing few of them. */
#ifndef KMC_KMEANS_FILTERING_H
#define KMC_KMEANS_FILTERING_H

#include "kmeans/candidates.h"
#include "kmeans/kernels.h"
#include "kmeans/points.h"

/* k centroids, rounded to whole coordinates, as pairs. */
typedef struct kmc_centroids {
    size_t k;
    const int32_t *xy, *zw;
} kmc_centroids;

/* What to do with what the walk finds, on one of several threads at once. */
typedef struct kmc_visitor {
    /* Every point below `node` is nearest to centroid `id`. */
    void (*whole)(void *context, int thread, uint32_t node, uint32_t id);
    /* Point i of the leaf `node` is nearest to centroid left->id[position[i]], at the squared distance distance[i]. */
    void (*leaf)(void *context, int thread, uint32_t node, const kmc_candidates *left, const int32_t *position,
                 const int32_t *distance);
    void *context;
    int needs_distances; /* never calls `whole` */
} kmc_visitor;

/* How many threads kmc_filter_assign may use: the visitor is never called with a `thread` from there on. */
int kmc_filter_threads(const kmc_run *run, const kmc_tree *tree, size_t k);

/* Visits every point once. The nearest of several at the same distance is the one with the lowest number.
 * Kanungo et al., "An efficient k-means clustering algorithm", IEEE PAMI 24 (2002), with an octree and with the test
 * "nearer than the smallest of the largest distances", which needs no order among the candidates. */
kmc_status kmc_filter_assign(const kmc_run *run, const kmc_tree *tree, const kmc_centroids *centroids,
                    const kmc_visitor *visitor);

#endif
