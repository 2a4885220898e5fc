/* The palette tree: colours are split again and again at their mean along the axis of the largest variance. */
#include "codec/palette_tree.h"

#include "codec/codec.h"

#include <string.h>

enum { LEVELS = 4, AXIS_BITS = 19, AXIS_MAX = (1 << 17) - 1 };

/* Luma, two chroma axes and alpha; the scale makes their squared lengths equal. */
typedef struct axis {
    int direction[4], scale;
} axis;

static const axis AXES[4] = {{{1, 2, 1, 0}, 1}, {{1, 0, -1, 0}, 3}, {{-1, 2, -1, 0}, 1}, {{0, 0, 0, 1}, 6}};
static const axis GREY = {{1, 0, 0, 0}, 6};

typedef struct tree_builder {
    const uint8_t *palette;
    int channels;
    uint32_t *order, *scratch;
} tree_builder;

static int64_t project(const tree_builder *b, const axis *a, uint32_t index)
{
    int64_t z = 0;
    const uint8_t *const color = b->palette + (size_t)index * (size_t)b->channels;
    for (int c = 0; c < b->channels; c++) z += a->direction[c] * color[c];
    return z;
}

/* The variance along an axis times n^2 and the scale, and the sum of the coordinates. */
static int64_t spread(const tree_builder *b, const axis *a, uint32_t low, uint32_t high, int64_t *sum)
{
    int64_t squares = 0;
    *sum = 0;
    for (uint32_t i = low; i < high; i++) {
        const int64_t z = project(b, a, b->order[i]);
        *sum += z;
        squares += z * z;
    }
    return ((int64_t)(high - low) * squares - *sum * *sum) * a->scale;
}

/* Splits low .. high-1 stably, and returns where the right side begins. Equal colours are halved. */
static uint32_t partition(const tree_builder *b, uint32_t low, uint32_t high)
{
    const axis *const axes = b->channels == 1 ? &GREY : AXES, *best = axes;
    const int n_axes = b->channels == 1 ? 1 : b->channels;
    int64_t most = -1, sum = 0;
    for (int a = 0; a < n_axes; a++) {
        int64_t sum_here;
        const int64_t here = spread(b, axes + a, low, high, &sum_here);
        if (here <= most) continue;
        most = here;
        sum = sum_here;
        best = axes + a;
    }
    if (most == 0) return low + (high - low) / 2;
    uint32_t left = low, right = 0;
    for (uint32_t i = low; i < high; i++) {
        const uint32_t index = b->order[i];
        if (project(b, best, index) * (int64_t)(high - low) <= sum)
            b->order[left++] = index;
        else
            b->scratch[right++] = index;
    }
    memcpy(b->order + left, b->scratch, right * sizeof *b->scratch);
    return left;
}

static void mean(const tree_builder *b, uint32_t low, uint32_t high, int32_t *color)
{
    for (int c = 0; c < b->channels; c++) {
        int64_t sum = 0;
        for (uint32_t i = low; i < high; i++) sum += b->palette[(size_t)b->order[i] * (size_t)b->channels + (size_t)c];
        color[c] = (int32_t)((32 * sum + (high - low)) / (2 * (int64_t)(high - low)));
    }
}

static void set_split_axis(const tree_builder *b, kmc_palette_node *node)
{
    int32_t left[4] = {0}, right[4] = {0};
    int64_t squared = 0;
    mean(b, node->low, node->split, left);
    mean(b, node->split, node->high, right);
    for (int c = 0; c < 4; c++) squared += (int64_t)(right[c] - left[c]) * (right[c] - left[c]);
    for (int c = 0; c < 4; c++) {
        node->midpoint[c] = (left[c] + right[c]) / 2;
        if (squared == 0) continue;
        const int64_t scaled = (int64_t)(right[c] - left[c]) * (1 << AXIS_BITS) / squared;
        node->axis[c] = (int32_t)(scaled > AXIS_MAX ? AXIS_MAX : scaled < -AXIS_MAX ? -AXIS_MAX : scaled);
    }
}

