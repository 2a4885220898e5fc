/* How much errors of each pixel are seen. */
#ifndef KMC_LOSSY_WEIGHTS_H
#define KMC_LOSSY_WEIGHTS_H

#include "lossy/choice.h"

/* The weights of all pixels, 1 to 256: a picture that varies by itself hides errors (contrast masking). Where the
 * variance within 5 x 5 pixels is v, the weight is 256 sqrt(4 e / (4 e + v)); e is the mean squared distance to the
 * nearest entry among the pixels where it is not 0. `nearest` has the indices of the nearest entries, and `weights` of
 * the choice is not used. */
kmc_status kmc_masking_weights(const kmc_run *run, const kmc_choice *choice, const void *nearest, uint16_t *weights);

#endif
