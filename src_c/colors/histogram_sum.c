/* The sum of two histograms: a merge of two sorted lists, in parts that are independent of each other.
 *
 * Part p begins where the colours that come before have p * PART_COLORS inputs in both lists together (the diagonals of
 * a merge path), so parts take equally long however the lists lie. A first pass counts the distinct colours of each
 * part; then there is exactly as much memory as needed, and every part knows where it writes. */
#include "colors/colors.h"
#include "base/parallel.h"
#include "colors/kernels.h"
#include "colors/morton.h"

#include <string.h>

enum {
    BLOCK = 1 << 10,
    PART_COLORS = 1 << 17,
    THREAD_COLORS = 1 << 18
};

typedef struct part {
    size_t begin[2]; /* in each list */
    size_t to;       /* in the sum */
} part;

struct kmc_histogram_sum {
    kmc_counted lists[2];
    int channels;
    ptrdiff_t n_parts;
    part *parts; /* one more, where the last ends */
};

void kmc_histogram_sum_free(kmc_histogram_sum *sum)
{
    if (!sum) return;
    kmc_free(sum->parts);
    kmc_free(sum);
}

static uint32_t key_at(const kmc_histogram_sum *sum, int list, size_t i)
{
    return kmc_morton_key(sum->lists[list].colors + i * (size_t)sum->channels, sum->channels);
}

/* Where a part begins: the first n inputs of the merged lists are before it, and one more where that is equal to the
 * last of them. */
static part part_after(const kmc_histogram_sum *sum, size_t n)
{
    const size_t n_first = sum->lists[0].n, n_second = sum->lists[1].n;
    size_t low = n > n_second ? n - n_second : 0, high = kmc_smaller(n, n_first);
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (key_at(sum, 0, middle) <= key_at(sum, 1, n - middle - 1)) low = middle + 1;
        else high = middle;
    }
    part p = {{low, n - low}, 0};
    if (low != 0 && n - low < n_second && key_at(sum, 0, low - 1) == key_at(sum, 1, n - low)) p.begin[1]++;
    return p;
}

/* ---- one list, key by key ---------------------------------------------------------------------------------------- */

typedef struct reader {
    const kmc_counted *list;
    size_t next, end; /* of the list, behind the block */
    size_t at, n;     /* in the block */
    uint32_t keys[BLOCK];
    const int64_t *counts; /* of the block */
} reader;

static void open_reader(reader *r, const kmc_histogram_sum *sum, int list, const part *p)
{
    r->list = &sum->lists[list];
    r->next = p[0].begin[list];
    r->end = p[1].begin[list];
    r->at = r->n = 0;
}

/* Reads the next block where this one is used up; returns whether there is a key. */
static int refill(reader *r, const kmc_colors_kernels *kernels, int channels)
{
    if (r->at < r->n) return 1;
    r->at = 0;
    r->n = kmc_smaller(BLOCK, r->end - r->next);
    r->counts = r->list->counts + r->next;
    if (r->n != 0) kernels->keys(r->list->colors + r->next * (size_t)channels, r->n, channels, r->keys);
    r->next += r->n;
    return r->n != 0;
}

/* ---- counting ---------------------------------------------------------------------------------------------------- */

typedef struct adding {
    const kmc_run *run;
    kmc_histogram_sum *sum;
    uint8_t *colors;
    int64_t *counts;
} adding;

/* Passes over keys until one block ends; returns how many were distinct. Without branches, since nothing predicts
 * which list goes on. */
static size_t count_block(reader *a, reader *b)
{
    size_t i = a->at, j = b->at, n = 0;
    while (i < a->n && j < b->n) {
        const uint32_t first = a->keys[i], second = b->keys[j];
        i += first <= second;
        j += second <= first;
        n++;
    }
    a->at = i;
    b->at = j;
    return n;
}

static kmc_status count_task(void *job, ptrdiff_t task, int thread)
{
    const adding *const c = job;
    part *const p = &c->sum->parts[task];
    const kmc_colors_kernels *const kernels = c->run->kernels->colors;
    const int channels = c->sum->channels;
    reader a, b;
    size_t n = 0;
    (void)thread;
    open_reader(&a, c->sum, 0, p);
    open_reader(&b, c->sum, 1, p);
    while (refill(&a, kernels, channels) && refill(&b, kernels, channels)) n += count_block(&a, &b);
    p->to = n + (a.n - a.at) + (a.end - a.next) + (b.n - b.at) + (b.end - b.next);
    return KMC_OK;
}

