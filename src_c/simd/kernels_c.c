/* The kernels in plain C, the reference for all other variants. */
#include "simd/targets.h"
#include "colors/morton.h"

#define KMC_TARGET
#define KMC_NAME(kernel) kernel##_c
#define KMC_VARIANT "c"
#include "simd/lanes_c.h"
#include "simd/quads_c.h"
#include "simd/vec_c.h"

static void keys_c(const uint8_t *pixels, size_t n, int channels, uint32_t *keys)
{
    if (channels == 3)
        for (size_t i = 0; i < n; i++) keys[i] = kmc_morton_key(pixels + 3 * i, 3);
    else
        for (size_t i = 0; i < n; i++) keys[i] = kmc_morton_key(pixels + i * (size_t)channels, channels);
}

static void colors_c(const uint32_t *keys, size_t n, int channels, uint8_t *colors)
{
    if (channels == 3)
        for (size_t i = 0; i < n; i++) kmc_morton_color(keys[i], 3, colors + 3 * i);
    else
        for (size_t i = 0; i < n; i++) kmc_morton_color(keys[i], channels, colors + i * (size_t)channels);
}

static size_t occupied_c(const uint8_t *counters, uint32_t first, uint32_t *keys)
{
    size_t n = 0;
    for (uint32_t i = 0; i < KMC_CELL; i++) {
        keys[n] = first + i;
        n += counters[i] != 0;
    }
    return n;
}

#include "simd/kernels_tpl.h"
