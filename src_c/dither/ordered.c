/* Ordered dithering: the colour of a pixel determines a mixture of palette entries, and its position selects one.
 *
 * T. Knoll, US patent 6606166 (filed 1999, expired): entries are added to a mixture one after the other, each the
 * nearest to the target plus the accumulated error of the previous ones; sorted by lightness, they are indexed by a
 * threshold matrix. Unlike a fixed amplitude added to all colours, it suits unevenly spaced palettes, too. */
#include "dither/canvas.h"
#include "dither/kernels.h"
#include "dither/blue_noise.h"
#include "dither/row.h"
#include "colors/color_lookup.h"
#include "colors/kernels.h"
#include "base/parallel.h"

#include <string.h>

enum {
    PASSED = 208, /* of 256: the share of the accumulated error that is kept, as in error diffusion */
    LIMIT = 3,    /* of this error, times that of nearest-colour mapping */
    TASK_COLORS = 1 << 12,
    BLOCK = KMC_COLOR_LOOKUP_BLOCK,
    TASK_PIXELS = 1 << 16
};

typedef struct ordering {
    const kmc_run *run;
    const kmc_canvas *canvas;
    const kmc_mixing *mixing;
    kmc_quad low, high; /* the bounding box of all entries */
    int strength;
    kmc_grid *grids;    /* of each thread */
    void *mixtures;     /* KMC_MIXTURE indices for each colour, from dark to light, as wide as those of the picture */
    kmc_color_lookup lookup;
    void *indices;
} ordering;

/* Sets target i, the colour that a mixture has to approximate; `label` is the nearest entry. Returns whether the target
 * equals this entry, which is then the whole mixture. */
static int set_target(const ordering *o, size_t color, size_t label, kmc_mixtures *m, size_t i)
{
    const int with_alpha = o->canvas->channels == 4;
    const int opaque = with_alpha && o->mixing->colors[4 * color + 3] == 255 && m->grid->opaque.entries.n != 0;
    const int channels = opaque ? 3 : o->canvas->channels;
    const int16_t *const own = o->mixing->coordinates + 4 * color;
    const int16_t *const plain = o->canvas->palette + 4 * label;
    int32_t off = 0;
    for (int c = 0; c < channels; c++) {
        const int off_plain = (own[c] & KMC_MAX_COORDINATE) - plain[c]; /* within the range of coordinates */
        const int16_t target = (int16_t)(plain[c] + ((off_plain * o->strength + 128) >> 8));
        m->target[i][c] = target;
        m->low[i][c] = target < o->low[c] ? target : o->low[c];
        m->high[i][c] = target > o->high[c] ? target : o->high[c];
        off += target > plain[c] ? target - plain[c] : plain[c] - target;
    }
    const int32_t limit = LIMIT * off / channels;
    for (int c = 0; c < channels; c++) {
        m->limit[i][c] = (int16_t)(limit < KMC_MAX_COORDINATE ? limit : KMC_MAX_COORDINATE);
    }
    memset(m->opaque[i], opaque ? 0xFF : 0, sizeof m->opaque[i]);
    return off == 0;
}

/* Sorts the indices of a mixture from dark to light. Few of them differ. */
static void sort(const kmc_mixtures *m, size_t which, const uint16_t *lightness, uint16_t *sorted)
{
    uint16_t kinds[KMC_MIXTURE], keys[KMC_MIXTURE];
    uint8_t counts[KMC_MIXTURE];
    size_t n = 0, at = 0;
    for (size_t i = 0; i < KMC_MIXTURE; i++) {
        const uint16_t index = (uint16_t)((m->found[i][which] & (m->grid->cut - 1)) - 1), key = lightness[index];
        size_t j = 0, moved = n;
        while (j < n && keys[j] < key) j++;
        if (j < n && keys[j] == key) {
            counts[j]++;
            continue;
        }
        for (; moved > j; moved--) {
            kinds[moved] = kinds[moved - 1];
            keys[moved] = keys[moved - 1];
            counts[moved] = counts[moved - 1];
        }
        kinds[j] = index;
        keys[j] = key;
        counts[j] = 1;
        n++;
    }
    for (size_t j = 0; j < n; j++)
        for (uint8_t i = 0; i < counts[j]; i++) sorted[at++] = kinds[j];
}

static int is_clear(const ordering *o, size_t color)
{
    return o->canvas->channels == 4 && o->mixing->colors[4 * color + 3] == 0;
}

