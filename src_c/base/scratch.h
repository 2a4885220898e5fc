/* Large tables kept between calls.
 *
 * Tables are accessed at random, and the system maps every page of new memory on its first access, which can take half
 * as long as the actual work. Tables that are kept have their pages mapped already. */
#ifndef KMC_BASE_SCRATCH_H
#define KMC_BASE_SCRATCH_H

#include "base/base.h"

#define KMC_TABLE_BYTES ((size_t)1 << 24)

/* A set of free tables, to be used by one call at a time, and by its calling thread only. kmc_tables_new returns
 * KMC_NO_MEMORY on failure; kmc_tables_free accepts NULL. */
typedef struct kmc_tables kmc_tables;
kmc_status kmc_tables_new(kmc_tables **tables);
void kmc_tables_free(kmc_tables *tables);

/* kmc_table_take returns a table of `bytes`, or NULL if there is not enough memory. It contains zeros or, if it was
 * kept, what was in it when kmc_table_give returned it. Only tables of KMC_TABLE_BYTES are kept, and none if `tables`
 * is NULL. kmc_table_give accepts a NULL table. */
void *kmc_table_take(kmc_tables *tables, size_t bytes);
void kmc_table_give(kmc_tables *tables, void *table, size_t bytes);

#endif
