/* Error diffusion: what a pixel's palette entry gets wrong, its neighbours make good.
 *
 * A picture is cut into bands of rows that know nothing of each other, so that threads may share it, and two at a time keep
 * a processor busy. Each is begun a few rows early, with rows that are thrown away: when its own first row comes, error flows
 * as it does inside a band. */
#include "dither_canvas.h"
#include "dither_limits.h"
#include "dither_row.h"
#include "parallel.h"

#include <string.h>

enum {
    BAND = 64,   /* rows, even in number: all bands go to and fro alike */
    LEAD_IN = 8, /* rows thrown away before them */
    THREAD_PIXELS = 1 << 15,
    PASSED = 208 /* of 256; the rest is lost, so that small errors do not add up to large ones */
};

typedef struct diffusion {
    const kmc_run *run;
    const kmc_canvas *canvas;
    kmc_quad low, high; /* the box of all entries */
    int passed, atkinson;
    void *indices;
    struct worker *workers; /* of each thread */
} diffusion;

/* A band on its way. */
typedef struct strip {
    kmc_limits limits;
    kmc_quad *memory, *errors[3], *at; /* errors of row y in errors[y % 3] */
    uint16_t *found;
} strip;

/* What a thread works with, made when it takes its first bands. */
typedef struct worker {
    const diffusion *job;
    kmc_grid grid, opaque;
    strip strips[2];
} worker;

/* Makes row y of a band ready for the kernel. */
static kmc_dither_row prepared(worker *w, strip *s, size_t y, int first)
{
    const diffusion *const d = w->job;
    const kmc_canvas *const canvas = d->canvas;
    const size_t width = canvas->width, begin = y * width, channels = (size_t)canvas->channels;
    kmc_dither_row row = {.width = width, .step = y % 2 == 0 ? 1 : -1, .at = s->at, .passed = (int16_t)d->passed,
                          .here = s->errors[y % 3], .above = s->errors[(y + 2) % 3], .beyond = s->errors[(y + 1) % 3],
                          .grid = &w->grid, .opaque = w->opaque.k != 0 ? &w->opaque : NULL, .found = s->found};
    memcpy(row.low, d->low, sizeof row.low);
    memcpy(row.high, d->high, sizeof row.high);
    if (channels == 4) row.alpha = canvas->pixels + 4 * begin + 3;
    if (canvas->coordinates)
        row.at = (const kmc_quad *)(canvas->coordinates + 4 * begin);
    else if (channels == 1)
        for (size_t x = 0; x < width; x++) s->at[x][0] = (int16_t)(canvas->pixels[begin + x] * KMC_ONE_LEVEL);
    else
        for (size_t x = 0; x < width; x++)
            for (size_t c = 0; c < 3; c++) s->at[x][c] = (int16_t)(canvas->pixels[3 * (begin + x) + c] * KMC_ONE_LEVEL);
    if (first)
        kmc_limits_begin(&s->limits, y);
    else
        kmc_limits_next(&s->limits, y);
    row.limit = s->limits.limit;
    return row;
}

/* The indices of row y as they were found; fully transparent pixels keep theirs. */
static void write_row(const diffusion *d, const kmc_dither_row *row, size_t y)
{
    const kmc_canvas *const canvas = d->canvas;
    for (size_t x = 0; x < row->width; x++) {
        const size_t i = y * row->width + x;
        const int clear = row->alpha && row->alpha[4 * x] == 0;
        const uint32_t index = clear ? kmc_index_get(canvas->plain, canvas->index_bytes, i) : row->found[x];
        kmc_index_set(d->indices, canvas->index_bytes, i, index);
    }
}

/* Two bands, row by row; the second may lie beyond the picture. */
static kmc_status diffuse_bands(worker *w, size_t begin, int thread)
{
    const diffusion *const d = w->job;
    const size_t height = d->canvas->height;
    for (size_t row = 0; row < LEAD_IN + BAND; row++) {
        kmc_dither_row rows[2];
        size_t ys[2];
        int n = 0;
        for (size_t band = 0; band < 2; band++) {
            const size_t y = begin + band * BAND + row - LEAD_IN; /* wraps around above the picture */
            if (y >= height) continue;
            rows[n] = prepared(w, &w->strips[band], y, row == 0 || y == 0);
            ys[n++] = y;
        }
        if (n == 0) continue;
        d->run->kernels->diffuse(&rows[0], n > 1 ? &rows[1] : NULL, d->atkinson);
        for (int i = 0; i < n; i++)
            if (row >= LEAD_IN) write_row(d, &rows[i], ys[i]);
        if (w->grid.status != KMC_OK || w->opaque.status != KMC_OK) return KMC_NO_MEMORY;
        if (thread == 0 && kmc_poll(d->run) != KMC_OK) return KMC_INTERRUPTED;
    }
    return KMC_OK;
}

static kmc_status hire(const diffusion *d, worker *w)
{
    const size_t room = d->canvas->width + 2 * KMC_ROW_PADDING;
    kmc_status status = kmc_grid_new(d->canvas, 0, &w->grid);
    if (status == KMC_OK && d->canvas->channels == 4) status = kmc_grid_new(d->canvas, 1, &w->opaque);
    for (int i = 0; i < 2 && status == KMC_OK; i++) {
        strip *const s = &w->strips[i];
        status = kmc_limits_new(d->canvas, &s->limits);
        s->memory = kmc_alloc_zeroed(4 * room, sizeof *s->memory);
        s->found = kmc_alloc(room, sizeof *s->found);
        if (!s->memory || !s->found) return KMC_NO_MEMORY;
        for (size_t r = 0; r < 3; r++) s->errors[r] = s->memory + r * room + KMC_ROW_PADDING;
        s->at = s->memory + 3 * room;
    }
    if (status == KMC_OK) w->job = d;
    return status;
}

static void dismiss(worker *w)
{
    kmc_grid_free(&w->grid);
    kmc_grid_free(&w->opaque);
    for (int i = 0; i < 2; i++) {
        kmc_limits_free(&w->strips[i].limits);
        kmc_free(w->strips[i].memory);
        kmc_free(w->strips[i].found);
    }
}

static kmc_status diffuse_task(void *job, ptrdiff_t task, int thread)
{
    const diffusion *const d = job;
    worker *const w = &d->workers[thread];
    const kmc_status status = w->job ? KMC_OK : hire(d, w);
    if (status != KMC_OK) return status;
    for (int i = 0; i < 2; i++) {
        memset(w->strips[i].memory, 0, 3 * (d->canvas->width + 2 * KMC_ROW_PADDING) * sizeof(kmc_quad));
    }
    return diffuse_bands(w, (size_t)task * 2 * BAND, thread);
}

kmc_status kmc_diffuse(const kmc_run *run, const kmc_canvas *canvas, kmc_diffusion kind, int strength, void *indices)
{
    const int threads = kmc_threads_for(run, canvas->height * canvas->width, THREAD_PIXELS);
    diffusion d = {.run = run, .canvas = canvas, .passed = PASSED * strength / 256, .atkinson = kind == KMC_ATKINSON,
                   .indices = indices};
    d.workers = kmc_alloc_zeroed((size_t)threads, sizeof *d.workers);
    if (!d.workers) return KMC_NO_MEMORY;
    kmc_grid_box(canvas, d.low, d.high);
    const kmc_status status = kmc_parallel(run, threads, kmc_tasks_for(canvas->height, 2 * BAND), diffuse_task, &d);
    for (int thread = 0; thread < threads; thread++) dismiss(&d.workers[thread]);
    kmc_free(d.workers);
    return status;
}
