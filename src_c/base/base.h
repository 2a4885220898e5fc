/* What every file of the engine shares: status codes, the run context, checked allocation. */
#ifndef KMC_BASE_BASE_H
#define KMC_BASE_BASE_H

#include <stddef.h>
#include <stdint.h>

typedef enum kmc_status {
    KMC_OK = 0,
    KMC_NO_MEMORY,   /* an allocation failed, or its size overflowed */
    KMC_INTERRUPTED, /* kmc_run.poll asked to stop */
    KMC_BAD_ARGUMENT /* the caller broke the contract of the function */
} kmc_status;

struct kmc_kernels;
struct kmc_loop;
struct kmc_tables;

/* How a call is to run. The result never depends on it. */
typedef struct kmc_run {
    int threads;                       /* the most threads it may use, >= 1 */
    const struct kmc_kernels *kernels; /* the instruction set, from kmc_kernels_find */
    struct kmc_loop *loop;             /* the loops of this call (base/parallel.h); NULL: one thread only */
    struct kmc_tables *tables;         /* room kept between calls (base/scratch.h); NULL: none */
    int (*poll)(void *);               /* called on the calling thread between tasks; non-zero: KMC_INTERRUPTED */
    void *poll_arg;
    int stopped; /* set by poll: whoever improves a result ends with the one it has; whoever makes one goes on */
} kmc_run;

/* Asks the caller whether to go on. On the calling thread only, every few milliseconds; may set run->stopped. */
static inline kmc_status kmc_poll(const kmc_run *run)
{
    return run->poll && run->poll(run->poll_arg) ? KMC_INTERRUPTED : KMC_OK;
}

/* Fetches what will be needed soon into the cache, where the compiler knows how. */
#if defined(__GNUC__)
#define kmc_prefetch(at) __builtin_prefetch(at)
#else
#define kmc_prefetch(at) ((void)(at))
#endif

static inline size_t kmc_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* count * size bytes, or NULL when that overflows or memory is short. Release with kmc_free. */
void *kmc_alloc(size_t count, size_t size);
void *kmc_alloc_zeroed(size_t count, size_t size);
void kmc_free(void *memory);

/* Room for `room` items, of which the first n are those in `memory`, which is released. NULL when memory is short, and
 * then all stays as it was. */
void *kmc_grown(void *memory, size_t n, size_t room, size_t size);

/* Asks for large pages under memory that is about to be used here and there. */
void kmc_huge_pages(void *memory, size_t bytes);

/* For tests only: lets n allocations succeed and the next one fail, once; and how many are not yet freed. */
#ifdef KMC_TEST_HOOKS
#define KMC_HAS_TEST_HOOKS 1
void kmc_fail_allocation_after(long n);
long kmc_live_allocations(void);
#else
#define KMC_HAS_TEST_HOOKS 0
#define kmc_fail_allocation_after(n) ((void)(n))
#define kmc_live_allocations() 0L
#endif

#endif
