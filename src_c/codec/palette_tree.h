/* A palette as a binary tree: an index is coded as its path from the root. */
#ifndef KMC_CODEC_PALETTE_TREE_H
#define KMC_CODEC_PALETTE_TREE_H

#include "base/base.h"

enum { KMC_PALETTE_MAX = 1 << 16 };

/* Colours in the order of the leaves are "symbols": a node holds the symbols low .. high-1, those from `middle` on to
 * its right. Nodes are numbered level by level. */
typedef struct kmc_palette_node {
    uint32_t low, split, high;
    int32_t child[2]; /* a node, or ~symbol of a leaf */
    int32_t depth;
    uint32_t group, slot_index; /* its counter: of which four levels, and which of the fifteen there (1 is their root) */
    int32_t midpoint[4];    /* half way from the mean colour of the left child to the right one's, in 1/16 */
    int32_t axis[4];       /* (colour - between) . axis >> 8 is 1024 for the right mean, -1024 for the left one */
} kmc_palette_node;

typedef struct kmc_palette_tree {
    size_t k;
    kmc_palette_node *nodes;       /* k - 1 */
    uint32_t *order;               /* the palette index of each symbol */
    int16_t (*colors)[4];          /* the colour of each symbol */
    uint32_t *symbols;             /* by the hash of a colour, of so many bits: the least symbol of it + 1, or 0 */
    int symbol_bits;
} kmc_palette_tree;

/* From k (1 to 65536) colours of `channels` (1, 3 or 4) bytes. Release with
 * kmc_palette_tree_free, after a failure too. */
kmc_status kmc_palette_tree_new(const uint8_t *palette, size_t k, int channels, kmc_palette_tree *tree);
void kmc_palette_tree_free(kmc_palette_tree *tree);

/* How many bytes one takes while it grows. */
uint64_t kmc_palette_tree_bytes(size_t k);

/* A colour as one number: sums and differences of such are those of all channels at once. */
static inline uint64_t kmc_packed(const int16_t *color)
{
    uint64_t packed = 0;
    for (int c = 0; c < 4; c++) packed |= (uint64_t)color[c] << 16 * c;
    return packed;
}

/* Where the symbol of a colour stands in `symbols`, or is missing. */
static inline uint32_t *kmc_symbol_of(const kmc_palette_tree *tree, uint64_t packed)
{
    const size_t last = ((size_t)1 << tree->symbol_bits) - 1;
    size_t at = (size_t)(packed * UINT64_C(0x9E3779B97F4A7C15) >> (64 - tree->symbol_bits));
    while (tree->symbols[at] && kmc_packed(tree->colors[tree->symbols[at] - 1]) != packed) at = (at + 1) & last;
    return tree->symbols + at;
}

#endif