/* Adds a child: a leaf if it has one symbol, or else a new node at the end of the queue. */
static int32_t add_child(kmc_palette_tree *tree, int32_t parent, int side, int32_t n_nodes)
{
    kmc_palette_node *const from = &tree->nodes[parent];
    const uint32_t low = side ? from->split : from->low, high = side ? from->high : from->split;
    if (high - low == 1) {
        from->child[side] = ~(int32_t)low;
        return n_nodes;
    }
    kmc_palette_node *const node = &tree->nodes[n_nodes];
    from->child[side] = n_nodes;
    node->low = low;
    node->high = high;
    node->depth = from->depth + 1;
    node->group = node->depth % LEVELS == 0 ? (uint32_t)n_nodes : from->group;
    node->slot_index = node->depth % LEVELS == 0 ? 1 : 2 * from->slot_index + (uint32_t)side;
    return n_nodes + 1;
}

static void build(kmc_palette_tree *tree, const tree_builder *b)
{
    int32_t n_nodes = 1;
    if (tree->k == 1) return;
    tree->nodes[0].high = (uint32_t)tree->k;
    tree->nodes[0].slot_index = 1;
    for (int32_t i = 0; i < n_nodes; i++) {
        kmc_palette_node *const node = &tree->nodes[i];
        node->split = partition(b, node->low, node->high);
        set_split_axis(b, node);
        n_nodes = add_child(tree, i, 0, n_nodes);
        n_nodes = add_child(tree, i, 1, n_nodes);
    }
}

static void fill_colors(kmc_palette_tree *tree, const tree_builder *b)
{
    for (size_t i = tree->k; i-- > 0;) {
        const uint8_t *const color = b->palette + (size_t)tree->order[i] * (size_t)b->channels;
        for (int c = 0; c < b->channels; c++) tree->colors[i][c] = color[c];
        *kmc_symbol_of(tree, kmc_packed(tree->colors[i])) = (uint32_t)i + 1;
    }
}

/* For a load of at most two thirds. */
static int symbol_bits(size_t k)
{
    int bits = 1;
    while ((size_t)1 << bits < k + k / 2) bits++;
    return bits;
}

uint64_t kmc_palette_bytes(size_t k)
{
    const kmc_palette_tree *const tree = NULL;
    const size_t of_color = sizeof *tree->nodes + sizeof *tree->order + sizeof *tree->colors + sizeof(uint32_t);
    return (uint64_t)k * of_color + (sizeof *tree->symbols << symbol_bits(k));
}

kmc_status kmc_palette_tree_new(const uint8_t *palette, size_t k, int channels, kmc_palette_tree *tree)
{
    uint32_t *const scratch = kmc_alloc(k, sizeof *scratch);
    tree->k = k;
    tree->nodes = kmc_alloc_zeroed(k, sizeof *tree->nodes);
    tree->order = kmc_alloc(k, sizeof *tree->order);
    tree->colors = kmc_alloc_zeroed(k, sizeof *tree->colors);
    tree->symbol_bits = symbol_bits(k);
    tree->symbols = kmc_alloc_zeroed((size_t)1 << tree->symbol_bits, sizeof *tree->symbols);
    kmc_status status = KMC_NO_MEMORY;
    if (scratch && tree->nodes && tree->order && tree->colors && tree->symbols) {
        const tree_builder b = {palette, channels, tree->order, scratch};
        for (size_t i = 0; i < k; i++) tree->order[i] = (uint32_t)i;
        build(tree, &b);
        fill_colors(tree, &b);
        status = KMC_OK;
    }
    kmc_free(scratch);
    return status;
}

void kmc_palette_tree_free(kmc_palette_tree *tree)
{
    kmc_free(tree->nodes);
    kmc_free(tree->order);
    kmc_free(tree->colors);
    kmc_free(tree->symbols);
}
