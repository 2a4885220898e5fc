/* Any bytes as palette, bands and a block of metadata: they must decode to something, in bounds. */
#include "plane.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode_block(const kmc_run *run, const uint8_t *coded, size_t size, size_t n)
{
    uint8_t *const block = malloc(n);
    if (!block || kmc_block_read(run, coded, size, block, n) != KMC_OK) abort();
    free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kmc_plane plane;
    const kmc_run run = fuzz_run();
    if (size < FUZZ_HEAD) return 0;
    const int index_bytes = fuzz_plane(data, &plane);
    const size_t palette_size = data[10] < size - FUZZ_HEAD ? data[10] : size - FUZZ_HEAD;
    uint8_t *const palette = malloc(plane.k * (size_t)plane.channels);
    uint8_t *const rest = malloc(size - FUZZ_HEAD + 1); /* exactly as long as it says, for the sanitizer */
    kmc_bytes *const coded = calloc(plane.n_bands, sizeof *coded);
    void *const indices = calloc(plane.width * plane.height, (size_t)index_bytes);
    if (!palette || !rest || !coded || !indices) abort();
    memcpy(rest, data + FUZZ_HEAD, size - FUZZ_HEAD);
    if (kmc_palette_read(rest, palette_size, palette, plane.k, plane.channels) != KMC_OK) abort();
    plane.palette = palette;
    const size_t left = size - FUZZ_HEAD - palette_size, share = left / plane.n_bands;
    for (size_t i = 0; i < plane.n_bands; i++)
        if (i != data[11]) coded[i] = (kmc_bytes){rest + palette_size + i * share, share};
    if (kmc_plane_read(&run, &plane, coded, indices, index_bytes) != KMC_OK) abort();
    for (size_t i = 0; i < plane.width * plane.height; i++)
        if (fuzz_index(indices, index_bytes, i) >= plane.k) abort();
    decode_block(&run, rest, size - FUZZ_HEAD, 1 + data[10] * (size_t)4);
    free(palette);
    free(rest);
    free(coded);
    free(indices);
    return 0;
}
