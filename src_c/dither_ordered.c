/* Ordered dithering: every pixel draws from a mixture of entries that its colour alone decides, and its place alone where.
 *
 * T. Knoll, US patent 6606166 (filed 1999, expired): entries are added to a mixture one after the other, each the nearest
 * to what the ones before leave to be made good; sorted by lightness, they meet the thresholds of a mask. Unlike a fixed
 * amplitude added to all colours it fits every palette, however unevenly spaced. */
#include "dither_canvas.h"
#include "dither_mask.h"
#include "dither_row.h"
#include "keymap.h"
#include "parallel.h"
#include "tables.h"

enum {
    PASSED = 208, /* of 256: what is owed to a mixture wears off like the error of diffusion, */
    LIMIT = 3,    /* and is at most so many times what the plain mapping gets wrong */
    AT_ONCE = 4,  /* mixtures that take turns */
    RANK_BITS = 8,
    TASK_COLORS = 1 << 12,
    BLOCK = 1024,
    TASK_PIXELS = 1 << 16
};

typedef struct ordering {
    const kmc_run *run;
    const kmc_canvas *canvas;
    const kmc_mixing *mixing;
    kmc_quad low, high; /* the box of all entries */
    int strength;
    kmc_grid *grids;    /* two of each thread: of all entries, of the opaque ones */
    uint16_t *mixtures; /* KMC_MIXTURE indices for each colour, from dark to light */
    uint32_t *starts;   /* by the upper bits of a key: the number of the first colour with these, */
    uint8_t *ranks;     /* and by the whole key: how many more come before; set for colours that occur */
    kmc_keymap map;     /* number + 1 by key, where keys are too wide for a table */
    void *indices;
} ordering;

/* What a colour's mixture has to look like. */
static kmc_mixture ordered(const ordering *o, size_t color, kmc_grid *grids)
{
    const int channels = o->canvas->channels;
    const int opaque = channels == 4 && o->mixing->colors[4 * color + 3] == 255 && grids[1].k != 0;
    const int16_t *const own = o->mixing->coordinates + 4 * color;
    const int16_t *const plain = o->canvas->palette + 4 * (size_t)o->mixing->labels[color];
    kmc_mixture m = {.passed = PASSED, .grid = &grids[opaque]};
    int32_t off = 0;
    for (int c = 0; c < grids[opaque].channels; c++) {
        m.target[c] = (int16_t)(plain[c] + (((own[c] - plain[c]) * o->strength + 128) >> 8));
        m.low[c] = m.target[c] < o->low[c] ? m.target[c] : o->low[c];
        m.high[c] = m.target[c] > o->high[c] ? m.target[c] : o->high[c];
        off += m.target[c] > plain[c] ? m.target[c] - plain[c] : plain[c] - m.target[c];
    }
    const int32_t limit = LIMIT * off / grids[opaque].channels;
    m.limit = (int16_t)(limit < KMC_MAX_COORDINATE ? limit : KMC_MAX_COORDINATE);
    return m;
}

