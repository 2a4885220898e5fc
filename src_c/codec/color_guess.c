/* What colour a pixel is likely to have: eight rules, each weighted by how right it was nearby. */
#include "codec/color_guess.h"

enum { TRUST_ONE = 1 << 16, TRUST_BIAS = 9 };

kmc_status kmc_guesser_new(size_t width, kmc_guesser *guesser)
{
    guesser->errors = kmc_alloc_zeroed(width + 2 * KMC_GUESS_MARGIN, sizeof *guesser->errors);
    for (int i = 0; i <= KMC_TRUST_MAX; i++) guesser->trust[i] = (uint16_t)(TRUST_ONE / (i + TRUST_BIAS));
    return guesser->errors ? KMC_OK : KMC_NO_MEMORY;
}

void kmc_guesser_free(kmc_guesser *guesser)
{
    kmc_free(guesser->errors);
}
