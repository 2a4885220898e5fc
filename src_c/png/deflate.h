/* Bytes compressed into a zlib stream (RFC 1950 and 1951). */
#ifndef KMC_PNG_DEFLATE_H
#define KMC_PNG_DEFLATE_H

#include "base/base.h"

/* The most bytes that n can take. */
size_t kmc_deflate_bound(size_t n);

/* Compresses n >= 1 bytes into `out`, which has room for kmc_deflate_bound(n), and tells how many it took. What is
 * `quick` takes a fraction of the time on small and repetitive data, and a hundredth more bytes. */
kmc_status kmc_deflate(const kmc_run *run, const uint8_t *data, size_t n, int quick, uint8_t *out, size_t *size);

#endif
