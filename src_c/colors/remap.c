/* Pixels to palette indices through a table of labels by Morton key, and a map where keys are too wide for one. */
#include "colors/colors.h"
#include "colors/kernels.h"
#include "base/hash_map.h"
#include "base/indices.h"
#include "base/parallel.h"
#include "colors/morton.h"
#include "base/scratch.h"

#include <string.h>

enum {
    BLOCK = KMC_HASH_MAP_BLOCK,
    TASK_PIXELS = 1 << 17,
    THREAD_PIXELS = 1 << 18,
    TASK_COLORS = 1 << 13,
    THREAD_COLORS = 1 << 17
};

typedef struct remapping {
    const kmc_run *run;
    const uint8_t *pixels;
    size_t n;
    int channels, index_bytes;
    const uint8_t *colors;
    const uint16_t *labels;
    size_t n_colors, k;
    void *indices;
    void *table;    /* by key, of opaque colours without alpha: index_bytes each, set for colours that occur */
    kmc_hash_map map; /* of colours that are not opaque, the label by key */
} remapping;

/* Pixels may have changed since their colours were counted, and the table holds arbitrary values for other colours: if
 * a block has an index beyond the palette, its indices are clamped. Separate loops can be vectorised. */
static void look_up(const remapping *r, const uint32_t *keys, size_t n, size_t at)
{
    if (r->index_bytes == 1) {
        const uint8_t *const table = r->table, last = (uint8_t)(r->k - 1);
        uint8_t *const indices = (uint8_t *)r->indices + at;
        uint8_t max = 0;
        for (size_t i = 0; i < n; i++) indices[i] = table[keys[i]];
        for (size_t i = 0; i < n; i++) max = indices[i] > max ? indices[i] : max;
        for (size_t i = 0; i < n && max > last; i++) indices[i] = indices[i] < last ? indices[i] : last;
    } else {
        const uint16_t *const table = r->table, last = (uint16_t)(r->k - 1);
        uint16_t *const indices = (uint16_t *)r->indices + at;
        uint16_t max = 0;
        for (size_t i = 0; i < n; i++) indices[i] = table[keys[i]];
        for (size_t i = 0; i < n; i++) max = indices[i] > max ? indices[i] : max;
        for (size_t i = 0; i < n && max > last; i++) indices[i] = indices[i] < last ? indices[i] : last;
    }
}

/* With alpha: looks up all pixels in the table, those that are not opaque at 0, and then the latter in the map. */
static void look_up_alpha(const remapping *r, uint32_t *keys, size_t n, size_t at)
{
    uint32_t others[BLOCK];
    uint16_t positions[BLOCK];
    size_t n_others = 0;
    for (size_t i = 0; i < n; i++) {
        others[n_others] = keys[i];
        positions[n_others] = (uint16_t)i;
        n_others += !kmc_is_opaque(keys[i]);
    }
    if (n_others != n) {
        for (size_t i = 0; i < n; i++) keys[i] = kmc_is_opaque(keys[i]) ? kmc_without_alpha(keys[i]) : 0;
        look_up(r, keys, n, at);
    }
    if (n_others == 0) return;
    kmc_hash_map_find(&r->map, others, n_others);
    for (size_t i = 0; i < n_others; i++) kmc_index_set(r->indices, r->index_bytes, at + positions[i], others[i]);
}

static kmc_status remap_task(void *job, ptrdiff_t task, int thread)
{
    const remapping *const r = job;
    const size_t begin = (size_t)task * TASK_PIXELS;
    const size_t end = kmc_smaller(r->n, begin + TASK_PIXELS);
    uint32_t keys[BLOCK];
    (void)thread;
    for (size_t i = begin; i < end; i += BLOCK) {
        const size_t n = kmc_smaller(end - i, BLOCK);
        r->run->kernels->colors->keys(r->pixels + i * (size_t)r->channels, n, r->channels, keys);
        if (r->channels == 4)
            look_up_alpha(r, keys, n, i);
        else
            look_up(r, keys, n, i);
    }
    return KMC_OK;
}

