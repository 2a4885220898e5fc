/* Flat areas of drawings, for adaptive dithering.
 *
 * The areas of a drawing have one colour each, and end at edges. Noise in them is seen at once, so they stay as they
 * are, up to their edges. Where the palette has no colour that is like theirs, dithering is the lesser evil. A gradient
 * also has flat areas, if it changes by a level in several pixels, but then there are such steps nearby. */
#include "dither/canvas.h"
#include "dither/flat.h"
#include "dither/kernels.h"
#include "base/parallel.h"

#include <string.h>

enum {
    REACH = KMC_FLAT_REACH,
    FAR = KMC_FLAT_FAR,
    SIDE = KMC_FLAT_SIDE,
    WIDE = KMC_FLAT_WIDE,
    WIDTH = KMC_FLAT_WIDTH,
    ROWS = 64,        /* of a tile, which has KMC_FLAT_COLUMNS columns */
    THREAD_TILES = 2, /* tiles that are worth a thread of their own */
    ALIKE = 9,        /* pixels of a window, at least, that have the colour of its middle in an area of a drawing */
    WRONG = 8         /* levels, in the palette's space, above which another colour takes the place of the right one */
};

typedef struct search {
    const kmc_run *run;
    const kmc_canvas *canvas;
    const void *indices;
    uint8_t *shares;
    size_t tiles_across;
} search;

/* What a tile works with. Rows begin FAR pixels before it. */
typedef struct workspace {
    uint32_t pixels[2][WIDTH + 1]; /* of row y in pixels[(y + FAR) % 2], */
    uint8_t pairs[WIDE][WIDTH];    /* and in pairs[(y + WIDE) % WIDE] */
    uint8_t columns[WIDTH];
    uint8_t kinds[KMC_FLAT_COLUMNS + sizeof(uint64_t)]; /* 0 beyond the tile */
} workspace;

/* Pixels beyond the borders are like those at the border. */
static inline size_t clamped(ptrdiff_t at, size_t n)
{
    return at < 0 ? 0 : kmc_smaller((size_t)at, n - 1);
}

/* n pixels as words of four bytes, 0 beyond the channels. */
static void load_words(const uint8_t *pixels, size_t n, int channels, uint32_t *to)
{
    static const uint8_t rgb[4] = {UINT8_MAX, UINT8_MAX, UINT8_MAX, 0};
    uint32_t word = 0, mask;
    if (channels == 1) {
        for (size_t i = 0; i < n; i++) to[i] = pixels[i];
    } else if (channels == 4) {
        memcpy(to, pixels, 4 * n);
    } else {
        memcpy(&mask, rgb, sizeof mask);
        for (size_t i = 0; i + 1 < n; i++) { /* four bytes at once, of which the last is the next pixel's */
            memcpy(&word, pixels + 3 * i, 4);
            to[i] = word & mask;
        }
        word = 0;
        memcpy(&word, pixels + 3 * (n - 1), 3);
        to[n - 1] = word;
    }
}

/* Row y from column x - FAR on: one pixel more than `width`. */
static void load_row(const kmc_canvas *canvas, ptrdiff_t y, size_t x, size_t width, uint32_t *to)
{
    const size_t pixel_bytes = (size_t)canvas->channels, before = x < FAR ? FAR - x : 0;
    const uint8_t *const row = canvas->pixels + clamped(y, canvas->height) * canvas->width * pixel_bytes;
    const size_t first = x + before - FAR, n = kmc_smaller(width + 1 - before, canvas->width - first);
    load_words(row + first * pixel_bytes, n, canvas->channels, to + before);
    for (size_t i = 0; i < before; i++) to[i] = to[before];
    for (size_t i = before + n; i < width + 1; i++) to[i] = to[before + n - 1];
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

/* Sets the share of a pixel if it is in a flat area, by what its window shows. */
static inline void settle(const search *s, size_t y, size_t x, uint8_t kind)
{
    const size_t pixel = y * s->canvas->width + x;
    if (kind == KMC_FLAT_SAME || (kind == KMC_FLAT_EDGE && is_area(s->canvas, y, x)))
        s->shares[pixel] = is_wrong(s, pixel) ? UINT8_MAX : 0;
}

/* n pixels of row y from column x on, of which few are in flat areas in photographs. */
static void settle_row(const search *s, size_t y, size_t x, size_t n, const uint8_t *kinds)
{
    for (size_t begin = 0; begin < n; begin += sizeof(uint64_t)) {
        uint64_t some;
        memcpy(&some, kinds + begin, sizeof some);
        if (some == 0) continue;
        for (size_t i = begin; i < begin + sizeof some; i++)
            if (kinds[i] != KMC_FLAT_GRADIENT) settle(s, y, x + i, kinds[i]);
    }
}

static kmc_status search_tile(void *job, ptrdiff_t tile, int thread)
{
    const search *const s = job;
    const kmc_canvas *const canvas = s->canvas;
    const kmc_dither_kernels *const kernels = s->run->kernels->dither;
    const size_t x = (size_t)tile % s->tiles_across * KMC_FLAT_COLUMNS;
    const size_t n = kmc_smaller(canvas->width - x, KMC_FLAT_COLUMNS), width = n + 2 * FAR;
    const ptrdiff_t first = (ptrdiff_t)((size_t)tile / s->tiles_across * ROWS);
    const ptrdiff_t end = (ptrdiff_t)kmc_smaller(canvas->height, (size_t)first + ROWS);
    workspace w;
    (void)thread;
    memset(w.pairs, 0, sizeof w.pairs);
    memset(w.columns, 0, sizeof w.columns);
    memset(w.kinds, KMC_FLAT_GRADIENT, sizeof w.kinds);
    load_row(canvas, first - FAR, x, width, w.pixels[first % 2]);
    for (ptrdiff_t y = first - FAR; y < end + FAR; y++) {
        uint32_t *const row = w.pixels[(y + FAR) % 2], *const below = w.pixels[(y + FAR + 1) % 2];
        load_row(canvas, y + 1, x, width, below);
        kernels->pair(&(kmc_flat_pairs){width, row, below, w.pairs[(y + WIDE) % WIDE], w.columns});
        if (y < first + FAR) continue;
        kmc_flat_windows windows = {.n = n, .columns = w.columns, .kinds = w.kinds};
        for (ptrdiff_t i = 0; i < SIDE; i++) windows.pairs[i] = w.pairs[(y - FAR - REACH + i + WIDE) % WIDE];
        kernels->flatten(&windows);
        settle_row(s, (size_t)(y - FAR), x, n, w.kinds);
    }
    return KMC_OK;
}

kmc_status kmc_mask_flat_areas(const kmc_run *run, const kmc_canvas *canvas, const void *indices, uint8_t *shares)
{
    search s = {run, canvas, indices, shares, (size_t)kmc_tasks_for(canvas->width, KMC_FLAT_COLUMNS)};
    const size_t tiles = (size_t)kmc_tasks_for(canvas->height, ROWS) * s.tiles_across;
    return kmc_parallel(run, kmc_threads_for(run, tiles, THREAD_TILES), (ptrdiff_t)tiles, search_tile, &s);
}
