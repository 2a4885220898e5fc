/* Error diffusion: the quantization error of a pixel is distributed to its neighbours.
 *
 * A picture is divided into independent bands of rows, so that threads can share it and a thread can process several
 * bands at once, side by side in vectors. Each band starts a few rows early, and the results of these rows are
 * discarded: they only build up the error that would reach its first row. Rows beyond the picture repeat its outermost
 * row. Very wide pictures are also divided into columns, which bounds the memory of a thread; a column extends some
 * discarded pixels to both sides. A tile is the part of a band in one column: for most pictures, the whole band.
 *
 * The error that a pixel accepts is limited by the mean error of nearest-colour mapping around it, since error
 * diffusion reduces the mean error of an area at the price of noise. Where nearest-colour mapping is exact, the limit
 * is 0: diffusion could only add noise from elsewhere. At the edges of line art, few pixels have an error, so the limit
 * is small. On a gradient, the error is at most half the distance between two entries and a quarter on average: four
 * times the average allows either entry. */
#include "dither/canvas.h"
#include "dither/kernels.h"
#include "dither/row.h"
#include "base/parallel.h"

#include <string.h>

enum {
    BAND = 32,     /* rows; even, like LEAD_IN, so that rows of all bands alternate direction alike */
    LEAD_IN = 4,   /* discarded rows before a band */
    COLUMN = 1 << 16, /* pixels; wider pictures are cut */
    MARGIN = 32,   /* discarded pixels on both sides of a column; a multiple of four, like the width of columns */
    SPAN = 1 << 13, /* pixels of a row between two polls for Ctrl-C */
    PART = 64,     /* pixels of a row that are loaded at a time, */
    SHARES_PART = 16, /* and where not all of them are needed */
    THREAD_PIXELS = 1 << 15,
    LIMIT = 4,     /* times the mean error of nearest-colour mapping around a pixel */
    PASSED = 208   /* of 256; the rest is lost, so that small errors do not add up to large ones */
};

typedef struct diffusion {
    const kmc_run *run;
    const kmc_canvas *canvas;
    kmc_quad low, high; /* the bounding box of all entries */
    const uint8_t *shares;
    int passed, atkinson;
    size_t columns, column_width, margin;
    size_t width;       /* of a tile, with its margins */
    size_t lanes;       /* tiles in a task */
    void *indices;
    struct worker *workers; /* of each thread */
} diffusion;

/* What a thread works with, made when it takes its first task. */
typedef struct worker {
    const diffusion *job;
    kmc_grid grid;
    kmc_quad *memory, *errors[3]; /* of row y in errors[(y + 6) % 3]: y begins at -LEAD_IN - 1 */
    uint8_t *coordinates[2];      /* of the pixels of row y in coordinates[y % 2] */
    uint16_t *off[3];             /* like errors */
    int16_t *shares[2];           /* like coordinates, if not all pixels accept everything; */
    uint8_t *active[2];           /* and which vectors have any nearby */
    uint8_t *near, *any;          /* which pixels have, of each tile; scratch memory */
    uint16_t *found;              /* of each tile, w->apart apart */
    size_t apart;
    uint64_t lost;
} worker;

/* Copies coordinates, forced into the range of the grid. */
static inline void load_coordinates(const int16_t *coordinates, uint8_t *to)
{
    uint64_t quad;
    memcpy(&quad, coordinates, sizeof quad);
    quad &= UINT64_C(0x0001000100010001) * KMC_MAX_COORDINATE;
    memcpy(to, &quad, sizeof quad);
}

