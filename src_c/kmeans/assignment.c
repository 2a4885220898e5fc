/* The assignment step of a Lloyd iteration, refilling of empty clusters, and labels. */
#include <string.h>

#include "kmeans/assignment.h"

void kmc_round_centroids(const double *centroids, size_t k, int32_t *xy, int32_t *zw)
{
    for (size_t j = 0; j < k; j++) {
        int32_t at[4];
        for (int c = 0; c < 4; c++) {
            const double coordinate = centroids[4 * j + (size_t)c] * KMC_UNITS_PER_LEVEL + 0.5;
            if (!(coordinate > 0)) at[c] = 0; /* NaN too */
            else at[c] = coordinate < KMC_MAX_COORDINATE ? (int32_t)coordinate : KMC_MAX_COORDINATE;
        }
        xy[j] = kmc_pack(at[0], at[1]);
        zw[j] = kmc_pack(at[2], at[3]);
    }
}

void kmc_moments_centroid(const kmc_moments *m, double *centroid)
{
    for (int c = 0; c < 4; c++) centroid[c] = (double)m->sums[c] / (double)m->weight / KMC_UNITS_PER_LEVEL;
}

/* ---- moments ----------------------------------------------------------------------------------------------------- */

typedef struct moment_sums {
    const kmc_tree *tree;
    const kmc_kmeans_kernels *kernels;
    kmc_moments *moments; /* k for each thread */
    size_t k;
} moment_sums;

static void add_node(void *context, int thread, uint32_t node, uint32_t id)
{
    const moment_sums *s = context;
    kmc_moments_merge(&s->moments[(size_t)thread * s->k + id], &s->tree->moments[node]);
}

/* With few candidates, the moments of a leaf are divided by one vectorised sum for each candidate but the first, which
 * gets the rest. Adding points one by one is slower, as each addition waits for the one before. */
enum { MAX_SUMMED_CANDIDATES = 4 };

static void add_leaf(void *context, int thread, uint32_t node, const kmc_candidates *candidates,
                     const int32_t *position, const int32_t *distance)
{
    (void)distance;
    const moment_sums *s = context;
    kmc_moments *moments = s->moments + (size_t)thread * s->k;
    const kmc_points points = kmc_node_points(s->tree, node);
    if (candidates->n > MAX_SUMMED_CANDIDATES || s->tree->largest_weight > UINT32_MAX) {
        for (size_t i = 0; i < points.n; i++) kmc_moments_add(&moments[candidates->id[position[i]]], &points, i);
        return;
    }
    kmc_moments first = s->tree->moments[node], part;
    for (size_t j = 1; j < candidates->n; j++) {
        s->kernels->sum_where(&points, position, (int32_t)j, &part);
        kmc_moments_merge(&moments[candidates->id[j]], &part);
        kmc_moments_subtract(&first, &part);
    }
    kmc_moments_merge(&moments[candidates->id[0]], &first);
}

kmc_status kmc_assign_moments(const kmc_run *run, const kmc_tree *tree, const kmc_centroids *centroids,
                              kmc_moments *moments)
{
    const size_t k = centroids->k;
    const int threads = kmc_filter_threads(run, tree, k);
    moment_sums s = {tree, run->kernels->kmeans, moments, k};
    if (threads > 1 && !(s.moments = kmc_alloc((size_t)threads * k, sizeof *s.moments))) return KMC_NO_MEMORY;
    memset(s.moments, 0, (size_t)threads * k * sizeof *s.moments);
    const kmc_visitor visitor = {add_node, add_leaf, &s, 0};
    const kmc_status status = kmc_filter_assign(run, tree, centroids, &visitor);
    if (threads == 1) return status;
    memset(moments, 0, k * sizeof *moments);
    for (size_t i = 0; i < (size_t)threads * k; i++) kmc_moments_merge(&moments[i % k], &s.moments[i]);
    kmc_free(s.moments);
    return status;
}

/* ---- empty clusters ---------------------------------------------------------------------------------------------- */

typedef struct point_error {
    int64_t error; /* weight times squared distance */
    uint32_t point, cluster;
} point_error;

typedef struct error_list {
    const kmc_tree *tree;
    const kmc_moments *moments;
    size_t n_fixed;
    point_error *of; /* each point */
} error_list;

/* Whether a point is the only one of its cluster, and the centroid not fixed: the update step then reduces its error to
 * 0. */
static int is_alone(const error_list *s, size_t point, uint32_t cluster)
{
    return cluster >= s->n_fixed && s->moments[cluster].weight == s->tree->points.weights[point];
}

