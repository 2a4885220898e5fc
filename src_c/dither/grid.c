/* The lookup table from points to palette entries: computing its cells. */
#include "dither/grid.h"
#include "kmeans/kernels.h"
#include "base/parallel.h"

#include <string.h>

enum { COORDINATE_BITS = 14, MADE = 1, CUT_CELL = 1 << 15, CHECK_IN_COMPARED = 1 << 23 };

#define CUT ((uint32_t)1 << 31)

/* The number of bits of a coordinate that select its cell, along `axes` axes. Levels themselves fill the whole range of
 * coordinates. Other spaces fill only a part, and need smaller cells. */
static int cell_bits(const kmc_canvas *canvas, int axes)
{
    return axes == 1 ? 8 : axes == 4 ? 5 : canvas->coordinates ? 7 : 6;
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

/* Whether no earlier entry lies at this point. Slots hold 1 + the index of an entry. */
static int is_first_there(const kmc_canvas *canvas, uint32_t *slots, size_t n_slots, size_t j)
{
    const int16_t *const point = canvas->palette + 4 * j;
    uint32_t hash = 0;
    for (int c = 0; c < 4; c++) hash = (hash ^ (uint16_t)point[c]) * 0x9E3779B1u;
    size_t i = (hash >> 8) & (n_slots - 1);
    for (; slots[i] != 0; i = (i + 1) & (n_slots - 1))
        if (memcmp(canvas->palette + 4 * (size_t)(slots[i] - 1), point, 4 * sizeof *point) == 0) return 0;
    slots[i] = (uint32_t)j + 1;
    return 1;
}

static void append(kmc_candidates *to, const int16_t *point, uint32_t id)
{
    to->xy[to->n] = kmc_pack(point[0], point[1]);
    to->zw[to->n] = kmc_pack(point[2], point[3]);
    to->id[to->n++] = id;
}

/* Collects the entries of both sets without duplicates. */
static kmc_status gather(const kmc_canvas *canvas, kmc_grid *grid)
{
    size_t n_slots = 2;
    while (n_slots < 2 * canvas->k) n_slots *= 2;
    uint32_t *const slots = kmc_alloc_zeroed(n_slots, sizeof *slots);
    if (!slots) return KMC_NO_MEMORY;
    for (size_t j = 0; j < canvas->k; j++) {
        const int16_t *const point = canvas->palette + 4 * j;
        memcpy(grid->entries[(j + 1) & UINT16_MAX], point, sizeof grid->entries[0]);
        memcpy(grid->entries[(j + 1 + grid->cut) & UINT16_MAX], point, sizeof grid->entries[0]);
        if (!is_first_there(canvas, slots, n_slots, j)) continue;
        append(&grid->all.entries, point, (uint32_t)j + 1);
        if (canvas->channels == 4 && point[3] == 0) append(&grid->opaque.entries, point, (uint32_t)j + 1);
    }
    kmc_free(slots);
    kmc_candidates_pad(&grid->all.entries);
    if (grid->opaque.entries.n != 0) kmc_candidates_pad(&grid->opaque.entries);
    return KMC_OK;
}

/* The centres of the parts of a block at 0: 2^bits parts of side 2^shift along each axis. */
static void find_middles(int channels, int shift, int bits, int32_t *xy, int32_t *zw)
{
    for (int32_t i = 0; i < 1 << bits * channels; i++) {
        int32_t at[4] = {0};
        for (int c = 0; c < channels; c++) {
            at[c] = ((i >> bits * (channels - 1 - c) & ((1 << bits) - 1)) << shift) + (1 << shift) / 2;
        }
        xy[i] = kmc_pack(at[0], at[1]);
        zw[i] = kmc_pack(at[2], at[3]);
    }
}

/* The number of bits that select a block along an axis. */
static int block_bits(const kmc_cells *cells)
{
    return COORDINATE_BITS - cells->shift - KMC_BLOCK_BITS;
}

static size_t n_regions(const kmc_cells *cells)
{
    return (size_t)1 << (block_bits(cells) - KMC_REGION_BITS) * cells->channels;
}

/* Numbers the cells from `first` on; sets the number after the last. Weights have to fit 16 bits: with four channels
 * the first axis is numbered backwards. */
static kmc_status number_cells(kmc_cells *cells, const kmc_canvas *canvas, int channels, uint32_t first,
                               uint32_t *after)
{
    const int bits = cell_bits(canvas, channels);
    cells->channels = channels;
    cells->shift = COORDINATE_BITS - bits;
    cells->first = cells->offset = first;
    for (int c = 0; c < channels; c++) {
        int32_t weight = (int32_t)1 << bits * (channels - 1 - c);
        if (weight > INT16_MAX) {
            cells->offset += (uint32_t)weight * ((1u << bits) - 1);
            weight = -weight;
        }
        cells->weights[c] = (int16_t)weight;
    }
    find_middles(channels, cells->shift, KMC_BLOCK_BITS, cells->middles_xy, cells->middles_zw);
    for (int32_t i = 0; i < 1 << KMC_BLOCK_BITS * channels; i += 1 << KMC_BLOCK_BITS) {
        uint32_t *const row = &cells->rows[i >> KMC_BLOCK_BITS];
        *row = 0;
        for (int c = 0; c < channels - 1; c++) {
            const int32_t along = i >> KMC_BLOCK_BITS * (channels - 1 - c) & ((1 << KMC_BLOCK_BITS) - 1);
            *row += (uint32_t)(cells->weights[c] * along);
        }
    }
    *after = first + ((uint32_t)1 << bits * channels);
    cells->blocks = kmc_alloc_zeroed((size_t)1 << block_bits(cells) * channels, sizeof *cells->blocks);
    cells->regions = kmc_alloc_zeroed(n_regions(cells), sizeof *cells->regions);
    return cells->blocks && cells->regions ? KMC_OK : KMC_NO_MEMORY;
}

/* 1 + the index of the entry nearest to fully transparent points, the first on ties. */
static uint32_t clear_entry(const kmc_canvas *canvas)
{
    int32_t least = INT32_MAX;
    uint32_t found = 0;
    for (size_t j = 0; j < canvas->k; j++) {
        const int16_t *const point = canvas->palette + 4 * j;
        const int32_t distance = kmc_distance(kmc_pack(point[0], point[1]), kmc_pack(point[2], point[3]),
                                              kmc_pack(canvas->clear[0], canvas->clear[1]),
                                              kmc_pack(canvas->clear[2], canvas->clear[3]));
        if (distance >= least) continue;
        least = distance;
        found = (uint32_t)j + 1;
    }
    return found;
}

kmc_status kmc_grid_new(const kmc_run *run, const kmc_canvas *canvas, int thread, kmc_grid *grid)
{
    const size_t room = canvas->k + KMC_PADDING;
    *grid = (kmc_grid){.run = run, .thread = thread};
    kmc_status status = number_cells(&grid->all, canvas, canvas->channels, 0, &grid->clear);
    if (status == KMC_OK && canvas->channels == 4)
        status = number_cells(&grid->opaque, canvas, 3, grid->clear, &grid->clear);
    if (status != KMC_OK) return status;
    grid->cut = canvas->k < CUT_CELL ? CUT_CELL : UINT16_MAX + 1;
    grid->nearest = kmc_alloc_zeroed((size_t)grid->clear + 1, sizeof *grid->nearest);
    grid->entries = kmc_alloc(UINT16_MAX + 1, sizeof *grid->entries);
    grid->memory = kmc_alloc(4 * (KMC_GRID_DEPTH + 2), room * sizeof *grid->memory);
    if (!grid->nearest || !grid->entries || !grid->memory) return KMC_NO_MEMORY;
    for (size_t i = 0; i < KMC_GRID_DEPTH + 2; i++) {
        int32_t *const at = grid->memory + 4 * room * i;
        const kmc_candidates list = {at, at + room, (uint32_t *)(at + 2 * room), at + 3 * room, 0};
        *(i == 0 ? &grid->all.entries : i == 1 ? &grid->opaque.entries : &grid->lists[i - 2]) = list;
    }
    grid->transparency = canvas->clear[3];
    grid->clear_entry = clear_entry(canvas);
    grid->nearest[grid->clear] = (uint16_t)(grid->clear_entry < grid->cut ? grid->clear_entry : 0);
    return gather(canvas, grid);
}

static void free_cells(kmc_cells *cells)
{
    kmc_free(cells->blocks);
    for (size_t i = 0; cells->regions && i < n_regions(cells); i++) kmc_free(cells->regions[i].xy);
    kmc_free(cells->regions);
}

void kmc_grid_free(kmc_grid *grid)
{
    free_cells(&grid->all);
    free_cells(&grid->opaque);
    kmc_free(grid->nearest);
    kmc_free(grid->parts);
    kmc_free(grid->entries);
    kmc_free(grid->memory);
}

/* Appends n parts. Returns the number of the first one, which is at least 1, or 0 if memory is short. */
static uint32_t new_parts(kmc_grid *grid, size_t n)
{
    if (grid->n_parts + n >= grid->room) {
        const size_t room = 2 * grid->room + 16;
        const size_t used = grid->parts ? grid->n_parts + 1 : 0; /* number 0 is none */
        uint32_t(*const parts)[KMC_BLOCK] = kmc_grown(grid->parts, used, room, sizeof *parts);
        if (!parts) {
            grid->status = KMC_NO_MEMORY;
            return 0;
        }
        grid->parts = parts;
        grid->room = room;
    }
    grid->n_parts += n;
    return (uint32_t)(grid->n_parts - n + 1);
}

/* The part of a block that contains a point: `bits` bits of each coordinate, above the `shift` lowest, select it. */
static uint32_t part_of(const kmc_cells *cells, const int16_t *point, int shift, int bits)
{
    uint32_t part = 0;
    for (int c = 0; c < cells->channels; c++) part = part << bits | ((uint32_t)point[c] >> shift & ((1u << bits) - 1));
    return part;
}

/* The cube of side 2^shift whose lowest corner is `low`. */
static kmc_box box_at(const kmc_cells *cells, const int16_t *low, int shift)
{
    int32_t high[4] = {0};
    for (int c = 0; c < cells->channels; c++) high[c] = low[c] + (1 << shift) - 1;
    return (kmc_box){kmc_pack(low[0], low[1]), kmc_pack(low[2], low[3]), kmc_pack(high[0], high[1]),
                     kmc_pack(high[2], high[3])};
}

/* The lowest corner of the aligned cube of side 2^shift that contains a point. */
static void corner_of(const kmc_cells *cells, const int16_t *point, int shift, int16_t *low)
{
    for (int c = 0; c < cells->channels; c++) low[c] = (int16_t)(point[c] >> shift << shift);
}

/* Subdivides those of the n parts of a block that contain several entries of the list at this depth. The recursion
 * ends because every level lowers `shift`, and no two entries are at the same point. */
static void cut(kmc_grid *grid, const kmc_cells *cells, int depth, int shift, const uint8_t *inside, uint32_t n,
                uint32_t *given);

/* Assigns an entry of `from` to each part of the block at `low`: 2^bits parts of side 2^shift along each axis. Unless
 * NULL, `middle` receives the entries nearest to the centres of the subdivided parts, the only ones that it is valid
 * for. Returns whether any part was subdivided. */
static int divide(kmc_grid *grid, const kmc_cells *cells, const kmc_candidates *from, int depth, const int16_t *low,
                  int shift, int bits, uint32_t *given, uint32_t *middle)
{
    kmc_candidates *const list = &grid->lists[depth];
    int32_t xy[KMC_BLOCK + KMC_PADDING], zw[KMC_BLOCK + KMC_PADDING];
    int32_t position[KMC_BLOCK + KMC_PADDING], distance[KMC_BLOCK + KMC_PADDING];
    uint8_t inside[KMC_BLOCK] = {0};
    const uint32_t n = (uint32_t)1 << bits * cells->channels;
    const int32_t min_xy = kmc_pack(low[0], low[1]), min_zw = kmc_pack(low[2], low[3]);
    const kmc_box box = box_at(cells, low, shift + bits);
    int several = 0;
    grid->run->kernels->kmeans->filter(&box, from, list);
    const int known = shift == cells->shift;
    if (!known) find_middles(cells->channels, shift, bits, xy, zw);
    for (uint32_t i = 0; i < n; i++) { /* no sum overflows its half of the word */
        xy[i] = (known ? cells->middles_xy[i] : xy[i]) + min_xy;
        zw[i] = (known ? cells->middles_zw[i] : zw[i]) + min_zw;
    }
    grid->run->kernels->kmeans->nearest_point(xy, zw, n, list->xy, list->zw, list->n, position, distance);
    for (uint32_t i = 0; i < n; i++) given[i] = list->id[position[i]];
    for (size_t j = 0; j < list->n; j++) {
        const int16_t *const point = grid->entries[list->id[j] & UINT16_MAX];
        int within = 1;
        for (int c = 0; c < cells->channels; c++) within &= (uint32_t)(point[c] - low[c]) >> (shift + bits) == 0;
        if (!within) continue;
        const uint32_t part = part_of(cells, point, shift, bits);
        several |= inside[part];
        if (middle && inside[part] < 2) middle[part] = inside[part] ? list->id[position[part]] : 0;
        given[part] = list->id[j];
        inside[part] = (uint8_t)(1 + (inside[part] != 0));
    }
    if (several) cut(grid, cells, depth, shift, inside, n, given);
    return several;
}

static void cut(kmc_grid *grid, const kmc_cells *cells, int depth, int shift, const uint8_t *inside, uint32_t n,
                uint32_t *given)
{
    const int finer = shift < KMC_BLOCK_BITS ? shift : KMC_BLOCK_BITS;
    for (uint32_t i = 0; i < n; i++) {
        if (inside[i] < 2) continue;
        const uint32_t number = new_parts(grid, 1);
        if (number == 0) return;
        uint32_t below[KMC_BLOCK];
        int16_t corner[4] = {0};
        corner_of(cells, grid->entries[given[i] & UINT16_MAX], shift, corner);
        divide(grid, cells, &grid->lists[depth], depth + 1, corner, shift - finer, finer, below, NULL);
        memcpy(grid->parts[number], below, sizeof below);
        given[i] = CUT + number;
    }
}

/* The candidates for the nearest entry in the region that contains a point; NULL if memory is short. */
static const kmc_candidates *region_of(kmc_grid *grid, kmc_cells *cells, const int16_t *point)
{
    const int shift = cells->shift + KMC_BLOCK_BITS + KMC_REGION_BITS;
    kmc_candidates *const region = &cells->regions[part_of(cells, point, shift, COORDINATE_BITS - shift)];
    if (region->n != 0) return region;
    int16_t low[4] = {0};
    corner_of(cells, point, shift, low);
    const kmc_box box = box_at(cells, low, shift);
    kmc_candidates *const list = &grid->lists[0];
    const size_t n = grid->run->kernels->kmeans->filter(&box, &cells->entries, list);
    const size_t room = n + KMC_PADDING;
    int32_t *const memory = kmc_alloc(3 * room, sizeof *memory);
    if (!memory) {
        grid->status = KMC_NO_MEMORY;
        return NULL;
    }
    *region = (kmc_candidates){memory, memory + room, (uint32_t *)(memory + 2 * room), NULL, n};
    memcpy(region->xy, list->xy, room * sizeof *memory);
    memcpy(region->zw, list->zw, room * sizeof *memory);
    memcpy(region->id, list->id, n * sizeof *memory);
    return region;
}

/* Polls for Ctrl-C now and then, since a block can take milliseconds if thousands of distant entries are candidates.
 * Returns whether to go on. */
static int goes_on(kmc_grid *grid, size_t compared)
{
    grid->compared += compared;
    if (grid->compared < CHECK_IN_COMPARED) return 1;
    grid->compared = 0;
    grid->status = kmc_check_in(grid->run, grid->thread);
    return grid->status == KMC_OK;
}

/* Computes the block that contains a point. */
static void make_block(kmc_grid *grid, kmc_cells *cells, uint32_t block, const int16_t *point)
{
    const kmc_candidates *const region = region_of(grid, cells, point);
    const uint32_t n = (uint32_t)1 << KMC_BLOCK_BITS * cells->channels;
    if (!region || !goes_on(grid, n * region->n)) return;
    uint32_t given[KMC_BLOCK], middle[KMC_BLOCK], corner = cells->offset;
    int16_t low[4] = {0};
    corner_of(cells, point, cells->shift + KMC_BLOCK_BITS, low);
    int simple = !divide(grid, cells, region, 0, low, cells->shift, KMC_BLOCK_BITS, given, middle);
    for (int c = 0; c < cells->channels; c++) corner += (uint32_t)(cells->weights[c] * (low[c] >> cells->shift));
    for (uint32_t i = 0; i < n; i += 1 << KMC_BLOCK_BITS) {
        uint16_t *const row = &grid->nearest[corner + cells->rows[i >> KMC_BLOCK_BITS]];
        for (uint32_t j = 0; j < 1 << KMC_BLOCK_BITS; j++) {
            const uint32_t value = given[i + j] < CUT ? given[i + j] : middle[i + j] + grid->cut;
            simple &= value <= UINT16_MAX;
            row[j] = (uint16_t)(value <= UINT16_MAX ? value : 0);
        }
    }
    cells->blocks[block] = MADE;
    if (simple) return;
    const uint32_t number = new_parts(grid, 2);
    if (number == 0) return;
    memcpy(grid->parts[number], given, sizeof given);
    for (uint32_t i = 0; i < n; i++) grid->parts[number + 1][i] = given[i] >= CUT ? middle[i] : given[i];
    cells->blocks[block] = MADE + number;
}

uint32_t kmc_grid_find(kmc_grid *grid, uint32_t cell, const int16_t *point, int exact)
{
    if (cell == grid->clear) return grid->clear_entry;
    kmc_cells *const cells = grid->opaque.channels != 0 && cell >= grid->opaque.first ? &grid->opaque : &grid->all;
    const uint32_t block = part_of(cells, point, cells->shift + KMC_BLOCK_BITS, block_bits(cells));
    if (cells->blocks[block] == 0 && grid->status == KMC_OK) make_block(grid, cells, block, point);
    if (grid->status != KMC_OK) return 1;
    const uint32_t value = grid->nearest[cell];
    if (value != 0 && !(exact && value >= grid->cut)) return value;
    uint32_t part = CUT + cells->blocks[block] - MADE + (exact ? 0 : 1);
    /* Ends because every step goes one level down. */
    for (int shift = cells->shift, bits = KMC_BLOCK_BITS; part >= CUT;) {
        part = grid->parts[part - CUT][part_of(cells, point, shift, bits)];
        bits = shift < KMC_BLOCK_BITS ? shift : KMC_BLOCK_BITS;
        shift -= bits;
    }
    return part;
}
