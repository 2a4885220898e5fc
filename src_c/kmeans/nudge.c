/* Refinement of a rounded palette by local search: entries move by single levels while the error falls.
 *
 * Rounding each mean is optimal for the present clusters, but moving an entry changes the clusters. Only points near
 * the border of two clusters can change theirs, so these are compared with their two nearest entries. All others keep
 * their entry and are represented by the moments of their cluster. The error computed in this way is exact at first and
 * then an upper bound, so a step that lowers it is an improvement. When there is no such step, the points near borders
 * are determined again. */
#include <string.h>

#include "kmeans/assignment.h"

enum {
    MAX_SWEEPS = 32, /* sweeps over all entries in a round; few rounds take as many */
    MARGIN = 2 * KMC_UNITS_PER_LEVEL, /* a point is near a border if the second entry is farther by less than this */
    STEPS = 27,            /* -1, 0 or 1 level in each of three channels */
    POLL_POINTS = 1 << 16, /* points between two polls */
    NO_STEP = 13           /* the step of 0, 0, 0 */
};

/* The two nearest entries of a point near a border; entry[0] == entry[1] for all other points. */
typedef struct border_point {
    uint32_t entry[2];
    int32_t distance[2];
} border_point;

/* The points near borders, in rows by entry; each point is in the rows of both of its entries. */
typedef struct rows {
    size_t *begin;                    /* of the row of each entry; k + 1 */
    int32_t *xy, *zw, *cap;           /* the points, padded; cap: the squared distance to the other entry */
    uint32_t *weights, *other, *twin; /* the weight; the other entry; the index of the point in its row */
} rows;

typedef struct refinement {
    const kmc_run *run;
    const kmc_tree *tree;
    size_t k, n_fixed;
    int32_t *xy, *zw;             /* the entries, padded */
    int32_t *position, *distance; /* scratch for the longest row */
    uint8_t *pending;             /* which entries may have an improving step */
    kmc_moments *moments;         /* of the points of each entry that are not near a border; k for each thread */
    border_point *border_points;  /* one for each point */
    rows rows;
} refinement;

/* Whether the roots of two squared distances, d1 <= d2, differ by less than MARGIN, or slightly more: d2 - d1 is their
 * difference times their sum, which is at most 2 sqrt(d2). */
static int is_near_border(int32_t d1, int32_t d2)
{
    const int64_t by = (int64_t)d2 - d1;
    return by * by < (int64_t)4 * MARGIN * MARGIN * d2;
}

static void add_node(void *context, int thread, uint32_t node, uint32_t id)
{
    const refinement *g = context;
    kmc_moments_merge(&g->moments[(size_t)thread * g->k + id], &g->tree->moments[node]);
}

static void add_leaf(void *context, int thread, uint32_t node, const kmc_candidates *candidates,
                     const int32_t *position, const int32_t *distance)
{
    const refinement *g = context;
    kmc_moments *moments = g->moments + (size_t)thread * g->k;
    const kmc_points points = kmc_node_points(g->tree, node);
    border_point *border_points = g->border_points + g->tree->nodes[node].begin;
    for (size_t i = 0; i < points.n; i++) {
        int32_t least = INT32_MAX, second = 0;
        for (int32_t j = 0; j < (int32_t)candidates->n; j++) {
            if (j == position[i]) continue;
            const int32_t d = kmc_distance(points.xy[i], points.zw[i], candidates->xy[j], candidates->zw[j]);
            second = d < least ? j : second;
            least = d < least ? d : least;
        }
        if (is_near_border(distance[i], least) && points.weights[i] <= UINT32_MAX) /* limit of the kernel */
            border_points[i] = (border_point){{candidates->id[position[i]], candidates->id[second]},
                                              {distance[i], least}};
        else
            kmc_moments_add(&moments[candidates->id[position[i]]], &points, i);
    }
}

/* Finds the points near the borders of the present clusters, and the moments of all others. */
static kmc_status find_border_points(refinement *g)
{
    const int threads = kmc_filter_threads(g->run, g->tree, g->k);
    const kmc_centroids entries = {g->k, g->xy, g->zw};
    const kmc_visitor visitor = {add_node, add_leaf, g, 0};
    memset(g->moments, 0, (size_t)threads * g->k * sizeof *g->moments);
    memset(g->border_points, 0, g->tree->points.n * sizeof *g->border_points);
    const kmc_status status = kmc_filter_assign(g->run, g->tree, &entries, &visitor);
    for (size_t i = g->k; i < (size_t)threads * g->k; i++) kmc_moments_merge(&g->moments[i % g->k], &g->moments[i]);
    return status;
}

