/* Swap search: an iterated local search whose step moves a centroid from one cluster to another.
 *
 * Lloyd's iterations end in a local optimum. A swap removes one centroid, splits another cluster in two, and runs a few
 * Lloyd iterations among the neighbours of both. The gain of splitting and the loss of removing are known for every
 * cluster, so the descent combines the largest gain with the smallest loss as long as the inertia falls. A kick is a
 * random swap, which mostly raises the inertia, followed by a descent; unless the result is better, the earlier state
 * is restored. Compare Fränti, "Efficiency of random swap clustering", J. Big Data 2018, where all swaps are random and
 * all clusters adapt to each. */
#include <math.h>
#include <string.h>

#include "kmeans/partition.h"
#include "base/rng.h"

enum {
    NEIGHBORS = 8,              /* neighbouring clusters that adapt, on either side of a swap */
    REGION = 2 * NEIGHBORS + 2, /* all clusters that adapt to a swap */
    PASSES = 2,                 /* Lloyd iterations within a region */
    TOURNAMENT = 3,             /* random clusters on each side of a kick, of which the best is chosen */
    ATTEMPTS = 16,              /* limit of the first descent, per cluster: several times what it usually takes */
    KICK_ATTEMPTS = 40          /* limit of a descent after a kick */
};

/* The largest difference, per unit of weight, that rounding can make between two explained sums of squares of a region.
 * The terms of a cluster are at most W |x|^2 < 2^30 W; there are five roundings, ten with a fixed centroid, and up to
 * 17 additions: 2^30 * 27 * 2^-53 for either sum, and less than 2^30 * 2^6 * 2^-53 for their difference. */
static const double ROUNDING = 1.0 / (1 << 17);

/* Gains grow and losses shrink when the neighbours adapt. These factors estimate by how much, optimistically; the exact
 * value is computed only for clusters that look good enough. More optimistic factors find more swaps and take more time
 * (docs/measurements.md). */
static const double GAIN_ESTIMATE = 1.4, LOSS_ESTIMATE = 0.75;

#define NONE SIZE_MAX

typedef struct search {
    const kmc_run *run;
    const kmc_kmeans_kernels *kernels;
    kmc_partition partition;
    int32_t *position, *distance; /* scratch for all points or all clusters */
    int32_t *label;               /* the centroid of each point of a region, by its position in the region */
    kmc_cluster *saved;           /* the state to restore: clusters, */
    double *saved_gains;          /* gains, then losses, */
    int32_t *saved_means;         /* xy, then zw */
    size_t saved_used;
} search;

/* The clusters around a swap, and their centroids after it. */
typedef struct region {
    size_t n_clusters, n_centroids;
    uint32_t cluster[REGION];
    uint32_t owner[REGION]; /* the cluster of each centroid */
    int32_t xy[REGION + KMC_PADDING], zw[REGION + KMC_PADDING];
    kmc_moments moments[REGION + 1]; /* of the points of each centroid; the last of points without one */
    size_t size[REGION + 1];         /* the number of these points */
    int changed[REGION + 1];         /* whether they have changed */
} region;

/* Adds the clusters nearest to `center` that are not in the region yet, nearest first, lowest index on ties. */
static void add_neighbors(const search *s, size_t center, region *r)
{
    const kmc_partition *p = &s->partition;
    int32_t distance[NEIGHBORS];
    uint32_t found[NEIGHBORS];
    size_t n = 0;
    s->kernels->nearest_point(p->xy, p->zw, p->k, &p->xy[center], &p->zw[center], 1, s->position, s->distance);
    for (size_t i = 0; i < r->n_clusters; i++) s->distance[r->cluster[i]] = INT32_MAX;
    for (size_t j = 0; j < p->k; j++) {
        const int32_t d = s->distance[j];
        if (d == INT32_MAX || (n == NEIGHBORS && d >= distance[n - 1])) continue;
        size_t at = n < NEIGHBORS ? n++ : n - 1;
        for (; at > 0 && distance[at - 1] > d; at--) {
            distance[at] = distance[at - 1];
            found[at] = found[at - 1];
        }
        distance[at] = d;
        found[at] = (uint32_t)j;
    }
    for (size_t i = 0; i < n; i++) r->cluster[r->n_clusters++] = found[i];
}

