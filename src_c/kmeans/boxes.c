/* Building the nodes over points in Morton order: an octree (for three channels) without empty and only children. */
#include "kmeans/tree.h"

#include <string.h>

#include "kmeans/kernels.h"
#include "base/parallel.h"

/* The end of the child that starts at `from`: the end of its cell of `bits` common bits, or of several cells if all of
 * them together fit a leaf. */
static size_t child_end(const uint8_t *shared, size_t from, size_t end, int bits)
{
    size_t taken = from;
    for (size_t boundary = from; boundary < end && taken - from <= KMC_LEAF_POINTS;) {
        boundary = kmc_next_boundary(shared, boundary + 1, end, bits);
        if (taken > from && boundary - from > KMC_LEAF_POINTS) break;
        taken = boundary;
    }
    return taken;
}

/* ---- the top of the tree down to the tasks, a subtree for each task, and all of them joined ---------------------- */

/* Nodes in preorder, with indices relative to the first one. */
typedef struct subtree {
    kmc_node *nodes;
    kmc_moments *moments;
    size_t n, n_reserved;
} subtree;

static void subtree_free(subtree *b)
{
    kmc_free(b->nodes);
    kmc_free(b->moments);
}

static kmc_status reserve_nodes(subtree *b, size_t n)
{
    kmc_node *const nodes = kmc_grown(b->nodes, b->n, n, sizeof *nodes);
    if (!nodes) return KMC_NO_MEMORY;
    b->nodes = nodes;
    kmc_moments *const moments = kmc_grown(b->moments, b->n, n, sizeof *moments);
    if (!moments) return KMC_NO_MEMORY;
    b->moments = moments;
    b->n_reserved = n;
    return KMC_OK;
}

/* Adds the nodes of [begin, end), with leaves of at most max_points; boxes and moments are computed later. */
static kmc_status split_range(const kmc_tree *tree, subtree *b, size_t begin, size_t end, size_t max_points)
{
    kmc_status status = KMC_OK;
    if (b->n == b->n_reserved) status = reserve_nodes(b, b->n ? 2 * b->n : 64 + (end - begin) / 8);
    if (status != KMC_OK) return status;
    const uint32_t self = (uint32_t)b->n++;
    const kmc_box first = kmc_box_of(tree->points.xy[begin], tree->points.zw[begin]);
    b->nodes[self] = (kmc_node){first, (uint32_t)begin, (uint32_t)end, self + 1};
    memset(&b->moments[self], 0, sizeof b->moments[self]);
    if (end - begin <= max_points) return KMC_OK;
    uint8_t shared = UINT8_MAX;
    for (size_t i = begin + 1; i < end; i++) shared = tree->shared[i] < shared ? tree->shared[i] : shared;
    const int bits = shared / tree->channels * tree->channels + tree->channels - 1; /* split in all channels at once */
    for (size_t from = begin; from < end && status == KMC_OK;) {
        const size_t to = child_end(tree->shared, from, end, bits);
        status = split_range(tree, b, from, to, max_points);
        from = to;
    }
    b->nodes[self].next = (uint32_t)b->n;
    return status;
}

typedef struct tree_builder {
    kmc_tree *tree;
    const kmc_kmeans_kernels *kernels;
    subtree top, *subtrees; /* one for each leaf of the top, which is a task */
} tree_builder;

static void fill_leaf(const tree_builder *g, subtree *b, uint32_t self)
{
    static const int32_t all[KMC_LEAF_POINTS]; /* zeros: all points are in one set */
    kmc_node *const leaf = &b->nodes[self];
    const kmc_points points = kmc_points_of(&g->tree->points, leaf->begin, leaf->end);
    g->kernels->enclose(points.xy, points.zw, points.n, &leaf->box);
    if (g->tree->largest_weight <= UINT32_MAX)
        g->kernels->sum_where(&points, all, 0, &b->moments[self]);
    else
        for (size_t i = 0; i < points.n; i++) kmc_moments_add(&b->moments[self], &points, i);
}

/* The box and the moments of a node from those of its children. */
static void fill_from_children(kmc_node *nodes, kmc_moments *moments, uint32_t self)
{
    for (uint32_t child = self + 1; child < nodes[self].next; child = nodes[child].next) {
        kmc_box_enclose(&nodes[self].box, &nodes[child].box);
        kmc_moments_merge(&moments[self], &moments[child]);
    }
}

