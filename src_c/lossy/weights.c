/* Variances in sliding windows, from sums of columns. Rows are independent tasks, and all sums are integers. */
#include "lossy/weights.h"
#include "base/indices.h"
#include "base/parallel.h"
#include "kmeans/points.h"

#include <string.h>

enum {
    RADIUS = 2,
    FLAT = 4,               /* variances of so many mean errors halve the squared weight */
    PLAIN_WEIGHT = 256,
    PART = 1 << 12,         /* pixels of a row between two polls */
    TASK_PIXELS = 1 << 14,
    THREAD_PIXELS = 1 << 16
};

/* Of some pixels: how many they are, the sums of their coordinates and of all squares. */
typedef struct moments {
    int64_t n, sums[4], squares;
} moments;

typedef struct weighing {
    const kmc_run *run;
    const kmc_choice *choice;
    const void *nearest;
    size_t rows_per_task;
    uint64_t mean; /* of the squared distances that are not 0; 0: none */
    uint64_t *errors, *counts; /* of each task: their sum and number */
    moments *columns; /* of each thread: a row */
    uint16_t *weights;
} weighing;

/* The largest integer whose square is at most n. */
static uint32_t integer_root(uint64_t n)
{
    uint64_t root = 0;
    for (uint64_t bit = (uint64_t)1 << 31; bit; bit >>= 1) {
        if ((root | bit) * (root | bit) <= n) root |= bit;
    }
    return (uint32_t)root;
}

static int32_t coordinate(const int16_t *point, int d)
{
    return point[d] & KMC_MAX_COORDINATE;
}

static kmc_status sum_errors(void *job, ptrdiff_t task, int thread)
{
    const weighing *const w = job;
    const kmc_choice *const choice = w->choice;
    const size_t begin = (size_t)task * w->rows_per_task * choice->width;
    const size_t end = begin + kmc_smaller(choice->height * choice->width - begin, w->rows_per_task * choice->width);
    uint64_t sum = 0, n = 0;
    for (size_t i = begin; i < end; i++) {
        const size_t index = kmc_index_get(w->nearest, choice->index_bytes, i), entry = index < choice->k ? index : 0;
        int64_t distance = 0;
        for (int d = 0; d < 4; d++) {
            const int64_t off = coordinate(choice->points + 4 * i, d) - coordinate(choice->entries + 4 * entry, d);
            distance += off * off;
        }
        sum += (uint64_t)distance;
        n += distance != 0;
        if (i % PART == 0) {
            const kmc_status status = kmc_check_in(w->run, thread);
            if (status != KMC_OK) return status;
        }
    }
    w->errors[task] = sum;
    w->counts[task] = n;
    return KMC_OK;
}

static void add_moments(moments *to, const moments *from, int64_t sign)
{
    to->n += sign * from->n;
    for (int d = 0; d < 4; d++) to->sums[d] += sign * from->sums[d];
    to->squares += sign * from->squares;
}

/* The moments of each column of pixels that are at most RADIUS above or below row y. */
static void sum_columns(const weighing *w, size_t y, moments *columns)
{
    const size_t width = w->choice->width, first = y < RADIUS ? 0 : y - RADIUS;
    const size_t end = kmc_smaller(w->choice->height, y + RADIUS + 1);
    memset(columns, 0, width * sizeof *columns);
    for (size_t row = first; row < end; row++) {
        for (size_t x = 0; x < width; x++) {
            const int16_t *const point = w->choice->points + 4 * (row * width + x);
            columns[x].n++;
            for (int d = 0; d < 4; d++) {
                columns[x].sums[d] += coordinate(point, d);
                columns[x].squares += coordinate(point, d) * coordinate(point, d);
            }
        }
    }
}

static uint16_t weight_of(const weighing *w, const moments *window)
{
    int64_t squares = window->n * window->squares;
    for (int d = 0; d < 4; d++) squares -= window->sums[d] * window->sums[d];
    const uint64_t flat = FLAT * w->mean, variance = (uint64_t)(squares / (window->n * window->n));
    const uint32_t weight = integer_root((flat << 16) / (flat + variance));
    return (uint16_t)(weight ? weight : 1);
}

static kmc_status weigh(void *job, ptrdiff_t task, int thread)
{
    const weighing *const w = job;
    const size_t width = w->choice->width, begin = (size_t)task * w->rows_per_task;
    const size_t end = begin + kmc_smaller(w->choice->height - begin, w->rows_per_task);
    moments *const columns = w->columns + width * (size_t)thread;
    for (size_t y = begin; y < end; y++) {
        moments window = {0};
        sum_columns(w, y, columns);
        for (size_t x = 0; x < kmc_smaller(RADIUS, width); x++) add_moments(&window, &columns[x], 1);
        for (size_t x = 0; x < width; x++) {
            if (x + RADIUS < width) add_moments(&window, &columns[x + RADIUS], 1);
            if (x > RADIUS) add_moments(&window, &columns[x - RADIUS - 1], -1);
            w->weights[y * width + x] = weight_of(w, &window);
            const kmc_status status = x % PART ? KMC_OK : kmc_check_in(w->run, thread);
            if (status != KMC_OK) return status;
        }
    }
    return KMC_OK;
}

static kmc_status find_weights(weighing *w, int threads, ptrdiff_t tasks)
{
    const size_t n = w->choice->height * w->choice->width;
    uint64_t error = 0, count = 0;
    kmc_status status = kmc_parallel(w->run, threads, tasks, sum_errors, w);
    if (status != KMC_OK) return status;
    for (ptrdiff_t i = 0; i < tasks; i++) {
        error += w->errors[i];
        count += w->counts[i];
    }
    if (count) {
        w->mean = error / count ? error / count : 1;
        return kmc_parallel(w->run, threads, tasks, weigh, w);
    }
    for (size_t i = 0; i < n; i++) w->weights[i] = PLAIN_WEIGHT;
    return KMC_OK;
}

kmc_status kmc_masking_weights(const kmc_run *run, const kmc_choice *choice, const void *nearest, uint16_t *weights)
{
    const size_t width = choice->width, rows_per_task = width < TASK_PIXELS ? TASK_PIXELS / width : 1;
    const ptrdiff_t tasks = kmc_tasks_for(choice->height, rows_per_task);
    const int threads = kmc_threads_for(run, choice->height * width, THREAD_PIXELS);
    weighing w = {.run = run, .choice = choice, .nearest = nearest, .rows_per_task = rows_per_task};
    w.weights = weights;
    w.errors = kmc_alloc((size_t)tasks, sizeof *w.errors);
    w.counts = kmc_alloc((size_t)tasks, sizeof *w.counts);
    w.columns = kmc_alloc((size_t)threads * width, sizeof *w.columns);
    const kmc_status status = w.errors && w.counts && w.columns ? find_weights(&w, threads, tasks) : KMC_NO_MEMORY;
    kmc_free(w.errors);
    kmc_free(w.counts);
    kmc_free(w.columns);
    return status;
}
