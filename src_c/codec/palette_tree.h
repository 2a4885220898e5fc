/* The palette as a binary tree, in which an index is coded as its path from the root. */
#ifndef KMC_CODEC_PALETTE_TREE_H
#define KMC_CODEC_PALETTE_TREE_H

#include "base/base.h"

enum { KMC_PALETTE_MAX = 1 << 16 };

/* A palette index is coded as its "symbol", the position of its colour in the order of the leaves. A node holds the
 * symbols low .. high-1, its right child those from `split` on. Nodes are numbered level by level. */
typedef struct kmc_palette_node {
    uint32_t low, split, high;
    int32_t child[2]; /* a node, or ~symbol of a leaf */
    int32_t depth;
    uint32_t group;      /* the node at the top of its four levels, which share a slot, */
    uint32_t slot_index; /* and its counter there, 1 to 15 */
    int32_t midpoint[4]; /* between the mean colours of the children, in units of 1/16 */
    int32_t axis[4];     /* (colour - midpoint) . axis >> 8 is 1024 for the right mean, -1024 for the left one */
} kmc_palette_node;

typedef struct kmc_palette_tree {
    size_t k;
    kmc_palette_node *nodes;       /* k - 1 */
    uint32_t *order;               /* the palette index of each symbol */
    int16_t (*colors)[4];          /* the colour of each symbol */
    uint32_t *symbols;             /* hash table of 2^symbol_bits: the least symbol of a colour + 1, or 0 */
    int symbol_bits;
} kmc_palette_tree;

/* Builds the tree of k (1 to 65536) colours of `channels` (1, 3 or 4) bytes. Release with kmc_palette_tree_free, after
 * a failure too. */
kmc_status kmc_palette_tree_new(const uint8_t *palette, size_t k, int channels, kmc_palette_tree *tree);
void kmc_palette_tree_free(kmc_palette_tree *tree);

/* A colour as one number, 16 bits a channel: sums and differences work on all channels at once. */
static inline uint64_t kmc_packed(const int16_t *color)
{
    uint64_t packed = 0;
    for (int c = 0; c < 4; c++) packed |= (uint64_t)color[c] << 16 * c;
    return packed;
}

/* The entry of a colour in `symbols`, which is 0 if it is not in the palette. */
static inline uint32_t *kmc_symbol_of(const kmc_palette_tree *tree, uint64_t packed)
{
    const size_t last = ((size_t)1 << tree->symbol_bits) - 1;
    size_t at = (size_t)(packed * UINT64_C(0x9E3779B97F4A7C15) >> (64 - tree->symbol_bits));
    while (tree->symbols[at] && kmc_packed(tree->colors[tree->symbols[at] - 1]) != packed) at = (at + 1) & last;
    return tree->symbols + at;
}

#endif
