/* The nearest palette entry of arbitrary points: the lists of a grid's cells. */
#include "dither_grid.h"

#include <string.h>

enum {
    COORDINATE_BITS = 14,
    BLOCK_BITS = 2 /* of a cell's coordinates within its block */
};

/* How many bits of a coordinate number its cell. Finer cells list fewer entries, but more of them have to be made: with 6
 * bits in three channels a picture of 0.4 megapixels takes twice as long. */
static int cell_bits(int channels)
{
    return channels == 1 ? 8 : channels == 3 ? 5 : 4;
}

void kmc_grid_box(const kmc_canvas *canvas, int16_t *low, int16_t *high)
{
    memcpy(low, canvas->palette, 4 * sizeof *low);
    memcpy(high, canvas->palette, 4 * sizeof *high);
    for (size_t j = 4; j < 4 * canvas->k; j++) {
        const int16_t at = canvas->palette[j];
        if (at < low[j % 4]) low[j % 4] = at;
        if (at > high[j % 4]) high[j % 4] = at;
    }
}

/* Whether no entry in the grid is in this place: those that share one would all be in the list of every cell around.
 * Slots hold numbers of entries, from 1 on. */
static int is_first_there(const kmc_grid *grid, uint32_t *slots, size_t n_slots, const int16_t *place)
{
    uint32_t hash = 0;
    for (int c = 0; c < 4; c++) hash = (hash ^ (uint16_t)place[c]) * 0x9E3779B1u;
    size_t i = (hash >> 8) & (n_slots - 1);
    for (; slots[i] != 0; i = (i + 1) & (n_slots - 1))
        if (memcmp(grid->at[slots[i] - 1], place, sizeof grid->at[0]) == 0) return 0;
    slots[i] = (uint32_t)grid->k + 1;
    return 1;
}

kmc_status kmc_grid_new(const kmc_canvas *canvas, int opaque, kmc_grid *grid)
{
    const int channels = opaque ? 3 : canvas->channels, bits = cell_bits(channels);
    *grid = (kmc_grid){.room = 2 * canvas->k + 1024, .channels = channels, .shift = COORDINATE_BITS - bits};
    for (int c = 0; c < channels; c++) grid->weights[c] = (int16_t)(1 << bits * (channels - 1 - c));
    grid->cells = kmc_alloc_zeroed((size_t)1 << bits * channels, sizeof *grid->cells);
    grid->blocks = kmc_alloc_zeroed((size_t)1 << (bits - BLOCK_BITS) * channels, sizeof *grid->blocks);
    grid->at = kmc_alloc(grid->room, sizeof *grid->at);
    grid->index = kmc_alloc_zeroed(grid->room, sizeof *grid->index); /* read even where a cell could not be made */
    if (!grid->cells || !grid->blocks || !grid->at || !grid->index) return KMC_NO_MEMORY;
    size_t n_slots = 2;
    while (n_slots < 2 * canvas->k) n_slots *= 2;
    uint32_t *const slots = kmc_alloc_zeroed(n_slots, sizeof *slots);
    if (!slots) return KMC_NO_MEMORY;
    for (size_t j = 0; j < canvas->k; j++) {
        const int16_t *const place = canvas->palette + 4 * j;
        if ((opaque && place[3] != 0) || !is_first_there(grid, slots, n_slots, place)) continue;
        memcpy(grid->at[grid->k], place, sizeof grid->at[0]);
        grid->index[grid->k++] = (uint16_t)j;
    }
    kmc_free(slots);
    grid->n = grid->k;
    return KMC_OK;
}

void kmc_grid_free(kmc_grid *grid)
{
    kmc_free(grid->cells);
    kmc_free(grid->blocks);
    kmc_free(grid->at);
    kmc_free(grid->index);
}

