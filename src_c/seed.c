/* Seeding: the first k centroids, drawn from the points. */
#include <string.h>

#include "clusters.h"
#include "rng.h"

static void set_centroid(double *centroids, size_t j, const kmc_points *points, size_t i)
{
    const int32_t at[4] = {kmc_low(points->xy[i]), kmc_high(points->xy[i]), kmc_low(points->zw[i]), kmc_high(points->zw[i])};
    for (int c = 0; c < 4; c++) centroids[4 * j + (size_t)c] = (double)at[c] / KMC_ONE_LEVEL;
}

/* ---- an urn of weights: a Fenwick tree, to draw from and to take out of in log n ---------------------------------- */

typedef struct urn {
    size_t n;
    int64_t *sums; /* sums[i]: of the (i & -i) weights up to number i, counted from 1 */
    int64_t total;
} urn;

static kmc_status urn_new(urn *u, const kmc_points *points)
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
    }
    return KMC_OK;
}

/* A point, drawn with probability proportional to its weight. */
static size_t urn_draw(const urn *u, kmc_rng *rng)
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

static void urn_take(urn *u, size_t point, int64_t weight)
{
    u->total -= weight;
    for (size_t i = point + 1; i <= u->n; i += i & (~i + 1)) u->sums[i] -= weight;
}

kmc_status kmc_seed_random(const kmc_run *run, const kmc_tree *tree, size_t k, uint64_t seed, double *centroids)
{
    urn u;
    kmc_rng rng = {seed};
    kmc_status status = urn_new(&u, &tree->points);
    for (size_t j = 0; status == KMC_OK && j < k; j++) {
        const size_t drawn = urn_draw(&u, &rng);
        set_centroid(centroids, j, &tree->points, drawn);
        urn_take(&u, drawn, tree->points.weights[drawn]);
        if (j % 4096 == 0) status = kmc_poll(run);
    }
    kmc_free(u.sums);
    return status;
}

static kmc_status draw_by_weight(const kmc_points *points, kmc_rng *rng, size_t *drawn)
{
    urn u;
    const kmc_status status = urn_new(&u, points);
    if (status == KMC_OK) *drawn = urn_draw(&u, rng);
    kmc_free(u.sums);
    return status;
}

/* ---- greedy k-means++ (Arthur and Vassilvitskii 2007; Bhattacharya et al. 2020) ---------------------------------- */

/* A block is some points in a row: neighbours, as they are in Morton order. Its box tells when a new centroid is too far
 * to serve any of them better, and then its error stands. Blocks and points are one array each, for the kernels. */
enum { BLOCK_POINTS = 16 };

/* Points drawn for each centroid. More lower the error of the seeds, but no longer that after the search. */
enum { TRIES = 3 };

typedef struct seeding {
    const kmc_run *run;
    const kmc_points *points;
    size_t n_blocks;
    uint32_t *weights;  /* of the points, scaled down to less than 2^32 in all, so that errors stay under 2^62 */
    int32_t *distances; /* of the points to their nearest centroid, squared */
    int32_t *capped;    /* the same after one more centroid, for one block */
    int32_t *low_xy, *low_zw, *high_xy, *high_zw, *box_distances, *worst; /* of the blocks */
    uint64_t *errors;   /* of the blocks */
    uint64_t error;     /* of all */
    void *memory[5];
} seeding;

static size_t block_size(const seeding *s, size_t block)
{
    const size_t left = s->points->n - block * BLOCK_POINTS;
    return left < BLOCK_POINTS ? left : BLOCK_POINTS;
}

static kmc_status seeding_new(seeding *s, const kmc_run *run, const kmc_points *points)
{
    memset(s, 0, sizeof *s);
    s->run = run;
    s->points = points;
    s->n_blocks = (points->n + BLOCK_POINTS - 1) / BLOCK_POINTS;
    const size_t room = points->n + KMC_PADDING, block_room = s->n_blocks + KMC_PADDING;
    s->memory[0] = s->weights = kmc_alloc_zeroed(room, sizeof *s->weights);
    s->memory[1] = s->distances = kmc_alloc_zeroed(room, sizeof *s->distances);
    s->memory[2] = s->capped = kmc_alloc_zeroed(BLOCK_POINTS + KMC_PADDING, sizeof *s->capped);
    s->memory[3] = s->low_xy = kmc_alloc_zeroed(6 * block_room, sizeof *s->low_xy);
    s->memory[4] = s->errors = kmc_alloc_zeroed(s->n_blocks, sizeof *s->errors);
    for (int i = 0; i < 5; i++) {
        if (!s->memory[i]) return KMC_NO_MEMORY;
    }
    int32_t **const columns[] = {&s->low_zw, &s->high_xy, &s->high_zw, &s->box_distances, &s->worst};
    for (size_t i = 0; i < 5; i++) *columns[i] = s->low_xy + (i + 1) * block_room;
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
    for (int i = 0; i < 5; i++) kmc_free(s->memory[i]);
}

