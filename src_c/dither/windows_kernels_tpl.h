/* The inner loops of the mask of adaptive dithering, once per instruction set: the including file defines KMC_TARGET
 * and KMC_NAME. Compilers vectorize them, if each does one thing. */
#include "dither/windows.h"

enum {
    LEAST_SEEN = 32, /* mean errors up to this are not seen, in 64ths of a level, */
    FULLY_SEEN = 80  /* and from this on fully seen */
};

/* The squares of the summed errors of windows. */
KMC_TARGET static inline void KMC_NAME(sum_errors)(const kmc_windows *w, int64_t *squares)
{
    const int16_t *const a = w->errors[0], *const b = w->errors[1], *const c = w->errors[2];
    const int16_t *const d = w->errors[3], *const e = w->errors[4];
    int32_t columns[4 * KMC_WINDOWS_WIDTH], sums[4 * KMC_WINDOWS];
    for (size_t i = 0; i < 4 * (w->n + 2 * KMC_WINDOW_REACH); i++) columns[i] = a[i] + b[i] + c[i] + d[i] + e[i];
    for (size_t i = 0; i < 4 * w->n; i++)
        sums[i] = columns[i] + columns[i + 4] + columns[i + 8] + columns[i + 12] + columns[i + 16];
    for (size_t i = 0; i < w->n; i++) {
        const int32_t *const four = sums + 4 * i;
        squares[i] = (int64_t)four[0] * four[0] + (int64_t)four[1] * four[1] + (int64_t)four[2] * four[2] +
                     (int64_t)four[3] * four[3];
    }
}

/* The sum of five values side by side. */
KMC_TARGET static inline int32_t KMC_NAME(five)(const int32_t *values)
{
    return values[0] + values[1] + values[2] + values[3] + values[4];
}

/* kmc_dither_kernels.mask. The share of a window's middle: how far the squared mean error is above twice the variance
 * of the pixels that a plane through them does not explain. A plane through 5 x 5 values explains half the sum of the
 * squares of its two slopes. */
KMC_TARGET static void KMC_NAME(mask)(const kmc_windows *w)
{
    const int64_t least = (int64_t)LEAST_SEEN * LEAST_SEEN * KMC_WINDOW * KMC_WINDOW;
    const int64_t most = (int64_t)FULLY_SEEN * FULLY_SEEN * KMC_WINDOW * KMC_WINDOW - least;
    const int16_t *const a = w->sums[0], *const b = w->sums[1], *const c = w->sums[2];
    const int16_t *const d = w->sums[3], *const e = w->sums[4];
    const size_t n = w->n; /* copies, which the compiler knows not to change */
    uint8_t *const shares = w->shares;
    int32_t columns[KMC_WINDOWS_WIDTH], slopes[KMC_WINDOWS_WIDTH], squares[KMC_WINDOWS_WIDTH], seen[KMC_WINDOWS];
    int64_t errors[KMC_WINDOWS];
    KMC_NAME(sum_errors)(w, errors);
    for (size_t i = 0; i < n + 2 * KMC_WINDOW_REACH; i++) {
        columns[i] = a[i] + b[i] + c[i] + d[i] + e[i];
        slopes[i] = 2 * (e[i] - a[i]) + d[i] - b[i];
        squares[i] = a[i] * a[i] + b[i] * b[i] + c[i] * c[i] + d[i] * d[i] + e[i] * e[i];
    }
    for (size_t i = 0; i < n; i++) {
        const int32_t sum = KMC_NAME(five)(columns + i), down = KMC_NAME(five)(slopes + i);
        const int32_t across = 2 * (columns[i + 4] - columns[i]) + columns[i + 3] - columns[i + 1];
        const int64_t variance = (int64_t)KMC_WINDOW * KMC_NAME(five)(squares + i) - (int64_t)sum * sum;
        const int64_t texture = variance - (((int64_t)across * across + (int64_t)down * down) >> 1);
        int64_t above = errors[i] - (texture << (2 * KMC_COARSE + 1)) - least;
        above = above < 0 ? 0 : above;
        seen[i] = (int32_t)(above > most ? most : above);
    }
    for (size_t i = 0; i < n; i++) shares[i] = (uint8_t)((uint32_t)seen[i] * UINT8_MAX / (uint32_t)most);
}