/* Room for n more entries. */
static int reserve(kmc_grid *grid, size_t n)
{
    if (grid->room - grid->n >= n) return 1;
    const size_t room = 2 * (grid->n + n);
    int16_t(*const at)[4] = kmc_alloc(room, sizeof *at);
    uint16_t *const index = kmc_alloc(room, sizeof *index);
    if (!at || !index || room > UINT32_MAX) {
        kmc_free(at);
        kmc_free(index);
        grid->status = KMC_NO_MEMORY;
        return 0;
    }
    memcpy(at, grid->at, grid->n * sizeof *at);
    memcpy(index, grid->index, grid->n * sizeof *index);
    kmc_free(grid->at);
    kmc_free(grid->index);
    grid->at = at;
    grid->index = index;
    grid->room = room;
    return 1;
}

/* The nearest of some entries to the middle of the cube at `low`, `side` wide. */
static const int16_t *nearest_to_middle(const kmc_grid *grid, kmc_cell from, const int32_t *low, int32_t side)
{
    const int16_t *found = NULL;
    int32_t least = INT32_MAX;
    for (uint32_t i = from.begin; i < from.begin + from.n; i++) {
        int32_t distance = 0;
        for (int c = 0; c < grid->channels; c++) {
            const int32_t off = low[c] + side / 2 - grid->at[i][c];
            distance += off * off;
        }
        if (distance >= least) continue;
        least = distance;
        found = grid->at[i];
    }
    return found;
}

/* Of the entries listed in `from`, those that can be nearest to a point of a cube: all but such as are farther than the
 * nearest one to its middle from every point of it. The difference of two squared distances is linear, so it is least at a
 * corner. */
static kmc_cell filtered(kmc_grid *grid, kmc_cell from, const int32_t *low, int32_t side)
{
    if (!reserve(grid, from.n + KMC_GRID_STEP)) return (kmc_cell){0, 0};
    const int16_t *const middle = nearest_to_middle(grid, from, low, side);
    kmc_cell cell = {(uint32_t)grid->n, 0};
    for (uint32_t i = from.begin; i < from.begin + from.n; i++) {
        const int16_t *const at = grid->at[i];
        int32_t over = 0;
        for (int c = 0; c < grid->channels; c++) {
            const int32_t corner = at[c] > middle[c] ? low[c] + side - 1 : low[c];
            over += (at[c] - corner) * (at[c] - corner) - (middle[c] - corner) * (middle[c] - corner);
        }
        memcpy(grid->at[grid->n], at, sizeof grid->at[0]);
        grid->index[grid->n] = grid->index[i];
        grid->n += over <= 0;
        cell.n += over <= 0;
    }
    for (; (grid->n - cell.begin) % KMC_GRID_STEP != 0; grid->n++) {
        memcpy(grid->at[grid->n], grid->at[grid->n - 1], sizeof grid->at[0]);
        grid->index[grid->n] = grid->index[grid->n - 1];
    }
    return cell;
}

const kmc_cell *kmc_grid_make(kmc_grid *grid, uint32_t cell)
{
    const int channels = grid->channels, bits = COORDINATE_BITS - grid->shift;
    const uint32_t mask = ((uint32_t)1 << bits) - 1;
    int32_t low[4] = {0}, block_low[4] = {0};
    uint32_t number = 0;
    for (int c = 0; c < channels; c++) {
        const uint32_t at = cell >> bits * (channels - 1 - c) & mask;
        low[c] = (int32_t)(at << grid->shift);
        block_low[c] = (int32_t)(at >> BLOCK_BITS << (grid->shift + BLOCK_BITS));
        number = number << (bits - BLOCK_BITS) | at >> BLOCK_BITS;
    }
    kmc_cell *const block = &grid->blocks[number];
    if (block->n == 0)
        *block = filtered(grid, (kmc_cell){0, (uint32_t)grid->k}, block_low, 1 << (grid->shift + BLOCK_BITS));
    if (block->n != 0) grid->cells[cell] = filtered(grid, *block, low, 1 << grid->shift);
    return &grid->cells[cell];
}
