/* Large tables kept from one call to the next. */
#include "base/scratch.h"

/* Photographs touch some 6 MB of each, so this is what a process goes on holding: enough for four threads. */
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

/* Small tables are not worth keeping: only those of three channels are, which are all of one size. */
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
