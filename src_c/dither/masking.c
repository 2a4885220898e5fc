/* Where errors of nearest-colour mapping are seen, for adaptive dithering.
 *
 * The eye averages over small areas: errors that cancel out within a few pixels are texture, while those that do not
 * are bands and shifts of colour. Where a picture varies by itself, other than by a gradient, it hides both (contrast
 * masking). So error diffusion is worth its noise, and its bytes, where the mean error of a small area stands out
 * against the contrast there. */
#include "dither/canvas.h"
#include "base/parallel.h"

#include <string.h>

enum {
    REACH = 2,                   /* pixels of a window to each side of its middle */
    SIDE = 2 * REACH + 1,
    WINDOW = SIDE * SIDE,
    ROWS = 64, COLUMNS = 508,    /* of a tile: its sums stay in the cache */
    WIDTH = COLUMNS + 2 * REACH,
    THREAD_TILES = 2,            /* tiles that are worth a thread of their own */
    VALUES = 6,                  /* of a pixel: its error, (4); the sum of its coordinates, and the square of this */
    SUM = 4, SQUARE = 5,
    COARSE = 3,                  /* bits of the sum that are dropped, so that 25 squares fit 32 bits */
    LEAST = 32,                  /* mean errors up to this are not seen, in 64ths of a level, */
    FULL = 80                    /* and from this on fully seen */
};

/* Negative ones wrap around, and so do their sums. */
typedef uint32_t value;

typedef struct masking {
    const kmc_canvas *canvas;
    const void *indices;
    uint8_t *shares;
    size_t tiles_across;
    value *memory; /* of each thread */
} masking;

/* The values of a pixel. Inlined for each number of channels. */
static inline void load_pixel(const masking *m, size_t pixel, int channels, value *to)
{
    const kmc_canvas *const canvas = m->canvas;
    const size_t index = kmc_index_get(m->indices, canvas->index_bytes, pixel);
    const int16_t *const entry = canvas->palette + 4 * kmc_smaller(index, canvas->k - 1);
    int32_t at[4] = {0, 0, 0, 0};
    kmc_canvas_at(canvas, pixel, channels, at);
    for (int c = 0; c < 4; c++) to[c] = c < channels ? (value)(at[c] - entry[c]) : 0;
    to[SUM] = (value)(at[0] + at[1] + at[2] + at[3]) >> COARSE;
    to[SQUARE] = to[SUM] * to[SUM];
}

/* The values of row y from column x - REACH on; pixels beyond the borders are like those at the border. */
static inline void load_row(const masking *m, ptrdiff_t y, size_t x, size_t width, int channels, value *to)
{
    const ptrdiff_t last_row = (ptrdiff_t)m->canvas->height - 1, last = (ptrdiff_t)m->canvas->width - 1;
    const size_t row = (size_t)(y < 0 ? 0 : y > last_row ? last_row : y) * m->canvas->width;
    const size_t before = x < REACH ? REACH - x : 0; /* columns left of the picture */
    for (size_t i = before; i < width; i++)
        load_pixel(m, row + kmc_smaller(x + i - REACH, (size_t)last), channels, to + i * VALUES);
    for (size_t i = 0; i < before; i++) memcpy(to + i * VALUES, to + before * VALUES, VALUES * sizeof *to);
}

static void load(const masking *m, ptrdiff_t y, size_t x, size_t width, value *to)
{
    if (m->canvas->channels == 1)
        load_row(m, y, x, width, 1, to);
    else if (m->canvas->channels == 3)
        load_row(m, y, x, width, 3, to);
    else
        load_row(m, y, x, width, 4, to);
}

/* What a plane through the values of a window explains of their variance, in the same units. `columns` has the sums of
 * its columns; its rows begin at rows[0] to rows[4]. */
