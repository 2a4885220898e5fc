/* A palette as a binary tree: an index is coded as its path from the root. */
#ifndef KMC_PALETTE_TREE_H
#define KMC_PALETTE_TREE_H

#include "base.h"

enum { KMC_PALETTE_MAX = 1 << 16 };

/* Colours in the order of the leaves are "symbols": a node holds the symbols low .. high-1, those from `middle` on to
 * its right. Nodes are numbered level by level. */
typedef struct kmc_palette_node {
    uint32_t low, middle, high;
    int32_t child[2]; /* a node, or ~symbol of a leaf */
    int32_t depth;
    uint32_t group, place; /* its counter: of which four levels, and which of the fifteen there (1 is their root) */
    int32_t between[4];    /* half way from the mean colour of the left child to the right one's, in 1/16 */
    int32_t axis[4];       /* (colour - between) . axis >> 8 is 1024 for the right mean, -1024 for the left one */
} kmc_palette_node;

typedef struct kmc_palette_tree {
    size_t k;
    kmc_palette_node *nodes;       /* k - 1 */
    uint32_t *order;               /* the palette index of each symbol */
    int16_t (*colors)[4];          /* the colour of each symbol */
} kmc_palette_tree;

/* From k (1 to 65536) colours of `channels` (1, 3 or 4) bytes. Release with
 * kmc_palette_tree_free, after a failure too. */
kmc_status kmc_palette_tree_new(const uint8_t *palette, size_t k, int channels, kmc_palette_tree *tree);
void kmc_palette_tree_free(kmc_palette_tree *tree);

#endif
