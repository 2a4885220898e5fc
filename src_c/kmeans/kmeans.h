/* k-means: weighted colours to centroids. kmc.h has the contract of all calls. */
#ifndef KMC_KMEANS_KMEANS_H
#define KMC_KMEANS_KMEANS_H

#include "base/base.h"

/* Colours as points with their weights, under a tree of boxes. */
typedef struct kmc_tree kmc_tree;

/* `colors`: n distinct colours of `channels` bytes in Morton order. `coordinates`: where they lie, (n, 4) in 64ths of a
 * level from 0 to 16383, or NULL for the colours themselves. `weights`: positive, 2^33 in all at most, or NULL for 1
 * each. Keeps no pointer to them. Release with kmc_tree_free (NULL is allowed). */
kmc_status kmc_tree_new(const kmc_run *run, const uint8_t *colors, const int16_t *coordinates, const int64_t *weights,
                        size_t n, int channels, kmc_tree **tree);
void kmc_tree_free(kmc_tree *tree);

/* How many points it has. */
size_t kmc_tree_size(const kmc_tree *tree);

/* The same colours gathered into cells, each one point at its mean: cubes of a whole power of two of levels, or halved
 * along some of the channels, smaller where there is more weight; `least` of them or more, as few as can be. NULL when
 * only the colours themselves are as many. */
kmc_status kmc_tree_coarsen(const kmc_run *run, kmc_tree *tree, size_t least, kmc_tree **cells);

/* Centroids are (k, 4) doubles in levels; coordinates beyond the channels are 0. k is at most the number of points. */

/* Greedy k-means++: each centroid is the best of a few points drawn with probability proportional to their error. The
 * first n_fixed centroids are given; k may then be that much larger. */
kmc_status kmc_seed_plusplus(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, uint64_t seed,
                             double *centroids);

/* k distinct points, drawn with probability proportional to their weights. */
kmc_status kmc_seed_random(const kmc_run *run, const kmc_tree *tree, size_t k, uint64_t seed, double *centroids);

/* Bisecting k-means: splits the cluster that gains most from it in two, until there are k. */
kmc_status kmc_seed_split(const kmc_run *run, const kmc_tree *tree, size_t k, double *centroids);

/* The k of 256 grey levels that, beside the fixed ones, serve the points of a grey tree best, ascending, and the means
 * of the points that each serves. `places` says where the levels lie on the line; the points are at some of these,
 * ascending; k is at most the number of those that are not fixed. */
kmc_status kmc_best_greys(const kmc_tree *tree, const int16_t *places, const uint8_t *fixed, size_t n_fixed, size_t k,
                          uint8_t *levels, double *centroids);

/* Improves centroids by swaps: each moves one from where it is little missed to where it gains most and lets the
 * clusters around settle. First while that lowers the inertia, then from a swap drawn at random, kept when the outcome
 * is better, `kicks` times or until `patience` of them in a row were in vain. Ends early when run->stopped. Never
 * returns worse centroids than it was given, up to their rounding. The first n_fixed centroids stay where they are. */
kmc_status kmc_search(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, int kicks, int patience,
                      uint64_t seed, double *centroids);

/* Called after every iteration, counted from 1. A non-zero answer ends the iterations. */
typedef struct kmc_observer {
    int (*see)(void *context, int iteration, const double *centroids, double inertia, double shift);
    void *context;
} kmc_observer;

/* Lloyd's iterations from the given centroids, replaced by the means of the last one's clusters: until the largest
 * squared movement of a centroid is under `tol` (levels squared), or max_iter times, or after the first one when
 * run->stopped. Inertia, in levels squared, is that of the clusters about their new means. An empty cluster takes the
 * worst served colour. The first n_fixed centroids stay where they are. */
kmc_status kmc_lloyd(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, double *centroids,
                     int max_iter, double tol, const kmc_observer *observer, int *converged);

/* Moves centroids at whole levels, but for the first n_fixed, by single levels while the error falls that kmc_label
 * tells: it is never more in the end. In up to three channels, within 0 to 255; borders between them are drawn `rounds`
 * times at most. Ends early when run->stopped. The points are colours at their levels. Those that weigh 2^32 or more
 * stay with their centroids. */
kmc_status kmc_nudge(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, int rounds, double *centroids);

/* labels[i] = the nearest centroid to point i, lowest on ties; counts[j] = the weight of those nearest to j; error =
 * the sum of weights times squared distances, in levels squared. Centroids count as rounded to 1/64 of a level. */
kmc_status kmc_label(const kmc_run *run, const kmc_tree *tree, size_t k, const double *centroids, uint16_t *labels,
                     int64_t *counts, double *error);

#endif