/* Computes where rows begin, at begin + 2, since fill_rows advances them. Sets the length of the longest row. */
static kmc_status count_rows(refinement *g, size_t *longest_row)
{
    size_t *const n = g->rows.begin + 2;
    memset(g->rows.begin, 0, (g->k + 2) * sizeof *n);
    for (size_t i = 0; i < g->tree->points.n; i++) {
        const uint32_t *entry = g->border_points[i].entry;
        if (i % POLL_POINTS == 0 && kmc_poll(g->run) != KMC_OK) return KMC_INTERRUPTED;
        if (entry[0] == entry[1]) continue;
        n[entry[0]]++;
        n[entry[1]]++;
    }
    *longest_row = 0;
    for (size_t j = 0; j < g->k; j++) {
        *longest_row = n[j] > *longest_row ? n[j] : *longest_row;
        if (j > 0) n[j] += n[j - 1];
    }
    return KMC_OK;
}

static kmc_status reserve_rows(refinement *g, size_t longest)
{
    rows *const r = &g->rows;
    const size_t longest_row = longest + KMC_PADDING, room = r->begin[g->k + 1] + KMC_PADDING;
    int32_t *const words = kmc_alloc_zeroed(room, 6 * sizeof *words);
    int32_t *const scratch = kmc_alloc_zeroed(longest_row, 2 * sizeof *scratch);
    r->xy = words;
    g->position = scratch;
    if (!words || !scratch) return KMC_NO_MEMORY;
    r->zw = words + room;
    r->cap = words + 2 * room;
    r->weights = (uint32_t *)(words + 3 * room);
    r->other = (uint32_t *)(words + 4 * room);
    r->twin = (uint32_t *)(words + 5 * room);
    g->distance = scratch + longest_row;
    return KMC_OK;
}

static void release_rows(refinement *g)
{
    kmc_free(g->rows.xy);
    kmc_free(g->position);
    g->rows.xy = g->position = NULL;
}

static kmc_status fill_rows(refinement *g)
{
    const kmc_points *points = &g->tree->points;
    rows *const r = &g->rows;
    for (size_t i = 0; i < points->n; i++) {
        const border_point *p = &g->border_points[i];
        if (i % POLL_POINTS == 0 && kmc_poll(g->run) != KMC_OK) return KMC_INTERRUPTED;
        if (p->entry[0] == p->entry[1]) continue;
        const size_t at[2] = {r->begin[p->entry[0] + 1]++, r->begin[p->entry[1] + 1]++};
        for (int e = 0; e < 2; e++) {
            r->xy[at[e]] = points->xy[i];
            r->zw[at[e]] = points->zw[i];
            r->cap[at[e]] = p->distance[1 - e];
            r->weights[at[e]] = (uint32_t)points->weights[i];
            r->other[at[e]] = p->entry[1 - e];
            r->twin[at[e]] = (uint32_t)at[1 - e];
        }
    }
    return KMC_OK;
}

/* The error of the points in row j with entry j at (xy, zw). */
static uint64_t border_error(const refinement *g, size_t j, int32_t xy, int32_t zw)
{
    const rows *r = &g->rows;
    const size_t at = r->begin[j];
    return g->run->kernels->kmeans->capped_error(r->xy + at, r->zw + at, r->weights + at, r->cap + at,
                                                 r->begin[j + 1] - at, xy, zw, g->distance);
}

/* Moves entry j, and updates the other entries of its points near borders. */
static void move_entry(refinement *g, size_t j, int32_t xy, int32_t zw)
{
    const rows *r = &g->rows;
    const size_t at = r->begin[j], n = r->begin[j + 1] - at;
    g->xy[j] = xy;
    g->zw[j] = zw;
    g->run->kernels->kmeans->nearest_point(r->xy + at, r->zw + at, n, &xy, &zw, 1, g->position, g->distance);
    for (size_t i = 0; i < n; i++) {
        r->cap[r->twin[at + i]] = g->distance[i];
        g->pending[r->other[at + i]] = 1;
    }
}

/* Applies one of the STEPS to (xy, zw). Returns 0 if it is not a step, leaves the range of colours, or uses a channel
 * that the colours do not have. Sets the increase of the error of the points that are not near a border. */
