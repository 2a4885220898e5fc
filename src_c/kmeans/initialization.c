/* Initialization: random points, and greedy k-means++. */
#include <string.h>

#include "kmeans/assignment.h"
#include "base/rng.h"

static void set_centroid(double *centroids, size_t j, const kmc_points *points, size_t i)
{
    const int32_t at[4] = {kmc_low(points->xy[i]), kmc_high(points->xy[i]), kmc_low(points->zw[i]),
                           kmc_high(points->zw[i])};
    for (int c = 0; c < 4; c++) centroids[4 * j + (size_t)c] = (double)at[c] / KMC_UNITS_PER_LEVEL;
}

/* ---- weighted sampling without replacement, by a Fenwick tree of the weights ------------------------------------- */

enum { POLL_POINTS = 1 << 16 }; /* points between two polls */

typedef struct sampler {
    size_t n;
    int64_t *sums; /* sums[i], i >= 1: the sum of the last (i & -i) of the first i weights */
    int64_t total;
} sampler;

static kmc_status sampler_new(sampler *u, const kmc_run *run, const kmc_points *points)
{
    u->n = points->n;
    u->total = 0;
    u->sums = kmc_alloc_zeroed(u->n + 1, sizeof *u->sums);
    if (!u->sums) return KMC_NO_MEMORY;
    for (size_t i = 1; i <= u->n; i++) {
        u->sums[i] += points->weights[i - 1];
        u->total += points->weights[i - 1];
        const size_t above = i + (i & (~i + 1));
        if (above <= u->n) u->sums[above] += u->sums[i];
        if (i % POLL_POINTS == 0 && kmc_poll(run) != KMC_OK) return KMC_INTERRUPTED;
    }
    return KMC_OK;
}

/* A random point, with probability proportional to its weight. */
static size_t sampler_draw(const sampler *u, kmc_rng *rng)
{
    int64_t left = (int64_t)kmc_rng_below(rng, (uint64_t)u->total);
    size_t at = 0, step = 1;
    while (step <= u->n / 2) step *= 2;
    for (; step > 0; step /= 2) {
        if (at + step > u->n || u->sums[at + step] > left) continue;
        at += step;
        left -= u->sums[at];
    }
    return at;
}

static void sampler_remove(sampler *u, size_t point, int64_t weight)
{
    u->total -= weight;
    for (size_t i = point + 1; i <= u->n; i += i & (~i + 1)) u->sums[i] -= weight;
}

kmc_status kmc_seed_random(const kmc_run *run, const kmc_tree *tree, size_t k, uint64_t seed, double *centroids)
{
    sampler u;
    kmc_rng rng = {seed};
    kmc_status status = sampler_new(&u, run, &tree->points);
    for (size_t j = 0; status == KMC_OK && j < k; j++) {
        const size_t drawn = sampler_draw(&u, &rng);
        set_centroid(centroids, j, &tree->points, drawn);
        sampler_remove(&u, drawn, tree->points.weights[drawn]);
        if (j % 4096 == 0) status = kmc_poll(run);
    }
    kmc_free(u.sums);
    return status;
}

static kmc_status draw_by_weight(const kmc_run *run, const kmc_points *points, kmc_rng *rng, size_t *drawn)
{
    sampler u;
    const kmc_status status = sampler_new(&u, run, points);
    if (status == KMC_OK) *drawn = sampler_draw(&u, rng);
    kmc_free(u.sums);
    return status;
}

/* ---- greedy k-means++ (Arthur and Vassilvitskii 2007; Bhattacharya et al. 2020) ---------------------------------- */

/* A block has some consecutive points, which are close to each other in Morton order. If its bounding box is too far
 * from a new centroid, the centroid cannot reduce the error of the block. Groups of blocks apply the same test once
 * more, which matters if there are many centroids. Blocks and groups are arrays of columns, for the kernels. */
enum { BLOCK_POINTS = 16, GROUP_BLOCKS = 16 };

/* Random candidates for each centroid. With more, the initial error is lower, but not the one after the search. */
enum { CANDIDATES = 3 };

/* Bounding boxes of consecutive points, as one array for each field. */
typedef struct box_array {
    size_t n;
    int32_t *min_xy, *min_zw, *max_xy, *max_zw;
    int32_t *distances; /* to the centroid under test */
    int32_t *max_distance; /* the largest distance of a point of the box to its nearest centroid */
    uint64_t *errors;
} box_array;