static void collect_errors(void *context, int thread, uint32_t node, const kmc_candidates *candidates,
                           const int32_t *position, const int32_t *distance)
{
    (void)thread;
    const error_list *s = context;
    const size_t begin = s->tree->nodes[node].begin, n = s->tree->nodes[node].end - begin;
    for (size_t i = 0; i < n; i++) {
        const uint32_t cluster = candidates->id[position[i]];
        const int64_t error = is_alone(s, begin + i, cluster) ? 0 : s->tree->points.weights[begin + i] * distance[i];
        s->of[begin + i] = (point_error){error, (uint32_t)(begin + i), cluster};
    }
}

static int is_larger(const point_error *a, const point_error *b)
{
    return a->error != b->error ? a->error > b->error : a->point < b->point;
}

/* Restores a heap with the smallest error on top after heap[at] was replaced. */
static void sift_down(point_error *heap, size_t n, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_larger(&heap[child], &heap[child + 1])) child++;
        if (!is_larger(&heap[at], &heap[child])) return;
        const point_error swapped = heap[at];
        heap[at] = heap[child];
        heap[child] = swapped;
    }
}

/* Moves the n_largest largest errors to the front, in descending order. */
static void select_largest(point_error *all, size_t n, size_t n_largest)
{
    for (size_t at = n_largest; at-- > 0;) sift_down(all, n_largest, at);
    for (size_t i = n_largest; i < n; i++) {
        if (!is_larger(&all[i], &all[0])) continue;
        all[0] = all[i];
        sift_down(all, n_largest, 0);
    }
    for (size_t left = n_largest; left-- > 1;) {
        const point_error best = all[0];
        all[0] = all[left];
        all[left] = best;
        sift_down(all, left, 0);
    }
}

static void move_point(const kmc_tree *tree, size_t point, kmc_moments *from, kmc_moments *to)
{
    kmc_moments moved = {0, {0, 0, 0, 0}};
    kmc_moments_add(&moved, &tree->points, point);
    kmc_moments_merge(to, &moved);
    kmc_moments_subtract(from, &moved);
}

kmc_status kmc_refill_empty(const kmc_run *run, const kmc_tree *tree, const kmc_centroids *centroids, size_t n_fixed,
                            kmc_moments *moments)
{
    const size_t k = centroids->k, n = tree->points.n;
    size_t n_empty = 0;
    for (size_t j = n_fixed; j < k; j++) n_empty += moments[j].weight == 0;
    if (n_empty == 0) return KMC_OK;
    error_list s = {tree, moments, n_fixed, kmc_alloc(n, sizeof *s.of)};
    if (!s.of) return KMC_NO_MEMORY;
    const kmc_visitor visitor = {NULL, collect_errors, &s, 1};
    const kmc_status status = kmc_filter_assign(run, tree, centroids, &visitor);
    if (status == KMC_OK) {
        /* A point is skipped only if its cluster has lost all others meanwhile, which happens at most n_empty times. */
        const size_t n_largest = 2 * n_empty < n ? 2 * n_empty : n;
        select_largest(s.of, n, n_largest);
        for (size_t i = 0, j = n_fixed; i < n_largest && s.of[i].error > 0; i++) {
            if (is_alone(&s, s.of[i].point, s.of[i].cluster)) continue;
            while (j < k && moments[j].weight != 0) j++;
            if (j == k) break;
            move_point(tree, s.of[i].point, &moments[s.of[i].cluster], &moments[j]);
        }
    }
    kmc_free(s.of);
    return status;
}

/* ---- labels ------------------------------------------------------------------------------------------------------ */

typedef struct label_context {
    const kmc_tree *tree;
    uint16_t *labels;
    int64_t *counts, *errors; /* of each thread: k counts, one error */
    size_t k;
} label_context;

static void label_leaf(void *context, int thread, uint32_t node, const kmc_candidates *candidates,
                       const int32_t *position, const int32_t *distance)
{
    const label_context *l = context;
    int64_t *counts = l->counts + (size_t)thread * l->k;
    const size_t begin = l->tree->nodes[node].begin, n = l->tree->nodes[node].end - begin;
    for (size_t i = 0; i < n; i++) {
        const uint32_t id = candidates->id[position[i]];
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
        const kmc_centroids rounded_centroids = {k, rounded, rounded + k + KMC_PADDING};
        const kmc_visitor visitor = {NULL, label_leaf, &l, 1};
        kmc_round_centroids(centroids, k, rounded, rounded + k + KMC_PADDING);
        status = kmc_filter_assign(run, tree, &rounded_centroids, &visitor);
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
