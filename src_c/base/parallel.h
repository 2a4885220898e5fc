/* The parallel loop of the engine, on OpenMP. In a build without OpenMP it runs on the calling thread. */
#ifndef KMC_BASE_PARALLEL_H
#define KMC_BASE_PARALLEL_H

#include "base/base.h"

/* State shared by the loops of one call, one loop at a time. Initialize `processors` to the number of processors, and
 * the rest to 0. */
typedef struct kmc_loop {
    int processors;
    int idle;          /* number of idle processors at the last measurement */
    int64_t looked;    /* time of this measurement */
    unsigned failures; /* of the current loop: bit s for status s */
    unsigned arrived;  /* number of its threads, without the calling one, that have run out of tasks */
} kmc_loop;

/* One task of a loop. `thread` is in [0, threads), to select scratch memory. A task runs no loop itself. */
typedef kmc_status (*kmc_task)(void *job, ptrdiff_t task, int thread);

/* Runs tasks 0 .. n_tasks-1, each once and in any order, on at most `threads` and at most run->threads threads; the
 * calling thread is thread 0. It calls run->poll between its tasks. After a failure no further task starts, and the
 * status is returned; KMC_INTERRUPTED takes precedence. Tasks of more than 20 ms must call kmc_check_in, so that Ctrl-C
 * is handled in time. */
kmc_status kmc_parallel(const kmc_run *run, int threads, ptrdiff_t n_tasks, kmc_task task, void *job);

/* To be called by long tasks every 0.1 to 20 ms; a task returns at once if the status is not KMC_OK. Thread 0 calls
 * run->poll; the others see failures of the loop. */
kmc_status kmc_check_in(const kmc_run *run, int thread);

/* The number of tasks for n units of work, with `share` units each, fewer in the last. */
static inline ptrdiff_t kmc_tasks_for(size_t n, size_t share)
{
    return (ptrdiff_t)(n / share + (n % share != 0));
}

/* The number of threads worth using, 1 to run->threads: one for every `share` units of work. */
int kmc_threads_for(const kmc_run *run, size_t work, size_t share);

/* The number of threads that OpenMP uses by default in the calling thread, as set by OMP_NUM_THREADS or
 * omp_set_num_threads; and the number of processors that it sees. 0 in a build without OpenMP. */
int kmc_openmp_threads(void);
int kmc_openmp_processors(void);

#endif