typedef struct seeding {
    const kmc_run *run;
    const kmc_points *points;
    box_array blocks, groups;
    uint32_t *weights;  /* of the points, scaled so that the sum is below 2^32 and the error below 2^62 */
    int32_t *distances; /* squared, from the points to their nearest centroids */
    int32_t *capped;    /* the same with one more centroid, for one block */
    uint64_t error;     /* of all points */
} seeding;

static size_t block_size(const seeding *s, size_t block)
{
    return kmc_smaller(s->points->n - block * BLOCK_POINTS, BLOCK_POINTS);
}

static kmc_status box_array_new(box_array *b, size_t n)
{
    const size_t room = n + KMC_PADDING;
    b->n = n;
    b->errors = kmc_alloc_zeroed(n, sizeof *b->errors);
    b->min_xy = kmc_alloc_zeroed(6 * room, sizeof *b->min_xy);
    if (!b->errors || !b->min_xy) return KMC_NO_MEMORY;
    int32_t **const columns[] = {&b->min_zw, &b->max_xy, &b->max_zw, &b->distances, &b->max_distance};
    for (size_t i = 0; i < 5; i++) *columns[i] = b->min_xy + (i + 1) * room;
    for (size_t i = 0; i < n; i++) b->max_distance[i] = INT32_MAX;
    return KMC_OK;
}

static void box_array_free(box_array *b)
{
    kmc_free(b->errors);
    kmc_free(b->min_xy);
}

static void set_box(box_array *b, size_t i, const kmc_box *box)
{
    b->min_xy[i] = box->min_xy;
    b->min_zw[i] = box->min_zw;
    b->max_xy[i] = box->max_xy;
    b->max_zw[i] = box->max_zw;
}

/* Sets the distances of n boxes from `begin` on to (xy, zw). */
static void measure_distances(box_array *b, const kmc_kmeans_kernels *kernels, size_t begin, size_t n, int32_t xy,
                              int32_t zw)
{
    kernels->box_distance(b->min_xy + begin, b->min_zw + begin, b->max_xy + begin, b->max_zw + begin, n, xy, zw,
                          b->distances + begin);
}

static kmc_status seeding_new(seeding *s, const kmc_run *run, const kmc_points *points)
{
    memset(s, 0, sizeof *s);
    s->run = run;
    s->points = points;
    const size_t room = points->n + KMC_PADDING, n_blocks = (points->n + BLOCK_POINTS - 1) / BLOCK_POINTS;
    kmc_status status = box_array_new(&s->blocks, n_blocks);
    if (status == KMC_OK) status = box_array_new(&s->groups, (n_blocks + GROUP_BLOCKS - 1) / GROUP_BLOCKS);
    s->weights = kmc_alloc_zeroed(room, sizeof *s->weights);
    s->distances = kmc_alloc_zeroed(room, sizeof *s->distances);
    s->capped = kmc_alloc_zeroed(BLOCK_POINTS + KMC_PADDING, sizeof *s->capped);
    if (status != KMC_OK || !s->weights || !s->distances || !s->capped) return KMC_NO_MEMORY;
    int64_t total = 0;
    for (size_t i = 0; i < points->n; i++) total += points->weights[i];
    int shift = 0;
    while (total >> shift > INT32_MAX) shift++;
    for (size_t i = 0; i < points->n; i++) {
        const int64_t scaled = points->weights[i] >> shift;
        s->weights[i] = (uint32_t)(scaled > 0 ? scaled : 1);
        s->distances[i] = INT32_MAX;
    }
    return KMC_OK;
}

static void seeding_free(seeding *s)
{
    box_array_free(&s->blocks);
    box_array_free(&s->groups);
    kmc_free(s->weights);
    kmc_free(s->distances);
    kmc_free(s->capped);
}

static size_t group_size(const seeding *s, size_t group)
{
    return kmc_smaller(s->blocks.n - group * GROUP_BLOCKS, GROUP_BLOCKS);
}

static void build_boxes(seeding *s)
{
    const kmc_points *points = s->points;
    for (size_t g = 0; g < s->groups.n; g++) {
        const size_t first = g * GROUP_BLOCKS;
        kmc_box all = kmc_box_of(points->xy[first * BLOCK_POINTS], points->zw[first * BLOCK_POINTS]);
        for (size_t b = first; b < first + group_size(s, g); b++) {
            const size_t begin = b * BLOCK_POINTS;
            kmc_box box;
            s->run->kernels->kmeans->enclose(points->xy + begin, points->zw + begin, block_size(s, b), &box);
            set_box(&s->blocks, b, &box);
            kmc_box_enclose(&all, &box);
        }
        set_box(&s->groups, g, &all);
    }
}

