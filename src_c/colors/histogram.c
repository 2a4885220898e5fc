/* The distinct colours of pictures with their counts: every thread has a counter, and all are added up at the end. */
#include "colors/colors.h"
#include "base/parallel.h"
#include "colors/color_counter.h"

#include <string.h>

enum {
    TASK_PIXELS = 1 << 15,
    TASK_COLORS = 1 << 16,
    TASK_CELLS = 1 << 6,
    THREAD_PIXELS = 3 << 19, /* a counter takes up to 16 MB and some time to add up: worth it from here on */
    GUESSED_KEYS = 1 << 20   /* up to here, room for keys is cheaper guessed than counted */
};

struct kmc_histogram {
    int channels;
    size_t n_pixels;
    kmc_color_counter counter;
    uint32_t *keys; /* of the colours, ascending */
    size_t n_keys;
};

void kmc_histogram_free(kmc_histogram *histogram)
{
    if (!histogram) return;
    kmc_color_counter_free(&histogram->counter);
    kmc_free(histogram->keys);
    kmc_free(histogram);
}

/* ---- counting ---------------------------------------------------------------------------------------------------- */

typedef struct counting {
    const kmc_run *run;
    const uint8_t *pixels;
    size_t n;
    int channels;
    kmc_color_counter *counter; /* thread 0's, which the others are added to */
    kmc_color_counter *helpers; /* of threads 1, 2, ... */
    int n_helpers;
} counting;

static kmc_color_counter *counter_of(const counting *c, int thread)
{
    return thread == 0 ? c->counter : &c->helpers[thread - 1];
}

static kmc_status count_task(void *job, ptrdiff_t task, int thread)
{
    const counting *const c = job;
    const size_t begin = (size_t)task * TASK_PIXELS;
    return kmc_color_counter_add(counter_of(c, thread), c->run->kernels->colors,
                                 c->pixels + begin * (size_t)c->channels, kmc_smaller(TASK_PIXELS, c->n - begin));
}

static kmc_status merge_cells_task(void *job, ptrdiff_t task, int thread)
{
    const counting *const c = job;
    const size_t begin = (size_t)task * TASK_CELLS, end = kmc_smaller(begin + TASK_CELLS, c->counter->n_cells);
    kmc_status status = KMC_OK;
    for (int i = 0; i < c->n_helpers && status == KMC_OK; i++)
        status = kmc_color_counter_merge_cells(c->counter, &c->helpers[i], begin, end, counter_of(c, thread));
    return status;
}

static kmc_status merge_overflow_task(void *job, ptrdiff_t task, int thread)
{
    const counting *const c = job;
    kmc_status status = KMC_OK;
    (void)thread;
    for (int i = 0; i < c->n_helpers && status == KMC_OK; i++)
        status = kmc_color_counter_merge_overflow(c->counter, &c->helpers[i], (int)task);
    return status == KMC_OK ? kmc_overflow_compact(&c->counter->overflow, (int)task) : status;
}

static kmc_status flush_all(const counting *c)
{
    kmc_status status = kmc_color_counter_flush(c->counter);
    for (int i = 0; i < c->n_helpers && status == KMC_OK; i++) status = kmc_color_counter_flush(&c->helpers[i]);
    return status;
}

static kmc_status count_and_merge(counting *c)
{
    const kmc_run *const run = c->run;
    const int threads = 1 + c->n_helpers;
    kmc_status status = kmc_parallel(run, threads, kmc_tasks_for(c->n, TASK_PIXELS), count_task, c);
    if (status == KMC_OK && c->n_helpers != 0)
        status = kmc_parallel(run, threads, kmc_tasks_for(c->counter->n_cells, TASK_CELLS), merge_cells_task, c);
    if (status == KMC_OK) status = flush_all(c);
    if (status == KMC_OK) status = kmc_parallel(run, threads, KMC_OVERFLOW_PARTS, merge_overflow_task, c);
    return status;
}

/* Makes up to `wanted` counters. When memory is short there are fewer, and counting is only slower. */
static void make_helpers(counting *c, int wanted)
{
    c->helpers = kmc_alloc_zeroed((size_t)wanted, sizeof *c->helpers);
    while (c->helpers && c->n_helpers < wanted) {
        kmc_color_counter *const helper = &c->helpers[c->n_helpers];
        if (kmc_color_counter_new(c->channels, c->run->tables, helper) != KMC_OK) {
            kmc_color_counter_free(helper);
            return;
        }
        c->n_helpers++;
    }
}

