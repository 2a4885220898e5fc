/* Where errors of nearest-colour mapping are seen, for adaptive dithering.
 *
 * The eye averages over small areas: errors that cancel out within a few pixels are texture, while those that do not
 * are bands and shifts of colour. Where a picture varies by itself, other than by a gradient, it hides both (contrast
 * masking). So error diffusion is worth its noise, and its bytes, where the mean error of a small area stands out
 * against the contrast there. */
#include "dither/canvas.h"
#include "dither/kernels.h"
#include "dither/windows.h"
#include "base/parallel.h"

#include <string.h>

enum {
    REACH = KMC_WINDOW_REACH,
    SIDE = KMC_WINDOW_SIDE,
    ROWS = 64,        /* of a tile, which has KMC_WINDOWS columns at most: the rows of a window stay in the cache */
    THREAD_TILES = 2, /* tiles that are worth a thread of their own */
    TASK_COLORS = 1 << 14,
    THREAD_COLORS = 1 << 16
};

/* What nearest-colour mapping makes of a colour. */
typedef struct mapped {
    int16_t errors[4];
    struct kmc_window_pixel others;
} mapped;

typedef struct masking {
    const kmc_run *run;
    const kmc_canvas *canvas;
    const int16_t *coordinates;
    const uint16_t *labels;
    size_t n;
    mapped *colors;
    void *indices;
    uint8_t *shares;
    size_t tiles_across, tile_width;
} masking;

static kmc_status map_task(void *job, ptrdiff_t task, int thread)
{
    const masking *const m = job;
    const size_t begin = (size_t)task * TASK_COLORS, end = kmc_smaller(begin + TASK_COLORS, m->n);
    (void)thread;
    for (size_t i = begin; i < end; i++) {
        mapped *const color = &m->colors[i];
        int32_t sum = 0;
        const uint16_t label = m->labels[i];
        if (label >= m->canvas->k) return KMC_BAD_ARGUMENT;
        for (int c = 0; c < 4; c++) {
            const int32_t at = m->coordinates[4 * i + (size_t)c] & KMC_MAX_COORDINATE;
            color->errors[c] = (int16_t)(at - m->canvas->palette[4 * (size_t)label + (size_t)c]);
            sum += at;
        }
        color->others = (struct kmc_window_pixel){(int16_t)(sum >> KMC_COARSE), label};
    }
    return KMC_OK;
}

static inline void load_pixel(const mapped *color, size_t i, kmc_window_pixels *to)
{
    memcpy(to->errors[i], color->errors, sizeof color->errors);
    to->others[i] = color->others;
}

/* What becomes of row y from column x - REACH on; pixels beyond the borders are like those at the border. */
static void load_row(const masking *m, ptrdiff_t y, size_t x, size_t width, kmc_window_pixels *to)
{
    const ptrdiff_t last_row = (ptrdiff_t)m->canvas->height - 1;
    const size_t row = (size_t)(y < 0 ? 0 : y > last_row ? last_row : y), before = x < REACH ? REACH - x : 0;
    const uint32_t *const positions = m->canvas->positions + row * m->canvas->width;
    const size_t end = kmc_smaller(width, m->canvas->width - x + REACH);
    const mapped *const colors = m->colors; /* a copy, which the compiler knows not to change */
    const mapped *const left = &colors[positions[0]], *const right = &colors[positions[m->canvas->width - 1]];
    for (size_t i = 0; i < before; i++) load_pixel(left, i, to);
    for (size_t i = before; i < end; i++) load_pixel(&colors[positions[x + i - REACH]], i, to);
    for (size_t i = end; i < width; i++) load_pixel(right, i, to);
}

static void write_indices(const masking *m, size_t at, size_t n, const struct kmc_window_pixel *pixels)
{
    if (m->canvas->index_bytes == 1) {
        uint8_t *const indices = (uint8_t *)m->indices + at;
        for (size_t i = 0; i < n; i++) indices[i] = (uint8_t)pixels[i].label;
    } else {
        uint16_t *const indices = (uint16_t *)m->indices + at;
        for (size_t i = 0; i < n; i++) indices[i] = pixels[i].label;
    }
}

static kmc_status mask_tile(void *job, ptrdiff_t tile, int thread)
{
    const masking *const m = job;
    const size_t x = (size_t)tile % m->tiles_across * m->tile_width, first = (size_t)tile / m->tiles_across * ROWS;
    const size_t end = first + kmc_smaller(m->canvas->height - first, ROWS);
    kmc_window_pixels pixels;
    kmc_window_row rows[SIDE]; /* row y in rows[(y + SIDE) % SIDE] */
    kmc_window_columns columns;
    kmc_windows windows = {.n = kmc_smaller(m->canvas->width - x, m->tile_width), .channels = m->canvas->channels,
                           .pixels = &pixels, .columns = &columns};
    (void)thread;
    memset(&pixels, 0, sizeof pixels);
    memset(rows, 0, sizeof rows);
    memset(&columns, 0, sizeof columns);
    for (ptrdiff_t y = (ptrdiff_t)first - REACH; y < (ptrdiff_t)end + REACH; y++) {
        load_row(m, y, x, windows.n + 2 * REACH, &pixels);
        if (y >= (ptrdiff_t)first && y < (ptrdiff_t)end)
            write_indices(m, (size_t)y * m->canvas->width + x, windows.n, pixels.others + REACH);
        for (size_t i = 0; i < SIDE; i++) windows.rows[i] = &rows[((size_t)(y + SIDE) + 1 + i) % SIDE];
        if (y >= (ptrdiff_t)first + REACH)
            windows.shares = m->shares + (size_t)(y - REACH) * m->canvas->width + x;
        m->run->kernels->dither->mask(&windows);
    }
    return KMC_OK;
}

kmc_status kmc_mask(const kmc_run *run, const kmc_canvas *canvas, size_t n, const int16_t *coordinates,
                    const uint16_t *labels, void *indices, uint8_t *shares)
{
    masking m = {.run = run, .canvas = canvas, .coordinates = coordinates, .labels = labels, .n = n,
                 .indices = indices, .shares = shares};
    const size_t steps = (size_t)kmc_tasks_for(canvas->width, KMC_WINDOWS_STEP);
    const size_t least = (size_t)kmc_tasks_for(canvas->width, KMC_WINDOWS); /* tiles of about equal width */
    m.tile_width = KMC_WINDOWS_STEP * (size_t)kmc_tasks_for(steps, least);
    m.tiles_across = (size_t)kmc_tasks_for(canvas->width, m.tile_width);
    const size_t tiles = (size_t)kmc_tasks_for(canvas->height, ROWS) * m.tiles_across;
    m.colors = kmc_alloc(n, sizeof *m.colors);
    if (!m.colors) return KMC_NO_MEMORY;
    kmc_status status = kmc_parallel(run, kmc_threads_for(run, n, THREAD_COLORS), kmc_tasks_for(n, TASK_COLORS),
                                     map_task, &m);
    if (status == KMC_OK)
        status = kmc_parallel(run, kmc_threads_for(run, tiles, THREAD_TILES), (ptrdiff_t)tiles, mask_tile, &m);
    kmc_free(m.colors);
    return status;
}
