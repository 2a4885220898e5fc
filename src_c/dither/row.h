/* The arguments of the dithering kernels: one row of several bands at once, and mixtures of palette entries. */
#ifndef KMC_DITHER_ROW_H
#define KMC_DITHER_ROW_H

#include "dither/grid.h"

/* Four coordinates, 0 beyond the channels. */
typedef int16_t kmc_quad[4];

/* The most tiles that are processed in step, and how many of them fit in a vector. */
#define KMC_LANES 16
#define KMC_VECTOR 4

/* Pixels of error 0 that pad a row of errors at both ends. */
#define KMC_ROW_PADDING 2

/* One row of each of several bands, interleaved: pixel x of the first band, pixel x of the second, and so on. */
typedef struct kmc_dither_row {
    kmc_grid *grid;
    size_t width, vectors;
    size_t begin, end;           /* the pixels to process, counted in the direction of the row */
    ptrdiff_t step;              /* the direction: 1 from left to right, -1 from right to left */
    int atkinson;
    int levels;                  /* whether coordinates are four bytes, else quads */
    const void *at, *below;      /* coordinates of the pixels of this row, and of the next one */
    uint16_t *off_above, *off_here, *off_below; /* errors of nearest-colour mapping, summed over three adjacent
                                                    pixels, KMC_LANES each */
    uint16_t limit;              /* of the error that a pixel accepts: of 2^16, times the sum over the nine around it */
    const int16_t *shares;       /* of the limit, of 2^15: KMC_LANES for each pixel of this row; or NULL */
    const uint8_t *active, *active_below; /* with shares, for each pixel of this row, and of the next one: bit v is set
                                             if vector v has a share nearby, and must be processed */
    int16_t passed;              /* the share of an error that is passed on, in 256ths; below 256 */
    kmc_quad low, high;          /* the bounding box of the palette */
    kmc_quad offsets[4];         /* added to a pixel before its lookup, by the last two bits of x */
    kmc_quad *here;              /* errors: of this row, to be written, */
    const kmc_quad *above;       /* of the one above, */
    const kmc_quad *beyond;      /* and of the one above that */
    uint16_t *found;             /* the grid's entry for every pixel: the row of each band, */
    size_t apart;                /* at this distance from the previous one */
    kmc_quad counted[KMC_LANES]; /* all bits set for the bands whose errors count */
    uint64_t lost;               /* the sum of the squared distances of their pixels to the entries found */
} kmc_dither_row;

/* Entries in a mixture, and mixtures that are computed at once. */
#define KMC_MIXTURE 16
#define KMC_MIXTURES 16

/* For several colours, palette entries whose mean approximates the colour. */
typedef struct kmc_mixtures {
    kmc_grid *grid;
    kmc_quad target[KMC_MIXTURES], low[KMC_MIXTURES], high[KMC_MIXTURES]; /* the colour, and bounds that contain it */
    kmc_quad limit[KMC_MIXTURES];  /* of the accumulated error, in each coordinate */
    kmc_quad opaque[KMC_MIXTURES]; /* all bits set where only opaque entries are allowed */
    int16_t passed;                /* the share of the error that is carried to the next entry, in 256ths; below 256 */
    uint16_t found[KMC_MIXTURE][KMC_MIXTURES]; /* the grid's entries, in the order found */
} kmc_mixtures;

#endif
