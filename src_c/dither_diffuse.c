/* Error diffusion: what a pixel's palette entry gets wrong, its neighbours make good.
 *
 * A picture is cut into bands of rows that know nothing of each other, so that threads may share it. Each is begun a few
 * rows early, with rows that are thrown away: when its own first row comes, error flows as it does inside a band. */
#include "dither_canvas.h"
#include "dither_grid.h"
#include "dither_limits.h"
#include "parallel.h"

#include <string.h>

enum {
    BAND = 64,   /* rows */
    LEAD_IN = 8, /* rows thrown away before them */
    THREAD_PIXELS = 1 << 15,
    PADDING = 2, /* pixels beyond both ends of a row, whose error is 0 */
    PASSED = 208 /* of 256: what is passed on; the rest is lost, so that small errors do not add up to large ones */
};

/* What a pixel's entry gets wrong. */
typedef struct mistake {
    int16_t by[4];
} mistake;

typedef struct diffusion {
    const kmc_run *run;
    const kmc_canvas *canvas;
    const kmc_entry *entries, *opaque; /* all of them, and the opaque ones */
    size_t n_opaque;
    int32_t low[4], high[4]; /* the box of all entries */
    int32_t passed;
    int atkinson;
    void *indices;
    struct worker *workers; /* of each thread */
} diffusion;

/* What a thread works with, made when it takes its first band. */
typedef struct worker {
    const diffusion *job;
    kmc_grid grid, opaque;
    kmc_limits limits;
    mistake *memory, *rows[3]; /* of row y in rows[y % 3] */
} worker;

/* The error that reaches a pixel, in sixteenths: Floyd and Steinberg's, or Atkinson's. The pixels before it in its row are
 * at -step; the row above came the other way. */
static inline int32_t received(const mistake *here, const mistake *above, const mistake *beyond, ptrdiff_t step, int c,
                               int atkinson)
{
    if (!atkinson) return 7 * here[-step].by[c] + 3 * above[-step].by[c] + 5 * above[0].by[c] + above[step].by[c];
    return 2 * (here[-step].by[c] + here[-2 * step].by[c] + above[-1].by[c] + above[0].by[c] + above[1].by[c] +
                beyond[0].by[c]);
}

