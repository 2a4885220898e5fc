/* The nearest palette entry of every point, and what the points lose by it. */
#include "kmeans/clusters.h"

typedef struct label_context {
    const kmc_tree *tree;
    uint16_t *labels;
    int64_t *counts, *errors; /* of each thread: k counts, one error */
    size_t k;
} label_context;

static void label_leaf(void *context, int thread, uint32_t node, const kmc_candidates *left, const int32_t *position,
                       const int32_t *distance)
{
    const label_context *l = context;
    int64_t *counts = l->counts + (size_t)thread * l->k;
    const size_t begin = l->tree->nodes[node].begin, n = l->tree->nodes[node].end - begin;
    for (size_t i = 0; i < n; i++) {
        const uint32_t id = left->id[position[i]];
        const int64_t weight = l->tree->points.weights[begin + i];
        l->labels[begin + i] = (uint16_t)id;
        counts[id] += weight;
        l->errors[thread] += weight * distance[i];
    }
}

kmc_status kmc_label(const kmc_run *run, const kmc_tree *tree, size_t k, const double *centroids, uint16_t *labels,
                     int64_t *counts, double *error)
{
    const size_t threads = (size_t)kmc_filter_threads(run, tree, k);
    int32_t *rounded = kmc_alloc_zeroed(2 * (k + KMC_PADDING), sizeof *rounded);
    label_context l = {tree, labels, kmc_alloc_zeroed(threads * k, sizeof *l.counts),
                   kmc_alloc_zeroed(threads, sizeof *l.errors), k};
    kmc_status status = rounded && l.counts && l.errors ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        const kmc_centroids whole = {k, rounded, rounded + k + KMC_PADDING};
        const kmc_visitor visitor = {NULL, label_leaf, &l, 1};
        kmc_round_centroids(centroids, k, rounded, rounded + k + KMC_PADDING);
        status = kmc_filter_assign(run, tree, &whole, &visitor);
    }
    if (status == KMC_OK) {
        int64_t total = 0;
        for (size_t j = 0; j < k; j++) counts[j] = 0;
        for (size_t i = 0; i < threads * k; i++) counts[i % k] += l.counts[i];
        for (size_t thread = 0; thread < threads; thread++) total += l.errors[thread];
        *error = (double)total / (KMC_UNITS_PER_LEVEL * KMC_UNITS_PER_LEVEL);
    }
    kmc_free(rounded);
    kmc_free(l.counts);
    kmc_free(l.errors);
    return status;
}
