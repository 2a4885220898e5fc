/* Flat areas of drawings, for adaptive dithering.
 *
 * The areas of a drawing have one colour each, and end at edges. Noise in them is seen at once, so they stay as they
 * are, up to their edges. Where the palette has no colour that is like theirs, dithering is the lesser evil. A gradient
 * also has flat areas, if it changes by a level in several pixels, but then there are such steps nearby. */
#include "dither/canvas.h"
#include "base/parallel.h"

#include <string.h>

enum {
    REACH = 2, /* pixels of a window to each side of its middle, */
    FAR = 8,   /* and of a wide window */
    SIDE = 2 * REACH + 1,
    WIDE = 2 * FAR + 1,
    ROWS = 64, COLUMNS = 496, /* of a tile */
    WIDTH = COLUMNS + 2 * FAR,
    THREAD_TILES = 4, /* tiles that are worth a thread of their own */
    STEP = 2,         /* levels by which neighbours differ at most, at a step of a slow gradient, */
    SLIGHT = 6,       /* and in a gradient or at a soft edge */
    ALIKE = 9,        /* pixels of a window, at least, that have the colour of its middle in an area of a drawing */
    WRONG = 8         /* levels, in the palette's space, above which another colour takes the place of the right one */
};

/* Pairs of neighbours: the number of those of one colour, at most 50 in a window, of those that differ slightly, and
 * above these bits, whose sums may overflow, of steps. */
typedef uint16_t pairs;
enum { SAME_PAIR = 1, SLIGHT_PAIR = 1 << 6, STEP_BIT = 12, STEP_PAIR = 1 << STEP_BIT, ALL_SAME = 2 * SIDE * SIDE };

typedef struct search {
    const kmc_canvas *canvas;
    const void *indices;
    uint8_t *shares;
    size_t tiles_across;
    pairs *memory; /* of each thread: rows of pairs, and the sums of their columns, in windows and in wide ones */
} search;

enum { MEMORY = (WIDE + 2) * WIDTH };

/* What the greatest difference of two pixels says about them, by the bits that differences above 0, STEP and SLIGHT
 * set in any channel. */
enum { DIFFERS = 1, NO_STEP = 2, NOT_SLIGHT = 4 };
static const pairs kinds[8] = {[0] = SAME_PAIR,
                               [DIFFERS] = SLIGHT_PAIR + STEP_PAIR,
                               [DIFFERS + NO_STEP] = SLIGHT_PAIR};

/* Pixels beyond the borders are like those at the border. */
static inline size_t clamped(ptrdiff_t at, size_t n)
{
    return at < 0 ? 0 : kmc_smaller((size_t)at, n - 1);
}

/* Copies the bytes of row y from column x - FAR on, of one pixel more than the width of a tile's row. */
static void copy_row(const kmc_canvas *canvas, ptrdiff_t y, size_t x, size_t width, uint8_t *to)
{
    const size_t pixel_bytes = (size_t)canvas->channels, before = x < FAR ? FAR - x : 0;
    const uint8_t *const row = canvas->pixels + clamped(y, canvas->height) * canvas->width * pixel_bytes;
    const size_t first = x + before - FAR, n = kmc_smaller(width + 1 - before, canvas->width - first);
    for (size_t i = 0; i < before; i++) memcpy(to + i * pixel_bytes, row, pixel_bytes);
    memcpy(to + before * pixel_bytes, row + first * pixel_bytes, n * pixel_bytes);
    const uint8_t *const last = to + (before + n - 1) * pixel_bytes;
    for (size_t i = before + n; i < width + 1; i++) memcpy(to + i * pixel_bytes, last, pixel_bytes);
}

static inline uint8_t bits_of(uint8_t a, uint8_t b)
{
    const uint8_t off = (uint8_t)((a > b ? a : b) - (a > b ? b : a));
    return (uint8_t)((off > 0 ? DIFFERS : 0) | (off > STEP ? NO_STEP : 0) | (off > SLIGHT ? NOT_SLIGHT : 0));
}

/* The pairs of each pixel of a row: with its right neighbour, and with the one below. */
static inline void compare(const uint8_t *row, const uint8_t *below, size_t width, size_t channels, pairs *to)
{
    uint8_t right_bits[4 * WIDTH], below_bits[4 * WIDTH];
    for (size_t i = 0; i < width * channels; i++) {
        right_bits[i] = bits_of(row[i], row[i + channels]);
        below_bits[i] = bits_of(row[i], below[i]);
    }
    for (size_t i = 0; i < width; i++) {
        unsigned right = 0, down = 0;
        for (size_t c = 0; c < channels; c++) {
            right |= right_bits[channels * i + c];
            down |= below_bits[channels * i + c];
        }
        to[i] = (pairs)(kinds[right] + kinds[down]);
    }
}

/* The pairs of row y from column x - FAR on. */
static void load(const kmc_canvas *canvas, ptrdiff_t y, size_t x, size_t width, pairs *to)
{
    uint8_t row[4 * (WIDTH + 1)], below[4 * (WIDTH + 1)];
    copy_row(canvas, y, x, width, row);
    copy_row(canvas, y + 1, x, width, below);
    if (canvas->channels == 1)
        compare(row, below, width, 1, to);
    else if (canvas->channels == 3)
        compare(row, below, width, 3, to);
    else
        compare(row, below, width, 4, to);
}

