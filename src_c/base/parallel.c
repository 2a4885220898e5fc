/* One parallel loop for the whole engine: the only door to threads.
 *
 * The caller begins at once and takes tasks until none is left; a helper that wakes in time takes some off it. At
 * the end the caller waits for the tasks that helpers have begun, never for a helper that has not come. Helpers sleep
 * between loops and belong to one call, so nothing spins, nothing is left behind, and fork is safe.
 *
 * An OpenMP loop has a barrier at both ends, where all wait for a thread that is waiting for a processor. Two threads
 * on two cores, mean milliseconds with one busy process a core (and three more tests at work):
 *
 *                              one thread   libgomp   this
 *     50 loops of 0.5 ms, in a row     24      1002     24
 *     one loop of 3 ms                0.9        24    0.6
 *     one loop of 10 ms                11        44     12
 *     one loop of 200 ms              192       177    177 */
#define _POSIX_C_SOURCE 200809L /* for the signal mask of a thread */
#include "base/parallel.h"

#ifdef KMC_NO_THREADS

kmc_status kmc_team_new(int processors, kmc_team **team)
{
    (void)processors;
    *team = NULL;
    return KMC_OK;
}

void kmc_team_free(kmc_team *team)
{
    (void)team;
}

#else

#include "base/clock.h"
#include "base/cpu.h"
#include "base/thread.h"

/* A helper that loses its processor in the middle of a task keeps the caller waiting for some 10 ms until it gets
 * it back. So helpers take only processors that nobody is using, looked for every LOOK_NS; unless a loop is so long
 * that it gains more from its fair share of a busy machine than it may lose: from PATIENCE_NS on. */
#define LOOK_NS 10000000
#define PATIENCE_NS 100000000

struct kmc_team {
    kmc_lock lock; /* over everything below */
    kmc_condition work, finished;
    int references; /* the call's and one for each helper: the last to leave frees the team */
    int processors, idle; /* how many there are; how many nobody was using when last looked at */
    int64_t looked;
    int helpers, asleep; /* how many have been started; and of those, how many wait for work */
    int closing;
    /* the loop under way */
    kmc_task task;
    void *job;
    ptrdiff_t next, n_tasks;
    int64_t begun;
    int most;    /* helpers that there is work for: 0 between loops */
    int wanted;  /* helpers that may take part */
    int joined;  /* helpers that have taken part, which makes them threads 1 .. joined */
    int running; /* helpers inside a task */
    kmc_status status;
};

kmc_status kmc_team_new(int processors, kmc_team **team)
{
    kmc_team *const t = kmc_alloc_zeroed(1, sizeof *t);
    *team = t;
    if (!t) return KMC_NO_MEMORY;
    t->references = 1;
    t->processors = processors;
    if (kmc_lock_init(&t->lock)) {
        if (kmc_condition_init(&t->work)) {
            if (kmc_condition_init(&t->finished)) return KMC_OK;
            kmc_condition_destroy(&t->work);
        }
        kmc_lock_destroy(&t->lock);
    }
    kmc_free(t);
    *team = NULL;
    return KMC_NO_MEMORY;
}

/* Gives up one reference; the lock is held before and released after. */
static void leave(kmc_team *team)
{
    const int left = --team->references;
    kmc_lock_release(&team->lock);
    if (left != 0) return;
    kmc_condition_destroy(&team->finished);
    kmc_condition_destroy(&team->work);
    kmc_lock_destroy(&team->lock);
    kmc_free(team);
}

void kmc_team_free(kmc_team *team)
{
    if (!team) return;
    kmc_lock_take(&team->lock);
    team->closing = 1;
    kmc_condition_wake_all(&team->work);
    leave(team);
}

/* Takes one task, if there is any. The lock is held before and after, but not during the task. */
static int take_task(kmc_team *team, int thread, const kmc_run *run)
{
    if (team->next >= team->n_tasks || team->status != KMC_OK) return 0;
    const ptrdiff_t i = team->next++;
    kmc_lock_release(&team->lock);
    kmc_status status = team->task(team->job, i, thread);
    if (run && status == KMC_OK) status = kmc_poll(run);
    kmc_lock_take(&team->lock);
    if (team->status == KMC_OK) team->status = status;
    return 1;
}

