/* The filtering algorithm: candidate sets shrink on the way down the tree; leaves compare points with the remaining
 * candidates. */
#include <string.h>

#include "base/parallel.h"
#include "kmeans/filtering.h"
#include "kmeans/tree.h"

/* Bound of the depth of the tree, which has at most one split for each of the eight bits. */
enum { MAX_DEPTH = 10 };

/* Points times bits of k that justify another thread: the time per point grows with log k. */
enum { THREAD_WORK = 400000 };

/* The candidate sets of one thread, one per level. */
typedef struct scratch {
    kmc_candidates lists[MAX_DEPTH + 1];
    int32_t position[KMC_LEAF_POINTS + KMC_PADDING], distance[KMC_LEAF_POINTS + KMC_PADDING];
} scratch;

typedef struct filtering {
    const kmc_run *run;
    const kmc_tree *tree;
    const kmc_visitor *visitor;
    scratch *scratch;
    int32_t *memory;
} filtering;

static void visit(const filtering *w, int thread, uint32_t index, int depth)
{
    const kmc_tree *tree = w->tree;
    const kmc_node *node = &tree->nodes[index];
    scratch *own = &w->scratch[thread];
    kmc_candidates *candidates = &own->lists[depth + 1];
    w->run->kernels->kmeans->filter(&node->box, &own->lists[depth], candidates);
    if (candidates->n == 1 && !w->visitor->needs_distances) {
        w->visitor->node(w->visitor->context, thread, index, candidates->id[0]);
    } else if (node->next == index + 1) {
        const size_t n = node->end - node->begin;
        w->run->kernels->kmeans->nearest_point(tree->points.xy + node->begin, tree->points.zw + node->begin, n,
                                               candidates->xy, candidates->zw, candidates->n, own->position,
                                               own->distance);
        w->visitor->leaf(w->visitor->context, thread, index, candidates, own->position, own->distance);
    } else {
        for (uint32_t child = index + 1; child < node->next; child = tree->nodes[child].next) {
            visit(w, thread, child, depth + 1);
        }
    }
}

static kmc_status filter_task(void *job, ptrdiff_t task, int thread)
{
    const filtering *w = job;
    visit(w, thread, w->tree->tasks[task], 0);
    return KMC_OK;
}

/* Allocates the candidate sets, four padded arrays of k words each. The first of every thread holds all centroids. */
static kmc_status allocate_lists(filtering *w, int threads, const kmc_centroids *centroids)
{
    const size_t k = centroids->k, words = k + KMC_PADDING;
    w->scratch = kmc_alloc((size_t)threads, sizeof *w->scratch);
    w->memory = kmc_alloc((size_t)threads * (MAX_DEPTH + 1) * 4, words * sizeof *w->memory);
    if (!w->scratch || !w->memory) return KMC_NO_MEMORY;
    int32_t *next = w->memory;
    for (int thread = 0; thread < threads; thread++) {
        for (int level = 0; level <= MAX_DEPTH; level++, next += 4 * words) {
            w->scratch[thread].lists[level] =
                (kmc_candidates){next, next + words, (uint32_t *)(next + 2 * words), next + 3 * words, 0};
        }
        kmc_candidates *all = &w->scratch[thread].lists[0];
        memcpy(all->xy, centroids->xy, k * sizeof *all->xy);
        memcpy(all->zw, centroids->zw, k * sizeof *all->zw);
        for (uint32_t j = 0; j < k; j++) all->id[j] = j;
        all->n = k;
        kmc_candidates_pad(all);
    }
    return KMC_OK;
}

int kmc_filter_threads(const kmc_run *run, const kmc_tree *tree, size_t k)
{
    size_t bits = 1;
    for (; k > 1; k /= 2) bits++;
    return kmc_threads_for(run, tree->points.n * bits, THREAD_WORK);
}

kmc_status kmc_filter_assign(const kmc_run *run, const kmc_tree *tree, const kmc_centroids *centroids,
                             const kmc_visitor *visitor)
{
    filtering w = {run, tree, visitor, NULL, NULL};
    const int threads = kmc_filter_threads(run, tree, centroids->k);
    kmc_status status = allocate_lists(&w, threads, centroids);
    if (status == KMC_OK) status = kmc_parallel(run, threads, (ptrdiff_t)tree->n_tasks, filter_task, &w);
    kmc_free(w.scratch);
    kmc_free(w.memory);
    return status;
}
