/* A partition of the points into clusters, of which a few change at a time. */
#ifndef KMC_KMEANS_PARTITION_H
#define KMC_KMEANS_PARTITION_H

#include "kmeans/assignment.h"
#include "kmeans/bisection.h"

/* One cluster, with the estimates of the search. Gains and losses are changes of inertia, in squared coordinates. */
typedef struct kmc_cluster {
    kmc_moments moments;
    double explained; /* kmc_partition_explained of the moments */
    size_t begin, n;  /* its points in the arena */
    kmc_split split;  /* its split, before neighbouring clusters adapt */
    double removal;   /* the loss of its removal, before they adapt */
    int gain_is_exact, loss_is_exact; /* whether gain and loss are computed, not estimated */
} kmc_cluster;

typedef struct kmc_partition {
    size_t k, n_fixed;
    kmc_cluster *clusters;
    double *gain;      /* of splitting each cluster, exact or estimated */
    double *loss;      /* of removing each centroid, exact or estimated */
    int32_t *xy, *zw;  /* the means of the clusters, or their fixed centroids, padded */
    kmc_points arena;  /* the points, contiguous by cluster; outdated copies stay until it is compacted */
    size_t used;       /* number of points in the arena */
    kmc_points spare;  /* space for all points once */
    size_t n;          /* total number of points */
    void *memory;      /* of the arena and the spare points; from run->tables if it fits such a table */
    size_t memory_bytes;
    struct kmc_tables *tables;
} kmc_partition;

/* Makes a partition into k clusters: each point of the tree belongs to the nearest of the n_centroids <= k centroids,
 * (n_centroids, 4) doubles in levels; the other clusters are empty. The first n_fixed centroids do not move. Keeps no
 * pointer to the tree. KMC_NO_MEMORY or KMC_INTERRUPTED on failure, and nothing has to be freed. */
kmc_status kmc_partition_new(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                             const double *centroids, size_t n_centroids, kmc_partition *partition);
void kmc_partition_free(kmc_partition *partition);

/* The explained sum of squares if a cluster had these moments: about its mean, or about its fixed centroid. */
double kmc_partition_explained(const kmc_partition *partition, size_t cluster, const kmc_moments *moments);

/* A view of the points of one cluster. */
kmc_points kmc_partition_points(const kmc_partition *partition, size_t cluster);

/* Copies n points from from[begin] on to to[at] on; the ranges must not overlap. */
void kmc_points_copy(kmc_points *to, size_t at, const kmc_points *from, size_t begin, size_t n);

/* Whether the arena has space for n more points. Compacting it frees all but the present clusters. */
int kmc_partition_has_space(const kmc_partition *partition, size_t n);
void kmc_partition_compact(kmc_partition *partition);

#endif