/* Where pixels lie, loaded beside those of other tiles, `beside` bytes apart. */
static void load(const kmc_canvas *canvas, size_t from, size_t n, uint8_t *to, size_t beside)
{
    const uint8_t *const pixels = canvas->pixels; /* copies, which the compiler knows not to change */
    const int16_t *const coordinates = canvas->coordinates;
    if (canvas->positions && coordinates) {
        const uint32_t *const positions = canvas->positions + from;
        for (size_t i = 0; i < n; i++) load_coordinates(coordinates + 4 * (size_t)positions[i], to + i * beside);
    } else if (coordinates) {
        for (size_t i = 0; i < n; i++) load_coordinates(coordinates + 4 * (from + i), to + i * beside);
    } else if (canvas->channels == 1) {
        for (size_t i = 0; i < n; i++) to[i * beside] = pixels[from + i];
    } else {
        for (size_t i = 0; i + 1 < n; i++) { /* four bytes at once, of which the last is the next pixel's */
            memcpy(to + i * beside, pixels + 3 * (from + i), 4);
        }
        memcpy(to + (n - 1) * beside, pixels + 3 * (from + n - 1), 3);
    }
}

/* The same, from pixel `from` of a row: those beyond its ends are like its first and its last one. */
static void load_part(const kmc_canvas *canvas, size_t row, ptrdiff_t from, size_t n, uint8_t *to, size_t beside)
{
    const ptrdiff_t width = (ptrdiff_t)canvas->width;
    for (size_t i = 0; i < n;) {
        const ptrdiff_t at = from + (ptrdiff_t)i;
        const int inside = at >= 0 && at < width;
        const size_t here = inside ? kmc_smaller(n - i, (size_t)(width - at)) : 1;
        const size_t x = at < 0 ? 0 : inside ? (size_t)at : (size_t)width - 1;
        load(canvas, row * canvas->width + x, here, to + i * beside, beside);
        i += here;
    }
}

/* Row y of a tile, counted from its own first one, in the picture. */
static size_t row_of(const diffusion *d, size_t tile, ptrdiff_t y)
{
    const kmc_canvas *const canvas = d->canvas;
    const size_t band = tile / d->columns;
    const ptrdiff_t row = (ptrdiff_t)(band * BAND) + y, last = (ptrdiff_t)canvas->height - 1;
    return (size_t)(row < 0 ? 0 : row > last ? last : row);
}

/* The first column of a tile in the picture, beyond its left border if negative. */
static ptrdiff_t column_of(const diffusion *d, size_t tile)
{
    return (ptrdiff_t)(tile % d->columns * d->column_width) - (ptrdiff_t)d->margin;
}

/* near = which pixels of row y of a tile have a share, or a pixel beside them that has: errors reach a pixel from its
 * neighbours, and its limit depends on theirs. */
static void find_near(const worker *w, size_t tile, ptrdiff_t y, uint8_t *near)
{
    const diffusion *const d = w->job;
    const size_t width = d->canvas->width, n_all = d->width;
    const ptrdiff_t from = column_of(d, tile);
    const size_t begin = from < 0 ? (size_t)-from : 0, left = from < 0 ? 0 : (size_t)from;
    const size_t n = kmc_smaller(n_all - begin, width - left);
    const uint8_t *const above = d->shares + row_of(d, tile, y - 1) * width + left;
    const uint8_t *const here = d->shares + row_of(d, tile, y) * width + left;
    const uint8_t *const below = d->shares + row_of(d, tile, y + 1) * width + left;
    uint8_t *const any = w->any; /* from one pixel before the tile on */
    for (size_t x = 0; x < n; x++) any[1 + begin + x] = above[x] | here[x] | below[x];
    memset(any + 1, any[1 + begin], begin);
    memset(any + 1 + begin + n, any[begin + n], n_all - begin - n);
    for (size_t x = 0; x < n_all; x++) near[x] = any[x] | any[x + 1] | any[x + 2];
}

