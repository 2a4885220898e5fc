/* The optimal palette of k grey levels, by dynamic programming.
 *
 * In one dimension, clusters are intervals. So an optimal clustering of the first j points with m entries consists of
 * an optimal one of the first i points with m - 1 entries, for some i, and one entry for the rest. The entry of an
 * interval is the level nearest to its mean. So costs are integers, and the result is optimal among all palettes of
 * 8-bit levels, not among centroids that are rounded afterwards.
 *
 * With fixed entries, the last point may also be assigned to the nearest of these, which takes no further entry.
 *
 * The optimal i does not decrease with j nor, if no entry is fixed, with m (Yao, "Efficient dynamic programming using
 * quadrangle inequalities", STOC 1980), so only about n^2 of the k n^2 / 2 sums are needed. The quadrangle inequality,
 * cost(a, d) + cost(b, c) >= cost(a, c) + cost(b, d) for a <= b <= c <= d, also holds for entries that are levels: of
 * the entries of [a, d) and [b, c), assign the lower one to [a, c) and the upper one to [b, d). The points that get
 * another entry are beyond those of [b, c), for which the exchange is no loss in total. Compare Gronlund et al., "Fast
 * exact k-means, k-medians and Bregman divergence clustering in 1D", 2017. */
#include <string.h>

#include "kmeans/assignment.h"

enum { LEVELS = 256 };

/* More than the cost of any palette, and small enough to be added to one. */
#define INFINITE_COST ((uint64_t)1 << 62)

/* An interval [begin, end) of points: its level, the error with this level, and the error with the exact mean, both in
 * squared coordinates. */
typedef struct interval {
    uint64_t cost;
    double about_mean;
    uint8_t level;
} interval;

typedef struct solver {
    interval of[LEVELS][LEVELS + 1];
    uint64_t fixed_cost[LEVELS];  /* the error of each point with the nearest fixed entry */
    uint64_t cost[2][LEVELS + 1]; /* the lowest for the first j points, with an even and an odd number of entries */
    double about_mean[2][LEVELS + 1];
    uint16_t last[LEVELS + 1][LEVELS + 2]; /* [m][j]: the begin of the last interval of the first j points with m
                                              entries; j if the last point has a fixed entry */
} solver;

/* Computes all intervals that start at `begin`; their means, and so their levels, do not decrease. Unsigned arithmetic
 * may wrap around in between, but the results are exact. */
static void compute_intervals(solver *l, const kmc_points *points, const int16_t *coordinates, size_t begin)
{
    const int32_t first = kmc_low(points->xy[begin]);
    uint64_t weight = 0, sum = 0, squares = 0;
    int level = 0;
    while (level + 1 < LEVELS && coordinates[level] < first) level++;
    for (size_t i = begin; i < points->n; i++) {
        const uint64_t w = (uint64_t)points->weights[i], x = (uint64_t)(kmc_low(points->xy[i]) - first);
        weight += w;
        sum += w * x;
        squares += w * x * x;
        while (level + 1 < LEVELS &&
               weight * (uint64_t)(coordinates[level] + coordinates[level + 1] - 2 * first) <= 2 * sum)
            level++;
        const uint64_t at = (uint64_t)(coordinates[level] - first);
        const double mean = (double)sum / (double)weight;
        l->of[begin][i + 1] = (interval){squares - 2 * at * sum + at * at * weight,
                                        (double)squares - (double)sum * mean, (uint8_t)level};
    }
}

/* The costs with fixed entries only, m = 0. */
static void compute_fixed_costs(solver *l, const kmc_points *points, const int16_t *coordinates, const uint8_t *fixed,
                           size_t n_fixed)
{
    for (size_t i = 0; i < points->n; i++) {
        uint64_t best = UINT64_MAX;
        for (size_t f = 0; f < n_fixed; f++) {
            const int64_t off = kmc_low(points->xy[i]) - coordinates[fixed[f]];
            if ((uint64_t)(off * off) < best) best = (uint64_t)(off * off);
        }
        l->fixed_cost[i] = n_fixed > 0 ? (uint64_t)points->weights[i] * best : 0;
        l->cost[0][i + 1] = n_fixed > 0 ? l->cost[0][i] + l->fixed_cost[i] : INFINITE_COST;
        l->about_mean[0][i + 1] = (double)l->cost[0][i + 1];
    }
}

