/* Colours and their Morton keys: the bits of the channels interleaved from the top bit down, first channel first. */
#ifndef KMC_COLORS_MORTON_H
#define KMC_COLORS_MORTON_H

#include <stdint.h>

/* A cell: the colours whose keys differ only in these low bits; in three channels, 8 x 16 x 16 levels.
 * Smaller cells leave less to clear and to scan, larger ones fewer marks in the way: 9 bits were 7 %
 * slower on photographs, 12 2 %. */
#define KMC_CELL_BITS 11
#define KMC_CELL (1 << KMC_CELL_BITS)

/* kmc_spread[channels][v]: the four bits of v, `channels` places apart. */
extern const uint16_t kmc_spread[5][16];

static inline uint32_t kmc_morton_key(const uint8_t *color, int channels)
{
    const uint16_t *const spread = kmc_spread[channels];
    uint32_t low = 0, high = 0;
    for (int c = 0; c < channels; c++) {
        low = low << 1 | spread[color[c] & 15];
        high = high << 1 | spread[color[c] >> 4];
    }
    return high << (4 * channels) | low;
}

/* The channel whose bits stand at 0, channels, 2 * channels, ... of the key. */
static inline uint8_t kmc_morton_channel(uint32_t key, int channels)
{
    if (channels == 3) {
        key &= 0x249249;
        key = (key | key >> 2) & 0x0C30C3;
        key = (key | key >> 4) & 0x00F00F;
        return (uint8_t)(key | key >> 8);
    }
    if (channels == 4) {
        key &= 0x11111111;
        key = (key | key >> 3) & 0x03030303;
        key = (key | key >> 6) & 0x000F000F;
        return (uint8_t)(key | key >> 12);
    }
    return (uint8_t)key;
}

/* Opaque colours of four channels: every last bit of four is set. Without these bits, the key is that of the three
 * other channels, and the order is the same. */
static inline int kmc_is_opaque(uint32_t key)
{
    return (~key & 0x11111111) == 0;
}

static inline uint32_t kmc_without_alpha(uint32_t key)
{
    key = (key >> 1 & 0x07070707) | (key >> 2 & 0x38383838);
    key = (key & 0x003F003F) | (key >> 2 & 0x0FC00FC0);
    return (key & 0x00000FFF) | (key >> 4 & 0x00FFF000);
}

static inline uint32_t kmc_with_opaque_alpha(uint32_t key)
{
    key = (key & 0x00000FFF) | (key << 4 & 0x0FFF0000);
    key = (key & 0x003F003F) | (key << 2 & 0x3F003F00);
    return (key << 1 & 0x0E0E0E0E) | (key << 2 & 0xE0E0E0E0) | 0x11111111;
}

static inline void kmc_morton_color(uint32_t key, int channels, uint8_t *color)
{
    for (int c = 0; c < channels; c++) color[c] = kmc_morton_channel(key >> (channels - 1 - c), channels);
}

#endif