static void enclose_blocks(seeding *s)
{
    for (size_t b = 0; b < s->n_blocks; b++) {
        const size_t begin = b * BLOCK_POINTS;
        kmc_box box = kmc_box_of(s->points->xy[begin], s->points->zw[begin]);
        for (size_t i = 1; i < block_size(s, b); i++) {
            const kmc_box point = kmc_box_of(s->points->xy[begin + i], s->points->zw[begin + i]);
            kmc_box_enclose(&box, &point);
        }
        s->low_xy[b] = box.low_xy;
        s->low_zw[b] = box.low_zw;
        s->high_xy[b] = box.high_xy;
        s->high_zw[b] = box.high_zw;
        s->worst[b] = INT32_MAX;
    }
}

/* The error with one more centroid, at (xy, zw); with `keep` the centroid stays. */
static uint64_t error_with(seeding *s, int32_t xy, int32_t zw, int keep)
{
    const kmc_points *points = s->points;
    const kmc_kernels *kernels = s->run->kernels;
    kernels->box_distance(s->low_xy, s->low_zw, s->high_xy, s->high_zw, s->n_blocks, xy, zw, s->box_distances);
    uint64_t error = s->error;
    for (size_t b = 0; b < s->n_blocks; b++) {
        if (s->box_distances[b] >= s->worst[b]) continue;
        const size_t begin = b * BLOCK_POINTS, n = block_size(s, b);
        const uint64_t of_block = kernels->capped_error(points->xy + begin, points->zw + begin, s->weights + begin,
                                                        s->distances + begin, n, xy, zw, s->capped);
        error += of_block - s->errors[b];
        if (!keep) continue;
        s->errors[b] = of_block;
        memcpy(s->distances + begin, s->capped, n * sizeof *s->capped);
        s->worst[b] = 0;
        for (size_t i = 0; i < n; i++) s->worst[b] = s->capped[i] > s->worst[b] ? s->capped[i] : s->worst[b];
    }
    if (keep) s->error = error;
    return error;
}

/* A point, drawn with probability proportional to its error. */
static size_t draw(const seeding *s, kmc_rng *rng)
{
    uint64_t left = kmc_rng_below(rng, s->error);
    size_t b = 0;
    for (; left >= s->errors[b]; b++) left -= s->errors[b];
    for (size_t i = b * BLOCK_POINTS;; i++) {
        const uint64_t error = (uint64_t)s->weights[i] * (uint32_t)s->distances[i];
        if (left < error) return i;
        left -= error;
    }
}

/* The best of a few points drawn, or the one before where there is no error left to draw by. */
static size_t choose(seeding *s, kmc_rng *rng, size_t before)
{
    uint64_t least = UINT64_MAX;
    size_t best = before;
    for (int i = 0; i < TRIES && s->error > 0; i++) {
        const size_t drawn = draw(s, rng);
        const uint64_t error = error_with(s, s->points->xy[drawn], s->points->zw[drawn], 0);
        if (error >= least) continue;
        least = error;
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
    if (status == KMC_OK) enclose_blocks(&s);
    for (size_t j = 0; status == KMC_OK && j < n_fixed; j++, status = kmc_poll(run)) {
        int32_t xy, zw;
        kmc_round_centroids(centroids + 4 * j, 1, &xy, &zw);
        error_with(&s, xy, zw, 1);
    }
    size_t next = 0;
    for (size_t j = n_fixed; status == KMC_OK && j < k; j++) {
        if (j > 0) next = choose(&s, &rng, next);
        else status = draw_by_weight(&tree->points, &rng, &next);
        if (s.error > 0 || j == 0) error_with(&s, tree->points.xy[next], tree->points.zw[next], 1);
        set_centroid(centroids, j, &tree->points, next);
        if (status == KMC_OK) status = kmc_poll(run);
    }
    seeding_free(&s);
    return status;
}