static kmc_status mix_task(void *job, ptrdiff_t task, int thread)
{
    const ordering *const o = job;
    const size_t begin = (size_t)task * TASK_COLORS, n = o->mixing->n;
    const size_t end = kmc_smaller(n, begin + TASK_COLORS);
    kmc_grid *const grid = &o->grids[thread];
    kmc_status status = grid->run ? KMC_OK : kmc_grid_new(o->run, o->canvas, thread, grid);
    for (size_t j = begin; j < end && status == KMC_OK; j += KMC_MIXTURES) {
        kmc_mixtures mixtures = {.grid = grid, .passed = PASSED};
        size_t labels[KMC_MIXTURES];
        int exact[KMC_MIXTURES];
        const size_t here = kmc_smaller(end - j, KMC_MIXTURES);
        for (size_t i = 0; i < here; i++) {
            labels[i] = o->mixing->labels[j + i];
            if (labels[i] >= o->canvas->k) return KMC_BAD_ARGUMENT;
            exact[i] = set_target(o, j + i, labels[i], &mixtures, i) || is_clear(o, j + i);
        }
        o->run->kernels->dither->mix(&mixtures);
        for (size_t i = 0; i < here; i++) {
            uint16_t mixture[KMC_MIXTURE];
            if (!exact[i]) sort(&mixtures, i, o->mixing->lightness, mixture);
            for (size_t at = 0; at < KMC_MIXTURE && exact[i]; at++) mixture[at] = (uint16_t)labels[i];
            for (size_t at = 0; at < KMC_MIXTURE; at++)
                kmc_index_set(o->mixtures, o->canvas->index_bytes, KMC_MIXTURE * (j + i) + at, mixture[at]);
        }
        status = grid->status;
    }
    return status;
}

/* The position in a mixture that the threshold matrix has for pixel (x, y). Bayer's 8 x 8 matrix interleaves the bits
 * of y and of x ^ y, lowest first. */
static inline uint32_t threshold(kmc_order order, size_t x, size_t y)
{
    if (order == KMC_BLUE_NOISE)
        return kmc_dither_mask[y % KMC_MASK_SIDE * KMC_MASK_SIDE + x % KMC_MASK_SIDE] / (256 / KMC_MIXTURE);
    const uint32_t a = (uint32_t)(x ^ y) & 7, b = (uint32_t)y & 7;
    const uint32_t rank = (a & 1) << 5 | (b & 1) << 4 | (a & 2) << 2 | (b & 2) << 1 | (a & 4) >> 1 | (b & 4) >> 2;
    return rank / (64 / KMC_MIXTURE);
}

static kmc_status draw_task(void *job, ptrdiff_t task, int thread)
{
    const ordering *const o = job;
    const kmc_canvas *const canvas = o->canvas;
    const kmc_mixing *const mixing = o->mixing;
    const size_t n = canvas->height * canvas->width, begin = (size_t)task * TASK_PIXELS;
    const size_t end = kmc_smaller(n, begin + TASK_PIXELS);
    const int index_bytes = canvas->index_bytes;
    uint32_t keys[BLOCK];
    (void)thread;
    size_t y = begin / canvas->width, x = begin % canvas->width;
    for (size_t i = begin; i < end; i += BLOCK) {
        const size_t here = kmc_smaller(end - i, BLOCK);
        o->run->kernels->colors->keys(canvas->pixels + i * (size_t)canvas->channels, here, canvas->channels, keys);
        kmc_color_lookup_find(&o->lookup, keys, here);
        for (size_t j = 0; j < here; j++) {
            const size_t at = KMC_MIXTURE * (size_t)keys[j] + threshold(mixing->order, mixing->x + x, mixing->y + y);
            kmc_index_set(o->indices, index_bytes, i + j, kmc_index_get(o->mixtures, index_bytes, at));
            if (++x == canvas->width) {
                x = 0;
                y++;
            }
        }
    }
    return KMC_OK;
}

kmc_status kmc_order_dither(const kmc_run *run, const kmc_canvas *canvas, const kmc_mixing *mixing, int strength,
                            void *indices)
{
    if (strength < 0 || strength > 256) return KMC_BAD_ARGUMENT;
    const size_t n = canvas->height * canvas->width;
    const int threads = kmc_threads_for(run, mixing->n, TASK_COLORS);
    ordering o = {.run = run, .canvas = canvas, .mixing = mixing, .strength = strength, .indices = indices};
    o.grids = kmc_alloc_zeroed((size_t)threads, sizeof *o.grids);
    o.mixtures = kmc_alloc(mixing->n, KMC_MIXTURE * (size_t)canvas->index_bytes);
    kmc_status status = kmc_color_lookup_new(&o.lookup, run, canvas->channels, mixing->colors, mixing->n);
    if (!o.grids || !o.mixtures) status = KMC_NO_MEMORY;
    kmc_grid_box(canvas, o.low, o.high);
    if (status == KMC_OK) status = kmc_parallel(run, threads, kmc_tasks_for(mixing->n, TASK_COLORS), mix_task, &o);
    if (status == KMC_OK)
        status = kmc_parallel(run, kmc_threads_for(run, n, TASK_PIXELS), kmc_tasks_for(n, TASK_PIXELS), draw_task, &o);
    for (int i = 0; o.grids && i < threads; i++) kmc_grid_free(&o.grids[i]);
    kmc_color_lookup_free(&o.lookup, run);
    kmc_free(o.mixtures);
    kmc_free(o.grids);
    return status;
}
