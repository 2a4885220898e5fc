/* A tree of boxes over points in Morton order: an octree (for three channels) without its empty and single nodes. */
#include <string.h>

#include "bits.h"
#include "kernels.h"
#include "points.h"

/* Smaller boxes cost more to test than the distances they save. Kodak, k = 256: 0.75 ms an iteration with 16 points, 0.60
 * with 32, 0.52 with 48, and more again with 64. */
enum { LEAF_POINTS = 48 };

/* Points in one task of a parallel loop: some tenths of a millisecond each. */
enum { TASK_POINTS = 8192 };

/* How many leading bits the Morton keys of two colours share, all of them where the colours are equal. */
static inline uint8_t shared_bits(const uint8_t *a, const uint8_t *b, int channels)
{
    unsigned differing = 0;
    for (int c = 0; c < channels; c++) differing |= (unsigned)(a[c] ^ b[c]);
    const int level = (int)kmc_leading_zeros8(differing);
    if (level == 8) return (uint8_t)(8 * channels);
    int equal = 1, n = level * channels; /* and the first channels of that level */
    for (int c = 0; c < channels - 1; c++) {
        equal &= ~(a[c] ^ b[c]) >> (7 - level);
        n += equal;
    }
    return (uint8_t)n;
}

/* The point of one colour, and what it shares with the colour before. Inlined for each number of channels. */
static inline void place_color(kmc_tree *tree, size_t i, const uint8_t *colors, int channels)
{
    const uint8_t *color = colors + (size_t)channels * i;
    int32_t at[4] = {0, 0, 0, 0};
    for (int c = 0; c < channels; c++) at[c] = KMC_ONE_LEVEL * color[c];
    tree->points.xy[i] = kmc_pack(at[0], at[1]);
    tree->points.zw[i] = kmc_pack(at[2], at[3]);
    tree->shared[i] = i > 0 ? shared_bits(color, color - channels, channels) : 0;
}

static void place_colors(kmc_tree *tree, const uint8_t *colors, int channels)
{
    const size_t n = tree->points.n;
    switch (channels) {
    case 1:
        for (size_t i = 0; i < n; i++) place_color(tree, i, colors, 1);
        break;
    case 3:
        for (size_t i = 0; i < n; i++) place_color(tree, i, colors, 3);
        break;
    default:
        for (size_t i = 0; i < n; i++) place_color(tree, i, colors, channels);
    }
}

/* Puts the points elsewhere: the cells of the tree stay those of the colours. */
static kmc_status place_coordinates(kmc_tree *tree, const int16_t *coordinates)
{
    for (size_t i = 0; i < tree->points.n; i++, coordinates += 4) {
        for (int c = 0; c < 4; c++) {
            if (coordinates[c] < 0 || coordinates[c] > KMC_MAX_COORDINATE) return KMC_BAD_ARGUMENT;
        }
        tree->points.xy[i] = kmc_pack(coordinates[0], coordinates[1]);
        tree->points.zw[i] = kmc_pack(coordinates[2], coordinates[3]);
    }
    return KMC_OK;
}

/* Weights are positive and not too many; no colour comes twice. */
static kmc_status weigh(kmc_tree *tree, const int64_t *weights)
{
    int64_t total = 0, square_sum = 0;
    for (size_t i = 0; i < tree->points.n; i++) {
        const int64_t weight = weights ? weights[i] : 1;
        if (weight <= 0 || weight > KMC_MAX_WEIGHT - total || tree->shared[i] == 8 * tree->channels) return KMC_BAD_ARGUMENT;
        total += weight;
        square_sum += weight * kmc_distance(tree->points.xy[i], tree->points.zw[i], 0, 0);
        tree->points.weights[i] = weight;
        tree->largest_weight = weight > tree->largest_weight ? weight : tree->largest_weight;
    }
    tree->square_sum = (double)square_sum;
    return KMC_OK;
}