/* The indices that were found, from dark to light. Few of them differ. */
static void sort(const kmc_mixture *m, const uint16_t *lightness, uint16_t *sorted)
{
    uint16_t kinds[KMC_MIXTURE], keys[KMC_MIXTURE];
    uint8_t counts[KMC_MIXTURE];
    size_t n = 0, at = 0;
    for (size_t i = 0; i < KMC_MIXTURE; i++) {
        const uint16_t index = m->found[i], key = lightness[index];
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

/* What is fully transparent is not mixed. */
static void keep(const ordering *o, size_t color)
{
    if (o->canvas->channels != 4 || o->mixing->colors[4 * color + 3] != 0) return;
    for (size_t i = 0; i < KMC_MIXTURE; i++) o->mixtures[KMC_MIXTURE * color + i] = o->mixing->labels[color];
}

static kmc_status mix_task(void *job, ptrdiff_t task, int thread)
{
    const ordering *const o = job;
    const size_t begin = (size_t)task * TASK_COLORS, n = o->mixing->n;
    const size_t end = n - begin < TASK_COLORS ? n : begin + TASK_COLORS;
    kmc_grid *const grids = &o->grids[2 * thread];
    kmc_status status = KMC_OK;
    if (!grids[0].cells) status = kmc_grid_new(o->canvas, 0, &grids[0]);
    if (status == KMC_OK && !grids[1].cells && o->canvas->channels == 4) status = kmc_grid_new(o->canvas, 1, &grids[1]);
    for (size_t j = begin; j < end && status == KMC_OK; j += AT_ONCE) {
        kmc_mixture mixtures[AT_ONCE];
        const size_t here = end - j < AT_ONCE ? end - j : AT_ONCE;
        for (size_t i = 0; i < here; i++) mixtures[i] = ordered(o, j + i, grids);
        o->run->kernels->mix(mixtures, here);
        for (size_t i = 0; i < here; i++) {
            sort(&mixtures[i], o->mixing->lightness, o->mixtures + KMC_MIXTURE * (j + i));
            keep(o, j + i);
        }
        if (grids[0].status != KMC_OK || grids[1].status != KMC_OK) status = KMC_NO_MEMORY;
    }
    return status;
}

/* Which entry of a mixture pixel (x, y) takes. Bayer's matrix of 8 x 8 interleaves the bits of y and of x ^ y, last first. */
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
    const size_t n = canvas->height * canvas->width, begin = (size_t)task * TASK_PIXELS;
    const size_t end = n - begin < TASK_PIXELS ? n : begin + TASK_PIXELS;
    uint32_t keys[BLOCK];
    (void)thread;
    size_t y = begin / canvas->width, x = begin % canvas->width;
    for (size_t i = begin; i < end; i += BLOCK) {
        const size_t here = end - i < BLOCK ? end - i : BLOCK;
        o->run->kernels->keys(canvas->pixels + i * (size_t)canvas->channels, here, canvas->channels, keys);
        for (size_t j = 0; j < here; j++) {
            const size_t number = o->ranks ? o->starts[keys[j] >> RANK_BITS] + (size_t)o->ranks[keys[j]]
                                           : (size_t)kmc_keymap_get(&o->map, keys[j]) - 1;
            const uint32_t drawn = o->mixtures[KMC_MIXTURE * number + threshold(o->mixing->order, x, y)];
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
    uint32_t keys[BLOCK], last = UINT32_MAX, start = 0;
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < o->mixing->n && status == KMC_OK; i += BLOCK) {
        const size_t n = o->mixing->n - i < BLOCK ? o->mixing->n - i : BLOCK;
        o->run->kernels->keys(o->mixing->colors + i * (size_t)channels, n, channels, keys);
        for (size_t j = 0; j < n && status == KMC_OK; j++) {
            if (!o->ranks) {
                status = kmc_keymap_add(&o->map, keys[j], (int64_t)(i + j) + 1);
                continue;
            }
            if (keys[j] >> RANK_BITS != last) {
                last = keys[j] >> RANK_BITS;
                start = (uint32_t)(i + j);
                o->starts[last] = start;
            }
            o->ranks[keys[j]] = (uint8_t)(i + j - start);
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
    o.grids = kmc_alloc_zeroed(2 * (size_t)threads, sizeof *o.grids);
    o.mixtures = kmc_alloc(KMC_MIXTURE * mixing->n, sizeof *o.mixtures);
    const size_t n_keys = canvas->channels < 4 ? (size_t)1 << 8 * canvas->channels : 0;
    if (n_keys != 0) {
        o.starts = kmc_alloc(n_keys >> RANK_BITS, sizeof *o.starts);
        o.ranks = kmc_table_take(run->tables, n_keys);
    }
    kmc_status status = o.grids && o.mixtures && (n_keys == 0 || (o.starts && o.ranks)) ? KMC_OK : KMC_NO_MEMORY;
    kmc_grid_box(canvas, o.low, o.high);
    if (status == KMC_OK) status = kmc_parallel(run, threads, kmc_tasks_for(mixing->n, TASK_COLORS), mix_task, &o);
    if (status == KMC_OK) status = number_colors(&o);
    if (status == KMC_OK)
        status = kmc_parallel(run, kmc_threads_for(run, n, TASK_PIXELS), kmc_tasks_for(n, TASK_PIXELS), draw_task, &o);
    for (int i = 0; o.grids && i < 2 * threads; i++) kmc_grid_free(&o.grids[i]);
    kmc_keymap_free(&o.map);
    kmc_table_give(run->tables, o.ranks, n_keys);
    kmc_free(o.starts);
    kmc_free(o.mixtures);
    kmc_free(o.grids);
    return status;
}
