/* Which of the distinct colours each pixel has. */
#include "colors/color_lookup.h"
#include "colors/colors.h"
#include "colors/kernels.h"
#include "base/parallel.h"

enum { BLOCK = KMC_COLOR_LOOKUP_BLOCK, TASK_PIXELS = 1 << 17, THREAD_PIXELS = 1 << 18 };

typedef struct locating {
    const kmc_run *run;
    const kmc_color_lookup *lookup;
    const uint8_t *pixels;
    size_t n;
    int channels;
    uint32_t *positions;
} locating;

static kmc_status locate_task(void *job, ptrdiff_t task, int thread)
{
    const locating *const l = job;
    const size_t first = (size_t)task * TASK_PIXELS, end = kmc_smaller(first + TASK_PIXELS, l->n);
    (void)thread;
    for (size_t begin = first; begin < end; begin += BLOCK) {
        const size_t n = kmc_smaller(BLOCK, end - begin);
        uint32_t *const here = l->positions + begin;
        l->run->kernels->colors->keys(l->pixels + begin * (size_t)l->channels, n, l->channels, here);
        kmc_color_lookup_find(l->lookup, here, n);
    }
    return KMC_OK;
}

kmc_status kmc_positions(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *colors,
                         size_t n_colors, uint32_t *positions)
{
    kmc_color_lookup lookup;
    locating l = {run, &lookup, pixels, n, channels, positions};
    kmc_status status = kmc_color_lookup_new(&lookup, run, channels, colors, n_colors);
    if (status == KMC_OK)
        status = kmc_parallel(run, kmc_threads_for(run, n, THREAD_PIXELS), kmc_tasks_for(n, TASK_PIXELS), locate_task,
                              &l);
    kmc_color_lookup_free(&lookup, run);
    return status;
}
