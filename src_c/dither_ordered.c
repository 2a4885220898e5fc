/* Ordered dithering: every pixel draws from a mixture of entries that its colour alone decides, and its place alone where.
 *
 * T. Knoll, US patent 6606166 (filed 1999, expired): entries are added to a mixture one after the other, each the nearest
 * to what the ones before leave to be made good; sorted by lightness, they meet the thresholds of a mask. Unlike a fixed
 * amplitude added to all colours it fits every palette, however unevenly spaced. */
#include "dither_canvas.h"
#include "dither_grid.h"
#include "dither_mask.h"
#include "keymap.h"
#include "parallel.h"

enum {
    MIXTURE = 16, /* entries, one for each threshold */
    PASSED = 208, /* of 256: what is owed to a mixture wears off like the error of diffusion, */
    LIMIT = 3,    /* and is at most so many times what the plain mapping gets wrong */
    TASK_COLORS = 1 << 12,
    BLOCK = 1024,
    TASK_PIXELS = 1 << 16
};

typedef struct ordering {
    const kmc_run *run;
    const kmc_canvas *canvas;
    const kmc_mixing *mixing;
    kmc_entry *entries, *opaque;
    size_t n_opaque;
    int32_t low[4], high[4];
    int strength;
    kmc_grid *grids; /* of each thread: of all entries, of the opaque ones */
    uint16_t *mixtures; /* MIXTURE indices for each colour, from dark to light */
    uint32_t *numbers;  /* of a colour, by its key; only those of colours that occur are set */
    kmc_keymap map;     /* number + 1 by key, where keys are too wide for a table */
    void *indices;
} ordering;

static inline int32_t clamped(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* Puts an index in its place among n sorted ones. */
static void insert(uint16_t *sorted, size_t n, const uint16_t *lightness, uint16_t index)
{
    size_t i = n;
    for (; i > 0 && lightness[sorted[i - 1]] > lightness[index]; i--) sorted[i] = sorted[i - 1];
    sorted[i] = index;
}

/* The mixture of a colour. What is owed to it stays within the box of the palette, as in error diffusion. */
static inline void mix(const ordering *o, size_t color, kmc_grid *grid, int channels, uint16_t *mixture)
{
    const int16_t *const own = o->mixing->coordinates + 4 * color;
    const int16_t *const plain = o->canvas->palette + 4 * (size_t)o->mixing->labels[color];
    int32_t target[4], low[4], high[4], owed[4] = {0}, off = 0;
    for (int c = 0; c < channels; c++) {
        target[c] = plain[c] + (((own[c] - plain[c]) * o->strength + 128) >> 8);
        low[c] = target[c] < o->low[c] ? target[c] : o->low[c];
        high[c] = target[c] > o->high[c] ? target[c] : o->high[c];
        off += target[c] > plain[c] ? target[c] - plain[c] : plain[c] - target[c];
    }
    const int32_t limit = LIMIT * off / channels;
    for (size_t i = 0; i < MIXTURE; i++) {
        int32_t point[4] = {0};
        for (int c = 0; c < channels; c++) {
            point[c] = clamped(target[c] + clamped(owed[c], -limit, limit), low[c], high[c]);
        }
        const kmc_entry *const best = kmc_grid_nearest(grid, point, channels);
        for (int c = 0; c < channels; c++) owed[c] = ((owed[c] * PASSED + 128) >> 8) + target[c] - best->at[c];
        insert(mixture, i, o->mixing->lightness, (uint16_t)best->index);
    }
}

static kmc_status mix_task(void *job, ptrdiff_t task, int thread)
{
    const ordering *const o = job;
    const size_t begin = (size_t)task * TASK_COLORS, n = o->mixing->n;
    const size_t end = n - begin < TASK_COLORS ? n : begin + TASK_COLORS;
    kmc_grid *const all = &o->grids[2 * thread], *const opaque = all + 1;
    const int channels = o->canvas->channels;
    kmc_status status = KMC_OK;
    if (!all->cells) status = kmc_grid_new(o->entries, o->canvas->k, channels, all);
    if (status == KMC_OK && !opaque->cells && o->n_opaque != 0) status = kmc_grid_new(o->opaque, o->n_opaque, 3, opaque);
    for (size_t j = begin; j < end && status == KMC_OK; j++) {
        uint16_t *const mixture = o->mixtures + MIXTURE * j;
        const int alpha = channels == 4 ? o->mixing->colors[4 * j + 3] : 255;
        if (alpha == 0)
            for (size_t i = 0; i < MIXTURE; i++) mixture[i] = o->mixing->labels[j];
        else if (channels == 4 && alpha == 255 && o->n_opaque != 0)
            mix(o, j, opaque, 3, mixture);
        else
            mix(o, j, all, channels, mixture);
        if (all->status != KMC_OK || opaque->status != KMC_OK) status = KMC_NO_MEMORY;
    }
    return status;
}

/* Which entry of a mixture pixel (x, y) takes. Bayer's matrix of 8 x 8 interleaves the bits of y and of x ^ y, last first. */
static inline uint32_t threshold(kmc_order order, size_t x, size_t y)
{
    if (order == KMC_BLUE_NOISE)
        return kmc_dither_mask[y % KMC_MASK_SIDE * KMC_MASK_SIDE + x % KMC_MASK_SIDE] / (256 / MIXTURE);
    const uint32_t a = (uint32_t)(x ^ y) & 7, b = (uint32_t)y & 7;
    const uint32_t rank = (a & 1) << 5 | (b & 1) << 4 | (a & 2) << 2 | (b & 2) << 1 | (a & 4) >> 1 | (b & 4) >> 2;
    return rank / (64 / MIXTURE);
}

static kmc_status draw_task(void *job, ptrdiff_t task, int thread)
{
    const ordering *const o = job;
    const kmc_canvas *const canvas = o->canvas;
    const size_t n = canvas->height * canvas->width, begin = (size_t)task * TASK_PIXELS;
    const size_t end = n - begin < TASK_PIXELS ? n : begin + TASK_PIXELS;
    uint32_t keys[BLOCK];
    (void)thread;
    size_t y = begin / canvas->width, x = begin % canvas->width;
    for (size_t i = begin; i < end; i += BLOCK) {
        const size_t here = end - i < BLOCK ? end - i : BLOCK;
        o->run->kernels->keys(canvas->pixels + i * (size_t)canvas->channels, here, canvas->channels, keys);
        for (size_t j = 0; j < here; j++) {
            const size_t number = o->numbers ? o->numbers[keys[j]] : (size_t)kmc_keymap_get(&o->map, keys[j]) - 1;
            const uint32_t drawn = o->mixtures[MIXTURE * number + threshold(o->mixing->order, x, y)];
            kmc_index_set(o->indices, canvas->index_bytes, i + j, drawn);
            if (++x == canvas->width) {
                x = 0;
                y++;
            }
        }
    }
    return KMC_OK;
}

/* The number of every colour by its key. */
static kmc_status number_colors(ordering *o)
{
    const int channels = o->canvas->channels;
    uint32_t keys[BLOCK];
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < o->mixing->n && status == KMC_OK; i += BLOCK) {
        const size_t n = o->mixing->n - i < BLOCK ? o->mixing->n - i : BLOCK;
        o->run->kernels->keys(o->mixing->colors + i * (size_t)channels, n, channels, keys);
        for (size_t j = 0; j < n && status == KMC_OK; j++) {
            if (o->numbers)
                o->numbers[keys[j]] = (uint32_t)(i + j);
            else
                status = kmc_keymap_add(&o->map, keys[j], (int64_t)(i + j) + 1);
        }
        if (status == KMC_OK) status = kmc_poll(o->run);
    }
    return status;
}

