/* The nearest palette entry of arbitrary points: the lists of a grid's cells. */
#include "dither_grid.h"

#include <string.h>

enum { BLOCK_BITS = 2 }; /* bits of a cell's coordinates within its block */

size_t kmc_entries(const kmc_canvas *canvas, kmc_entry *entries, int32_t *low, int32_t *high)
{
    const size_t k = canvas->k;
    size_t n_opaque = 0;
    for (int c = 0; c < 4; c++) {
        low[c] = KMC_MAX_COORDINATE;
        high[c] = 0;
    }
    for (size_t j = 0; j < k; j++) {
        entries[j].index = (uint32_t)j;
        memcpy(entries[j].at, canvas->palette + 4 * j, sizeof entries[j].at);
        if (canvas->channels == 4 && entries[j].at[3] == 0) entries[k + n_opaque++] = entries[j];
        for (int c = 0; c < 4; c++) {
            if (entries[j].at[c] < low[c]) low[c] = entries[j].at[c];
            if (entries[j].at[c] > high[c]) high[c] = entries[j].at[c];
        }
    }
    return n_opaque;
}

kmc_status kmc_grid_new(const kmc_entry *palette, size_t k, int channels, kmc_grid *grid)
{
    const int bits = kmc_grid_bits(channels) * channels;
    *grid = (kmc_grid){.k = k, .n = k, .room = 2 * k + 1024, .channels = channels, .status = KMC_OK};
    grid->cells = kmc_alloc_zeroed((size_t)1 << bits, sizeof *grid->cells);
    grid->blocks = kmc_alloc_zeroed((size_t)1 << (bits - BLOCK_BITS * channels), sizeof *grid->blocks);
    grid->entries = kmc_alloc(grid->room, sizeof *grid->entries);
    if (!grid->cells || !grid->blocks || !grid->entries) return KMC_NO_MEMORY;
    memcpy(grid->entries, palette, k * sizeof *palette);
    return KMC_OK;
}

void kmc_grid_free(kmc_grid *grid)
{
    kmc_free(grid->cells);
    kmc_free(grid->blocks);
    kmc_free(grid->entries);
}

/* Room for n more entries. */
static int reserve(kmc_grid *grid, size_t n)
{
    if (grid->room - grid->n >= n) return 1;
    const size_t room = 2 * (grid->n + n);
    kmc_entry *const larger = kmc_alloc(room, sizeof *larger);
    if (!larger || room > UINT32_MAX) {
        kmc_free(larger);
        grid->status = KMC_NO_MEMORY;
        return 0;
    }
    memcpy(larger, grid->entries, grid->n * sizeof *larger);
    kmc_free(grid->entries);
    grid->entries = larger;
    grid->room = room;
    return 1;
}

/* Of the entries listed in `from`, those that can be nearest to a point of the cube at `low`, `side` wide: all but such as
 * are farther than the nearest one to its middle from every point of it. The difference of two squared distances is
 * linear, so it is least at a corner. */
static kmc_cell filtered(kmc_grid *grid, kmc_cell from, const int32_t *low, int32_t side)
{
    if (!reserve(grid, from.n)) return (kmc_cell){0, 0};
    const kmc_entry *const list = grid->entries + from.begin;
    const int channels = grid->channels;
    const kmc_entry *middle = list;
    int32_t least = INT32_MAX;
    for (uint32_t i = 0; i < from.n; i++) {
        int32_t distance = 0;
        for (int c = 0; c < channels; c++) {
            const int32_t off = low[c] + side / 2 - list[i].at[c];
            distance += off * off;
        }
        if (distance < least) {
            least = distance;
            middle = &list[i];
        }
    }
    kmc_entry *const kept = grid->entries + grid->n;
    uint32_t n = 0;
    for (uint32_t i = 0; i < from.n; i++) {
        int32_t over = 0;
        for (int c = 0; c < channels; c++) {
            const int32_t at = list[i].at[c], other = middle->at[c];
            const int32_t corner = at > other ? low[c] + side - 1 : low[c];
            over += (at - corner) * (at - corner) - (other - corner) * (other - corner);
        }
        kept[n] = list[i];
        n += over <= 0;
    }
    const kmc_cell cell = {(uint32_t)grid->n, n};
    grid->n += n;
    return cell;
}

const kmc_cell *kmc_grid_make(kmc_grid *grid, uint32_t cell)
{
    const int channels = grid->channels, bits = kmc_grid_bits(channels), shift = 14 - bits;
    const uint32_t mask = ((uint32_t)1 << bits) - 1;
    int32_t low[4] = {0}, block_low[4] = {0};
    uint32_t number = 0;
    for (int c = 0; c < channels; c++) {
        const uint32_t at = cell >> bits * (channels - 1 - c) & mask;
        low[c] = (int32_t)(at << shift);
        block_low[c] = (int32_t)(at >> BLOCK_BITS << (shift + BLOCK_BITS));
        number = number << (bits - BLOCK_BITS) | at >> BLOCK_BITS;
    }
    kmc_cell *const block = &grid->blocks[number];
    if (block->n == 0) *block = filtered(grid, (kmc_cell){0, (uint32_t)grid->k}, block_low, 1 << (shift + BLOCK_BITS));
    if (block->n != 0) grid->cells[cell] = filtered(grid, *block, low, 1 << shift);
    return &grid->cells[cell];
}
