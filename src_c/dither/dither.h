/* Dithering: palette indices that reproduce the mean colour of areas. kmc.h has the contract of all calls. */
#ifndef KMC_DITHER_DITHER_H
#define KMC_DITHER_DITHER_H

#include "base/base.h"

/* A picture and its palette. */
typedef struct kmc_canvas {
    const uint8_t *pixels;      /* height * width * channels bytes, channels 1, 3 or 4 */
    const int16_t *coordinates; /* 4 each (kmc_coordinates), or NULL to use the levels themselves, without alpha: */
    const uint32_t *positions;  /* of distinct colours, by the position that is here for each pixel, or NULL: of the
                                   pixels */
    const int16_t *clear;       /* coordinates of fully transparent pixels */
    size_t height, width;       /* >= 1 */
    int channels, index_bytes;  /* index_bytes: 1 or 2, of the indices to be found */
    const int16_t *palette;     /* coordinates of its k entries, 4 each */
    size_t k;
} kmc_canvas;

typedef enum kmc_diffusion { KMC_FLOYD_STEINBERG, KMC_ATKINSON } kmc_diffusion;

/* Serpentine error diffusion. strength: the share of an error that is passed on, 0 to 256. error = the sum over the
 * pixels of the squared distances to their entries, in levels squared. */
kmc_status kmc_diffuse(const kmc_run *run, const kmc_canvas *canvas, kmc_diffusion kind, int strength, void *indices,
                       double *error);

/* The same by the weights of Floyd and Steinberg, where errors would be seen: a pixel accepts its share of the error,
 * of 255, and those of share 0 keep their indices. */
kmc_status kmc_diffuse_shares(const kmc_run *run, const kmc_canvas *canvas, int strength, const uint8_t *shares,
                              void *indices);

/* indices = the labels of the pixels' colours, of which there are n, with coordinates, by the canvas's positions;
 * shares = for each pixel, 0 to 255, how clearly the error of its index would be seen. */
kmc_status kmc_mask(const kmc_run *run, const kmc_canvas *canvas, size_t n, const int16_t *coordinates,
                    const uint16_t *labels, void *indices, uint8_t *shares);

/* Overwrites the shares of pixels in the flat areas of drawings: 255 where the entry of their index has another colour
 * than they, else 0. */
kmc_status kmc_mask_flat_areas(const kmc_run *run, const kmc_canvas *canvas, const void *indices, uint8_t *shares);

/* The n distinct colours of a canvas in Morton order, their coordinates (4 each) and their labels by nearest-colour
 * mapping; the lightness of each palette entry; where the first pixel of the canvas lies in a larger picture, so that
 * parts of it fit together. */
typedef enum kmc_order { KMC_BAYER, KMC_BLUE_NOISE } kmc_order;
typedef struct kmc_mixing {
    kmc_order order;
    size_t n;
    const uint8_t *colors;
    const int16_t *coordinates;
    const uint16_t *labels, *lightness;
    size_t y, x;
} kmc_mixing;

/* Ordered dithering: the index of a pixel depends on its colour and position alone. strength: the share of the
 * quantization error that the mixture of a colour compensates for, 0 to 256. */
kmc_status kmc_order_dither(const kmc_run *run, const kmc_canvas *canvas, const kmc_mixing *mixing, int strength,
                            void *indices);

/* The sum over the pixels of the squared distances to the entries of their indices, in levels squared. */
kmc_status kmc_canvas_error(const kmc_run *run, const kmc_canvas *canvas, const void *indices, double *error);

#endif
