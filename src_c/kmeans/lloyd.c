/* Lloyd's iterations over weighted points. */
#include "kmeans/assignment.h"

/* The update step: moves centroids that are not fixed to the means of their clusters. Returns the largest squared
 * movement, in levels squared. */
static double update(double *centroids, const kmc_moments *moments, size_t n_fixed, size_t k)
{
    double largest = 0;
    for (size_t j = n_fixed; j < k; j++) {
        if (moments[j].weight == 0) continue;
        double mean[4], moved = 0;
        kmc_moments_centroid(&moments[j], mean);
        for (int c = 0; c < 4; c++) {
            const double by = mean[c] - centroids[4 * j + (size_t)c];
            moved += by * by;
            centroids[4 * j + (size_t)c] = mean[c];
        }
        largest = moved > largest ? moved : largest;
    }
    return largest;
}

/* Inertia needs no pass over the points: it is the total sum of w |x|^2 minus what the clusters explain. */
static double inertia(const kmc_tree *tree, const kmc_moments *moments, size_t n_fixed, const kmc_centroids *centroids)
{
    double left = tree->square_sum;
    for (size_t j = 0; j < n_fixed; j++)
        left -= kmc_moments_explained_at(&moments[j], centroids->xy[j], centroids->zw[j]);
    for (size_t j = n_fixed; j < centroids->k; j++) left -= kmc_moments_explained(&moments[j]);
    return left > 0 ? left / (KMC_UNITS_PER_LEVEL * KMC_UNITS_PER_LEVEL) : 0;
}

kmc_status kmc_lloyd(const kmc_run *run, const kmc_tree *tree, size_t k, size_t n_fixed, double *centroids,
                     int max_iter, double tol, const kmc_observer *observer, int *converged)
{
    *converged = 0;
    int32_t *rounded = kmc_alloc_zeroed(2 * (k + KMC_PADDING), sizeof *rounded);
    kmc_moments *moments = kmc_alloc(k, sizeof *moments);
    kmc_status status = rounded && moments ? KMC_OK : KMC_NO_MEMORY;
    const kmc_centroids rounded_centroids = {k, rounded, rounded ? rounded + k + KMC_PADDING : NULL};
    double shift = 1, error = 0;
    /* Ends after max_iter iterations, whether they improve anything or not: filling an empty cluster need not. */
    for (int iteration = 0; status == KMC_OK && iteration < max_iter && !*converged; iteration++) {
        if (shift > 0) { /* otherwise a fixed point is reached, and the remaining iterations are free */
            kmc_round_centroids(centroids, k, rounded, rounded + k + KMC_PADDING);
            status = kmc_assign_moments(run, tree, &rounded_centroids, moments);
            if (status == KMC_OK) status = kmc_refill_empty(run, tree, &rounded_centroids, n_fixed, moments);
            if (status != KMC_OK) break;
            shift = update(centroids, moments, n_fixed, k);
            error = inertia(tree, moments, n_fixed, &rounded_centroids);
        }
        *converged = shift < tol;
        if (observer->see && observer->see(observer->context, iteration + 1, centroids, error, shift)) break;
        status = kmc_poll(run);
        if (run->stopped) break;
    }
    kmc_free(rounded);
    kmc_free(moments);
    return status;
}
