/* Locks, conditions and detached threads: the little that base/parallel.c needs of the operating system. */
#ifndef KMC_BASE_THREAD_H
#define KMC_BASE_THREAD_H

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <process.h>
#include <windows.h>

typedef SRWLOCK kmc_lock;
typedef CONDITION_VARIABLE kmc_condition;

static inline int kmc_lock_init(kmc_lock *lock)
{
    InitializeSRWLock(lock);
    return 1;
}

static inline int kmc_condition_init(kmc_condition *condition)
{
    InitializeConditionVariable(condition);
    return 1;
}

static inline void kmc_lock_destroy(kmc_lock *lock)
{
    (void)lock;
}

static inline void kmc_condition_destroy(kmc_condition *condition)
{
    (void)condition;
}

static inline void kmc_lock_take(kmc_lock *lock)
{
    AcquireSRWLockExclusive(lock);
}

static inline void kmc_lock_release(kmc_lock *lock)
{
    ReleaseSRWLockExclusive(lock);
}

static inline void kmc_condition_wait(kmc_condition *condition, kmc_lock *lock)
{
    SleepConditionVariableSRW(condition, lock, INFINITE, 0);
}

static inline void kmc_condition_wake_one(kmc_condition *condition)
{
    WakeConditionVariable(condition);
}

static inline void kmc_condition_wake_all(kmc_condition *condition)
{
    WakeAllConditionVariable(condition);
}

#define KMC_THREAD_MAIN(name, argument) static unsigned __stdcall name(void *argument)
#define KMC_THREAD_END 0

static inline int kmc_thread_start(unsigned(__stdcall *main)(void *), void *argument)
{
    const uintptr_t handle = _beginthreadex(NULL, 0, main, argument, 0, NULL);
    if (handle == 0) return 0;
    CloseHandle((HANDLE)handle);
    return 1;
}

#else

#include <pthread.h>
#include <signal.h>

typedef pthread_mutex_t kmc_lock;
typedef pthread_cond_t kmc_condition;

static inline int kmc_lock_init(kmc_lock *lock)
{
    return pthread_mutex_init(lock, NULL) == 0;
}

static inline int kmc_condition_init(kmc_condition *condition)
{
    return pthread_cond_init(condition, NULL) == 0;
}

static inline void kmc_lock_destroy(kmc_lock *lock)
{
    pthread_mutex_destroy(lock);
}

static inline void kmc_condition_destroy(kmc_condition *condition)
{
    pthread_cond_destroy(condition);
}

static inline void kmc_lock_take(kmc_lock *lock)
{
    pthread_mutex_lock(lock);
}

static inline void kmc_lock_release(kmc_lock *lock)
{
    pthread_mutex_unlock(lock);
}

static inline void kmc_condition_wait(kmc_condition *condition, kmc_lock *lock)
{
    pthread_cond_wait(condition, lock);
}

static inline void kmc_condition_wake_one(kmc_condition *condition)
{
    pthread_cond_signal(condition);
}

static inline void kmc_condition_wake_all(kmc_condition *condition)
{
    pthread_cond_broadcast(condition);
}

#define KMC_THREAD_MAIN(name, argument) static void *name(void *argument)
#define KMC_THREAD_END NULL

/* Signals stay with the threads of the program: the new one blocks them all. */
static inline int kmc_thread_start(void *(*main)(void *), void *argument)
{
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int started = pthread_create(&thread, NULL, main, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started) pthread_detach(thread);
    return started;
}

#endif

#endif
