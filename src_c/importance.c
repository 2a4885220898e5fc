/* Weights of single pixels, added up for each colour. */
#include "kmc.h"
#include "numbers.h"
#include "parallel.h"

enum {
    BLOCK = KMC_NUMBERS_BLOCK,
    TASK_PIXELS = 1 << 17,
    THREAD_PIXELS = 1 << 19,
    COLOUR_PIXELS = 8 /* with fewer pixels of each colour, adding up the sums of threads takes as long as it saves */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

typedef struct adding {
    const kmc_run *run;
    const kmc_numbers *numbers;
    const uint8_t *pixels;
    const uint16_t *weights;
    size_t n, n_colors;
    int channels;
    int64_t *sums; /* n_colors for each thread */
} adding;

static kmc_status add_task(void *job, ptrdiff_t task, int thread)
{
    const adding *const a = job;
    const size_t first = (size_t)task * TASK_PIXELS, end = smaller(first + TASK_PIXELS, a->n);
    int64_t *const sums = a->sums + (size_t)thread * a->n_colors;
    uint32_t keys[BLOCK];
    for (size_t begin = first; begin < end; begin += BLOCK) {
        const size_t n = smaller(BLOCK, end - begin);
        a->run->kernels->keys(a->pixels + begin * (size_t)a->channels, n, a->channels, keys);
        kmc_numbers_find(a->numbers, keys, n);
        for (size_t i = 0; i < n; i++) sums[keys[i]] += a->weights[begin + i];
    }
    return KMC_OK;
}

/* Every thread adds up by itself; then all sums are added to those of the first. */
static kmc_status add_all(adding *a, int64_t *sums)
{
    const int most = a->n / COLOUR_PIXELS < a->n_colors ? 1 : kmc_threads_for(a->run, a->n, THREAD_PIXELS);
    a->sums = most > 1 ? kmc_alloc_zeroed((size_t)most * a->n_colors, sizeof *sums) : sums;
    if (!a->sums) return KMC_NO_MEMORY;
    const kmc_status status = kmc_parallel(a->run, most, kmc_tasks_for(a->n, TASK_PIXELS), add_task, a);
    if (most == 1) return status;
    for (size_t i = 0; i < (size_t)most * a->n_colors; i++) sums[i % a->n_colors] += a->sums[i];
    kmc_free(a->sums);
    return status;
}

kmc_status kmc_add_weights(const kmc_run *run, const uint8_t *pixels, const uint16_t *weights, size_t n, int channels,
                           const uint8_t *colors, size_t n_colors, int64_t *sums)
{
    kmc_numbers numbers;
    adding a = {run, &numbers, pixels, weights, n, n_colors, channels, NULL};
    for (size_t j = 0; j < n_colors; j++) sums[j] = 0;
    kmc_status status = kmc_numbers_new(&numbers, run, channels, colors, n_colors);
    if (status == KMC_OK) status = add_all(&a, sums);
    kmc_numbers_free(&numbers, run);
    return status;
}
