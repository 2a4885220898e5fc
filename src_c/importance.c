/* Weights of single pixels, added up for each colour. */
#include "keymap.h"
#include "kmc.h"
#include "parallel.h"

enum {
    BLOCK = 1024,
    TASK_PIXELS = 1 << 17,
    THREAD_PIXELS = 1 << 19,
    COLOUR_PIXELS = 8 /* with fewer pixels of each colour, adding up the sums of threads takes as long as it saves */
};

/* Where a colour stands in the list of all, by its key: a table, or a map where keys are too wide for one. */
typedef struct places {
    uint32_t *table; /* only the entries of colours that occur are set */
    kmc_keymap map;  /* for four channels, place + 1 by key */
} places;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static kmc_status set_places(places *p, const kmc_run *run, int channels, const uint8_t *colors, size_t n_colors)
{
    uint32_t keys[BLOCK];
    kmc_status status = KMC_OK;
    for (size_t begin = 0; begin < n_colors && status == KMC_OK; begin += BLOCK) {
        const size_t n = smaller(BLOCK, n_colors - begin);
        run->kernels->keys(colors + begin * (size_t)channels, n, channels, keys);
        for (size_t i = 0; i < n && status == KMC_OK; i++) {
            if (p->table) p->table[keys[i]] = (uint32_t)(begin + i);
            else status = kmc_keymap_add(&p->map, keys[i], (int64_t)(begin + i + 1));
        }
        if (status == KMC_OK) status = kmc_poll(run);
    }
    return status;
}

/* Replaces keys by places: a loop of its own, so that the table's lines are waited for all at once. */
static void find_places(const places *p, uint32_t *keys, size_t n)
{
    const uint32_t *const table = p->table;
    if (table)
        for (size_t i = 0; i < n; i++) keys[i] = table[keys[i]];
    else
        for (size_t i = 0; i < n; i++) keys[i] = (uint32_t)(kmc_keymap_get(&p->map, keys[i]) - 1);
}

typedef struct adding {
    const kmc_run *run;
    const places *places;
    const uint8_t *pixels;
    const uint16_t *weights;
    size_t n, n_colors;
    int channels;
    int64_t *sums; /* n_colors for each thread */
} adding;

static kmc_status add_task(void *job, ptrdiff_t task, int thread)
{
    const adding *const a = job;
    const size_t first = (size_t)task * TASK_PIXELS, end = smaller(first + TASK_PIXELS, a->n);
    int64_t *const sums = a->sums + (size_t)thread * a->n_colors;
    uint32_t keys[BLOCK];
    for (size_t begin = first; begin < end; begin += BLOCK) {
        const size_t n = smaller(BLOCK, end - begin);
        a->run->kernels->keys(a->pixels + begin * (size_t)a->channels, n, a->channels, keys);
        find_places(a->places, keys, n);
        for (size_t i = 0; i < n; i++) sums[keys[i]] += a->weights[begin + i];
    }
    return KMC_OK;
}

/* Every thread adds up by itself; then all sums are added to those of the first. */
static kmc_status add_all(adding *a, int64_t *sums)
{
    const int most = a->n / COLOUR_PIXELS < a->n_colors ? 1 : kmc_threads_for(a->run, a->n, THREAD_PIXELS);
    a->sums = most > 1 ? kmc_alloc_zeroed((size_t)most * a->n_colors, sizeof *sums) : sums;
    if (!a->sums) return KMC_NO_MEMORY;
    const kmc_status status = kmc_parallel(a->run, most, kmc_tasks_for(a->n, TASK_PIXELS), add_task, a);
    if (most == 1) return status;
    for (size_t i = 0; i < (size_t)most * a->n_colors; i++) sums[i % a->n_colors] += a->sums[i];
    kmc_free(a->sums);
    return status;
}

kmc_status kmc_add_weights(const kmc_run *run, const uint8_t *pixels, const uint16_t *weights, size_t n, int channels,
                           const uint8_t *colors, size_t n_colors, int64_t *sums)
{
    places p = {NULL, {.part_shift = 0}};
    adding a = {run, &p, pixels, weights, n, n_colors, channels, NULL};
    kmc_keymap_init(&p.map, 8 * channels);
    if (channels < 4 && !(p.table = kmc_alloc((size_t)1 << 8 * channels, sizeof *p.table))) return KMC_NO_MEMORY;
    for (size_t j = 0; j < n_colors; j++) sums[j] = 0;
    kmc_status status = set_places(&p, run, channels, colors, n_colors);
    if (status == KMC_OK) status = add_all(&a, sums);
    kmc_free(p.table);
    kmc_keymap_free(&p.map);
    return status;
}
