/* An entry of the palette for every point of the space, looked up rather than searched.
 *
 * Space is cut into cells, each with one entry: the only one that lies in it, or else the nearest to its middle. So a
 * point gets one that is nearest or nearly so, which error diffusion makes good. Where it matters that a point on an
 * entry gets just that, cells in which several lie are cut into smaller ones. */
#ifndef KMC_DITHER_GRID_H
#define KMC_DITHER_GRID_H

#include "dither/dither.h"
#include "kmeans/candidates.h"

/* Cells are made in blocks of four along every axis, and blocks from what is near to regions, two blocks wide. */
#define KMC_BLOCK_BITS 2
#define KMC_REGION_BITS 1
#define KMC_BLOCK 256 /* cells of a block in four channels */

/* The cells of one set of entries. */
typedef struct kmc_cells {
    int channels, shift;
    int16_t weights[4];           /* a cell's number: offset + the sum of weights[c] * (coordinate c >> shift) */
    uint32_t offset, first;       /* first: the least of these numbers */
    int32_t middles_xy[KMC_BLOCK], middles_zw[KMC_BLOCK]; /* of the cells of the block at 0, */
    uint32_t rows[KMC_BLOCK / 4]; /* and the numbers of every fourth of them, less that of the first, of 2^32 */
    kmc_candidates entries;       /* one for each point, by 1 + index; n = 0: there are none */
    uint32_t *blocks;             /* 0: not made yet; 1: all of it is in the table; else 1 + number of parts */
    kmc_candidates *regions;      /* what may be near to a point of a region; n = 0: not made yet */
} kmc_cells;

/* Entries near to a region, a block, and its parts down to single points. */
#define KMC_GRID_DEPTH 8

/* Serves one thread. Cells are made when first asked for. */
typedef struct kmc_grid {
    const kmc_run *run;
    int thread;
    size_t compared;             /* about how many pairs of middles and entries, since it last did */
    uint16_t *nearest;           /* by cell: 1 + the index of its entry, + cut if it is cut; 0: ask kmc_grid_find */
    uint32_t cut;                /* 2^15; 2^16 where there are too many entries to tell */
    uint32_t (*parts)[KMC_BLOCK]; /* 1 + the indices of the cells of a block, or where they are cut, the number of their
                                     parts and a top bit */
    size_t n_parts, room;
    int16_t (*entries)[4];       /* where they lie, by what the table has, of 2^16 */
    kmc_cells all, opaque;       /* of all entries; of the opaque ones, where there is alpha */
    int16_t transparency;        /* the fourth coordinate of what is fully transparent; 0 is opaque */
    uint32_t clear, clear_entry; /* the cell of what is fully transparent, and 1 + the index of its entry */
    kmc_candidates lists[KMC_GRID_DEPTH];
    int32_t *memory;
    kmc_status status;           /* why a cell could not be made, once that is so */
} kmc_grid;

/* Release with kmc_grid_free, also after a failure. */
kmc_status kmc_grid_new(const kmc_run *run, const kmc_canvas *canvas, int thread, kmc_grid *grid);
void kmc_grid_free(kmc_grid *grid);

/* 1 + the index of the entry of a point in this cell, perhaps + cut; `exact`: with cells cut. */
uint32_t kmc_grid_find(kmc_grid *grid, uint32_t cell, const int16_t *point, int exact);

/* The box of all entries of a canvas. */
void kmc_grid_box(const kmc_canvas *canvas, int16_t *low, int16_t *high);

#endif
