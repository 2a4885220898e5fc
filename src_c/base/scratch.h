/* Large tables kept from one call to the next.
 *
 * A table is touched here and there. Fresh from the system every page costs about a microsecond when first touched, on
 * 12 megapixels as much as half of the work on them; a table that has been used before costs nothing. */
#ifndef KMC_BASE_SCRATCH_H
#define KMC_BASE_SCRATCH_H

#include "base/base.h"

#define KMC_TABLE_BYTES ((size_t)1 << 24)

/* What is kept serves one call at a time, and its calling thread alone. */
typedef struct kmc_tables kmc_tables;
kmc_status kmc_tables_new(kmc_tables **tables);
void kmc_tables_free(kmc_tables *tables);

/* A table of `bytes` or NULL, and its way back, where NULL is allowed. Tables of KMC_TABLE_BYTES are kept, unless
 * `tables` is NULL. They hold whatever the call before left there, or else zeros: never what is not the engine's. */
void *kmc_table_take(kmc_tables *tables, size_t bytes);
void kmc_table_give(kmc_tables *tables, void *table, size_t bytes);

#endif
