/* The inner loop that measures indices, once per instruction set: the including file defines KMC_TARGET and KMC_NAME.
 * Compilers vectorize it. */
#include "dither/kernels.h"

/* kmc_dither_kernels.square_errors */
KMC_TARGET static uint32_t KMC_NAME(square_errors)(const uint8_t *pixels, const uint8_t *indices, size_t n,
                                                   const uint32_t *colors)
{
    uint32_t squares = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t color = colors[indices[i]];
        const int32_t red = pixels[3 * i] - (int32_t)(color & 255);
        const int32_t green = pixels[3 * i + 1] - (int32_t)(color >> 8 & 255);
        const int32_t blue = pixels[3 * i + 2] - (int32_t)(color >> 16 & 255);
        squares += (uint32_t)(red * red + green * green + blue * blue);
    }
    return squares;
}
