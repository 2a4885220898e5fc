/* The basics that all files use: status codes, the run context, checked allocation. */
#ifndef KMC_BASE_BASE_H
#define KMC_BASE_BASE_H

#include <stddef.h>
#include <stdint.h>

typedef enum kmc_status {
    KMC_OK = 0,
    KMC_NO_MEMORY,   /* an allocation failed, or its size overflowed */
    KMC_INTERRUPTED, /* kmc_run.poll returned non-zero */
    KMC_BAD_ARGUMENT /* an argument breaks the contract of the function */
} kmc_status;

struct kmc_kernels;
struct kmc_loop;
struct kmc_tables;

/* How to run a call. The result does not depend on it, unless poll ends the call early. */
typedef struct kmc_run {
    int threads;                       /* maximum number of threads, >= 1 */
    const struct kmc_kernels *kernels; /* the instruction set, from kmc_kernels_find */
    struct kmc_loop *loop;             /* state of the parallel loops (base/parallel.h); NULL: one thread only */
    struct kmc_tables *tables;         /* tables kept between calls (base/scratch.h); NULL: none */
    int (*poll)(void *);               /* called on the calling thread between tasks; non-zero: KMC_INTERRUPTED */
    void *poll_arg;
    int stopped; /* set by poll: code that improves a result stops and returns it; code that creates one continues */
} kmc_run;

/* Calls run->poll, which may set run->stopped. For the calling thread only, every few milliseconds. */
static inline kmc_status kmc_poll(const kmc_run *run)
{
    return run->poll && run->poll(run->poll_arg) ? KMC_INTERRUPTED : KMC_OK;
}

/* Prefetches a cache line, if the compiler supports it. */
#if defined(__GNUC__)
#define kmc_prefetch(at) __builtin_prefetch(at)
#else
#define kmc_prefetch(at) ((void)(at))
#endif

static inline size_t kmc_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Allocates count * size bytes, uninitialized or zeroed. NULL if the product overflows or there is not enough memory;
 * never NULL for a size of 0. Release with kmc_free, which accepts NULL. */
void *kmc_alloc(size_t count, size_t size);
void *kmc_alloc_zeroed(size_t count, size_t size);
void kmc_free(void *memory);

/* Reallocates an array to `capacity` items of `size` bytes, of which the first n are copied. NULL if there is not
 * enough memory, and then `memory` is unchanged. */
void *kmc_grown(void *memory, size_t n, size_t capacity, size_t size);

/* Advises the system to use large pages for memory with random access. No effect where that is not supported. */
void kmc_huge_pages(void *memory, size_t bytes);

/* For tests only: lets the allocation after the next n fail, once; and the number of allocations that are not freed. */
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
