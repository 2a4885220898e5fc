/* A tree over points in Morton order: the points, their weights, and their cells. */
#include <string.h>

#include "base/bits.h"
#include "kmeans/tree.h"
#include "base/parallel.h"

/* The number of leading bits that the Morton keys of two colours share. */
static inline uint8_t shared_bits(const uint8_t *a, const uint8_t *b, int channels)
{
    unsigned differing = 0;
    for (int c = 0; c < channels; c++) differing |= (unsigned)(a[c] ^ b[c]);
    const int level = (int)kmc_leading_zeros8(differing);
    if (level == 8) return (uint8_t)(8 * channels);
    int equal = 1, n = level * channels; /* plus the first channels of that level */
    for (int c = 0; c < channels - 1; c++) {
        equal &= ~(a[c] ^ b[c]) >> (7 - level);
        n += equal;
    }
    return (uint8_t)n;
}

/* Sets `shared` and, unless the points have coordinates of their own, the points. Inlined for each number of
 * channels. */
static inline void set_range(kmc_tree *tree, const uint8_t *colors, size_t begin, size_t end, int channels,
                               int has_coordinates)
{
    for (size_t i = begin; i < end; i++) {
        const uint8_t *color = colors + (size_t)channels * i;
        int32_t at[4] = {0, 0, 0, 0};
        tree->shared[i] = i > 0 ? shared_bits(color, color - channels, channels) : 0;
        if (has_coordinates) continue;
        for (int c = 0; c < channels; c++) at[c] = KMC_UNITS_PER_LEVEL * color[c];
        tree->points.xy[i] = kmc_pack(at[0], at[1]);
        tree->points.zw[i] = kmc_pack(at[2], at[3]);
    }
}

static void set_colors(kmc_tree *tree, const uint8_t *colors, size_t begin, size_t end, int has_coordinates)
{
    switch (tree->channels) {
    case 1:
        set_range(tree, colors, begin, end, 1, has_coordinates);
        break;
    case 3:
        set_range(tree, colors, begin, end, 3, has_coordinates);
        break;
    default:
        set_range(tree, colors, begin, end, 4, has_coordinates);
    }
}

/* Sets points from coordinates; the cells of the tree remain those of the colours. */
static kmc_status set_coordinates(kmc_tree *tree, const int16_t *coordinates, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++) {
        int16_t at[4]; /* a copy, so that the values checked are those used */
        memcpy(at, coordinates + 4 * i, sizeof at);
        for (int c = 0; c < 4; c++) {
            if (at[c] < 0 || at[c] > KMC_MAX_COORDINATE) return KMC_BAD_ARGUMENT;
        }
        tree->points.xy[i] = kmc_pack(at[0], at[1]);
        tree->points.zw[i] = kmc_pack(at[2], at[3]);
    }
    return KMC_OK;
}

/* Sums over the points of one thread. */
typedef struct weight_sums {
    int64_t total, square_sum, largest;
} weight_sums;

/* Sets and sums weights. KMC_BAD_ARGUMENT if one is not positive, their sum is too large, or a colour is repeated. */
static kmc_status add_weights(kmc_tree *tree, const int64_t *weights, size_t begin, size_t end, weight_sums *w)
{
    const kmc_points points = tree->points;
    const uint8_t *const shared = tree->shared;
    const int max_shared = 8 * tree->channels - 1;
    int64_t total = w->total, square_sum = w->square_sum, largest = w->largest; /* kept in registers */
    for (size_t i = begin; i < end; i++) {
        const int64_t weight = weights ? weights[i] : 1;
        if (weight <= 0 || weight > KMC_MAX_WEIGHT - total || shared[i] > max_shared) return KMC_BAD_ARGUMENT;
        total += weight;
        square_sum += weight * kmc_distance(points.xy[i], points.zw[i], 0, 0);
        largest = weight > largest ? weight : largest;
        points.weights[i] = weight;
    }
    w->total = total;
    w->square_sum = square_sum;
    w->largest = largest;
    return KMC_OK;
}

static kmc_status combine_sums(kmc_tree *tree, const weight_sums *of, int threads)
{
    int64_t total = 0, square_sum = 0;
    for (int thread = 0; thread < threads; thread++) {
        if (of[thread].total > KMC_MAX_WEIGHT - total) return KMC_BAD_ARGUMENT;
        total += of[thread].total;
        square_sum += of[thread].square_sum;
        if (of[thread].largest > tree->largest_weight) tree->largest_weight = of[thread].largest;
    }
    tree->weight = total;
    tree->square_sum = (double)square_sum;
    return KMC_OK;
}

typedef struct point_setter {
    kmc_tree *tree;
    const uint8_t *colors;
    const int16_t *coordinates;
    const int64_t *weights;
    weight_sums *weight_sums; /* of each thread */
} point_setter;

static kmc_status set_task(void *job, ptrdiff_t task, int thread)
{
    const point_setter *const p = job;
    const size_t n = p->tree->points.n, begin = (size_t)task * KMC_TASK_POINTS;
    const size_t end = kmc_smaller(n, begin + KMC_TASK_POINTS);
    kmc_status status = KMC_OK;
    set_colors(p->tree, p->colors, begin, end, p->coordinates != NULL);
    if (p->coordinates) status = set_coordinates(p->tree, p->coordinates, begin, end);
    return status == KMC_OK ? add_weights(p->tree, p->weights, begin, end, &p->weight_sums[thread]) : status;
}

