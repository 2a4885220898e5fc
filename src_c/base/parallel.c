/* The parallel loop of the engine, on OpenMP. No other file uses threads.
 *
 * A parallel region ends with a barrier, where all threads wait for one that has lost its processor to another program.
 * So a loop uses no more threads than there are idle processors, and on a busy machine it starts on the calling thread
 * alone. Only when it takes so long that a fair share of the processors outweighs waiting at the barrier, the rest of
 * it runs on all threads. */
#include "base/parallel.h"

#include "base/clock.h"

#ifdef _OPENMP

#include "base/cpu.h"

#include <omp.h>

#define LOAD_PERIOD_NS 10000000 /* between two measurements of the load */
#define LONG_LOOP_NS 100000000  /* a loop that takes longer uses all threads */

#ifdef _MSC_VER
#define KMC_THREAD_LOCAL __declspec(thread)
#else
#define KMC_THREAD_LOCAL _Thread_local
#endif

#ifndef _WIN32

#include <pthread.h>

enum { MAX_WORKERS = 1024 };

static KMC_THREAD_LOCAL int started; /* the largest number of workers that the calling thread was able to start */

static void *wait_for(void *gate)
{
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

/* How many of the wanted workers can be started. libgomp ends the process if it cannot start one, so this tries first,
 * with as many threads at once. */
static int startable(int wanted)
{
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_t threads[MAX_WORKERS];
    int n = 0;
    if (wanted <= started) return wanted;
    pthread_mutex_lock(&gate);
    while (n < wanted && n < MAX_WORKERS && pthread_create(&threads[n], NULL, wait_for, &gate) == 0) n++;
    pthread_mutex_unlock(&gate);
    for (int i = 0; i < n; i++) pthread_join(threads[i], NULL);
    if (n > started) started = n;
    return n;
}

#else

static int startable(int wanted)
{
    return wanted;
}

#endif

/* After a fork, libgomp would wait in the child for threads that only the parent has. So its threads end before the
 * fork; they are started again when needed. LLVM's runtime handles forks itself, also when it replaces libgomp. */
#if defined(__linux__) && defined(__GNUC__) && !defined(__clang__)

extern int kmp_get_blocktime(void) __attribute__((weak)); /* exists in LLVM's runtime only */

static void before_fork(void)
{
    if (kmp_get_blocktime) return;
    omp_pause_resource_all(omp_pause_hard);
    started = 0;
}

__attribute__((constructor)) static void survive_forks(void)
{
    pthread_atfork(before_fork, NULL, NULL); /* fails only without memory */
}

#endif

/* The thread ids of the last workers of the calling thread. They may still be running for a moment, or spinning for
 * long if the OpenMP runtime waits actively. */
enum { WORKERS = 64 };
static KMC_THREAD_LOCAL int workers[WORKERS];

/* The number of processors that are idle or used by the calling thread's own workers. */
static int idle_processors(kmc_loop *loop, int64_t now)
{
    if (loop->looked == 0 || now - loop->looked >= LOAD_PERIOD_NS) {
        int others = kmc_cpu_running() - 1;
        for (int i = 0; i < WORKERS && workers[i] != 0 && others > 0; i++) others -= kmc_cpu_runs(workers[i]);
        loop->idle = loop->processors - 1 - (others > 0 ? others : 0);
        loop->looked = now;
    }
    return loop->idle > 0 ? loop->idle : 0;
}

/* The number of threads for the rest of a loop. */
static int team_size(kmc_loop *loop, int threads, int64_t begun)
{
    const int64_t now = kmc_clock_ns();
    int others = (threads < loop->processors ? threads : loop->processors) - 1;
    if (others > 0 && now - begun <= LONG_LOOP_NS) {
        const int idle = idle_processors(loop, now);
        if (idle < others) others = idle;
    }
    return others > 0 ? 1 + startable(others) : 1;
}

static void fail(kmc_loop *loop, kmc_status status)
{
    const unsigned bit = 1u << status;
#pragma omp atomic
    loop->failures |= bit;
}

/* The value of a field that other threads change. */
static unsigned read_shared(const unsigned *field)
{
    unsigned value;
#if _OPENMP >= 201107
#pragma omp atomic read
    value = *field;
#else
    value = *(const volatile unsigned *)field;
#endif
    return value;
}

static kmc_status failure(const kmc_loop *loop)
{
    const unsigned failures = read_shared(&loop->failures);
    if (failures == 0) return KMC_OK;
    if (failures & 1u << KMC_INTERRUPTED) return KMC_INTERRUPTED;
    return failures & 1u << KMC_NO_MEMORY ? KMC_NO_MEMORY : KMC_BAD_ARGUMENT;
}

static void arrive(kmc_loop *loop)
{
#pragma omp atomic
    loop->arrived++;
}

/* Polls for Ctrl-C until the other threads have run out of tasks, since a barrier cannot be interrupted. Not needed in
 * short loops. */
static void await_others(const kmc_run *run, int others, int64_t begun)
{
    kmc_loop *const loop = run->loop;
    while (read_shared(&loop->arrived) < (unsigned)others && failure(loop) == KMC_OK) {
        const int64_t elapsed = kmc_clock_ns() - begun;
        if (elapsed < LOAD_PERIOD_NS) return;
        kmc_clock_sleep(elapsed < LONG_LOOP_NS ? elapsed / 128 : LONG_LOOP_NS / 128);
        if (kmc_poll(run) != KMC_OK) fail(loop, KMC_INTERRUPTED);
    }
}

/* Runs tasks first .. n_tasks-1 on a team of threads. */
static kmc_status run_team(const kmc_run *run, int team, ptrdiff_t first, ptrdiff_t n_tasks, kmc_task task, void *job)
{
    kmc_loop *const loop = run->loop;
    int *const ids = workers;
    const int64_t begun = kmc_clock_ns();
    loop->arrived = 0;
#pragma omp parallel num_threads(team)
    {
        const int thread = omp_get_thread_num();
        ptrdiff_t i; /* signed and declared here, as OpenMP 2.0 requires */
        if (thread > 0 && thread <= WORKERS) ids[thread - 1] = kmc_cpu_thread();
#pragma omp for schedule(dynamic, 1) nowait
        for (i = first; i < n_tasks; i++) {
            if (failure(loop) != KMC_OK) continue;
            kmc_status status = task(job, i, thread);
            if (thread == 0 && status == KMC_OK) status = kmc_poll(run);
            if (status != KMC_OK) fail(loop, status);
        }
        if (thread > 0) arrive(loop);
        else await_others(run, omp_get_num_threads() - 1, begun);
    }
    return failure(loop);
}

kmc_status kmc_check_in(const kmc_run *run, int thread)
{
    const kmc_status status = thread == 0 ? kmc_poll(run) : KMC_OK;
    return status == KMC_OK && run->loop ? failure(run->loop) : status;
}

int kmc_openmp_threads(void)
{
    return omp_get_max_threads();
}

int kmc_openmp_processors(void)
{
    return omp_get_num_procs();
}

#else

kmc_status kmc_check_in(const kmc_run *run, int thread)
{
    (void)thread;
    return kmc_poll(run);
}

int kmc_openmp_threads(void)
{
    return 0;
}

int kmc_openmp_processors(void)
{
    return 0;
}

#endif

kmc_status kmc_parallel(const kmc_run *run, int threads, ptrdiff_t n_tasks, kmc_task task, void *job)
{
    kmc_status status = KMC_OK;
#ifdef _OPENMP
    const int64_t begun = kmc_clock_ns();
    if (!run->loop) threads = 1;
    else run->loop->failures = 0;
    if (threads > run->threads) threads = run->threads;
#else
    (void)threads;
#endif
    for (ptrdiff_t i = 0; i < n_tasks && status == KMC_OK; i++) {
#ifdef _OPENMP
        const int most = threads < n_tasks - i ? threads : (int)(n_tasks - i);
        const int team = most > 1 ? team_size(run->loop, most, begun) : 1;
        if (team > 1) return run_team(run, team, i, n_tasks, task, job);
#endif
        status = task(job, i, 0);
        if (status == KMC_OK) status = kmc_poll(run);
    }
    return status;
}

int kmc_threads_for(const kmc_run *run, size_t work, size_t share)
{
    const size_t threads = work / share;
    if (threads < 2) return 1;
    return threads < (size_t)run->threads ? (int)threads : run->threads;
}