static void add_centroid(region *r, int32_t xy, int32_t zw, size_t owner)
{
    r->xy[r->n_centroids] = xy;
    r->zw[r->n_centroids] = zw;
    r->owner[r->n_centroids++] = (uint32_t)owner;
}

/* Assigns the points of the region to its nearest centroids. Most keep theirs, so only the changes of the moments are
 * added. */
static void assign(const search *s, const kmc_points *points, region *r)
{
    s->kernels->nearest_point(points->xy, points->zw, points->n, r->xy, r->zw, r->n_centroids, s->position,
                              s->distance);
    for (size_t i = 0; i < points->n; i++) {
        const int32_t from = s->label[i], to = s->position[i];
        if (from == to) continue;
        kmc_moments moved = {0, {0, 0, 0, 0}};
        kmc_moments_add(&moved, points, i);
        kmc_moments_subtract(&r->moments[from], &moved);
        kmc_moments_merge(&r->moments[to], &moved);
        r->size[from]--;
        r->size[to]++;
        r->changed[from] = r->changed[to] = 1;
        s->label[i] = to;
    }
}

/* The loss of removing a centroid: its points go to the nearest neighbour, whose centroids move to their new means. */
static double removal(const search *s, size_t j)
{
    const kmc_partition *p = &s->partition;
    const kmc_points points = kmc_partition_points(p, j);
    region r;
    kmc_moments taken[NEIGHBORS][2]; /* two alternating sums, since points often go to the same cluster in a row */
    r.n_clusters = 1;
    r.n_centroids = 0;
    r.cluster[0] = (uint32_t)j;
    add_neighbors(s, j, &r);
    for (size_t i = 1; i < r.n_clusters; i++) add_centroid(&r, p->xy[r.cluster[i]], p->zw[r.cluster[i]], r.cluster[i]);
    s->kernels->nearest_point(points.xy, points.zw, points.n, r.xy, r.zw, r.n_centroids, s->position, s->distance);
    memset(taken, 0, sizeof taken);
    for (size_t i = 0; i < points.n; i++) kmc_moments_add(&taken[s->position[i]][i % 2], &points, i);
    double lost = p->clusters[j].explained;
    for (size_t i = 0; i < r.n_centroids; i++) {
        const kmc_cluster *gaining = &p->clusters[r.owner[i]];
        kmc_moments_merge(&taken[i][0], &taken[i][1]);
        if (taken[i][0].weight == 0) continue;
        kmc_moments_merge(&taken[i][0], &gaining->moments);
        lost += gaining->explained - kmc_partition_explained(p, r.owner[i], &taken[i][0]);
    }
    return lost;
}

static void evaluate(search *s, size_t j)
{
    kmc_partition *p = &s->partition;
    kmc_cluster *c = &p->clusters[j];
    const kmc_points points = kmc_partition_points(p, j);
    if (j < p->n_fixed) {
        kmc_split_with_fixed(s->kernels, &points, &c->moments, p->xy[j], p->zw[j], &c->split, s->position,
                             s->distance);
    } else {
        kmc_split_points(s->kernels, &points, &c->moments, &c->split, s->position, s->distance);
        c->removal = removal(s, j);
    }
    p->gain[j] = GAIN_ESTIMATE * c->split.gain;
    p->loss[j] = LOSS_ESTIMATE * c->removal;
    c->gain_is_exact = c->loss_is_exact = 0;
}

