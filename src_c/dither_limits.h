/* How much of the error that reaches a pixel it may take on. */
#ifndef KMC_DITHER_LIMITS_H
#define KMC_DITHER_LIMITS_H

#include "kmc.h"

/* The limits of one row after the other. */
typedef struct kmc_limits {
    const kmc_canvas *canvas;
    int32_t *memory, *sums[3], *row; /* errors of the plain mapping, summed over three pixels, of three rows; of one row */
    int16_t *limit;                  /* of each pixel of the row, in 64ths of a level */
} kmc_limits;

kmc_status kmc_limits_new(const kmc_canvas *canvas, kmc_limits *limits);
void kmc_limits_free(kmc_limits *limits);

/* Finds the limits of row y: of any, or of the one after the last. */
void kmc_limits_begin(kmc_limits *limits, size_t y);
void kmc_limits_next(kmc_limits *limits, size_t y);

#endif
