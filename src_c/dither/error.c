/* The squared error of an indexed picture. */
#include "dither/canvas.h"
#include "dither/kernels.h"
#include "base/parallel.h"

enum { TASK_PIXELS = 1 << 17 };

typedef struct error_job {
    const kmc_run *run;
    const kmc_canvas *canvas;
    const void *indices;
    int64_t *squares;     /* of each task */
    uint32_t colors[256]; /* of the palette, if all of it are levels */
    int has_colors;
} error_job;

/* Photographs are mostly RGB, and their palettes small. */
static void set_colors(error_job *l)
{
    const kmc_canvas *const canvas = l->canvas;
    l->has_colors = canvas->channels == 3 && canvas->index_bytes == 1 && !canvas->coordinates;
    for (size_t j = 0; j < 256 && l->has_colors; j++) {
        const int16_t *const entry = canvas->palette + 4 * kmc_smaller(j, canvas->k - 1);
        for (int c = 0; c < 3; c++) {
            l->has_colors &= entry[c] % KMC_UNITS_PER_LEVEL == 0;
            l->colors[j] |= (uint32_t)(entry[c] / KMC_UNITS_PER_LEVEL) << 8 * c;
        }
    }
}

/* The same as squared_error. */
static int64_t squared_color_error(const error_job *l, size_t begin, size_t end)
{
    int64_t squares = 0;
    for (size_t i = begin; i < end; i += KMC_SQUARE_ERRORS) {
        const size_t n = kmc_smaller(end - i, KMC_SQUARE_ERRORS);
        squares += l->run->kernels->dither->square_errors(l->canvas->pixels + 3 * i, (const uint8_t *)l->indices + i, n,
                                                          l->colors);
    }
    return squares * (KMC_UNITS_PER_LEVEL * KMC_UNITS_PER_LEVEL);
}

static inline int64_t squared_error(const error_job *l, size_t begin, size_t end, int channels)
{
    int64_t squares = 0;
    for (size_t i = begin; i < end; i++) {
        const size_t index = kmc_index_get(l->indices, l->canvas->index_bytes, i);
        const int16_t *const entry = l->canvas->palette + 4 * kmc_smaller(index, l->canvas->k - 1);
        int32_t at[4], distance = 0;
        kmc_canvas_at(l->canvas, i, channels, at);
        for (int c = 0; c < channels; c++) distance += (at[c] - entry[c]) * (at[c] - entry[c]);
        squares += distance;
    }
    return squares;
}

static kmc_status error_task(void *job, ptrdiff_t task, int thread)
{
    const error_job *const l = job;
    const size_t n = l->canvas->height * l->canvas->width, begin = (size_t)task * TASK_PIXELS;
    const size_t end = kmc_smaller(n, begin + TASK_PIXELS);
    (void)thread;
    l->squares[task] = l->has_colors              ? squared_color_error(l, begin, end)
                       : l->canvas->channels == 1 ? squared_error(l, begin, end, 1)
                       : l->canvas->channels == 3 ? squared_error(l, begin, end, 3)
                                                  : squared_error(l, begin, end, 4);
    return KMC_OK;
}

kmc_status kmc_canvas_error(const kmc_run *run, const kmc_canvas *canvas, const void *indices, double *error)
{
    const size_t n = canvas->height * canvas->width;
    const ptrdiff_t tasks = kmc_tasks_for(n, TASK_PIXELS);
    error_job l = {.run = run, .canvas = canvas, .indices = indices};
    l.squares = kmc_alloc((size_t)tasks, sizeof *l.squares);
    if (!l.squares) return KMC_NO_MEMORY;
    set_colors(&l);
    const kmc_status status = kmc_parallel(run, kmc_threads_for(run, n, TASK_PIXELS), tasks, error_task, &l);
    int64_t total = 0;
    for (ptrdiff_t task = 0; task < tasks && status == KMC_OK; task++) total += l.squares[task];
    *error = (double)total / (KMC_UNITS_PER_LEVEL * KMC_UNITS_PER_LEVEL);
    kmc_free(l.squares);
    return status;
}
