/* The points cluster by cluster, in a form that changes a few clusters at a time. */
#ifndef KMC_KMEANS_PARTITION_H
#define KMC_KMEANS_PARTITION_H

#include "kmeans/assignment.h"
#include "kmeans/bisection.h"

/* One cluster and what the search knows of it. Gains and losses are of inertia, in coordinates squared. */
typedef struct kmc_cluster {
    kmc_moments moments;
    double explained;     /* kmc_partition_explained of them */
    size_t begin, n; /* its points in the arena */
    kmc_split split; /* how it would be cut in two, before the clusters around settle */
    double removal;  /* what its removal would lose, before they do */
    int gain_is_settled, loss_is_settled;
} kmc_cluster;

typedef struct kmc_partition {
    size_t k, n_fixed;
    kmc_cluster *clusters;
    double *gain;      /* of the split of each cluster, settled or guessed */
    double *loss;      /* of its removal, settled or guessed */
    int32_t *xy, *zw;  /* the means of the clusters, or their fixed centroids, padded */
    kmc_points arena;  /* every cluster's points in a row; what was there before a change stays until tidied */
    size_t used;       /* of the arena */
    kmc_points spare;  /* room for all points once */
    size_t n;          /* points in all */
    void *memory;      /* of the arena and of the spare points: a table from run->tables where it is no larger */
    size_t memory_bytes;
    struct kmc_tables *tables;
} kmc_partition;

/* k clusters: the points of a tree at their nearest of the `given` centroids, (given, 4) doubles in levels; the
 * clusters beyond those are empty. The first n_fixed centroids stay where they are. */
kmc_status kmc_partition_new(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                             const double *centroids, size_t n_centroids, kmc_partition *partition);
void kmc_partition_free(kmc_partition *partition);

/* What moments take from the sum of w |x|^2 as those of that cluster: the rest is their inertia. */
double kmc_partition_explained(const kmc_partition *partition, size_t cluster, const kmc_moments *moments);

/* The points of one cluster, where they lie. */
kmc_points kmc_partition_points(const kmc_partition *partition, size_t cluster);

/* Copies n points into place `at` of other points. */
void kmc_points_copy(kmc_points *to, size_t at, const kmc_points *from, size_t begin, size_t n);

/* Whether n more points fit the arena; and a tidying that leaves nothing in it but the present clusters. */
int kmc_partition_has_space(const kmc_partition *partition, size_t n);
void kmc_partition_compact(kmc_partition *partition);

#endif
