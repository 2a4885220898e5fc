/* 2-means on one cluster, and bisecting k-means as an initialization. */
#include <string.h>

#include "kmeans/partition.h"

/* 2-means iterations; more change little, since the search that follows moves the centroids anyway. */
enum { SPLIT_ROUNDS = 2 };

static int32_t mirrored(int32_t center, int32_t at)
{
    const int32_t other = 2 * center - at;
    return other < 0 ? 0 : other > KMC_MAX_COORDINATE ? KMC_MAX_COORDINATE : other;
}

/* The point with the largest error to the centroid (xy, zw), or points->n if all errors are 0. */
static size_t largest_error_point(const kmc_kmeans_kernels *kernels, const kmc_points *points, int32_t xy, int32_t zw,
                           int32_t *position, int32_t *distance)
{
    int64_t most = 0;
    size_t at = points->n;
    kernels->nearest_point(points->xy, points->zw, points->n, &xy, &zw, 1, position, distance);
    for (size_t i = 0; i < points->n; i++) {
        const int64_t error = points->weights[i] * distance[i];
        at = error > most ? i : at;
        most = error > most ? error : most;
    }
    return at;
}

/* Sets the initial centres: the point with the largest error, and its reflection about the mean. The principal axis
 * gave the same gains for more work. Returns 0 if all points are at the mean. */
static int initial_centers(const kmc_kmeans_kernels *kernels, const kmc_points *points, const kmc_moments *all,
                 kmc_split *split, int32_t *position, int32_t *distance)
{
    int32_t xy, zw;
    kmc_moments_mean(all, &xy, &zw);
    const size_t at = largest_error_point(kernels, points, xy, zw, position, distance);
    if (at == points->n) return 0;
    split->xy[0] = points->xy[at];
    split->zw[0] = points->zw[at];
    split->xy[1] =
        kmc_pack(mirrored(kmc_low(xy), kmc_low(split->xy[0])), mirrored(kmc_high(xy), kmc_high(split->xy[0])));
    split->zw[1] =
        kmc_pack(mirrored(kmc_low(zw), kmc_low(split->zw[0])), mirrored(kmc_high(zw), kmc_high(split->zw[0])));
    return 1;
}

/* The moments of the points nearer to the second centre; `weight` is that of all points. */
static kmc_moments second_moments(const kmc_kmeans_kernels *kernels, const kmc_points *points, int64_t weight,
                               const kmc_split *split, int32_t *position, int32_t *distance)
{
    kmc_moments second = {0, {0, 0, 0, 0}};
    kernels->nearest_point(points->xy, points->zw, points->n, split->xy, split->zw, 2, position, distance);
    if (weight <= UINT32_MAX) {
        kernels->sum_where(points, position, 1, &second);
        return second;
    }
    for (size_t i = 0; i < points->n; i++) {
        if (position[i]) kmc_moments_add(&second, points, i);
    }
    return second;
}

void kmc_split_points(const kmc_kmeans_kernels *kernels, const kmc_points *points, const kmc_moments *all,
                      kmc_split *split, int32_t *position, int32_t *distance)
{
    memset(split, 0, sizeof *split);
    split->halves[0] = *all;
    if (points->n < 2 || !initial_centers(kernels, points, all, split, position, distance)) return;
    for (int round = 0; round < SPLIT_ROUNDS; round++) {
        const kmc_moments second = second_moments(kernels, points, all->weight, split, position, distance);
        kmc_moments first = *all;
        kmc_moments_subtract(&first, &second);
        if (first.weight == 0 || second.weight == 0) return;
        kmc_moments_mean(&first, &split->xy[0], &split->zw[0]);
        kmc_moments_mean(&second, &split->xy[1], &split->zw[1]);
        split->halves[0] = first;
        split->halves[1] = second;
    }
    split->gain = kmc_moments_explained(&split->halves[0]) + kmc_moments_explained(&split->halves[1]) -
                  kmc_moments_explained(all);
}

