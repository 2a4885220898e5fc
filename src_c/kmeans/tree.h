/* The parts of building a tree, used by the files of the tree only. */
#ifndef KMC_KMEANS_TREE_H
#define KMC_KMEANS_TREE_H

#include <string.h>

#include "kmeans/points.h"

/* Points per task of a parallel loop. */
enum { KMC_TASK_POINTS = 8192 };

/* Points that justify another thread while a tree is built. */
enum { KMC_TREE_THREAD_POINTS = 1 << 15 };

/* Maximum number of points of a leaf. In smaller leaves, testing boxes costs more than the distances that it saves. */
enum { KMC_LEAF_POINTS = 48 };

/* Builds nodes, moments and tasks of a tree whose points and `shared` are set. The result does not depend on the number
 * of threads. KMC_NO_MEMORY or KMC_INTERRUPTED on failure; kmc_tree_free then releases what exists. */
kmc_status kmc_tree_build_nodes(const kmc_run *run, kmc_tree *tree);

/* Sets `rank` and `cells` of a tree, unless they are set already; kmc_tree_coarsen needs them, mapping does not. The
 * result does not depend on the number of threads. On failure the tree is unchanged. */
kmc_status kmc_tree_rank_cells(const kmc_run *run, kmc_tree *tree);

/* The first i in [from, end) with values[i] <= limit, or `end`; limit < 256. Compares eight bytes at once, their low
 * seven bits by an addition that cannot carry into the next byte. */
static inline size_t kmc_next_boundary(const uint8_t *values, size_t from, size_t end, int limit)
{
    const uint64_t ones = UINT64_MAX / 255, top = ones << 7, offset = ones * (uint64_t)(127 - (limit & 127));
    size_t i = from;
    for (uint64_t eight; i + 8 <= end; i += 8) {
        memcpy(&eight, values + i, 8);
        const uint64_t sum = (eight & ~top) + offset;
        if (((limit < 128 ? sum | eight : sum & eight) & top) != top) break;
    }
    while (i < end && values[i] > limit) i++;
    return i;
}

#endif
