/* Checked allocation, and tables kept between calls. All sizes in bytes are multiplied here. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* for madvise */
#endif
#include "base/scratch.h"

#include <stdlib.h>
#include <string.h>

#ifdef KMC_TEST_HOOKS

#include <stdatomic.h>

static atomic_long live, until_failure = -1;

void kmc_fail_allocation_after(long n)
{
    atomic_store(&until_failure, n);
}

long kmc_live_allocations(void)
{
    return atomic_load(&live);
}

/* Counts an allocation, or frees it again if it is the one that has to fail. */
static void *counted(void *memory)
{
    if (atomic_load(&until_failure) >= 0 && atomic_fetch_sub(&until_failure, 1) == 0) {
        free(memory);
        return NULL;
    }
    if (memory) atomic_fetch_add(&live, 1);
    return memory;
}

void kmc_free(void *memory)
{
    if (memory) atomic_fetch_sub(&live, 1);
    free(memory);
}

#else

static void *counted(void *memory)
{
    return memory;
}

void kmc_free(void *memory)
{
    free(memory);
}

#endif

void *kmc_alloc(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) return NULL;
    const size_t bytes = count * size;
    return counted(malloc(bytes != 0 ? bytes : 1));
}

void *kmc_alloc_zeroed(size_t count, size_t size)
{
    return counted(count != 0 && size != 0 ? calloc(count, size) : calloc(1, 1));
}

void *kmc_grown(void *memory, size_t n, size_t capacity, size_t size)
{
    void *const larger = kmc_alloc(capacity, size);
    if (!larger) return NULL;
    if (n != 0) memcpy(larger, memory, n * size);
    kmc_free(memory);
    return larger;
}

#ifdef __linux__

#include <sys/mman.h>

void kmc_huge_pages(void *memory, size_t bytes)
{
    const uintptr_t page = (uintptr_t)1 << 21, begin = ((uintptr_t)memory + page - 1) & ~(page - 1);
    const uintptr_t end = ((uintptr_t)memory + bytes) & ~(page - 1);
    if (begin < end) madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* may fail, which is only slower */
}

#else

void kmc_huge_pages(void *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
}

#endif

/* ---- large tables kept for later calls --------------------------------------------------------------------------- */

/* Number of tables kept: enough for four threads. Photographs use only part of the pages of each. */
enum { KEPT = 4 };

struct kmc_tables {
    int n;
    void *kept[KEPT];
};

kmc_status kmc_tables_new(kmc_tables **tables)
{
    *tables = kmc_alloc_zeroed(1, sizeof **tables);
    return *tables ? KMC_OK : KMC_NO_MEMORY;
}

void kmc_tables_free(kmc_tables *tables)
{
    if (!tables) return;
    while (tables->n > 0) kmc_free(tables->kept[--tables->n]);
    kmc_free(tables);
}

/* Only tables for three channels are kept, which have all the same size; others are small. */
static int is_kept(const kmc_tables *tables, size_t bytes)
{
    return tables && bytes == KMC_TABLE_BYTES;
}

void *kmc_table_take(kmc_tables *tables, size_t bytes)
{
    if (is_kept(tables, bytes) && tables->n > 0) return tables->kept[--tables->n];
    return kmc_alloc_zeroed(bytes, 1);
}

void kmc_table_give(kmc_tables *tables, void *table, size_t bytes)
{
    if (table && is_kept(tables, bytes) && tables->n < KEPT)
        tables->kept[tables->n++] = table;
    else
        kmc_free(table);
}