static int step(const refinement *g, size_t j, int number, int32_t *xy, int32_t *zw, int64_t *rise)
{
    const kmc_moments *m = &g->moments[j];
    const int by[3] = {number % 3 - 1, number / 3 % 3 - 1, number / 9 - 1};
    int32_t at[3] = {kmc_low(*xy), kmc_high(*xy), kmc_low(*zw)};
    *rise = 0;
    for (int c = 0; c < 3; c++) {
        const int64_t units = by[c] * KMC_UNITS_PER_LEVEL;
        if (c >= g->tree->channels && by[c] != 0) return 0;
        *rise += units * (m->weight * (units + 2 * at[c]) - 2 * m->sums[c]);
        at[c] += (int32_t)units;
        if (at[c] < 0 || at[c] > 255 * KMC_UNITS_PER_LEVEL) return 0;
    }
    *xy = kmc_pack(at[0], at[1]);
    *zw = kmc_pack(at[2], kmc_high(*zw));
    return number != NO_STEP;
}

/* Takes the step of entry j that lowers the error most, if there is one, and then sets *moved. */
static kmc_status improve_entry(refinement *g, size_t j, int *moved)
{
    const int is_long = g->rows.begin[j + 1] - g->rows.begin[j] > POLL_POINTS;
    const uint64_t now = border_error(g, j, g->xy[j], g->zw[j]);
    int64_t least = 0;
    int32_t best_xy = 0, best_zw = 0;
    for (int number = 0; number < STEPS; number++) {
        int32_t xy = g->xy[j], zw = g->zw[j];
        int64_t rise;
        if (is_long && kmc_poll(g->run) != KMC_OK) return KMC_INTERRUPTED;
        if (!step(g, j, number, &xy, &zw, &rise)) continue;
        rise += (int64_t)(border_error(g, j, xy, zw) - now);
        if (rise >= least) continue;
        least = rise;
        best_xy = xy;
        best_zw = zw;
    }
    g->pending[j] = 0;
    if (least < 0) move_entry(g, j, best_xy, best_zw);
    *moved |= least < 0;
    return KMC_OK;
}

/* Sweeps over the entries until no step lowers the error, at most MAX_SWEEPS times. Sets *any if an entry has moved. */
static kmc_status sweep(refinement *g, int *any)
{
    kmc_status status = KMC_OK;
    int moved = 1;
    *any = 0;
    memset(g->pending, 1, g->k);
    for (int i = 0; status == KMC_OK && moved && i < MAX_SWEEPS; i++) {
        moved = 0;
        for (size_t j = g->n_fixed; status == KMC_OK && !g->run->stopped && j < g->k; j++) {
            if (g->pending[j]) status = improve_entry(g, j, &moved);
            if (status == KMC_OK) status = kmc_poll(g->run);
        }
        *any |= moved;
    }
    return status;
}

static kmc_status refine(refinement *g, int rounds)
{
    kmc_status status = KMC_OK;
    int any = 1;
    /* Ends after `rounds` rounds. */
    for (int round = 0; status == KMC_OK && !g->run->stopped && any && round < rounds; round++) {
        size_t longest;
        status = find_border_points(g);
        if (status == KMC_OK) status = count_rows(g, &longest);
        if (status == KMC_OK) status = reserve_rows(g, longest);
        if (status == KMC_OK) status = fill_rows(g);
        if (status == KMC_OK) status = sweep(g, &any);
        release_rows(g);
    }
    return status;
}

kmc_status kmc_nudge(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, int rounds, double *centroids)
{
    if (run->stopped) return KMC_OK;
    const size_t threads = (size_t)kmc_filter_threads(run, tree, k), room = k + KMC_PADDING;
    refinement g = {.run = run, .tree = tree, .k = k, .n_fixed = n_fixed};
    g.xy = kmc_alloc_zeroed(room, 2 * sizeof *g.xy);
    g.pending = kmc_alloc(k, sizeof *g.pending);
    g.moments = kmc_alloc(threads * k, sizeof *g.moments);
    g.border_points = kmc_alloc(tree->points.n, sizeof *g.border_points);
    g.rows.begin = kmc_alloc(k + 2, sizeof *g.rows.begin);
    kmc_status status = g.xy && g.pending && g.moments && g.border_points && g.rows.begin ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        g.zw = g.xy + room;
        kmc_round_centroids(centroids, k, g.xy, g.zw);
        status = refine(&g, rounds);
    }
    for (size_t j = n_fixed; status == KMC_OK && j < k; j++) {
        const int32_t at[3] = {kmc_low(g.xy[j]), kmc_high(g.xy[j]), kmc_low(g.zw[j])};
        for (size_t c = 0; c < 3; c++) centroids[4 * j + c] = (double)at[c] / KMC_UNITS_PER_LEVEL;
    }
    kmc_free(g.xy);
    kmc_free(g.pending);
    kmc_free(g.moments);
    kmc_free(g.border_points);
    kmc_free(g.rows.begin);
    return status;
}