/* Row y of all tiles: which pixels are near a share, and which vectors have one of them. */
static void find_active(const worker *w, size_t first, ptrdiff_t y)
{
    const size_t width = w->job->width;
    uint8_t *const active = w->active[y & 1];
    memset(active, 0, width);
    for (size_t lane = 0; lane < w->job->lanes; lane++) {
        uint8_t *const near = w->near + lane * width;
        const uint8_t bit = (uint8_t)(1u << lane / KMC_VECTOR);
        find_near(w, first + lane, y, near);
        for (size_t x = 0; x < width; x++) active[x] |= near[x] != 0 ? bit : 0;
    }
}

static int any_of(const uint8_t *values, size_t n)
{
    uint8_t all = 0;
    for (size_t i = 0; i < n; i++) all |= values[i];
    return all != 0;
}

/* The shares of pixels, clamped like these, loaded beside those of other tiles. */
static void load_shares(const uint8_t *row, size_t width, ptrdiff_t from, size_t n, int16_t *to)
{
    if (from >= 0 && (size_t)from + n <= width) {
        for (size_t x = 0; x < n; x++) to[x * KMC_LANES] = (int16_t)(row[(size_t)from + x] << 7);
        return;
    }
    for (size_t x = 0; x < n; x++) {
        const ptrdiff_t at = from + (ptrdiff_t)x;
        to[x * KMC_LANES] = (int16_t)(row[at < 0 ? 0 : at < (ptrdiff_t)width ? at : (ptrdiff_t)width - 1] << 7);
    }
}

/* Row y of all tiles from `first` on: where its pixels lie, and their shares. */
static void load_rows(const worker *w, size_t first, ptrdiff_t y)
{
    const diffusion *const d = w->job;
    const size_t bytes = d->canvas->coordinates ? sizeof(kmc_quad) : 4, beside = bytes * d->lanes;
    uint8_t *const to = w->coordinates[y & 1];
    size_t rows[KMC_LANES];
    ptrdiff_t columns[KMC_LANES];
    for (size_t lane = 0; lane < d->lanes; lane++) {
        rows[lane] = row_of(d, first + lane, y);
        columns[lane] = column_of(d, first + lane);
    }
    if (d->shares) find_active(w, first, y);
    const size_t part = d->shares ? SHARES_PART : PART;
    for (size_t x = 0; x < d->width; x += part) {
        const size_t n = kmc_smaller(d->width - x, part);
        for (size_t lane = 0; lane < d->lanes; lane++) {
            const size_t row = rows[lane], width = d->canvas->width;
            const ptrdiff_t from = columns[lane] + (ptrdiff_t)x;
            if (d->shares && !any_of(w->near + lane * d->width + x, n)) continue;
            load_part(d->canvas, row, from, n, to + x * beside + lane * bytes, beside);
            if (!d->shares) continue;
            load_shares(d->shares + row * width, width, from, n, w->shares[y & 1] + x * KMC_LANES + lane);
        }
    }
}

/* Replaces the indices of n <= PART pixels that have a share. Compilers vectorize the loops, since they load and store
 * without conditions. */
static void replace_part(const diffusion *d, size_t to, size_t n, const uint16_t *found, uint16_t mask)
{
    const uint8_t *const shares = d->shares + to;
    uint16_t now[PART];
    if (!any_of(shares, n)) return;
    for (size_t x = 0; x < n; x++) now[x] = (uint16_t)((found[x] & mask) - 1);
    if (d->canvas->index_bytes == 1) {
        uint8_t *const indices = (uint8_t *)d->indices + to, next[PART];
        memcpy(next, indices, n);
        for (size_t x = 0; x < n; x++) next[x] = shares[x] != 0 ? (uint8_t)now[x] : next[x];
        memcpy(indices, next, n);
    } else {
        uint16_t *const indices = (uint16_t *)d->indices + to;
        for (size_t x = 0; x < n; x++) now[x] = shares[x] != 0 ? now[x] : indices[x];
        memcpy(indices, now, n * sizeof *now);
    }
}

