/* The order in which the cells of a tree are cut. */
#ifndef KMC_KMEANS_CELLS_H
#define KMC_KMEANS_CELLS_H

#include "kmeans/points.h"

/* Sets the ranks of a tree and the numbers of its cells, unless that has been done: it takes half as long as the tree,
 * and those that only map colours do without. The same on any number of threads. */
kmc_status kmc_tree_rank_cells(const kmc_run *run, kmc_tree *tree);

#endif
