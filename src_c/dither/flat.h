/* The arguments of the kernels of flat areas: rows of a picture, and windows in them. */
#ifndef KMC_DITHER_FLAT_H
#define KMC_DITHER_FLAT_H

#include <stddef.h>
#include <stdint.h>

/* Pixels of a window to each side of its middle, and of a wide window; along its side. */
#define KMC_FLAT_REACH 2
#define KMC_FLAT_FAR 8
#define KMC_FLAT_SIDE (2 * KMC_FLAT_REACH + 1)
#define KMC_FLAT_WIDE (2 * KMC_FLAT_FAR + 1)

/* The most windows of a row, and the pixels that their wide windows cover. */
#define KMC_FLAT_COLUMNS 1008
#define KMC_FLAT_WIDTH (KMC_FLAT_COLUMNS + 2 * KMC_FLAT_FAR)

/* Two pairs of neighbours, a pixel with the one to its right and with the one below: whether one of them differs
 * slightly, whether one differs at all, and above these bits, the number of steps. */
enum { KMC_FLAT_SLIGHT = 1, KMC_FLAT_DIFFERS = 2, KMC_FLAT_STEP_BIT = 2 };

/* A row of n pixels, of four bytes each, from the left. */
typedef struct kmc_flat_pairs {
    size_t n;
    const uint32_t *row, *below; /* n + 1 pixels of this row, and of the next one */
    uint8_t *pairs;              /* of this row, in place of those of KMC_FLAT_WIDE rows before */
    uint8_t *columns;            /* the steps of each column in as many rows */
} kmc_flat_pairs;

/* What may be said of the middle of a window: that its pixels differ slightly, or that many of the wide window do, as
 * in a gradient; that some of its pixels differ clearly; that they are all the same. */
enum { KMC_FLAT_GRADIENT, KMC_FLAT_EDGE, KMC_FLAT_SAME };

/* n windows side by side. */
typedef struct kmc_flat_windows {
    size_t n;
    const uint8_t *pairs[KMC_FLAT_SIDE]; /* of n + 2 KMC_FLAT_FAR pixels each, from the top */
    const uint8_t *columns;              /* the steps of each column of the wide windows */
    uint8_t *kinds;                      /* of the windows, to be written */
} kmc_flat_windows;

#endif
