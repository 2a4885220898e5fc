/* One parallel loop for the whole engine: the only door to threads. */
#ifndef KMC_BASE_PARALLEL_H
#define KMC_BASE_PARALLEL_H

#include "base/base.h"

/* The helpers of one call: started when first needed, asleep between loops, gone after kmc_team_free, which waits for
 * none of them and may be given NULL. `processors` is how many the machine has. A team serves one loop at a time. */
typedef struct kmc_team kmc_team;
kmc_status kmc_team_new(int processors, kmc_team **team);
void kmc_team_free(kmc_team *team);

/* One piece of a job. `thread` is in [0, threads) and names the caller's scratch space. */
typedef kmc_status (*kmc_task)(void *job, ptrdiff_t task, int thread);

/* Runs tasks 0 .. n_tasks-1 in any order, each once, on at most `threads` threads (and at most run->threads), the
 * calling thread among them as thread 0. Between its own tasks the calling thread asks run->poll. Returns the first
 * failure met, after which no further task starts. A task of more than 20 ms checks in, so that Ctrl-C is answered.
 * No loop inside a task. */
kmc_status kmc_parallel(const kmc_run *run, int threads, ptrdiff_t n_tasks, kmc_task task, void *job);

/* For a task to call every 0.1 to 20 ms: whether to go on. The calling thread asks run->poll; a helper learns of the
 * loop's first failure. */
kmc_status kmc_check_in(const kmc_run *run, int thread);

/* The tasks that n units of work make, `share` in each but the last. */
static inline ptrdiff_t kmc_tasks_for(size_t n, size_t share)
{
    return (ptrdiff_t)(n / share + (n % share != 0));
}

/* The threads worth using, 1 to run->threads: one for every `share` units of work, and two no sooner than that. */
int kmc_threads_for(const kmc_run *run, size_t work, size_t share);

#endif
