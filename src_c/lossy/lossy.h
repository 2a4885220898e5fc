/* Indices chosen for what they cost: of the entries near a pixel's colour the one with the least squared distance plus
 * what its bits are worth. kmc.h has the contract of all calls. */
#ifndef KMC_LOSSY_LOSSY_H
#define KMC_LOSSY_LOSSY_H

#include "codec/codec.h"
#include "lossy/choice.h"

enum { KMC_CHOICE_COLORS_MAX = 4096 };

/* Chooses indices by what the model of .kmc files asks for them; `plane` has the same size, and at least two colours.
 * `nearest` are the indices of the nearest entries. KMC_BAD_ARGUMENT if an index is not below k, or there are more than
 * KMC_CHOICE_COLORS_MAX colours. */
kmc_status kmc_choose_kmc(const kmc_run *run, const kmc_choice *choice, const kmc_plane *plane, const void *nearest,
                          void *indices);

#endif