static inline int32_t clamped(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* One row. Coordinates stay within the box of the palette, or where they were: what no entry can make good is not passed
 * on for ever. */
static inline void diffuse_row(worker *w, size_t y, int write, int channels, int atkinson)
{
    const diffusion *const d = w->job;
    const kmc_canvas *const canvas = d->canvas;
    const size_t width = canvas->width;
    const ptrdiff_t step = y % 2 == 0 ? 1 : -1;
    size_t x = step > 0 ? 0 : width - 1;
    for (size_t i = 0; i < width; i++, x += (size_t)step) {
        mistake *const here = w->rows[y % 3] + x;
        const mistake *const above = w->rows[(y + 2) % 3] + x, *const beyond = w->rows[(y + 1) % 3] + x;
        const size_t pixel = y * width + x;
        const int alpha = kmc_canvas_alpha(canvas, pixel, channels);
        int32_t point[4] = {0};
        *here = (mistake){{0}};
        if (alpha == 0) {
            if (write) kmc_index_set(d->indices, canvas->index_bytes, pixel, kmc_index_get(canvas->plain, canvas->index_bytes, pixel));
            continue;
        }
        const int only_opaque = channels == 4 && alpha == 255 && d->n_opaque != 0;
        kmc_canvas_at(canvas, pixel, channels, point);
        for (int c = 0; c < (only_opaque ? 3 : channels); c++) {
            const int32_t own = point[c], limit = w->limits.limit[x];
            const int32_t push = (received(here, above, beyond, step, c, atkinson) * d->passed + 2048) >> 12;
            point[c] = clamped(own + clamped(push, -limit, limit), own < d->low[c] ? own : d->low[c],
                               own > d->high[c] ? own : d->high[c]);
        }
        const kmc_entry *const best =
            only_opaque ? kmc_grid_nearest(&w->opaque, point, 3) : kmc_grid_nearest(&w->grid, point, channels);
        if (write) kmc_index_set(d->indices, canvas->index_bytes, pixel, best->index);
        for (int c = 0; c < channels; c++) here->by[c] = (int16_t)(point[c] - best->at[c]);
    }
}

static kmc_status diffuse_rows(worker *w, size_t begin, size_t end, int thread)
{
    const diffusion *const d = w->job;
    const size_t first = begin > LEAD_IN ? begin - LEAD_IN : 0;
    const int channels = d->canvas->channels;
    for (size_t y = first; y < end; y++) {
        if (y == first)
            kmc_limits_begin(&w->limits, y);
        else
            kmc_limits_next(&w->limits, y);
        if (channels == 1)
            diffuse_row(w, y, y >= begin, 1, d->atkinson);
        else if (channels == 4)
            diffuse_row(w, y, y >= begin, 4, d->atkinson);
        else if (d->atkinson)
            diffuse_row(w, y, y >= begin, 3, 1);
        else
            diffuse_row(w, y, y >= begin, 3, 0);
        if (w->grid.status != KMC_OK || w->opaque.status != KMC_OK) return KMC_NO_MEMORY;
        if (thread == 0 && kmc_poll(d->run) != KMC_OK) return KMC_INTERRUPTED;
    }
    return KMC_OK;
}

static kmc_status hire(const diffusion *d, worker *w)
{
    const size_t room = d->canvas->width + 2 * PADDING;
    w->memory = kmc_alloc(3 * room, sizeof *w->memory);
    kmc_status status = w->memory ? KMC_OK : KMC_NO_MEMORY;
    for (size_t r = 0; r < 3 && w->memory; r++) w->rows[r] = w->memory + r * room + PADDING;
    if (status == KMC_OK) status = kmc_limits_new(d->canvas, &w->limits);
    if (status == KMC_OK) status = kmc_grid_new(d->entries, d->canvas->k, d->canvas->channels, &w->grid);
    if (status == KMC_OK && d->n_opaque != 0) status = kmc_grid_new(d->opaque, d->n_opaque, 3, &w->opaque);
    if (status == KMC_OK) w->job = d;
    return status;
}

static void dismiss(worker *w)
{
    kmc_grid_free(&w->grid);
    kmc_grid_free(&w->opaque);
    kmc_limits_free(&w->limits);
    kmc_free(w->memory);
}

static kmc_status diffuse_task(void *job, ptrdiff_t task, int thread)
{
    const diffusion *const d = job;
    worker *const w = &d->workers[thread];
    const size_t begin = (size_t)task * BAND;
    const size_t end = d->canvas->height - begin < BAND ? d->canvas->height : begin + BAND;
    const kmc_status status = w->job ? KMC_OK : hire(d, w);
    if (status != KMC_OK) return status;
    memset(w->memory, 0, 3 * (d->canvas->width + 2 * PADDING) * sizeof *w->memory);
    return diffuse_rows(w, begin, end, thread);
}

kmc_status kmc_diffuse(const kmc_run *run, const kmc_canvas *canvas, kmc_diffusion kind, int strength, void *indices)
{
    const int threads = kmc_threads_for(run, canvas->height * canvas->width, THREAD_PIXELS);
    diffusion d = {.run = run, .canvas = canvas, .passed = PASSED * strength / 256, .atkinson = kind == KMC_ATKINSON,
                   .indices = indices};
    kmc_entry *const entries = kmc_alloc(2 * canvas->k, sizeof *entries);
    d.workers = kmc_alloc_zeroed((size_t)threads, sizeof *d.workers);
    kmc_status status = d.workers && entries ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        d.entries = entries;
        d.opaque = entries + canvas->k;
        d.n_opaque = kmc_entries(canvas, entries, d.low, d.high);
        status = kmc_parallel(run, threads, kmc_tasks_for(canvas->height, BAND), diffuse_task, &d);
    }
    for (int thread = 0; d.workers && thread < threads; thread++) dismiss(&d.workers[thread]);
    kmc_free(d.workers);
    kmc_free(entries);
    return status;
}