kmc_status kmc_order_dither(const kmc_run *run, const kmc_canvas *canvas, const kmc_mixing *mixing, int strength,
                            void *indices)
{
    const size_t n = canvas->height * canvas->width;
    const int threads = kmc_threads_for(run, mixing->n, TASK_COLORS);
    ordering o = {.run = run, .canvas = canvas, .mixing = mixing, .strength = strength, .indices = indices};
    kmc_keymap_init(&o.map, 8 * canvas->channels);
    o.entries = kmc_alloc(2 * canvas->k, sizeof *o.entries);
    o.grids = kmc_alloc_zeroed(2 * (size_t)threads, sizeof *o.grids);
    o.mixtures = kmc_alloc(MIXTURE * mixing->n, sizeof *o.mixtures);
    if (canvas->channels < 4) o.numbers = kmc_alloc((size_t)1 << 8 * canvas->channels, sizeof *o.numbers);
    kmc_status status = o.entries && o.grids && o.mixtures && (o.numbers || canvas->channels == 4) ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        o.opaque = o.entries + canvas->k;
        o.n_opaque = kmc_entries(canvas, o.entries, o.low, o.high);
        status = kmc_parallel(run, threads, kmc_tasks_for(mixing->n, TASK_COLORS), mix_task, &o);
    }
    if (status == KMC_OK) status = number_colors(&o);
    if (status == KMC_OK)
        status = kmc_parallel(run, kmc_threads_for(run, n, TASK_PIXELS), kmc_tasks_for(n, TASK_PIXELS), draw_task, &o);
    for (int i = 0; o.grids && i < 2 * threads; i++) kmc_grid_free(&o.grids[i]);
    kmc_keymap_free(&o.map);
    kmc_free(o.numbers);
    kmc_free(o.mixtures);
    kmc_free(o.grids);
    kmc_free(o.entries);
    return status;
}
