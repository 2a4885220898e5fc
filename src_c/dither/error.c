/* The squared error of an indexed picture. */
#include "dither/canvas.h"
#include "base/parallel.h"

enum { TASK_PIXELS = 1 << 17 };

typedef struct error_job {
    const kmc_canvas *canvas;
    const void *indices;
    int64_t *squares; /* of each task */
} error_job;

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
    l->squares[task] = l->canvas->channels == 1   ? squared_error(l, begin, end, 1)
                       : l->canvas->channels == 3 ? squared_error(l, begin, end, 3)
                                                  : squared_error(l, begin, end, 4);
    return KMC_OK;
}

kmc_status kmc_canvas_error(const kmc_run *run, const kmc_canvas *canvas, const void *indices, double *error)
{
    const size_t n = canvas->height * canvas->width;
    const ptrdiff_t tasks = kmc_tasks_for(n, TASK_PIXELS);
    error_job l = {canvas, indices, kmc_alloc((size_t)tasks, sizeof *l.squares)};
    if (!l.squares) return KMC_NO_MEMORY;
    const kmc_status status = kmc_parallel(run, kmc_threads_for(run, n, TASK_PIXELS), tasks, error_task, &l);
    int64_t total = 0;
    for (ptrdiff_t task = 0; task < tasks && status == KMC_OK; task++) total += l.squares[task];
    *error = (double)total / (KMC_UNITS_PER_LEVEL * KMC_UNITS_PER_LEVEL);
    kmc_free(l.squares);
    return status;
}
