/* Access to the coordinates of pixels. */
#ifndef KMC_DITHER_CANVAS_H
#define KMC_DITHER_CANVAS_H

#include "base/indices.h"
#include "dither/dither.h"
#include "kmeans/points.h"

/* The given coordinates of pixel i. */
static inline const int16_t *kmc_canvas_quad(const kmc_canvas *canvas, size_t i)
{
    return canvas->coordinates + 4 * (canvas->positions ? canvas->positions[i] : i);
}

/* The coordinates of pixel i, forced into the range of the grid. */
static inline void kmc_canvas_at(const kmc_canvas *canvas, size_t i, int channels, int32_t *at)
{
    for (int c = 0; c < channels; c++) {
        at[c] = canvas->coordinates ? kmc_canvas_quad(canvas, i)[c] & KMC_MAX_COORDINATE
                                    : canvas->pixels[i * (size_t)channels + (size_t)c] * KMC_UNITS_PER_LEVEL;
    }
}

#endif
