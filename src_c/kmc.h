/* Everything the Python layer sees of the engine, each function with its contract.
 *
 * The caller owns all arrays; a call allocates its workspace, frees it before it returns, prints nothing and never
 * exits. Results depend on the arguments alone, never on run->threads or run->kernels. */
#ifndef KMC_H
#define KMC_H

#include "base.h"
#include "kernels.h"

/* ---- histogram: the distinct colours of pictures, with their counts --------------------------------------------- */

typedef struct kmc_histogram kmc_histogram;

/* An empty histogram of colours of `channels` (1, 3 or 4) bytes. Release with kmc_histogram_free (NULL is allowed). */
kmc_status kmc_histogram_new(int channels, kmc_histogram **histogram);
void kmc_histogram_free(kmc_histogram *histogram);

/* Counts n pixels, n * channels bytes. After a failure the histogram may only be freed. */
kmc_status kmc_histogram_add(kmc_histogram *histogram, const kmc_run *run, const uint8_t *pixels, size_t n);

/* How many distinct colours there are; then the colours themselves in Morton order (the bits of the channels
 * interleaved from the top down, first channel first) with their counts. */
kmc_status kmc_histogram_size(kmc_histogram *histogram, const kmc_run *run, size_t *n_colors);
kmc_status kmc_histogram_read(kmc_histogram *histogram, const kmc_run *run, uint8_t *colors, int64_t *counts);

/* ---- remap: pixels to palette indices ---------------------------------------------------------------------------- */

/* indices[i] = labels[j] where colors[j] is the colour of pixel i; every pixel's colour is among `colors`, which are
 * distinct and in Morton order. Indices are 1 byte wide (index_bytes = 1) or 2. */
kmc_status kmc_remap(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *colors,
                     const uint16_t *labels, size_t n_colors, void *indices, int index_bytes);

/* indices[i] = the nearest of k palette colours to pixel i, by brute force, lowest index on ties; k <= 65536. */
kmc_status kmc_assign(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *palette,
                      size_t k, void *indices, int index_bytes);

#endif
