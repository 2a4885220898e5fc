/* How much of the error that reaches a pixel it may take on: at most four times what the plain mapping gets wrong around it.
 *
 * Error diffusion trades the error of areas for noise. Where the plain mapping is exact all around, there is nothing to win,
 * only noise from elsewhere to lose: the limit is 0. At the edges of line art few pixels are wrong among many that are
 * right, so it is small. On a gradient the mapping is off by up to half the distance of two entries, by a quarter in the
 * mean: the limit leaves room for both of them. */
#include "dither_limits.h"

#include "dither_canvas.h"

kmc_status kmc_limits_new(const kmc_canvas *canvas, kmc_limits *limits)
{
    const size_t room = canvas->width + 2;
    *limits = (kmc_limits){.canvas = canvas};
    limits->memory = kmc_alloc(4 * room, sizeof *limits->memory);
    limits->limit = kmc_alloc(room, sizeof *limits->limit);
    if (!limits->memory || !limits->limit) return KMC_NO_MEMORY;
    for (size_t r = 0; r < 3; r++) limits->sums[r] = limits->memory + r * room;
    limits->row = limits->memory + 3 * room + 1;
    return KMC_OK;
}

void kmc_limits_free(kmc_limits *limits)
{
    kmc_free(limits->memory);
    kmc_free(limits->limit);
}

/* How far the plain mapping is off at each pixel of row y, summed over the channels. */
static inline void measure(kmc_limits *limits, size_t y, int channels)
{
    const kmc_canvas *const canvas = limits->canvas;
    for (size_t x = 0; x < canvas->width; x++) {
        const size_t i = y * canvas->width + x;
        const int16_t *const entry = canvas->palette + 4 * (size_t)kmc_index_get(canvas->plain, canvas->index_bytes, i);
        int32_t at[4], off = 0;
        kmc_canvas_at(canvas, i, channels, at);
        for (int c = 0; c < channels; c++) off += at[c] > entry[c] ? at[c] - entry[c] : entry[c] - at[c];
        limits->row[x] = off;
    }
}

/* Row y into its third of the ring. The pixels at the ends stand for those beyond. */
static void load(kmc_limits *limits, size_t y)
{
    const size_t width = limits->canvas->width;
    int32_t *const row = limits->row, *const sums = limits->sums[y % 3];
    if (limits->canvas->channels == 1)
        measure(limits, y, 1);
    else if (limits->canvas->channels == 3)
        measure(limits, y, 3);
    else
        measure(limits, y, 4);
    row[-1] = row[0];
    row[width] = row[width - 1];
    for (size_t x = 0; x < width; x++) sums[x] = row[(ptrdiff_t)x - 1] + row[x] + row[x + 1];
}

void kmc_limits_next(kmc_limits *limits, size_t y)
{
    const size_t width = limits->canvas->width, last = limits->canvas->height - 1;
    const int32_t mean = 4 * 65536 / (9 * limits->canvas->channels); /* of nine pixels, times four */
    if (y < last) load(limits, y + 1);
    const int32_t *const above = limits->sums[(y > 0 ? y - 1 : y) % 3], *const here = limits->sums[y % 3];
    const int32_t *const below = limits->sums[(y < last ? y + 1 : y) % 3];
    for (size_t x = 0; x < width; x++) {
        const int32_t limit = ((above[x] + here[x] + below[x]) >> 4) * mean >> 12;
        limits->limit[x] = (int16_t)(limit < KMC_MAX_COORDINATE ? limit : KMC_MAX_COORDINATE);
    }
}

void kmc_limits_begin(kmc_limits *limits, size_t y)
{
    if (y > 0) load(limits, y - 1);
    load(limits, y);
    kmc_limits_next(limits, y);
}