static kmc_status count_pixels(kmc_histogram *h, const kmc_run *run, const uint8_t *pixels)
{
    const int wanted = kmc_threads_for(run, h->n_pixels, THREAD_PIXELS) - 1;
    counting c = {run, pixels, h->n_pixels, h->channels, &h->counter, NULL, 0};
    if (wanted != 0) make_helpers(&c, wanted);
    const kmc_status status = count_and_merge(&c);
    for (int i = 0; i < c.n_helpers; i++) kmc_color_counter_free(&c.helpers[i]);
    kmc_free(c.helpers);
    return status;
}

/* ---- listing ----------------------------------------------------------------------------------------------------- */

typedef struct listing {
    const kmc_color_counter *counter;
    const kmc_colors_kernels *kernels;
    uint32_t *keys;
    size_t *starts; /* where the keys of each task's cells begin */
} listing;

static size_t list_cell(const listing *l, size_t cell, uint32_t *keys)
{
    if (!l->counter->cells[cell]) return 0;
    return l->kernels->occupied(l->counter->counters + cell * KMC_CELL, (uint32_t)(cell * KMC_CELL), keys);
}

static kmc_status list_cells_task(void *job, ptrdiff_t task, int thread)
{
    const listing *const l = job;
    const size_t begin = (size_t)task * TASK_CELLS, end = kmc_smaller(begin + TASK_CELLS, l->counter->n_cells);
    /* A buffer, since writing past the end of a cell's keys could overwrite those of another thread. */
    uint32_t own[KMC_CELL + 4];
    uint32_t *to = l->keys + l->starts[task];
    (void)thread;
    for (size_t cell = begin; cell < end; cell++) {
        const size_t n = list_cell(l, cell, own);
        memcpy(to, own, n * sizeof *to);
        to += n;
    }
    return KMC_OK;
}

/* The number of counters of a cell that are not 0, summed in byte lanes that cannot overflow. */
static size_t count_cell(const uint8_t *counters)
{
    enum { LANES = 64 };
    uint8_t lanes[LANES] = {0};
    size_t n = 0;
    for (int begin = 0; begin < KMC_CELL; begin += LANES)
        for (int i = 0; i < LANES; i++) lanes[i] = (uint8_t)(lanes[i] + (counters[begin + i] != 0));
    for (int i = 0; i < LANES; i++) n += lanes[i];
    return n;
}

static kmc_status count_cells_task(void *job, ptrdiff_t task, int thread)
{
    const listing *const l = job;
    const size_t begin = (size_t)task * TASK_CELLS, end = kmc_smaller(begin + TASK_CELLS, l->counter->n_cells);
    (void)thread;
    for (size_t cell = begin; cell < end; cell++)
        if (l->counter->cells[cell]) l->starts[task + 1] += count_cell(l->counter->counters + cell * KMC_CELL);
    return KMC_OK;
}

/* Counts the keys before there is room for them. */
static kmc_status list_many_keys(kmc_histogram *h, const kmc_run *run, size_t more)
{
    const int threads = kmc_threads_for(run, h->n_pixels, THREAD_PIXELS);
    const ptrdiff_t tasks = kmc_tasks_for(h->counter.n_cells, TASK_CELLS);
    listing l = {&h->counter, run->kernels->colors, NULL, kmc_alloc_zeroed((size_t)tasks + 1, sizeof *l.starts)};
    kmc_status status = l.starts ? kmc_parallel(run, threads, tasks, count_cells_task, &l) : KMC_NO_MEMORY;
    if (status == KMC_OK) {
        for (ptrdiff_t task = 0; task < tasks; task++) l.starts[task + 1] += l.starts[task];
        h->n_keys = l.starts[tasks];
        h->keys = l.keys = kmc_alloc(h->n_keys + more, sizeof *h->keys);
        status = h->keys ? kmc_parallel(run, threads, tasks, list_cells_task, &l) : KMC_NO_MEMORY;
    }
    kmc_free(l.starts);
    return status;
}

