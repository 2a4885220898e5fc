/* A lookup table from points of the space to palette entries, instead of a search.
 *
 * The space is divided into cells, each with one entry: the only one inside it, or else the nearest to its centre. So
 * the entry of a point is the nearest one or nearly so, and error diffusion compensates for the difference. An exact
 * lookup, which maps a point on an entry to this entry, subdivides the cells that contain several entries. */
#ifndef KMC_DITHER_GRID_H
#define KMC_DITHER_GRID_H

#include "dither/dither.h"
#include "kmeans/candidates.h"

/* Cells are computed in blocks of four along every axis, from the candidates of a region, which is two blocks wide. */
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
    kmc_candidates entries;       /* one for each point, by 1 + index; n = 0: no entries */
    uint32_t *blocks;             /* 0: not computed; 1: all of it is in the table; else 1 + number of parts */
    kmc_candidates *regions;      /* entries that may be nearest to a point of a region; n = 0: not computed */
} kmc_cells;

/* The depth of candidate lists: of a region, a block, and its parts down to single points. */
#define KMC_GRID_DEPTH 8

/* The grid of one thread. Cells are computed when they are first looked up. */
typedef struct kmc_grid {
    const kmc_run *run;
    int thread;
    size_t compared;             /* about how many pairs of centres and entries since the last poll */
    uint16_t *nearest;           /* by cell: 1 + its entry's index, + cut if it is subdivided; 0: call kmc_grid_find */
    uint32_t cut;                /* a flag: 2^15, or 2^16, which is never set, if there are too many entries for it */
    uint32_t (*parts)[KMC_BLOCK]; /* 1 + the indices of the cells of a block, or where they are cut, the number of their
                                     parts and a top bit */
    size_t n_parts, room;
    int16_t (*entries)[4];       /* their coordinates by table value, of 2^16 */
    kmc_cells all, opaque;       /* of all entries; of the opaque ones, where there is alpha */
    int16_t transparency;        /* the fourth coordinate of fully transparent points; 0 is opaque */
    uint32_t clear, clear_entry; /* the cell of fully transparent points, and 1 + the index of its entry */
    kmc_candidates lists[KMC_GRID_DEPTH];
    int32_t *memory;
    kmc_status status;           /* the first error in computing a cell, or KMC_OK */
} kmc_grid;

/* Release with kmc_grid_free, also after a failure. */
kmc_status kmc_grid_new(const kmc_run *run, const kmc_canvas *canvas, int thread, kmc_grid *grid);
void kmc_grid_free(kmc_grid *grid);

/* 1 + the index of the entry of a point in this cell, possibly + cut where the cell is subdivided;
 * `exact`: looks it up in the parts of such cells. */
uint32_t kmc_grid_find(kmc_grid *grid, uint32_t cell, const int16_t *point, int exact);

/* The bounding box of all entries of a canvas. */
void kmc_grid_box(const kmc_canvas *canvas, int16_t *low, int16_t *high);

#endif
