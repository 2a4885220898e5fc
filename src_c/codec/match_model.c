/* The last place that looked like this one: its table. */
#include "codec/match_model.h"

kmc_status kmc_match_model_new(kmc_match_model *match_model)
{
    *match_model = (kmc_match_model){.positions = kmc_alloc_zeroed((size_t)1 << KMC_MATCH_BITS, sizeof *match_model->positions)};
    return match_model->positions ? KMC_OK : KMC_NO_MEMORY;
}

void kmc_match_model_free(kmc_match_model *match_model)
{
    kmc_free(match_model->positions);
}
