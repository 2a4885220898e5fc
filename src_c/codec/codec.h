/* Index planes, palettes and metadata to the bytes of .kmc files and back; docs/kmc-format.md describes them. kmc.h
 * has the contract of all calls. */
#ifndef KMC_CODEC_CODEC_H
#define KMC_CODEC_CODEC_H

#include "base/base.h"

typedef struct kmc_bytes {
    uint8_t *data;
    size_t size;
} kmc_bytes;

/* An index plane: palette colours have `channels` (1, 3 or 4) bytes, k is at most 65536; the rows are divided into
 * n_bands (at most `height`) bands; `contexts` and `slot_bits` choose the model, as in the file: without slots it is
 * the order-0 model, of symbols, or of residuals if bit 0 of `contexts` is set. */
typedef struct kmc_plane {
    size_t width, height;
    const uint8_t *palette;
    size_t k;
    int channels;
    uint32_t contexts;
    int slot_bits;
    size_t n_bands;
} kmc_plane;

/* Checks a plane; KMC_BAD_ARGUMENT if no coder takes it. */
kmc_status kmc_plane_check(const kmc_plane *plane);

/* The first row of band i; of band n_bands the height. */
static inline size_t kmc_plane_row(const kmc_plane *plane, size_t i)
{
    return (size_t)((uint64_t)plane->height / plane->n_bands * i) +
           (size_t)((uint64_t)plane->height % plane->n_bands * i / plane->n_bands);
}

/* The bytes of memory that coding one band takes. As many are coded at a time as there are threads. */
uint64_t kmc_plane_bytes(const kmc_plane *plane);

/* The bytes of memory that a palette of k colours takes while a plane is coded, besides the colours. */
uint64_t kmc_palette_bytes(size_t k);

/* Encodes indices, index_bytes = 1 or 2 wide, as n_bands byte strings. Release them with kmc_bytes_free. Returns
 * KMC_BAD_ARGUMENT if an index is not below k. */
kmc_status kmc_plane_write(const kmc_run *run, const kmc_plane *plane, const void *indices, int index_bytes,
                           kmc_bytes *coded);

/* Decodes indices. A band without data is skipped, its indices stay as they are. Any bytes decode to valid indices: the
 * caller's checksum tells whether they are the right ones. */
kmc_status kmc_plane_read(const kmc_run *run, const kmc_plane *plane, const kmc_bytes *coded, void *indices,
                          int index_bytes);

/* Encodes and decodes a palette of k colours, at least one. Any bytes decode to colours. */
kmc_status kmc_palette_write(const uint8_t *palette, size_t k, int channels, kmc_bytes *coded);
kmc_status kmc_palette_read(const uint8_t *data, size_t size, uint8_t *palette, size_t k, int channels);

/* Encodes and decodes a block of n bytes of metadata, at least one. Any bytes decode to a block. */
kmc_status kmc_block_write(const kmc_run *run, const uint8_t *block, size_t n, kmc_bytes *coded);
kmc_status kmc_block_read(const kmc_run *run, const uint8_t *coded, size_t size, uint8_t *block, size_t n);

/* The bytes of memory that coding a block of n bytes takes, besides the block. */
uint64_t kmc_block_bytes(size_t n);

/* Releases n byte strings. */
void kmc_bytes_free(kmc_bytes *bytes, size_t n);

#endif