/* Writes the region back to the partition, and evaluates the clusters that changed. */
static void commit(search *s, const kmc_points *points, const region *r)
{
    kmc_partition *p = &s->partition;
    size_t end[REGION];
    for (size_t i = 0; i < r->n_centroids; i++) {
        if (!r->changed[i]) continue;
        kmc_cluster *c = &p->clusters[r->owner[i]];
        *c = (kmc_cluster){.moments = r->moments[i], .begin = p->used, .n = r->size[i],
                           .explained = kmc_partition_explained(p, r->owner[i], &r->moments[i])};
        p->xy[r->owner[i]] = r->xy[i];
        p->zw[r->owner[i]] = r->zw[i];
        end[i] = p->used;
        p->used += c->n;
    }
    for (size_t begin = 0, i = 0; begin < points->n; begin = i) {
        const int32_t label = s->label[begin];
        while (i < points->n && s->label[i] == label) i++;
        if (!r->changed[label]) continue;
        kmc_points_copy(&p->arena, end[label], points, begin, i - begin);
        end[label] += i - begin;
    }
    for (size_t i = 0; i < r->n_centroids; i++) {
        if (r->changed[i]) evaluate(s, r->owner[i]);
    }
}

/* Copies the points of a region to `points`, labelled by their present centroids, and sets the centroids after the
 * swap. Returns the explained sum of squares before the swap. */
static double gather(const search *s, size_t split, size_t removed, region *r, kmc_points *points, size_t *n_empty)
{
    const kmc_partition *p = &s->partition;
    double explained = 0;
    points->n = 0;
    memset(r->moments, 0, sizeof r->moments);
    memset(r->size, 0, sizeof r->size);
    memset(r->changed, 0, sizeof r->changed);
    for (size_t i = 0; i < r->n_clusters; i++) {
        const size_t j = r->cluster[i], label = j == removed ? REGION : r->n_centroids;
        const kmc_cluster *c = &p->clusters[j];
        explained += c->explained;
        *n_empty += c->n == 0 && j >= p->n_fixed;
        kmc_points_copy(points, points->n, &p->arena, c->begin, c->n);
        for (size_t at = points->n; at < points->n + c->n; at++) s->label[at] = (int32_t)label;
        points->n += c->n;
        r->moments[label] = c->moments;
        r->size[label] = c->n;
        if (j == split) add_centroid(r, c->split.xy[0], c->split.zw[0], split);
        else if (j != removed) add_centroid(r, p->xy[j], p->zw[j], j);
    }
    if (split != NONE) {
        r->changed[r->n_centroids] = 1; /* the removed cluster has lost what it had */
        add_centroid(r, p->clusters[split].split.xy[1], p->clusters[split].split.zw[1], removed);
    }
    return explained;
}

typedef enum acceptance { REJECT, ACCEPT_IF_BETTER, ACCEPT } acceptance;

/* Splits one cluster and removes another (either may be NONE), and lets the neighbours adapt. Returns the decrease of
 * inertia. The swap is accepted as `wanted`, if it leaves no more clusters empty; sets *kept. It is better only if the
 * inertia falls by more than rounding can account for, so that no partition occurs twice. The arena must have space for
 * all points. */
static double swap(search *s, size_t split, size_t removed, acceptance wanted, int *kept)
{
    kmc_partition *p = &s->partition;
    region r;
    r.n_clusters = r.n_centroids = 0;
    if (split != NONE) r.cluster[r.n_clusters++] = (uint32_t)split;
    if (removed != NONE) r.cluster[r.n_clusters++] = (uint32_t)removed;
    if (split != NONE) add_neighbors(s, split, &r);
    if (removed != NONE) add_neighbors(s, removed, &r);
    kmc_points points = p->spare;
    double after = 0, weight = 0;
    size_t empty_before = 0, empty_after = 0;
    const double before = gather(s, split, removed, &r, &points, &empty_before);
    for (int pass = 0; pass < PASSES; pass++) {
        assign(s, &points, &r);
        after = weight = 0;
        empty_after = 0;
        for (size_t i = 0; i < r.n_centroids; i++) {
            after += kmc_partition_explained(p, r.owner[i], &r.moments[i]);
            weight += (double)r.moments[i].weight;
            if (r.owner[i] < p->n_fixed) continue;
            if (r.moments[i].weight > 0) kmc_moments_mean(&r.moments[i], &r.xy[i], &r.zw[i]);
            else empty_after++;
        }
    }
    const int is_better = after - before > ROUNDING * weight;
    *kept = (wanted == ACCEPT || (wanted == ACCEPT_IF_BETTER && is_better)) && empty_after <= empty_before;
    if (*kept) commit(s, &points, &r);
    return after - before;
}

