/* Pixels to palette indices through a table of labels by Morton key, or a map where keys are too wide for one. */
#include "kmc.h"
#include "keymap.h"
#include "parallel.h"
#include "tables.h"

enum {
    BLOCK = 1024,
    TASK_PIXELS = 1 << 17,
    THREAD_PIXELS = 1 << 18
};

typedef struct remapping {
    const kmc_run *run;
    const uint8_t *pixels;
    size_t n;
    int channels, index_bytes;
    void *indices;
    void *table;    /* by key, index_bytes each; only the entries of colours that occur are set */
    kmc_keymap map; /* for four channels, label + 1 by key */
} remapping;

static void look_up(const remapping *r, const uint32_t *keys, size_t n, size_t at)
{
    if (r->index_bytes == 1) {
        const uint8_t *const table = r->table;
        uint8_t *const indices = (uint8_t *)r->indices + at;
        for (size_t i = 0; i < n; i++) indices[i] = table[keys[i]];
    } else {
        const uint16_t *const table = r->table;
        uint16_t *const indices = (uint16_t *)r->indices + at;
        for (size_t i = 0; i < n; i++) indices[i] = table[keys[i]];
    }
}

static void look_up_map(const remapping *r, const uint32_t *keys, size_t n, size_t at)
{
    int64_t label = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || keys[i] != keys[i - 1]) label = kmc_keymap_get(&r->map, keys[i]) - 1;
        if (r->index_bytes == 1)
            ((uint8_t *)r->indices)[at + i] = (uint8_t)label;
        else
            ((uint16_t *)r->indices)[at + i] = (uint16_t)label;
    }
}

static kmc_status remap_task(void *job, ptrdiff_t task, int thread)
{
    const remapping *const r = job;
    const size_t begin = (size_t)task * TASK_PIXELS;
    const size_t end = r->n - begin < TASK_PIXELS ? r->n : begin + TASK_PIXELS;
    uint32_t keys[BLOCK];
    (void)thread;
    for (size_t i = begin; i < end; i += BLOCK) {
        const size_t n = end - i < BLOCK ? end - i : BLOCK;
        r->run->kernels->keys(r->pixels + i * (size_t)r->channels, n, r->channels, keys);
        if (r->table)
            look_up(r, keys, n, i);
        else
            look_up_map(r, keys, n, i);
    }
    return KMC_OK;
}

static kmc_status set_labels(remapping *r, const uint32_t *keys, const uint16_t *labels, size_t n)
{
    kmc_status status = KMC_OK;
    if (!r->table)
        for (size_t i = 0; i < n && status == KMC_OK; i++) status = kmc_keymap_add(&r->map, keys[i], labels[i] + 1);
    else if (r->index_bytes == 1)
        for (size_t i = 0; i < n; i++) ((uint8_t *)r->table)[keys[i]] = (uint8_t)labels[i];
    else
        for (size_t i = 0; i < n; i++) ((uint16_t *)r->table)[keys[i]] = labels[i];
    return status;
}

static kmc_status set_all_labels(remapping *r, const uint8_t *colors, const uint16_t *labels, size_t n_colors)
{
    uint32_t keys[BLOCK];
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < n_colors && status == KMC_OK; i += BLOCK) {
        const size_t n = n_colors - i < BLOCK ? n_colors - i : BLOCK;
        r->run->kernels->keys(colors + i * (size_t)r->channels, n, r->channels, keys);
        status = set_labels(r, keys, labels + i, n);
        if (status == KMC_OK) status = kmc_poll(r->run);
    }
    return status;
}

kmc_status kmc_remap(const kmc_run *run, const uint8_t *pixels, size_t n, int channels, const uint8_t *colors,
                     const uint16_t *labels, size_t n_colors, void *indices, int index_bytes)
{
    remapping r = {.run = run, .pixels = pixels, .n = n, .channels = channels, .indices = indices,
                   .index_bytes = index_bytes};
    kmc_keymap_init(&r.map, 8 * channels);
    const size_t table_bytes = channels < 4 ? (size_t)index_bytes << 8 * channels : 0;
    if (channels < 4) {
        r.table = kmc_table_take(run->tables, table_bytes);
        if (!r.table) return KMC_NO_MEMORY;
    }
    kmc_status status = set_all_labels(&r, colors, labels, n_colors);
    if (status == KMC_OK)
        status = kmc_parallel(run, kmc_threads_for(run, n, THREAD_PIXELS), kmc_tasks_for(n, TASK_PIXELS), remap_task, &r);
    kmc_table_give(run->tables, r.table, table_bytes);
    kmc_keymap_free(&r.map);
    return status;
}
