/* The inner loops of the mask of adaptive dithering, once per instruction set: the including file defines KMC_TARGET
 * and KMC_NAME. Compilers vectorize them, if each does one thing. */
#include "dither/windows.h"

#include <string.h>

enum {
    LEAST_SEEN = 32, /* mean errors up to this are not seen, in 64ths of a level, */
    FULLY_SEEN = 80  /* and from this on fully seen */
};

/* Puts new pixels in the place of those that leave the windows, and brings the sums of the columns up to date. */
KMC_TARGET static inline void KMC_NAME(replace_row)(const kmc_window_pixels *pixels, size_t n, int channels,
                                                    kmc_window_row *row, kmc_window_columns *columns)
{
    for (int c = 0; c < channels; c++) {
        const int16_t *const from = &pixels->errors[0][c];
        int16_t *const to = row->errors[c];
        int32_t *const sums = columns->errors[c];
        for (size_t i = 0; i < n; i++) {
            sums[i] += from[4 * i] - to[i];
            to[i] = from[4 * i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        const int16_t from = pixels->others[i].sum, to = row->sums[i];
        columns->sums[i] += from - to;
        columns->squares[i] += from * from - to * to;
        row->sums[i] = from;
    }
}

/* The sum of five values side by side. */
KMC_TARGET static inline int32_t KMC_NAME(five)(const int32_t *values)
{
    return values[0] + values[1] + values[2] + values[3] + values[4];
}

/* Adds the squares of the summed errors of windows. These and all that follow are integers below 2^53. */
KMC_TARGET static inline void KMC_NAME(add_squares)(const int32_t *columns, size_t n, double *squares)
{
    for (size_t i = 0; i < n; i++) {
        const double sum = KMC_NAME(five)(columns + i);
        squares[i] += sum * sum;
    }
}

/* Subtracts twice the variance of the pixels that a plane through them does not explain, in the units of squares. */
KMC_TARGET static inline void KMC_NAME(subtract_texture)(const kmc_windows *w, size_t n, double *squares)
{
    const int16_t *const a = w->rows[0]->sums, *const b = w->rows[1]->sums;
    const int16_t *const d = w->rows[3]->sums, *const e = w->rows[4]->sums;
    const int32_t *const columns = w->columns->sums, *const column_squares = w->columns->squares;
    int32_t slopes[KMC_WINDOWS_ROOM];
    for (size_t i = 0; i < n + KMC_WINDOWS_STEP; i++) slopes[i] = 2 * (e[i] - a[i]) + d[i] - b[i];
    for (size_t i = 0; i < n; i++) {
        const double sum = KMC_NAME(five)(columns + i), square = KMC_NAME(five)(column_squares + i);
        const int32_t down = KMC_NAME(five)(slopes + i);
        const int32_t across = 2 * (columns[i + 4] - columns[i]) + columns[i + 3] - columns[i + 1];
        const double odd = (across + down) & 1; /* half the squares of the slopes, rounded down */
        const double plane = (double)across * across + (double)down * down - odd;
        squares[i] -= (KMC_WINDOW * square - sum * sum) * (2 << 2 * KMC_COARSE) - plane * (1 << 2 * KMC_COARSE);
    }
}

/* kmc_dither_kernels.mask. The share of a window's middle: how far the squared mean error is above twice the variance
 * of the pixels that a plane through them does not explain. A plane through 5 x 5 values explains half the sum of the
 * squares of its two slopes. */
KMC_TARGET static void KMC_NAME(mask)(const kmc_windows *w)
{
    const int32_t least = LEAST_SEEN * LEAST_SEEN * KMC_WINDOW * KMC_WINDOW;
    const int32_t most = FULLY_SEEN * FULLY_SEEN * KMC_WINDOW * KMC_WINDOW - least;
    const size_t n = (w->n + KMC_WINDOWS_STEP - 1) / KMC_WINDOWS_STEP * KMC_WINDOWS_STEP;
    double above[KMC_WINDOWS];
    uint32_t seen[KMC_WINDOWS];
    KMC_NAME(replace_row)(w->pixels, n + KMC_WINDOWS_STEP, w->channels, w->rows[KMC_WINDOW_SIDE - 1], w->columns);
    if (!w->shares) return;
    for (size_t i = 0; i < n; i++) above[i] = -least;
    for (int c = 0; c < w->channels; c++) KMC_NAME(add_squares)(w->columns->errors[c], n, above);
    KMC_NAME(subtract_texture)(w, n, above);
    for (size_t i = 0; i < n; i++) {
        const double positive = above[i] > 0 ? above[i] : 0;
        seen[i] = (uint32_t)(int32_t)(positive < most ? positive : most);
    }
    uint8_t shares[KMC_WINDOWS];
    for (size_t i = 0; i < n; i++) shares[i] = (uint8_t)(seen[i] * UINT8_MAX / (uint32_t)most);
    memcpy(w->shares, shares, w->n);
}
