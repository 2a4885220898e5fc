/* The argument of the kernel of the mask of adaptive dithering: five rows of errors, windows of 5 x 5 pixels. */
#ifndef KMC_DITHER_WINDOWS_H
#define KMC_DITHER_WINDOWS_H

#include <stddef.h>
#include <stdint.h>

/* Pixels of a window to each side of its middle; along a side; and in all. */
#define KMC_WINDOW_REACH 2
#define KMC_WINDOW_SIDE (2 * KMC_WINDOW_REACH + 1)
#define KMC_WINDOW (KMC_WINDOW_SIDE * KMC_WINDOW_SIDE)

/* The most windows of a row, and the pixels that they cover. */
#define KMC_WINDOWS 508
#define KMC_WINDOWS_WIDTH (KMC_WINDOWS + 2 * KMC_WINDOW_REACH)

/* The sum of a pixel's coordinates loses this many bits, so that the sum of the squares of a window fits 32 bits. */
#define KMC_COARSE 3

/* n windows side by side. Their pixels have four errors, those of the coordinates in 64ths of a level, and the coarse
 * sum of their coordinates. */
typedef struct kmc_windows {
    size_t n;
    const int16_t *errors[KMC_WINDOW_SIDE], *sums[KMC_WINDOW_SIDE]; /* of rows of n + 2 KMC_WINDOW_REACH pixels, from
                                                                       the top */
    uint8_t *shares; /* of the pixels in the middle, 0 to 255: how clearly the mean error is seen */
} kmc_windows;

#endif
