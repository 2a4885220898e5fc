/* One parallel loop for the whole engine: the only door to threads. */
#include "parallel.h"

kmc_status kmc_parallel(const kmc_run *run, int threads, ptrdiff_t n_tasks, kmc_task task, void *job)
{
    kmc_status status = KMC_OK;
    (void)threads;
    for (ptrdiff_t i = 0; i < n_tasks && status == KMC_OK; i++) {
        status = task(job, i, 0);
        if (status == KMC_OK && run->poll != NULL && run->poll(run->poll_arg))
            status = KMC_INTERRUPTED;
    }
    return status;
}