/* The indices of row y of all tiles, as they were found, into the picture. */
static void write_rows(const worker *w, size_t first, size_t y)
{
    const diffusion *const d = w->job;
    const uint16_t mask = (uint16_t)(w->grid.cut - 1);
    for (size_t lane = 0; lane < d->lanes; lane++) {
        const size_t row = (first + lane) / d->columns * BAND + y;
        const size_t left = (first + lane) % d->columns * d->column_width;
        if (row >= d->canvas->height) break;
        const uint16_t *const found = w->found + lane * w->apart + d->margin;
        const size_t to = row * d->canvas->width + left, n = kmc_smaller(d->canvas->width - left, d->column_width);
        if (d->shares) {
            for (size_t x = 0; x < n; x += PART) replace_part(d, to + x, kmc_smaller(n - x, PART), found + x, mask);
        } else if (d->canvas->index_bytes == 1) {
            uint8_t *const indices = (uint8_t *)d->indices + to;
            for (size_t x = 0; x < n; x++) indices[x] = (uint8_t)((found[x] & mask) - 1);
        } else {
            uint16_t *const indices = (uint16_t *)d->indices + to;
            for (size_t x = 0; x < n; x++) indices[x] = (uint16_t)((found[x] & mask) - 1);
        }
    }
}

/* What does not change from row to row. */
static kmc_dither_row row_for(worker *w)
{
    const diffusion *const d = w->job;
    kmc_dither_row row = {.grid = &w->grid, .width = d->width, .vectors = d->lanes / KMC_VECTOR,
                          .atkinson = d->atkinson, .levels = d->canvas->coordinates == NULL, .found = w->found,
                          .apart = w->apart, .shares = w->shares[0], .passed = (int16_t)d->passed,
                          .limit = (uint16_t)(LIMIT * 65536 / (9 * d->canvas->channels))};
    memcpy(row.low, d->low, sizeof row.low);
    memcpy(row.high, d->high, sizeof row.high);
    return row;
}

/* The offsets that are added to the pixels of row y before the lookup, in alternating directions. Without them, the
 * boundary between two entries would follow the cells, with a constant bias, and gradients would be tinted by the part
 * of the error that is not passed on. Larger offsets would suit gradients better, but photographs of many colours
 * worse. */
static void set_offsets(const worker *w, kmc_dither_row *row, ptrdiff_t y)
{
    static const int16_t sixteenths[4] = {-3, 3, -1, 1};
    static const unsigned by_row[3] = {1, 3, 2}, from[3] = {0, 2, 1};
    const kmc_cells *const cells = w->grid.opaque.entries.n != 0 ? &w->grid.opaque : &w->grid.all;
    const int sixteenth = 1 << (cells->shift - 4);
    for (unsigned x = 0; x < 4; x++) {
        for (unsigned c = 0; c < 3 && c < (unsigned)cells->channels; c++) {
            const unsigned at = x + by_row[c] * (unsigned)(y & 3) + from[c];
            row->offsets[x][c] = (int16_t)(sixteenths[at & 3] * sixteenth);
        }
    }
}

/* Runs a kernel along a row, polling for Ctrl-C. */
static kmc_status go_along(worker *w, kmc_dither_row *row, kmc_diffuse_fn *kernel, int thread)
{
    kmc_status status = KMC_OK;
    for (row->begin = 0; row->begin < row->width && status == KMC_OK; row->begin = row->end) {
        row->end = row->width - row->begin < SPAN ? row->width : row->begin + SPAN;
        kernel(row);
        if (w->grid.status != KMC_OK) return w->grid.status;
        status = kmc_check_in(w->job->run, thread);
    }
    return status;
}

/* Loads row y of all tiles and measures its error of nearest-colour mapping. */
static kmc_status measure_row(worker *w, kmc_dither_row *row, size_t first, ptrdiff_t y, int thread)
{
    load_rows(w, first, y);
    row->below = w->coordinates[y & 1];
    row->active_below = w->active[y & 1];
    row->off_below = w->off[(y + 6) % 3];
    return go_along(w, row, w->job->run->kernels->dither->measure, thread);
}

