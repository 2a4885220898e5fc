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

struct kmc_labels {
    int channels, index_bytes;
    size_t k;
    void *table;      /* by key, of opaque colours without alpha: index_bytes each, set for colours that occur */
    kmc_hash_map map; /* of colours that are not opaque, the label by key */
};

static size_t table_bytes(const kmc_labels *l)
{
    return (size_t)l->index_bytes << 8 * (l->channels < 4 ? l->channels : 3);
}

/* Pixels may have changed since their colours were counted, and the table holds arbitrary values for other colours: if
 * a block has an index beyond the palette, its indices are clamped. Separate loops can be vectorised. */
static void look_up(const kmc_labels *l, const uint32_t *keys, size_t n, void *to, size_t at)
{
    if (l->index_bytes == 1) {
        const uint8_t *const table = l->table, last = (uint8_t)(l->k - 1);
        uint8_t *const indices = (uint8_t *)to + at;
        uint8_t max = 0;
        for (size_t i = 0; i < n; i++) indices[i] = table[keys[i]];
        for (size_t i = 0; i < n; i++) max = indices[i] > max ? indices[i] : max;
        for (size_t i = 0; i < n && max > last; i++) indices[i] = indices[i] < last ? indices[i] : last;
    } else {
        const uint16_t *const table = l->table, last = (uint16_t)(l->k - 1);
        uint16_t *const indices = (uint16_t *)to + at;
        uint16_t max = 0;
        for (size_t i = 0; i < n; i++) indices[i] = table[keys[i]];
        for (size_t i = 0; i < n; i++) max = indices[i] > max ? indices[i] : max;
        for (size_t i = 0; i < n && max > last; i++) indices[i] = indices[i] < last ? indices[i] : last;
    }
}

/* With alpha: looks up all pixels in the table, those that are not opaque at 0, and then the latter in the map. */
static void look_up_alpha(const kmc_labels *l, uint32_t *keys, size_t n, void *to, size_t at)
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
        look_up(l, keys, n, to, at);
    }
    if (n_others == 0) return;
    kmc_hash_map_find(&l->map, others, n_others);
    for (size_t i = 0; i < n_others; i++) kmc_index_set(to, l->index_bytes, at + positions[i], others[i]);
}

typedef struct remapping {
    const kmc_run *run;
    const kmc_labels *labels;
    const uint8_t *pixels;
    size_t n;
    void *indices;
} remapping;

static kmc_status remap_task(void *job, ptrdiff_t task, int thread)
{
    const remapping *const r = job;
    const int channels = r->labels->channels;
    const size_t begin = (size_t)task * TASK_PIXELS;
    const size_t end = kmc_smaller(r->n, begin + TASK_PIXELS);
    uint32_t keys[BLOCK];
    (void)thread;
    for (size_t i = begin; i < end; i += BLOCK) {
        const size_t n = kmc_smaller(end - i, BLOCK);
        r->run->kernels->colors->keys(r->pixels + i * (size_t)channels, n, channels, keys);
        if (channels == 4)
            look_up_alpha(r->labels, keys, n, r->indices, i);
        else
            look_up(r->labels, keys, n, r->indices, i);
    }
    return KMC_OK;
}

kmc_status kmc_remap(const kmc_run *run, const kmc_labels *labels, const uint8_t *pixels, size_t n, void *indices)
{
    remapping r = {run, labels, pixels, n, indices};
    const int threads = kmc_threads_for(run, n, THREAD_PIXELS);
    return kmc_parallel(run, threads, kmc_tasks_for(n, TASK_PIXELS), remap_task, &r);
}

typedef struct labelling {
    const kmc_run *run;
    const uint8_t *colors;
    const uint16_t *labels;
    size_t n;
    kmc_labels *to;
} labelling;

static void set_labels(const kmc_labels *l, const uint32_t *keys, const uint16_t *labels, size_t n)
{
    for (size_t i = 0; i < n; i++) kmc_index_set(l->table, l->index_bytes, keys[i], labels[i]);
}

