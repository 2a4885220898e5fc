/* The nearest palette entry of arbitrary points: a grid over the colour space whose cells list the entries that can be
 * nearest to some point in them. Cells are made when first asked for. */
#ifndef KMC_DITHER_GRID_H
#define KMC_DITHER_GRID_H

#include "kmc.h"
#include "points.h"

/* A palette entry: where it lies, in 64ths of a level, and its index. */
typedef struct kmc_entry {
    int16_t at[4];
    uint32_t index;
} kmc_entry;

/* The entries of a canvas, k of them, and behind them the opaque ones once more, if it has alpha: how many these are. Low
 * and high: the box of all. */
size_t kmc_entries(const kmc_canvas *canvas, kmc_entry *entries, int32_t *low, int32_t *high);

/* Entries [begin, begin + n) of the grid's lists; n = 0: not made yet. */
typedef struct kmc_cell {
    uint32_t begin, n;
} kmc_cell;

/* Serves one thread. Blocks are cells four times as wide: a cell is made from the list of its block. */
typedef struct kmc_grid {
    kmc_cell *cells, *blocks;
    kmc_entry *entries;
    size_t k, n, room; /* the palette itself is the first k of n entries */
    int channels;
    kmc_status status; /* KMC_NO_MEMORY once a cell could not be made */
} kmc_grid;

/* How many bits of a coordinate (14 in all) number its cell. */
static inline int kmc_grid_bits(int channels)
{
    return channels == 1 ? 8 : channels == 3 ? 5 : 4;
}

/* Of `k` >= 1 entries by ascending index, in the first `channels` (1, 3 or 4) coordinates; what the others are does not
 * matter. Release with kmc_grid_free, also after a failure. */
kmc_status kmc_grid_new(const kmc_entry *palette, size_t k, int channels, kmc_grid *grid);
void kmc_grid_free(kmc_grid *grid);

/* Makes a cell, or returns an empty one when memory is short. */
const kmc_cell *kmc_grid_make(kmc_grid *grid, uint32_t cell);

/* The nearest entry to a point of coordinates in [0, KMC_MAX_COORDINATE], that of the lowest index on ties. */
static inline const kmc_entry *kmc_grid_nearest(kmc_grid *grid, const int32_t *point, int channels)
{
    const int bits = kmc_grid_bits(channels);
    uint32_t number = 0;
    for (int c = 0; c < channels; c++) number = number << bits | (uint32_t)point[c] >> (14 - bits);
    const kmc_cell *cell = &grid->cells[number];
    if (cell->n == 0) cell = kmc_grid_make(grid, number);
    const kmc_entry *entry = grid->entries + cell->begin, *best = entry;
    int32_t least = INT32_MAX;
    for (uint32_t i = 0; i < cell->n; i++, entry++) {
        int32_t distance = 0;
        for (int c = 0; c < channels; c++) {
            const int32_t off = point[c] - entry->at[c];
            distance += off * off;
        }
        if (distance < least) {
            least = distance;
            best = entry;
        }
    }
    return best;
}

#endif