KMC_THREAD_MAIN(help, argument);

/* Starts one helper if there are too few. When none can be had the loop is only slower. */
static void start_helper(kmc_team *team)
{
    if (team->helpers >= team->wanted) return;
    team->references++;
    team->helpers++;
    if (kmc_thread_start(help, team)) return;
    team->references--;
    team->helpers--;
}

/* A helper starts the next one before it begins, so that starting many holds nobody up. */
KMC_THREAD_MAIN(help, argument)
{
    kmc_team *const team = argument;
    kmc_lock_take(&team->lock);
    if (!team->closing) start_helper(team);
    while (!team->closing) {
        if (team->joined < team->wanted && team->next < team->n_tasks && team->status == KMC_OK) {
            const int thread = ++team->joined;
            team->running++;
            while (take_task(team, thread, NULL)) continue;
            if (--team->running == 0) kmc_condition_wake_one(&team->finished);
        } else {
            team->asleep++;
            kmc_condition_wait(&team->work, &team->lock);
            team->asleep--;
        }
    }
    leave(team);
    return KMC_THREAD_END;
}

static void call_helpers(kmc_team *team, int wanted)
{
    team->wanted = wanted;
    if (wanted == 0) return;
    if (team->asleep != 0) kmc_condition_wake_all(&team->work);
    start_helper(team);
}

/* Calls all the helpers that there is work for, once that pays on a busy machine, too. */
static void lose_patience(kmc_team *team)
{
    if (team->wanted < team->most && kmc_clock_ns() - team->begun > PATIENCE_NS) call_helpers(team, team->most);
}

/* How many of the processors nobody uses, this thread and its helpers left out. */
static int idle_processors(kmc_team *team, int64_t now)
{
    if (team->looked == 0 || now - team->looked >= LOOK_NS) {
        const int running = kmc_cpu_running(), ours = 1 + team->helpers - team->asleep;
        const int others = running > ours ? running - ours : 0;
        team->idle = team->processors - 1 - others;
        team->looked = now;
    }
    return team->idle > 0 ? team->idle : 0;
}

static kmc_status run_together(const kmc_run *run, int threads, ptrdiff_t n_tasks, kmc_task task, void *job)
{
    kmc_team *const team = run->team;
    kmc_lock_take(&team->lock);
    team->begun = kmc_clock_ns();
    team->most = threads - 1;
    const int idle = idle_processors(team, team->begun);
    team->task = task;
    team->job = job;
    team->next = 0;
    team->n_tasks = n_tasks;
    team->joined = 0;
    team->status = KMC_OK;
    call_helpers(team, idle < team->most ? idle : team->most);
    while (take_task(team, 0, run)) lose_patience(team);
    team->n_tasks = team->most = 0;
    while (team->running != 0) kmc_condition_wait(&team->finished, &team->lock);
    const kmc_status status = team->status;
    kmc_lock_release(&team->lock);
    return status;
}

#endif

kmc_status kmc_check_in(const kmc_run *run, int thread)
{
    kmc_status status = thread == 0 ? kmc_poll(run) : KMC_OK;
#ifndef KMC_NO_THREADS
    kmc_team *const team = run->team;
    if (team && status == KMC_OK) {
        kmc_lock_take(&team->lock);
        if (thread == 0) lose_patience(team);
        status = team->status;
        kmc_lock_release(&team->lock);
    }
#endif
    return status;
}

kmc_status kmc_parallel(const kmc_run *run, int threads, ptrdiff_t n_tasks, kmc_task task, void *job)
{
    if (threads > run->threads) threads = run->threads;
    if (threads > n_tasks) threads = (int)n_tasks;
#ifndef KMC_NO_THREADS
    if (threads > 1 && run->team) return run_together(run, threads, n_tasks, task, job);
#endif
    kmc_status status = KMC_OK;
    for (ptrdiff_t i = 0; i < n_tasks && status == KMC_OK; i++) {
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
