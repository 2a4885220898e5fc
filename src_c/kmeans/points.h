/* Weighted points with packed coordinates, moments, bounding boxes, and the tree over the points. */
#ifndef KMC_KMEANS_POINTS_H
#define KMC_KMEANS_POINTS_H

#include "kmeans/kmeans.h"

/* Words after the end of every coordinate array, so that kernels can load and store whole vectors. */
#define KMC_PADDING 16

/* Coordinates are in [0, KMC_MAX_COORDINATE]. Differences fit int16, squared distances in four dimensions int32. */
#define KMC_MAX_COORDINATE 16383

/* Coordinates are in 64ths of an 8-bit level. Centroids are rounded to these for the assignment. */
#define KMC_UNITS_PER_LEVEL 64

/* The squared distance of two points of four coordinates. */
static inline int32_t kmc_squared_distance(const int16_t *a, const int16_t *b)
{
    int32_t sum = 0;
    for (int c = 0; c < 4; c++) sum += (a[c] - b[c]) * (a[c] - b[c]);
    return sum;
}

/* Maximum total weight: the sum of w |x|^2 must fit 64 bits, and 2^33 * 4 * 16383^2 < 2^63. */
#define KMC_MAX_WEIGHT ((int64_t)1 << 33)

/* Packs two int16 coordinates into one word, a pair; kmc_low and kmc_high unpack them. */
static inline int32_t kmc_pack(int32_t low, int32_t high)
{
    return (int32_t)(((uint32_t)high << 16) | ((uint32_t)low & 0xFFFFu));
}

static inline int32_t kmc_low(int32_t pair)
{
    return (int16_t)(uint16_t)((uint32_t)pair & 0xFFFFu);
}

static inline int32_t kmc_high(int32_t pair)
{
    return (int16_t)(uint16_t)((uint32_t)pair >> 16);
}

/* n points (x, y, z, w) as the pairs xy and zw, with weights; coordinates of missing channels are 0. */
typedef struct kmc_points {
    size_t n;
    int32_t *xy, *zw;
    int64_t *weights;
} kmc_points;

/* Allocates n points, uninitialized but for the padding, which is 0. KMC_NO_MEMORY on failure. Release with
 * kmc_points_free, which also accepts points that are all zeros. */
kmc_status kmc_points_new(size_t n, kmc_points *points);
void kmc_points_free(kmc_points *points);

/* The same in `memory` of the caller, which has kmc_points_bytes(n) bytes and is aligned for int64_t. kmc_points_bytes
 * returns SIZE_MAX on overflow. */
size_t kmc_points_bytes(size_t n);
kmc_points kmc_points_in(void *memory, size_t n);

/* A view of the points [begin, end). */
static inline kmc_points kmc_points_of(const kmc_points *all, size_t begin, size_t end)
{
    return (kmc_points){end - begin, all->xy + begin, all->zw + begin, all->weights + begin};
}

/* The squared distance of two points. */
static inline int32_t kmc_distance(int32_t axy, int32_t azw, int32_t bxy, int32_t bzw)
{
    const int32_t x = kmc_low(axy) - kmc_low(bxy), y = kmc_high(axy) - kmc_high(bxy);
    const int32_t z = kmc_low(azw) - kmc_low(bzw), w = kmc_high(azw) - kmc_high(bzw);
    return x * x + y * y + z * z + w * w;
}

/* The moments of a set of points: its total weight, and the weighted sums of its coordinates. */
typedef struct kmc_moments {
    int64_t weight, sums[4];
} kmc_moments;

static inline void kmc_moments_add(kmc_moments *m, const kmc_points *points, size_t i)
{
    const int64_t weight = points->weights[i];
    m->weight += weight;
    m->sums[0] += weight * kmc_low(points->xy[i]);
    m->sums[1] += weight * kmc_high(points->xy[i]);
    m->sums[2] += weight * kmc_low(points->zw[i]);
    m->sums[3] += weight * kmc_high(points->zw[i]);
}

static inline void kmc_moments_merge(kmc_moments *m, const kmc_moments *other)
{
    m->weight += other->weight;
    for (int c = 0; c < 4; c++) m->sums[c] += other->sums[c];
}

static inline void kmc_moments_subtract(kmc_moments *m, const kmc_moments *other)
{
    m->weight -= other->weight;
    for (int c = 0; c < 4; c++) m->sums[c] -= other->sums[c];
}

/* The part of the sum of w |x|^2 that the mean explains, |S|^2 / W; the rest is the inertia of the set. 0 if W is 0. */
double kmc_moments_explained(const kmc_moments *m);

/* The same for any centroid c in place of the mean: 2 c S - W |c|^2. */
double kmc_moments_explained_at(const kmc_moments *m, int32_t xy, int32_t zw);

/* The mean as two pairs, rounded to the nearest, halves up. The weight must not be 0. */
void kmc_moments_mean(const kmc_moments *m, int32_t *xy, int32_t *zw);

/* A bounding box: the smallest and the largest coordinates of some points, as pairs. */
typedef struct kmc_box {
    int32_t min_xy, min_zw, max_xy, max_zw;
} kmc_box;

/* The bounding box of one point. */
static inline kmc_box kmc_box_of(int32_t xy, int32_t zw)
{
    return (kmc_box){xy, zw, xy, zw};
}

static inline int32_t kmc_pair_min(int32_t a, int32_t b)
{
    return kmc_pack(kmc_low(a) < kmc_low(b) ? kmc_low(a) : kmc_low(b),
                    kmc_high(a) < kmc_high(b) ? kmc_high(a) : kmc_high(b));
}

static inline int32_t kmc_pair_max(int32_t a, int32_t b)
{
    return kmc_pack(kmc_low(a) > kmc_low(b) ? kmc_low(a) : kmc_low(b),
                    kmc_high(a) > kmc_high(b) ? kmc_high(a) : kmc_high(b));
}

/* Extends a box to contain another. */
static inline void kmc_box_enclose(kmc_box *box, const kmc_box *other)
{
    box->min_xy = kmc_pair_min(box->min_xy, other->min_xy);
    box->min_zw = kmc_pair_min(box->min_zw, other->min_zw);
    box->max_xy = kmc_pair_max(box->max_xy, other->max_xy);
    box->max_zw = kmc_pair_max(box->max_zw, other->max_zw);
}

/* A node of the tree: the bounding box of the points [begin, end). Its subtree consists of the following nodes up to
 * `next`; of a leaf, `next` is the index after its own. */
typedef struct kmc_node {
    kmc_box box;
    uint32_t begin, end, next;
} kmc_node;

struct kmc_tree {
    kmc_points points;
    int channels;         /* of the colours */
    uint8_t *shared;      /* shared[i]: number of leading bits that the Morton keys of colours i - 1 and i share */
    kmc_node *nodes;      /* in preorder; nodes[0] is the root */
    kmc_moments *moments; /* of each node */
    size_t n_nodes;
    uint8_t *rank;     /* rank[i]: priority of a cell boundary before point i, lowest first; NULL until used */
    size_t cells[257]; /* cells[r]: number of cells if all points of rank below r begin one */
    uint32_t *tasks;   /* roots of subtrees that together contain every point once, for parallel loops */
    size_t n_tasks;
    double square_sum; /* sum of w |x|^2 */
    int64_t weight, largest_weight; /* the sum and the maximum of the weights */
};

/* A view of the points of a node. */
static inline kmc_points kmc_node_points(const kmc_tree *tree, uint32_t node)
{
    return kmc_points_of(&tree->points, tree->nodes[node].begin, tree->nodes[node].end);
}

#endif