/* Whether many pixels of the window around a pixel have its colour. */
static int is_area(const kmc_canvas *canvas, size_t y, size_t x)
{
    const size_t pixel_bytes = (size_t)canvas->channels;
    const uint8_t *const middle = canvas->pixels + (y * canvas->width + x) * pixel_bytes;
    int alike = 0;
    for (ptrdiff_t down = -REACH; down <= REACH; down++) {
        const size_t row = clamped((ptrdiff_t)y + down, canvas->height) * canvas->width;
        for (ptrdiff_t across = -REACH; across <= REACH; across++) {
            const size_t pixel = row + clamped((ptrdiff_t)x + across, canvas->width);
            alike += memcmp(middle, canvas->pixels + pixel * pixel_bytes, pixel_bytes) == 0;
        }
    }
    return alike >= ALIKE;
}

/* Whether the entry of a pixel has another colour than it. */
static int is_wrong(const search *s, size_t pixel)
{
    const kmc_canvas *const canvas = s->canvas;
    const size_t index = kmc_index_get(s->indices, canvas->index_bytes, pixel);
    const int16_t *const entry = canvas->palette + 4 * kmc_smaller(index, canvas->k - 1);
    const int64_t limit = WRONG * KMC_UNITS_PER_LEVEL;
    int32_t at[4];
    int64_t square = 0;
    kmc_canvas_at(canvas, pixel, canvas->channels, at);
    for (int c = 0; c < canvas->channels; c++) square += (int64_t)(at[c] - entry[c]) * (at[c] - entry[c]);
    return square > limit * limit;
}

/* Sets the share of a pixel if it is in a flat area, given the pairs in its window, and the steps in the wide one: a
 * slow gradient has a line of them across it. */
static void settle(const search *s, size_t y, size_t x, pairs window, unsigned steps)
{
    const size_t pixel = y * s->canvas->width + x;
    window &= STEP_PAIR - 1;
    if (window >= SLIGHT_PAIR || steps >= WIDE) return;
    if (window == ALL_SAME || is_area(s->canvas, y, x)) s->shares[pixel] = is_wrong(s, pixel) ? UINT8_MAX : 0;
}

/* Row y of a tile, given the sums of the columns from x - FAR on. */
static void settle_row(const search *s, size_t y, size_t x, size_t n, const pairs *columns, const pairs *wide_columns)
{
    unsigned steps = 0;
    for (size_t i = 0; i + 1 < WIDE; i++) steps += wide_columns[i];
    for (size_t i = 0; i < n; i++) {
        const pairs *const five = columns + i + FAR - REACH;
        steps += wide_columns[i + WIDE - 1];
        settle(s, y, x + i, (pairs)(five[0] + five[1] + five[2] + five[3] + five[4]), steps);
        steps -= wide_columns[i];
    }
}

static kmc_status search_tile(void *job, ptrdiff_t tile, int thread)
{
    const search *const s = job;
    const kmc_canvas *const canvas = s->canvas;
    const size_t x = (size_t)tile % s->tiles_across * COLUMNS, first = (size_t)tile / s->tiles_across * ROWS;
    const size_t n = kmc_smaller(canvas->width - x, COLUMNS), end = kmc_smaller(canvas->height, first + ROWS);
    const size_t width = n + 2 * FAR;
    pairs *const rows = s->memory + (size_t)thread * MEMORY;
    pairs *const columns = rows + WIDE * width, *const wide_columns = columns + width;
    memset(rows, 0, MEMORY * sizeof *rows);
    for (ptrdiff_t last = (ptrdiff_t)first - FAR; last < (ptrdiff_t)end + FAR; last++) {
        pairs *const row = rows + (size_t)(last + WIDE) % WIDE * width;
        const pairs *const added = rows + (size_t)(last - FAR + REACH + WIDE) % WIDE * width;
        const pairs *const removed = rows + (size_t)(last - FAR - REACH - 1 + WIDE) % WIDE * width;
        for (size_t i = 0; i < width; i++) wide_columns[i] = (pairs)(wide_columns[i] - (row[i] >> STEP_BIT));
        load(canvas, last, x, width, row);
        for (size_t i = 0; i < width; i++) {
            wide_columns[i] = (pairs)(wide_columns[i] + (row[i] >> STEP_BIT));
            columns[i] = (pairs)(columns[i] + added[i] - removed[i]);
        }
        if (last >= (ptrdiff_t)first + FAR) settle_row(s, (size_t)(last - FAR), x, n, columns, wide_columns);
    }
    return KMC_OK;
}

kmc_status kmc_mask_flat_areas(const kmc_run *run, const kmc_canvas *canvas, const void *indices, uint8_t *shares)
{
    const size_t down = (size_t)kmc_tasks_for(canvas->height, ROWS);
    search s = {canvas, indices, shares, (size_t)kmc_tasks_for(canvas->width, COLUMNS), NULL};
    const size_t tiles = down * s.tiles_across;
    const int threads = kmc_threads_for(run, tiles, THREAD_TILES);
    s.memory = kmc_alloc((size_t)threads * MEMORY, sizeof *s.memory);
    if (!s.memory) return KMC_NO_MEMORY;
    const kmc_status status = kmc_parallel(run, threads, (ptrdiff_t)tiles, search_tile, &s);
    kmc_free(s.memory);
    return status;
}
