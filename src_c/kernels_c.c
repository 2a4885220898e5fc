/* The inner loops in plain C: what every other variant must equal. */
#include "kernels_all.h"
#include "pixels.h"
#include "candidates.h"

#define KMC_TARGET
#define KMC_NAME(kernel) kernel##_c
#include "vec_c.h"
#include "kernels_points_tpl.h"

static void keys_c(const uint8_t *pixels, size_t n, int channels, uint32_t *keys)
{
    for (size_t i = 0; i < n; i++)
        keys[i] = kmc_morton_key(pixels + i * (size_t)channels, channels);
}

static void assign_c(const uint8_t *pixels, size_t n, int channels, const uint8_t *palette, size_t k,
                      uint16_t *labels)
{
    for (size_t i = 0; i < n; i++) {
        int32_t best = INT32_MAX;
        for (size_t j = 0; j < k; j++) {
            int32_t distance = 0;
            for (int c = 0; c < channels; c++) {
                int const d = pixels[i * (size_t)channels + (size_t)c] - palette[j * (size_t)channels + (size_t)c];
                distance += d * d;
            }
            if (distance < best) {
                best = distance;
                labels[i] = (uint16_t)j;
            }
        }
    }
}

const kmc_kernels kmc_kernels_c = {.name = "c", .keys = keys_c, .assign = assign_c,
                                   .filter = filter_c,
                                   .nearest_point = nearest_point_c,
                                   .capped_error = capped_error_c,
                                   .box_distance = box_distance_c};
