/* Growing the boxes of a tree, and the cuts between the cells of its points. */
#ifndef KMC_KMEANS_BOXES_H
#define KMC_KMEANS_BOXES_H

#include <string.h>

#include "kmeans/points.h"

/* Points in one task of a parallel loop: some tenths of a millisecond each. */
enum { KMC_TASK_POINTS = 8192 };

/* So many points make up for waking a thread while a tree is made, which takes about 10 ns a point. */
enum { KMC_TREE_THREAD_POINTS = 1 << 15 };

/* In a leaf at most. Smaller boxes cost more to test than the distances they save. Kodak, k = 256: 0.75 ms an iteration
 * with 16 points, 0.60 with 32, 0.52 with 48, and more again with 64. */
enum { KMC_LEAF_POINTS = 48 };

/* Grows nodes, moments and tasks over points that are in place and weighed. The same on any number of threads. */
kmc_status kmc_tree_build_nodes(const kmc_run *run, kmc_tree *tree);

/* The first i in [from, end) with shared[i] <= bits, or `end`. Eight at once: adding 127 - bits sets the top bit of all
 * bytes above `bits`, and none is large enough to carry. */
static inline size_t kmc_next_boundary(const uint8_t *shared, size_t from, size_t end, int bits)
{
    const uint64_t ones = UINT64_MAX / 255, top = ones << 7, more = ones * (uint64_t)(127 - bits);
    size_t i = from;
    for (uint64_t eight; i + 8 <= end; i += 8) {
        memcpy(&eight, shared + i, 8);
        if (((eight + more) & top) != top) break;
    }
    while (i < end && shared[i] > bits) i++;
    return i;
}

#endif
