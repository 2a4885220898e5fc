/* K-means: weighted colours to centroids. kmc.h has the rules for all calls. */
#ifndef KMC_KMEANS_KMEANS_H
#define KMC_KMEANS_KMEANS_H

#include "base/base.h"

/* Weighted points with a tree of bounding boxes over them. */
typedef struct kmc_tree kmc_tree;

/* Builds a tree. `colors`: n distinct colours of `channels` bytes in Morton order. `coordinates`: their coordinates,
 * (n, 4) in 64ths of a level from 0 to 16383, or NULL for the levels themselves. `weights`: positive, with a sum of at
 * most 2^33, or NULL for 1 each. Copies all of them. Release with kmc_tree_free (NULL is allowed). KMC_BAD_ARGUMENT if
 * n is 0 or an array breaks these rules. */
kmc_status kmc_tree_new(const kmc_run *run, const uint8_t *colors, const int16_t *coordinates, const int64_t *weights,
                        size_t n, int channels, kmc_tree **tree);
void kmc_tree_free(kmc_tree *tree);

/* The number of points. */
size_t kmc_tree_size(const kmc_tree *tree);

/* Groups the colours into cells, and makes a tree with one point for each, the mean of its points. Cells are cubes with
 * sides of 2^i levels, or such cubes halved along some channels; they are smaller where there is more weight. There are
 * at least min_cells of them, and not many more. *cells = NULL if that takes as many cells as there are points. */
kmc_status kmc_tree_coarsen(const kmc_run *run, kmc_tree *tree, size_t min_cells, kmc_tree **cells);

/* In all functions below, centroids are (k, 4) doubles in levels, with 0 for missing channels, and 1 <= k <= the number
 * of points. Fixed centroids come first, do not move, and may be added to this limit. Failures are KMC_NO_MEMORY and
 * KMC_INTERRUPTED; the output is then undefined. */

/* Greedy k-means++: each centroid is the best of a few points drawn with probability proportional to their error. */
kmc_status kmc_seed_plusplus(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, uint64_t seed,
                             double *centroids);

/* k distinct points, drawn with probability proportional to their weights. */
kmc_status kmc_seed_random(const kmc_run *run, const kmc_tree *tree, size_t k, uint64_t seed, double *centroids);

/* Bisecting k-means: splits the cluster with the largest gain in two, until there are k. If no cluster can be split,
 * the remaining centroids are copies of the first. */
kmc_status kmc_seed_split(const kmc_run *run, const kmc_tree *tree, size_t k, double *centroids);

/* The k grey levels that, together with the fixed ones, have the lowest error for the points of a grey tree, ascending,
 * and the means of their clusters. coordinates[256]: of all levels, ascending; the points are at some of these. k is at
 * most the number of points that are not at fixed levels; KMC_BAD_ARGUMENT if it is 0 or exceeds all points. */
kmc_status kmc_best_greys(const kmc_tree *tree, const int16_t *coordinates, const uint8_t *fixed, size_t n_fixed,
                          size_t k, uint8_t *levels, double *centroids);

/* Swap search (swap_search.c): a descent by swaps that lower the inertia, then at most `kicks` random swaps, each
 * followed by another descent and undone unless the result is better. Ends after `patience` kicks in a row without
 * improvement, and early when run->stopped is set. The result is never worse than the input, up to rounding. */
kmc_status kmc_search(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, int kicks, int patience,
                      uint64_t seed, double *centroids);

/* `see` is called after every iteration, counted from 1; a non-zero result ends the iterations. NULL is allowed. */
typedef struct kmc_observer {
    int (*see)(void *context, int iteration, const double *centroids, double inertia, double shift);
    void *context;
} kmc_observer;

/* Lloyd's iterations on centroids, in place: until the largest squared movement of a centroid is below `tol` (levels
 * squared), which sets *converged; or max_iter times; or after the first one when run->stopped is set. The inertia, in
 * levels squared, is that of the clusters about their new means. An empty cluster gets the point with the largest
 * error. */
kmc_status kmc_lloyd(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, double *centroids,
                     int max_iter, double tol, const kmc_observer *observer, int *converged);

/* Refines a rounded palette (nudge.c): moves centroids, which are at integer levels, by single levels while the error
 * of kmc_label falls; within 0 to 255, in at most three channels, and for trees without coordinates only. There are at
 * most `rounds` rounds. Points of weight 2^32 or more are assumed to keep their centroid. Ends early when run->stopped
 * is set. The error never increases. */
kmc_status kmc_nudge(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, int rounds, double *centroids);

/* labels[i] = the nearest of k <= 65536 centroids to point i, the lowest index on ties; counts[j] = the total weight of
 * cluster j; error = the sum of weights times squared distances, in levels squared. Centroids are rounded to 64ths of a
 * level. */
kmc_status kmc_label(const kmc_run *run, const kmc_tree *tree, size_t k, const double *centroids, uint16_t *labels,
                     int64_t *counts, double *error);

#endif
