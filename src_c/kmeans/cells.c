/* The order in which cells are divided: every point has a rank, and cells begin at the points of low rank. */
#include "kmeans/tree.h"
#include "base/parallel.h"

#include <string.h>

enum { LEVELS = 32, RANKS = 256 };

typedef struct ranking {
    kmc_tree *tree;
    double sides[LEVELS];    /* by number of shared bits: the sum of the squared sides of a cell, in levels */
    int shift;               /* scales weights so that their sum is below 2^32 */
    size_t (*counts)[RANKS]; /* by task: number of points of each rank; the last is for the nodes above the tasks */
} ranking;

/* The children of a node, or the points of a leaf. */
typedef struct items {
    size_t n;
    const uint8_t *shared; /* number of bits shared with the item before */
    uint32_t weight[KMC_LEAF_POINTS];
} items;

static uint32_t scale_weight(const ranking *r, int64_t weight)
{
    const int64_t left = weight >> r->shift;
    return left > 0 ? (uint32_t)left : 1;
}

/* sums[i]: the weight of the items before i that are in the smallest cell with both i - 1 and i. */
static void sum_before(const items *p, uint32_t *sums)
{
    uint32_t from[2 * LEVELS] = {0}, total = 0; /* by number of bits, set beyond the range, too */
    for (size_t i = 1; i < p->n; i++) {
        total += p->weight[i - 1];
        sums[i] = total - from[p->shared[i]];
        for (int bits = 1; bits <= LEVELS; bits++) from[p->shared[i] + bits] = total;
    }
}

/* The same for item i and those after it. */
static void sum_after(const items *p, uint32_t *sums)
{
    uint32_t from[2 * LEVELS] = {0}, total = 0;
    for (size_t i = p->n; i-- > 1;) {
        total += p->weight[i];
        sums[i] = total - from[p->shared[i]];
        for (int bits = 1; bits <= LEVELS; bits++) from[p->shared[i] + bits] = total;
    }
}

/* The ranks of all items but the first. The smallest cell with both an item and the one before is divided the later,
 * the smaller its weight times its squared sides is: four ranks per factor of two. The upper bits of a double serve as
 * its logarithm. */
static void rank_items(const ranking *r, const items *p, size_t *counts, uint8_t *rank)
{
    uint32_t before[KMC_LEAF_POINTS], after[KMC_LEAF_POINTS];
    sum_before(p, before);
    sum_after(p, after);
    for (size_t i = 1; i < p->n; i++) {
        const double loss = ((double)before[i] + (double)after[i]) * r->sides[p->shared[i]];
        uint64_t bits;
        memcpy(&bits, &loss, sizeof bits);
        rank[i] = (uint8_t)(255 + 4 * 1023 - (bits >> 50));
        counts[rank[i]]++;
    }
}

static void rank_leaf(const ranking *r, const kmc_node *leaf, size_t *counts)
{
    const kmc_points points = kmc_points_of(&r->tree->points, leaf->begin, leaf->end);
    items p = {.n = points.n, .shared = r->tree->shared + leaf->begin};
    for (size_t i = 0; i < points.n; i++) p.weight[i] = scale_weight(r, points.weights[i]);
    rank_items(r, &p, counts, r->tree->rank + leaf->begin);
}

static void rank_children(const ranking *r, uint32_t self, size_t *counts)
{
    const kmc_node *const nodes = r->tree->nodes;
    uint8_t shared[KMC_LEAF_POINTS], rank[KMC_LEAF_POINTS];
    items p = {.n = 0, .shared = shared};
    for (uint32_t child = self + 1; child < nodes[self].next; child = nodes[child].next) {
        shared[p.n] = r->tree->shared[nodes[child].begin];
        p.weight[p.n++] = scale_weight(r, r->tree->moments[child].weight);
    }
    rank_items(r, &p, counts, rank);
    for (uint32_t child = nodes[self + 1].next, i = 1; child < nodes[self].next; child = nodes[child].next, i++)
        r->tree->rank[nodes[child].begin] = rank[i];
}

static kmc_status rank_task(void *job, ptrdiff_t task, int thread)
{
    const ranking *const r = job;
    const kmc_node *const nodes = r->tree->nodes;
    const uint32_t first = r->tree->tasks[task];
    (void)thread;
    for (uint32_t i = first; i < nodes[first].next; i++) {
        if (nodes[i].next == i + 1)
            rank_leaf(r, &nodes[i], r->counts[task]);
        else
            rank_children(r, i, r->counts[task]);
    }
    return KMC_OK;
}

static void rank_above_tasks(const ranking *r)
{
    const kmc_tree *const tree = r->tree;
    for (size_t i = 0, task = 0; i < tree->n_nodes;) {
        if (task < tree->n_tasks && i == tree->tasks[task]) {
            i = tree->nodes[i].next;
            task++;
        } else {
            rank_children(r, (uint32_t)i++, r->counts[tree->n_tasks]);
        }
    }
}

/* The sum of the squared sides of a cell, in levels. Alpha is ignored, so that opaque colours have the same cells as
 * without it. */
static int squared_sides(int shared, int channels)
{
    const int sides = channels < 3 ? channels : 3, levels = 7 - shared / channels;
    const int halved = shared % channels < sides ? shared % channels : sides;
    return (4 * (sides - halved) + halved) << 2 * levels;
}

/* Computes the number of cells for each rank. */
static void count_cells(const ranking *r)
{
    size_t *const cells = r->tree->cells;
    cells[0] = 1;
    for (int rank = 0; rank < RANKS; rank++) {
        cells[rank + 1] = cells[rank];
        for (size_t task = 0; task <= r->tree->n_tasks; task++) cells[rank + 1] += r->counts[task][rank];
    }
}

static kmc_status rank_all(const kmc_run *run, ranking *r)
{
    kmc_tree *const tree = r->tree;
    while (tree->weight >> r->shift > INT32_MAX) r->shift++;
    for (int shared = 0; shared < 8 * tree->channels; shared++)
        r->sides[shared] = (double)squared_sides(shared, tree->channels);
    const int threads = kmc_threads_for(run, tree->points.n, KMC_TREE_THREAD_POINTS);
    const kmc_status status = kmc_parallel(run, threads, (ptrdiff_t)tree->n_tasks, rank_task, r);
    if (status != KMC_OK) return status;
    rank_above_tasks(r);
    count_cells(r);
    return KMC_OK;
}

kmc_status kmc_tree_rank_cells(const kmc_run *run, kmc_tree *tree)
{
    if (tree->rank) return KMC_OK;
    ranking r = {.tree = tree, .counts = kmc_alloc_zeroed(tree->n_tasks + 1, sizeof *r.counts)};
    tree->rank = kmc_alloc_zeroed(tree->points.n, sizeof *tree->rank);
    const kmc_status status = r.counts && tree->rank ? rank_all(run, &r) : KMC_NO_MEMORY;
    if (status != KMC_OK) {
        kmc_free(tree->rank);
        tree->rank = NULL;
    }
    kmc_free(r.counts);
    return status;
}
