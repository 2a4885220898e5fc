/* Swap search: centroids move from where they are little missed to where they gain most.
 *
 * Lloyd's iterations end in a local optimum that no small movement leaves. A swap takes one centroid away, splits the
 * cluster of another in two, and lets the clusters around both settle by a few Lloyd iterations among themselves. Every
 * cluster knows what its split would gain and its removal lose, so descending means: swap the most gain for the least
 * loss while that pays. Then kicks: a swap drawn at random that mostly harms, descent from there, and back if the
 * outcome is no better (iterated local search; compare Fränti, "Efficiency of random swap clustering", J. Big Data
 * 2018, which draws every swap and settles all clusters each time). */
#include <string.h>

#include "kmeans/partition.h"
#include "base/rng.h"

enum {
    NEIGHBORS = 8,             /* clusters that settle around each of the two */
    REGION = 2 * NEIGHBORS + 2, /* all that settle */
    PASSES = 2,                 /* of Lloyd's iterations within a region */
    TOURNAMENT = 3,             /* clusters drawn for each side of a kick, of which the best is taken */
    ATTEMPTS = 16,              /* of the first descent, for each cluster: several times what descents take */
    KICK_ATTEMPTS = 40          /* of a descent after a kick */
};

/* Two sums of a region's pulls differ by rounding alone by less than this for each unit of weight. A pull is made of
 * terms of at most W |x|^2 < 2^30 W, takes five roundings, ten at a fixed centroid, and is added to at most 17 others:
 * 2^30 * 27 * 2^-53 on either side and one rounding of the difference, less than 2^30 * 2^6 * 2^-53 in all. */
static const double ROUNDING = 1.0 / (1 << 17);

/* What settling adds to the gain of a split and leaves of the loss of a removal, guessed on the bright side: those that
 * look good enough to be chosen are settled before they are used. Over Kodak, k = 256, the ratios are 1.17 to 1.64 for
 * gains and 0.66 to 1.13 for losses. Bolder guesses find more, for more time: 1.2 and 0.85 end 1.0 % above the best
 * known error, these 0.77 %, 1.5 and 0.7 0.70 %, for searches of 10.5, 12 and 16 ms. */
static const double GAIN_ESTIMATE = 1.4, LOSS_ESTIMATE = 0.75;

#define NONE SIZE_MAX

typedef struct search {
    const kmc_run *run;
    kmc_partition partition;
    int32_t *position, *distance; /* scratch for as many points or clusters as there are */
    int32_t *label;               /* the centroid within a region of each of its points */
    kmc_cluster *saved;           /* the clusters to go back to */
    double *saved_gains;           /* their gains, then their losses */
    int32_t *saved_means;          /* xy, then zw */
    size_t saved_used;
} search;

/* Some clusters with their points, and the centroids that these may have after a swap. */
typedef struct region {
    size_t n_clusters, n_centroids;
    uint32_t cluster[REGION];
    uint32_t owner[REGION]; /* the cluster that each centroid makes */
    int32_t xy[REGION + KMC_PADDING], zw[REGION + KMC_PADDING];
    kmc_moments moments[REGION + 1]; /* of each centroid; last, of the points that have none yet */
    size_t size[REGION + 1];         /* how many points each has */
    int changed[REGION + 1];         /* whether any came or went */
} region;

