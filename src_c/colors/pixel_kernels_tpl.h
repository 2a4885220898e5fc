/* The inner loops over pixels and their Morton keys, once per instruction set: the including file defines
 * KMC_TARGET and KMC_NAME and includes its vec_*.h and pixels_*.h before this. The arithmetic is that of
 * colors/morton.h, a vector at a time. */
#include "base/bits.h"
#include "colors/morton.h"

KMC_TARGET static inline void KMC_NAME(keys_of)(const uint8_t *pixels, size_t n, const int channels, uint32_t *keys)
{
    uint8_t low[16], high[16];
    for (int v = 0; v < 16; v++) {
        low[v] = (uint8_t)kmc_spread[channels][v];
        high[v] = (uint8_t)(kmc_spread[channels][v] >> 8);
    }
    const vec lows = vec_table(low), highs = vec_table(high), nibble = vec_set(0x0F0F0F0F);
    const vec weights = vec_set(channels == 3 ? 0x00010204 : 0x01020408);
    size_t i = 0;
    for (; i + VEC_LANES + PIXELS_LOADED_BEYOND <= n; i += VEC_LANES) {
        const vec pixel = vec_pixels(pixels + i * (size_t)channels, channels);
        const vec bottom = vec_and(pixel, nibble), top = vec_and(vec_shift_right(pixel, 4), nibble);
        const vec low_half = vec_weigh_bytes(vec_lookup(lows, bottom), vec_lookup(highs, bottom), weights);
        const vec high_half = vec_weigh_bytes(vec_lookup(lows, top), vec_lookup(highs, top), weights);
        vec_store((int32_t *)keys + i, vec_or(low_half, vec_shift_left(high_half, 4 * channels)));
    }
    for (; i < n; i++) keys[i] = kmc_morton_key(pixels + i * (size_t)channels, channels);
}

/* kmc_colors_kernels.keys */
KMC_TARGET static void KMC_NAME(keys)(const uint8_t *pixels, size_t n, int channels, uint32_t *keys)
{
    if (channels == 3)
        KMC_NAME(keys_of)(pixels, n, 3, keys);
    else if (channels == 4)
        KMC_NAME(keys_of)(pixels, n, 4, keys);
    else
        for (size_t i = 0; i < n; i++) keys[i] = pixels[i];
}

/* kmc_morton_channel of three or four channels. */
KMC_TARGET static inline vec KMC_NAME(channel)(vec keys, const int channels)
{
    if (channels == 4) {
        const vec bits = vec_and(keys, vec_set(0x11111111));
        const vec pairs = vec_and(vec_or(bits, vec_shift_right(bits, 3)), vec_set(0x03030303));
        const vec nibbles = vec_and(vec_or(pairs, vec_shift_right(pairs, 6)), vec_set(0x000F000F));
        return vec_and(vec_or(nibbles, vec_shift_right(nibbles, 12)), vec_set(0xFF));
    }
    const vec bits = vec_and(keys, vec_set(0x249249));
    const vec pairs = vec_and(vec_or(bits, vec_shift_right(bits, 2)), vec_set(0x0C30C3));
    const vec nibbles = vec_and(vec_or(pairs, vec_shift_right(pairs, 4)), vec_set(0x00F00F));
    return vec_and(vec_or(nibbles, vec_shift_right(nibbles, 8)), vec_set(0xFF));
}

KMC_TARGET static inline void KMC_NAME(colors_of)(const uint32_t *keys, size_t n, const int channels, uint8_t *colors)
{
    size_t i = 0;
    for (; i + VEC_LANES + PIXELS_STORED_BEYOND <= n; i += VEC_LANES) {
        const vec key = vec_load((const int32_t *)keys + i);
        vec color = KMC_NAME(channel)(vec_shift_right(key, channels - 1), channels);
        for (int c = 1; c < channels; c++) {
            const vec level = KMC_NAME(channel)(vec_shift_right(key, channels - 1 - c), channels);
            color = vec_or(color, vec_shift_left(level, 8 * c));
        }
        vec_store_pixels(colors + i * (size_t)channels, color, channels);
    }
    for (; i < n; i++) kmc_morton_color(keys[i], channels, colors + i * (size_t)channels);
}

/* kmc_colors_kernels.colors */
KMC_TARGET static void KMC_NAME(colors)(const uint32_t *keys, size_t n, int channels, uint8_t *colors)
{
    if (channels == 3)
        KMC_NAME(colors_of)(keys, n, 3, colors);
    else if (channels == 4)
        KMC_NAME(colors_of)(keys, n, 4, colors);
    else
        for (size_t i = 0; i < n; i++) colors[i] = (uint8_t)keys[i];
}

/* kmc_colors_kernels.occupied. Few of the bits are set, and irregularly: the first four are written whether they are
 * there or not, since a branch on each would be mispredicted about once a word. */
KMC_TARGET static size_t KMC_NAME(occupied)(const uint8_t *counters, uint32_t first, uint32_t *keys)
{
    uint32_t *to = keys;
    for (uint32_t i = 0; i < KMC_CELL; i += 64) {
        uint64_t bits = nonzero_bytes(counters + i);
        uint32_t *const end = to + kmc_count_bits(bits);
        for (int j = 0; j < 4; j++, bits &= bits - 1) to[j] = first + i + kmc_lowest_bit64(bits);
        for (to += 4; bits != 0; bits &= bits - 1) *to++ = first + i + kmc_lowest_bit64(bits);
        to = end;
    }
    return (size_t)(to - keys);
}