static int64_t explained(const value *columns, const value *const *rows, size_t at)
{
    int64_t across = 0, down = 0;
    for (int i = 0; i < SIDE; i++) {
        const size_t column = at + (size_t)i * VALUES + SUM;
        across += (i - REACH) * (int64_t)columns[column];
        for (int j = 0; j < SIDE; j++) down += (j - REACH) * (int64_t)rows[j][column];
    }
    return (across * across + down * down) / 2;
}

/* The share of a window's middle: how far the squared mean error is above twice the variance that is no gradient. */
static uint8_t share_of(const value *sums, const value *columns, const value *const *rows, size_t at)
{
    const int64_t least = (int64_t)LEAST * LEAST * WINDOW * WINDOW, full = (int64_t)FULL * FULL * WINDOW * WINDOW;
    int64_t error = 0;
    for (int c = 0; c < 4; c++) error += (int64_t)(int32_t)sums[c] * (int32_t)sums[c];
    if (error <= least) return 0;
    const int64_t variance = (int64_t)WINDOW * sums[SQUARE] - (int64_t)sums[SUM] * sums[SUM];
    const int64_t texture = variance - explained(columns, rows, at);
    const int64_t seen = error - (texture << (2 * COARSE + 1)) - least;
    return (uint8_t)(seen <= 0 ? 0 : seen >= full - least ? UINT8_MAX : seen * UINT8_MAX / (full - least));
}

static kmc_status mask_tile(void *job, ptrdiff_t tile, int thread)
{
    const masking *const m = job;
    const size_t x = (size_t)tile % m->tiles_across * COLUMNS, first = (size_t)tile / m->tiles_across * ROWS;
    const size_t n = kmc_smaller(m->canvas->width - x, COLUMNS);
    const size_t end = first + kmc_smaller(m->canvas->height - first, ROWS);
    const size_t width = n + 2 * REACH, row_values = width * VALUES;
    value *const rows = m->memory + (size_t)thread * (SIDE + 2) * WIDTH * VALUES;
    value *const columns = rows + SIDE * row_values, *const windows = columns + row_values;
    memset(rows, 0, (SIDE + 1) * row_values * sizeof *rows);
    for (ptrdiff_t y = (ptrdiff_t)first - REACH; y < (ptrdiff_t)end + REACH; y++) {
        value *const row = rows + (size_t)(y + SIDE) % SIDE * row_values;
        for (size_t i = 0; i < row_values; i++) columns[i] -= row[i];
        load(m, y, x, width, row);
        for (size_t i = 0; i < row_values; i++) columns[i] += row[i];
        if (y < (ptrdiff_t)first + REACH) continue;
        for (size_t i = 0; i < n * VALUES; i++) {
            const value *const five = columns + i;
            windows[i] = five[0] + five[VALUES] + five[2 * VALUES] + five[3 * VALUES] + five[4 * VALUES];
        }
        const value *window_rows[SIDE];
        for (int i = 0; i < SIDE; i++) window_rows[i] = rows + (size_t)(y - 2 * REACH + i + SIDE) % SIDE * row_values;
        uint8_t *const shares = m->shares + (size_t)(y - REACH) * m->canvas->width + x;
        for (size_t i = 0; i < n; i++) {
            shares[i] = share_of(windows + i * VALUES, columns, window_rows, i * VALUES);
        }
    }
    return KMC_OK;
}

kmc_status kmc_mask(const kmc_run *run, const kmc_canvas *canvas, const void *indices, uint8_t *shares)
{
    const size_t down = (size_t)kmc_tasks_for(canvas->height, ROWS);
    masking m = {canvas, indices, shares, (size_t)kmc_tasks_for(canvas->width, COLUMNS), NULL};
    const size_t tiles = down * m.tiles_across;
    const int threads = kmc_threads_for(run, tiles, THREAD_TILES);
    m.memory = kmc_alloc((size_t)threads * (SIDE + 2) * WIDTH * VALUES, sizeof *m.memory);
    if (!m.memory) return KMC_NO_MEMORY;
    const kmc_status status = kmc_parallel(run, threads, (ptrdiff_t)tiles, mask_tile, &m);
    kmc_free(m.memory);
    return status;
}
