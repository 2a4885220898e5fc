/* The one parallel loop of the engine, on OpenMP. Built without OpenMP it runs on the calling thread. */
#ifndef KMC_BASE_PARALLEL_H
#define KMC_BASE_PARALLEL_H

#include "base/base.h"

/* What the loops of one call share; all zero but for `processors`, how many the machine has. It serves one loop at a
 * time. */
typedef struct kmc_loop {
    int processors;
    int idle;          /* how many of them nobody was using when last looked at */
    int64_t looked;    /* when that was */
    unsigned failures; /* of the loop under way: bit s for status s */
    int arrived;       /* of its threads but the calling one, how many found no task left */
} kmc_loop;

/* One piece of a job. `thread` is in [0, threads) and names the caller's scratch space. */
typedef kmc_status (*kmc_task)(void *job, ptrdiff_t task, int thread);

/* Runs tasks 0 .. n_tasks-1 in any order, each once, on at most `threads` threads (and at most run->threads), the
 * calling thread among them as thread 0; no more than there are idle processors, until the loop has proved long.
 * Between its own tasks the calling thread asks run->poll. Returns a failure met, after which no further task starts,
 * an interruption first. A task of more than 20 ms checks in, so that Ctrl-C is answered. No loop inside a task. */
kmc_status kmc_parallel(const kmc_run *run, int threads, ptrdiff_t n_tasks, kmc_task task, void *job);

/* For a task to call every 0.1 to 20 ms: whether to go on. The calling thread asks run->poll; all others learn of a
 * failure of the loop. */
kmc_status kmc_check_in(const kmc_run *run, int thread);

/* The tasks that n units of work make, `share` in each but the last. */
static inline ptrdiff_t kmc_tasks_for(size_t n, size_t share)
{
    return (ptrdiff_t)(n / share + (n % share != 0));
}

/* The threads worth using, 1 to run->threads: one for every `share` units of work, and two no sooner than that. */
int kmc_threads_for(const kmc_run *run, size_t work, size_t share);

/* How many threads OpenMP would give a parallel region of the calling thread, as set by OMP_NUM_THREADS or
 * omp_set_num_threads; and how many processors it sees. 0 in a build without OpenMP. */
int kmc_openmp_threads(void);
int kmc_openmp_processors(void);

#endif