static kmc_status add_node(kmc_tree *tree, uint32_t *node)
{
    if (tree->n_nodes == tree->n_nodes_reserved) {
        const size_t reserve = 2 * tree->n_nodes_reserved;
        kmc_node *nodes = kmc_alloc(reserve, sizeof *nodes);
        kmc_moments *moments = kmc_alloc(reserve, sizeof *moments);
        if (!nodes || !moments) {
            kmc_free(nodes);
            kmc_free(moments);
            return KMC_NO_MEMORY;
        }
        memcpy(nodes, tree->nodes, tree->n_nodes * sizeof *nodes);
        memcpy(moments, tree->moments, tree->n_nodes * sizeof *moments);
        kmc_free(tree->nodes);
        kmc_free(tree->moments);
        tree->nodes = nodes;
        tree->moments = moments;
        tree->n_nodes_reserved = reserve;
    }
    *node = (uint32_t)tree->n_nodes++;
    memset(&tree->moments[*node], 0, sizeof(kmc_moments));
    return KMC_OK;
}

static void fill_leaf(kmc_tree *tree, const kmc_run *run, uint32_t leaf)
{
    static const int32_t all[LEAF_POINTS]; /* zeros: where each of the points is */
    const kmc_points points = kmc_node_points(tree, leaf);
    run->kernels->enclose(points.xy, points.zw, points.n, &tree->nodes[leaf].box);
    if (tree->largest_weight <= UINT32_MAX)
        run->kernels->sum_where(&points, all, 0, &tree->moments[leaf]);
    else
        for (size_t i = 0; i < points.n; i++) kmc_moments_add(&tree->moments[leaf], &points, i);
}

/* The first i in [from, end) with shared[i] <= bits, or `end`. Eight at once: adding 127 - bits sets the top bit of all
 * bytes above `bits`, and none is large enough to carry. */
static size_t next_cut(const uint8_t *shared, size_t from, size_t end, int bits)
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

/* Where the part of [from, end) that starts at `from` ends: at the next point that leaves the cell of `bits` shared
 * bits, and further over the parts behind it while all together are still a leaf. */
static size_t part_end(const uint8_t *shared, size_t from, size_t end, int bits)
{
    size_t taken = from;
    for (size_t cut = from; cut < end && taken - from <= LEAF_POINTS;) {
        cut = next_cut(shared, cut + 1, end, bits);
        if (taken > from && cut - from > LEAF_POINTS) break;
        taken = cut;
    }
    return taken;
}

static kmc_status build(kmc_tree *tree, const kmc_run *run, size_t begin, size_t end)
{
    uint32_t self;
    kmc_status status = add_node(tree, &self);
    if (status != KMC_OK) return status;
    const kmc_box first = kmc_box_of(tree->points.xy[begin], tree->points.zw[begin]);
    tree->nodes[self] = (kmc_node){first, (uint32_t)begin, (uint32_t)end, self + 1};
    if (end - begin <= LEAF_POINTS) {
        fill_leaf(tree, run, self);
        return self % 4096 ? KMC_OK : kmc_poll(run);
    }
    uint8_t least = UINT8_MAX;
    for (size_t i = begin + 1; i < end; i++) least = tree->shared[i] < least ? tree->shared[i] : least;
    const int bits = least / tree->channels * tree->channels + tree->channels - 1; /* of all channels at once */
    for (size_t from = begin; from < end;) {
        const size_t part = part_end(tree->shared, from, end, bits);
        const uint32_t child = (uint32_t)tree->n_nodes;
        status = build(tree, run, from, part);
        if (status != KMC_OK) return status;
        kmc_box_enclose(&tree->nodes[self].box, &tree->nodes[child].box);
        kmc_moments_merge(&tree->moments[self], &tree->moments[child]);
        from = part;
    }
    tree->nodes[self].next = (uint32_t)tree->n_nodes;
    return KMC_OK;
}

/* The subtrees, in order, that are small enough to be a task and whose parents are not. */
static kmc_status cut_tasks(kmc_tree *tree)
{
    for (int filling = 0; filling < 2; filling++) {
        tree->n_tasks = 0;
        for (uint32_t i = 0; i < tree->n_nodes;) {
            const kmc_node *node = &tree->nodes[i];
            const int is_task = node->end - node->begin <= TASK_POINTS;
            if (is_task && filling) tree->tasks[tree->n_tasks] = i;
            tree->n_tasks += (size_t)is_task;
            i = is_task ? node->next : i + 1;
        }
        if (!filling && !(tree->tasks = kmc_alloc(tree->n_tasks, sizeof *tree->tasks))) return KMC_NO_MEMORY;
    }
    return KMC_OK;
}

