/* What colour a pixel is likely to have: eight rules, each weighted by how right it was nearby. */
#include "codec/color_predictor.h"

enum { TRUST_ONE = 1 << 16, TRUST_BIAS = 9 };

kmc_status kmc_color_predictor_new(size_t width, kmc_color_predictor *predictor)
{
    predictor->errors = kmc_alloc_zeroed(width + 2 * KMC_PREDICTOR_MARGIN, sizeof *predictor->errors);
    for (int i = 0; i <= KMC_ERROR_MAX; i++) predictor->estimate_weight[i] = (uint16_t)(TRUST_ONE / (i + TRUST_BIAS));
    return predictor->errors ? KMC_OK : KMC_NO_MEMORY;
}

void kmc_color_predictor_free(kmc_color_predictor *predictor)
{
    kmc_free(predictor->errors);
}
