/* One parallel loop for the whole engine: the only door to threads. */
#ifndef KMC_PARALLEL_H
#define KMC_PARALLEL_H

#include "base.h"

/* One piece of a job. `thread` is in [0, threads) and names the caller's scratch space. */
typedef kmc_status (*kmc_task)(void *job, ptrdiff_t task, int thread);

/* Runs tasks 0 .. n_tasks-1 in any order, each once, on at most `threads` threads (and at most run->threads), the
 * calling thread among them. Between its own tasks the calling thread asks run->poll. Returns the first failure
 * met, after which no further task starts. Each task should take 0.1 to 20 ms, so that Ctrl-C is answered. */
kmc_status kmc_parallel(const kmc_run *run, int threads, ptrdiff_t n_tasks, kmc_task task, void *job);

#endif