static kmc_status build_task(void *job, ptrdiff_t task, int thread)
{
    const tree_builder *const g = job;
    subtree *const b = &g->subtrees[task];
    const kmc_node *const root = &g->top.nodes[g->tree->tasks[task]];
    (void)thread;
    const kmc_status status = split_range(g->tree, b, root->begin, root->end, KMC_LEAF_POINTS);
    for (uint32_t i = status == KMC_OK ? (uint32_t)b->n : 0; i-- > 0;) {
        if (b->nodes[i].next == i + 1)
            fill_leaf(g, b, i);
        else
            fill_from_children(b->nodes, b->moments, i);
    }
    return status;
}

static kmc_status join_task(void *job, ptrdiff_t task, int thread)
{
    const tree_builder *const g = job;
    const subtree *const b = &g->subtrees[task];
    const uint32_t first = g->tree->tasks[task];
    (void)thread;
    memcpy(g->tree->nodes + first, b->nodes, b->n * sizeof *b->nodes);
    memcpy(g->tree->moments + first, b->moments, b->n * sizeof *b->moments);
    for (size_t i = 0; i < b->n; i++) g->tree->nodes[first + i].next += first;
    return KMC_OK;
}

/* Builds the top of the tree; its leaves are the tasks. */
static kmc_status build_top(tree_builder *g)
{
    kmc_tree *const tree = g->tree;
    const kmc_status status = split_range(tree, &g->top, 0, tree->points.n, KMC_TASK_POINTS);
    if (status != KMC_OK) return status;
    tree->tasks = kmc_alloc(g->top.n, sizeof *tree->tasks);
    if (!tree->tasks) return KMC_NO_MEMORY;
    for (uint32_t i = 0; i < g->top.n; i++)
        if (g->top.nodes[i].next == i + 1) tree->tasks[tree->n_tasks++] = i;
    g->subtrees = kmc_alloc_zeroed(tree->n_tasks, sizeof *g->subtrees);
    return g->subtrees ? KMC_OK : KMC_NO_MEMORY;
}

/* Replaces each leaf of the top by its subtree. */
static kmc_status join_subtrees(const kmc_run *run, int threads, tree_builder *g)
{
    kmc_tree *const tree = g->tree;
    const subtree *const top = &g->top;
    uint32_t *const at = kmc_alloc(top->n + 1, sizeof *at); /* the index of each node of the top in the tree */
    if (!at) return KMC_NO_MEMORY;
    at[0] = 0;
    for (size_t i = 0, task = 0; i < top->n; i++) {
        const int is_task = task < tree->n_tasks && tree->tasks[task] == i;
        if (is_task) tree->tasks[task] = at[i];
        at[i + 1] = at[i] + (is_task ? (uint32_t)g->subtrees[task++].n : 1);
    }
    tree->n_nodes = at[top->n];
    tree->nodes = kmc_alloc(tree->n_nodes, sizeof *tree->nodes);
    tree->moments = kmc_alloc(tree->n_nodes, sizeof *tree->moments);
    kmc_status status = tree->nodes && tree->moments ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) status = kmc_parallel(run, threads, (ptrdiff_t)tree->n_tasks, join_task, g);
    for (uint32_t i = status == KMC_OK ? (uint32_t)top->n : 0; i-- > 0;) {
        if (top->nodes[i].next == i + 1) continue;
        tree->nodes[at[i]] = top->nodes[i];
        tree->nodes[at[i]].next = at[top->nodes[i].next];
        tree->moments[at[i]] = top->moments[i];
        fill_from_children(tree->nodes, tree->moments, at[i]);
    }
    kmc_free(at);
    return status;
}

kmc_status kmc_tree_build_nodes(const kmc_run *run, kmc_tree *tree)
{
    const int threads = kmc_threads_for(run, tree->points.n, KMC_TREE_THREAD_POINTS);
    tree_builder g = {.tree = tree, .kernels = run->kernels->kmeans};
    kmc_status status = build_top(&g);
    if (status == KMC_OK) status = kmc_parallel(run, threads, (ptrdiff_t)tree->n_tasks, build_task, &g);
    if (status == KMC_OK) status = join_subtrees(run, threads, &g);
    for (size_t task = 0; g.subtrees && task < tree->n_tasks; task++) subtree_free(&g.subtrees[task]);
    kmc_free(g.subtrees);
    subtree_free(&g.top);
    return status;
}