/* Assigns the last point to a fixed entry where that is no worse; fixed entries come first and so win ties. */
static void extend_with_fixed(solver *l, size_t n, size_t m)
{
    uint64_t *costs = l->cost[m % 2];
    double *abouts = l->about_mean[m % 2];
    for (size_t j = m + 1; j <= n; j++) {
        const uint64_t cost = costs[j - 1] + l->fixed_cost[j - 1];
        const double about = abouts[j - 1] + (double)l->fixed_cost[j - 1];
        if (cost > costs[j] || (cost == costs[j] && about > abouts[j])) continue;
        costs[j] = cost;
        abouts[j] = about;
        l->last[m][j] = (uint16_t)j;
    }
}

/* The lowest costs with m entries from those with m - 1, where the last point has the last entry. Ties go to the lower
 * inertia about the means, so that the steps of a ramp are equal, and then to the lower begin. */
static void add_entry(solver *l, size_t n, size_t m, int has_fixed)
{
    const uint64_t *fewer = l->cost[(m - 1) % 2];
    const double *fewer_about = l->about_mean[(m - 1) % 2];
    l->last[m][n + 1] = (uint16_t)(n - 1);
    for (size_t j = n; j >= m; j--) {
        size_t from = has_fixed ? 0 : l->last[m - 1][j], to = l->last[m][j + 1];
        uint64_t best = UINT64_MAX;
        double best_about = 0;
        if (from < m - 1) from = m - 1;
        if (to > j - 1) to = j - 1;
        for (size_t i = from; i <= to; i++) {
            const uint64_t cost = fewer[i] + l->of[i][j].cost;
            const double about = fewer_about[i] + l->of[i][j].about_mean;
            if (cost > best || (cost == best && about >= best_about)) continue;
            best = cost;
            best_about = about;
            l->last[m][j] = (uint16_t)i;
        }
        l->cost[m % 2][j] = best;
        l->about_mean[m % 2][j] = best_about;
    }
}

kmc_status kmc_best_greys(const kmc_tree *tree, const int16_t *coordinates, const uint8_t *fixed, size_t n_fixed,
                          size_t k, uint8_t *levels, double *centroids)
{
    const size_t n = tree->points.n;
    int16_t at[LEVELS]; /* a copy, so that the values checked are those used */
    if (k == 0 || k > n || n > LEVELS) return KMC_BAD_ARGUMENT;
    memcpy(at, coordinates, sizeof at);
    for (int level = 0; level < LEVELS; level++)
        if (at[level] < 0 || at[level] > KMC_MAX_COORDINATE) return KMC_BAD_ARGUMENT;
    solver *l = kmc_alloc_zeroed(1, sizeof *l);
    if (!l) return KMC_NO_MEMORY;
    for (size_t begin = 0; begin < n; begin++) compute_intervals(l, &tree->points, at, begin);
    compute_fixed_costs(l, &tree->points, at, fixed, n_fixed);
    for (size_t m = 1; m <= k; m++) {
        add_entry(l, n, m, n_fixed > 0);
        if (n_fixed > 0) extend_with_fixed(l, n, m);
    }
    for (size_t m = k, end = n; m > 0;) { /* every iteration lowers m or `end` */
        const size_t begin = l->last[m][end];
        if (begin == end) {
            end--;
            continue;
        }
        m--;
        kmc_moments moments = {0, {0, 0, 0, 0}};
        for (size_t i = begin; i < end; i++) kmc_moments_add(&moments, &tree->points, i);
        kmc_moments_centroid(&moments, centroids + 4 * m);
        levels[m] = l->of[begin][end].level;
        end = begin;
    }
    kmc_free(l);
    return KMC_OK;
}