/* Dithers row y, after loading and measuring the row below. */
static kmc_status diffuse_row(worker *w, kmc_dither_row *row, size_t first, ptrdiff_t y, int thread)
{
    const diffusion *const d = w->job;
    row->step = (y & 1) == 0 ? 1 : -1;
    row->at = w->coordinates[y & 1];
    row->active = w->active[y & 1];
    row->shares = w->shares[y & 1];
    row->off_above = w->off[(y + 5) % 3];
    row->off_here = w->off[(y + 6) % 3];
    row->here = w->errors[(y + 6) % 3];
    row->above = w->errors[(y + 5) % 3];
    row->beyond = w->errors[(y + 4) % 3];
    for (size_t lane = 0; lane < d->lanes; lane++) {
        const int counts = y >= 0 && (first + lane) / d->columns * BAND + (size_t)y < d->canvas->height;
        memset(row->counted[lane], counts ? 0xFF : 0, sizeof row->counted[lane]);
    }
    set_offsets(w, row, y);
    kmc_status status = measure_row(w, row, first, y + 1, thread);
    if (status == KMC_OK) status = go_along(w, row, d->run->kernels->dither->diffuse, thread);
    if (status == KMC_OK && y >= 0) write_rows(w, first, (size_t)y);
    return status;
}

static kmc_status worker_new(const diffusion *d, int thread, worker *w)
{
    const size_t width = d->width, room = width + 2 * KMC_ROW_PADDING;
    kmc_status status = kmc_grid_new(d->run, d->canvas, thread, &w->grid);
    w->memory = kmc_alloc(3 * d->lanes * room, sizeof *w->memory);
    const size_t bytes = d->canvas->coordinates ? sizeof(kmc_quad) : 4;
    for (int i = 0; i < 2; i++) w->coordinates[i] = kmc_alloc_zeroed(width * d->lanes, bytes);
    for (int i = 0; i < 3; i++) w->off[i] = kmc_alloc(width * KMC_LANES, sizeof *w->off[i]);
    w->apart = (width + 2047) / 2048 * 2048 + 32; /* avoids conflicts in the cache */
    w->found = kmc_alloc(w->apart, d->lanes * sizeof *w->found);
    if (d->shares) {
        w->any = kmc_alloc_zeroed(width + 2, 1);
        w->near = kmc_alloc(d->lanes, width);
        for (int i = 0; i < 2; i++) w->active[i] = kmc_alloc(width, 1);
        for (int i = 0; i < 2; i++) w->shares[i] = kmc_alloc_zeroed(width * KMC_LANES, sizeof *w->shares[i]);
        if (!w->any || !w->near || !w->active[0] || !w->active[1] || !w->shares[0] || !w->shares[1])
            return KMC_NO_MEMORY;
    }
    if (!w->memory || !w->coordinates[0] || !w->coordinates[1] || !w->off[0] || !w->off[1] || !w->off[2] || !w->found)
        return KMC_NO_MEMORY;
    for (size_t i = 0; i < 3; i++) w->errors[i] = w->memory + (i * room + KMC_ROW_PADDING) * d->lanes;
    if (status == KMC_OK) w->job = d;
    return status;
}

static void worker_free(worker *w)
{
    kmc_grid_free(&w->grid);
    kmc_free(w->memory);
    for (int i = 0; i < 2; i++) {
        kmc_free(w->coordinates[i]);
        kmc_free(w->active[i]);
        kmc_free(w->shares[i]);
    }
    for (int i = 0; i < 3; i++) kmc_free(w->off[i]);
    kmc_free(w->near);
    kmc_free(w->any);
    kmc_free(w->found);
}

