/* Arrays of weighted points, and moments of sets of them. */
#include <string.h>

#include "kmeans/points.h"

size_t kmc_points_bytes(size_t n)
{
    const size_t room = sizeof(int64_t) + 2 * sizeof(int32_t);
    return n <= SIZE_MAX / room - KMC_PADDING ? (n + KMC_PADDING) * room : SIZE_MAX;
}

kmc_points kmc_points_in(void *memory, size_t n)
{
    int64_t *const weights = memory;
    int32_t *const xy = (int32_t *)(weights + n + KMC_PADDING), *const zw = xy + n + KMC_PADDING;
    memset(weights + n, 0, KMC_PADDING * sizeof *weights);
    memset(xy + n, 0, KMC_PADDING * sizeof *xy);
    memset(zw + n, 0, KMC_PADDING * sizeof *zw);
    return (kmc_points){n, xy, zw, weights};
}

kmc_status kmc_points_new(size_t n, kmc_points *points)
{
    void *const memory = kmc_alloc(kmc_points_bytes(n), 1);
    if (!memory) return KMC_NO_MEMORY;
    *points = kmc_points_in(memory, n);
    return KMC_OK;
}

void kmc_points_free(kmc_points *points)
{
    kmc_free(points->weights);
    memset(points, 0, sizeof *points);
}

double kmc_moments_explained(const kmc_moments *m)
{
    if (m->weight == 0) return 0;
    double square = 0;
    for (int c = 0; c < 4; c++) square += (double)m->sums[c] * (double)m->sums[c];
    return square / (double)m->weight;
}

double kmc_moments_explained_at(const kmc_moments *m, int32_t xy, int32_t zw)
{
    const double at[4] = {kmc_low(xy), kmc_high(xy), kmc_low(zw), kmc_high(zw)};
    double product = 0, square = 0;
    for (int c = 0; c < 4; c++) {
        product += at[c] * (double)m->sums[c];
        square += at[c] * at[c];
    }
    return 2 * product - (double)m->weight * square;
}

/* Rounds to the nearest, halves up; neither argument is negative. */
static int32_t rounded_ratio(int64_t sum, int64_t weight)
{
    return (int32_t)((sum + weight / 2) / weight);
}

void kmc_moments_mean(const kmc_moments *m, int32_t *xy, int32_t *zw)
{
    *xy = kmc_pack(rounded_ratio(m->sums[0], m->weight), rounded_ratio(m->sums[1], m->weight));
    *zw = kmc_pack(rounded_ratio(m->sums[2], m->weight), rounded_ratio(m->sums[3], m->weight));
}