/* The change of the error of a block by one more centroid, modulo 2^64. */
static uint64_t block_change(seeding *s, size_t b, int32_t xy, int32_t zw, int keep)
{
    const size_t begin = b * BLOCK_POINTS, n = block_size(s, b);
    const uint64_t error =
        s->run->kernels->kmeans->capped_error(s->points->xy + begin, s->points->zw + begin, s->weights + begin,
                                              s->distances + begin, n, xy, zw, s->capped);
    const uint64_t change = error - s->blocks.errors[b];
    if (!keep) return change;
    int32_t *const max_distance = &s->blocks.max_distance[b];
    s->blocks.errors[b] = error;
    memcpy(s->distances + begin, s->capped, n * sizeof *s->capped);
    *max_distance = 0;
    for (size_t i = 0; i < n; i++) *max_distance = s->capped[i] > *max_distance ? s->capped[i] : *max_distance;
    return change;
}

/* The total error with one more centroid at (xy, zw), which is added if `keep` is set. */
static uint64_t error_with_centroid(seeding *s, int32_t xy, int32_t zw, int keep)
{
    box_array *const blocks = &s->blocks, *const groups = &s->groups;
    uint64_t error = s->error;
    measure_distances(groups, s->run->kernels->kmeans, 0, groups->n, xy, zw);
    for (size_t g = 0; g < groups->n; g++) {
        if (groups->distances[g] >= groups->max_distance[g]) continue;
        const size_t first = g * GROUP_BLOCKS, n = group_size(s, g);
        uint64_t change = 0;
        int32_t max_distance = 0;
        measure_distances(blocks, s->run->kernels->kmeans, first, n, xy, zw);
        for (size_t b = first; b < first + n; b++) {
            if (blocks->distances[b] < blocks->max_distance[b]) change += block_change(s, b, xy, zw, keep);
            max_distance = blocks->max_distance[b] > max_distance ? blocks->max_distance[b] : max_distance;
        }
        error += change;
        if (!keep) continue;
        groups->errors[g] += change;
        groups->max_distance[g] = max_distance;
    }
    if (keep) s->error = error;
    return error;
}

/* A random point, with probability proportional to its error. The loops stop within the arrays, as the random number is
 * less than the sum of the errors, which is exact. */
static size_t draw_by_error(const seeding *s, kmc_rng *rng)
{
    uint64_t left = kmc_rng_below(rng, s->error);
    size_t g = 0;
    for (; left >= s->groups.errors[g]; g++) left -= s->groups.errors[g];
    size_t b = g * GROUP_BLOCKS;
    for (; left >= s->blocks.errors[b]; b++) left -= s->blocks.errors[b];
    for (size_t i = b * BLOCK_POINTS;; i++) {
        const uint64_t error = (uint64_t)s->weights[i] * (uint32_t)s->distances[i];
        if (left < error) return i;
        left -= error;
    }
}

/* The best of a few random points; `before` if there is no error left, and any random point once run->stopped is
 * set. */
static size_t choose_candidate(seeding *s, kmc_rng *rng, size_t before)
{
    if (s->run->stopped && s->error > 0) return draw_by_error(s, rng);
    uint64_t lowest = UINT64_MAX;
    size_t best = before;
    for (int i = 0; i < CANDIDATES && s->error > 0; i++) {
        const size_t drawn = draw_by_error(s, rng);
        const uint64_t error = error_with_centroid(s, s->points->xy[drawn], s->points->zw[drawn], 0);
        if (error >= lowest) continue;
        lowest = error;
        best = drawn;
    }
    return best;
}

kmc_status kmc_seed_plusplus(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, uint64_t seed,
                             double *centroids)
{
    seeding s;
    kmc_rng rng = {seed};
    kmc_status status = seeding_new(&s, run, &tree->points);
    if (status == KMC_OK) build_boxes(&s);
    for (size_t j = 0; status == KMC_OK && j < n_fixed; j++, status = kmc_poll(run)) {
        int32_t xy, zw;
        kmc_round_centroids(centroids + 4 * j, 1, &xy, &zw);
        error_with_centroid(&s, xy, zw, 1);
    }
    size_t next = 0;
    for (size_t j = n_fixed; status == KMC_OK && j < k; j++) {
        if (j > 0) next = choose_candidate(&s, &rng, next);
        else status = draw_by_weight(run, &tree->points, &rng, &next);
        if ((s.error > 0 && !run->stopped) || j == 0)
            error_with_centroid(&s, tree->points.xy[next], tree->points.zw[next], 1);
        set_centroid(centroids, j, &tree->points, next);
        if (status == KMC_OK) status = kmc_poll(run);
    }
    seeding_free(&s);
    return status;
}