void kmc_split_with_fixed(const kmc_kmeans_kernels *kernels, const kmc_points *points, const kmc_moments *all,
                          int32_t xy, int32_t zw, kmc_split *split, int32_t *position, int32_t *distance)
{
    memset(split, 0, sizeof *split);
    split->halves[0] = *all;
    split->xy[0] = xy;
    split->zw[0] = zw;
    const size_t at = largest_error_point(kernels, points, xy, zw, position, distance);
    if (at == points->n) return;
    split->xy[1] = points->xy[at];
    split->zw[1] = points->zw[at];
    for (int round = 0; round < SPLIT_ROUNDS; round++) {
        const kmc_moments second = second_moments(kernels, points, all->weight, split, position, distance);
        if (second.weight == 0) return;
        kmc_moments_mean(&second, &split->xy[1], &split->zw[1]);
        split->halves[0] = *all;
        split->halves[1] = second;
        kmc_moments_subtract(&split->halves[0], &second);
    }
    split->gain = kmc_moments_explained(&split->halves[1]) - kmc_moments_explained_at(&split->halves[1], xy, zw);
}

/* The cluster with the largest gain of a split. */
static size_t largest_gain(const kmc_cluster *clusters, size_t n)
{
    size_t best = 0;
    for (size_t j = 1; j < n; j++) best = clusters[j].split.gain > clusters[best].split.gain ? j : best;
    return best;
}

/* Partitions the points of a cluster in place into its two halves; the second becomes `new_cluster`. */
static void split_cluster(kmc_partition *p, const kmc_kmeans_kernels *kernels, size_t at, size_t new_cluster,
                          int32_t *position, int32_t *distance)
{
    kmc_cluster *first = &p->clusters[at], *second = &p->clusters[new_cluster];
    const kmc_points points = kmc_partition_points(p, at);
    size_t n_first = 0, n_second = 0;
    kernels->nearest_point(points.xy, points.zw, points.n, first->split.xy, first->split.zw, 2, position, distance);
    kmc_moments moved = {0, {0, 0, 0, 0}};
    for (size_t i = 0; i < points.n; i++) {
        kmc_points_copy(&p->spare, n_second, &points, i, 1);
        if (position[i]) kmc_moments_add(&moved, &points, i);
        if (position[i]) n_second++;
        else kmc_points_copy(&p->arena, first->begin + n_first++, &points, i, 1);
    }
    kmc_points_copy(&p->arena, first->begin + n_first, &p->spare, 0, n_second);
    kmc_moments_subtract(&first->moments, &moved);
    *second = (kmc_cluster){.moments = moved, .begin = first->begin + n_first, .n = n_second};
    first->n = n_first;
}

static void measure_split(kmc_partition *p, const kmc_kmeans_kernels *kernels, size_t j, int32_t *position,
                          int32_t *distance)
{
    const kmc_points points = kmc_partition_points(p, j);
    kmc_split_points(kernels, &points, &p->clusters[j].moments, &p->clusters[j].split, position, distance);
}

/* Ends after k - 1 splits, or when no cluster can be split; the remaining clusters are then empty. */
static kmc_status split_until_k(kmc_partition *p, const kmc_run *run, size_t k, int32_t *position, int32_t *distance)
{
    kmc_status status = KMC_OK;
    measure_split(p, run->kernels->kmeans, 0, position, distance);
    for (size_t n = 1; status == KMC_OK && !run->stopped && n < k; n++, status = kmc_poll(run)) {
        const size_t at = largest_gain(p->clusters, n);
        if (p->clusters[at].split.gain <= 0) break;
        split_cluster(p, run->kernels->kmeans, at, n, position, distance);
        measure_split(p, run->kernels->kmeans, at, position, distance);
        measure_split(p, run->kernels->kmeans, n, position, distance);
    }
    return status;
}

kmc_status kmc_seed_split(const kmc_run *run, const kmc_tree *tree, size_t k, double *centroids)
{
    kmc_partition p;
    const double origin[4] = {0, 0, 0, 0};
    kmc_status status = kmc_partition_new(run, tree, k, 0, origin, 1, &p);
    if (status != KMC_OK) return status;
    const size_t room = tree->points.n + KMC_PADDING;
    int32_t *position = kmc_alloc_zeroed(room, sizeof *position), *distance = kmc_alloc_zeroed(room, sizeof *distance);
    status = position && distance ? split_until_k(&p, run, k, position, distance) : KMC_NO_MEMORY;
    for (size_t j = 0; j < k; j++) {
        const kmc_cluster *c = &p.clusters[p.clusters[j].moments.weight > 0 ? j : 0];
        kmc_moments_centroid(&c->moments, centroids + 4 * j);
    }
    kmc_partition_free(&p);
    kmc_free(position);
    kmc_free(distance);
    return status;
}
