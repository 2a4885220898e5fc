/* Pixels to the nearest palette colour by brute force: for pictures whose histogram does not pay. */
#include "kmc.h"
#include "parallel.h"

enum { TASK_WORK = 1 << 20, BLOCK = 256 };

typedef struct assign_job {
    const kmc_run *run;
    const uint8_t *pixels;
    size_t n;
    int channels;
    const uint8_t *palette;
    size_t k;
    void *indices;
    int index_bytes;
    size_t task_pixels;
} assign_job;

static kmc_status assign_task(void *argument, ptrdiff_t task, int thread)
{
    const assign_job *const job = argument;
    size_t const begin = (size_t)task * job->task_pixels;
    size_t const end = begin + job->task_pixels < job->n ? begin + job->task_pixels : job->n;
    uint16_t labels[BLOCK];
    (void)thread;
    for (size_t i = begin; i < end; i += BLOCK) {
        size_t const n = end - i < BLOCK ? end - i : BLOCK;
        job->run->kernels->assign(job->pixels + i * (size_t)job->channels, n, job->channels, job->palette, job->k,
                                   labels);
        if (job->index_bytes == 1)
            for (size_t j = 0; j < n; j++)
                ((uint8_t *)job->indices)[i + j] = (uint8_t)labels[j];
        else
            for (size_t j = 0; j < n; j++)
                ((uint16_t *)job->indices)[i + j] = labels[j];
    }
    return KMC_OK;
}

kmc_status kmc_assign(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *palette,
                      size_t k, void *indices, int index_bytes)
{
    if (k == 0 || k > 65536)
        return KMC_BAD_ARGUMENT;
    size_t const task_pixels = (TASK_WORK / k + BLOCK) / BLOCK * BLOCK;
    assign_job job = {run, pixels, n, channels, palette, k, indices, index_bytes, task_pixels};
    return kmc_parallel(run, run->threads, (ptrdiff_t)((n + task_pixels - 1) / task_pixels), assign_task, &job);
}