/* An empty tree with room for n points. */
static kmc_status reserve(size_t n, int channels, kmc_tree **out)
{
    kmc_tree *tree = *out = kmc_alloc_zeroed(1, sizeof *tree);
    if (!tree) return KMC_NO_MEMORY;
    tree->channels = channels;
    tree->n_nodes_reserved = 64 + n / 4;
    tree->shared = kmc_alloc_zeroed(n, sizeof *tree->shared);
    tree->nodes = kmc_alloc(tree->n_nodes_reserved, sizeof *tree->nodes);
    tree->moments = kmc_alloc(tree->n_nodes_reserved, sizeof *tree->moments);
    const kmc_status status = kmc_points_new(n, &tree->points);
    return tree->shared && tree->nodes && tree->moments ? status : KMC_NO_MEMORY;
}

/* Grows the boxes over points that are in place; after any failure there is no tree. */
static kmc_status finish(const kmc_run *run, kmc_status status, kmc_tree **tree)
{
    if (status == KMC_OK) status = build(*tree, run, 0, (*tree)->points.n);
    if (status == KMC_OK) status = cut_tasks(*tree);
    if (status == KMC_OK) return KMC_OK;
    kmc_tree_free(*tree);
    *tree = NULL;
    return status;
}

kmc_status kmc_tree_new(const kmc_run *run, const uint8_t *colors, const int16_t *coordinates, const int64_t *weights,
                        size_t n, int channels, kmc_tree **tree)
{
    *tree = NULL;
    if (n == 0 || n > INT32_MAX || channels < 1 || channels > 4) return KMC_BAD_ARGUMENT;
    kmc_status status = reserve(n, channels, tree);
    if (status == KMC_OK) {
        place_colors(*tree, colors, channels);
        if (coordinates) status = place_coordinates(*tree, coordinates);
    }
    if (status == KMC_OK) status = weigh(*tree, weights);
    return finish(run, status, tree);
}

size_t kmc_tree_size(const kmc_tree *tree)
{
    return tree->points.n;
}

/* One point for every occupied cell: the mean of the points whose keys share `bits` leading bits. */
static void place_cells(kmc_tree *cells, const kmc_tree *tree, int bits)
{
    const size_t n = tree->points.n;
    size_t cell = 0;
    for (size_t begin = 0, end; begin < n; begin = end, cell++) {
        kmc_moments moments = {0, {0, 0, 0, 0}};
        for (end = begin; end < n && (end == begin || tree->shared[end] >= bits); end++) {
            kmc_moments_add(&moments, &tree->points, end);
        }
        cells->shared[cell] = tree->shared[begin];
        cells->points.weights[cell] = moments.weight;
        kmc_moments_mean(&moments, &cells->points.xy[cell], &cells->points.zw[cell]);
    }
}

kmc_status kmc_tree_coarsen(const kmc_run *run, const kmc_tree *tree, size_t least, kmc_tree **cells)
{
    *cells = NULL;
    const int all = 8 * tree->channels;
    size_t counts[34] = {0}; /* first of neighbours that share one bit less; then of cells of that many shared bits */
    for (size_t i = 1; i < tree->points.n; i++) counts[tree->shared[i] + 1]++;
    int bits = 0;
    counts[0] = 1;
    for (int finer = 1; finer <= all; finer++) counts[finer] += counts[finer - 1];
    while (bits < all && counts[bits] < least) bits++;
    if (counts[bits] == tree->points.n) return KMC_OK;
    kmc_status status = reserve(counts[bits], tree->channels, cells);
    if (status == KMC_OK) {
        place_cells(*cells, tree, bits);
        status = weigh(*cells, (*cells)->points.weights);
    }
    return finish(run, status, cells);
}

void kmc_tree_free(kmc_tree *tree)
{
    if (!tree) return;
    kmc_points_free(&tree->points);
    kmc_free(tree->shared);
    kmc_free(tree->nodes);
    kmc_free(tree->moments);
    kmc_free(tree->tasks);
    kmc_free(tree);
}