static kmc_status set_points(const kmc_run *run, point_setter *p)
{
    const size_t n = p->tree->points.n;
    const int threads = kmc_threads_for(run, n, KMC_TREE_THREAD_POINTS);
    p->weight_sums = kmc_alloc_zeroed((size_t)threads, sizeof *p->weight_sums);
    kmc_status status = p->weight_sums ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) status = kmc_parallel(run, threads, kmc_tasks_for(n, KMC_TASK_POINTS), set_task, p);
    if (status == KMC_OK) status = combine_sums(p->tree, p->weight_sums, threads);
    kmc_free(p->weight_sums);
    return status;
}

/* Allocates a tree for n points. */
static kmc_status reserve(size_t n, int channels, kmc_tree **out)
{
    kmc_tree *tree = *out = kmc_alloc_zeroed(1, sizeof *tree);
    if (!tree) return KMC_NO_MEMORY;
    tree->channels = channels;
    tree->shared = kmc_alloc_zeroed(n, sizeof *tree->shared);
    const kmc_status status = kmc_points_new(n, &tree->points);
    return tree->shared ? status : KMC_NO_MEMORY;
}

/* Builds the nodes, or frees the tree after a failure. */
static kmc_status finish(const kmc_run *run, kmc_status status, kmc_tree **tree)
{
    if (status == KMC_OK) status = kmc_tree_build_nodes(run, *tree);
    if (status == KMC_OK) return KMC_OK;
    kmc_tree_free(*tree);
    *tree = NULL;
    return status;
}

kmc_status kmc_tree_new(const kmc_run *run, const uint8_t *colors, const int16_t *coordinates, const int64_t *weights,
                        size_t n, int channels, kmc_tree **tree)
{
    *tree = NULL;
    if (n == 0 || n > INT32_MAX || (channels != 1 && channels != 3 && channels != 4)) return KMC_BAD_ARGUMENT;
    kmc_status status = reserve(n, channels, tree);
    point_setter p = {*tree, colors, coordinates, weights, NULL};
    if (status == KMC_OK) status = set_points(run, &p);
    return finish(run, status, tree);
}

size_t kmc_tree_size(const kmc_tree *tree)
{
    return tree->points.n;
}

/* Adds a cell if it begins at point p. */
static size_t open_cell(const kmc_tree *tree, size_t p, int rank, uint8_t *shared, size_t n)
{
    if (p == 0 || tree->rank[p] < rank) shared[n++] = tree->shared[p];
    return n;
}

/* The moments of the cells that begin at the points below a rank, and the bits that each shares with the one before. A
 * node within one cell is added as a whole. */
static void sum_cells(const kmc_tree *tree, int rank, uint8_t *shared, kmc_moments *cells)
{
    size_t n = 0;
    for (uint32_t i = 0; i < tree->n_nodes;) {
        const kmc_node *const node = &tree->nodes[i];
        if (kmc_next_boundary(tree->rank, node->begin + 1, node->end, rank - 1) == node->end) {
            n = open_cell(tree, node->begin, rank, shared, n);
            kmc_moments_merge(&cells[n - 1], &tree->moments[i]);
            i = node->next;
            continue;
        }
        const size_t end = node->next == i + 1 ? node->end : node->begin; /* inner nodes: see their children */
        for (size_t p = node->begin; p < end; p++) {
            n = open_cell(tree, p, rank, shared, n);
            kmc_moments_add(&cells[n - 1], &tree->points, p);
        }
        i++;
    }
}

/* One point for every occupied cell: the mean of its points. */
static kmc_status set_cells(kmc_tree *cells, const kmc_tree *tree, int rank)
{
    const size_t n = cells->points.n;
    weight_sums w = {0, 0, 0};
    kmc_moments *const moments = kmc_alloc_zeroed(n, sizeof *moments);
    if (!moments) return KMC_NO_MEMORY;
    sum_cells(tree, rank, cells->shared, moments);
    for (size_t i = 0; i < n; i++) {
        cells->points.weights[i] = moments[i].weight;
        kmc_moments_mean(&moments[i], &cells->points.xy[i], &cells->points.zw[i]);
    }
    kmc_free(moments);
    const kmc_status status = add_weights(cells, cells->points.weights, 0, n, &w);
    return status == KMC_OK ? combine_sums(cells, &w, 1) : status;
}

kmc_status kmc_tree_coarsen(const kmc_run *run, kmc_tree *tree, size_t min_cells, kmc_tree **cells)
{
    *cells = NULL;
    int rank = 0;
    kmc_status status = kmc_tree_rank_cells(run, tree);
    if (status != KMC_OK) return status;
    while (rank < 256 && tree->cells[rank] < min_cells) rank++;
    if (tree->cells[rank] == tree->points.n) return KMC_OK;
    status = reserve(tree->cells[rank], tree->channels, cells);
    if (status == KMC_OK) status = set_cells(*cells, tree, rank);
    return finish(run, status, cells);
}

void kmc_tree_free(kmc_tree *tree)
{
    if (!tree) return;
    kmc_points_free(&tree->points);
    kmc_free(tree->shared);
    kmc_free(tree->rank);
    kmc_free(tree->nodes);
    kmc_free(tree->moments);
    kmc_free(tree->tasks);
    kmc_free(tree);
}