static kmc_status divide(kmc_histogram_sum *sum)
{
    const size_t n = sum->lists[0].n + sum->lists[1].n;
    sum->n_parts = kmc_tasks_for(n, PART_COLORS);
    sum->parts = kmc_alloc((size_t)sum->n_parts + 1, sizeof *sum->parts);
    if (!sum->parts) return KMC_NO_MEMORY;
    for (ptrdiff_t i = 0; i <= sum->n_parts; i++) {
        part *const p = &sum->parts[i];
        *p = part_after(sum, kmc_smaller(n, (size_t)i * PART_COLORS));
        /* Never the case in lists that are sorted; another thread may be writing to these. */
        for (int list = 0; list < 2 && i != 0; list++)
            if (p->begin[list] < p[-1].begin[list]) p->begin[list] = p[-1].begin[list];
    }
    return KMC_OK;
}

kmc_status kmc_histogram_sum_new(const kmc_run *run, kmc_counted a, kmc_counted b, int channels,
                                 kmc_histogram_sum **sum, size_t *n_colors)
{
    kmc_histogram_sum *const s = kmc_alloc_zeroed(1, sizeof *s);
    *sum = NULL;
    if (!s) return KMC_NO_MEMORY;
    s->lists[0] = a;
    s->lists[1] = b;
    s->channels = channels;
    adding c = {run, s, NULL, NULL};
    kmc_status status = divide(s);
    if (status == KMC_OK)
        status = kmc_parallel(run, kmc_threads_for(run, a.n + b.n, THREAD_COLORS), s->n_parts, count_task, &c);
    if (status != KMC_OK) {
        kmc_histogram_sum_free(s);
        return status;
    }
    size_t n = 0;
    for (ptrdiff_t i = 0; i <= s->n_parts; i++) {
        const size_t of_part = s->parts[i].to;
        s->parts[i].to = n;
        n += of_part;
    }
    *sum = s;
    *n_colors = n;
    return KMC_OK;
}

/* ---- adding ------------------------------------------------------------------------------------------------------ */

/* Merges keys until one block ends or `room` is used up; returns how many were written. */
static size_t merge_block(reader *a, reader *b, size_t room, uint32_t *keys, int64_t *counts)
{
    size_t i = a->at, j = b->at, n = 0;
    while (i < a->n && j < b->n && n < room) {
        const uint32_t first = a->keys[i], second = b->keys[j];
        const uint64_t in_first = first <= second, in_second = second <= first;
        keys[n] = in_first ? first : second;
        counts[n] = (int64_t)(((uint64_t)a->counts[i] & (0 - in_first)) + ((uint64_t)b->counts[j] & (0 - in_second)));
        i += in_first;
        j += in_second;
        n++;
    }
    a->at = i;
    b->at = j;
    return n;
}

/* Copies what is left of a list, up to `room`; returns how many. */
static size_t copy_rest(reader *r, int channels, size_t room, uint8_t *colors, int64_t *counts)
{
    const size_t begin = r->next - (r->n - r->at), n = kmc_smaller(room, r->end - begin);
    if (n == 0) return 0;
    memcpy(colors, r->list->colors + begin * (size_t)channels, n * (size_t)channels);
    memcpy(counts, r->list->counts + begin, n * sizeof *counts);
    return n;
}

/* Writes no more than was counted, nor less, even if the lists have changed since. */
static kmc_status add_task(void *job, ptrdiff_t task, int thread)
{
    const adding *const c = job;
    const part *const p = &c->sum->parts[task];
    const kmc_colors_kernels *const kernels = c->run->kernels->colors;
    const int channels = c->sum->channels;
    uint8_t *const colors = c->colors + p->to * (size_t)channels;
    int64_t *const counts = c->counts + p->to;
    const size_t room = p[1].to - p->to;
    reader a, b;
    uint32_t keys[BLOCK];
    size_t n = 0;
    (void)thread;
    open_reader(&a, c->sum, 0, p);
    open_reader(&b, c->sum, 1, p);
    while (refill(&a, kernels, channels) && refill(&b, kernels, channels) && n < room) {
        const size_t more = merge_block(&a, &b, kmc_smaller(BLOCK, room - n), keys, counts + n);
        kernels->colors(keys, more, channels, colors + n * (size_t)channels);
        n += more;
    }
    n += copy_rest(&a, channels, room - n, colors + n * (size_t)channels, counts + n);
    n += copy_rest(&b, channels, room - n, colors + n * (size_t)channels, counts + n);
    memset(colors + n * (size_t)channels, 0, (room - n) * (size_t)channels);
    memset(counts + n, 0, (room - n) * sizeof *counts);
    return KMC_OK;
}

kmc_status kmc_histogram_sum_read(const kmc_histogram_sum *sum, const kmc_run *run, uint8_t *colors, int64_t *counts)
{
    adding c = {run, (kmc_histogram_sum *)sum, colors, counts};
    const int threads = kmc_threads_for(run, sum->lists[0].n + sum->lists[1].n, THREAD_COLORS);
    return kmc_parallel(run, threads, sum->n_parts, add_task, &c);
}