/* Some tiles, row by row. */
static kmc_status diffuse_task(void *job, ptrdiff_t task, int thread)
{
    const diffusion *const d = job;
    worker *const w = &d->workers[thread];
    kmc_status status = w->job ? KMC_OK : worker_new(d, thread, w);
    if (status != KMC_OK) return status;
    const size_t first = (size_t)task * d->lanes, left = d->canvas->height - first / d->columns * BAND;
    kmc_dither_row row = row_for(w);
    memset(w->memory, 0, 3 * d->lanes * (row.width + 2 * KMC_ROW_PADDING) * sizeof *w->memory);
    for (ptrdiff_t y = -LEAD_IN - 1; y <= -LEAD_IN && status == KMC_OK; y++) {
        status = measure_row(w, &row, first, y, thread);
    }
    const ptrdiff_t end = left < BAND ? (ptrdiff_t)left : BAND;
    for (ptrdiff_t y = -LEAD_IN; y < end && status == KMC_OK; y++) status = diffuse_row(w, &row, first, y, thread);
    w->lost += row.lost;
    return status;
}

/* Columns of equal width, as few as can be. */
static void cut_columns(diffusion *d)
{
    const size_t width = d->canvas->width, least = (size_t)kmc_tasks_for(width, COLUMN);
    d->columns = 1;
    d->width = d->column_width = width;
    if (least == 1) return;
    d->column_width = ((size_t)kmc_tasks_for(width, least) + 3) / 4 * 4;
    d->columns = (size_t)kmc_tasks_for(width, d->column_width);
    d->margin = MARGIN;
    d->width = d->column_width + 2 * MARGIN;
}

/* Both kinds of error diffusion: `shares` may be NULL. */
static kmc_status diffuse(const kmc_run *run, const kmc_canvas *canvas, kmc_diffusion kind, int strength,
                          const uint8_t *shares, void *indices, double *error)
{
    if (strength < 0 || strength > 256) return KMC_BAD_ARGUMENT;
    const int threads = kmc_threads_for(run, canvas->height * canvas->width, THREAD_PIXELS);
    diffusion d = {.run = run, .canvas = canvas, .passed = PASSED * strength / 256, .atkinson = kind == KMC_ATKINSON,
                   .shares = shares, .indices = indices};
    cut_columns(&d);
    const size_t tiles = (size_t)kmc_tasks_for(canvas->height, BAND) * d.columns;
    size_t tasks = (size_t)kmc_tasks_for(tiles, KMC_LANES);
    if (tasks < (size_t)threads) tasks = (size_t)threads;
    d.lanes = KMC_VECTOR * (size_t)kmc_tasks_for((size_t)kmc_tasks_for(tiles, tasks), KMC_VECTOR);
    d.workers = kmc_alloc_zeroed((size_t)threads, sizeof *d.workers);
    if (!d.workers) return KMC_NO_MEMORY;
    kmc_grid_box(canvas, d.low, d.high);
    const kmc_status status = kmc_parallel(run, threads, kmc_tasks_for(tiles, d.lanes), diffuse_task, &d);
    uint64_t lost = 0;
    for (int thread = 0; thread < threads; thread++) {
        lost += d.workers[thread].lost;
        worker_free(&d.workers[thread]);
    }
    kmc_free(d.workers);
    *error = (double)lost / (KMC_UNITS_PER_LEVEL * KMC_UNITS_PER_LEVEL);
    if (status != KMC_OK || d.columns == 1 || shares) return status;
    return kmc_canvas_error(run, canvas, indices, error); /* without the margins */
}

kmc_status kmc_diffuse(const kmc_run *run, const kmc_canvas *canvas, kmc_diffusion kind, int strength, void *indices,
                       double *error)
{
    return diffuse(run, canvas, kind, strength, NULL, indices, error);
}

kmc_status kmc_diffuse_shares(const kmc_run *run, const kmc_canvas *canvas, int strength, const uint8_t *shares,
                              void *indices)
{
    double error;
    return diffuse(run, canvas, KMC_FLOYD_STEINBERG, strength, shares, indices, &error);
}
