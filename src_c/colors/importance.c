/* Weights of single pixels, added up for each colour. */
#include "colors/colors.h"
#include "colors/kernels.h"
#include "colors/color_lookup.h"
#include "base/parallel.h"

#include <string.h>

enum {
    BLOCK = KMC_COLOR_LOOKUP_BLOCK,
    TASK_PIXELS = 1 << 17,
    THREAD_PIXELS = 1 << 19,
    TASK_COLORS = 1 << 16,
    COLOR_PIXELS = 8 /* with fewer pixels of each colour, adding up the sums of threads takes as long as it saves */
};

typedef struct adding {
    const kmc_run *run;
    const kmc_color_lookup *lookup;
    const uint8_t *pixels;
    const uint16_t *weights;
    size_t n, n_colors;
    int channels;
    int64_t *sums;    /* of the calling thread, which those of its helpers are added to */
    int64_t *helpers; /* n_colors for each */
    int n_helpers;
} adding;

static kmc_status add_task(void *job, ptrdiff_t task, int thread)
{
    const adding *const a = job;
    const size_t first = (size_t)task * TASK_PIXELS, end = kmc_smaller(first + TASK_PIXELS, a->n);
    int64_t *const sums = thread == 0 ? a->sums : a->helpers + (size_t)(thread - 1) * a->n_colors;
    uint32_t keys[BLOCK];
    for (size_t begin = first; begin < end; begin += BLOCK) {
        const size_t n = kmc_smaller(BLOCK, end - begin);
        a->run->kernels->colors->keys(a->pixels + begin * (size_t)a->channels, n, a->channels, keys);
        kmc_color_lookup_find(a->lookup, keys, n);
        for (size_t i = 0; i < n; i++) sums[keys[i]] += a->weights[begin + i];
    }
    return KMC_OK;
}

static kmc_status merge_task(void *job, ptrdiff_t task, int thread)
{
    const adding *const a = job;
    const size_t begin = (size_t)task * TASK_COLORS, end = kmc_smaller(begin + TASK_COLORS, a->n_colors);
    (void)thread;
    for (int helper = 0; helper < a->n_helpers; helper++) {
        const int64_t *const sums = a->helpers + (size_t)helper * a->n_colors;
        for (size_t j = begin; j < end; j++) a->sums[j] += sums[j];
    }
    return KMC_OK;
}

static kmc_status add_all(adding *a)
{
    const int threads = a->n / COLOR_PIXELS < a->n_colors ? 1 : kmc_threads_for(a->run, a->n, THREAD_PIXELS);
    a->n_helpers = threads - 1;
    a->helpers = kmc_alloc_zeroed((size_t)a->n_helpers * a->n_colors, sizeof *a->helpers);
    if (!a->helpers) return KMC_NO_MEMORY;
    kmc_status status = kmc_parallel(a->run, threads, kmc_tasks_for(a->n, TASK_PIXELS), add_task, a);
    if (status == KMC_OK && a->n_helpers != 0)
        status = kmc_parallel(a->run, threads, kmc_tasks_for(a->n_colors, TASK_COLORS), merge_task, a);
    kmc_free(a->helpers);
    return status;
}

kmc_status kmc_add_weights(const kmc_run *run, const uint8_t *pixels, const uint16_t *weights, size_t n, int channels,
                           const uint8_t *colors, size_t n_colors, int64_t *sums)
{
    kmc_color_lookup lookup;
    adding a = {run, &lookup, pixels, weights, n, n_colors, channels, sums, NULL, 0};
    memset(sums, 0, n_colors * sizeof *sums);
    kmc_status status = kmc_color_lookup_new(&lookup, run, channels, colors, n_colors);
    if (status == KMC_OK) status = add_all(&a);
    kmc_color_lookup_free(&lookup, run);
    return status;
}
