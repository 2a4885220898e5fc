/* Clusters of contiguous points. A changed cluster is written to the end of the arena, so restoring an earlier state
 * means restoring its list of clusters. */
#include <string.h>

#include "kmeans/partition.h"
#include "base/scratch.h"

/* Size of the arena as a multiple of all points; a larger one is compacted less often. */
enum { ARENA_COPIES = 8 };

void kmc_points_copy(kmc_points *to, size_t at, const kmc_points *from, size_t begin, size_t n)
{
    memcpy(to->xy + at, from->xy + begin, n * sizeof *to->xy);
    memcpy(to->zw + at, from->zw + begin, n * sizeof *to->zw);
    memcpy(to->weights + at, from->weights + begin, n * sizeof *to->weights);
}

kmc_points kmc_partition_points(const kmc_partition *partition, size_t cluster)
{
    const kmc_cluster *c = &partition->clusters[cluster];
    const kmc_points *arena = &partition->arena;
    return (kmc_points){c->n, arena->xy + c->begin, arena->zw + c->begin, arena->weights + c->begin};
}

double kmc_partition_explained(const kmc_partition *partition, size_t cluster, const kmc_moments *moments)
{
    if (cluster >= partition->n_fixed) return kmc_moments_explained(moments);
    return kmc_moments_explained_at(moments, partition->xy[cluster], partition->zw[cluster]);
}

int kmc_partition_has_space(const kmc_partition *partition, size_t n)
{
    return n <= partition->arena.n - partition->used;
}

void kmc_partition_compact(kmc_partition *partition)
{
    partition->used = 0;
    for (size_t j = 0; j < partition->k; j++) {
        kmc_cluster *c = &partition->clusters[j];
        kmc_points_copy(&partition->spare, partition->used, &partition->arena, c->begin, c->n);
        c->begin = partition->used;
        partition->used += c->n;
    }
    kmc_points_copy(&partition->arena, 0, &partition->spare, 0, partition->n);
}

/* Counts the points of every cluster, then copies them to the arena in this order. */
static void lay_out(kmc_partition *partition, const kmc_points *points, const uint16_t *labels)
{
    for (size_t i = 0; i < points->n; i++) {
        kmc_cluster *c = &partition->clusters[labels[i]];
        c->n++;
        kmc_moments_add(&c->moments, points, i);
    }
    for (size_t j = 0; j < partition->k; j++) {
        kmc_cluster *c = &partition->clusters[j];
        c->begin = partition->used;
        partition->used += c->n;
        c->n = 0;
        c->explained = kmc_partition_explained(partition, j, &c->moments);
        if (j >= partition->n_fixed && c->moments.weight > 0)
            kmc_moments_mean(&c->moments, &partition->xy[j], &partition->zw[j]);
    }
    for (size_t i = 0; i < points->n; i++) {
        kmc_cluster *c = &partition->clusters[labels[i]];
        kmc_points_copy(&partition->arena, c->begin + c->n++, points, i, 1);
    }
}

/* Allocates the points, in a table of an earlier call if it is large enough: its pages are mapped already. */
static kmc_status allocate_arena(const kmc_run *run, kmc_partition *partition)
{
    const size_t n = partition->n, spare = kmc_points_bytes(n);
    if (spare > SIZE_MAX / (2 * ARENA_COPIES)) return KMC_NO_MEMORY;
    const size_t arena = kmc_points_bytes(ARENA_COPIES * n), bytes = arena + spare;
    partition->tables = run->tables;
    partition->memory_bytes = bytes > KMC_TABLE_BYTES ? bytes : KMC_TABLE_BYTES;
    partition->memory = kmc_table_take(run->tables, partition->memory_bytes);
    if (!partition->memory) return KMC_NO_MEMORY;
    partition->arena = kmc_points_in(partition->memory, ARENA_COPIES * n);
    partition->spare = kmc_points_in((char *)partition->memory + arena, n);
    return KMC_OK;
}

kmc_status kmc_partition_new(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed,
                             const double *centroids, size_t n_centroids, kmc_partition *partition)
{
    memset(partition, 0, sizeof *partition);
    partition->k = k;
    partition->n_fixed = n_fixed;
    partition->n = tree->points.n;
    uint16_t *labels = kmc_alloc(partition->n, sizeof *labels);
    int64_t *counts = kmc_alloc(k, sizeof *counts);
    double error;
    partition->clusters = kmc_alloc_zeroed(k, sizeof *partition->clusters);
    partition->gain = kmc_alloc_zeroed(k, sizeof *partition->gain);
    partition->loss = kmc_alloc_zeroed(k, sizeof *partition->loss);
    partition->xy = kmc_alloc_zeroed(k + KMC_PADDING, sizeof *partition->xy);
    partition->zw = kmc_alloc_zeroed(k + KMC_PADDING, sizeof *partition->zw);
    kmc_status status = allocate_arena(run, partition);
    if (!labels || !counts || !partition->clusters || !partition->gain || !partition->loss || !partition->xy ||
        !partition->zw) {
        status = KMC_NO_MEMORY;
    }
    if (status == KMC_OK) status = kmc_label(run, tree, n_centroids, centroids, labels, counts, &error);
    if (status == KMC_OK) {
        kmc_round_centroids(centroids, n_centroids, partition->xy, partition->zw);
        lay_out(partition, &tree->points, labels);
    } else {
        kmc_partition_free(partition);
    }
    kmc_free(labels);
    kmc_free(counts);
    return status;
}

void kmc_partition_free(kmc_partition *partition)
{
    kmc_free(partition->clusters);
    kmc_free(partition->gain);
    kmc_free(partition->loss);
    kmc_free(partition->xy);
    kmc_free(partition->zw);
    kmc_table_give(partition->tables, partition->memory, partition->memory_bytes);
    memset(partition, 0, sizeof *partition);
}
