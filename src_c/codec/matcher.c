/* The last place that looked like this one: its table. */
#include "codec/matcher.h"

kmc_status kmc_matcher_new(kmc_matcher *matcher)
{
    *matcher = (kmc_matcher){.positions = kmc_alloc_zeroed((size_t)1 << KMC_MATCH_BITS, sizeof *matcher->positions)};
    return matcher->positions ? KMC_OK : KMC_NO_MEMORY;
}

void kmc_matcher_free(kmc_matcher *matcher)
{
    kmc_free(matcher->positions);
}
