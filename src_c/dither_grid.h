/* The nearest palette entry of arbitrary points: a grid over the colour space whose cells list the entries that can be
 * nearest to some point in them. Cells are made when first asked for. */
#ifndef KMC_DITHER_GRID_H
#define KMC_DITHER_GRID_H

#include "kmc.h"
#include "points.h"

/* Entries are compared four at a time. */
#define KMC_GRID_STEP 4

/* Entries [begin, begin + n) of the grid's lists, and copies of the last up to a multiple of KMC_GRID_STEP; n = 0: not
 * made yet. */
typedef struct kmc_cell {
    uint32_t begin, n;
} kmc_cell;

/* Serves one thread. Blocks are cells four times as wide: a cell is made from the list of its block. */
typedef struct kmc_grid {
    kmc_cell *cells, *blocks;
    int16_t (*at)[4];   /* of each entry in the lists: where it lies, 0 beyond the channels */
    uint16_t *index;    /* and its index */
    size_t k, n, room;  /* the first k are the entries themselves, one for each place */
    int channels;
    int shift;          /* a point's cell: the sum of weights[c] * (coordinate c >> shift) */
    int16_t weights[4];
    kmc_status status;  /* KMC_NO_MEMORY once a cell could not be made */
} kmc_grid;

/* Of the entries of a canvas: all, or the opaque ones alone, which lie in three coordinates and of which there may be
 * none (k = 0: the grid is of no use). Release with kmc_grid_free, also after a failure. */
kmc_status kmc_grid_new(const kmc_canvas *canvas, int opaque, kmc_grid *grid);
void kmc_grid_free(kmc_grid *grid);

/* Makes a cell, or returns one that lists nothing when memory is short. */
const kmc_cell *kmc_grid_make(kmc_grid *grid, uint32_t cell);

/* The box of all entries of a canvas. */
void kmc_grid_box(const kmc_canvas *canvas, int16_t *low, int16_t *high);

#endif
