/* Indices chosen by what they cost in PNG files. */
#ifndef KMC_LOSSY_PNG_CHOICE_H
#define KMC_LOSSY_PNG_CHOICE_H

#include "lossy/choice.h"

/* Chooses indices by what deflate asks for them in rows that are not filtered and have a byte for each index. `nearest`
 * are the indices of the nearest entries; for lambda <= 0 they are chosen. KMC_BAD_ARGUMENT if indices do not have one
 * byte. */
kmc_status kmc_choose_png(const kmc_run *run, const kmc_choice *choice, const void *nearest, void *indices);

#endif
