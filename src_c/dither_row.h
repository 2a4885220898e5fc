/* What the kernels of dithering work on: a row of a picture with the errors around it, and a mixture of entries. */
#ifndef KMC_DITHER_ROW_H
#define KMC_DITHER_ROW_H

#include "dither_grid.h"

/* Four coordinates, 0 beyond the channels: where a pixel lies, or what its entry gets wrong. */
typedef int16_t kmc_quad[4];

/* Pixels beyond both ends of a row of errors, whose error is 0. */
#define KMC_ROW_PADDING 2

typedef struct kmc_dither_row {
    size_t width;
    ptrdiff_t step;          /* 1 from left to right, -1 back */
    const kmc_quad *at;      /* where the pixels lie */
    const uint8_t *alpha;    /* of pixel x at 4 * x; NULL: all are opaque */
    const int16_t *limit;    /* of each pixel: how much it may take on, in every coordinate */
    kmc_quad low, high;      /* the box of the palette */
    int16_t passed;          /* how much of an error is passed on, of 256; below 256 */
    kmc_quad *here;          /* errors: of this row, to be written, */
    const kmc_quad *above;   /* of the row above, */
    const kmc_quad *beyond;  /* and of the one above that */
    kmc_grid *grid, *opaque; /* of all entries, of the opaque ones; the latter NULL where all pixels take any */
    uint16_t *found;         /* the index of every pixel; those of fully transparent ones are left as they are */
} kmc_dither_row;

/* Entries in a mixture. */
#define KMC_MIXTURE 16

/* Entries that together look like a colour. */
typedef struct kmc_mixture {
    kmc_quad target, low, high;  /* the colour, and the box of the palette, which holds it */
    int16_t limit;               /* how much may be owed, in every coordinate */
    int16_t passed;              /* how much of what is owed goes on, of 256; below 256 */
    kmc_grid *grid;
    kmc_quad owed;               /* 0 at first */
    uint16_t found[KMC_MIXTURE]; /* indices, as they come */
} kmc_mixture;

#endif