/* Lists the keys of all counters, with space for that many more. */
static kmc_status list_keys_of_cells(kmc_histogram *h, const kmc_run *run, size_t more)
{
    const listing l = {&h->counter, run->kernels->colors, NULL, NULL};
    size_t most = 0;
    for (size_t cell = 0; cell < l.counter->n_cells; cell++) most += l.counter->cells[cell] ? KMC_CELL : 0;
    most = kmc_smaller(most, h->n_pixels);
    if (most > GUESSED_KEYS) return list_many_keys(h, run, more);
    h->keys = kmc_alloc(most + more + 4, sizeof *h->keys);
    if (!h->keys) return KMC_NO_MEMORY;
    h->n_keys = 0;
    for (size_t cell = 0; cell < l.counter->n_cells; cell++) h->n_keys += list_cell(&l, cell, h->keys + h->n_keys);
    return KMC_OK;
}

/* Merges n opaque keys, given without alpha, with the others; from the end, so that it can be done in place. */
static void merge_keys(uint32_t *keys, size_t n, const uint32_t *others, size_t n_others)
{
    while (n != 0) {
        const uint32_t key = kmc_with_opaque_alpha(keys[n - 1]);
        for (; n_others != 0 && others[n_others - 1] > key; n_others--) keys[n + n_others - 1] = others[n_others - 1];
        keys[n + n_others - 1] = key;
        n--;
    }
    for (; n_others != 0; n_others--) keys[n_others - 1] = others[n_others - 1];
}

/* Lists opaque colours by the counters, and the others by the overflow, which also contains some opaque ones. */
static kmc_status list_keys_with_alpha(kmc_histogram *h, const kmc_run *run)
{
    const kmc_overflow *const overflow = &h->counter.overflow;
    uint32_t *const others = kmc_alloc(kmc_overflow_size(overflow), sizeof *others);
    size_t n = 0;
    if (!others) return KMC_NO_MEMORY;
    kmc_status status = KMC_OK;
    for (int part = 0; part < KMC_OVERFLOW_PARTS && status == KMC_OK; part++, status = kmc_poll(run)) {
        const size_t end = n + kmc_overflow_keys(overflow, part, others + n);
        for (size_t i = n; i < end; i++)
            if (!kmc_is_opaque(others[i])) others[n++] = others[i];
    }
    if (status == KMC_OK) status = list_keys_of_cells(h, run, n);
    if (status == KMC_OK) {
        merge_keys(h->keys, h->n_keys, others, n);
        h->n_keys += n;
    }
    kmc_free(others);
    return status;
}

static kmc_status list_keys(kmc_histogram *h, const kmc_run *run)
{
    return h->channels == 4 ? list_keys_with_alpha(h, run) : list_keys_of_cells(h, run, 0);
}

kmc_status kmc_histogram_new(const kmc_run *run, const uint8_t *pixels, size_t n, int channels,
                             kmc_histogram **histogram, size_t *n_colors)
{
    kmc_histogram *const h = kmc_alloc_zeroed(1, sizeof *h);
    *histogram = NULL;
    if (!h) return KMC_NO_MEMORY;
    h->channels = channels;
    h->n_pixels = n;
    kmc_status status = kmc_color_counter_new(channels, run->tables, &h->counter);
    if (status == KMC_OK) status = count_pixels(h, run, pixels);
    if (status == KMC_OK) status = list_keys(h, run);
    if (status != KMC_OK) {
        kmc_histogram_free(h);
        return status;
    }
    *histogram = h;
    *n_colors = h->n_keys;
    return KMC_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

typedef struct reading {
    const kmc_histogram *histogram;
    const kmc_colors_kernels *kernels;
    uint8_t *colors;
    int64_t *counts;
} reading;

static kmc_status read_task(void *job, ptrdiff_t task, int thread)
{
    const reading *const r = job;
    const kmc_histogram *const h = r->histogram;
    const size_t begin = (size_t)task * TASK_COLORS, end = kmc_smaller(begin + TASK_COLORS, h->n_keys);
    (void)thread;
    r->kernels->colors(h->keys + begin, end - begin, h->channels, r->colors + begin * (size_t)h->channels);
    if (begin == end) return KMC_OK;
    kmc_overflow_cursor cursor = kmc_overflow_seek(&h->counter.overflow, h->keys[begin]);
    for (size_t i = begin; i < end; i++)
        r->counts[i] = kmc_color_counter_get(&h->counter, h->keys[i]) + kmc_overflow_count(&cursor, h->keys[i]);
    return KMC_OK;
}

kmc_status kmc_histogram_read(const kmc_histogram *histogram, const kmc_run *run, uint8_t *colors, int64_t *counts)
{
    reading r = {histogram, run->kernels->colors, colors, counts};
    return kmc_parallel(run, run->threads, kmc_tasks_for(histogram->n_keys, TASK_COLORS), read_task, &r);
}
