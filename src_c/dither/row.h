/* What the kernels of dithering work on: a row of several bands of a picture at once, and a mixture of entries. */
#ifndef KMC_DITHER_ROW_H
#define KMC_DITHER_ROW_H

#include "dither/grid.h"

/* Four coordinates, 0 beyond the channels. */
typedef int16_t kmc_quad[4];

/* So many tiles go in step at most. They are counted in fours, of which each takes a vector. */
#define KMC_LANES 16
#define KMC_VECTOR 4

/* Pixels beyond both ends of a row of errors, whose error is 0. */
#define KMC_ROW_PADDING 2

/* One row of each of some bands, one beside the other: of pixel x first that of the first
 * band, then that of the next. */
typedef struct kmc_dither_row {
    kmc_grid *grid;
    size_t width, vectors;
    size_t begin, end;           /* which pixels to go through, counted in the direction of the row */
    ptrdiff_t step;              /* that is 1 from left to right, -1 back */
    int atkinson;
    int levels;                  /* coordinates are four bytes, else quads */
    const void *at, *below;      /* where the pixels of this row lie, and those of the next one */
    uint16_t *off_above, *off_here, *off_below; /* what three pixels in a row lose by plain mapping, KMC_LANES each */
    uint16_t limit;              /* what nine of them may take on, of 2^16 of their loss */
    int16_t passed;              /* how much of an error is passed on, of 256; below 256 */
    kmc_quad low, high;          /* the box of the palette */
    kmc_quad offsets[4];         /* how far from a pixel its entry is looked up, by the last two bits of x */
    kmc_quad *here;              /* errors: of this row, to be written, */
    const kmc_quad *above;       /* of the one above, */
    const kmc_quad *beyond;      /* and of the one above that */
    uint16_t *found;             /* what the grid has for every pixel: of each band, one row after the other, */
    size_t apart;                /* these so far apart */
    kmc_quad counted[KMC_LANES]; /* all bits for those bands whose losses count */
    uint64_t lost;               /* the sum of their squared distances to the entries found */
} kmc_dither_row;

/* Entries in a mixture, and mixtures that are made at a time. */
#define KMC_MIXTURE 16
#define KMC_MIXTURES 16

/* Entries that together look like a colour, for some colours. */
typedef struct kmc_mixtures {
    kmc_grid *grid;
    kmc_quad target[KMC_MIXTURES], low[KMC_MIXTURES], high[KMC_MIXTURES]; /* the colour, and a box that holds it */
    kmc_quad limit[KMC_MIXTURES];  /* how much may be owed */
    kmc_quad opaque[KMC_MIXTURES]; /* all bits where only opaque entries will do */
    int16_t passed;                /* how much of what is owed goes on, of 256; below 256 */
    uint16_t found[KMC_MIXTURE][KMC_MIXTURES]; /* what the grid has, as they come */
} kmc_mixtures;

#endif