static kmc_status set_alpha_labels(kmc_labels *l, const uint32_t *keys, const uint16_t *labels, size_t n)
{
    kmc_status status = KMC_OK;
    for (size_t i = 0; i < n && status == KMC_OK; i++) {
        const uint32_t key = kmc_without_alpha(keys[i]);
        if (kmc_is_opaque(keys[i]))
            set_labels(l, &key, &labels[i], 1);
        else
            status = kmc_hash_map_set(&l->map, keys[i], labels[i]);
    }
    return status;
}

/* Copies labels, and says whether all are indices of the palette. */
static kmc_status read_labels(const labelling *g, size_t begin, size_t n, uint16_t *labels)
{
    const uint16_t last = (uint16_t)(g->to->k - 1);
    int beyond = 0;
    memcpy(labels, g->labels + begin, n * sizeof *labels);
    for (size_t i = 0; i < n; i++) beyond |= labels[i] > last;
    return beyond ? KMC_BAD_ARGUMENT : KMC_OK;
}

static kmc_status set_labels_task(void *job, ptrdiff_t task, int thread)
{
    const labelling *const g = job;
    const int channels = g->to->channels;
    const size_t begin = (size_t)task * TASK_COLORS;
    const size_t end = kmc_smaller(g->n, begin + TASK_COLORS);
    uint32_t keys[BLOCK];
    uint16_t labels[BLOCK];
    kmc_status status = KMC_OK;
    (void)thread;
    for (size_t i = begin; i < end && status == KMC_OK; i += BLOCK) {
        const size_t n = kmc_smaller(end - i, BLOCK);
        g->run->kernels->colors->keys(g->colors + i * (size_t)channels, n, channels, keys);
        status = read_labels(g, i, n, labels);
        if (status != KMC_OK) break;
        if (channels == 4)
            status = set_alpha_labels(g->to, keys, labels, n);
        else
            set_labels(g->to, keys, labels, n);
    }
    return status;
}

/* Threads may set different entries of a table, but not of a map. */
static kmc_status set_all_labels(labelling *g)
{
    const int threads = g->to->channels == 4 ? 1 : kmc_threads_for(g->run, g->n, THREAD_COLORS);
    return kmc_parallel(g->run, threads, kmc_tasks_for(g->n, TASK_COLORS), set_labels_task, g);
}

static size_t n_not_opaque(const uint8_t *colors, size_t n)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) found += colors[4 * i + 3] != 255;
    return found;
}

kmc_status kmc_labels_new(const kmc_run *run, const uint8_t *colors, const uint16_t *labels, size_t n, int channels,
                          size_t k, int index_bytes, kmc_labels **made)
{
    *made = NULL;
    if (k == 0 || k > (size_t)1 << 8 * index_bytes) return KMC_BAD_ARGUMENT;
    kmc_labels *const l = kmc_alloc_zeroed(1, sizeof *l);
    if (!l) return KMC_NO_MEMORY;
    l->channels = channels;
    l->index_bytes = index_bytes;
    l->k = k;
    l->table = kmc_table_take(run->tables, table_bytes(l));
    kmc_status status = l->table ? KMC_OK : KMC_NO_MEMORY;
    if (status == KMC_OK && channels == 4) status = kmc_hash_map_new(&l->map, n_not_opaque(colors, n));
    labelling g = {run, colors, labels, n, l};
    if (status == KMC_OK) status = set_all_labels(&g);
    if (status == KMC_OK)
        *made = l;
    else
        kmc_labels_free(l, run->tables);
    return status;
}

void kmc_labels_free(kmc_labels *l, kmc_tables *tables)
{
    if (!l) return;
    kmc_table_give(tables, l->table, table_bytes(l));
    kmc_hash_map_free(&l->map);
    kmc_free(l);
}