/* The cluster with the largest gain of splitting, and among the others that are not fixed, the one with the smallest
 * loss of removal, or NONE. */
static void choose(const search *s, size_t *split, size_t *removed)
{
    const kmc_partition *p = &s->partition;
    const double *const gain = p->gain, *const loss = p->loss;
    size_t best = 0, least = NONE;
    double max = gain[0], min = INFINITY;
    for (size_t j = 1; j < p->k; j++) {
        if (gain[j] <= max) continue;
        max = gain[j];
        best = j;
    }
    for (size_t j = p->n_fixed; j < p->k; j++) {
        if (loss[j] >= min || j == best) continue;
        min = loss[j];
        least = j;
    }
    *split = best;
    *removed = least;
}

/* Swaps until no swap can lower the inertia, or the arena is full. Every iteration uses one of the *attempts. */
static kmc_status descend(search *s, size_t *attempts)
{
    kmc_partition *p = &s->partition;
    kmc_status status = KMC_OK;
    for (; status == KMC_OK && !s->run->stopped && *attempts > 0; --*attempts, status = kmc_poll(s->run)) {
        size_t split, removed;
        int kept;
        choose(s, &split, &removed);
        if (removed == NONE) break;
        kmc_cluster *gaining = &p->clusters[split], *losing = &p->clusters[removed];
        if (p->gain[split] <= p->loss[removed] || !kmc_partition_has_space(p, p->n)) break;
        const int is_sure = gaining->split.gain > losing->removal; /* even if no neighbour adapts */
        if (!is_sure && !gaining->gain_is_exact) {
            p->gain[split] = swap(s, split, NONE, REJECT, &kept);
            gaining->gain_is_exact = 1;
        } else if (!is_sure && !losing->loss_is_exact) {
            p->loss[removed] = -swap(s, NONE, removed, REJECT, &kept);
            losing->loss_is_exact = 1;
        } else {
            swap(s, split, removed, ACCEPT_IF_BETTER, &kept);
            if (!kept) p->gain[split] = 0; /* they affect each other; retried when the cluster changes */
        }
    }
    return status;
}

/* Descends to a local optimum, compacting the arena on the way, as there is no state to restore. Ends since the number
 * of attempts is limited. */
static kmc_status descend_fully(search *s)
{
    kmc_partition *p = &s->partition;
    kmc_status status = KMC_OK;
    size_t attempts = ATTEMPTS * p->k;
    do {
        kmc_partition_compact(p);
        status = descend(s, &attempts);
    } while (status == KMC_OK && !s->run->stopped && attempts > 0 && !kmc_partition_has_space(p, p->n));
    return status;
}

static void save(search *s)
{
    const kmc_partition *p = &s->partition;
    memcpy(s->saved, p->clusters, p->k * sizeof *s->saved);
    memcpy(s->saved_gains, p->gain, p->k * sizeof *p->gain);
    memcpy(s->saved_gains + p->k, p->loss, p->k * sizeof *p->loss);
    memcpy(s->saved_means, p->xy, p->k * sizeof *p->xy);
    memcpy(s->saved_means + p->k, p->zw, p->k * sizeof *p->zw);
    s->saved_used = p->used;
}

static void restore(search *s)
{
    kmc_partition *p = &s->partition;
    memcpy(p->clusters, s->saved, p->k * sizeof *s->saved);
    memcpy(p->gain, s->saved_gains, p->k * sizeof *p->gain);
    memcpy(p->loss, s->saved_gains + p->k, p->k * sizeof *p->loss);
    memcpy(p->xy, s->saved_means, p->k * sizeof *p->xy);
    memcpy(p->zw, s->saved_means + p->k, p->k * sizeof *p->zw);
    p->used = s->saved_used;
}

