/* Filters of PNG (W3C PNG, 9.2): each byte less what its neighbours foretell. */
#ifndef KMC_PNG_FILTER_H
#define KMC_PNG_FILTER_H

#include "base/base.h"

/* Gives each of n_rows rows, `width` bytes of palette indices each, the filter of this number, 0 to 4, or, if that is
 * negative, the one that leaves the least entropy in it, of the lowest number among equals. `out` has width + 1 bytes a
 * row, the first being the number. */
kmc_status kmc_png_filter(const kmc_run *run, const uint8_t *rows, size_t n_rows, size_t width, int filter,
                          uint8_t *out);

#endif
