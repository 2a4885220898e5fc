/* Filters of PNG (W3C PNG, 9.2): each byte minus its prediction from neighbours. */
#ifndef KMC_PNG_FILTER_H
#define KMC_PNG_FILTER_H

#include "base/base.h"

/* Filters n_rows rows of `width` bytes of palette indices: with the filter of this number, 0 to 4, or, if it is
 * negative, with the filter of least entropy for each row, the lowest number on ties. `out` has width + 1 bytes per
 * row, of which the first is the number of the filter. */
kmc_status kmc_png_filter(const kmc_run *run, const uint8_t *rows, size_t n_rows, size_t width, int filter,
                          uint8_t *out);

#endif