static double total_explained(const kmc_partition *p)
{
    double explained = 0;
    for (size_t j = 0; j < p->k; j++) explained += p->clusters[j].explained;
    return explained;
}

/* A random swap: splits and removals are drawn by tournament, which favours good ones. */
static void kick(search *s, kmc_rng *rng)
{
    const kmc_partition *p = &s->partition;
    size_t split = 0, removed = NONE;
    for (int i = 0; i < TOURNAMENT; i++) {
        const size_t drawn = (size_t)kmc_rng_below(rng, p->k);
        if (i == 0 || p->clusters[drawn].split.gain > p->clusters[split].split.gain) split = drawn;
    }
    for (int i = 0; i < TOURNAMENT; i++) {
        const size_t drawn = (size_t)kmc_rng_below(rng, p->k);
        if (drawn == split || drawn < p->n_fixed) continue;
        if (removed == NONE || p->clusters[drawn].removal < p->clusters[removed].removal) removed = drawn;
    }
    int kept;
    if (removed != NONE) swap(s, split, removed, ACCEPT, &kept);
}

static kmc_status iterate(search *s, int kicks, int patience, uint64_t seed)
{
    kmc_rng rng = {seed};
    kmc_partition *p = &s->partition;
    kmc_status status = KMC_OK;
    for (size_t j = 0; status == KMC_OK && !s->run->stopped && j < p->k; j++, status = kmc_poll(s->run)) evaluate(s, j);
    if (status == KMC_OK) status = descend_fully(s);
    double best = total_explained(p);
    /* Ends after `kicks` bounded descents. Rounding can make an equal state look better, which wastes a kick. */
    for (int i = 0, n_failed = 0; status == KMC_OK && !s->run->stopped && i < kicks && n_failed < patience; i++) {
        size_t attempts = KICK_ATTEMPTS;
        if (!kmc_partition_has_space(p, p->arena.n - 2 * p->n)) kmc_partition_compact(p);
        save(s);
        kick(s, &rng);
        status = descend(s, &attempts);
        const double explained = total_explained(p);
        n_failed = explained > best ? 0 : n_failed + 1;
        if (n_failed) restore(s);
        else best = explained;
    }
    return status;
}

kmc_status kmc_search(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, int kicks, int patience,
                      uint64_t seed, double *centroids)
{
    if (run->stopped || k < 2 || n_fixed >= k || k - n_fixed >= tree->points.n) return KMC_OK;
    search s = {.run = run, .kernels = run->kernels->kmeans};
    kmc_status status = kmc_partition_new(run, tree, k, n_fixed, centroids, k, &s.partition);
    if (status != KMC_OK) return status;
    const size_t n = tree->points.n, room = (n > k ? n : k) + KMC_PADDING; /* with fixed centroids, k may exceed n */
    s.position = kmc_alloc_zeroed(room, sizeof *s.position);
    s.distance = kmc_alloc_zeroed(room, sizeof *s.distance);
    s.label = kmc_alloc(room, sizeof *s.label);
    s.saved = kmc_alloc(k, sizeof *s.saved);
    s.saved_gains = kmc_alloc(2 * k, sizeof *s.saved_gains);
    s.saved_means = kmc_alloc(2 * k, sizeof *s.saved_means);
    const int is_allocated = s.position && s.distance && s.label && s.saved && s.saved_gains && s.saved_means;
    status = is_allocated ? iterate(&s, kicks, patience, seed) : KMC_NO_MEMORY;
    for (size_t j = n_fixed; status == KMC_OK && j < k; j++) {
        const kmc_moments *moments = &s.partition.clusters[j].moments;
        if (moments->weight > 0) kmc_moments_centroid(moments, centroids + 4 * j);
    }
    kmc_partition_free(&s.partition);
    kmc_free(s.position);
    kmc_free(s.distance);
    kmc_free(s.label);
    kmc_free(s.saved);
    kmc_free(s.saved_gains);
    kmc_free(s.saved_means);
    return status;
}