/* Adds the clusters nearest to `center` that are not in the region yet, nearest first, lowest number on ties. */
static void add_neighbors(const search *s, size_t center, region *r)
{
    const kmc_partition *p = &s->partition;
    int32_t distance[NEIGHBORS];
    uint32_t found[NEIGHBORS];
    size_t n = 0;
    s->run->kernels->kmeans->nearest_point(p->xy, p->zw, p->k, &p->xy[center], &p->zw[center], 1, s->position,
                                           s->distance);
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

/* The points of the region to the nearest of its centroids. Most stay where they are, and moments change by those that
 * do not: to add up all of them would take three times as long. */
static void assign(const search *s, const kmc_points *points, region *r)
{
    s->run->kernels->kmeans->nearest_point(points->xy, points->zw, points->n, r->xy, r->zw, r->n_centroids, s->position,
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

/* What removing a cluster loses when its points go to their next nearest centroids and these move to their means. */
static double removal(const search *s, size_t j)
{
    const kmc_partition *p = &s->partition;
    const kmc_points points = kmc_partition_points(p, j);
    region r;
    kmc_moments taken[NEIGHBORS][2]; /* in turns: most points follow one to the same place and would wait for it */
    r.n_clusters = 1;
    r.n_centroids = 0;
    r.cluster[0] = (uint32_t)j;
    add_neighbors(s, j, &r);
    for (size_t i = 1; i < r.n_clusters; i++) add_centroid(&r, p->xy[r.cluster[i]], p->zw[r.cluster[i]], r.cluster[i]);
    s->run->kernels->kmeans->nearest_point(points.xy, points.zw, points.n, r.xy, r.zw, r.n_centroids, s->position,
                                           s->distance);
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
        kmc_split_with_fixed(s->run->kernels->kmeans, &points, &c->moments, p->xy[j], p->zw[j], &c->split, s->position,
                         s->distance);
    } else {
        kmc_split_points(s->run->kernels->kmeans, &points, &c->moments, &c->split, s->position, s->distance);
        c->removal = removal(s, j);
    }
    p->gain[j] = GAIN_ESTIMATE * c->split.gain;
    p->loss[j] = LOSS_ESTIMATE * c->removal;
    c->gain_is_settled = c->loss_is_settled = 0;
}

/* Writes the settled region back as clusters. */
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

/* Copies the points of a region together, each at the centroid it has, and sets what its centroids begin with. Returns
 * what its clusters take from the inertia. */
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

/* Splits one cluster, removes another (or NONE), lets the clusters around them settle. Returns by how much the inertia
 * falls. Keeps the outcome, as asked, if no more clusters are empty; sets *kept. It is better when the inertia falls by
 * more than rounding can make: no partition comes back. The arena must have room for all points. */
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

/* The cluster whose split gains most and, other than it and not fixed, the one whose removal loses least, or NONE. */
static void choose(const search *s, size_t *split, size_t *removed)
{
    const kmc_partition *p = &s->partition;
    *split = 0;
    *removed = NONE;
    for (size_t j = 1; j < p->k; j++) {
        if (p->gain[j] > p->gain[*split]) *split = j;
    }
    for (size_t j = p->n_fixed; j < p->k; j++) {
        if (j != *split && (*removed == NONE || p->loss[j] < p->loss[*removed])) *removed = j;
    }
}

/* Swaps until none promises to lower the inertia or the arena is full. Ends because every turn takes one of the
 * *attempts. */
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
        const int is_sure = gaining->split.gain > losing->removal; /* without settling */
        if (!is_sure && !gaining->gain_is_settled) {
            p->gain[split] = swap(s, split, NONE, REJECT, &kept);
            gaining->gain_is_settled = 1;
        } else if (!is_sure && !losing->loss_is_settled) {
            p->loss[removed] = -swap(s, NONE, removed, REJECT, &kept);
            losing->loss_is_settled = 1;
        } else {
            swap(s, split, removed, ACCEPT_IF_BETTER, &kept);
            if (!kept) p->gain[split] = 0; /* they are neighbours: not before one of them changes */
        }
    }
    return status;
}

/* Descends as far as it goes. While there is no state to go back to, the arena may be tidied on the way. Ends because
 * it fills only by attempts, of which all descents together have ATTEMPTS for each cluster. */
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

/* A swap of a promising split, though not the most promising, for a removal of the same kind. */
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
    /* Ends after `kicks` bounded descents: rounding may make equal sums look better, which costs some of the kicks. */
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
    search s;
    memset(&s, 0, sizeof s);
    s.run = run;
    kmc_status status = kmc_partition_new(run, tree, k, n_fixed, centroids, k, &s.partition);
    if (status != KMC_OK) return status;
    const size_t n = tree->points.n, room = (n > k ? n : k) + KMC_PADDING; /* with fixed ones, k may be more */
    s.position = kmc_alloc_zeroed(room, sizeof *s.position);
    s.distance = kmc_alloc_zeroed(room, sizeof *s.distance);
    s.label = kmc_alloc(room, sizeof *s.label);
    s.saved = kmc_alloc(k, sizeof *s.saved);
    s.saved_gains = kmc_alloc(2 * k, sizeof *s.saved_gains);
    s.saved_means = kmc_alloc(2 * k, sizeof *s.saved_means);
    const int whole = s.position && s.distance && s.label && s.saved && s.saved_gains && s.saved_means;
    status = whole ? iterate(&s, kicks, patience, seed) : KMC_NO_MEMORY;
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