static void set_labels(const remapping *r, const uint32_t *keys, const uint16_t *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) kmc_index_set(r->table, r->index_bytes, keys[i], labels[i]);
}

static kmc_status set_alpha_labels(remapping *r, const uint32_t *keys, const uint16_t *labels, size_t n)
{
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < n && status == KMC_OK; i++) {
        const uint32_t key = kmc_without_alpha(keys[i]);
        if (kmc_is_opaque(keys[i]))
            set_labels(r, &key, &labels[i], 1);
        else
            status = kmc_hash_map_set(&r->map, keys[i], labels[i]);
    }
    return status;
}

/* Copies labels, and says whether all are indices of the palette. */
static kmc_status read_labels(const remapping *r, size_t begin, size_t n, uint16_t *labels)
{
    const uint16_t last = (uint16_t)(r->k - 1);
    int beyond = 0;
    memcpy(labels, r->labels + begin, n * sizeof *labels);
    for (size_t i = 0; i < n; i++) beyond |= labels[i] > last;
    return beyond ? KMC_BAD_ARGUMENT : KMC_OK;
}

static kmc_status set_labels_task(void *job, ptrdiff_t task, int thread)
{
    remapping *const r = job;
    const size_t begin = (size_t)task * TASK_COLORS;
    const size_t end = kmc_smaller(r->n_colors, begin + TASK_COLORS);
    uint32_t keys[BLOCK];
    uint16_t labels[BLOCK];
    kmc_status status = KMC_OK;
    (void)thread;
    for (size_t i = begin; i < end && status == KMC_OK; i += BLOCK) {
        const size_t n = kmc_smaller(end - i, BLOCK);
        r->run->kernels->colors->keys(r->colors + i * (size_t)r->channels, n, r->channels, keys);
        status = read_labels(r, i, n, labels);
        if (status != KMC_OK) break;
        if (r->channels == 4)
            status = set_alpha_labels(r, keys, labels, n);
        else
            set_labels(r, keys, labels, n);
    }
    return status;
}

/* Threads may set different entries of a table, but not of a map. */
static kmc_status set_all_labels(remapping *r)
{
    const int threads = r->channels == 4 ? 1 : kmc_threads_for(r->run, r->n_colors, THREAD_COLORS);
    return kmc_parallel(r->run, threads, kmc_tasks_for(r->n_colors, TASK_COLORS), set_labels_task, r);
}

static size_t n_not_opaque(const uint8_t *colors, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) found += colors[4 * i + 3] != 255;
    return found;
}

kmc_status kmc_remap(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *colors,
                     const uint16_t *labels, size_t n_colors, size_t k, void *indices, int index_bytes)
{
    if (k == 0 || k > (size_t)1 << 8 * index_bytes) return KMC_BAD_ARGUMENT;
    remapping r = {.run = run, .pixels = pixels, .n = n, .channels = channels, .index_bytes = index_bytes,
                   .colors = colors, .labels = labels, .n_colors = n_colors, .k = k, .indices = indices};
    const size_t table_bytes = (size_t)index_bytes << 8 * (channels < 4 ? channels : 3);
    r.table = kmc_table_take(run->tables, table_bytes);
    kmc_status status = r.table ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK && channels == 4) status = kmc_hash_map_new(&r.map, n_not_opaque(colors, n_colors));
    if (status == KMC_OK) status = set_all_labels(&r);
    if (status == KMC_OK) {
        const int threads = kmc_threads_for(run, n, THREAD_PIXELS);
        status = kmc_parallel(run, threads, kmc_tasks_for(n, TASK_PIXELS), remap_task, &r);
    }
    kmc_table_give(run->tables, r.table, table_bytes);
    kmc_hash_map_free(&r.map);
    return status;
}
