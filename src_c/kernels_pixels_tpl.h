/* The inner loops over pixels, once per instruction set: the including file defines KMC_TARGET and KMC_NAME and includes
 * its vec_*.h and pixels_*.h before this. */

/* The Morton keys of VEC_LANES pixels, from a nibble of each byte at a time by a table of sixteen, as in kmc_morton_key. */
KMC_TARGET static inline vec KMC_NAME(half_keys)(vec nibbles, vec spread_low, vec spread_high, vec weights)
{
    return vec_weigh_bytes(vec_lookup(spread_low, nibbles), vec_lookup(spread_high, nibbles), weights);
}

KMC_TARGET static inline void KMC_NAME(keys_of)(const uint8_t *pixels, size_t n, const int channels, uint32_t *keys)
{
    uint8_t low[16], high[16];
    for (int v = 0; v < 16; v++) {
        low[v] = (uint8_t)kmc_spread[channels][v];
        high[v] = (uint8_t)(kmc_spread[channels][v] >> 8);
    }
    const vec spread_low = vec_table(low), spread_high = vec_table(high), nibble = vec_set(0x0F0F0F0F);
    const vec weights = vec_set(channels == 3 ? 0x00010204 : channels == 4 ? 0x01020408 : 1);
    size_t i = 0;
    for (; i + VEC_LANES + PIXELS_BEYOND <= n; i += VEC_LANES) {
        const vec pixel = vec_pixels(pixels + i * (size_t)channels, channels);
        const vec low_half =
            KMC_NAME(half_keys)(vec_and(pixel, nibble), spread_low, spread_high, weights);
        const vec high_half =
            KMC_NAME(half_keys)(vec_and(vec_shift_right(pixel, 4), nibble), spread_low, spread_high, weights);
        vec_store((int32_t *)keys + i, vec_or(low_half, vec_shift_left(high_half, 4 * channels)));
    }
    for (; i < n; i++) keys[i] = kmc_morton_key(pixels + i * (size_t)channels, channels);
}

/* kmc_kernels.keys */
KMC_TARGET static void KMC_NAME(keys)(const uint8_t *pixels, size_t n, int channels, uint32_t *keys)
{
    if (channels == 3)
        KMC_NAME(keys_of)(pixels, n, 3, keys);
    else if (channels == 4)
        KMC_NAME(keys_of)(pixels, n, 4, keys);
    else
        for (size_t i = 0; i < n; i++) keys[i] = pixels[i];
}
