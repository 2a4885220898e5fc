/* Any index plane, palette and block of metadata: what is written must be read as it was. */
#include "plane.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(uint8_t *bytes, size_t n, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < n; i++) bytes[i] = size != 0 ? data[i % size] : 0;
}

/* An index for each pixel: a byte of data picks it, or, where it says so, a neighbour. */
static void draw(const kmc_plane *plane, void *indices, int index_bytes, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < plane->width * plane->height; i++) {
        const uint8_t byte = size != 0 ? data[i % size] : (uint8_t)i;
        size_t index = byte * (1 + i % 7) % plane->k;
        if (byte % 4 == 1 && i > 0) index = fuzz_index(indices, index_bytes, i - 1);
        if (byte % 4 == 2 && i >= plane->width) index = fuzz_index(indices, index_bytes, i - plane->width);
        if (index_bytes == 1)
            ((uint8_t *)indices)[i] = (uint8_t)index;
        else
            ((uint16_t *)indices)[i] = (uint16_t)index;
    }
}

static void check_palette(const kmc_plane *plane)
{
    const size_t n = plane->k * (size_t)plane->channels;
    kmc_bytes coded;
    uint8_t *const again = malloc(n);
    if (!again || kmc_palette_write(plane->palette, plane->k, plane->channels, &coded) != KMC_OK) abort();
    if (kmc_palette_read(coded.data, coded.size, again, plane->k, plane->channels) != KMC_OK) abort();
    if (memcmp(again, plane->palette, n) != 0) abort();
    kmc_bytes_free(&coded, 1);
    free(again);
}

static void check_block(const kmc_run *run, const uint8_t *block, size_t n)
{
    kmc_bytes coded;
    uint8_t *const again = malloc(n);
    if (!again || kmc_block_write(run, block, n, &coded) != KMC_OK) abort();
    if (kmc_block_read(run, coded.data, coded.size, again, n) != KMC_OK) abort();
    if (memcmp(again, block, n) != 0) abort();
    kmc_bytes_free(&coded, 1);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    kmc_plane plane;
    const kmc_run run = fuzz_run();
    if (size < FUZZ_HEAD) return 0;
    const int index_bytes = fuzz_plane(data, &plane);
    const size_t n = plane.width * plane.height;
    uint8_t *const palette = malloc(plane.k * (size_t)plane.channels);
    kmc_bytes *const coded = calloc(plane.n_bands, sizeof *coded);
    void *const indices = calloc(n, (size_t)index_bytes), *const again = calloc(n, (size_t)index_bytes);
    if (!palette || !coded || !indices || !again) abort();
    fill(palette, plane.k * (size_t)plane.channels, data + 10, size - 10);
    plane.palette = palette;
    draw(&plane, indices, index_bytes, data + FUZZ_HEAD, size - FUZZ_HEAD);
    check_palette(&plane);
    check_block(&run, data, size);
    if (kmc_plane_write(&run, &plane, indices, index_bytes, coded) != KMC_OK) abort();
    if (kmc_plane_read(&run, &plane, coded, again, index_bytes) != KMC_OK) abort();
    if (memcmp(indices, again, n * (size_t)index_bytes) != 0) abort();
    kmc_bytes_free(coded, plane.n_bands);
    free(palette);
    free(coded);
    free(indices);
    free(again);
    return 0;
}
