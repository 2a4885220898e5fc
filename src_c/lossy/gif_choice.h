/* Indices chosen by what they cost in GIF files. */
#ifndef KMC_LOSSY_GIF_CHOICE_H
#define KMC_LOSSY_GIF_CHOICE_H

#include "lossy/choice.h"

/* Chooses indices by what LZW asks for them, as encoders write it that clear their table when it is full. `nearest` are
 * the indices of the nearest entries; for lambda <= 0 they are chosen. KMC_BAD_ARGUMENT if indices do not have one
 * byte. */
kmc_status kmc_choose_gif(const kmc_run *run, const kmc_choice *choice, const void *nearest, void *indices);

#endif
